from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.plans import ask, do, documents, plan, table
from tier2_core import (
    Decision,
    DecisionError,
    ExecutionContext,
    InvalidSpecError,
    OrchestrationResult,
    StepSpec,
    canonical_json,
    resume,
    run,
    start,
    thaw,
)

TWO = plan(do("set", "a", path="x", value=1), ask("b", into="answers.b"), ask("c"), do("set", "d", path="x", value=2))


def asked(*steps: StepSpec, state: Any = None, decisions: Any = ()) -> OrchestrationResult:
    return run(plan(*steps), ExecutionContext(state or {}, decisions=decisions))


def refused(result: OrchestrationResult, decision: Decision) -> DecisionError:
    before = canonical_json(result.to_dict())
    with pytest.raises(DecisionError) as caught:
        resume(result, decision)
    assert canonical_json(result.to_dict()) == before
    return caught.value


# --- who is asked --------------------------------------------------------------------------------------


def test_unattended_nobody_is_asked_and_the_step_is_recorded() -> None:
    result = run(TWO, ExecutionContext())
    assert (result.status, [step.id for step in result.executed_steps]) == ("succeeded", ["a", "b", "c", "d"])
    assert {told["decision"] for told in result.receipt["human"].values()} == {"unattended"}
    assert result.final_state == {"x": 2}  # nothing at 'into': there was no answer


def test_a_human_step_without_a_decision_suspends_the_run_before_it() -> None:
    result = run(TWO, ExecutionContext(decisions=[]))
    assert (result.status, result.success, result.pending_step_id) == ("suspended", False, "b")
    assert [step.id for step in result.executed_steps] == ["a"]
    assert (result.final_state, result.error_message, result.failed_step_id) == ({"x": 1}, None, None)
    assert result.receipt["human"] == {}


def test_an_approved_step_is_executed_and_the_run_goes_on() -> None:
    result = run(TWO, ExecutionContext(decisions=[Decision("b", value={"n": [1]}), Decision("c")]))
    assert (result.status, result.final_state) == ("succeeded", {"answers": {"b": {"n": [1]}}, "x": 2})


def test_a_rejected_step_is_the_last_executed_and_the_state_is_the_one_before_it() -> None:
    result = run(TWO, ExecutionContext(decisions=[Decision("b", False, "Ada", "not now", {"n": 1}), Decision("c")]))
    assert (result.status, result.success, result.failed_step_id) == ("rejected", False, None)
    assert [step.id for step in result.executed_steps] == ["a", "b"]
    assert result.final_state == {"x": 1}
    assert result.receipt["human"]["b"] == {"actor": "Ada", "decision": "rejected", "reason": "not now"}


def test_a_decision_that_is_never_reached_changes_nothing() -> None:
    steps = [do("fail", "f"), ask("h")]
    assert asked(*steps, decisions=[Decision("h")]) == asked(*steps)


def test_a_decision_s_step_must_be_a_human_one_of_the_workflow() -> None:
    for wrong in ("a", "nope", ""):
        with pytest.raises(DecisionError, match="'b', 'c'") as caught:
            start(TWO, ExecutionContext(decisions=[Decision(wrong)]))
        assert caught.value.reason == "unknown_step"


def test_decisions_may_be_up_front_for_some_and_later_for_others() -> None:
    later = run(TWO, ExecutionContext(decisions=[Decision("c")]))
    assert later.pending_step_id == "b"
    assert resume(later, Decision("b")).status == "succeeded"


# --- into and schema -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("into", "state", "after"),
    [
        ("x", {}, {"x": 5}),
        ("x", {"x": {"old": 1}}, {"x": 5}),
        ("a.b.c", {}, {"a": {"b": {"c": 5}}}),
        ("a.b.c", {"a": {"kept": 1}}, {"a": {"b": {"c": 5}, "kept": 1}}),
        ("/a~1b/c.d", {}, {"a/b": {"c.d": 5}}),
        ("/", {}, {"": 5}),
        ("list.0", {"list": [1, 2]}, {"list": [5, 2]}),
        ("list.1.x.y", {"list": [1, {}]}, {"list": [1, {"x": {"y": 5}}]}),
        ("a.0", {}, {"a": {"0": 5}}),
    ],
)
def test_into_takes_the_value_and_makes_what_is_missing_on_the_way(into: str, state: Any, after: Any) -> None:
    result = asked(ask(into=into), state=state, decisions=[Decision("ask", value=5)])
    assert (result.status, result.final_state) == ("succeeded", after)


