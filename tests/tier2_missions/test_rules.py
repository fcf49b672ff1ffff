"""The rules that every mission keeps, asked of the built-in ones through the public face."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import documents
from tier2_core import (
    ALLOWED_KINDS,
    MAX_HUMAN_STEPS,
    MAX_TOTAL_STEPS,
    Decision,
    DecisionError,
    ExecutionContext,
    InvalidFieldValueError,
    InvalidParamsError,
    InvalidSpecError,
    MissionSpec,
    build_workflow,
    canonical_json,
    list_missions,
    run_mission,
    same,
)
from tier2_missions import run_daily_loop

BUILT_IN = ["daily_loop", "echo", "run_tests"]
NUMBERS = st.none() | st.integers(-(2**53) + 1, 2**53 - 1) | st.integers(-1, 7) | st.sampled_from([1e300, -1e300, 2.0])
PARAMS = st.fixed_dictionaries(
    {},
    optional={
        "requested_steps": NUMBERS,
        "requested_human_steps": NUMBERS,
        "max_priorities": st.none() | st.integers(0, 2**53 - 1),
        "target": st.none() | st.text(max_size=3),
        "strict": st.none() | st.booleans(),
        "more": documents(max_leaves=3),
    },
)


def test_these_are_the_built_in_missions() -> None:
    assert set(BUILT_IN) <= set(list_missions())


@pytest.mark.parametrize("name", BUILT_IN)
@given(params=PARAMS)
def test_whatever_the_params_the_plan_keeps_the_limits_and_says_what_it_was_made_of(name: str, params: Any) -> None:
    workflow = build_workflow(MissionSpec(name, params))
    assert 1 <= len(workflow.steps) <= MAX_TOTAL_STEPS
    assert sum(step.kind == "human" for step in workflow.steps) <= MAX_HUMAN_STEPS
    assert {step.kind for step in workflow.steps} <= ALLOWED_KINDS
    assert len({step.id for step in workflow.steps}) == len(workflow.steps)
    assert all(step.payload["description"] for step in workflow.steps)
    assert same(workflow.metadata, {"mission_type": name, "params": params})
    assert workflow.hash == build_workflow(MissionSpec(name, params)).hash


def containers(plain: Any) -> list[int]:
    """The identities of all objects and arrays in plain data."""
    found, waiting = [], [plain]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict | list):
            found.append(id(here))
            waiting += here.values() if isinstance(here, dict) else here
    return found


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_final_state_is_no_part_of_the_initial_one_nor_of_another_result(name: str) -> None:
    state: dict[str, Any] = {"tasks": [{"id": "a", "title": "A", "tags": ["x"]}], "else": {"deep": [[]]}, "suites": {}}
    before = canonical_json(state)
    results = [run_mission(name, None, state), run_mission(name, ExecutionContext(state))]
    finals = [result.final_state for result in results for _ in range(2)] + [results[0].to_dict()["final_state"]]
    every = [*containers(state), *(one for final in finals for one in containers(final))]
    assert len(set(every)) == len(every)
    finals[0]["tasks"][0]["tags"].append("y")
    finals[0]["else"]["deep"][0].append(1)
    assert canonical_json(state) == before
    assert results[0].final_state["else"] == {"deep": [[]]}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (({},), InvalidSpecError),
        (({"tasks": []},), InvalidSpecError),
        ((None,), InvalidSpecError),
        (("daily_loop",), InvalidSpecError),
        ((ExecutionContext(), []), InvalidSpecError),
        ((ExecutionContext(), "x"), InvalidSpecError),
        ((ExecutionContext(), ExecutionContext()), InvalidSpecError),
        ((ExecutionContext(), {"requested_steps": object()}), InvalidFieldValueError),
        ((ExecutionContext(), {"max_priorities": 1e300}), InvalidParamsError),
        ((ExecutionContext(decisions=[Decision("no such step")]),), DecisionError),
    ],
)
def test_run_daily_loop_refuses_what_it_is_not_for(arguments: tuple[Any, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        run_daily_loop(*arguments)
