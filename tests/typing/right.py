"""What type checkers are told: every line of this file is right. It is checked, and never run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, assert_type

from tier2_core import (
    Decision,
    Document,
    Effect,
    Emit,
    ExecutionContext,
    Mission,
    MissionRegistryEntry,
    Operation,
    OperationCall,
    OrchestrationResult,
    Registry,
    State,
    StepFailed,
    StepSpec,
    WorkflowDefinition,
    freeze,
    get_mission,
    hookimpl,
    load_registry,
    resume,
    run,
    run_mission,
)

# --- the shapes of run_mission ---------------------------------------------------------------------------

assert_type(run_mission("echo"), OrchestrationResult)
assert_type(run_mission("echo", {"a": 1}, {"n": 1}), OrchestrationResult)
assert_type(run_mission("echo", ExecutionContext({}), {"a": 1}), OrchestrationResult)
assert_type(run_mission(mission_name="echo", params=None, initial_state={}), OrchestrationResult)
assert_type(run_mission("echo", ctx=ExecutionContext(), registry=load_registry()), OrchestrationResult)
assert_type(run_mission(name="echo", initial_state={}), OrchestrationResult)
assert_type(run_mission(name="echo", ctx=ExecutionContext()), OrchestrationResult)

# --- a result --------------------------------------------------------------------------------------------

result = run(WorkflowDefinition("w", [StepSpec("go", "human")]), ExecutionContext({}, None, []))
assert_type(result.status, Literal["succeeded", "failed", "rejected", "suspended"])
assert_type(result.final_state, dict[str, Any])
assert_type(result.state, State)
assert_type(result.success, bool)
assert_type(result.executed_steps, list[StepSpec])
assert_type(result.pending_step_id, str | None)
assert_type(result.receipt, dict[str, Any])
assert_type(resume(result, Decision("go", approved=False)), OrchestrationResult)

# --- what constructors take, and what they then hold -----------------------------------------------------

step = StepSpec("s", "runtime", {"operation": "noop"})
plan = WorkflowDefinition("w", (step,), {"by": "hand"})
assert_type(step.payload, Mapping[str, Any])
assert_type(plan.steps, tuple[StepSpec, ...])
assert_type(ExecutionContext({}, decisions={Decision("go")}).decisions, tuple[Decision, ...] | None)
value: Document = freeze({"a": [1]})

# --- a plugin --------------------------------------------------------------------------------------------


def double(state: State, call: OperationCall) -> State:
    if "n" not in state:
        raise StepFailed("'n' is not there")
    return state.set("n", call.payload["by"])


def tell(state: State, call: OperationCall) -> Emit:
    return Emit(state, [Effect("mail.send", {"to": "ada"})])


def build(params: Mapping[str, Any]) -> WorkflowDefinition:
    return WorkflowDefinition("wf", [StepSpec("s", "runtime", {"operation": "numbers.double", **params})])


class Numbers:
    @hookimpl
    def tier2_missions(self) -> list[Mission]:
        return [Mission("numbers", build, params_schema={"type": "object"})]

    @hookimpl
    def tier2_operations(self) -> list[Operation]:
        return [Operation("numbers.double", double), Operation("numbers.tell", tell)]


assert_type(Numbers().tier2_missions(), list[Mission])
assert_type(load_registry([Numbers()]), Registry)
assert_type(get_mission("numbers"), MissionRegistryEntry)
