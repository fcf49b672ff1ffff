"""The engine: a pure fold of ``advance`` over the steps of a workflow.

The law: every state change happens in :func:`advance`. Nothing here reads a clock, a file, the environment or
a source of randomness, so the same workflow, context and operations give the same run, always and everywhere.

A run goes from ``running`` to one of four ends, and what has ended absorbs every further ``advance``::

    running --a runtime step is done------------------------> running, or succeeded after the last
            --a runtime step fails--------------------------> failed
            --a human step, unattended or approved----------> running, or succeeded after the last
            --a human step is rejected----------------------> rejected
            --a human step has no decision------------------> suspended; resume() goes on from there

States are persistent and share structure, so that the trace, which holds the state after every step, costs
what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

import attrs
from attrs import field, frozen
from pyrsistent import PMap

from tier2_core.errors import DecisionError, InvalidSpecError, InvalidValueError, OperationError, StepFailed
from tier2_core.values.edit import set_with_parents
from tier2_core.values.fields import exact, object_
from tier2_core.values.freeze import a_type, freeze, printable
from tier2_core.values.paths import parse_path
from tier2_core.values.schema import schema_problems
from tier2_core.values.seal import MAX_DOCUMENT_BYTES, canonical_size
from tier2_core.workflow.envelope import check_envelope, mission_of, operation_of
from tier2_core.workflow.operations import BUILTINS, HasOperations, OperationCall, State
from tier2_core.workflow.result import OrchestrationResult
from tier2_core.workflow.specs import Decision, ExecutionContext, StepSpec, WorkflowDefinition, by_construction

RUNNING, SUCCEEDED, FAILED, REJECTED, SUSPENDED = "running", "succeeded", "failed", "rejected", "suspended"


@frozen
class TraceEntry:
    """What became of one executed step, and the state after it.

    ``outcome`` is ``done`` or ``failed`` for a runtime step; ``approved``, ``rejected``, ``unattended`` or
    ``failed`` for a human one. ``reason`` says why it failed; ``decision`` is the person's, if there was one.
    """

    step: StepSpec
    outcome: str
    state: State = field(converter=object_, eq=exact, repr=False)
    decision: Decision | None = None
    reason: str = ""

    __reduce__ = by_construction


@frozen
class Run:
    """A run at one point: a value that :func:`advance` maps to the next one.

    ``status`` is ``running`` or how it ended; ``trace`` has one entry for each executed step; ``pending`` is the
    id of the human step that a suspended run waits at.
    """

    workflow: WorkflowDefinition
    context: ExecutionContext = field(repr=False)
    registry: HasOperations = field(repr=False, eq=False)
    status: str
    trace: tuple[TraceEntry, ...] = ()

    @property
    def state(self) -> State:
        """The state after the last executed step."""
        return self.trace[-1].state if self.trace else self.context.initial_state

    @property
    def pending(self) -> str | None:
        """The id of the step that waits for a decision."""
        return self.workflow.steps[len(self.trace)].id if self.status == SUSPENDED else None

    def __deepcopy__(self, memo: Any) -> Run:
        return self


def start(workflow: WorkflowDefinition, context: ExecutionContext, *, registry: HasOperations = BUILTINS) -> Run:
    """The run before its first step; everything about the plan is checked here, see ``check_envelope``.

    Raises :class:`EnvelopeViolation`, :class:`AntiFailureViolation`, :class:`UnknownOperationError`,
    :class:`InvalidSpecError`, and :class:`DecisionError` for a decision about a step that is no human one.
    """
    for value, kind, name in ((workflow, WorkflowDefinition, "workflow"), (context, ExecutionContext, "context")):
        if type(value) is not kind:
            raise InvalidSpecError(f"The {name} must be of {kind.__name__}, found {a_type(type(value))}.", field=name)
    if not isinstance(getattr(registry, "operations", None), Mapping):
        raise InvalidSpecError(
            f"The registry must have a mapping 'operations', found {a_type(type(registry))}.", field="registry"
        )
    check_envelope(workflow, registry)
    _check_decided_steps(workflow, context.decisions or ())
    canonical_size(context.initial_state)  # once for a state: from here on each step only adds and subtracts
    return Run(workflow, context, registry, RUNNING if workflow.steps else SUCCEEDED)


def advance(run: Run) -> Run:
    """The run after its next step; a run that has ended comes back as it is.

    Raises :class:`OperationError` for a bug in an operation, and :class:`DecisionError` for a decision whose
    value its step does not take.
    """
    if run.status != RUNNING:
        return run
    step = run.workflow.steps[len(run.trace)]
    if step.kind == "runtime":
        entry = _runtime(run, step)
    elif run.context.decisions is None:
        entry = TraceEntry(step, "unattended", run.state)
    else:
        decision = next((made for made in run.context.decisions if made.step_id == step.id), None)
        if decision is None:
            return attrs.evolve(run, status=SUSPENDED)
        entry = _human(run, step, decision)
    trace = (*run.trace, entry)
    if entry.outcome in (FAILED, REJECTED):
        return attrs.evolve(run, status=entry.outcome, trace=trace)
    return attrs.evolve(run, status=SUCCEEDED if len(trace) == len(run.workflow.steps) else RUNNING, trace=trace)


def run(
    workflow: WorkflowDefinition, context: ExecutionContext, *, registry: HasOperations = BUILTINS
) -> OrchestrationResult:
    """The result of a workflow: a fold of :func:`advance` over its steps.

    Pure: the same arguments give byte-identical results. It knows the operations of ``registry`` (anything with
    an ``operations`` mapping) and loads no plugin. Raises what :func:`start` and :func:`advance` raise; a step
    that fails is no error but a result whose status is ``failed``.

    >>> greet = StepSpec("greet", "runtime", {"operation": "set", "path": "hello", "value": "world"})
    >>> run(WorkflowDefinition("greeting", [greet]), ExecutionContext({})).final_state
    {'hello': 'world'}
    """
    return OrchestrationResult(finish(start(workflow, context, registry=registry)))


def resume(result: OrchestrationResult, decision: Decision) -> OrchestrationResult:
    """The result with one more decision: the same function, going on at the step that waits for it.

    Deciding up front and deciding one at a time give byte-identical results. Raises :class:`DecisionError`
    whose ``reason`` says why the decision does not fit: ``not_pending``, ``already_decided``, ``unknown_step``
    or ``invalid_value``; the suspended result stays as it is and can be answered again.

    >>> plan = WorkflowDefinition("ask", [StepSpec("name", "human", {"into": "name"})])
    >>> asked = run(plan, ExecutionContext({}, decisions=[]))
    >>> asked.status, resume(asked, Decision("name", value="Ada")).final_state
    ('suspended', {'name': 'Ada'})
    """
    for value, kind, name in ((result, OrchestrationResult, "result"), (decision, Decision, "decision")):
        if type(value) is not kind:
            raise InvalidSpecError(f"The {name} must be of {kind.__name__}, found {a_type(type(value))}.", field=name)
    run = result.run
    pending = () if run.pending is None else (run.pending,)
    _check_decided_steps(run.workflow, (decision,), pending)
    if run.pending != decision.step_id:
        decided = any(entry.step.id == decision.step_id and entry.decision for entry in run.trace)
        raise DecisionError(
            f"Step '{decision.step_id}' "
            + ("was decided already" if decided else "is not waiting for a decision")
            + f"; {_waiting(pending)}.",
            reason="already_decided" if decided else "not_pending",
            pending=pending,
        )
    context = attrs.evolve(run.context, decisions=(*(run.context.decisions or ()), decision))
    return OrchestrationResult(finish(attrs.evolve(run, context=context, status=RUNNING)))


def finish(begun: Run) -> Run:
    """The run as far as it goes: to its end, or to a human step that waits."""
    return reduce(lambda run, _: advance(run), begun.workflow.steps, begun)


def _runtime(run: Run, step: StepSpec) -> TraceEntry:
    operation = operation_of(step, run.registry)
    call = OperationCall(step.payload, step.id, run.registry)  # type: ignore[arg-type]
    try:
        returned = operation.apply(run.state, call)
        state = freeze(returned)
        if type(state) is not PMap:
            raise InvalidValueError(f"it returned {a_type(type(returned))}; expected the new state, an object")
    except StepFailed as failure:
        # A subclass may have no reason, and a reason may hold what no document can.
        reason = printable(str(getattr(failure, "reason", failure)))
        return TraceEntry(step, FAILED, run.state, reason=reason)
    except OperationError:
        raise  # of a run inside this one, where it already says whose bug it is
    except (Exception, SystemExit) as error:
        mission = mission_of(run.workflow)
        raise OperationError(
            f"Operation '{operation.name}' of plugin '{operation.plugin}' broke at step '{step.id}' of mission "
            f"'{mission}': {type(error).__name__}: {error}",
            mission=mission,
            step_id=step.id,
            operation=operation.name,
            plugin=operation.plugin,
        ) from error
    return _entry(run, step, "done", state)


def _human(run: Run, step: StepSpec, decision: Decision) -> TraceEntry:
    _check_seen(run, step, decision)
    if not decision.approved:
        return TraceEntry(step, REJECTED, run.state, decision)
    _check_value(step, decision)
    if "into" not in step.payload:
        return TraceEntry(step, "approved", run.state, decision)
    try:
        state = set_with_parents(run.state, parse_path(step.payload["into"]), decision.value)
    except InvalidValueError as error:
        reason = str(error).rstrip(".")
        return TraceEntry(step, FAILED, run.state, decision, reason[:1].lower() + reason[1:])
    return _entry(run, step, "approved", state, decision)


def _entry(run: Run, step: StepSpec, outcome: str, state: State, decision: Decision | None = None) -> TraceEntry:
    """The entry of a step that was done, unless it leaves more behind than a document may be."""
    # Sharing hides how large a state is, so that its canonical size is what counts.
    if state is not run.state and canonical_size(state) > MAX_DOCUMENT_BYTES:
        reason = (
            f"the state would have {canonical_size(state)} canonical bytes; at most {MAX_DOCUMENT_BYTES} are allowed"
        )
        return TraceEntry(step, FAILED, run.state, decision, reason)
    return TraceEntry(step, outcome, state, decision)


def _check_seen(run: Run, step: StepSpec, decision: Decision) -> None:
    """What the person was shown must be what happens, if the decision says what that was."""
    if not decision.seen:
        return
    from tier2_core.workflow.foresight import foreseen  # which is made of this module

    if foreseen(run, decision.value).digest != decision.seen:
        raise DecisionError(
            f"The decision for step '{step.id}' was made on consequences that are no longer the ones that were shown; "
            "look at them again, and decide again.",
            reason="stale",
            pending=(step.id,),
        )


def _check_value(step: StepSpec, decision: Decision) -> None:
    if "schema" not in step.payload:
        return
    problems = schema_problems(step.payload["schema"], decision.value, field="payload.schema")
    if problems:
        listed = "; ".join(f"at '{path}', {message}" if path else message for path, message in problems)
        raise DecisionError(
            f"The value for step '{step.id}' does not meet the step's schema: {listed}.",
            reason="invalid_value",
            pending=(step.id,),
        )


def _check_decided_steps(
    workflow: WorkflowDefinition, decisions: Iterable[Decision], pending: tuple[str, ...] = ()
) -> None:
    """Every decision is about a human step of the workflow."""
    human = [step.id for step in workflow.steps if step.kind == "human"]
    for decision in decisions:
        if decision.step_id not in human:
            known = ", ".join(map(repr, human)) or "none"
            raise DecisionError(
                f"Workflow '{workflow.id}' has no human step '{decision.step_id}'; its human steps are {known}.",
                reason="unknown_step",
                pending=pending,
            )


def _waiting(pending: tuple[str, ...]) -> str:
    return f"waiting is {', '.join(map(repr, pending))}" if pending else "the run has ended and waits for nothing"