@pytest.mark.parametrize(
    ("into", "state", "says"),
    [
        ("a.b", {"a": 5}, "'/a' is an int"),
        ("a.b", {"a": None}, "null"),
        ("list.2", {"list": [1, 2]}, "array of 2"),
        ("list.x", {"list": []}, "no index 'x'"),
        ("list.0.x", {"list": []}, "array of 0"),
        (".".join("a" * 65), {}, "nesting deeper than 64"),
    ],
)
def test_where_nothing_can_be_put_the_step_fails_and_is_recorded(into: str, state: Any, says: str) -> None:
    result = asked(ask(into=into), state=state, decisions=[Decision("ask", True, "Ada", value=5)])
    assert (result.status, result.failed_step_id, result.final_state) == ("failed", "ask", state)
    assert says in (result.error_message or "")
    assert result.receipt["human"]["ask"]["actor"] == "Ada"


def test_without_into_a_value_goes_nowhere() -> None:
    result = asked(ask(), state={"a": 1}, decisions=[Decision("ask", value={"b": 2})])
    assert result.final_state == {"a": 1}


def test_a_rejected_value_goes_nowhere_and_is_not_held_against_the_schema() -> None:
    result = asked(ask(into="x", schema={"type": "string"}), decisions=[Decision("ask", False, value=5)])
    assert (result.status, result.final_state) == ("rejected", {})


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "string"}, "x", 1),
        ({"type": "integer", "minimum": 1}, 1.0, True),
        ({"type": "array", "items": {"type": "string"}}, ["x"], ["x", 5]),
        ({"const": True}, True, 1),
        (True, None, None),
        ({"type": "null"}, None, 0),
    ],
)
def test_the_value_of_an_approved_step_meets_the_schema(schema: Any, good: Any, bad: Any) -> None:
    suspended = asked(ask(into="x", schema=schema))
    assert resume(suspended, Decision("ask", value=good)).success
    if schema is not True:
        error = refused(suspended, Decision("ask", value=bad))
        assert (error.reason, error.pending) == ("invalid_value", ("ask",))
        assert "'ask'" in str(error)
        with pytest.raises(DecisionError) as up_front:
            asked(ask(into="x", schema=schema), decisions=[Decision("ask", value=bad)])
        assert (up_front.value.reason, str(up_front.value)) == ("invalid_value", str(error))


def test_a_refused_value_can_be_answered_again() -> None:
    suspended = asked(ask(into="x", schema={"type": "array", "items": {"type": "string"}}), do("noop"))
    error = refused(suspended, Decision("ask", value=["a", 5]))
    assert "'/1'" in str(error)
    assert resume(suspended, Decision("ask", value=["a"])).final_state == {"x": ["a"]}


def test_a_schema_without_into_is_met_all_the_same() -> None:
    assert refused(asked(ask(schema={"const": "yes"})), Decision("ask", value="no")).reason == "invalid_value"


# --- deciding ------------------------------------------------------------------------------------------


def test_a_decision_about_a_step_that_is_not_there_or_not_human() -> None:
    suspended = run(TWO, ExecutionContext(decisions=[]))
    for wrong in ("nope", "a", "d"):
        error = refused(suspended, Decision(wrong))
        assert (error.reason, error.pending) == ("unknown_step", ("b",))


def test_a_decision_about_a_step_that_is_not_pending_yet() -> None:
    error = refused(run(TWO, ExecutionContext(decisions=[])), Decision("c"))
    assert (error.reason, error.pending) == ("not_pending", ("b",))
    assert "waiting is 'b'" in str(error)


def test_a_decision_about_a_step_that_was_decided() -> None:
    second = resume(run(TWO, ExecutionContext(decisions=[])), Decision("b"))
    error = refused(second, Decision("b", False))
    assert (error.reason, error.pending) == ("already_decided", ("c",))


def test_a_run_that_has_ended_takes_no_decision() -> None:
    done = run(TWO, ExecutionContext(decisions=[Decision("b"), Decision("c")]))
    assert (refused(done, Decision("b")).reason, refused(done, Decision("b")).pending) == ("already_decided", ())
    rejected = run(TWO, ExecutionContext(decisions=[Decision("b", False)]))
    assert (refused(rejected, Decision("c")).reason, refused(rejected, Decision("c")).pending) == ("not_pending", ())


