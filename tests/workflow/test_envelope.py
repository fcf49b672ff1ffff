from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tier2_core
from tests.workflow.plans import ask, do, plan, table, vectors
from tier2_core import (
    ALLOWED_KINDS,
    BUILTINS,
    MAX_HUMAN_STEPS,
    MAX_TOTAL_STEPS,
    AntiFailureViolation,
    CallerError,
    EnvelopeViolation,
    ExecutionContext,
    InvalidSchemaError,
    InvalidSpecError,
    Operation,
    OperationError,
    StepSpec,
    UnknownOperationError,
    run,
    start,
)

CASES = vectors("envelope")


def check(*steps: StepSpec, registry: Any = BUILTINS) -> None:
    start(plan(*steps), ExecutionContext(), registry=registry)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_the_envelope_lets_through_and_why_not(case: dict[str, Any]) -> None:
    steps = [StepSpec(**step) for step in case["steps"]]
    if case["error"] is None:
        check(*steps)
        return
    with pytest.raises(CallerError) as caught:
        check(*steps)
    assert type(caught.value) is getattr(tier2_core, case["error"]) or (
        case["error"] == "InvalidSpecError" and isinstance(caught.value, InvalidSpecError)
    )
    for words in case["says"]:
        assert words in str(caught.value)


def test_the_limits_are_those_of_the_contract() -> None:
    assert (MAX_TOTAL_STEPS, MAX_HUMAN_STEPS) == (5, 2)
    assert frozenset({"runtime", "human"}) == ALLOWED_KINDS
    assert type(ALLOWED_KINDS) is frozenset


@given(st.lists(st.sampled_from(["runtime", "human", "other"]), max_size=8))
def test_what_passes_is_within_every_limit_and_what_does_not_is_outside_of_one(kinds: list[str]) -> None:
    steps = [StepSpec(f"s{place}", kind) for place, kind in enumerate(kinds)]
    within = len(kinds) <= 5 and kinds.count("human") <= 2
    try:
        check(*steps)
    except EnvelopeViolation:
        assert "other" in kinds
    except AntiFailureViolation:
        assert "other" not in kinds
        assert not within
    else:
        assert within
        assert "other" not in kinds


def test_an_unknown_operation_is_a_violation_of_the_envelope_and_too_many_steps_another() -> None:
    assert issubclass(UnknownOperationError, EnvelopeViolation)
    assert not issubclass(AntiFailureViolation, EnvelopeViolation)
    assert not issubclass(EnvelopeViolation, AntiFailureViolation)


def test_nothing_runs_before_everything_is_checked() -> None:
    ran: list[str] = []

    def note(state: Any, call: Any) -> Any:
        ran.append(call.step_id)
        return state

    for last in (StepSpec("z", "other"), do("nope", "z"), do("set", "z"), ask("z", into="")):
        with pytest.raises(CallerError):
            run(plan(do("t.note", "a"), last), ExecutionContext(), registry=table(note=note))
    assert ran == []


def test_without_a_registry_an_unknown_operation_says_how_to_hand_one_over() -> None:
    with pytest.raises(UnknownOperationError, match=r"run\(\.\.\., registry=default_registry\(\)\).*Orchestrator\(\)"):
        check(do("daily_loop.summarise"))
    with pytest.raises(UnknownOperationError) as caught:
        check(do("daily_loop.summarise"), registry=table())
    assert "Orchestrator" not in str(caught.value)


def test_the_operations_of_the_registry_are_those_that_are_allowed() -> None:
    registry = table(launch=lambda state, call: state)
    check(do("t.launch"), registry=registry)
    with pytest.raises(UnknownOperationError, match=r"did you mean 't\.launch'\?"):
        check(do("t.lunch"), registry=registry)


# --- payloads and the checks of operations -------------------------------------------------------------


def refusing(check: Any) -> Any:
    return table(Operation("t.picky", lambda state, call: state, check, plugin="pickies"))


def _raises(error: Exception) -> Any:
    def check(payload: Any) -> None:
        raise error

    return check


@pytest.mark.parametrize(
    ("checked", "field"),
    [
        (lambda payload: "'x' must be even", "payload"),
        (_raises(ValueError("'x' must be even")), "payload"),
        (_raises(InvalidSpecError("'x' must be even.", field="payload.x")), "payload.x"),
    ],
)
def test_a_check_refuses_by_a_sentence_or_a_value_error(checked: Any, field: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        check(do("noop", "a"), do("t.picky", "b"), registry=refusing(checked))
    assert str(caught.value) == "Step 'b': the operation 't.picky' refuses its payload: 'x' must be even."
    assert caught.value.field == field


def test_a_check_that_says_nothing_lets_the_payload_through() -> None:
    check(do("t.picky"), registry=refusing(lambda payload: None))


@pytest.mark.parametrize("answer", ["", False, True, 0, [], ["no"]])
def test_a_check_that_answers_anything_else_is_a_bug_of_its_author(answer: Any) -> None:
    with pytest.raises(OperationError, match="expected None, or a sentence") as caught:
        check(do("t.picky", "b"), registry=refusing(lambda payload: answer))
    assert (caught.value.plugin, caught.value.operation, caught.value.step_id) == ("pickies", "t.picky", "b")
    assert caught.value.mission == "wf"


def test_a_check_that_raises_anything_else_is_a_bug_of_its_author() -> None:
    with pytest.raises(OperationError, match=r"KeyError.*expected ValueError") as caught:
        check(do("t.picky", "b"), registry=refusing(_raises(KeyError("x"))))
    assert isinstance(caught.value.__cause__, KeyError)
    assert (caught.value.plugin, caught.value.operation, caught.value.step_id) == ("pickies", "t.picky", "b")


def test_a_check_that_exits_does_not_end_its_host() -> None:
    def leave(payload: Any) -> None:
        raise SystemExit(3)

    with pytest.raises(OperationError, match="SystemExit"):
        check(do("t.picky"), registry=refusing(leave))


def test_a_check_sees_the_frozen_payload() -> None:
    seen: list[Any] = []
    step = do("t.picky", x=[1])
    check(step, registry=refusing(lambda payload: seen.append(payload)))
    assert seen[0] is step.payload


def test_the_question_of_a_human_step_is_checked_before_the_run() -> None:
    with pytest.raises(InvalidSpecError) as caught:
        check(ask("h", schema={"type": "strin"}))
    assert caught.value.field == "payload.schema"
    assert isinstance(caught.value, InvalidSpecError)
    check(ask("h", into="/a~1b", schema=False))
    assert issubclass(InvalidSchemaError, InvalidSpecError)


# --- what is not a workflow ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (({"id": "w"}, ExecutionContext()), "workflow"),
        ((None, ExecutionContext()), "workflow"),
        ((plan(), {"state": 1}), "context"),
        ((plan(), None), "context"),
    ],
)
def test_only_workflows_and_contexts_are_run(arguments: tuple[Any, Any], field: str) -> None:
    with pytest.raises(InvalidSpecError, match=field) as caught:
        run(*arguments)
    assert caught.value.field == field


@pytest.mark.parametrize("registry", [None, {}, object(), "builtin"])
def test_only_what_has_an_operations_mapping_is_a_registry(registry: Any) -> None:
    with pytest.raises(InvalidSpecError, match="'operations'") as caught:
        run(plan(do("noop")), ExecutionContext(), registry=registry)
    assert caught.value.field == "registry"
