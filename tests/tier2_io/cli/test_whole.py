"""Nothing is cut where a run, a plan, a record or a difference is told; JSON has all of it anyway."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tier2_io.conftest import Tier2

MANY = {f"k{number:03}": "x" * 100 + str(number) for number in range(60)}


@pytest.fixture
def states(tmp_path: Path) -> None:
    for name, state in (("a", {}), ("b", {"echoed": MANY})):
        (tmp_path / f"{name}.json").write_text(json.dumps(state))


@pytest.mark.usefixtures("states")
def test_a_plan_a_story_and_a_difference_are_told_whole(tier2: Tier2) -> None:
    params = [f"--param=all={json.dumps(MANY)}"]
    tier2("run", "echo", "--state", "a.json", "--record", "one.json")
    tier2("run", "echo", "--state", "b.json", *params, "--record", "two.json")
    for command in (["plan", "echo", *params], ["show", "two.json"], ["diff", "one.json", "two.json"]):
        text = "".join(tier2(*command).stdout.split())  # the table of a plan folds what is long
        assert all(value in text for value in MANY.values()), command


def test_a_run_and_the_ways_that_it_can_go_are_told_whole(tier2: Tier2, tmp_path: Path) -> None:
    tasks = [{"id": f"id{number}", "title": value, "done": True} for number, value in enumerate(MANY.values())]
    (tmp_path / "s.json").write_text(json.dumps({"date": "2026-03-02", "tasks": tasks}))
    day = ("daily_loop", "--state", "s.json", "--param", "requested_steps=5")
    for command in (("run", *day), ("explore", *day)):
        text = tier2(*command).stdout
        for task in tasks:
            assert f"'{task['title']}' ({task['id']})  {json.dumps(task, sort_keys=True)}" in text
