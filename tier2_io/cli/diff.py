"""tier2 diff: what differs between two recorded runs."""

from __future__ import annotations

from typing import Any

from tier2_core import Record, RecordDifference, compare_records, thaw
from tier2_core.values.canonical import wrapper_digest
from tier2_io.cli.changes import say_changes, whole
from tier2_io.cli.main import DONE
from tier2_io.records.saved import read_record
from tier2_io.screen import safe, say, say_json

ONLY_SAID = (
    "inputs, plan, decisions and states are the same, but not all that is said of them; tier2 verify tells which"
)


def same_wrapper(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether two records say the same, but for where they were made."""
    return wrapper_digest({**a, "environment": None}) == wrapper_digest({**b, "environment": None})


def execute(options: Any) -> int:
    """Show the differences, ranked by cause; that there are some is no failure."""
    a, b = read_record(options.a), read_record(options.b)
    found = compare_records(a, b)
    if options.json:
        say_json([difference.to_dict() for difference in found])
        return DONE
    if not found:
        one = same_wrapper(a.to_dict(), b.to_dict())
        say(f"The two records are of one run: {'nothing differs' if one else ONLY_SAID}.")
        return DONE
    cause = ""
    for difference in found:
        if difference.cause != cause:
            cause = difference.cause
            say(f"{cause}:")
        _tell(difference, a, b)
    say(f"Neither record was verified. What comes first ({found[0].cause}) may be the reason for what follows.")
    return DONE


def _tell(difference: RecordDifference, a: Record, b: Record) -> None:
    say(f"  {safe(difference.what)}")
    sides = _sides(difference, a, b)
    if sides is not None:
        say_changes(*sides)
        return
    for op in thaw(difference.patch) or []:
        value = f"  {whole(op['value'])}" if "value" in op else ""
        say(f"    {op['op'].ljust(7)} {safe(op['path']) or 'the whole'}{value}")


def _sides(difference: RecordDifference, a: Record, b: Record) -> tuple[Any, Any] | None:
    """The documents that a patch leads from and to, if it is one between states or params."""
    if difference.patch is None:
        return None
    if difference.cause == "initial state":
        return a.context.initial_state, b.context.initial_state
    if difference.what == "params" and a.params is not None and b.params is not None:
        return a.params, b.params
    if difference.what.startswith("state after step") and difference.index is not None:
        return a.states[difference.index + 1], b.states[difference.index + 1]
    return None
