"""tier2 diff: what differs between two recorded runs."""

from __future__ import annotations

from typing import Any

from tier2_core import RecordDifference, compare_records, thaw
from tier2_core.values.canonical import wrapper_digest
from tier2_io.cli.main import DONE
from tier2_io.records.saved import read_record
from tier2_io.screen import safe, say, say_json, shown

MOST_LINES = 16
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
        _tell(difference)
    say(f"Neither record was verified. What comes first ({found[0].cause}) may be the reason for what follows.")
    return DONE


def _tell(difference: RecordDifference) -> None:
    say(f"  {safe(difference.what)}")
    ops = thaw(difference.patch) or []
    for op in ops[:MOST_LINES]:
        value = f"  {shown(op['value'])}" if "value" in op else ""
        say(f"    {op['op'].ljust(7)} {safe(op['path']) or 'the whole'}{value}")
    if len(ops) > MOST_LINES:
        say(f"    … and {len(ops) - MOST_LINES} more changes")
