"""Results that people read: a view of the final state for missions that have one.

A state may hold anything where its mission does not look: what is read here is taken as it is found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from tier2_core import MissionRegistryEntry, OrchestrationResult
from tier2_core.missions.announced import OWN_DISTRIBUTION
from tier2_io.cli.changes import whole
from tier2_io.screen import safe, say, say_table


def daily_loop(result: OrchestrationResult) -> None:
    """A planned day: what was confirmed, yesterday's summary, today's priorities."""
    executed = result.lineage["executed_step_ids"]
    state = result.final_state
    daily, today = _object(state.get("daily")), state.get("date")
    tasks = {task["id"]: task for task in (*_tasks(state, "archive"), *_tasks(state, "tasks"))}
    say(f"Day         {'no date is set; --set date=YYYY-MM-DD sets one' if today is None else _told(today)}")
    confirmed = [
        _told(name) + ("" if _is(name, tasks) else " (no such task)") for name in _list(daily.get("confirmed"))
    ]
    told = ", ".join(confirmed) or "nothing"
    asked = [answer["decision"] for answer in result.receipt["human"].values()]
    if "approved" not in asked:  # what stands there was confirmed on another day
        told = "nothing: nobody was asked" + (f"; still standing: {told}" if confirmed else "")
    say(f"Confirmed   {told}")
    if "daily-summarise-yesterday" in executed:
        summary = _object(daily.get("summary"))
        counts = _object(summary.get("counts"))
        since = f" since {_told(summary['since'])}" if summary.get("since") else ""
        done, still_open, late = (_told(counts.get(name, 0)) for name in ("completed", "carried_over", "overdue"))
        say(f"Summary     {done} completed{since}, {still_open} open, {late} overdue")
        for label in ("completed", "overdue"):
            for name in _list(summary.get(label)):
                say(f"            {label}: {_told(tasks[name].get('title', name) if _is(name, tasks) else name)}")
    if "daily-generate-priorities" in executed:
        say()
        chosen = [tasks[name] for name in _list(daily.get("priorities")) if _is(name, tasks)]
        rows = [_row(place, task, today) for place, task in enumerate(chosen, start=1)]
        if rows:
            say_table(("", "today's priorities", "id", "priority", "due", "tags"), rows)
        else:
            say("Priorities  none: no task is open")


def _row(place: int, task: Mapping[str, Any], today: Any) -> tuple[Any, ...]:
    due = task.get("due") or ""
    late = " (overdue)" if isinstance(due, str) and due and isinstance(today, str) and due < today else ""
    words = (_told(task.get("title", "")), _told(task["id"]), task.get("priority", 3), _told(due) + late)
    return place, *words, ", ".join(map(_told, _list(task.get("tags"))))


def run_tests(result: OrchestrationResult) -> None:
    """What the test documents in the state came to."""
    report = _object(_object(result.final_state.get("tests")).get("report"))
    passed, selected = _told(report.get("passed", 0)), _told(report.get("selected", 0))
    say(f"Verdict   {_told(report.get('verdict', ''))}: {passed} of {selected} passed")
    for name, failures in _object(report.get("failures")).items():
        for failure in map(_object, _list(failures)):
            reason = _object(failure.get("details")).get("reason", "")
            say(f"  {safe(name)}: {_told(failure.get('id', ''))}: {_told(reason)}")


def _told(value: Any) -> str:
    """A text as it is, anything else as JSON; safe either way."""
    return safe(value) if isinstance(value, str) else whole(value)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _tasks(state: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    tasks = map(_object, _list(state.get(name)))
    return [task for task in tasks if isinstance(task.get("id"), str)]


def _is(name: Any, tasks: Mapping[str, Any]) -> bool:
    return isinstance(name, str) and name in tasks


_VIEWS: Mapping[str, tuple[str, Callable[[OrchestrationResult], None]]] = MappingProxyType(
    {"daily_loop": ("daily-summarise-yesterday", daily_loop), "run_tests": ("tests-report", run_tests)}
)


def view_of(entry: MissionRegistryEntry, result: OrchestrationResult) -> Callable[[OrchestrationResult], None] | None:
    """The view of a built-in mission, if the step was executed from which on the state is as the view expects."""
    step, view = _VIEWS.get(entry.name, ("", None))
    built_in = entry.distribution == OWN_DISTRIBUTION
    executed = (done.id for done in result.executed_steps)
    return view if built_in and result.success and step in executed else None
