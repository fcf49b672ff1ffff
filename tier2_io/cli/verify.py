"""tier2 verify: records, computed again."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from tier2_core import InvalidValueError, Registry, Verification, verify_record
from tier2_io.cli.changes import say_changes, whole
from tier2_io.cli.inputs import registry
from tier2_io.cli.main import DONE, UNVERIFIED, USAGE
from tier2_io.cli.signed import say_decisions
from tier2_io.documents.files import FileProblem, told_name
from tier2_io.records.approvals import held, told
from tier2_io.records.approvers import Approvers, read_approvers
from tier2_io.records.dsse import key_id
from tier2_io.records.keys import public_key
from tier2_io.records.saved import NotVerified, is_of_tests, load_from, told_workflow
from tier2_io.records.signing import RECORD_TYPE, STATEMENT_TYPE, SignatureProblem, Stored, read_stored
from tier2_io.screen import complain, safe, say, say_json, say_styled, shown

PROVEN = "integrity only: no key is pinned, so that who made it is not proven"


def execute(options: Any) -> int:
    """Verify every file: exit code 4 if one is not true, 2 if one is no record; all are told of."""
    pinned = {told_name(path): public_key(path) for path in dict.fromkeys(options.key)}
    approvers = None if options.approvers is None else read_approvers(options.approvers)
    known = registry(options)
    outcomes, unreadable = [], False
    for path in options.files:
        try:
            outcomes.append({"file": path, **_verified(path, known, pinned, approvers)})
        except FileProblem as error:
            unreadable = True
            complain(f"tier2 verify: {error}")
    if options.json:
        say_json(outcomes)
    else:
        for outcome in outcomes:
            _tell(outcome)
        if any(outcome["verified"] for outcome in outcomes):
            say(f"Proven is {_origin(pinned) if pinned else PROVEN}.")
        if any(decision["signed_by"] for outcome in outcomes for decision in outcome.get("decisions", ())):
            say("On which day people signed is not proven: a key counts whatever its dates are.")
    if not all(outcome["verified"] for outcome in outcomes):
        return UNVERIFIED
    return USAGE if unreadable else DONE


def _origin(pinned: dict[str, Any]) -> str:
    keys = dict.fromkeys(key_id(key)[:12] for key in pinned.values())
    return f"integrity and origin: signed by the key{'s' * (len(keys) != 1)} {', '.join(keys)}"


def _verified(path: str, known: Registry, pinned: dict[str, Any], approvers: Approvers | None) -> dict[str, Any]:
    try:
        stored = read_stored(path, pinned)
    except SignatureProblem as error:
        outcome = Verification(False, "signature", str(error)).to_dict()
        what = f"not signed by {'the pinned key' if len(pinned) == 1 else 'all pinned keys'}"
        return {**outcome, "what": what, "proven": None, "signed_by": []}
    outcome = _recomputed(path, stored, known, approvers)
    proven = None if not outcome["verified"] else "integrity and origin" if pinned else "integrity"
    return {**outcome, "proven": proven, "signed_by": list(stored.signed_by)}


def _recomputed(path: str, stored: Stored, known: Registry, approvers: Approvers | None) -> dict[str, Any]:
    document = stored.document
    if stored.kind == STATEMENT_TYPE or (stored.kind != RECORD_TYPE and is_of_tests(document)):
        from tier2_io.records.suite_records import SCHEMA, record_in, verified

        if stored.kind == STATEMENT_TYPE:
            try:
                document = record_in(path, document)
            except NotVerified as error:
                return {**Verification(False, "altered", str(error)).to_dict(), "what": "a statement of test runs"}
        if document.get("schema") == SCHEMA:
            return verified(path, document, known)
    record = load_from(path, document)
    steps = len(record.chain)
    what = f"{record.mission or told_workflow(record)}, {record.status}, {steps} step{'s' * (steps != 1)}"
    verification = verify_record(record, registry=known)
    if approvers is not None and verification.verified:
        verification = held(record, verification, approvers)
    decisions = [one.to_dict() for one in told(record, approvers)] if verification.verified else []
    return {**verification.to_dict(), "decisions": decisions, "what": what}


def _tell(outcome: dict[str, Any]) -> None:
    place = f"{outcome['file']}: {outcome['what']}"
    if outcome["verified"]:
        say_styled(("verified", "green"), (f"  {place}", ""))
        say_decisions(outcome.get("decisions", ()))
    else:
        say_styled(("FAILED", "red"), (f"    {place}", ""))
        if outcome.get("step_id") is not None:
            number = "" if outcome["index"] is None else f" (number {outcome['index'] + 1})"
            say(f"  first divergent step  {safe(outcome['step_id'])}{number}")
        _tell_difference(outcome["expected"], outcome["actual"], outcome["message"])
        say(f"  likely cause          {outcome['cause']}: {safe(outcome['message'])}")
    if outcome.get("note"):
        say(f"  {safe(outcome['note'])}")


def _tell_difference(expected: Any, actual: Any, message: str) -> None:
    """Tell what the record says and what comes out, if there are these two, and not only why nothing comes out."""
    if expected is None and (actual is None or (isinstance(actual, str) and actual.rstrip(".") in message)):
        return
    both = isinstance(expected, dict) and isinstance(actual, dict)  # then all that differs is told below
    say(f"  expected              {_value(expected, both)}")
    say(f"  actual                {_value(actual, both)}")
    if both:
        with suppress(InvalidValueError):  # what stands around documents may be deeper than one
            say("  where they differ, from expected to actual:")
            say_changes(expected, actual)


def _value(value: Any, briefly: bool) -> str:
    if value is None:
        return "nothing"
    return shown(value, 200) if briefly else whole(value)
