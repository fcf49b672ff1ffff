"""tier2 sign-decision: people sign an answer to a run that waits, and see first what they sign."""

from __future__ import annotations

import json
import os
import shlex
from typing import Any

from attrs import evolve

from tier2_core import (
    Consequences,
    Decision,
    DecisionError,
    InvalidSpecError,
    OrchestrationResult,
    consequences,
    decision_statement,
    resume,
    thaw,
)
from tier2_core.workflow.engine import onward
from tier2_io.cli.changes import Line, say_lines
from tier2_io.cli.inputs import UsageProblem, registry, value_of
from tier2_io.cli.main import DONE, SUSPENDED, UNVERIFIED
from tier2_io.cli.outcome import signing_key, waiting
from tier2_io.cli.people import ASIDE
from tier2_io.cli.questions import lines_of_question
from tier2_io.documents.files import STDIN, FileProblem, located
from tier2_io.documents.outputs import check_outputs
from tier2_io.documents.writing import write_document
from tier2_io.records.approvals import DECISION_TYPE, SignedDecision, decision_for, read_decision, statement_bytes
from tier2_io.records.dsse import InvalidEnvelope, countersigned, envelope_of, key_id
from tier2_io.records.saved import NotVerified, load, only_one
from tier2_io.screen import ask, complain, is_terminal, safe, say, say_json, say_styled, size
from tier2_io.telling import question

_SAYS = ("approve", "reject", "value", "reason", "actor")
"""What the envelope says, if it is there already."""


def execute(options: Any) -> int:
    """Write the envelope, or add a signature to it, once the person has seen what that stands for.

    What is shown is computed from the verified record, and never taken from the envelope.
    """
    _check(options)
    key = signing_key("--key", options.key)
    known = registry(options)
    with only_one(options.decision, "signed"):
        there = read_decision(options.decision) if os.path.lexists(located(options.decision)) else None
        try:
            result = load(options.file, known)
        except NotVerified as error:
            complain(f"tier2 sign-decision: {error}")
            return UNVERIFIED
        if result.pending_step_id is None:
            raise DecisionError(
                f"{options.file}: the run waits for nothing: it ended as {result.status}.", reason="already_decided"
            )
        decision, seen = _decision(options, there, result)
        _check_signable(result, decision)
        if options.seen is None and not _agreed(options, result, decision, seen, there):
            return SUSPENDED
        try:
            document = (
                envelope_of(statement_bytes(result.run.workflow, decision), DECISION_TYPE, key)
                if there is None
                else countersigned(there.document, key)
            )
        except InvalidEnvelope as error:
            raise FileProblem(f"{options.decision} cannot be signed as well: {error}.") from None
        added = there is None or document != there.document
        if added:
            try:
                write_document(options.decision, document, new=there is None)
            except FileExistsError:
                raise FileProblem(
                    f"{options.decision} was written by another process just now; look at it again."
                ) from None
    _tell(options, document, key_id(key.public_key()), added)
    return DONE


def _check(options: Any) -> None:
    if STDIN in (options.file, options.decision):
        raise UsageProblem("a decision is signed in files; expected the names of two.")
    check_outputs([("--decision", options.decision)], [("the run", options.file), ("--key", options.key)])
    if options.seen == "":
        raise UsageProblem("--seen is empty; expected the digest of what was shown.")
    if options.reject and options.value is not None:
        raise UsageProblem("--value goes with --approve: a rejection has no value.")


