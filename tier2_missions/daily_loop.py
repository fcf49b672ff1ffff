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

from collections.abc import Mapping
from typing import Any

from tier2_core import (
    ExecutionContext,
    InvalidValueError,
    Mission,
    Operation,
    OperationCall,
    OrchestrationResult,
    StepFailed,
    StepSpec,
    WorkflowDefinition,
    canonical_json,
    freeze,
    run_mission,
)
from tier2_missions.daily_schemas import PARAMS, STATE
from tier2_missions.daily_state import (
    Task,
    archive_of,
    confirmed_of,
    cut,
    daily_of,
    is_date,
    log_of,
    tasks_of,
    today_of,
    told_as,
)

__all__ = ["MISSION", "NAME", "OPERATIONS", "is_date", "run_daily_loop"]

NAME = "daily_loop"
DEFAULT_STEPS, MOST_STEPS = 4, 5
DEFAULT_HUMAN_STEPS, MOST_HUMAN_STEPS = 1, 2
DEFAULT_PRIORITIES = 3

_CONFIRM = StepSpec(
    "daily-confirm-priorities",
    "human",
    {
        "description": "Confirm today's priorities",
        "highlights": ["daily.priorities"],
        "ids_of": "tasks",
        "into": "daily.confirmed",
        "schema": {
            "description": "Ids of tasks in the order in which they come first; null leaves the order to tier2.",
            "type": ["array", "null"],
            "items": {"type": "string"},
            "uniqueItems": True,
        },
    },
)
_NOTHING = StepSpec("daily-noop", "runtime", {"operation": "noop", "description": "Do nothing, as no step is wanted"})


def build(params: Mapping[str, Any]) -> WorkflowDefinition:
    """The day's steps: the human one, if it is wanted, and as many runtime ones as there is room for."""
    total = _clamped(params.get("requested_steps"), DEFAULT_STEPS, MOST_STEPS)
    human = min(_clamped(params.get("requested_human_steps"), DEFAULT_HUMAN_STEPS, MOST_HUMAN_STEPS), total)
    most = params.get("max_priorities")
    most = DEFAULT_PRIORITIES if most is None else most
    runtime = [
        _step("daily-summarise-yesterday", "summarise", "Sum up what was done since the last log entry"),
        _step("daily-generate-priorities", "prioritise", "Choose today's priorities", max_priorities=most),
        _step("daily-log-summary", "log", "Log today's summary and priorities"),
        _step("daily-archive", "archive", "Move done tasks to the archive"),
    ]
    steps = [_CONFIRM][:human] + runtime
    return WorkflowDefinition("wf-daily-loop", steps[:total] or [_NOTHING])


def _step(step_id: str, verb: str, description: str, **payload: Any) -> StepSpec:
    return StepSpec(step_id, "runtime", {"operation": f"daily_loop.{verb}", "description": description, **payload})


def _clamped(wanted: int | None, default: int, most: int) -> int:
    return default if wanted is None else max(0, min(int(wanted), most))


def run_daily_loop(ctx: ExecutionContext, params: Mapping[str, Any] | None = None) -> OrchestrationResult:
    """Run the mission ``daily_loop`` in a context.

    Raises :class:`InvalidSpecError` for what is no context or no params, :class:`InvalidParamsError` for params that
    the mission refuses, and :class:`DecisionError` for a decision that does not fit.

    >>> state = {"date": "2026-03-02", "tasks": [{"id": "a", "title": "Write to Ada"}]}
    >>> run_daily_loop(ExecutionContext(state)).final_state["daily"]["priorities"]
    ['a']
    """
    return run_mission(NAME, ctx=ctx, params=params)


# --- the operations ----------------------------------------------------------------------------------

_NONE: Any = freeze([])


def _is_overdue(task: Task, today: str | None) -> bool:
    return not task["done"] and task["due"] is not None and today is not None and task["due"] < today


def _with(state: Any, name: str, value: Any) -> Any:
    """The state with what a step found under a name."""
    try:
        return freeze(state.set(name, value))
    except InvalidValueError as error:  # it was put deeper than a document may be
        raise StepFailed(f"what the step found cannot be kept at '{name}': {str(error).rstrip('.')}") from error


