from __future__ import annotations

import copy
import pickle
from functools import reduce
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.model import model_run
from tests.workflow.plans import answered, ask, do, objects, payload_lists, plan, runtime_plan, states, table
from tier2_core import (
    BUILTINS,
    Decision,
    ExecutionContext,
    OperationError,
    OrchestrationResult,
    Run,
    StepFailed,
    WorkflowDefinition,
    advance,
    canonical_json,
    freeze,
    run,
    same,
    start,
    thaw,
)


def fold(begun: Run, times: int) -> Run:
    return reduce(lambda run, _: advance(run), range(times), begun)


# --- the fold ------------------------------------------------------------------------------------------


@given(payload_lists, states)
def test_the_trace_agrees_with_the_plain_model_after_every_step(
    payloads: list[dict[str, Any]], state: dict[str, Any]
) -> None:
    run_so_far = start(runtime_plan(payloads), ExecutionContext(state))
    for done in range(1, len(payloads) + 1):
        run_so_far = advance(run_so_far)
        expected_state, expected_status, executed = model_run(payloads[:done], state)
        assert canonical_json(thaw(run_so_far.state)) == canonical_json(expected_state)
        assert [entry.step.id for entry in run_so_far.trace] == [f"s{place}" for place in range(executed)]
        running = expected_status == "succeeded" and done < len(payloads)
        assert run_so_far.status == ("running" if running else expected_status)


@given(payload_lists, states)
def test_run_is_a_fold_of_advance(payloads: list[dict[str, Any]], state: dict[str, Any]) -> None:
    workflow, context = runtime_plan(payloads), ExecutionContext(state)
    result = run(workflow, context)
    by_hand = fold(start(workflow, context), len(payloads))
    assert by_hand == result.run
    assert by_hand.state == result.state
    assert by_hand.status == result.status


@given(answered())
def test_run_is_a_fold_of_advance_whoever_decided_what(given: tuple[WorkflowDefinition, ExecutionContext]) -> None:
    workflow, context = given
    by_hand, result = fold(start(workflow, context), len(workflow.steps)), run(workflow, context)
    assert by_hand == result.run
    assert [entry.state for entry in by_hand.trace] == [done[2] for done in result.run.history]
    assert OrchestrationResult(by_hand).to_json() == result.to_json()


def test_a_run_can_be_made_of_its_trace() -> None:
    made = run(plan(do("set", "a", path="x", value=1), ask()), ExecutionContext()).run
    assert Run(made.given, made.status, made.trace) == Run(made.given, made.status, trace=made.trace) == made
    assert attrs.evolve(made, trace=made.trace[:1]).state is made.trace[0].state
    assert repr(made).endswith(f"status='succeeded', trace={made.trace!r})")


def test_runs_are_equal_if_their_states_are_the_same_document() -> None:
    one, other = (run(plan(do("set", path="x", value=value)), ExecutionContext()).run for value in (1, True))
    assert one.history[0][2] == other.history[0][2]  # for Python
    assert one != attrs.evolve(other, given=one.given)
    assert one == run(plan(do("set", path="x", value=1.0)), ExecutionContext()).run == pickle.loads(pickle.dumps(one))


@given(payload_lists, payload_lists, states)
def test_a_run_of_two_parts_is_the_second_after_the_first(
    first: list[dict[str, Any]], second: list[dict[str, Any]], state: dict[str, Any]
) -> None:
    first, second = first[:3], second[:2]
    both = run(plan(*runtime_plan(first, "a").steps, *runtime_plan(second, "b").steps), ExecutionContext(state))
    one = run(runtime_plan(first, "a"), ExecutionContext(state))
    two = run(runtime_plan(second, "b"), ExecutionContext(one.state)) if one.success else one
    assert same(both.state, two.state)
    assert (both.status, both.error_message) == (two.status, two.error_message)