def _decision(options: Any, there: SignedDecision | None, result: OrchestrationResult) -> tuple[Decision, Consequences]:
    """What is to be signed, which carries the digest of what would happen now, and that."""
    given = [name for name in _SAYS if getattr(options, name) not in (None, False)]
    if there is not None:
        if given:
            raise UsageProblem(
                f"{options.decision} is there, and says what is decided; expected no --{given[0]} to sign it as well, "
                "or another file."
            )
        decision = decision_for(options.decision, there, result)
        if decision.step_id != result.pending_step_id:
            _check_signable(result, decision)  # which says what waits
        if options.seen not in (None, decision.seen):
            raise _stale(f"{options.decision} was signed by people who saw something else than --seen stands for")
        seen = consequences(result, decision.value)
        if seen.digest != decision.seen:
            raise _stale(f"{options.decision} was signed by people who saw something else than would happen now")
        return decision, seen
    if not (options.approve or options.reject):
        raise UsageProblem(f"{options.decision} is not there yet; expected --approve or --reject.")
    value = None if options.value is None else value_of("--value", options.value)
    step = str(result.pending_step_id)
    try:
        decision = Decision(step, options.approve, options.actor or "", options.reason or "", value)
        seen = consequences(result, decision.value)
        if options.seen not in (None, seen.digest):
            raise _stale("something else would happen now than --seen stands for; look at it again without --seen")
        return evolve(decision, seen=seen.digest), seen
    except InvalidSpecError as error:
        raise UsageProblem(str(error)) from None


def _stale(message: str) -> DecisionError:
    return DecisionError(f"{message}; nothing was signed.", reason="stale")


def _check_signable(result: OrchestrationResult, decision: Decision) -> None:
    """:class:`DecisionError` for an answer that the step would refuse, however many people signed it."""
    try:
        resume(result, decision)
    except DecisionError as error:
        if error.reason != "unsigned":
            raise
        onward(result.run, decision, supposed=True)


def _agreed(
    options: Any, result: OrchestrationResult, decision: Decision, seen: Consequences, there: SignedDecision | None
) -> bool:
    """Show what would be signed; at a terminal, ask."""
    if options.json:
        statement = decision_statement(result.run.workflow, decision)
        say_json({"signed": False, "statement": statement, **waiting(result, seen)})
    else:
        lines = [*lines_of_question(question(result, seen)), *_lines(decision, there)]
        if is_terminal():
            if _asked(lines):
                return True
            complain("Nothing was signed.")
            return False
        say_lines(lines)
    complain("Nothing was signed: people see first what they sign. To sign what is shown here:")
    complain(f"  {_command(options, decision)}")
    return False


def _asked(lines: list[Line]) -> bool:
    """Ask at a terminal, once all of it was shown, page by page."""
    room = max(ASIDE, size()[1] - ASIDE)
    try:
        while True:
            page, lines = lines[:room], lines[room:]
            for line in page:
                say_styled(*line)
            if not lines:
                return ask("Sign this? yes or no: ").strip().lower() in ("y", "yes")
            if ask(f"  … {len(lines)} more: Enter shows more, q quits ").strip().lower() in ("q", "quit"):
                return False
    except EOFError:
        say()
        return False


def _lines(decision: Decision, there: SignedDecision | None) -> list[Line]:
    """What the signature stands for, in words."""
    answer = "approved" if decision.approved else "rejected"
    who = f" by {decision.actor}" if decision.actor else ""
    why = f": {decision.reason}" if decision.reason else ""
    lines: list[Line] = [((f"To be signed: '{decision.step_id}' is {answer}{who}{why}", "bold"),)]
    if there is not None:
        count = len(there.envelope.signatures)
        lines.append(((f"  {count} signature{'s' * (count != 1)} there, which nobody has checked here", ""),))
    return lines


def _command(options: Any, decision: Decision) -> str:
    words = ["tier2", "sign-decision", options.file, "--key", options.key, "--decision", options.decision]
    words += ["--approve"] * options.approve + ["--reject"] * options.reject
    words += [] if options.value is None else [f"--value={json.dumps(thaw(decision.value))}"]
    for name in ("reason", "actor"):
        given = getattr(options, name)
        words += [] if given is None else [f"--{name}={given}"]
    return shlex.join([*words, "--seen", decision.seen])


def _tell(options: Any, document: Any, key: str, added: bool) -> None:
    count = len(document["signatures"])
    if options.json:
        say_json({"decision": options.decision, "key_id": key, "signatures": count, "signed": added})
        return
    what = "Signed with" if added else "Signed before with"
    say(f"{what} key {key[:12]}: {safe(options.decision)} has {count} signature{'s' * (count != 1)}.")
    resumed = shlex.join(["tier2", "resume", options.file, "--decision", options.decision, "--approvers"])
    say(f"To answer with it: {safe(resumed)} FILE")
