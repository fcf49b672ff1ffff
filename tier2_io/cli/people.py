"""People at a terminal: shown what an answer leads to, then asked for it."""

from __future__ import annotations

import getpass
import json
from typing import Any

from tier2_core import (
    Consequences,
    Decision,
    InvalidSpecError,
    InvalidValueError,
    OrchestrationResult,
    Outcome,
    apply_patch,
    consequences,
    parse_json,
    resume,
    thaw,
)
from tier2_io.cli.changes import say_changes
from tier2_io.screen import ask, safe, say, say_styled, shown

HELP = "y approves, n rejects, v gives a value, q quits and saves the run"


def login_name() -> str:
    """Who the person claims to be, unless told otherwise."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def answered(result: OrchestrationResult) -> OrchestrationResult:
    """The result after asking at every step that waits; it is still suspended if the person quits."""
    while result.status == "suspended":
        decision = _asked(result)
        if decision is None:
            break
        result = resume(result, decision)
    return result


def say_waiting(result: OrchestrationResult, seen: Consequences) -> None:
    """Tell what is asked, and what each answer would lead to."""
    payload = _payload(result)
    say()
    say_styled(
        (str(payload.get("description") or result.pending_step_id), "bold"), (f"  ({result.pending_step_id})", "")
    )
    if "into" in payload:
        what = payload.get("schema", {})
        told = what.get("description", "") if isinstance(what, dict) else ""
        say(f"  a value goes to {safe(payload['into'])}{': ' + safe(told) if told else ''}")
    if seen.value is not None:
        say(f"  value: {shown(seen.value)}")
    _say_outcome("approving", "green", result, seen.approve)
    _say_outcome("rejecting", "red", result, seen.reject)


def _say_outcome(what: str, style: str, result: OrchestrationResult, outcome: Outcome) -> None:
    next_step = f", then '{outcome.pending_step_id}' is asked" if outcome.pending_step_id else ""
    say_styled((f"  {what}", style), (f": {outcome.status}{next_step}", ""))
    if outcome.error_message and outcome.status != "rejected":
        say(f"    {safe(outcome.error_message)}")
    if outcome.status not in ("refused", "broken"):
        say_changes(result.state, apply_patch(result.state, outcome.patch))


def _asked(result: OrchestrationResult) -> Decision | None:
    """The person's decision, or ``None``: they quit, or there is nobody (any more)."""
    value: Any = None
    seen = consequences(result)
    say_waiting(result, seen)
    step = str(result.pending_step_id)
    while True:
        try:
            answer = ask(f"{safe(step)}: yes, no, value or quit? ").strip().lower()
            if answer in ("y", "yes"):
                if seen.approve.status not in ("refused", "broken"):
                    return Decision(step, True, login_name(), "", value, seen.digest)
                say("  This cannot be approved as it is: give another value with v, or reject with n.")
            elif answer in ("n", "no"):
                return Decision(step, False, login_name(), _reason(), value, seen.digest)
            elif answer in ("v", "value"):
                value = _value(result, value)
                seen = consequences(result, value)
                say_waiting(result, seen)
            elif answer in ("q", "quit"):
                return None
            else:
                say(f"  {HELP}")
        except (EOFError, KeyboardInterrupt):  # nothing is lost: the run is saved
            say()
            return None


def _reason() -> str:
    reason = ask("  reason (may be empty): ").strip()
    return reason.encode("utf-8", "replace").decode()


def _value(result: OrchestrationResult, before: Any) -> Any:
    """A value as JSON; where a list of texts is taken, words with commas between them are one too."""
    text = ask("  value: ").strip()
    if not text:
        return before
    try:
        json.loads(text)
        return parse_json(text)
    except InvalidValueError as error:
        say(f"  {safe(str(error))}")
        return before
    except (ValueError, RecursionError):
        words = [word.strip() for word in text.split(",")]
        value = words if _takes_list(_payload(result).get("schema")) else text
    try:
        return Decision("", value=value).value
    except InvalidSpecError as error:
        say(f"  {safe(str(error))}")
        return before


def _takes_list(schema: Any) -> bool:
    kinds = schema.get("type") if isinstance(schema, dict) else None
    return kinds == "array" or (isinstance(kinds, list) and "array" in kinds)


def _payload(result: OrchestrationResult) -> dict[str, Any]:
    run = result.run
    payload = run.workflow.steps[len(run.trace)].payload
    plain: dict[str, Any] = thaw(payload)
    return plain
