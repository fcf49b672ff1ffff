from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.plans import answered, ask, do, objects, payload_lists, plan, runtime_plan, states, under_hash_seeds
from tests.workflow.test_specs import sorted_throughout
from tier2_core import (
    Decision,
    ExecutionContext,
    OrchestrationResult,
    Run,
    StepSpec,
    WorkflowDefinition,
    canonical_json,
    digest,
    freeze,
    run,
    thaw,
)
from tier2_core.values.canonical import wrapper_bytes

KEYS = [
    "error_message", "executed_steps", "failed_step_id", "final_state", "id", "lineage", "pending_step_id",
    "receipt", "status", "success",
]  # fmt: skip


def results() -> list[OrchestrationResult]:
    """One of each status."""
    steps = [do("set", "a", path="x", value=1), ask("b", into="y"), do("noop", "c")]
    metadata = {"caller": "me", "run_id": "r-1", "policy_version": {"n": 1}, "secret": "s"}
    decided = [
        run(plan(*steps), ExecutionContext({"z": []}, metadata, decisions))
        for decisions in (None, [], [Decision("b", value=[1])], [Decision("b", False, "Ada", "not now")])
    ]
    return [*decided, run(plan(*steps[:1], do("fail", "f", reason="why")), ExecutionContext())]


def by_status(status: str) -> OrchestrationResult:
    return next(result for result in results() if result.status == status)


@pytest.mark.parametrize("result", results(), ids=lambda result: result.status)
def test_to_dict_has_the_keys_of_the_contract_and_is_json_native(result: OrchestrationResult) -> None:
    made = result.to_dict()
    assert list(made) == KEYS
    assert json.loads(json.dumps(made)) == made
    assert sorted_throughout(made)
    assert made["success"] is (made["status"] == "succeeded") is result.success


@pytest.mark.parametrize("result", results(), ids=lambda result: result.status)
def test_the_accessors_say_what_to_dict_says(result: OrchestrationResult) -> None:
    made = result.to_dict()
    assert made["executed_steps"] == [step.to_dict() for step in result.executed_steps]
    for name in KEYS:
        if name != "executed_steps":
            assert getattr(result, name) == made[name]
    assert thaw(result.state) == made["final_state"]


def test_what_each_status_has() -> None:
    seen = {
        result.status: (result.failed_step_id, result.pending_step_id, result.error_message, len(result.executed_steps))
        for result in results()
    }
    assert seen == {
        "succeeded": (None, None, None, 3),
        "suspended": (None, "b", None, 1),
        "rejected": (None, None, "Step 'b' rejected by Ada: not now", 2),
        "failed": ("f", None, "Step 'f' failed: why", 2),
    }


def test_a_rejection_without_actor_and_reason_says_so() -> None:
    result = run(plan(ask("b")), ExecutionContext(decisions=[Decision("b", False)]))
    assert result.error_message == "Step 'b' rejected: no reason given"


@pytest.mark.parametrize("result", results(), ids=lambda result: result.status)
def test_results_never_change_whatever_is_done_to_what_they_hand_out(result: OrchestrationResult) -> None:
    before = canonical_json(result.to_dict())
    result.final_state["x"] = "changed"
    result.final_state.setdefault("z", []).append("changed")
    result.executed_steps.clear()
    result.lineage["workflow_id"] = "changed"
    result.lineage["executed_step_ids"].append("changed")
    result.receipt["steps"].append("changed")
    result.receipt["human"]["changed"] = {}
    made = result.to_dict()
    made["executed_steps"][0]["payload"]["changed"] = True
    made["final_state"]["changed"] = True
    made["lineage"].clear()
    assert canonical_json(result.to_dict()) == before
    assert result.digest == sha256(before).hexdigest()


@pytest.mark.parametrize("name", ["run", "status", "final_state", "something_new"])
def test_results_cannot_be_assigned_to(name: str) -> None:
    with pytest.raises((FrozenInstanceError, AttributeError)):
        setattr(by_status("succeeded"), name, None)


