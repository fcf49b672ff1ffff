"""weekly_report: a report that is put together, seen by a person, and then wanted written.

The state holds ``week`` (as in ``2026-W10``) and ``entries``, each with ``day`` and ``text``.
"""

import re
from collections.abc import Mapping
from typing import Any

from tier2_core import (
    Mission,
    Operation,
    OperationCall,
    StepFailed,
    StepSpec,
    WorkflowDefinition,
    freeze,
    hookimpl,
    thaw,
)

STATE = {
    "type": "object",
    "required": ["week", "entries"],
    "properties": {
        "week": {"type": "string", "pattern": "^[0-9]{4}-W[0-9]{2}$"},
        "entries": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["day", "text"],
                "properties": {"day": {"type": "string"}, "text": {"type": "string"}},
            },
        },
    },
}


def plan(params: Mapping[str, Any]) -> WorkflowDefinition:
    """First the report is put together, so that a person can be shown it; then it is wanted written."""
    steps = [
        StepSpec("compose", "runtime", {"operation": "weekly_report.compose", "description": "Put it together"}),
        StepSpec("look", "human", {"description": "Write this report?", "demands": {"actor": True}}),
        StepSpec("write", "runtime", {"operation": "emit", "effect": "file.write", "data_from": "report"}),
    ]
    return WorkflowDefinition("wf-weekly-report", steps)


def compose(state: Any, call: OperationCall) -> Any:
    """The state with the report: what ``file.write`` takes, a path and a text."""
    week, entries = thaw(state.get("week")), thaw(state.get("entries"))
    if not isinstance(week, str) or re.fullmatch(r"[0-9]{4}-W[0-9]{2}", week, re.ASCII) is None:
        raise StepFailed(f"'week' is {week!r}; expected one as in '2026-W10'")
    if not isinstance(entries, list) or not entries:
        raise StepFailed("there is nothing to report: 'entries' is no list, or empty")
    lines = [f"# Week {week}", ""]
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) for name in ("day", "text")):
            raise StepFailed(f"'entries.{place}' is no entry with a 'day' and a 'text'")
        lines.append(f"- {entry['day']}: {entry['text']}")
    return state.set("report", freeze({"path": f"reports/{week}.md", "text": "\n".join(lines) + "\n"}))


@hookimpl
def tier2_missions() -> list[Mission]:
    """The mission."""
    return [Mission("weekly_report", plan, "Writes a weekly report once a person has seen it.", state_schema=STATE)]


@hookimpl
def tier2_operations() -> list[Operation]:
    """Its operation."""
    return [Operation("weekly_report.compose", compose, None, "Puts the report together.")]
