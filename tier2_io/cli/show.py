"""tier2 show: the story of a recorded run."""

from __future__ import annotations

from typing import Any

from tier2_core import Decision, Record, RecordLink, thaw
from tier2_io.cli.changes import say_changes
from tier2_io.cli.main import DONE
from tier2_io.records.saved import read_record, told_workflow
from tier2_io.screen import safe, say, say_json, say_styled, shown

_STYLES = {"succeeded": "green", "failed": "red", "rejected": "yellow", "suspended": "yellow"}
SHORT = 12
"""How much of a hash is shown; --json has it whole."""


def execute(options: Any) -> int:
    """Tell it step by step; nothing is recomputed."""
    record = read_record(options.file)
    states = record.states
    if options.json:
        say_json(record.to_dict())
        return DONE
    steps = len(record.workflow.steps)
    say_styled(
        (f"{record.mission or told_workflow(record)}: ", "bold"),
        (record.status, _STYLES[record.status]),
        (f", {len(record.chain)} of {steps} steps", ""),
    )
    if record.params:
        say(f"params       {shown(record.params, 200)}")
    say(f"record       {record.digest[:SHORT]}  tier2 {safe(record.tier2)}{_registry(record)}")
    say(f"plan         {record.workflow.hash[:SHORT]}  {safe(record.workflow.id)}")
    if record.environment:
        say(f"where        {shown(record.environment, 200)} (not hashed)")
    for place, link in enumerate(record.chain):
        say()
        say_styled(
            (f"{place + 1}  {link.step_id}", "bold"),
            (f"  {_what(record, link)}", ""),
            (f"  {link.hash[:SHORT]}", "dim"),
        )
        if link.reason:
            say(f"   {safe(link.reason)}")
        say_changes(states[place], states[place + 1], "   ")
    say()
    result = record.result_parts
    if result["pending_step_id"] is not None:
        say(f"The run waits for a decision at '{safe(result['pending_step_id'])}'.")
    if result["error_message"] is not None:
        say(safe(result["error_message"]))
    say("Nothing of this is verified: it is what the record says. 'tier2 verify' recomputes whether it is true.")
    return DONE


def _registry(record: Record) -> str:
    fingerprint = record.registry["fingerprint"]
    return f"  registry {fingerprint[:SHORT]}" if fingerprint else ""


def _what(record: Record, link: RecordLink) -> str:
    """What kind of step it was, and who decided what."""
    payload: dict[str, Any] = {}
    for step in record.workflow.steps:
        if step.id == link.step_id:
            payload = thaw(step.payload)
    if link.decision is None:
        return link.outcome if link.outcome == "unattended" else f"{payload.get('operation', 'noop')}: {link.outcome}"
    made = next((one for one in record.context.decisions or () if one.step_id == link.step_id), Decision(link.step_id))
    told = f"{link.outcome} by {made.actor or 'somebody'}"
    if made.value is not None:
        told += f" with {shown(made.value)}"
    return f"{told}: {made.reason}" if made.reason else told