@given(payload_lists, states, objects)
def test_the_digest_is_anyone_s_sha256_of_the_canonical_result(
    payloads: list[dict[str, Any]], state: dict[str, Any], metadata: dict[str, Any]
) -> None:
    result = run(runtime_plan(payloads), ExecutionContext(state, metadata))
    assert result.digest == sha256(canonical_json(result.to_dict())).hexdigest()
    assert run(runtime_plan(payloads), ExecutionContext(state, metadata)).digest == result.digest


@given(answered())
def test_the_bytes_are_those_of_the_plain_data(given: tuple[WorkflowDefinition, ExecutionContext]) -> None:
    written, made = run(*given), run(*given)
    assert written.to_json() == canonical_json(made.to_dict()) == made.to_json()
    assert json.dumps(written.to_dict()) == json.dumps(made.to_dict()) == json.dumps(thaw(freeze(made.to_dict())))
    declared = [name for name in ("effects",) if any(entry.effects for entry in made.run.trace)]
    assert list(written.to_dict()) == declared + KEYS
    assert written.digest == sha256(written.to_json()).hexdigest()


def put_together(result: OrchestrationResult) -> dict[str, Any]:
    """What ``to_dict`` gives, of nothing but its parts."""
    parts = {name: getattr(result, name) for name in KEYS}
    if any(entry.effects for entry in result.run.trace):
        parts = {"effects": result.effects, **parts}
    return {**parts, "executed_steps": [step.to_dict() for step in result.executed_steps]}


def check_whole(result: OrchestrationResult, parts: dict[str, Any]) -> None:
    """To the last name in order, and again when it has been looked at."""
    for _ in range(2):
        assert json.dumps(result.to_dict()) == json.dumps(parts)
        assert result.to_json() == wrapper_bytes(parts)
        assert result.digest == sha256(wrapper_bytes(parts)).hexdigest()


@given(answered(), st.permutations(range(6)))
def test_the_whole_is_made_of_what_its_parts_are_whatever_was_run_before(
    given: tuple[WorkflowDefinition, ExecutionContext], order: list[int]
) -> None:
    """A workflow remembers what is the same in every result of a run that went as usual."""
    workflow, context = given
    unattended, undescribed = evolve(context, decisions=None), evolve(context, metadata=None)
    contexts = [context, unattended, undescribed, evolve(unattended, metadata=None), ExecutionContext(), undescribed]
    for place in order:
        fresh = WorkflowDefinition(workflow.id, workflow.steps, workflow.metadata)
        check_whole(run(workflow, contexts[place]), put_together(run(fresh, contexts[place])))


@pytest.mark.parametrize(
    "step", [do("noop", x=1e16), do("noop", x={"\U00010000": 1, "\ue000": 2}), do("noop", x="x" * 9999)]
)
@pytest.mark.parametrize("metadata", [None, {"caller": 1e16}, {"run_id": "x" * 9999}])
def test_results_with_all_kinds_of_payloads_and_metadata_are_made_of_their_parts(step: StepSpec, metadata: Any) -> None:
    context = ExecutionContext({"n": 1}, metadata)
    for workflow in (plan(step), plan(do("noop")), plan(do("fail", "f", reason="x" * 9999))):
        check_whole(run(workflow, context), put_together(run(workflow, context)))


class Falsy(Decision):
    """Nobody's idea of a decision."""

    def __bool__(self) -> bool:
        return False


@pytest.mark.parametrize("looked_at", [False, True])
def test_a_run_that_was_put_together_by_hand_is_what_it_says_and_spoils_no_other(looked_at: bool) -> None:
    made = [plan(do("set", "a", path="n", value=1), ask("b"), do("noop", "c")) for _ in range(5)]
    for place, workflow in enumerate(made):
        whole = run(workflow, ExecutionContext())
        if looked_at:
            whole.to_json()
        trace = whole.run.trace
        decided = (trace[0], evolve(trace[1], decision=Decision("b", True, "Ada")), trace[2])
        undecided = (trace[0], evolve(trace[1], decision=Falsy("b", False, "Ada")), trace[2])
        other = (trace[:1], (), trace[::-1], decided, undecided)[place]
        by_hand = OrchestrationResult(Run(whole.run.given, "succeeded", other))
        check_whole(by_hand, put_together(by_hand))
        check_whole(whole, put_together(run(plan(*workflow.steps), ExecutionContext())))


