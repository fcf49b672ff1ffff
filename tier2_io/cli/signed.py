"""Answers that people have signed, as ``tier2 resume`` takes them, and what ``tier2 verify`` tells of decisions."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from tier2_io.cli.inputs import UsageProblem
from tier2_io.screen import complain, safe, say

if TYPE_CHECKING:
    from tier2_core import Decision, OrchestrationResult


def check_signed(options: Any) -> None:
    """Refuse what does not go together with a signed answer, or without one."""
    if options.decision is None:
        if options.approvers is not None:
            raise UsageProblem("--approvers goes with --decision: it says whose signatures count.")
        return
    for name in ("approve", "reject", "value", "reason", "actor", "seen", "unseen"):
        if getattr(options, name) not in (None, False):
            raise UsageProblem(f"--{name} does not go with --decision, which says all that is decided.")
    if options.approvers is None:
        raise UsageProblem("--decision goes with --approvers FILE, which says whose signatures count.")


def signed_answer(options: Any, result: OrchestrationResult) -> Decision:
    """The decision of the envelope, with the people whose signatures count today; others are warned of."""
    from tier2_io.records.approvals import answer
    from tier2_io.records.approvers import read_approvers

    decision, doubts = answer(options.decision, result, read_approvers(options.approvers), today())
    for doubt in doubts:
        complain(f"warning: a signature does not count: {doubt}.")
    return decision


def today() -> date:
    """The day, in UTC."""
    return date.fromisoformat(time.strftime("%Y-%m-%d", time.gmtime()))


def say_decisions(decisions: Iterable[dict[str, Any]]) -> None:
    """Tell of each decision of a record, as :class:`Told` gives it, who made it, as far as that is known."""
    for one in decisions:
        notes = ["claimed"] * one["claimed"]
        if one["signed_by"]:
            notes.append(f"signed by {' and '.join(one['signed_by'])}")
        elif one["signed_by"] is None and one["says_signed"]:
            notes.append("signatures that nobody checked; --approvers FILE does")
        elif not notes:
            notes.append("by nobody who is named, and not signed")
        by = f" by {one['actor']}" if one["actor"] else ""
        say(safe(f"  {one['step_id']}: {one['decision']}{by} ({', '.join(notes)})"))