@given(payload_lists, states, st.sampled_from([None, (), (Decision("ask", False),), (Decision("ask"),)]))
def test_what_has_ended_absorbs_every_further_advance(
    payloads: list[dict[str, Any]], state: dict[str, Any], decisions: Any
) -> None:
    workflow = plan(*runtime_plan(payloads[:4]).steps, ask())
    ended = run(workflow, ExecutionContext(state, decisions=decisions)).run
    assert ended.status in ("succeeded", "failed", "rejected", "suspended")
    assert advance(ended) is ended


def test_a_workflow_without_steps_has_succeeded_at_once() -> None:
    begun = start(plan(), ExecutionContext({"a": 1}))
    assert (begun.status, begun.trace, advance(begun)) == ("succeeded", (), begun)
    assert run(plan(), ExecutionContext({"a": 1})).final_state == {"a": 1}


def test_a_run_shows_where_it_is() -> None:
    workflow = plan(do("set", "a", path="x", value=1), ask("b"), do("set", "c", path="x", value=2))
    begun = start(workflow, ExecutionContext(decisions=[]))
    assert (begun.status, begun.pending, begun.trace, begun.state) == ("running", None, (), freeze({}))
    one = advance(begun)
    assert (one.status, one.pending, thaw(one.state)) == ("running", None, {"x": 1})
    two = advance(one)
    assert (two.status, two.pending, two.trace) == ("suspended", "b", one.trace)


def test_the_trace_has_an_entry_for_each_executed_step_with_the_state_after_it() -> None:
    workflow = plan(do("set", "a", path="x", value=1), ask("b"), do("delete", "c", path="nothing"), do("noop", "d"))
    trace = run(workflow, ExecutionContext()).run.trace
    assert [(entry.step.id, entry.outcome, thaw(entry.state)) for entry in trace] == [
        ("a", "done", {"x": 1}),
        ("b", "unattended", {"x": 1}),
        ("c", "failed", {"x": 1}),
    ]
    assert [bool(entry.reason) for entry in trace] == [False, False, True]
    assert "'/nothing'" in trace[2].reason


def test_states_in_the_trace_share_what_did_not_change() -> None:
    big: Any = freeze({"kept": {"n": list(range(50))}})
    workflow = plan(do("set", "a", path="x", value=1), do("noop", "b"), do("fail", "c"))
    a, b, c = run(workflow, ExecutionContext(big)).run.trace
    assert a.state["kept"] is big["kept"]
    assert b.state is a.state
    assert c.state is a.state


def test_a_failed_step_halts_the_run_and_is_the_last_executed() -> None:
    result = run(plan(do("noop", "a"), do("fail", "b", reason="no luck"), do("noop", "c")), ExecutionContext())
    assert (result.status, result.success, result.failed_step_id) == ("failed", False, "b")
    assert [step.id for step in result.executed_steps] == ["a", "b"]
    assert result.error_message == "Step 'b' failed: no luck"


def test_a_runtime_step_without_an_operation_does_nothing() -> None:
    state = freeze({"a": 1})
    assert run(plan(do("noop"), name="w"), ExecutionContext(state)).state is state  # type: ignore[arg-type]


@pytest.mark.parametrize("into", [{}, {"into": "answer"}])
@pytest.mark.parametrize("approved", [True, False])
def test_only_what_was_approved_goes_on(approved: bool, into: dict[str, Any]) -> None:
    workflow = plan(ask("sure", **into), do("set", "after", path="done", value=True))
    result = run(workflow, ExecutionContext({"a": 1}, decisions=[Decision("sure", approved, value="v")]))
    assert result.status == ("succeeded" if approved else "rejected")
    assert [entry.outcome for entry in result.run.trace] == (["approved", "done"] if approved else ["rejected"])
    written = {"done": True, **({"answer": "v"} if into else {})} if approved else {}
    assert result.final_state == {"a": 1, **written}