def test_a_workflow_remembers_little_of_its_results() -> None:
    small, large = plan(do("noop")), plan(do("noop", x="x" * 9999))
    for workflow in (small, large):
        run(workflow, ExecutionContext()).to_json()
    assert "frame" in small._memo
    assert "frame" not in large._memo


def test_the_names_of_human_steps_are_in_order_where_the_two_orders_differ() -> None:
    steps = [ask("\U00010000"), ask("\ue000")]
    result = run(plan(*steps), ExecutionContext())
    assert list(result.to_dict()["receipt"]["human"]) == list(result.receipt["human"]) == ["\ue000", "\U00010000"]
    assert result.to_json().index("\U00010000".encode()) < result.to_json().rindex("\ue000".encode())


# --- lineage -------------------------------------------------------------------------------------------


def test_lineage_binds_what_went_in_to_what_came_out() -> None:
    result = by_status("failed")
    assert result.lineage == {
        "executed_step_ids": ["a", "f"],
        "final_state_hash": digest({"x": 1}),
        "initial_state_hash": digest({}),
        "workflow_hash": result.run.workflow.hash,
        "workflow_id": "wf",
    }
    assert result.lineage["final_state_hash"] == sha256(b'{"x":1}').hexdigest()


def test_lineage_and_receipt_take_three_names_from_the_metadata_and_nothing_else() -> None:
    result = by_status("succeeded")
    assert list(result.lineage) == [
        "caller", "executed_step_ids", "final_state_hash", "initial_state_hash", "policy_version", "workflow_hash",
        "workflow_id",
    ]  # fmt: skip
    assert (result.lineage["caller"], result.lineage["policy_version"]) == ("me", {"n": 1})
    assert list(result.receipt) == ["end_time", "human", "id", "run_id", "start_time", "steps"]
    assert result.receipt["run_id"] == "r-1"
    assert b"secret" not in canonical_json(result.to_dict())


def test_metadata_that_is_null_is_there_and_what_is_missing_is_not() -> None:
    result = run(plan(), ExecutionContext({}, {"caller": None}))
    assert result.lineage["caller"] is None
    assert "policy_version" not in result.lineage
    assert "run_id" not in result.receipt


def test_the_workflow_hash_changes_with_every_part_of_the_workflow() -> None:
    step = do("noop", "a", x=1)
    workflows = [
        plan(), plan(step), plan(do("noop", "b", x=1)), plan(do("noop", "a", x=True)), plan(ask("a", x=1)),
        plan(step, name="other"), plan(step, m=1), plan(step, do("noop", "c")), plan(do("noop", "c"), step),
    ]  # fmt: skip
    hashes = [workflow.hash for workflow in workflows]
    assert len(set(hashes)) == len(hashes)
    assert plan(do("noop", "a", x=1.0)).hash == plan(step).hash == digest(plan(step).to_dict(), tag="tier2/workflow/v1")


# --- receipt -------------------------------------------------------------------------------------------


def test_the_receipt_counts_logical_ticks() -> None:
    result = run(plan(do("noop", "a"), do("fail", "b"), do("noop", "c")), ExecutionContext())
    assert result.receipt == {"end_time": 2, "human": {}, "id": "wf", "start_time": 0, "steps": ["a", "b"]}


