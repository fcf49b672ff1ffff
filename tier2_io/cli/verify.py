"""tier2 verify: records, computed again."""

from __future__ import annotations

from typing import Any

from tier2_core import Registry, verify_record
from tier2_core.records.verify import registry_note
from tier2_io.cli.inputs import registry
from tier2_io.cli.main import DONE, UNVERIFIED, USAGE
from tier2_io.files import FileProblem, expect_object, read_plain
from tier2_io.saved import load_from
from tier2_io.screen import complain, safe, say, say_json, say_styled, shown
from tier2_io.suite_records import SCHEMA as TEST_SCHEMA
from tier2_io.suite_records import verified as verified_tests

PROVEN = "integrity only: no key is pinned, so that who made it is not proven"


def execute(options: Any) -> int:
    """Verify every file: exit code 4 if one is not true, 2 if one is no record; all are told of."""
    known = registry()
    outcomes, unreadable = [], False
    for path in options.files:
        try:
            outcomes.append({"file": path, **_verified(path, known)})
        except FileProblem as error:
            unreadable = True
            complain(f"tier2 verify: {error}")
    if options.json:
        say_json([{**outcome, "proven": "integrity" if outcome["verified"] else None} for outcome in outcomes])
    else:
        for outcome in outcomes:
            _tell(outcome)
        if any(outcome["verified"] for outcome in outcomes):
            say(f"Proven is {PROVEN}.")
    if not all(outcome["verified"] for outcome in outcomes):
        return UNVERIFIED
    return USAGE if unreadable else DONE


def _verified(path: str, known: Registry) -> dict[str, Any]:
    document = expect_object(path, read_plain(path))
    if document.get("schema") == TEST_SCHEMA:
        return verified_tests(path, document, known)
    record = load_from(path, document)
    steps = len(record.chain)
    what = f"{record.mission or record.workflow.id}, {record.status}, {steps} step{'s' * (steps != 1)}"
    outcome = verify_record(record, registry=known).to_dict()
    return {**outcome, "what": what, "note": registry_note(record, known)}


def _tell(outcome: dict[str, Any]) -> None:
    place = f"{outcome['file']}: {outcome['what']}"
    if outcome["verified"]:
        say_styled(("verified", "green"), (f"  {place}", ""))
    else:
        say_styled(("FAILED", "red"), (f"    {place}", ""))
        if outcome.get("step_id") is not None:
            number = "" if outcome["index"] is None else f" (number {outcome['index'] + 1})"
            say(f"  first divergent step  {safe(outcome['step_id'])}{number}")
        say(f"  expected              {_value(outcome['expected'])}")
        say(f"  actual                {_value(outcome['actual'])}")
        say(f"  likely cause          {outcome['cause']}: {safe(outcome['message'])}")
    if outcome.get("note"):
        say(f"  {safe(outcome['note'])}")


def _value(value: Any) -> str:
    return "nothing" if value is None else shown(value, 400)
