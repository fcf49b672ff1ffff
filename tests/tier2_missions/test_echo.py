"""echo: one step that says back its params, and changes nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tier2_core import ExecutionContext, MissionSpec, build_workflow, canonical_json, run_mission

PARAMS = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=3),
    st.none() | st.booleans() | st.integers(0, 9) | st.lists(st.none()),
)


@given(params=PARAMS)
def test_echo_is_one_noop_step_that_holds_the_params(params: dict[str, Any]) -> None:
    workflow = build_workflow(MissionSpec("echo", params))
    assert workflow.id == "wf-echo"
    payload = {"description": "Say back the params", "operation": "noop", "params": params}
    step = {"id": "echo-step", "kind": "runtime", "payload": payload}
    assert canonical_json([one.to_dict() for one in workflow.steps]) == canonical_json([step])


def test_echo_leaves_the_state_as_it_is() -> None:
    context = ExecutionContext({"n": [1, {"deep": True}]})
    result = run_mission("echo", context, {"hello": "world"})
    assert result.status == "succeeded"
    assert result.state is context.initial_state


def test_params_of_echo_may_name_an_operation_without_running_it() -> None:
    result = run_mission("echo", {"operation": "fail"}, {"n": 1})
    assert (result.status, result.final_state) == ("succeeded", {"n": 1})
