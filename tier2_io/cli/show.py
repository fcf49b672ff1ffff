"""tier2 show: the story of a recorded run, and what it waits for."""

from __future__ import annotations

from typing import Any

from tier2_core import Record, consequences, verify_record
from tier2_io.cli.changes import lines_of, say_lines, whole
from tier2_io.cli.inputs import registry
from tier2_io.cli.main import DONE
from tier2_io.cli.questions import lines_of_effects, lines_of_question
from tier2_io.records.saved import read_record
from tier2_io.screen import safe, say, say_json, say_styled
from tier2_io.telling import Chapter, question, story

_STYLES = {"succeeded": "green", "failed": "red", "rejected": "yellow", "suspended": "yellow"}
SHORT = 12
"""How much of a hash is shown; --json has it whole."""


def execute(options: Any) -> int:
    """Tell it step by step, as the record has it; what a run waits for is computed again, to be shown whole."""
    record = read_record(options.file)
    told = story(record)
    if options.json:
        say_json(record.to_dict())
        return DONE
    say_styled(
        (f"{told.title}: ", "bold"),
        (told.status, _STYLES[told.status]),
        (f", {len(told.chapters)} of {told.steps} steps", ""),
    )
    if record.params:
        say(f"params       {whole(record.params)}")
    say(f"record       {record.digest[:SHORT]}  tier2 {safe(record.tier2)}{_registry(record)}")
    say(f"plan         {record.workflow.hash[:SHORT]}  {safe(record.workflow.id)}")
    if record.environment:
        say(f"where        {whole(record.environment)} (not hashed)")
    for chapter in told.chapters:
        say()
        _tell(chapter)
    if told.effects:
        say()
        say("Wanted done in the world:")
        say_lines(lines_of_effects(told.effects, "   "))
    say()
    if told.message is not None:
        say(safe(told.message))
    if told.pending_step_id is not None:
        _waiting(options, record)
    say("Nothing of this is verified: it is what the record says. 'tier2 verify' recomputes whether it is true.")
    return DONE


def _tell(chapter: Chapter) -> None:
    say_styled(
        (f"{chapter.number}  {chapter.step_id}", "bold"),
        (f"  {chapter.what}", ""),
        (f"  {chapter.hash[:SHORT]}", "dim"),
    )
    if chapter.value is not None:
        say(f"   value: {whole(chapter.value)}")
    if chapter.reason:
        say(f"   {safe(chapter.reason)}")
    say_lines(lines_of(chapter.rows, "   "))


def _waiting(options: Any, record: Record) -> None:
    """The question of a run that waits, if what the record says comes out again; nothing else is to be decided on."""
    say(f"The run waits for a decision at '{safe(str(record.result_parts['pending_step_id']))}'.")
    outcome = verify_record(record, registry=registry(options))
    if outcome.result is None or not outcome.verified:
        say(f"What an answer leads to cannot be told: {safe(outcome.message)}.")
        return
    seen = consequences(outcome.result)
    say()
    say_lines(lines_of_question(question(outcome.result, seen)))
    say()
    say(f"To approve just this: --approve --seen {seen.digest}")


def _registry(record: Record) -> str:
    fingerprint = record.registry["fingerprint"]
    return f"  registry {fingerprint[:SHORT]}" if fingerprint else ""
