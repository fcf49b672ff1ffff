"""daily_loop: a day's tasks, from yesterday's summary to today's log.

The state holds all of it, so that tomorrow's input is today's output with a new ``date``::

    date       "YYYY-MM-DD", or null: today is what the caller says it is
    tasks      [{id, title, done=false, priority=3 (1 is highest), due=null, completed_on=null, tags=[]}]
    daily      {confirmed, summary, priorities}: what the person confirmed, and what the steps found
    log        [{date, summary, priorities}], one entry a date
    archive    tasks that were done and moved away

Anything else is left alone. What is malformed fails the step with a message that names it; nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from tier2_core import (
    ExecutionContext,
    Mission,
    Operation,
    OperationCall,
    OrchestrationResult,
    StepFailed,
    StepSpec,
    WorkflowDefinition,
    freeze,
    run_mission,
    thaw,
)
from tier2_missions.daily_schemas import PARAMS, STATE

NAME = "daily_loop"
DEFAULT_STEPS, MOST_STEPS = 4, 5
DEFAULT_HUMAN_STEPS, MOST_HUMAN_STEPS = 1, 2
DEFAULT_PRIORITIES = 3

_CONFIRM = StepSpec(
    "daily-confirm-priorities",
    "human",
    {
        "description": "Confirm today's priorities",
        "into": "daily.confirmed",
        "schema": {
            "description": "Ids of tasks in the order in which they come first; null leaves the order to tier2.",
            "type": ["array", "null"],
            "items": {"type": "string"},
            "uniqueItems": True,
        },
    },
)


def build(params: Mapping[str, Any]) -> WorkflowDefinition:
    """The day's steps: the human one, if it is wanted, and as many runtime ones as there is room for."""
    total = _clamped(params.get("requested_steps"), DEFAULT_STEPS, MOST_STEPS)
    human = min(_clamped(params.get("requested_human_steps"), DEFAULT_HUMAN_STEPS, MOST_HUMAN_STEPS), total)
    most = params.get("max_priorities")
    payload = {"max_priorities": DEFAULT_PRIORITIES if most is None else most}
    runtime = [
        StepSpec("daily-summarise-yesterday", "runtime", {"operation": "daily_loop.summarise"}),
        StepSpec("daily-generate-priorities", "runtime", {"operation": "daily_loop.prioritise", **payload}),
        StepSpec("daily-log-summary", "runtime", {"operation": "daily_loop.log"}),
        StepSpec("daily-archive", "runtime", {"operation": "daily_loop.archive"}),
    ]
    steps = [_CONFIRM][:human] + runtime
    return WorkflowDefinition("wf-daily-loop", steps[:total] or [StepSpec("daily-noop", "runtime")])


def _clamped(wanted: int | None, default: int, most: int) -> int:
    return default if wanted is None else max(0, min(int(wanted), most))


def run_daily_loop(ctx: ExecutionContext, params: Mapping[str, Any] | None = None) -> OrchestrationResult:
    """Run the mission ``daily_loop`` in a context.

    >>> state = {"date": "2026-03-02", "tasks": [{"id": "a", "title": "Write to Ada"}]}
    >>> run_daily_loop(ExecutionContext(state)).final_state["daily"]["priorities"]
    ['a']
    """
    return run_mission(NAME, ctx, params)


# --- what the state holds ----------------------------------------------------------------------------

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_date(value: Any) -> bool:
    """Whether ``value`` is a day of the calendar, written "YYYY-MM-DD" (RFC 3339, full-date).

    >>> is_date("2024-02-29"), is_date("2026-02-29"), is_date("2026-2-1")
    (True, False, False)
    """
    match = _DATE.fullmatch(value) if type(value) is str else None
    if match is None:
        return False
    year, month, day = (int(part) for part in match.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] + (month == 2 and leap)


def _fail(where: str, expected: str, found: Any) -> NoReturn:
    text = repr(thaw(found))
    raise StepFailed(f"{where} must be {expected}, found {text if len(text) <= 60 else text[:59] + '…'}")


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
_NONE: Any = freeze([])
_DEFAULTS: Mapping[str, Any] = {"done": False, "priority": 3, "due": None, "completed_on": None, "tags": []}


def _today(state: Mapping[str, Any]) -> str | None:
    date = state.get("date")
    if not _date_or_null(date):
        _fail("'date'", "a date (YYYY-MM-DD) or null", date)
    return None if date is None else str(date)


def _listed(state: Mapping[str, Any], name: str) -> list[Any]:
    value = thaw(state.get(name, []))
    if type(value) is not list:
        _fail(f"'{name}'", "a list", value)
    return value


