"""The envelope: how much a workflow may be, checked before any of it runs.

The limits are the product: no option raises them.
"""

from __future__ import annotations

from typing import Any

from pyrsistent import PMap

from tier2_core.errors import (
    AntiFailureViolation,
    EnvelopeViolation,
    InvalidSpecError,
    InvalidValueError,
    OperationError,
    UnknownOperationError,
    described,
    did_you_mean,
)
from tier2_core.values.fields import with_prefix
from tier2_core.values.freeze import a_type
from tier2_core.values.members import member, members
from tier2_core.values.paths import parse_path
from tier2_core.values.schema import schema_problems
from tier2_core.workflow.demands import check_demands_shape
from tier2_core.workflow.operations import BUILTINS, HasOperations, Operation
from tier2_core.workflow.specs import StepSpec, WorkflowDefinition

MAX_TOTAL_STEPS = 5
"""How many steps a workflow has at most."""

MAX_HUMAN_STEPS = 2
"""How many of them are human at most."""

ALLOWED_KINDS = frozenset({"runtime", "human"})
"""The kinds of steps that there are."""


def check_kinds(workflow: WorkflowDefinition, error: type[EnvelopeViolation] = EnvelopeViolation) -> None:
    """``error`` if a step's kind is outside the envelope."""
    for step in workflow.steps:
        if step.kind not in ALLOWED_KINDS:
            raise error(
                f"Step '{step.id}' has the kind '{step.kind}', which is outside the envelope; allowed kinds are "
                f"{', '.join(sorted(ALLOWED_KINDS))}{did_you_mean(step.kind, ALLOWED_KINDS) or '.'}"
            )


def check_counts(workflow: WorkflowDefinition, error: type[AntiFailureViolation] = AntiFailureViolation) -> None:
    """``error`` if there are too many steps, or too many human steps."""
    human = [step for step in workflow.steps if step.kind == "human"]
    for steps, limit, what in ((workflow.steps, MAX_TOTAL_STEPS, "steps"), (human, MAX_HUMAN_STEPS, "human steps")):
        if len(steps) > limit:
            raise error(
                f"Workflow '{workflow.id}' has {len(steps)} {what}; at most {limit} are allowed, "
                f"and step '{steps[limit].id}' is the first beyond."
            )


def check_envelope(workflow: WorkflowDefinition, registry: HasOperations) -> None:
    """Everything that is asked before a run: kinds, counts, operations, payloads, in this order."""
    check_kinds(workflow)
    check_counts(workflow)
    operations = [(step, operation_of(step, registry)) for step in workflow.steps if step.kind == "runtime"]
    for step, operation in operations:
        _check_payload(step, operation, workflow)
    for step in workflow.steps:
        if step.kind == "human":
            _check_question(step)
            check_demands_shape(step, workflow)


def operation_of(step: StepSpec, registry: HasOperations) -> Operation:
    """The operation that a runtime step names; :class:`UnknownOperationError` if the registry has none such."""
    name = member(step.payload, "operation", "noop")
    known = registry.operations
    if type(name) is not str:
        raise UnknownOperationError(
            f"Step '{step.id}' names an operation with {a_type(type(name))}; expected the name of one: "
            f"{', '.join(sorted(known))}."
        )
    found = known.get(name)
    if found is not None:
        return found
    hint = did_you_mean(name, known) or "."
    if registry is BUILTINS:
        hint += (
            " These are the built-in ones; a plugin's are known to run(..., registry=default_registry()) "
            "and to Orchestrator()."
        )
    raise UnknownOperationError(
        f"Step '{step.id}' names the operation '{name}', which is not known; known are {', '.join(sorted(known))}{hint}"
    )


def mission_of(workflow: WorkflowDefinition) -> str:
    """The name of the mission that built a workflow, or the workflow's id."""
    name = workflow.metadata.get("mission_type")
    return name if type(name) is str else workflow.id


def _check_payload(step: StepSpec, operation: Operation, workflow: WorkflowDefinition) -> None:
    if operation.check is None:
        return
    # A built-in check reads what it is given many times over, and reads a dict in a fraction of the time.
    builtin = BUILTINS.operations.get(operation.name) is operation
    try:
        refusal: Any = operation.check(members(step.payload) if builtin else step.payload)  # type: ignore[arg-type]
    except ValueError as error:
        field = getattr(error, "field", "") or "payload"
        raise InvalidSpecError(
            f"Step '{step.id}': the operation '{operation.name}' refuses its payload: {_sentence(str(error))}",
            field=field,
        ) from error
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        raise OperationError(
            f"The check of operation '{operation.name}' of plugin '{operation.plugin}' raised "
            f"an exception at step '{step.id}': {described(error)}; expected ValueError for a payload that it refuses.",
            mission=mission_of(workflow),
            step_id=step.id,
            operation=operation.name,
            plugin=operation.plugin,
        ) from error
    if type(refusal) is str and refusal:
        raise InvalidSpecError(
            f"Step '{step.id}': the operation '{operation.name}' refuses its payload: {_sentence(refusal)}",
            field="payload",
        )
    if refusal is not None:
        raise OperationError(
            f"The check of operation '{operation.name}' of plugin '{operation.plugin}' returned "
            f"{a_type(type(refusal))} at step '{step.id}'; expected None, or a sentence that says what is wrong.",
            mission=mission_of(workflow),
            step_id=step.id,
            operation=operation.name,
            plugin=operation.plugin,
        )


def _check_question(step: StepSpec) -> None:
    """A human step may say where the answer goes (``into``) and what it must be like (``schema``)."""
    payload: PMap[str, Any] = step.payload  # type: ignore[assignment]
    if "into" in payload:
        into = payload["into"]
        if type(into) is not str or not into:
            raise InvalidSpecError(
                f"Step '{step.id}': its 'into' must be the path of a place in the state, found "
                f"{a_type(type(into)) if into != '' else 'an empty one'}.",
                field="payload.into",
            )
        try:
            parse_path(into)
        except InvalidValueError as error:
            raise InvalidSpecError(with_prefix(error, f"Step '{step.id}'"), field="payload.into") from None
    if "schema" in payload:
        try:
            schema_problems(payload["schema"], None, field="payload.schema")  # asks where its references lead, too
        except InvalidSpecError as error:
            raise InvalidSpecError(with_prefix(error, f"Step '{step.id}'"), field="payload.schema") from None


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else text + "."
