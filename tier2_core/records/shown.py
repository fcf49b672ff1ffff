"""Runs whose decisions were made on consequences that another version of tier2 has shown.

The digest of what was shown is over the change of the state as that version has written it. There are many patches to
one state: another version may write another one, and then nobody can compute the digest again, although the same
happens. So the digests are put aside, everything else that is asked of a decision is asked, and what was decided
stands in the result as it was.
"""

from __future__ import annotations

import attrs

from tier2_core.errors import DecisionError
from tier2_core.workflow.engine import run
from tier2_core.workflow.foresight import consequences
from tier2_core.workflow.operations import HasOperations
from tier2_core.workflow.result import OrchestrationResult
from tier2_core.workflow.specs import Decision, ExecutionContext, WorkflowDefinition
from tier2_core.workflow.trace import Run


def run_as_shown(
    workflow: WorkflowDefinition, context: ExecutionContext, registry: HasOperations
) -> tuple[OrchestrationResult, tuple[str, ...]]:
    """The result, and the steps at which what was shown then cannot be computed again.

    Raises what :func:`run` raises, but for a decision that is ``stale``.
    """
    seen_now: dict[str, str] = {}
    while True:
        try:
            result = run(workflow, _with_seen(context, seen_now), registry=registry)
        except DecisionError as error:
            if error.reason != "stale" or error.pending[0] in seen_now:
                raise
            step_id = error.pending[0]
            before = _with_seen(context, seen_now)
            others = tuple(made for made in before.decisions or () if made.step_id != step_id)
            asked = run(workflow, attrs.evolve(before, decisions=others), registry=registry)
            value = next(made.value for made in before.decisions or () if made.step_id == step_id)
            seen_now[step_id] = consequences(asked, value).digest
        else:
            return _as_decided(result, context), tuple(seen_now)


def _with_seen(context: ExecutionContext, seen: dict[str, str]) -> ExecutionContext:
    decisions = context.decisions
    if not seen or decisions is None:
        return context
    made = [attrs.evolve(one, seen=seen[one.step_id]) if one.step_id in seen else one for one in decisions]
    return attrs.evolve(context, decisions=made)


def _as_decided(result: OrchestrationResult, context: ExecutionContext) -> OrchestrationResult:
    """The result with the decisions as they were made."""
    made: dict[str, Decision] = {one.step_id: one for one in context.decisions or ()}
    trace = [
        entry if entry.decision is None else attrs.evolve(entry, decision=made[entry.step.id])
        for entry in result.run.trace
    ]
    given = attrs.evolve(result.run.given, context=context)
    return OrchestrationResult(Run(given, result.run.status, tuple(trace)))
