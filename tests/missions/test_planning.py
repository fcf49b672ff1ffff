from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.missions.plugins import one_step, registry_of
from tests.strategies import objects
from tier2_core import (
    AntiFailurePlanningError,
    AntiFailureViolation,
    CallerError,
    EnvelopePlanningError,
    EnvelopeViolation,
    ExecutionContext,
    FactoryError,
    InvalidParamsError,
    InvalidSpecError,
    Mission,
    MissionSpec,
    Operation,
    Orchestrator,
    PluginError,
    StepFailed,
    StepSpec,
    UnknownMissionError,
    UnknownOperationError,
    WorkflowDefinition,
    build_workflow,
    canonical_json,
    freeze,
    run,
    same,
    thaw,
)
from tier2_core.missions.planning import Plans
from tier2_core.values.writing import KEPT


def planning(factory: Any, **fields: Any) -> Any:
    """The registry with one mission ``m`` that has this factory."""
    return registry_of(Mission("m", factory, **fields))


def of_kinds(*kinds: str) -> Any:
    """A factory of steps of these kinds."""
    return lambda params: WorkflowDefinition("wf", [StepSpec(f"s{n}", kind) for n, kind in enumerate(kinds)])


# --- build_workflow ------------------------------------------------------------------------------------


def test_a_workflow_is_built_from_params() -> None:
    workflow = build_workflow(MissionSpec("echo", {"hello": ["world"]}))
    assert workflow.to_dict() == {
        "id": "wf-echo",
        "metadata": {"mission_type": "echo", "params": {"hello": ["world"]}},
        "name": "wf-echo",
        "steps": [
            {
                "id": "echo-step",
                "kind": "runtime",
                "payload": {
                    "description": "Say back the params",
                    "operation": "noop",
                    "params": {"hello": ["world"]},
                },
            }
        ],
    }


def test_mission_type_and_params_are_put_into_the_metadata_whatever_the_factory_says() -> None:
    def lying(params: Mapping[str, Any]) -> WorkflowDefinition:
        return WorkflowDefinition("wf", [], {"mission_type": "other", "params": {"x": 1}, "kept": [1]})

    workflow = build_workflow(MissionSpec("m", {"n": 1}), registry=planning(lying))
    assert workflow.to_dict()["metadata"] == {"kept": [1], "mission_type": "m", "params": {"n": 1}}


def test_the_factory_gets_frozen_params() -> None:
    seen: list[Any] = []

    def look(params: Mapping[str, Any]) -> WorkflowDefinition:
        seen.append(params)
        return one_step(params)

    spec = MissionSpec("m", {"list": [1]})
    build_workflow(spec, registry=planning(look))
    assert seen[0] is spec.params
    assert freeze(seen[0]) is seen[0]


def test_a_factory_that_tries_to_change_its_params_breaks_and_changes_nothing() -> None:
    def careless(params: Any) -> WorkflowDefinition:
        params["n"] = 2
        return one_step(params)

    params = {"n": 1}
    with pytest.raises(FactoryError, match="TypeError"):
        build_workflow(MissionSpec("m", params), registry=planning(careless))
    assert params == {"n": 1}


@given(st.dictionaries(st.sampled_from("abc"), st.integers() | st.text("xyz"), max_size=3))
def test_planning_is_pure(params: dict[str, Any]) -> None:
    spec = MissionSpec("m", {name: str(value) for name, value in params.items()})
    registry = planning(one_step)
    one, other = build_workflow(spec, registry=registry), build_workflow(spec, registry=registry)
    assert one == other
    assert one.hash == other.hash


@pytest.mark.parametrize("mission", ["echo", None, {"type": "echo"}, Mission("echo", one_step)])
def test_only_a_mission_spec_is_planned(mission: Any) -> None:
    with pytest.raises(InvalidSpecError, match="MissionSpec"):
        build_workflow(mission)


def test_an_unknown_mission_is_named_with_the_closest() -> None:
    with pytest.raises(UnknownMissionError, match="did you mean 'daily_loop'"):
        build_workflow(MissionSpec("dialy_loop"))


