"""What is asked of a decision before anything changes: whether it fits the run, the step, and what was shown.

Each check raises :class:`DecisionError`, whose ``reason`` says what is wrong; the step can be answered again.
"""

from __future__ import annotations

from collections.abc import Iterable

from tier2_core.errors import DecisionError, cut
from tier2_core.values.schema import schema_problems, told_problems
from tier2_core.workflow.outcomes import Onward, foreseen
from tier2_core.workflow.specs import Decision, StepSpec, WorkflowDefinition
from tier2_core.workflow.trace import Run


def check_decided_steps(
    workflow: WorkflowDefinition, decisions: Iterable[Decision], pending: tuple[str, ...] = ()
) -> None:
    """Every decision is about a human step of the workflow (``unknown_step``)."""
    human = [step.id for step in workflow.steps if step.kind == "human"]
    for decision in decisions:
        if decision.step_id not in human:
            known = ", ".join(f"'{cut(one)}'" for one in human) or "none"
            raise DecisionError(
                f"Workflow '{cut(workflow.id)}' has no human step '{cut(decision.step_id)}'; its human steps are "
                f"{known}.",
                reason="unknown_step",
                pending=pending,
            )


def check_waiting(run: Run, decision: Decision) -> None:
    """The decision is about the step that waits (``unknown_step``, ``already_decided``, ``not_pending``)."""
    pending = () if run.pending is None else (run.pending,)
    check_decided_steps(run.workflow, (decision,), pending)
    if run.pending == decision.step_id:
        return
    already = any(done[0].id == decision.step_id and done[3] for done in run.history)
    what = "was decided already" if already else "is not waiting for a decision"
    waiting = f"waiting is '{cut(run.pending or '')}'" if pending else "the run has ended and waits for nothing"
    raise DecisionError(
        f"Step '{cut(decision.step_id)}' {what}; {waiting}.",
        reason="already_decided" if already else "not_pending",
        pending=pending,
    )


def check_seen(run: Run, decision: Decision, onward: Onward) -> None:
    """What the person was shown is what happens (``stale``)."""
    if foreseen(run, decision.value, onward).digest != decision.seen:
        raise DecisionError(
            f"The decision for step '{cut(decision.step_id)}' was made on consequences that are no longer the ones "
            "that were shown; look at them again, and decide again.",
            reason="stale",
            pending=(decision.step_id,),
        )


def check_value(step: StepSpec, decision: Decision) -> None:
    """The value meets the step's schema (``invalid_value``)."""
    if "schema" not in step.payload:
        return
    problems = schema_problems(step.payload["schema"], decision.value, field="payload.schema")
    if problems:
        raise DecisionError(
            f"The value for step '{cut(step.id)}' does not meet the step's schema: {told_problems(problems)}.",
            reason="invalid_value",
            pending=(step.id,),
        )
