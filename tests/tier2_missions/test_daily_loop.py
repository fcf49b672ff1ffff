"""daily_loop: its steps, its days as cases, what it refuses, and what a whole year of it never does."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tier2_core import (
    Decision,
    DecisionError,
    ExecutionContext,
    InvalidParamsError,
    MissionSpec,
    build_workflow,
    canonical_json,
    freeze,
    run_mission,
    same,
    thaw,
)
from tier2_missions import run_daily_loop
from tier2_missions.daily_loop import is_date

VECTORS = Path(__file__).parents[1] / "vectors" / "daily_loop"
DAYS, MALFORMED = (json.loads((VECTORS / f"{name}.json").read_text("utf-8")) for name in ("days", "malformed"))
CONFIRM = "daily-confirm-priorities"
WORK = ["daily-summarise-yesterday", "daily-generate-priorities", "daily-log-summary", "daily-archive"]
UNASKED = {"requested_steps": 5, "requested_human_steps": 0}  # all the work, and nobody is asked


# --- the steps ---------------------------------------------------------------------------------------


def planned(params: dict[str, Any]) -> list[str]:
    return [step.id for step in build_workflow(MissionSpec("daily_loop", params)).steps]


def model(steps: int, human: int) -> list[str]:
    """The step table, as the contract tells it."""
    steps, human = max(0, min(steps, 5)), max(0, min(human, 2))
    wanted = WORK if human == 0 else [CONFIRM, *WORK]
    return wanted[:steps] or ["daily-noop"]


@pytest.mark.parametrize("human", range(-1, 5))
@pytest.mark.parametrize("steps", range(-1, 8))
def test_requested_steps_are_upper_bounds_that_are_clamped(steps: int, human: int) -> None:
    params = {"requested_steps": steps, "requested_human_steps": human}
    assert planned(params) == model(steps, human)
    workflow = build_workflow(MissionSpec("daily_loop", params))
    kinds = {step.id: step.kind for step in workflow.steps}
    assert kinds == {name: "human" if name == CONFIRM else "runtime" for name in kinds}
    assert run_daily_loop(ExecutionContext({}), params).status == "succeeded"


@pytest.mark.parametrize(
    "params", [{}, {"requested_steps": None, "requested_human_steps": None, "max_priorities": None}, {"other": 1}]
)
def test_by_default_a_person_confirms_and_three_steps_follow(params: dict[str, Any]) -> None:
    assert planned(params) == [CONFIRM, *WORK[:3]]


def test_each_bound_has_its_own_default() -> None:
    assert planned({"requested_steps": 5}) == [CONFIRM, *WORK]
    assert planned({"requested_human_steps": 0}) == WORK
    assert planned({"requested_steps": 1e300, "requested_human_steps": -1e300}) == WORK


def test_the_workflow_and_the_question_are_named_as_the_contract_names_them() -> None:
    workflow = build_workflow(MissionSpec("daily_loop"))
    assert workflow.id == "wf-daily-loop"
    assert workflow.steps[0].to_dict()["payload"]["description"] == "Confirm today's priorities"


@pytest.mark.parametrize(
    "params",
    [
        {"requested_steps": "4"},
        {"requested_steps": 1.5},
        {"requested_human_steps": True},
        {"max_priorities": -1},
        {"max_priorities": 1e300},
        {"max_priorities": 2**53},
    ],
)
def test_params_that_are_no_bounds_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(InvalidParamsError, match=f"/{next(iter(params))}"):
        build_workflow(MissionSpec("daily_loop", params))


# --- days --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", DAYS, ids=lambda case: case["name"])
def test_a_day_comes_out_as_told(case: dict[str, Any]) -> None:
    decisions = [Decision(CONFIRM, value=case["confirmed"])] if "confirmed" in case else None
    result = run_daily_loop(ExecutionContext(case["state"], decisions=decisions), case.get("params"))
    assert result.error_message is None
    daily, log = result.final_state["daily"], result.final_state["log"]
    counts = {name: len(case["summary"][name]) for name in ("completed", "carried_over", "overdue")}
    assert daily["summary"] == {**case["summary"], "counts": counts}
    assert daily["priorities"] == case["priorities"]
    today = case["state"].get("date")
    entry = {"date": today, "priorities": daily["priorities"], "summary": daily["summary"]}
    assert [one for one in log if one["date"] == today] == [entry]
    assert [one for one in log if one["date"] != today] == [
        one for one in case["state"].get("log", []) if one["date"] != today
    ]
    if "confirmed" in case:
        assert daily["confirmed"] == case["confirmed"]


def test_an_entry_of_the_same_date_is_replaced_where_it_stands() -> None:
    log = [{"date": "2026-03-02", "note": "old"}, {"date": None}, {"date": "2026-03-03"}]
    result = run_daily_loop(ExecutionContext({"date": "2026-03-02", "log": log}))
    assert [entry["date"] for entry in result.final_state["log"]] == ["2026-03-02", None, "2026-03-03"]
    assert "note" not in result.final_state["log"][0]
    assert result.final_state["log"][1:] == log[1:]


def test_archiving_moves_done_tasks_as_they_are_to_the_end() -> None:
    done = [{"id": name, "title": "T", "done": True, "extra": {"of": name}} for name in "xy"]
    kept = {"id": "open", "title": "T", "more": 1}
    state = {"tasks": [done[0], kept, done[1]], "archive": ["anything", {"id": "x"}]}
    final = run_daily_loop(ExecutionContext(state), UNASKED).final_state
    assert final["tasks"] == [kept]
    assert final["archive"] == ["anything", {"id": "x"}, *done]


def test_what_is_not_the_days_business_is_left_alone() -> None:
    """Not merely equal: the very same objects."""
    state = {
        "date": "2026-03-02",
        "notes": {"deep": [1]},
        "daily": {"mine": {"x": 1}},
        "tasks": [{"id": "a", "title": "A"}],
    }
    context = ExecutionContext(state)
    result = run_daily_loop(context, UNASKED)
    for name in ("notes", "tasks", "date"):
        assert result.state[name] is context.initial_state[name]
    assert result.final_state["daily"]["mine"] == {"x": 1}
    assert "archive" not in result.state


def test_entries_and_tasks_that_are_not_touched_are_not_made_anew() -> None:
    """What a day costs is what it changes, so that a history of days can be kept."""
    task, done = {"id": "a", "title": "A"}, {"id": "b", "title": "B", "done": True}
    log = [{"date": "2026-03-01", "x": [1]}, {"date": "2026-03-02"}]
    for today in ("2026-03-02", "2026-03-03"):
        context = ExecutionContext({"date": today, "log": log, "tasks": [task, done], "archive": [{"id": "c"}]})
        before, after = context.initial_state, run_daily_loop(context, UNASKED).state
        assert after["log"][0] is before["log"][0]
        assert after["tasks"][0] is before["tasks"][0]
        assert after["archive"][0] is before["archive"][0]
        assert after["archive"][1] is before["tasks"][1]


def test_a_state_that_is_empty_becomes_one_that_can_go_on() -> None:
    first = run_daily_loop(ExecutionContext({}), UNASKED)
    assert sorted(first.final_state) == ["daily", "log"]
    assert run_daily_loop(ExecutionContext(first.final_state), UNASKED).final_state == first.final_state


@pytest.mark.parametrize("value", ["a", ["a", "a"], [1], {}, 1], ids=repr)
def test_a_confirmation_is_a_list_of_ids_or_null(value: Any) -> None:
    with pytest.raises(DecisionError) as caught:
        run_daily_loop(ExecutionContext({}, decisions=[Decision(CONFIRM, value=value)]))
    assert caught.value.reason == "invalid_value"


def test_without_an_answer_the_day_waits_and_a_refusal_ends_it() -> None:
    waiting = run_daily_loop(ExecutionContext({"tasks": []}, decisions=[]))
    assert (waiting.status, waiting.pending_step_id, waiting.final_state) == ("suspended", CONFIRM, {"tasks": []})
    refused = run_daily_loop(ExecutionContext({"tasks": []}, decisions=[Decision(CONFIRM, approved=False)]))
    assert (refused.status, refused.final_state) == ("rejected", {"tasks": []})


def test_run_daily_loop_is_run_mission() -> None:
    context = ExecutionContext({"tasks": [{"id": "a", "title": "A"}]})
    mine, theirs = run_daily_loop(context, UNASKED), run_mission("daily_loop", context, UNASKED)
    assert canonical_json(mine.to_dict()) == canonical_json(theirs.to_dict())


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case["name"])
def test_what_is_malformed_fails_the_step_that_meets_it_and_says_what(case: dict[str, Any]) -> None:
    context = ExecutionContext(case["state"])
    result = run_daily_loop(context, UNASKED)
    step = case.get("step", WORK[0])
    assert (result.status, result.failed_step_id) == ("failed", step)
    assert (result.error_message or "").startswith(f"Step '{step}' failed: {case['reason']}")
    assert all(result.state[name] is context.initial_state[name] for name in case["state"] if name != "daily")
    if step == WORK[0]:
        assert result.state is context.initial_state


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2000-02-29", True),
        ("2000-02-30", False),
        ("1900-02-29", False),
        ("2024-02-29", True),
        ("2026-02-29", False),
        ("2100-02-29", False),
        ("0001-01-01", True),
        ("0000-01-01", False),
        ("9999-12-31", True),
        ("10000-01-01", False),
        ("2026-3-2", False),
        ("2026-03-2", False),
        ("26-03-02", False),
        ("20260302", False),
        ("2026-W10-1", False),
        ("2026-061", False),
        ("2026-03-02T00:00", False),
        ("2026-03-02 ", False),
        ("-026-03-02", False),
        ("٢٠٢٦-٠٣-٠٢", False),
        ("", False),
        (20260302, False),
        (None, False),
        (True, False),
    ],
)
def test_a_date_is_written_in_one_way(text: Any, expected: bool) -> None:
    assert is_date(text) is expected


def test_what_was_done_on_the_day_that_ends_the_calendar_can_be_told() -> None:
    task = {"id": "a", "title": "A", "due": "0001-01-01"}
    result = run_daily_loop(ExecutionContext({"date": "9999-12-31", "tasks": [task]}), UNASKED)
    assert result.final_state["daily"]["summary"]["overdue"] == ["a"]


def test_every_step_says_what_it_does() -> None:
    for params in ({"requested_steps": 5}, {"requested_steps": 0}):
        for step in build_workflow(MissionSpec("daily_loop", params)).steps:
            assert len(step.to_dict()["payload"]["description"]) > 9


LEAP = st.dates(date(1, 1, 1), date(9999, 12, 31)) | st.integers(1, 9999).map(lambda y: date(y, 2, 28))


@given(day=LEAP)
def test_a_date_is_a_day_of_the_calendar(day: date) -> None:
    assert is_date(day.isoformat())
    year, month, number = day.isoformat().split("-")
    beyond = f"{year}-{month}-{int(number) + 1:02}"
    following = day + timedelta(days=1) if day < date(9999, 12, 31) else date(1, 1, 1)
    assert is_date(beyond) is (following.isoformat() == beyond)


@given(text=st.text(st.sampled_from("0129-/T:+ ٢\n"), max_size=11))
def test_what_the_calendar_cannot_read_is_no_date(text: str) -> None:
    if is_date(text):
        assert date.fromisoformat(text).isoformat() == text


# --- a year of days ----------------------------------------------------------------------------------

PARAMS: tuple[dict[str, Any], ...] = (
    UNASKED,
    {},
    {"requested_steps": 5},
    {"requested_steps": 3, "requested_human_steps": 0},
    {**UNASKED, "max_priorities": 1},
)
DAY = st.fixed_dictionaries(
    {
        "gap": st.integers(1, 3),
        "new": st.lists(st.tuples(st.integers(1, 4), st.none() | st.integers(-2, 5)), max_size=3),
        "done": st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["null", "last", "today"])), max_size=3),
        "params": st.sampled_from(PARAMS),
        "again": st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["null", "last", "today"])), max_size=2),
        "twice": st.booleans(),
    }
)
YEAR = [
    {
        "gap": 1,
        "new": [(n % 4 + 1, n % 7 - 2), (n % 3 + 1, None)][: n % 3],
        "done": [(n % 5, ("null", "last", "today")[n % 3])] * (n % 4),
        "params": PARAMS[n % 5],
        "again": [(n % 4, "null")] if n % 11 == 0 else [],
        "twice": n % 7 == 0,
    }
    for n in range(365)
]


def complete(tasks: list[dict[str, Any]], chosen: list[tuple[int, str]], days: dict[str, str | None]) -> set[str]:
    """Marks chosen open tasks as done; their ids."""
    ids = set()
    for number, when in chosen:
        open_tasks = [task for task in tasks if not task.get("done")]
        if open_tasks:
            task = open_tasks[number % len(open_tasks)]
            task.update(done=True, completed_on=days[when])
            ids.add(task["id"])
    return ids


def run_day(state: Any, params: dict[str, Any], *, twice: bool) -> Any:
    result = run_daily_loop(ExecutionContext(state), params)
    assert result.error_message is None
    if twice:
        again = run_daily_loop(ExecutionContext(result.state), params)
        assert same(again.state, result.state), "the same day twice is the same as once"
    return result.state


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days=st.lists(DAY, max_size=9))
@example(days=YEAR)
def test_in_a_year_of_days_nothing_is_lost_doubled_or_told_twice(days: list[dict[str, Any]]) -> None:
    state: Any = freeze({"notes": {"left": ["alone"]}, "tasks": [], "archive": [], "log": []})
    today, last = date(2025, 12, 30), None
    ever: dict[str, dict[str, Any]] = {}
    told: list[tuple[str, set[str]]] = []
    for plan in days:
        today += timedelta(days=plan["gap"])
        day, tasks = today.isoformat(), thaw(state["tasks"])
        for priority, due in plan["new"]:
            when = None if due is None else (today + timedelta(days=due)).isoformat()
            tasks.append({"id": f"t{len(ever):03}", "title": "T", "priority": priority, "due": when})
            ever[tasks[-1]["id"]] = {}
        completed = complete(tasks, plan["done"], {"null": None, "today": day, "last": last or day})
        ever |= {task["id"]: dict(task) for task in tasks}
        state = run_day(state.set("date", day).set("tasks", tasks), plan["params"], twice=plan["twice"])
        tasks = thaw(state["tasks"])
        more = complete(tasks, plan["again"], {"null": None, "today": day, "last": day})
        if more:  # the day is run again after more was done
            ever |= {task["id"]: dict(task) for task in tasks}
            state = run_day(state.set("tasks", tasks), plan["params"], twice=plan["twice"])
        told.append((day, completed | more))
        last = day

        tasks, archive = thaw(state["tasks"]), thaw(state["archive"])
        assert {task["id"]: task for task in tasks + archive} == ever
        assert len(tasks) + len(archive) == len(ever)
        assert all(task["done"] for task in archive)
        still_open = [task for task in tasks if not task.get("done")]
        assert plan["params"] not in (PARAMS[0], PARAMS[2]) or still_open == tasks
        overdue = [task["id"] for task in still_open if task["due"] is not None and task["due"] < day]
        assert thaw(state["daily"]["summary"]["overdue"]) == overdue
    log = thaw(state["log"])
    assert [(entry["date"], set(entry["summary"]["completed"])) for entry in log] == told
    names = [name for entry in log for name in entry["summary"]["completed"]]
    assert sorted(names) == sorted(name for name, task in ever.items() if task.get("done"))
    assert thaw(state["notes"]) == {"left": ["alone"]}