def test_params_that_the_schema_refuses_never_reach_the_factory() -> None:
    def never(params: Any) -> WorkflowDefinition:
        raise AssertionError

    registry = planning(never, params_schema={"required": ["n"]})
    with pytest.raises(InvalidParamsError, match="found no key 'n'; expected one") as caught:
        build_workflow(MissionSpec("m"), registry=registry)
    assert caught.value.problems == (("", "found no key 'n'; expected one"),)


def test_a_factory_may_refuse_params_itself() -> None:
    def picky(params: Any) -> WorkflowDefinition:
        raise InvalidParamsError("'from' must be before 'to'.")

    with pytest.raises(InvalidParamsError, match="before"):
        build_workflow(MissionSpec("m"), registry=planning(picky))


@pytest.mark.parametrize(
    "error", [KeyError("x"), ValueError("odd"), SystemExit(3), InvalidSpecError("no"), StepFailed("no")]
)
def test_a_factory_that_raises_is_a_bug_of_its_author(error: BaseException) -> None:
    def broken(params: Any) -> WorkflowDefinition:
        raise error

    with pytest.raises(FactoryError, match=f"mission 'm' of plugin 'bringing' raised {type(error).__name__}") as caught:
        build_workflow(MissionSpec("m"), registry=planning(broken))
    assert caught.value.__cause__ is error
    assert caught.value.plugin == "bringing"
    assert isinstance(caught.value, PluginError)
    assert not isinstance(caught.value, CallerError)


@pytest.mark.parametrize("returned", [None, [], {"id": "w"}, "wf", WorkflowDefinition, StepSpec("a", "runtime")])
def test_a_factory_that_returns_no_workflow_is_a_bug_of_its_author(returned: Any) -> None:
    with pytest.raises(FactoryError, match="expected a WorkflowDefinition"):
        build_workflow(MissionSpec("m"), registry=planning(lambda params: returned))


# --- the envelope of a plan ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "says"),
    [(["runtime"] * 6, "6 steps; at most 5"), (["human"] * 3, "3 human steps; at most 2"), (["human"] * 6, "6 steps")],
)
def test_too_many_steps_are_an_anti_failure_planning_error(kinds: list[str], says: str) -> None:
    with pytest.raises(AntiFailurePlanningError, match=says) as caught:
        build_workflow(MissionSpec("m"), registry=planning(of_kinds(*kinds)))
    assert isinstance(caught.value, AntiFailureViolation)
    assert not isinstance(caught.value, EnvelopeViolation)


@pytest.mark.parametrize("kinds", [["runtime", "agent"], ["agent"] * 6])
def test_a_kind_outside_the_envelope_is_an_envelope_planning_error(kinds: list[str]) -> None:
    with pytest.raises(EnvelopePlanningError, match=r"'agent'.*human, runtime") as caught:
        build_workflow(MissionSpec("m"), registry=planning(of_kinds(*kinds)))
    assert isinstance(caught.value, AntiFailurePlanningError)
    assert isinstance(caught.value, EnvelopeViolation)


def test_what_is_just_within_the_envelope_is_planned() -> None:
    kinds = ["human", "runtime", "runtime", "human", "runtime"]
    assert len(build_workflow(MissionSpec("m"), registry=planning(of_kinds(*kinds))).steps) == 5
    assert build_workflow(MissionSpec("m"), registry=planning(of_kinds())).steps == ()


# --- Orchestrator --------------------------------------------------------------------------------------


def test_the_limits_are_attributes_of_the_orchestrator() -> None:
    assert (Orchestrator.MAX_TOTAL_STEPS, Orchestrator.MAX_HUMAN_STEPS) == (5, 2)
    assert frozenset({"runtime", "human"}) == Orchestrator.ALLOWED_KINDS


def test_to_raise_the_limits_of_the_orchestrator_changes_nothing() -> None:
    class Generous(Orchestrator):
        MAX_TOTAL_STEPS = 50
        MAX_HUMAN_STEPS = 50
        ALLOWED_KINDS = frozenset({"runtime", "agent"})

    with pytest.raises(AntiFailureViolation):
        Generous().run_workflow(of_kinds(*["runtime"] * 6)({}), ExecutionContext())
    with pytest.raises(EnvelopeViolation):
        Generous().run_workflow(of_kinds("agent")({}), ExecutionContext())


