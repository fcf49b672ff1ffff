"""Comparing: the likely cause comes first, and each difference leads from one record to the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.records.compared import PAIRS, record
from tests.records.test_record import results
from tests.workflow.plans import ask, do, plan
from tier2_core import (
    Decision,
    ExecutionContext,
    InvalidSpecError,
    OrchestrationResult,
    Record,
    apply_patch,
    compare_records,
    make_record,
    run,
    run_mission,
    same,
)
from tier2_core.records.compare import CAUSES

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "compared.json").read_text("utf-8"))


def told(a: Record, b: Record) -> list[tuple[str, str]]:
    return [(difference.cause, difference.what) for difference in compare_records(a, b)]


@given(results(), results())
def test_differences_are_ranked_and_there_are_none_between_equal_records(
    a: OrchestrationResult, b: OrchestrationResult
) -> None:
    one, two = make_record(a), make_record(b)
    found = compare_records(one, two)
    ranks = [CAUSES.index(difference.cause) for difference in found]
    assert ranks == sorted(ranks)
    assert (found == ()) is (one == two)
    assert all(difference.to_dict()["cause"] == difference.cause for difference in found)
    for difference in found:
        if difference.what.startswith("state after step"):
            assert difference.index is not None
            states = [made.states[difference.index + 1] for made in (one, two)]
            assert same(apply_patch(states[0], difference.patch), states[1])


@pytest.mark.parametrize("what", [*PAIRS])
def test_what_differs_is_told_with_place_and_patch(what: str) -> None:
    found = [difference.to_dict() for difference in compare_records(*PAIRS[what])]
    assert json.dumps(found, sort_keys=True) == json.dumps(VECTORS[what], sort_keys=True)
    assert all([*difference] == sorted(difference) for difference in found)


def test_every_vector_is_compared() -> None:
    assert set(VECTORS) == set(PAIRS)


def test_the_state_and_what_follows_from_it() -> None:
    step = do("increment", path="n")
    (first, second) = compare_records(record(step, state={"n": 1}), record(step, state={"n": 5}))
    assert (first.cause, first.to_dict()["patch"]) == (
        "initial state",
        [{"op": "replace", "path": "/n", "value": 5}],
    )
    assert (second.cause, second.step_id, second.index) == ("states", "step", 0)
    assert second.to_dict()["patch"] == [{"op": "replace", "path": "/n", "value": 6}]


def test_inputs_come_before_the_plan_that_they_lead_to() -> None:
    a, b = (make_record(run_mission("echo", {"n": n})) for n in (1, 2))
    assert told(a, b) == [("inputs", "params"), ("plan", "payload of step 'echo-step'")]
    other = make_record(run_mission("daily_loop", {"requested_steps": 1}))
    assert told(a, other)[0] == ("inputs", "mission")


def test_steps_that_one_plan_has_alone() -> None:
    a, b = record(do("noop", "a")), record(do("noop", "a"), do("noop", "b"))
    assert told(a, b) == [
        ("plan", "step 'b' is planned in the second only"),
        ("states", "step 'b' is executed in the second only"),
    ]
    assert told(b, a)[0] == ("plan", "step 'b' is planned in the first only")


def test_decisions() -> None:
    waiting = record(ask("a", into="x"))
    yes, no = (record(ask("a", into="x"), decisions=[Decision("a", answer, value=1)]) for answer in (True, False))
    assert told(waiting, yes)[0] == ("decisions", "step 'a' is decided in the second only")
    assert told(yes, no)[0] == ("decisions", "decision of step 'a'")
    assert ("states", "how the run ended") in told(yes, no)
    unattended = record(ask("a", into="x"), decisions=None)
    assert told(unattended, yes)[0] == ("decisions", "in the first nobody is asked")
    other = record(ask("a", into="x"), decisions=[Decision("a", value=2)])
    assert told(yes, other)[0] == ("decisions", "value of step 'a'")


def test_metadata_of_the_context_and_of_the_plan() -> None:
    a, b = record(metadata={"caller": "a"}), record(metadata={"caller": "b"})
    assert told(a, b) == [("inputs", "metadata")]
    one, two = (make_record(run(plan(note=note), ExecutionContext())) for note in "ab")
    assert told(one, two) == [("plan", "metadata of the plan")]


def test_only_records_are_compared() -> None:
    pairs: list[tuple[Any, Any]] = [(record(), {}), (None, record())]
    for pair in pairs:
        with pytest.raises(
            InvalidSpecError, match=r"^The record must be of Record, found (an object|null)\.$"
        ) as caught:
            compare_records(*pair)
        assert caught.value.field == "record"