def _tasks(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tasks, checked, with defaults for what they leave out."""
    tasks: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for place, task in enumerate(_listed(state, "tasks")):
        if type(task) is not dict:
            _fail(f"task {place}", "an object", task)
        if not _text(task.get("id")):
            _fail(f"'id' of task {place}", "a text that is not empty", task.get("id"))
        if task["id"] in seen:
            raise StepFailed(
                f"tasks {seen[task['id']]} and {place} have the same id '{task['id']}'; expected each once"
            )
        seen[task["id"]] = place
        whole = {**_DEFAULTS, **task}
        for name, (expected, holds) in _TASK.items():
            if not holds(whole.get(name)):
                _fail(f"'{name}' of task '{task['id']}'", expected, whole.get(name))
        tasks.append(whole)
    return tasks


def _log(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    entries = _listed(state, "log")
    for place, entry in enumerate(entries):
        if type(entry) is not dict or "date" not in entry or not _date_or_null(entry["date"]):
            _fail(f"entry {place} of 'log'", "an object with a 'date' (YYYY-MM-DD) or null", entry)
    return entries


def _daily(state: Mapping[str, Any]) -> dict[str, Any]:
    value = thaw(state.get("daily", {}))
    if type(value) is not dict:
        _fail("'daily'", "an object", value)
    return value


def _is_overdue(task: Mapping[str, Any], today: str | None) -> bool:
    return not task["done"] and task["due"] is not None and today is not None and task["due"] < today


# --- the operations ----------------------------------------------------------------------------------


def summarise(state: Any, call: OperationCall) -> Any:
    """``daily.summary``: completed since the last log entry, carried over (still open), overdue, counts."""
    today, tasks, entries = _today(state), _tasks(state), _log(state)
    # An entry of today is from an earlier run of the same day, which this one replaces.
    earlier = [entry for entry in entries if entry["date"] != today]
    dates = [entry["date"] for entry in earlier if entry["date"] is not None]
    last = max((date for date in dates if today is None or date < today), default=None)
    told = {name for entry in earlier for name in _completed(entry)}
    # What that run alone told, and archived, is not among the tasks any more; it is told again.
    moved = _archived(state) - told - {task["id"] for task in tasks}
    again = [name for entry in entries for name in _completed(entry) if name in moved]
    completed = list(dict.fromkeys(again)) + [
        task["id"]
        for task in tasks
        if task["done"]
        and task["id"] not in told
        and (task["completed_on"] is None or last is None or task["completed_on"] >= last)
    ]
    carried_over = [task["id"] for task in tasks if not task["done"]]
    overdue = [task["id"] for task in tasks if _is_overdue(task, today)]
    summary = {
        "carried_over": carried_over,
        "completed": completed,
        "counts": {
            "carried_over": len(carried_over),
            "completed": len(completed),
            "overdue": len(overdue),
        },
        "overdue": overdue,
        "since": last,
    }
    return state.set("daily", {**_daily(state), "summary": summary})


def _completed(entry: Mapping[str, Any]) -> list[str]:
    """What a log entry said was completed; an entry of another make says nothing."""
    summary = entry.get("summary")
    names = summary.get("completed") if type(summary) is dict else None
    return [name for name in names if type(name) is str] if type(names) is list else []


def _archived(state: Mapping[str, Any]) -> set[str]:
    """The ids of what is in the archive; what has none there is left alone."""
    tasks = [task for task in _listed(state, "archive") if type(task) is dict]
    return {task["id"] for task in tasks if type(task.get("id")) is str}


def prioritise(state: Any, call: OperationCall) -> Any:
    """``daily.priorities``: what was confirmed, in that order, then the most pressing open tasks."""
    today, daily = _today(state), _daily(state)
    confirmed = daily.get("confirmed")
    confirmed = [] if confirmed is None else confirmed
    if type(confirmed) is not list or not all(type(name) is str for name in confirmed):
        _fail("'daily.confirmed'", "a list of task ids or null", confirmed)
    open_tasks = {task["id"]: task for task in _tasks(state) if not task["done"]}
    ranked = sorted(
        open_tasks.values(),
        key=lambda task: (not _is_overdue(task, today), task["priority"], task["due"] or "9999-99-99", task["id"]),
    )
    # A confirmed task that is done by now, or gone, has no place among today's.
    order = [name for name in confirmed if name in open_tasks] + [task["id"] for task in ranked]
    chosen = list(dict.fromkeys(order))[: int(call.payload.get("max_priorities", DEFAULT_PRIORITIES))]
    return state.set("daily", {**daily, "priorities": chosen})


def _check_prioritise(payload: Mapping[str, Any]) -> str | None:
    most = payload.get("max_priorities", DEFAULT_PRIORITIES)
    if type(most) is not int or most < 0:
        return f"'max_priorities' must be a whole number from 0, found {thaw(most)!r}"
    return None


def log(state: Any, call: OperationCall) -> Any:
    """Adds today's entry to ``log``; one of the same date is replaced."""
    today, dates, daily = _today(state), [entry["date"] for entry in _log(state)], _daily(state)
    entry = {"date": today, "priorities": daily.get("priorities", []), "summary": daily.get("summary", {})}
    # On the state's own list, so that the other entries are not made anew.
    kept = state.get("log", _NONE)
    return state.set("log", kept.set(dates.index(today), entry) if today in dates else kept.append(entry))


def archive(state: Any, call: OperationCall) -> Any:
    """Moves done tasks from ``tasks`` to the end of ``archive``, as they are."""
    done = {task["id"] for task in _tasks(state) if task["done"]}
    _listed(state, "archive")
    if not done:
        return state
    moved = [task for task in state["tasks"] if task["id"] in done]
    kept = [task for task in state["tasks"] if task["id"] not in done]
    return state.set("tasks", kept).set("archive", state.get("archive", _NONE).extend(moved))


OPERATIONS = [
    Operation("daily_loop.summarise", summarise, None, "Sums up what was done since the last log entry."),
    Operation("daily_loop.prioritise", prioritise, _check_prioritise, "Chooses today's priorities."),
    Operation("daily_loop.log", log, None, "Logs the day's summary and priorities, one entry a date."),
    Operation("daily_loop.archive", archive, None, "Moves done tasks to the archive."),
]

MISSION = Mission(
    NAME,
    build,
    "Plans a day: confirms priorities, summarises, prioritises, logs and archives tasks.",
    params_schema=PARAMS,
    state_schema=STATE,
)
