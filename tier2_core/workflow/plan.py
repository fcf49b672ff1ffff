"""What depends on the plan alone, worked out once: the checks of the envelope, and each step's operation.

A workflow remembers it, so that running the same workflow again costs only what the steps do.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any

from attrs import field, frozen

from tier2_core.workflow.envelope import check_envelope, operation_of
from tier2_core.workflow.operations import HasOperations, Operation, OperationCall, State, bound
from tier2_core.workflow.specs import ExecutionContext, StepSpec, WorkflowDefinition


@frozen(eq=False)
class PlannedStep:
    """A step with its operation, if it is a runtime one, and the operation bound to the step's payload."""

    step: StepSpec
    operation: Operation | None = None
    apply: Callable[[State], Any] | None = None
    builtin: bool = False


@frozen(eq=False)
class Plan:
    """The steps of a workflow as one registry knows them; ``operations`` are those that the runtime steps name."""

    registry: HasOperations
    names: tuple[str, ...]
    operations: tuple[Operation, ...]
    steps: tuple[PlannedStep, ...]


@frozen
class Given:
    """What a run is given: the workflow, the context, and the plan, which is that of this workflow.

    ``supposed`` are the steps whose decisions are suppositions. What an answer leads to is asked before anybody gives
    it, so that nothing can be demanded of it.
    """

    workflow: WorkflowDefinition
    context: ExecutionContext = field(repr=False)
    plan: Plan = field(repr=False, eq=False)
    supposed: frozenset[str] = field(default=frozenset(), repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return given, (self.workflow, self.context, self.plan.registry, self.supposed)


def given(
    workflow: WorkflowDefinition,
    context: ExecutionContext,
    registry: HasOperations,
    supposed: frozenset[str] = frozenset(),
) -> Given:
    """What a run is given, checked; raises what :func:`check_envelope` raises."""
    return Given(workflow, context, plan_of(workflow, registry), supposed)


def plan_of(workflow: WorkflowDefinition, registry: HasOperations) -> Plan:
    """The plan of a workflow, from memory if the registry still knows the same operations."""
    known = registry.operations
    plan: Plan | None = workflow._memo.get("plan")
    if plan is not None and plan.registry is registry and all(map(is_, map(known.get, plan.names), plan.operations)):
        return plan
    check_envelope(workflow, registry)
    steps = [_planned(step, registry) for step in workflow.steps]
    operations = [planned.operation for planned in steps if planned.operation is not None]
    names = [operation_name(planned.step) for planned in steps if planned.operation is not None]
    plan = Plan(registry, tuple(names), tuple(operations), tuple(steps))
    workflow._memo["plan"] = plan
    return plan


def operation_name(step: StepSpec) -> str:
    """The name of the operation of a runtime step that was checked."""
    name: str = step.payload.get("operation", "noop")
    return name


def _planned(step: StepSpec, registry: HasOperations) -> PlannedStep:
    if step.kind != "runtime":
        return PlannedStep(step)
    operation = operation_of(step, registry)
    call = OperationCall(step.payload, step.id, registry)  # type: ignore[arg-type]
    return PlannedStep(step, operation, *bound(operation, call))