def test_the_orchestrator_knows_the_installed_operations_and_run_alone_does_not() -> None:
    workflow = build_workflow(MissionSpec("daily_loop"))
    assert Orchestrator().run_workflow(workflow, ExecutionContext()).success
    with pytest.raises(UnknownOperationError, match="default_registry"):
        run(workflow, ExecutionContext())


def test_the_orchestrator_may_be_given_a_registry() -> None:
    registry = registry_of(Operation("my.op", lambda state, call: {"mine": True}))
    workflow = WorkflowDefinition("w", [StepSpec("s", "runtime", {"operation": "my.op"})])
    assert same(Orchestrator(registry).run_workflow(workflow, ctx=ExecutionContext()).state, {"mine": True})
    assert Orchestrator(registry=registry).registry is registry
    with pytest.raises(UnknownOperationError):
        Orchestrator().run_workflow(workflow, ExecutionContext())


# --- plans of one test run -----------------------------------------------------------------------------


SEEN: list[Any] = []
"""The params that the factory of these plans was called with."""


def _look(params: Mapping[str, Any]) -> WorkflowDefinition:
    SEEN.append(params)
    return one_step(params)


LOOKING, ALONE = planning(_look), planning(one_step)


def counted() -> tuple[Plans, list[Any]]:
    SEEN.clear()
    return Plans(LOOKING), SEEN


def asked(plans: Plans, params: Any) -> WorkflowDefinition:
    return plans.workflow("m", freeze(params), canonical_json(params).decode())  # type: ignore[arg-type]


@given(st.lists(objects(), max_size=3))
def test_the_same_params_are_planned_once_and_give_what_they_give_alone(listed: list[dict[str, Any]]) -> None:
    plans, seen = counted()
    for params in listed:
        workflow = asked(plans, params)
        assert workflow == build_workflow(MissionSpec("m", params), registry=ALONE)
        assert same(workflow.metadata, {"mission_type": "m", "params": params})
    small = [text for params in listed if len(text := canonical_json(params).decode()) < KEPT]
    assert len(seen) == len(listed) - len(small) + len(set(small))


def test_params_are_the_same_if_they_are_the_same_document() -> None:
    plans, seen = counted()
    assert asked(plans, {"n": 1}) is asked(plans, {"n": 1.0})
    assert asked(plans, {"n": True}) is not asked(plans, {"n": 1})
    assert list(map(thaw, seen)) == [{"n": 1}, {"n": True}]


def test_only_the_last_few_plans_are_kept_and_large_ones_are_not() -> None:
    plans, seen = counted()
    for n in range(1000):
        asked(plans, {"n": n})
        asked(plans, {"always": "there"})
    assert len(seen) == 1001
    asked(plans, {"n": 999})
    assert len(seen) == 1001
    asked(plans, {"n": 0})
    assert len(seen) == 1002
    for _ in range(2):
        asked(plans, {"long": "x" * KEPT})
    assert len(seen) == 1004


def test_a_mission_that_another_one_has_replaced_is_planned_anew() -> None:
    entries = [planning(of_kinds(kind)).get("m") for kind in ("human", "runtime")]

    class Changing:
        operations: Mapping[str, Operation] = {}

        def get(self, name: str) -> Any:
            return entries.pop(0)

    plans = Plans(Changing())
    assert [asked(plans, {}).steps[0].kind for _ in range(2)] == ["human", "runtime"]


def test_what_is_refused_is_refused_again() -> None:
    plans = Plans(planning(of_kinds(*["runtime"] * 6)))
    for _ in range(2):
        with pytest.raises(AntiFailurePlanningError):
            asked(plans, {})


def test_plans_need_a_registry_with_missions() -> None:
    with pytest.raises(InvalidSpecError, match="must have missions"):
        asked(Plans(object()), {})  # type: ignore[arg-type]
