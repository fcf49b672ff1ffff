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

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
from pyrsistent import PMap

from tier2_core.errors import DecisionError, InvalidSpecError, InvalidValueError, OperationError, StepFailed, described
from tier2_core.values.edit import set_with_parents
from tier2_core.values.freeze import a_type, freeze, printable
from tier2_core.values.paths import parse_path
from tier2_core.values.schema import schema_problems
from tier2_core.values.seal import MAX_DOCUMENT_BYTES, canonical_size
from tier2_core.workflow.envelope import mission_of
from tier2_core.workflow.operations import BUILTINS, HasOperations, State, failure
from tier2_core.workflow.plan import Given, PlannedStep, given
from tier2_core.workflow.result import OrchestrationResult
from tier2_core.workflow.specs import Decision, ExecutionContext, StepSpec, WorkflowDefinition
from tier2_core.workflow.trace import FAILED, REJECTED, RUNNING, SUCCEEDED, SUSPENDED, Done, Run

_ENDS = frozenset({FAILED, REJECTED})


def start(workflow: WorkflowDefinition, context: ExecutionContext, *, registry: HasOperations = BUILTINS) -> Run:
    """The run before its first step; everything about the plan is checked here, see ``plan_of``.

    Raises :class:`EnvelopeViolation`, :class:`AntiFailureViolation`, :class:`UnknownOperationError`,
    :class:`InvalidSpecError`, and :class:`DecisionError` for a decision about a step that is no human one.

    >>> begun = start(WorkflowDefinition("w", [StepSpec("s", "runtime")]), ExecutionContext({"n": 1}))
    >>> begun.status, begun.state, begun.trace
    ('running', pmap({'n': 1}), ())
    """
    return Run(_given(workflow, context, registry), RUNNING if workflow.steps else SUCCEEDED)


def advance(run: Run) -> Run:
    """The run after its next step; a run that has ended comes back as it is.

    Raises :class:`OperationError` for a bug in an operation, and :class:`DecisionError` for a decision whose
    value its step does not take.

    >>> count = StepSpec("count", "runtime", {"operation": "increment", "path": "n"})
    >>> after = advance(start(WorkflowDefinition("w", [count]), ExecutionContext({"n": 1})))
    >>> after.status, after.state
    ('succeeded', pmap({'n': 2}))
    >>> advance(after) is after
    True
    """
    if type(run) is not Run:
        raise InvalidSpecError(f"The run must be of Run, found {a_type(type(run))}.", field="run")
    if run.status != RUNNING:
        return run
    given = run.given
    done = _next(given, run.history, run.state)
    if done is None:
        return Run(given, SUSPENDED, run.history)
    history = (*run.history, done)
    if done[1] in _ENDS:
        return Run(given, done[1], history)
    return Run(given, SUCCEEDED if len(history) == len(given.plan.steps) else RUNNING, history)


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
    return OrchestrationResult(_finished(_given(workflow, context, registry), ()))


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
    _refuse_types((result, OrchestrationResult, "result"), (decision, Decision, "decision"))
    run = result.run
    pending = () if run.pending is None else (run.pending,)
    _check_decided_steps(run.workflow, (decision,), pending)
    if run.pending != decision.step_id:
        already = any(step.id == decision.step_id and made for step, _, _, made, _ in run.history)
        raise DecisionError(
            f"Step '{decision.step_id}' "
            + ("was decided already" if already else "is not waiting for a decision")
            + f"; {_waiting(pending)}.",
            reason="already_decided" if already else "not_pending",
            pending=pending,
        )
    return OrchestrationResult(finish(decided(run, (*(run.context.decisions or ()), decision))))


def decided(run: Run, decisions: tuple[Decision, ...]) -> Run:
    """The suspended run as it goes on with these decisions."""
    context = attrs.evolve(run.context, decisions=decisions)
    return Run(attrs.evolve(run.given, context=context), RUNNING, run.history)


def finish(run: Run) -> Run:
    """The run as far as it goes: to its end, or to a human step that waits."""
    return _finished(run.given, run.history) if run.status == RUNNING else run


def _finished(given: Given, history: tuple[Done, ...]) -> Run:
    """What :func:`advance` gives when it is asked as long as there are steps; the runs in between are not made."""
    made = [*history]
    state = made[-1][2] if made else given.context.initial_state
    while len(made) < len(given.plan.steps):
        done = _next(given, made, state)
        if done is None:
            return Run(given, SUSPENDED, tuple(made))
        made.append(done)
        if done[1] in _ENDS:
            return Run(given, done[1], tuple(made))
        state = done[2]
    return Run(given, SUCCEEDED, tuple(made))


