"""Cases, and what is observed when one is run: plain data that crosses processes and can be compared.

A case is run by the engine like anything else; what is observed is everything that a purity claim is about: the
plan, each step with the state after it, and the result's digest.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from attrs import frozen
from pyrsistent import pmap, pvector

from tier2_core import (
    AntiFailureViolation,
    Decision,
    EnvelopeViolation,
    ExecutionContext,
    FactoryError,
    InvalidParamsError,
    InvalidSpecError,
    MissionSpec,
    OperationError,
    OrchestrationResult,
    PluginError,
    Registry,
    StepSpec,
    Tier2Error,
    WorkflowDefinition,
    advance,
    build_workflow,
    canonical_json,
    digest,
    freeze,
    make_patch,
    parse_json,
    resolve_path,
    start,
    thaw,
)
from tier2_core.errors import described
from tier2_io.screen import shown
from tier2_io.trust.candidates import candidates
from tier2_io.trust.guard import ALONE, FACTORY, line_of

RESULT = "result"
"""What stands for the step where only the result as a whole differs."""

_LARGEST_SHOWN = 64 * 1024

Observation = dict[str, Any]
"""What was observed: ``plan``, ``steps``, ``status``, ``digest``, ``refused`` and ``error``, as plain JSON data."""


@frozen(eq=False)
class Case:
    """One thing to run: a mission with params, or an operation with a payload, on a state.

    With ``decided`` every human step is approved, with a value that meets its schema; else nobody is asked.
    """

    mission: str = ""
    params: Any = None
    state: Any = None
    operation: str = ""
    payload: Any = None
    decided: bool = False

    @property
    def subject(self) -> tuple[str, str]:
        """What is run, whatever it is run with: the mission's and the operation's name."""
        return self.mission, self.operation

    def __str__(self) -> str:
        given = f"payload {shown(self.payload or {})}" if self.operation else f"params {shown(self.params or {})}"
        return f"{given}, state {shown(self.state or {})}{', approved' if self.decided else ''}"


@frozen
class Difference:
    """The first place at which two observations of one case differ."""

    step: str
    path: str
    expected: str
    actual: str

    def __str__(self) -> str:
        at = f" at '{self.path}'" if self.path else ""
        return f"{self.expected} became {self.actual}{at}"


def observed(case: Case, registry: Registry, *, rebuilt: bool = False) -> Observation:
    """Run a case and give what is seen of it; with ``rebuilt`` its input is put together in another way.

    Nothing is raised, whatever the plugin does, but for what is no :class:`Exception`.
    """
    seen: Observation = {"digest": "", "error": None, "plan": None, "refused": None, "status": "", "steps": []}
    given: Callable[[Any], Any] = _rebuilt if rebuilt else freeze
    try:
        if case.operation:
            payload = {**(case.payload or {}), "operation": case.operation}
            workflow = WorkflowDefinition("wf-on-its-own", [StepSpec(ALONE, "runtime", payload)])
        else:
            workflow = build_workflow(MissionSpec(case.mission, given(case.params or {})), registry=registry)
        seen["plan"] = _bounded(workflow.to_dict())
        decisions = _approvals(workflow) if case.decided else None
        run = start(workflow, ExecutionContext(given(case.state or {}), decisions=decisions), registry=registry)
        while run.status == "running":
            run = advance(run)
        for entry in run.trace:
            name = entry.step.payload.get("operation", "noop") if entry.step.kind == "runtime" else ""
            seen["steps"].append(
                {
                    "operation": name,
                    "outcome": entry.outcome,
                    "reason": entry.reason,
                    "state": _bounded(entry.state),
                    "step": entry.step.id,
                }
            )
        seen["status"], seen["digest"] = run.status, OrchestrationResult(run).digest
    except InvalidParamsError as error:
        seen["refused"] = str(error)
    except Tier2Error as error:
        if case.operation and isinstance(error, InvalidSpecError):
            seen["refused"] = str(error)
        else:
            seen["error"] = _error(error)
    return seen


def difference(before: Observation, after: Observation) -> Difference | None:
    """Where two observations of one case first differ: in the plan, in a step, or in the result as a whole."""
    errors = before["error"], after["error"]
    if all(errors) and errors[0]["kind"] == errors[1]["kind"] and errors[0]["step"] == errors[1]["step"]:
        return None  # broken in the same way, whatever the text says; that is told already
    step = next((error["step"] for error in errors if error), RESULT)
    pairs = [(FACTORY, before["refused"], after["refused"]), (FACTORY, before["plan"], after["plan"])]
    pairs += [(one["step"], one, other) for one, other in zip(before["steps"], after["steps"], strict=False)]
    pairs += [(step, _outcome(before), _outcome(after))]
    return next((found for found in map(_first, *zip(*pairs, strict=True)) if found is not None), None)


def _outcome(seen: Observation) -> dict[str, Any]:
    return {"digest": seen["digest"], "error": (seen["error"] or {}).get("kind"), "status": seen["status"]}


def _first(step: str, before: Any, after: Any) -> Difference | None:
    if canonical_json(before) == canonical_json(after):
        return None
    path = make_patch(before, after)[0]["path"]
    told = [
        shown(value) if found else "nothing" for found, value in (resolve_path(side, path) for side in (before, after))
    ]
    return Difference(step, path, *told)


def _bounded(document: Any) -> Any:
    """A document, or only its digest if it is large."""
    return thaw(document) if len(canonical_json(document)) <= _LARGEST_SHOWN else {"digest": digest(document)}


def _error(error: Tier2Error) -> dict[str, str]:
    cause, message = error.__cause__, str(error)
    step, operation, kind = FACTORY, "", "metadata"
    if isinstance(error, OperationError):
        step, operation, kind = error.step_id, error.operation, "broke"
        if step == ALONE and cause is not None:
            message = f"Operation '{operation}' of plugin '{error.plugin}' broke: {described(cause)}"
    elif isinstance(error, FactoryError):
        kind = "broke"
    elif isinstance(error, PluginError):
        kind = "schema"
    elif isinstance(error, AntiFailureViolation | EnvelopeViolation):
        kind = "limits"
    elif isinstance(error, InvalidSpecError):
        kind = "payload"
    return {
        "kind": kind,
        "message": message if message.endswith((".", "?", "!")) else f"{message}.",
        "operation": operation,
        "step": step,
        "where": line_of(cause.__traceback__) if cause is not None else "",
    }


def _approvals(workflow: WorkflowDefinition) -> list[Decision]:
    """Every human step approved with a value; one for which there is none is left to wait."""
    decisions = []
    for step in workflow.steps:
        if step.kind == "human":
            values = _answers(canonical_json(step.payload["schema"])) if "schema" in step.payload else (None,)
            decisions += [Decision(step.id, value=value) for value in values[-1:]]
    return decisions


@lru_cache(maxsize=64)
def _answers(schema: bytes) -> tuple[Any, ...]:
    return tuple(candidates(parse_json(schema), most=2))


def _rebuilt(document: Any) -> Any:
    """The same document, whose objects were filled from the other end and into tables of another size."""
    if isinstance(document, dict):
        parts = {name: _rebuilt(document[name]) for name in reversed(list(document))}
        return freeze(pmap(parts, pre_size=4 * len(parts) + 3))
    if isinstance(document, list):
        return freeze(pvector([_rebuilt(part) for part in document]))
    return document
