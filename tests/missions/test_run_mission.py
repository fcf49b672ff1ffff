from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.missions.plugins import registry_of
from tier2_core import (
    BUILTINS,
    ExecutionContext,
    HasMissions,
    InvalidParamsError,
    InvalidSpecError,
    Mission,
    MissionSpec,
    Operation,
    StepSpec,
    UnknownMissionError,
    WorkflowDefinition,
    build_workflow,
    canonical_json,
    freeze,
    run,
    run_mission,
)

STATE, PARAMS = {"n": 1}, {"hello": "world"}


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (("echo", ExecutionContext(STATE)), {}),
        (("echo",), {"ctx": ExecutionContext(STATE)}),
        ((), {"mission_name": "echo", "ctx": ExecutionContext(STATE), "params": None}),
        ((), {"name": "echo", "ctx": ExecutionContext(STATE)}),
        ((), {"name": "echo", "initial_state": STATE}),
        (("echo", None, STATE), {}),
        (("echo", {}, STATE), {}),
        (("echo",), {"initial_state": STATE}),
        (("echo", None), {"initial_state": freeze(STATE)}),
        ((), {"mission_name": "echo", "initial_state": STATE, "params": {}}),
    ],
)
def test_both_shapes_give_one_result(args: Any, named: Any) -> None:
    result = run_mission(*args, **named)
    assert result.to_dict() == run_mission("echo", ExecutionContext(STATE), {}).to_dict()
    assert result.final_state == STATE


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (("echo", ExecutionContext(STATE), PARAMS), {}),
        (("echo", ExecutionContext(STATE)), {"params": PARAMS}),
        (("echo",), {"ctx": ExecutionContext(STATE), "params": PARAMS}),
        (("echo", PARAMS, STATE), {}),
        (("echo", PARAMS), {"initial_state": STATE}),
        (("echo",), {"params": PARAMS, "initial_state": STATE}),
        ((), {"params": freeze(PARAMS), "initial_state": freeze(STATE), "mission_name": "echo"}),
    ],
)
def test_params_go_to_the_mission_in_both_shapes(args: Any, named: Any) -> None:
    result = run_mission(*args, **named)
    assert result.executed_steps[0].to_dict()["payload"]["params"] == PARAMS
    assert result.final_state == STATE


def test_a_mission_alone_runs_on_an_empty_state() -> None:
    assert run_mission("echo").final_state == {}


def test_the_context_s_metadata_and_decisions_take_part() -> None:
    context = ExecutionContext({}, {"run_id": "r-1"}, [])
    result = run_mission("daily_loop", context)
    assert (result.status, result.receipt["run_id"]) == ("suspended", "r-1")


@pytest.mark.parametrize(
    ("args", "named", "says"),
    [
        (("echo", ExecutionContext()), {"initial_state": {}}, "'initial_state'"),
        (("echo",), {"ctx": ExecutionContext(), "initial_state": {}}, "'initial_state'"),
        (("echo", ExecutionContext()), {"ctx": ExecutionContext()}, "'ctx' twice"),
        (("echo", {}), {"params": {}}, "'params' twice"),
        (("echo", {}, {}), {"initial_state": {}}, "'initial_state' twice"),
        (("echo", {}), {"ctx": ExecutionContext()}, "'ctx' twice"),
        (("echo", {}, {}, {}), {}, "at most 3 positional arguments, found 4"),
        (("echo",), {"state": {}}, "'state'"),
        ((), {}, "mission_name"),
    ],
)
def test_a_mixture_of_the_shapes_is_a_type_error_that_shows_both(args: Any, named: Any, says: str) -> None:
    with pytest.raises(TypeError, match=says) as caught:
        run_mission(*args, **named)
    if args:
        assert "run_mission(mission_name, ctx, params)" in str(caught.value)
        assert "run_mission(mission_name, params, initial_state)" in str(caught.value)


