"""What deciding would lead to, shown before deciding: for the step that waits, and for every way through a plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
from attrs import frozen

from tier2_core.errors import DecisionError, OperationError
from tier2_core.values.fields import expect
from tier2_core.workflow.engine import onward, run
from tier2_core.workflow.operations import BUILTINS, HasOperations
from tier2_core.workflow.outcomes import Consequences, Outcome, foreseen, no_outcome, outcome_of
from tier2_core.workflow.result import OrchestrationResult
from tier2_core.workflow.specs import Decision, ExecutionContext, WorkflowDefinition
from tier2_core.workflow.trace import SUSPENDED, Run


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
    expect(result, OrchestrationResult, "result")
    if result.run.pending is None:
        raise DecisionError("The run waits for no decision, so that there is nothing to foresee.", reason="not_pending")
    return foreseen(result.run, value, onward)


def decision_table(
    workflow: WorkflowDefinition, context: ExecutionContext, *, registry: HasOperations = BUILTINS
) -> tuple[DecisionPath, ...]:
    """Every path through the human steps of a workflow (there are at most 4) with its outcome.

    Where ``context.decisions`` has a decision for a step that says more than a value (who decides, say), the path of
    that answer is its own: what the step demands of it is checked, and a path that a demand forbids is ``refused``. All
    other answers are supposed: approved with the value of such a decision or with ``None``, by somebody who meets every
    demand. Raises what :func:`start` and :func:`advance` raise.

    >>> plan = WorkflowDefinition("w", [StepSpec("a", "human"), StepSpec("b", "human")])
    >>> [path.outcome.status for path in decision_table(plan, ExecutionContext({}))]
    ['succeeded', 'rejected', 'rejected']
    """
    expect(context, ExecutionContext, "context")
    made = {decision.step_id: decision for decision in context.decisions or ()}
    begun = run(workflow, attrs.evolve(context, decisions=()), registry=registry)
    return tuple(_paths(begun.run, (), made))


def _paths(run: Run, answers: tuple[tuple[str, str], ...], made: dict[str, Decision]) -> Iterator[DecisionPath]:
    if run.status != SUSPENDED:
        yield DecisionPath(answers, outcome_of(run, run.context.initial_state))
        return
    pending = str(run.pending)
    for approved, answer in ((True, "approved"), (False, "rejected")):
        further = (*answers, (pending, answer))
        given = made.get(pending)
        try:
            if (
                given is not None
                and given.approved is approved
                and given != Decision(pending, approved, value=given.value)
            ):
                after = onward(run, given)
            else:
                value = None if given is None else given.value
                after = onward(run, Decision(pending, approved, value=value), supposed=True)
            yield from _paths(after, further, made)
        except (DecisionError, OperationError) as error:
            yield DecisionPath(further, no_outcome(error))
