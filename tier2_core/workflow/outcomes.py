"""Where an answer leads to: possible to tell before it is given, because all that follows a decision is pure.

No second engine: what comes after an answer is what :func:`tier2_core.advance` makes of the run with one more
decision. The engine hands that over as ``onward``, as it stands above this module and asks it whether what was shown
is what happens.
"""

from __future__ import annotations

from typing import Any, Protocol

import attrs
from attrs import field, frozen
from pyrsistent import PMap, PVector

from tier2_core.errors import DecisionError, OperationError
from tier2_core.values.canonical import digest, wrapper_digest
from tier2_core.values.fields import shown
from tier2_core.values.freeze import freeze, printable
from tier2_core.values.patch import make_patch
from tier2_core.values.thaw import thaw
from tier2_core.workflow.declared import declared
from tier2_core.workflow.result import OrchestrationResult
from tier2_core.workflow.specs import Decision
from tier2_core.workflow.trace import SUCCEEDED, SUSPENDED, Run

REFUSED, BROKEN = "refused", "broken"
"""The status of an outcome that there is not: the step does not take the value, or an operation breaks on the way."""


class Onward(Protocol):
    """The run after one more decision: at its end, or at the next human step that waits."""

    def __call__(self, run: Run, decision: Decision, supposed: bool = False) -> Run:
        """Go on; a decision that is ``supposed`` meets every demand."""
        ...


_NONE: PVector[Any] = freeze([])  # type: ignore[assignment]


@frozen
class Outcome:
    """Where one answer leads to.

    ``status`` is that of the run then, ``refused`` if the step does not take the answer, or ``broken`` if an operation
    breaks (:class:`OperationError`); ``patch`` is the change of the state (RFC 6902), ``pending_step_id`` the next
    step that would wait, ``error_message`` why it would end. ``effects`` are those that the run has declared until
    then, as in :attr:`OrchestrationResult.effects`: wanted if it has succeeded, and if it waits, wanted as soon as it
    succeeds.

    >>> ask = WorkflowDefinition("w", [StepSpec("ask", "human", {"into": "name"})])
    >>> asked = run(ask, ExecutionContext(decisions=[]))
    >>> consequences(asked, "Ada").approve.to_dict()["patch"]
    [{'op': 'add', 'path': '/name', 'value': 'Ada'}]
    """

    status: str
    patch: Any = field(repr=shown)
    pending_step_id: str | None
    error_message: str | None
    effects: PVector[Any] = field(default=_NONE, repr=shown)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, one key a field; ``effects`` only where there are any."""
        return {
            **({"effects": thaw(self.effects)} if self.effects else {}),
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
    value: Any = field(repr=shown)
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


def foreseen(run: Run, value: Any, onward: Onward) -> Consequences:
    """The consequences at the human step that comes next in ``run``.

    Decisions for steps further on are left out: whether they are there already must not change what is seen. Nor must
    who answers, and how: both answers are supposed to meet what the step demands.
    """
    step, document, here = run.workflow.steps[len(run.history)], freeze(value), _undecided(run)
    approve, reject = (_outcome(here, Decision(step.id, yes, value=document), onward) for yes in (True, False))
    parts = {
        "approve": approve.to_dict(),
        "reject": reject.to_dict(),
        "state": digest(run.state),
        "step_id": step.id,
        "value": document,
        "workflow": run.workflow.hash,
    }
    return Consequences(step.id, document, approve, reject, wrapper_digest(parts, tag="tier2/consequences/v1"))


def outcome_of(run: Run, before: PMap[str, Any]) -> Outcome:
    """The outcome of a run that has got so far, told from the state ``before`` on."""
    effects = freeze(declared(run)) if run.status in (SUCCEEDED, SUSPENDED) else _NONE
    error_message = OrchestrationResult(run).error_message
    return Outcome(run.status, make_patch(before, run.state), run.pending, error_message, effects)  # type: ignore[arg-type]


def no_outcome(error: DecisionError | OperationError) -> Outcome:
    """No outcome, and why: the person may still answer in another way."""
    # Without the place in the plugin's files: what is shown has a digest, which is to be the same wherever they are.
    message = printable(str(error.args[0]))
    return Outcome(REFUSED if isinstance(error, DecisionError) else BROKEN, _NONE, None, message)


def _outcome(run: Run, decision: Decision, onward: Onward) -> Outcome:
    try:
        return outcome_of(onward(run, decision, supposed=True), run.state)
    except (DecisionError, OperationError) as error:
        return no_outcome(error)


def _undecided(run: Run) -> Run:
    """The run with those decisions alone that were made of executed steps."""
    done = {done[0].id for done in run.history}
    earlier = tuple(made for made in run.context.decisions or () if made.step_id in done)
    context = attrs.evolve(run.context, decisions=earlier)
    return Run(attrs.evolve(run.given, context=context), run.status, run.history)