@pytest.mark.parametrize("operation", ["set", "t.put"])
def test_a_state_may_have_just_64_mib(operation: str) -> None:
    """Of canonical JSON; one byte more, and the step fails and nothing is changed."""
    text = "x" * (64 * 2**20 - len('{"text":""}'))
    registry = table(put=lambda state, call: state.set("text", call.payload["value"]))
    before = ExecutionContext({"text": ""})
    full = run(plan(do(operation, "s", path="text", value=text)), before, registry=registry)
    assert (full.status, full.state["text"]) == ("succeeded", text)
    over = run(plan(do(operation, "s", path="text", value=text + "x")), before, registry=registry)
    assert (over.status, over.failed_step_id) == ("failed", "s")
    assert over.state is before.initial_state
    assert "67108865" in (over.error_message or "")


def test_runs_are_compared_by_value_so_that_true_is_not_1() -> None:
    def with_value(value: Any) -> Run:
        return run(plan(do("t.x")), ExecutionContext(), registry=table(x=lambda state, call: {"v": value})).run

    assert with_value(1) == with_value(1.0)
    assert with_value(1) != with_value(True)
    assert hash(with_value([1])) == hash(with_value([1]))


def test_runs_can_be_copied() -> None:
    suspended = run(plan(do("set", path="a", value=[1]), ask()), ExecutionContext(decisions=[])).run
    assert copy.deepcopy(suspended) == copy.copy(suspended) == suspended


# --- inputs never change -------------------------------------------------------------------------------


@given(payload_lists, states, objects)
def test_inputs_are_never_changed(payloads: list[dict[str, Any]], state: dict[str, Any], metadata: Any) -> None:
    given_before = copy.deepcopy((payloads, state, metadata))
    workflow, context = runtime_plan(payloads), ExecutionContext(state, metadata)
    dicts_before = workflow.to_dict(), context.to_dict()
    run(workflow, context).to_dict()
    assert canonical_json(list(given_before)) == canonical_json([payloads, state, metadata])
    assert (workflow.to_dict(), context.to_dict()) == dicts_before


def test_an_operation_that_tries_to_change_its_input_breaks_and_changes_nothing() -> None:
    def careless(state: Any, call: Any) -> Any:
        state["a"] = 2
        return state

    def greedy(state: Any, call: Any) -> Any:
        call.payload.update({"x": 1})
        call.payload["x"] = 1
        return state

    before = freeze({"a": 1})
    for name in ("t.careless", "t.greedy"):
        workflow = plan(do(name, kept=1))
        with pytest.raises(OperationError, match="TypeError"):
            run(workflow, ExecutionContext(before), registry=table(careless=careless, greedy=greedy))  # type: ignore[arg-type]
        assert thaw(before) == {"a": 1}
        assert workflow.steps[0].to_dict()["payload"] == {"kept": 1, "operation": name}


def test_an_operation_cannot_change_the_state_after_it_has_returned_it() -> None:
    kept: dict[str, Any] = {"list": []}
    result = run(plan(do("t.leak")), ExecutionContext(), registry=table(leak=lambda state, call: kept))
    kept["list"].append(1)
    assert result.final_state == {"list": []}


# --- what operations do wrong --------------------------------------------------------------------------


def broken(apply: Any, state: Any = None) -> OperationError:
    workflow = plan(do("noop", "fine"), do("t.it", "bad"), name="wf-it", mission_type="it")
    with pytest.raises(OperationError) as caught:
        run(workflow, ExecutionContext(state or {}), registry=table(it=apply))
    return caught.value


def raising(error: BaseException) -> Any:
    def apply(state: Any, call: Any) -> Any:
        raise error

    return apply


@pytest.mark.parametrize("error", [KeyError("x"), ValueError("odd"), SystemExit(3), RecursionError(), AssertionError()])
def test_what_an_operation_raises_is_told_of_as_a_bug_of_its_author(error: BaseException) -> None:
    raised = broken(raising(error))
    assert (raised.mission, raised.step_id, raised.operation, raised.plugin) == ("it", "bad", "t.it", "tests")
    for name in ("'it'", "'bad'", "'t.it'", "'tests'", type(error).__name__):
        assert name in str(raised)
    assert raised.__cause__ is error


