"""Tests of the plugin as it is installed: ``python -m pip install -e '.[tests]'``."""

from typing import Any

import pytest

from tier2_core import ExecutionContext, consequences, load_registry, run_mission

REGISTRY = load_registry(only=["weekly_report"])


def asked(state: dict[str, Any]) -> Any:
    """The mission as far as it goes without an answer."""
    return run_mission("weekly_report", ExecutionContext(state, decisions=[]), registry=REGISTRY)


def test_a_person_sees_the_report_before_it_is_wanted() -> None:
    result = asked({"week": "2026-W10", "entries": [{"day": "Monday", "text": "Done."}]})
    (effect,) = consequences(result).approve.to_dict()["effects"]
    assert effect["data"] == {"path": "reports/2026-W10.md", "text": "# Week 2026-W10\n\n- Monday: Done.\n"}
    assert result.effects == []


@pytest.mark.parametrize(
    "state",
    [{}, {"week": "10", "entries": [{}]}, {"week": "2026-W10", "entries": []}, {"week": "2026-W10", "entries": [1]}],
)
def test_what_is_no_week_fails_the_step(state: dict[str, Any]) -> None:
    assert asked(state).failed_step_id == "compose"