def _given(workflow: WorkflowDefinition, context: ExecutionContext, registry: HasOperations) -> Given:
    if type(workflow) is not WorkflowDefinition or type(context) is not ExecutionContext:
        _refuse_types((workflow, WorkflowDefinition, "workflow"), (context, ExecutionContext, "context"))
    if registry is not BUILTINS and not isinstance(getattr(registry, "operations", None), Mapping):
        raise InvalidSpecError(
            f"The registry must have a mapping 'operations', found {a_type(type(registry))}.", field="registry"
        )
    begun = given(workflow, context, registry)
    if context.decisions:
        _check_decided_steps(workflow, context.decisions)
    canonical_size(context.initial_state)  # once for a state: from here on each step only adds and subtracts
    return begun


def _next(given: Given, history: Sequence[Done], before: State) -> Done | None:
    """What becomes of the step that comes next; ``None`` if it is a human one that nobody has decided."""
    planned = given.plan.steps[len(history)]
    if planned.apply is not None:
        return _runtime(given, planned, before)
    step, decisions = planned.step, given.context.decisions
    if decisions is None:
        return step, "unattended", before, None, ""
    for decision in decisions:
        if decision.step_id == step.id:
            return _human(given, history, step, decision, before)
    return None


def _runtime(given: Given, planned: PlannedStep, before: State) -> Done:
    step, operation = planned.step, planned.operation
    assert operation is not None
    assert planned.apply is not None
    try:
        try:
            state = planned.apply(before)
        except InvalidValueError as error:
            if planned.builtin:
                raise failure(error) from error
            raise
        if not planned.builtin:
            state = _returned(state)
    except StepFailed as failed:
        # A subclass may have no reason, and a reason may hold what no document can.
        reason = printable(str(getattr(failed, "reason", failed)))
        return step, FAILED, before, None, reason
    except OperationError:
        raise  # of a run inside this one, where it already says whose bug it is
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        mission = mission_of(given.workflow)
        raise OperationError(
            f"Operation '{operation.name}' of plugin '{operation.plugin}' broke at step '{step.id}' of mission "
            f"'{mission}': {described(error)}",
            mission=mission,
            step_id=step.id,
            operation=operation.name,
            plugin=operation.plugin,
        ) from error
    return _done(before, step, "done", state)


def _returned(value: Any) -> State:
    """The state that an operation of a plugin has returned."""
    state = freeze(value)
    if type(state) is not PMap:
        raise InvalidValueError(f"it returned {a_type(type(value))}; expected the new state, an object")
    return state


def _human(given: Given, history: Sequence[Done], step: StepSpec, decision: Decision, before: State) -> Done:
    if decision.seen:
        _check_seen(Run(given, RUNNING, tuple(history)), step, decision)
    if not decision.approved:
        return step, REJECTED, before, decision, ""
    _check_value(step, decision)
    if "into" not in step.payload:
        return step, "approved", before, decision, ""
    try:
        state = set_with_parents(before, parse_path(step.payload["into"]), decision.value)
    except InvalidValueError as error:
        reason = str(error).rstrip(".")
        return step, FAILED, before, decision, reason[:1].lower() + reason[1:]
    return _done(before, step, "approved", state, decision)


def _done(before: State, step: StepSpec, outcome: str, state: State, decision: Decision | None = None) -> Done:
    """What became of a step that was done, unless it leaves more behind than a document may be."""
    # Sharing hides how large a state is, so that its canonical size is what counts.
    if state is not before and canonical_size(state) > MAX_DOCUMENT_BYTES:
        reason = (
            f"the state would have {canonical_size(state)} canonical bytes; at most {MAX_DOCUMENT_BYTES} are allowed"
        )
        return step, FAILED, before, decision, reason
    return step, outcome, state, decision, ""


def _check_seen(run: Run, step: StepSpec, decision: Decision) -> None:
    """What the person was shown must be what happens."""
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


def _refuse_types(*given: tuple[Any, type, str]) -> None:
    for value, kind, name in given:
        if type(value) is not kind:
            raise InvalidSpecError(f"The {name} must be of {kind.__name__}, found {a_type(type(value))}.", field=name)


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