def test_what_is_changed_in_one_receipt_is_changed_in_no_other() -> None:
    """Nobody was asked, of two steps in two runs: four objects, and not one."""
    one, other = (run(plan(ask("a"), ask("b")), ExecutionContext()) for _ in range(2))
    human = one.receipt["human"]
    human["a"]["actor"] = "changed"
    unattended = {"actor": "", "decision": "unattended", "reason": ""}
    assert human["b"] == unattended
    assert one.receipt["human"] == other.receipt["human"] == {"a": unattended, "b": unattended}
    plain = one.to_dict()["receipt"]["human"]
    plain["a"]["actor"] = "changed"
    assert plain["b"] == unattended
    assert one.to_dict()["receipt"]["human"]["a"] == unattended


def test_the_receipt_says_who_decided_what_at_each_executed_human_step() -> None:
    steps = [ask("z"), ask("a"), do("noop", "n")]
    decisions = [Decision("z", True, "Ada", "fine"), Decision("a", False, "Bob", "no")]
    assert run(plan(*steps), ExecutionContext(decisions=decisions)).receipt["human"] == {
        "a": {"actor": "Bob", "decision": "rejected", "reason": "no"},
        "z": {"actor": "Ada", "decision": "approved", "reason": "fine"},
    }
    assert run(plan(*steps), ExecutionContext(decisions=decisions[:1])).receipt["human"] == {
        "z": {"actor": "Ada", "decision": "approved", "reason": "fine"},
    }
    unattended = {"actor": "", "decision": "unattended", "reason": ""}
    human = run(plan(*steps), ExecutionContext()).receipt["human"]
    assert list(human.items()) == [("a", unattended), ("z", unattended)]


# --- equality ------------------------------------------------------------------------------------------


def test_results_are_equal_if_they_are_the_same_document() -> None:
    one, other = by_status("succeeded"), by_status("succeeded")
    assert one is not other
    assert one == other
    assert hash(one) == hash(other)
    assert one != by_status("failed")
    assert one != one.to_dict()
    assert run(plan(), ExecutionContext({"a": True})) != run(plan(), ExecutionContext({"a": 1}))


# --- same input, same bytes ----------------------------------------------------------------------------

SCRIPT = """
from tier2_core import *

state = {key: {"n": [1, {"z": 0.1, "y": key}], "b": True} for key in "qwertyuiop"}
steps = [
    StepSpec("a", "runtime", {"operation": "set", "path": "q.new", "value": {k: 1e21 for k in "zyxwv"}}),
    StepSpec("b", "human", {"into": "answers.first", "note": state}),
    StepSpec("c", "runtime", {"operation": "increment", "path": "w.n.0", "by": 0.5}),
    StepSpec("d", "runtime", {"operation": "append", "path": "e.n", "value": ["\\u00e9", "\\U0001f600"]}),
    StepSpec("e", "human"),
]
decisions = {Decision("b", actor="Ada", value=state), Decision("e", False, reason="enough")}
metadata = {"caller": state, "run_id": "r", "policy_version": "p"}
for given in (None, [], decisions):
    result = run(WorkflowDefinition("w", steps, state), ExecutionContext(state, metadata, given))
    print(result.digest, canonical_json(result.to_dict()), result.to_dict(), result.error_message)
try:
    run(WorkflowDefinition("w", [StepSpec("a", "runtime", {"operation": "nope"})]), ExecutionContext())
except EnvelopeViolation as error:
    print(error)
"""


def test_identical_inputs_give_identical_bytes_under_every_hash_seed() -> None:
    outputs = under_hash_seeds(SCRIPT)
    assert len(set(outputs)) == 1
    assert len(outputs[0].splitlines()) == 4


@given(payload_lists, states, objects)
def test_the_order_of_keys_in_the_input_changes_nothing(
    payloads: list[dict[str, Any]], state: dict[str, Any], metadata: dict[str, Any]
) -> None:
    def turned(value: Any) -> Any:
        if type(value) is dict:
            return {key: turned(part) for key, part in reversed(value.items())}
        return [turned(part) for part in value] if type(value) is list else value

    one = run(runtime_plan(payloads), ExecutionContext(state, metadata))
    other = run(runtime_plan(turned(payloads)), ExecutionContext(turned(state), turned(metadata)))
    assert json.dumps(one.to_dict()) == json.dumps(other.to_dict())