def summarise(state: Any, call: OperationCall) -> Any:
    """``daily.summary``: completed since the last log entry, carried over (still open), overdue, counts."""
    today, tasks, entries, archived = today_of(state), tasks_of(state), log_of(state), archive_of(state)
    # An entry of today is from an earlier run of the same day, which this one replaces.
    earlier = [entry for entry in entries if entry["date"] != today]
    dates = [entry["date"] for entry in earlier if entry["date"] is not None]
    last = max((date for date in dates if today is None or date < today), default=None)
    told = _told(earlier)
    # What the earlier run of today told, and archived, is not among the tasks any more; it is told again.
    present = {task["id"] for task in tasks}
    again = [
        name
        for entry in entries
        if entry["date"] == today
        for name in told_as("completed", entry)
        if name in archived and name not in present and not _is_told(archived[name], told, today)
    ]
    completed = list(dict.fromkeys(again)) + [
        task["id"]
        for task in tasks
        if task["done"]
        and not _is_told(task, told, today)
        and (task["completed_on"] is None or last is None or task["completed_on"] >= last)
    ]
    carried_over = [task["id"] for task in tasks if not task["done"]]
    overdue = [task["id"] for task in tasks if _is_overdue(task, today)]
    summary = {
        "carried_over": carried_over,
        "completed": completed,
        "counts": {"carried_over": len(carried_over), "completed": len(completed), "overdue": len(overdue)},
        "overdue": overdue,
        "since": last,
    }
    return _with(state, "daily", {**daily_of(state), "summary": summary})


def _told(entries: list[dict[str, Any]]) -> dict[str, str | None]:
    """The tasks that were told as completed, each with the date of that entry, and are not open again since."""
    told: dict[str, str | None] = {}
    for entry in entries:
        for name in told_as("carried_over", entry):
            told.pop(name, None)
        told |= dict.fromkeys(told_as("completed", entry), entry["date"])
    return told


def _is_told(task: Task, told: Mapping[str, str | None], today: str | None) -> bool:
    """Whether a done task was told already, and has not been reopened and done again since then."""
    if task["id"] not in told:
        return False
    then, done = told[task["id"]], task["completed_on"]
    return None in (then, done, today) or not then < done <= today


def prioritise(state: Any, call: OperationCall) -> Any:
    """``daily.priorities``: what was confirmed, in that order, then the most pressing open tasks."""
    today, daily = today_of(state), daily_of(state)
    confirmed = confirmed_of(daily)
    open_tasks = {task["id"]: task for task in tasks_of(state) if not task["done"]}
    ranked = sorted(
        open_tasks.values(),
        key=lambda task: (not _is_overdue(task, today), task["priority"], task["due"] or "9999-99-99", task["id"]),
    )
    # A confirmed task that is done by now, or gone, has no place among today's.
    order = [name for name in confirmed if name in open_tasks] + [task["id"] for task in ranked]
    chosen = list(dict.fromkeys(order))[: int(call.payload.get("max_priorities", DEFAULT_PRIORITIES))]
    return _with(state, "daily", {**daily, "priorities": chosen})


def _check_prioritise(payload: Mapping[str, Any]) -> str | None:
    most = payload.get("max_priorities", DEFAULT_PRIORITIES)
    if type(most) is not int or most < 0:
        return f"'max_priorities' must be a whole number from 0, found {cut(canonical_json(most).decode())}"
    return None


def log(state: Any, call: OperationCall) -> Any:
    """Adds today's entry to ``log``; one of the same date is replaced."""
    today, dates, daily = today_of(state), [entry["date"] for entry in log_of(state)], daily_of(state)
    entry = {"date": today, "priorities": daily.get("priorities", []), "summary": daily.get("summary", {})}
    # On the state's own list, so that the other entries are not made anew.
    kept = state.get("log", _NONE)
    return _with(state, "log", kept.set(dates.index(today), entry) if today in dates else kept.append(entry))


def archive(state: Any, call: OperationCall) -> Any:
    """Moves done tasks from ``tasks`` to the end of ``archive``, as they are."""
    done = {task["id"] for task in tasks_of(state) if task["done"]}
    archive_of(state)
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
    version="2",
    params_schema=PARAMS,
    state_schema=STATE,
)
