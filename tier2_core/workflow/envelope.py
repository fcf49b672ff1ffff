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
    closest,
    cut,
    described,
    did_you_mean,
    place_in,
    text_of,
)
from tier2_core.values.fields import with_prefix
from tier2_core.values.freeze import a_type, freeze
from tier2_core.values.members import members
from tier2_core.values.paths import format_pointer, parse_path, resolve_path
from tier2_core.values.schema import schema_problems
from tier2_core.values.seal import VECTOR
from tier2_core.values.thaw import thaw
from tier2_core.values.words import told
from tier2_core.workflow.demands import check_demands_shape
from tier2_core.workflow.keys import check_keys
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
    for place, step in enumerate(workflow.steps):
        if step.kind not in ALLOWED_KINDS:
            allowed = tuple(sorted(ALLOWED_KINDS))
            raise error(
                f"Step '{cut(step.id)}' has the kind '{cut(step.kind)}', which is outside the envelope; "
                f"allowed kinds are {', '.join(allowed)}{did_you_mean(step.kind, allowed) or '.'}",
                step_id=step.id,
                path=f"/steps/{place}/kind",
                found=step.kind,
                allowed=allowed,
                suggestion=closest(step.kind, allowed),
            )


def check_counts(workflow: WorkflowDefinition, error: type[AntiFailureViolation] = AntiFailureViolation) -> None:
    """``error`` if there are too many steps, or too many human steps."""
    steps = list(enumerate(workflow.steps))
    human = [(place, step) for place, step in steps if step.kind == "human"]
    for counted, limit, what in ((steps, MAX_TOTAL_STEPS, "steps"), (human, MAX_HUMAN_STEPS, "human steps")):
        if len(counted) > limit:
            place, step = counted[limit]
            raise error(
                f"Workflow '{cut(workflow.id)}' has {len(counted)} {what}; at most {limit} are allowed, "
                f"and step '{cut(step.id)}' is the first beyond.",
                step_id=step.id,
                path=f"/steps/{place}",
                found=len(counted),
                allowed=limit,
            )


def check_envelope(workflow: WorkflowDefinition, registry: HasOperations) -> None:
    """Everything that is asked before a run: kinds, counts, operations, payloads, in this order."""
    check_kinds(workflow)
    check_counts(workflow)
    steps = workflow.steps
    runtime = [place for place, step in enumerate(steps) if step.kind == "runtime"]
    place = 0
    try:
        operations = {}
        for place in runtime:
            operations[place] = operation_of(steps[place], registry)
        for place, operation in operations.items():
            if BUILTINS.operations.get(operation.name) is operation:  # of another's payload, its author knows
                check_keys(steps[place], registry.operations, operation.name)
            _check_payload(steps[place], operation, workflow)
        for place in range(len(steps)):
            if steps[place].kind == "human":
                check_keys(steps[place], registry.operations)
                _check_question(steps[place])
                check_demands_shape(steps[place], workflow)
    except (InvalidSpecError, UnknownOperationError) as error:
        _locate(error, place, steps[place])
        raise


def _locate(error: InvalidSpecError | UnknownOperationError, place: int, step: StepSpec) -> None:
    """Let an error about a step's payload say where that is, and what stands there."""
    field = error.field if isinstance(error, InvalidSpecError) else "payload.operation"
    within = field.partition(".")[2]
    tokens = [within] if within in step.payload else within.split(".") if within else []
    error.step_id = step.id
    error.path = format_pointer(["steps", str(place), "payload", *tokens])
    if error.found is None and tokens:
        error.found = thaw(resolve_path(step.payload, format_pointer(tokens))[1])