@pytest.mark.parametrize(
    ("args", "named", "field"),
    [
        (("echo", [1]), {}, "params"),
        (("echo", {}, [1]), {}, "initial_state"),
        (("echo", {}, ExecutionContext()), {}, "initial_state"),
        (("echo",), {"ctx": {"n": 1}}, "context"),
        (("echo",), {"ctx": None}, "context"),
        ((5,), {}, "type"),
    ],
)
def test_a_wrong_type_in_its_place_names_the_field(args: Any, named: Any, field: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        run_mission(*args, **named)
    assert caught.value.field == field


def test_a_registry_of_one_s_own_knows_its_missions_and_operations() -> None:
    def build(params: Mapping[str, Any]) -> WorkflowDefinition:
        return WorkflowDefinition("wf-double", [StepSpec("double", "runtime", {"operation": "double.it"})])

    double = Operation("double.it", lambda state, call: state.set("n", 2 * state["n"]))
    registry = registry_of(Mission("double", build), double)
    assert run_mission("double", None, {"n": 21}, registry=registry).final_state == {"n": 42}
    assert run_mission("double", ExecutionContext({"n": 4}), registry=registry).final_state == {"n": 8}
    with pytest.raises(UnknownMissionError):
        run_mission("echo", registry=registry)
    with pytest.raises(UnknownMissionError):
        run_mission("double")
    assert isinstance(registry, HasMissions)
    assert not isinstance(BUILTINS, HasMissions)


def test_what_was_handed_in_is_not_changed() -> None:
    params, state = {"p": [1]}, {"s": [{"t": 1}]}
    before = canonical_json([params, state])
    result = run_mission("echo", params, state)
    result.final_state["s"].append(2)
    assert canonical_json([params, state]) == before


def test_a_mission_s_result_is_that_of_its_workflow() -> None:
    workflow = build_workflow(MissionSpec("echo", PARAMS))
    assert run(workflow, ExecutionContext(STATE)) == run_mission("echo", PARAMS, STATE)
    assert json.dumps(run_mission("echo", PARAMS, STATE).to_dict()) == json.dumps(
        run_mission("echo", PARAMS, STATE).to_dict()
    )


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({}, "not told which mission"),
        ({"name": "echo", "mission_name": "echo"}, "does not take 'name'"),
    ],
)
def test_the_mission_is_named_once(named: Any, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        run_mission(**named)
    with pytest.raises(TypeError, match="'mission_name' twice"):
        run_mission("echo", {}, name="echo")  # type: ignore[call-overload]


# --- params that are misspelt -----------------------------------------------------------------------------


def paying(**schema: Any) -> Any:
    known = {"type": "object", "properties": {"amount": {"type": "number"}, "on": {"type": "string"}}, **schema}
    plan = WorkflowDefinition("wf-pay", [StepSpec("s", "runtime")])
    return registry_of(Mission("pay", lambda params: plan, params_schema=known))


@pytest.mark.parametrize("name", ["ammount", "amuont", "Amount", "amounts", "amont"])
def test_a_param_that_is_misspelt_is_refused(name: str) -> None:
    with pytest.raises(InvalidParamsError, match="did you mean 'amount'") as caught:
        run_mission("pay", {name: 5}, registry=paying())
    assert caught.value.problems == ((f"/{name}", "there is no such param; did you mean 'amount'?"),)


@pytest.mark.parametrize("params", [{}, {"amount": 5, "on": "tea"}, {"note": "x", "mount_point": 1, "in": 1}])
def test_a_param_of_another_name_is_let_through(params: Any) -> None:
    assert run_mission("pay", params, registry=paying()).success


@pytest.mark.parametrize(
    "schema", [{"additionalProperties": {"type": "integer"}}, {"patternProperties": {"^am": {}}}, {"properties": {}}]
)
def test_a_schema_that_says_which_others_there_are_has_said_it_all(schema: Any) -> None:
    assert run_mission("pay", {"ammount": 5}, registry=paying(**schema)).success


def test_a_closed_schema_refuses_every_other_param() -> None:
    with pytest.raises(InvalidParamsError):
        run_mission("pay", {"note": 5}, registry=paying(additionalProperties=False))


@pytest.mark.parametrize("name", ["max_priorities", "requested_steps", "requested_human_steps"])
@pytest.mark.parametrize("number", [1e300, -1e300, 2.0**53, 1.5, "3", True, [3], {}])
def test_numbers_beyond_all_counts_are_params_like_any(name: str, number: Any) -> None:
    """They are taken as a bound or refused, and never a bug of the mission."""
    try:
        assert run_mission("daily_loop", {name: number}).status == "succeeded"
    except InvalidParamsError:
        return
    assert name != "max_priorities"
