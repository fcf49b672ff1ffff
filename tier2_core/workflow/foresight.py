"""What deciding would lead to, shown before deciding: possible because all that follows a decision is pure.

No second engine: each outcome is a run of :func:`advance` with one more decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
from attrs import frozen
from pyrsistent import PMap

from tier2_core.errors import DecisionError, OperationError
from tier2_core.values.canonical import digest, wrapper_digest
from tier2_core.values.freeze import freeze, printable
from tier2_core.values.patch import make_patch
from tier2_core.values.thaw import thaw
from tier2_core.workflow.engine import decided, finish, start
from tier2_core.workflow.operations import BUILTINS, HasOperations
from tier2_core.workflow.result import OrchestrationResult
from tier2_core.workflow.specs import Decision, ExecutionContext, WorkflowDefinition
from tier2_core.workflow.trace import SUSPENDED, Run

REFUSED, BROKEN = "refused", "broken"
"""The status of an outcome that there is not: the step does not take the value, or an operation breaks on the way."""


@frozen
class Outcome:
    """Where one answer leads to.

    ``status`` is that of the run then, ``refused`` if the step does not take the value, or ``broken`` if an operation
    breaks (:class:`OperationError`); ``patch`` is the change
    of the state (RFC 6902), ``pending_step_id`` the next step that would wait, ``error_message`` why it would end.

    >>> ask = WorkflowDefinition("w", [StepSpec("ask", "human", {"into": "name"})])
    >>> asked = run(ask, ExecutionContext(decisions=[]))
    >>> consequences(asked, "Ada").approve.to_dict()["patch"]
    [{'op': 'add', 'path': '/name', 'value': 'Ada'}]
    """

    status: str
    patch: Any
    pending_step_id: str | None
    error_message: str | None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, one key a field."""
        return {
            "error_message": self.error_message,
            "patch": thaw(self.patch),
            "pending_step_id": self.pending_step_id,
            "status": self.status,
        }


@frozen
class Consequences:
    """What approving (with ``value``) and what rejecting the pending step would lead to.

    ``digest`` binds all of it to the workflow, the step and the state before; as a decision's ``seen`` it makes
    sure that what was shown is what happens.

    >>> asked = run(WorkflowDefinition("w", [StepSpec("go", "human")]), ExecutionContext(decisions=[]))
    >>> seen = consequences(asked)
    >>> seen.step_id, seen.approve.status, seen.reject.status
    ('go', 'succeeded', 'rejected')
    >>> resume(asked, Decision("go", seen=seen.digest)).status
    'succeeded'
    """

    step_id: str
    value: Any
    approve: Outcome
    reject: Outcome
    digest: str

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, one key a field."""
        return {
            "approve": self.approve.to_dict(),
            "digest": self.digest,
            "reject": self.reject.to_dict(),
            "step_id": self.step_id,
            "value": thaw(self.value),
        }


@frozen
class DecisionPath:
    """One way through a workflow's human steps: the answers, and the outcome from the initial state on.

    >>> for path in decision_table(WorkflowDefinition("w", [StepSpec("go", "human")]), ExecutionContext()):
    ...     print(path.answers, path.outcome.status)
    (('go', 'approved'),) succeeded
    (('go', 'rejected'),) rejected
    """

    answers: tuple[tuple[str, str], ...]
    outcome: Outcome

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: ``answers`` (a list of step id and ``approved`` or ``rejected``) and the outcome."""
        return {"answers": [list(answer) for answer in self.answers], "outcome": self.outcome.to_dict()}


def consequences(result: OrchestrationResult, value: Any = None) -> Consequences:
    """What an answer to the pending step of a suspended result would lead to; nothing is decided.

    Raises :class:`DecisionError` (``not_pending``) if nothing waits, and what :func:`run` raises.

    >>> plan = WorkflowDefinition("w", [StepSpec("name", "human", {"into": "name"})])
    >>> seen = consequences(run(plan, ExecutionContext({}, decisions=[])), value="Ada")
    >>> seen.approve.to_dict()["patch"], seen.reject.status
    ([{'op': 'add', 'path': '/name', 'value': 'Ada'}], 'rejected')
    """
    if result.run.pending is None:
        raise DecisionError("The run waits for no decision, so that there is nothing to foresee.", reason="not_pending")
    return foreseen(result.run, value)


def foreseen(run: Run, value: Any) -> Consequences:
    """The consequences at the human step that comes next in ``run``.

    Decisions for steps further on are left out: whether they are there already must not change what is seen.
    """
    step = run.workflow.steps[len(run.history)]
    document = freeze(value)
    approve, reject = (_outcome(run, Decision(step.id, approved, value=document)) for approved in (True, False))
    parts = {
        "approve": approve.to_dict(),
        "reject": reject.to_dict(),
        "state": digest(run.state),
        "step_id": step.id,
        "value": document,
        "workflow": run.workflow.hash,
    }
    return Consequences(step.id, document, approve, reject, wrapper_digest(parts, tag="tier2/consequences/v1"))


def decision_table(
    workflow: WorkflowDefinition, context: ExecutionContext, *, registry: HasOperations = BUILTINS
) -> tuple[DecisionPath, ...]:
    """Every path through the human steps of a workflow (there are at most 4) with its outcome.

    Steps are approved with the values of ``context.decisions``, where there are such, and else with ``None``.
    Raises what :func:`start` and :func:`advance` raise.

    >>> plan = WorkflowDefinition("w", [StepSpec("a", "human"), StepSpec("b", "human")])
    >>> [path.outcome.status for path in decision_table(plan, ExecutionContext({}))]
    ['succeeded', 'rejected', 'rejected']
    """
    values = {decision.step_id: decision.value for decision in context.decisions or ()}
    begun = start(workflow, attrs.evolve(context, decisions=()), registry=registry)
    return tuple(_paths(finish(begun), (), values))


def _paths(run: Run, answers: tuple[tuple[str, str], ...], values: dict[str, Any]) -> Iterator[DecisionPath]:
    if run.status != SUSPENDED:
        yield DecisionPath(answers, _outcome_of(run, run.context.initial_state))
        return
    pending = str(run.pending)
    for approved, answer in ((True, "approved"), (False, "rejected")):
        further = (*answers, (pending, answer))
        try:
            yield from _paths(_decided(run, Decision(pending, approved, value=values.get(pending))), further, values)
        except (DecisionError, OperationError) as error:
            yield DecisionPath(further, _none(error))


def _outcome(run: Run, decision: Decision) -> Outcome:
    try:
        return _outcome_of(_decided(run, decision), run.state)
    except (DecisionError, OperationError) as error:
        return _none(error)


def _outcome_of(run: Run, before: PMap[str, Any]) -> Outcome:
    return Outcome(run.status, make_patch(before, run.state), run.pending, OrchestrationResult(run).error_message)


def _none(error: DecisionError | OperationError) -> Outcome:
    """No outcome, and why: the person may still answer in another way."""
    return Outcome(REFUSED if isinstance(error, DecisionError) else BROKEN, freeze([]), None, printable(str(error)))


def _decided(run: Run, decision: Decision) -> Run:
    """The run after a decision, at its end or at the next human step."""
    done = {done[0].id for done in run.history}
    earlier = tuple(made for made in run.context.decisions or () if made.step_id in done)
    return finish(decided(run, (*earlier, decision)))