def test_an_error_of_the_library_inside_an_operation_is_its_author_s_bug_too() -> None:
    raised = broken(lambda state, call: freeze({"when": object()}))
    assert "/when" in str(raised)


def test_an_interrupt_is_not_swallowed() -> None:
    with pytest.raises(KeyboardInterrupt):
        run(plan(do("t.it")), ExecutionContext(), registry=table(it=raising(KeyboardInterrupt())))


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (None, "null"),
        ([1], "an array"),
        ("state", "a string"),
        (5, "int"),
        (True, "a boolean"),
        ({"a": {1, 2}}, "/a"),
        ({"a": [float("nan")]}, "/a/0"),
        ({"a": 2**53 + 1}, "/a"),
        ({1: 2}, "string keys"),
        pytest.param(object(), "object", id="an object"),  # its repr has an address
    ],
    ids=repr,
)
def test_what_is_no_state_is_not_taken_back_from_an_operation(returned: Any, says: str) -> None:
    raised = broken(lambda state, call: returned)
    assert says in str(raised)
    assert (raised.step_id, raised.operation, raised.plugin) == ("bad", "t.it", "tests")


def test_an_operation_may_return_plain_data() -> None:
    registry = table(it=lambda state, call: {**state, "b": (1.0, {"c": True})})
    result = run(plan(do("t.it")), ExecutionContext({"a": 1}), registry=registry)
    assert result.final_state == {"a": 1, "b": [1, {"c": True}]}


def test_an_operation_that_fails_its_step_is_no_error() -> None:
    result = run(plan(do("t.it", "s")), ExecutionContext({"a": 1}), registry=table(it=raising(StepFailed("not today"))))
    assert (result.error_message, result.final_state) == ("Step 's' failed: not today", {"a": 1})


class Silent(StepFailed):
    def __init__(self) -> None:
        Exception.__init__(self, "told otherwise")


@pytest.mark.parametrize(
    ("failure", "told"),
    [(Silent(), "told otherwise"), (StepFailed(5), "5"), (StepFailed("\ud800"), "\\ud800")],  # type: ignore[arg-type]
)
def test_whatever_an_operation_gives_as_its_reason_the_result_is_a_document(failure: StepFailed, told: str) -> None:
    result = run(plan(do("t.it", "s")), ExecutionContext(), registry=table(it=raising(failure)))
    assert result.error_message == f"Step 's' failed: {told}"
    assert len(result.digest) == 64


def test_a_run_inside_an_operation_names_the_inner_operation_that_broke() -> None:
    def outer(state: Any, call: Any) -> Any:
        return run(plan(do("t.inner", "deep")), ExecutionContext(state), registry=call.registry).state

    registry = table(outer=outer, inner=raising(KeyError("x")))
    with pytest.raises(OperationError) as caught:
        run(plan(do("t.outer", "top")), ExecutionContext(), registry=registry)
    assert (caught.value.step_id, caught.value.operation) == ("deep", "t.inner")


def test_a_step_that_was_done_before_a_broken_one_leaves_nothing_behind_in_the_context() -> None:
    context = ExecutionContext({"a": 1})
    workflow = plan(do("set", "a", path="a", value=2), do("t.it", "b"))
    with pytest.raises(OperationError):
        run(workflow, context, registry=table(it=raising(KeyError())))
    assert context.to_dict()["initial_state"] == {"a": 1}


def test_run_knows_the_built_in_operations_unless_it_is_told_otherwise() -> None:
    assert start(plan(), ExecutionContext()).registry is BUILTINS


class Hostile(BaseException):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize("error", [Hostile(), ExceptionGroup("g", [ValueError()])])
def test_an_exception_that_cannot_even_be_told_of_is_a_bug_of_its_author(error: BaseException) -> None:
    assert type(error).__name__ in str(broken(raising(error)))
