"""However long a name or a value is that somebody handed in: a message quotes the beginning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tier2_core import (
    Decision,
    ExecutionContext,
    Mission,
    MissionExpectation,
    StepSpec,
    Tier2Error,
    WorkflowDefinition,
    apply_patch,
    compare_records,
    digest,
    freeze,
    load_record,
    load_registry,
    make_record,
    parse_json,
    parse_path,
    resume,
    run,
    run_mission,
    verify_record,
)

LONG = "name-" * 2_000


def plan(**payload: Any) -> WorkflowDefinition:
    return WorkflowDefinition(LONG, [StepSpec(LONG, "runtime", payload)])


WAYS: dict[str, Callable[[], Any]] = {
    "a key that is no document": lambda: freeze({LONG: {1}}),
    "a key twice": lambda: parse_json(f'{{"a": {{"{LONG}": 1, "{LONG}": 2}}}}'.encode()),
    "a tag": lambda: digest(1, tag=LONG + "\0"),
    "a path": lambda: parse_path(f"/{LONG}~"),
    "a patch's operation": lambda: apply_patch({}, [{"op": LONG, "path": ""}]),
    "a patch's path": lambda: apply_patch({}, [{"op": "add", "path": LONG, "value": 1}]),
    "a place that is not there": lambda: apply_patch({}, [{"op": "remove", "path": f"/{LONG}/{LONG}"}]),
    "an index": lambda: apply_patch([], [{"op": "add", "path": f"/{LONG}", "value": 1}]),
    "a move into itself": lambda: apply_patch(
        {LONG: 1}, [{"op": "move", "from": f"/{LONG}", "path": f"/{LONG}/{LONG}"}]
    ),
    "a kind": lambda: run(WorkflowDefinition(LONG, [StepSpec(LONG, LONG)]), ExecutionContext()),
    "an operation": lambda: run(plan(operation=LONG), ExecutionContext()),
    "a payload": lambda: run(plan(operation="set"), ExecutionContext()),
    "too many steps": lambda: run(
        WorkflowDefinition(LONG, [StepSpec(f"{at}{LONG}", "runtime") for at in range(6)]), ExecutionContext()
    ),
    "step ids": lambda: WorkflowDefinition("w", [StepSpec(LONG, "runtime")] * 2),
    "an id and a name": lambda: WorkflowDefinition(LONG, name=LONG + "x"),
    "a mission": lambda: run_mission(LONG),
    "a mission's name": lambda: Mission(LONG + " ", lambda params: plan()),
    "a list of names": lambda: load_registry(block=LONG),
    "a param": lambda: run_mission("daily_loop", {"max_priorities": LONG}),
    "an expectation": lambda: MissionExpectation(LONG, "s", "m", f"/{LONG}~", "eq"),
    "an operator": lambda: MissionExpectation(LONG, "s", "m", "", LONG),
    "a schema": lambda: MissionExpectation("e", "s", "m", "", "matches", {"type": LONG, "properties": {LONG: 1}}),
    "a schema's key": lambda: MissionExpectation(
        "e", "s", "m", "", "matches", {"properties": {LONG: {"minLength": LONG}}}
    ),
    "a demand": lambda: run(
        WorkflowDefinition("w", [StepSpec(LONG, "human", {"demands": {LONG: True}})]), ExecutionContext()
    ),
    "another person": lambda: resume(
        run(
            WorkflowDefinition("w", [StepSpec(LONG, "human", {"demands": {"not_caller": True}})]),
            ExecutionContext({}, {"caller": LONG}, decisions=[]),
        ),
        Decision(LONG, actor=LONG),
    ),
    "a decision": lambda: resume(run(plan(), ExecutionContext()), Decision(LONG)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_message_does_not_grow_with_what_was_handed_in(way: str) -> None:
    with pytest.raises(Tier2Error) as caught:
        WAYS[way]()
    assert len(str(caught.value)) < 700
    assert LONG[:80] not in str(caught.value)


def test_what_verifying_and_comparing_say_does_not_grow_either() -> None:
    record = make_record(run(plan(), ExecutionContext()))
    document = record.to_dict()
    document["chain"][0]["outcome"] = "failed"
    assert len(verify_record(load_record(document)).message) < 700
    other = make_record(run(plan(note=1), ExecutionContext()))
    assert all(len(one.what) < 700 for one in compare_records(record, other))


def test_a_step_that_fails_quotes_the_beginning_of_its_path() -> None:
    failed = run(plan(operation="require", path=LONG, op="eq", expected=LONG), ExecutionContext())
    assert failed.error_message is not None
    assert len(failed.error_message) < len(LONG) + 700  # the step's id is told whole: the result is hashed with it