def operation_of(step: StepSpec, registry: HasOperations) -> Operation:
    """The operation that a runtime step names; :class:`UnknownOperationError` if the registry has none such."""
    name = step.payload.get("operation", "noop")
    known = registry.operations
    if type(name) is not str:
        raise UnknownOperationError(
            f"Step '{cut(step.id)}' names an operation with {a_type(type(name))}; expected the name of one: "
            f"{', '.join(sorted(known))}.",
            allowed=tuple(sorted(known)),
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
        f"Step '{cut(step.id)}' names the operation '{cut(name)}', which is not known; "
        f"known are {', '.join(sorted(known))}{hint}",
        step_id=step.id,
        found=name,
        allowed=tuple(sorted(known)),
        suggestion=closest(name, known),
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
        field = str(vars(error).get("field") or "payload")
        raise InvalidSpecError(
            f"Step '{cut(step.id)}': the operation '{cut(operation.name)}' refuses its payload: "
            f"{_sentence(text_of(error))}",
            field=field,
        ) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise OperationError(
            f"The check of operation '{cut(operation.name)}' of plugin '{cut(operation.plugin)}' raised "
            f"an exception at step '{cut(step.id)}': {described(error)}; expected ValueError for a payload that it "
            "refuses.",
            mission=mission_of(workflow),
            step_id=step.id,
            operation=operation.name,
            plugin=operation.plugin,
            where=place_in(error),
        ) from error
    if type(refusal) is str and refusal:
        raise InvalidSpecError(
            f"Step '{cut(step.id)}': the operation '{cut(operation.name)}' refuses its payload: {_sentence(refusal)}",
            field="payload",
        )
    if refusal is not None:
        raise OperationError(
            f"The check of operation '{cut(operation.name)}' of plugin '{cut(operation.plugin)}' returned "
            f"{a_type(type(refusal))} at step '{cut(step.id)}'; expected None, or a sentence that says what is wrong.",
            mission=mission_of(workflow),
            step_id=step.id,
            operation=operation.name,
            plugin=operation.plugin,
        )


def _check_question(step: StepSpec) -> None:
    """A human step may say where the answer goes (``into``), what it must be like (``schema``), and what to show."""
    payload: PMap[str, Any] = step.payload  # type: ignore[assignment]
    _check_paths(step, "highlights", payload.get("highlights", freeze([])))
    if "ids_of" in payload:
        _check_paths(step, "ids_of", freeze([payload["ids_of"]]))
    if "into" in payload:
        into = payload["into"]
        if type(into) is not str or not into:
            raise InvalidSpecError(
                f"Step '{cut(step.id)}': its 'into' must be the path of a place in the state, found "
                f"{a_type(type(into)) if into != '' else 'an empty one'}.",
                field="payload.into",
            )
        try:
            parse_path(into)
        except InvalidValueError as error:
            raise InvalidSpecError(with_prefix(error, f"Step '{cut(step.id)}'"), field="payload.into") from None
    if "within" in payload:
        seconds = payload["within"]
        if type(seconds) not in (int, float) or not seconds > 0:
            found = told(seconds) if type(seconds) in (int, float) else a_type(type(seconds))
            raise InvalidSpecError(
                f"Step '{cut(step.id)}': its 'within' must be a number of seconds greater than 0, found {found}.",
                field="payload.within",
            )
    if "schema" in payload:
        try:
            schema_problems(payload["schema"], None, field="payload.schema")  # asks where its references lead, too
        except InvalidSpecError as error:
            raise InvalidSpecError(with_prefix(error, f"Step '{cut(step.id)}'"), field="payload.schema") from None


def _check_paths(step: StepSpec, key: str, paths: Any) -> None:
    """What a question names of the state for people to see: ``highlights``, a list of paths, and ``ids_of``, one."""
    expected = "a list of paths of places in the state" if key == "highlights" else "the path of a place in the state"
    found = "" if type(paths) is VECTOR else a_type(type(paths))
    for path in paths if type(paths) is VECTOR else ():
        if type(path) is not str:
            found = a_type(type(path)) if key == "ids_of" else f"{a_type(type(path))} among them"
            break
        try:
            parse_path(path)
        except InvalidValueError as error:
            raise InvalidSpecError(
                with_prefix(error, f"Step '{cut(step.id)}': its '{key}'"), field=f"payload.{key}"
            ) from None
    if found:
        raise InvalidSpecError(
            f"Step '{cut(step.id)}': its '{key}' must be {expected}, found {found}.", field=f"payload.{key}"
        )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else text + "."
