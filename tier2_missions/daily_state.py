"""What daily_loop reads of a state, checked: what is malformed fails the step with a message that names it.

Nothing else is looked at, and nothing is changed. An entry of the archive, and what an entry of the log holds beside
its date, may be of another make: it says nothing then, and is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date  # a calendar is pure; asking it for today is not, and ruff refuses that
from typing import Any, NoReturn

from tier2_core import StepFailed, canonical_json, thaw

_SHORT = 80

State = Mapping[str, Any]
Task = dict[str, Any]


def is_date(value: Any) -> bool:
    """Whether ``value`` is a day of the calendar, written "YYYY-MM-DD" (RFC 3339, full-date; years 0001 to 9999).

    >>> is_date("2024-02-29"), is_date("2026-02-29"), is_date("2026-3-2"), is_date("2026-W10-1")
    (True, False, False, False)
    """
    try:
        return type(value) is str and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def cut(text: str) -> str:
    """Text for a message: what is long is cut."""
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"


def fail(where: str, expected: str, found: Any) -> NoReturn:
    """Fail the step: what was found ``where``, as JSON, and what was expected there."""
    raise StepFailed(f"{where} must be {expected}, found {cut(canonical_json(found).decode())}")


def _date_or_null(value: Any) -> bool:
    return value is None or is_date(value)


def _text(value: Any) -> bool:
    return type(value) is str and value != ""


_TASK: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "title": ("a text that is not empty", _text),
    "done": ("true or false", lambda value: type(value) is bool),
    "priority": ("a whole number from 1 (highest)", lambda value: type(value) is int and value >= 1),
    "due": ("a date (YYYY-MM-DD) or null", _date_or_null),
    "completed_on": ("a date (YYYY-MM-DD) or null", _date_or_null),
    "tags": ("a list of texts", lambda value: type(value) is list and all(type(tag) is str for tag in value)),
}
_DEFAULTS: Mapping[str, Any] = {"done": False, "priority": 3, "due": None, "completed_on": None, "tags": []}


def today_of(state: State) -> str | None:
    """The state's date; what day it is, the caller says."""
    today = state.get("date")
    if not _date_or_null(today):
        fail("'date'", "a date (YYYY-MM-DD) or null", today)
    return None if today is None else str(today)


def _listed(state: State, name: str) -> list[Any]:
    value = thaw(state.get(name, []))
    if type(value) is not list:
        fail(f"'{name}'", "a list", value)
    return value


def tasks_of(state: State) -> list[Task]:
    """The tasks, with defaults for what they leave out; no two have one id."""
    tasks: list[Task] = []
    seen: dict[str, int] = {}
    for place, task in enumerate(_listed(state, "tasks")):
        if type(task) is not dict:
            fail(f"task {place}", "an object", task)
        if not _text(task.get("id")):
            fail(f"'id' of task {place}", "a text that is not empty", task.get("id"))
        if task["id"] in seen:
            raise StepFailed(
                f"tasks {seen[task['id']]} and {place} have the same id '{cut(task['id'])}'; expected each once"
            )
        seen[task["id"]] = place
        whole = {**_DEFAULTS, **task}
        for name, (expected, holds) in _TASK.items():
            if not holds(whole.get(name)):
                fail(f"'{name}' of task '{cut(task['id'])}'", expected, whole.get(name))
        tasks.append(whole)
    return tasks


def archive_of(state: State) -> dict[str, Task]:
    """The archived tasks by id; of two with one id the later one."""
    archived: dict[str, Task] = {}
    for task in _listed(state, "archive"):
        if type(task) is dict and type(task.get("id")) is str:
            done = task.get("completed_on")
            archived[task["id"]] = {"id": task["id"], "completed_on": done if is_date(done) else None}
    return archived


def log_of(state: State) -> list[dict[str, Any]]:
    """The entries of the log, each with its date."""
    entries = _listed(state, "log")
    for place, entry in enumerate(entries):
        if type(entry) is not dict or "date" not in entry or not _date_or_null(entry["date"]):
            fail(f"entry {place} of 'log'", "an object with a 'date' (YYYY-MM-DD) or null", entry)
    return entries


def told_as(what: str, entry: Mapping[str, Any]) -> list[str]:
    """The ids that a log entry told as ``what``, ``completed`` or ``carried_over``."""
    summary = entry.get("summary")
    names = summary.get(what) if type(summary) is dict else None
    return [name for name in names if type(name) is str] if type(names) is list else []


def daily_of(state: State) -> dict[str, Any]:
    """What the mission found for the day so far."""
    daily = thaw(state.get("daily", {}))
    if type(daily) is not dict:
        fail("'daily'", "an object", daily)
    return daily


def confirmed_of(daily: Mapping[str, Any]) -> list[str]:
    """The ids that a person put first."""
    confirmed = daily.get("confirmed")
    if confirmed is None:
        return []
    if type(confirmed) is not list or not all(type(name) is str for name in confirmed):
        fail("'daily.confirmed'", "a list of task ids or null", confirmed)
    return confirmed
