"""What is foreseen is what happens, and an answer is bound to what was shown."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.plans import ask, do, documents, payload_lists, plan, states, table
from tier2_core import (
    Decision,
    DecisionError,
    ExecutionContext,
    OrchestrationResult,
    StepSpec,
    WorkflowDefinition,
    apply_patch,
    consequences,
    decision_table,
    resume,
    run,
    same,
    thaw,
)

TEXT = ask("name", into="name", schema={"type": "string"})


def suspended(*steps: StepSpec, state: Any = None) -> OrchestrationResult:
    return run(plan(*steps), ExecutionContext(state or {}, decisions=[]))


@st.composite
def asking_plans(draw: st.DrawFn) -> WorkflowDefinition:
    """Workflows of one or two human steps among runtime ones that may fail."""
    human = [ask(name, **draw(st.sampled_from([{}, {"into": name}, {"into": f"a.{name}"}]))) for name in "xy"]
    steps = human[: draw(st.integers(1, 2))]
    steps += [StepSpec(f"s{i}", "runtime", payload) for i, payload in enumerate(draw(payload_lists)[:3])]
    return plan(*draw(st.permutations(steps)))


@given(asking_plans(), states, documents, st.booleans())
def test_what_is_foreseen_is_what_happens(
    workflow: WorkflowDefinition, state: dict[str, Any], value: Any, approved: bool
) -> None:
    result = run(workflow, ExecutionContext(state, decisions=[]))
    while result.status == "suspended":
        seen = consequences(result, value)
        outcome = seen.approve if approved else seen.reject
        pending = str(result.pending_step_id)
        before, result = result, resume(result, Decision(pending, approved, value=value, seen=seen.digest))
        assert (outcome.status, outcome.pending_step_id) == (result.status, result.pending_step_id)
        assert outcome.error_message == result.error_message
        assert same(apply_patch(before.state, outcome.patch), result.state)


@given(asking_plans(), states)
def test_the_table_has_every_path_with_what_a_run_of_it_gives(
    workflow: WorkflowDefinition, state: dict[str, Any]
) -> None:
    paths = decision_table(workflow, ExecutionContext(state))
    assert 1 <= len(paths) <= 4
    assert len({path.answers for path in paths}) == len(paths)
    for path in paths:
        decisions = [Decision(step, answer == "approved") for step, answer in path.answers]
        result = run(workflow, ExecutionContext(state, decisions=decisions))
        assert (path.outcome.status, path.outcome.error_message) == (result.status, result.error_message)
        assert same(apply_patch(state, path.outcome.patch), result.state)


def test_both_answers_are_shown_with_what_they_change() -> None:
    steps = (TEXT, do("set", path="greeted", value=True), ask("sure"))
    seen = consequences(
        suspended(*steps, state={"kept": "a long text that no patch repeats, not even a small one"}), "Ada"
    )
    assert seen.to_dict() | {"digest": ""} == {
        "approve": {
            "error_message": None,
            "patch": [
                {"op": "add", "path": "/greeted", "value": True},
                {"op": "add", "path": "/name", "value": "Ada"},
            ],
            "pending_step_id": "sure",
            "status": "suspended",
        },
        "digest": "",
        "reject": {
            "error_message": "Step 'name' rejected: no reason given",
            "patch": [],
            "pending_step_id": None,
            "status": "rejected",
        },
        "step_id": "name",
        "value": "Ada",
    }


def test_nothing_is_decided_by_looking() -> None:
    result = suspended(TEXT)
    before = result.to_dict()
    consequences(result, "Ada")
    assert result.to_dict() == before


def test_a_value_that_the_step_does_not_take_is_shown_as_refused() -> None:
    seen = consequences(suspended(TEXT), 5)
    assert (seen.approve.status, seen.reject.status) == ("refused", "rejected")
    assert "does not meet" in str(seen.approve.error_message)
    assert thaw(seen.approve.patch) == []
    assert [path.outcome.status for path in decision_table(plan(TEXT), ExecutionContext())] == ["refused", "rejected"]


def test_the_table_approves_with_the_values_of_the_context() -> None:
    context = ExecutionContext(decisions=[Decision("name", value="Ada")])
    approved, _ = decision_table(plan(TEXT), context)
    assert thaw(approved.outcome.patch) == [{"op": "add", "path": "/name", "value": "Ada"}]


def test_where_nothing_waits_there_is_nothing_to_foresee() -> None:
    with pytest.raises(DecisionError) as caught:
        consequences(run(plan(do("noop")), ExecutionContext()))
    assert caught.value.reason == "not_pending"


@pytest.mark.parametrize(
    ("other", "value"),
    [
        (suspended(TEXT, do("noop")), "Ada"),
        (suspended(TEXT, state={"old": 1}), "Ada"),
        (suspended(attrs.evolve(TEXT, id="other")), "Ada"),
        (suspended(TEXT), "Eve"),
    ],
    ids=["another plan", "another state", "another step", "another value"],
)
def test_an_answer_to_something_else_is_stale(other: OrchestrationResult, value: str) -> None:
    digest = consequences(suspended(TEXT), "Ada").digest
    for approved in (True, False):
        with pytest.raises(DecisionError) as caught:
            resume(other, Decision(str(other.pending_step_id), approved, value=value, seen=digest))
        assert (caught.value.reason, caught.value.pending) == ("stale", (other.pending_step_id,))


def test_an_operation_that_has_changed_makes_an_answer_stale() -> None:
    steps = (TEXT, do("t.mark"))
    old = table(mark=lambda state, call: state.set("mark", "old"))
    new = table(mark=lambda state, call: state.set("mark", "new"))
    digest = consequences(run(plan(*steps), ExecutionContext(decisions=[]), registry=old), "Ada").digest
    bound = Decision("name", value="Ada", seen=digest)
    assert resume(run(plan(*steps), ExecutionContext(decisions=[]), registry=old), bound).success
    with pytest.raises(DecisionError, match="no longer the ones"):
        run(plan(*steps), ExecutionContext(decisions=[bound]), registry=new)


def test_decisions_further_on_do_not_change_what_is_seen() -> None:
    steps = (TEXT, ask("sure", into="sure"))
    digest = consequences(suspended(*steps), "Ada").digest
    decisions = [Decision("name", value="Ada", seen=digest), Decision("sure", value=True)]
    up_front = run(plan(*steps), ExecutionContext(decisions=decisions))
    one_by_one = resume(resume(suspended(*steps), decisions[0]), decisions[1])
    assert up_front.digest == one_by_one.digest
