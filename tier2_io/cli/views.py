"""Results that people read: a view of the final state for missions that have one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from tier2_core import MissionRegistryEntry, OrchestrationResult
from tier2_core.missions.announced import OWN_DISTRIBUTION
from tier2_io.screen import safe, say, say_table


def daily_loop(result: OrchestrationResult) -> None:
    """A planned day: what was confirmed, yesterday's summary, today's priorities."""
    executed = result.lineage["executed_step_ids"]
    state = result.final_state
    daily = state.get("daily") or {}
    there = [*state.get("archive", []), *state.get("tasks", [])]  # in an archive there may be anything
    tasks = {task["id"]: task for task in there if isinstance(task, dict) and isinstance(task.get("id"), str)}
    say(f"Day         {state.get('date') or 'no date is set; --set date=YYYY-MM-DD sets one'}")
    names = daily.get("confirmed")  # which only the step that follows looks at
    names = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    confirmed = [name if name in tasks else f"{name} (no such task)" for name in names]
    told = ", ".join(map(safe, confirmed)) or "nothing"
    asked = [answer["decision"] for answer in result.receipt["human"].values()]
    if "approved" not in asked:  # what stands there was confirmed on another day
        told = "nothing: nobody was asked" + (f"; still standing: {told}" if confirmed else "")
    say(f"Confirmed   {told}")
    if "daily-summarise-yesterday" in executed:
        summary = daily["summary"]
        counts = summary["counts"]
        since = f" since {summary['since']}" if summary["since"] else ""
        done, still_open, late = counts["completed"], counts["carried_over"], counts["overdue"]
        say(f"Summary     {done} completed{since}, {still_open} open, {late} overdue")
        for name, label in (("completed", "completed"), ("overdue", "overdue")):
            for task_id in summary[name]:
                say(f"            {label}: {safe(str(tasks.get(task_id, {}).get('title', task_id)))}")
    if "daily-generate-priorities" in executed:
        say()
        rows = [_row(place, tasks[name], state.get("date")) for place, name in enumerate(daily["priorities"], start=1)]
        if rows:
            say_table(("", "today's priorities", "id", "priority", "due", "tags"), rows)
        else:
            say("Priorities  none: no task is open")


def _row(place: int, task: Mapping[str, Any], today: str | None) -> tuple[Any, ...]:
    due = task.get("due") or ""
    late = " (overdue)" if due and today and due < today else ""
    return place, task["title"], task["id"], task.get("priority", 3), due + late, ", ".join(task.get("tags", []))


def run_tests(result: OrchestrationResult) -> None:
    """What the test documents in the state came to."""
    report = result.final_state["tests"]["report"]
    say(f"Verdict   {report['verdict']}: {report['passed']} of {report['selected']} passed")
    for name, failures in report["failures"].items():
        for failure in failures:
            say(f"  {safe(name)}: {safe(failure['id'])}: {safe(failure['details']['reason'])}")


_VIEWS: Mapping[str, tuple[str, Callable[[OrchestrationResult], None]]] = MappingProxyType(
    {"daily_loop": ("daily-summarise-yesterday", daily_loop), "run_tests": ("tests-report", run_tests)}
)


def view_of(entry: MissionRegistryEntry, result: OrchestrationResult) -> Callable[[OrchestrationResult], None] | None:
    """The view of a built-in mission, if the step was executed from which on the state is as the view expects."""
    step, view = _VIEWS.get(entry.name, ("", None))
    built_in = entry.distribution == OWN_DISTRIBUTION
    executed = (done.id for done in result.executed_steps)
    return view if built_in and result.success and step in executed else None
