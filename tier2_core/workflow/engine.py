"""The engine: a pure fold of ``advance`` over the steps of a workflow.

The law: every state change happens in :func:`advance`. Nothing here reads a clock, a file, the environment or
a source of randomness, so the same workflow, context and operations give the same run, always and everywhere::

    run(workflow, context) is OrchestrationResult(reduce(advance, workflow.steps, start(workflow, context)))

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

from functools import reduce
from typing import Any

import attrs
from pyrsistent import PMap

from tier2_core.errors import (
    InvalidSpecError,
    InvalidValueError,
    OperationError,
    StepFailed,
    cut,
    described,
    place_in,
    text_of,
)
from tier2_core.values.edit import set_with_parents
from tier2_core.values.fields import expect
from tier2_core.values.freeze import a_type, freeze, printable
from tier2_core.values.paths import parse_path
from tier2_core.values.seal import MAX_DOCUMENT_BYTES, canonical_size
from tier2_core.workflow.answers import check_decided_steps, check_seen, check_value, check_waiting
from tier2_core.workflow.demands import check_demands
from tier2_core.workflow.effects import Effect, Emit, check_count
from tier2_core.workflow.envelope import mission_of
from tier2_core.workflow.operations import BUILTINS, HasOperations, State, failure, with_operations
from tier2_core.workflow.plan import PlannedStep, given
from tier2_core.workflow.result import OrchestrationResult
from tier2_core.workflow.specs import Decision, ExecutionContext, StepSpec, WorkflowDefinition
from tier2_core.workflow.trace import FAILED, REJECTED, RUNNING, SUCCEEDED, SUSPENDED, Done, Run


def start(workflow: WorkflowDefinition, context: ExecutionContext, *, registry: HasOperations = BUILTINS) -> Run:
    """The run before its first step; everything about the plan is checked here, see ``plan_of``.

    Raises :class:`EnvelopeViolation`, :class:`AntiFailureViolation`, :class:`UnknownOperationError`,
    :class:`InvalidSpecError`, and :class:`DecisionError` for a decision about a step that is no human one.

    >>> begun = start(WorkflowDefinition("w", [StepSpec("s", "runtime")]), ExecutionContext({"n": 1}))
    >>> begun.status, begun.state, begun.trace
    ('running', pmap({'n': 1}), ())
    """
    expect(workflow, WorkflowDefinition, "workflow")
    expect(context, ExecutionContext, "context")
    with_operations(registry)
    begun = given(workflow, context, registry)
    if context.decisions:
        check_decided_steps(workflow, context.decisions)
    canonical_size(context.initial_state)  # once for a state: from here on each step only adds and subtracts
    return Run(begun, RUNNING if workflow.steps else SUCCEEDED)


def advance(run: Run, step: StepSpec | None = None) -> Run:
    """The run after its next step; a run that has ended comes back as it is.

    ``step`` is what :func:`functools.reduce` hands over: the step that comes next, which the run knows. Raises
    :class:`InvalidSpecError` for another one, :class:`OperationError` for a bug in an operation, and
    :class:`DecisionError` for a decision that its step does not take.

    >>> count = StepSpec("count", "runtime", {"operation": "increment", "path": "n"})
    >>> after = advance(start(WorkflowDefinition("w", [count]), ExecutionContext({"n": 1})))
    >>> after.status, after.state
    ('succeeded', pmap({'n': 2}))
    >>> advance(after) is after
    True
    """
    if type(run) is not Run:
        expect(run, Run, "run")
    if run.status != RUNNING:
        return run
    given, history = run.given, run.history
    steps, place = given.plan.steps, len(history)
    planned, before = steps[place], history[-1][2] if history else given.context.initial_state
    if step is not None and step is not planned.step and (type(step) is not StepSpec or step != planned.step):
        raise InvalidSpecError(
            f"The run comes to step '{cut(planned.step.id)}' next, found another; expected that one, or none.",
            field="step",
        )
    done = _human(run, planned.step, before) if planned.apply is None else _runtime(run, planned, before)
    if done is None:
        return Run(given, SUSPENDED, history)
    outcome = done[1]
    if outcome is FAILED or outcome is REJECTED:
        return Run(given, outcome, (*history, done))
    return Run(given, SUCCEEDED if place + 1 == len(steps) else RUNNING, (*history, done))


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
    begun = start(workflow, context, registry=registry)
    return OrchestrationResult(reduce(advance, workflow.steps, begun))


def resume(result: OrchestrationResult, decision: Decision) -> OrchestrationResult:
    """The result with one more decision: the same function, going on at the step that waits for it.

    Deciding up front and deciding one at a time give byte-identical results. Raises :class:`DecisionError`
    whose ``reason`` says why the decision does not fit; the suspended result stays as it is and can be answered
    again.

    >>> plan = WorkflowDefinition("ask", [StepSpec("name", "human", {"into": "name"})])
    >>> asked = run(plan, ExecutionContext({}, decisions=[]))
    >>> asked.status, resume(asked, Decision("name", value="Ada")).final_state
    ('suspended', {'name': 'Ada'})
    """
    expect(result, OrchestrationResult, "result")
    expect(decision, Decision, "decision")
    check_waiting(result.run, decision)
    return OrchestrationResult(onward(result.run, decision))


def onward(run: Run, decision: Decision, supposed: bool = False) -> Run:
    """The run after one more decision: at its end, or at the next human step that waits.

    A decision that is ``supposed`` has nobody who made it, and meets every demand.
    """
    context = attrs.evolve(run.context, decisions=(*(run.context.decisions or ()), decision))
    known = run.given.supposed | {decision.step_id} if supposed else run.given.supposed
    reopened = Run(attrs.evolve(run.given, context=context, supposed=known), RUNNING, run.history)
    return reduce(advance, run.workflow.steps[len(run.history) :], reopened)


_NO_EFFECTS: tuple[Effect, ...] = ()


# --- one step ------------------------------------------------------------------------------------


def _runtime(run: Run, planned: PlannedStep, before: State) -> Done:
    """What becomes of a runtime step: the state that its operation gives, or, if it fails, the one before it."""
    step, effects = planned.step, _NO_EFFECTS
    assert planned.apply is not None
    try:
        try:
            state: Any = planned.apply(before)
        except InvalidValueError as error:
            if planned.builtin:
                raise failure(error) from error
            raise
        if type(state) is Emit:
            state, effects = state.state, state.effects
        if not planned.builtin:
            state = _returned(state)
        if effects:
            check_count(len(effects) + sum([len(done[5]) for done in run.history]))
    except StepFailed as failed:
        # A subclass may have no reason, or none that can be had, and a reason may hold what no document can.
        reason = vars(failed).get("reason")
        return step, FAILED, before, None, printable(reason if type(reason) is str else text_of(failed)), ()
    except OperationError:
        raise  # of a run inside this one, where it already says whose bug it is
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        operation, mission = planned.operation, mission_of(run.workflow)
        assert operation is not None
        raise OperationError(
            f"Operation '{cut(operation.name)}' of plugin '{cut(operation.plugin)}' broke at step '{cut(step.id)}' of "
            f"mission '{cut(mission)}': {described(error)}",
            mission=mission,
            step_id=step.id,
            operation=operation.name,
            plugin=operation.plugin,
            where=place_in(error),
        ) from error
    if state is before:
        return step, "done", before, None, "", effects
    return _changed(step, "done", before, state, None, effects)


def _returned(value: Any) -> State:
    """The state that an operation of a plugin has returned."""
    state = freeze(value)
    if type(state) is not PMap:
        raise InvalidValueError(
            f"it returned {a_type(type(value))}; expected the new state, an object, or an Emit with it"
        )
    return state


def _human(run: Run, step: StepSpec, before: State) -> Done | None:
    """What becomes of a human step; ``None`` if nobody has decided it, and somebody is to."""
    decisions = run.context.decisions
    if decisions is None:
        return step, "unattended", before, None, "", ()
    decision = next((made for made in decisions if made.step_id == step.id), None)
    if decision is None:
        return None
    if step.id not in run.given.supposed:
        check_demands(run, step, decision)
    if decision.seen:
        check_seen(run, decision, onward)
    if not decision.approved:
        return step, REJECTED, before, decision, "", ()
    check_value(step, decision)
    if "into" not in step.payload:
        return step, "approved", before, decision, "", ()
    try:
        state = set_with_parents(before, parse_path(step.payload["into"]), decision.value)
    except InvalidValueError as error:
        return step, FAILED, before, decision, failure(error).reason, ()
    return _changed(step, "approved", before, state, decision)


def _changed(
    step: StepSpec,
    outcome: str,
    before: State,
    state: State,
    decision: Decision | None,
    effects: tuple[Effect, ...] = (),
) -> Done:
    """What became of a step that was done, unless it leaves more behind than a document may be."""
    # Sharing hides how large a state is, so that its canonical size is what counts.
    size = canonical_size(state)
    if size > MAX_DOCUMENT_BYTES:
        reason = f"the state would have {size} canonical bytes; at most {MAX_DOCUMENT_BYTES} are allowed"
        return step, FAILED, before, decision, reason, ()
    return step, outcome, state, decision, "", effects