def test_a_decision_bound_to_other_consequences_than_those_that_come_out_is_stale() -> None:
    suspended = run(TWO, ExecutionContext(decisions=[]))
    error = refused(suspended, Decision("b", seen="0" * 64))
    assert (error.reason, error.pending) == ("stale", ("b",))


def test_decision_errors_cross_processes_with_what_they_know() -> None:
    error = DecisionError("no", reason="stale", pending=["a"])
    made = pickle.loads(pickle.dumps(error))
    assert (str(made), made.reason, made.pending) == ("no", "stale", ("a",))
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("arguments", [(None, Decision("b")), ("result", Decision("b"))])
def test_only_results_are_resumed(arguments: Any) -> None:
    with pytest.raises(InvalidSpecError, match="result"):
        resume(*arguments)


@pytest.mark.parametrize("decision", [None, "b", {"step_id": "b"}])
def test_only_decisions_resume(decision: Any) -> None:
    with pytest.raises(InvalidSpecError, match="decision"):
        resume(run(TWO, ExecutionContext(decisions=[])), decision)


def test_a_suspended_result_may_be_resumed_in_different_ways_and_stays_as_it_is() -> None:
    suspended = run(TWO, ExecutionContext(decisions=[]))
    kept = copy.deepcopy(suspended.to_dict())
    yes, no = resume(suspended, Decision("b", value=1)), resume(suspended, Decision("b", False))
    assert (yes.status, no.status) == ("suspended", "rejected")
    assert suspended.to_dict() == kept
    assert thaw(yes.state) == {"answers": {"b": 1}, "x": 1}


def test_resuming_does_not_run_again_what_was_run() -> None:
    ran: list[str] = []

    def note(state: Any, call: Any) -> Any:
        ran.append(call.step_id)
        return state

    workflow, registry = plan(do("t.note", "a"), ask("h"), do("t.note", "b")), table(note=note)
    suspended = run(workflow, ExecutionContext(decisions=[]), registry=registry)
    assert ran == ["a"]
    assert resume(suspended, Decision("h")).run.registry is registry
    assert ran == ["a", "b"]


# --- the law of parity ---------------------------------------------------------------------------------

_runtime = st.sampled_from([
    {"operation": "noop"},
    {"operation": "set", "path": "n", "value": 1},
    {"operation": "increment", "path": "n"},
    {"operation": "delete", "path": "answer"},
    {"operation": "append", "path": "answer", "value": 1},
    {"operation": "fail", "reason": "so it is"},
])  # fmt: skip
_human = st.fixed_dictionaries({}, optional={"into": st.sampled_from(["answer", "n", "deep.er", "n.x", "/answer/0"])})


@st.composite
def plans_and_decisions(draw: st.DrawFn) -> tuple[list[StepSpec], list[Decision]]:
    people = set(draw(st.lists(st.integers(0, 4), max_size=2)))
    steps = [
        StepSpec(f"s{place}", *(("human", draw(_human)) if place in people else ("runtime", draw(_runtime))))  # type: ignore[arg-type]
        for place in range(draw(st.integers(0, 5)))
    ]
    answers = [step.id for step in steps if step.kind == "human" and draw(st.booleans() | st.just(True))]
    text = st.sampled_from(["", "Ada", "é"])
    return steps, [
        Decision(step_id, draw(st.sampled_from([True, True, True, False])), draw(text), draw(text), draw(documents))
        for step_id in answers
    ]


@given(plans_and_decisions(), st.sampled_from([{}, {"n": 1}, {"answer": [0]}]))
def test_deciding_up_front_and_one_at_a_time_give_identical_bytes(
    drawn: tuple[list[StepSpec], list[Decision]], state: dict[str, Any]
) -> None:
    steps, decisions = drawn
    workflow = plan(*steps)
    up_front = run(workflow, ExecutionContext(state, {"run_id": "r"}, decisions))
    one_by_one = run(workflow, ExecutionContext(state, {"run_id": "r"}, []))
    answers = {decision.step_id: decision for decision in decisions}
    while one_by_one.pending_step_id in answers:
        one_by_one = resume(one_by_one, answers.pop(one_by_one.pending_step_id))
    assert canonical_json(one_by_one.to_dict()) == canonical_json(up_front.to_dict())
    assert one_by_one.digest == up_front.digest
    assert one_by_one.run.trace == up_front.run.trace


def test_a_step_that_was_passed_unattended_was_decided_by_nobody() -> None:
    error = refused(run(plan(ask()), ExecutionContext()), Decision("ask"))
    assert error.reason == "not_pending"
