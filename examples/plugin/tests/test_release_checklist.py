"""Tests of the plugin as it is installed: ``python -m pip install -e '.[tests]'``."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tier2_core import (
    Decision,
    ExecutionContext,
    InvalidParamsError,
    InvalidSpecError,
    MissionSpec,
    OrchestrationResult,
    StepSpec,
    WorkflowDefinition,
    build_workflow,
    decision_table,
    load_registry,
    parse_test_document,
    run,
    run_mission,
    run_test_run,
)

HERE = Path(__file__).parent
REGISTRY = load_registry(only=["release_checklist"])
if "release" not in REGISTRY.missions:
    pytest.fail(
        "The plugin 'release_checklist' is not installed; install it first: python -m pip install -e '.[tests]'",
        pytrace=False,
    )
PROJECT: dict[str, Any] = json.loads((HERE.parent / "project.json").read_text(encoding="utf-8"))
READY = {**PROJECT, "checks": [{**check, "by": "ada"} for check in PROJECT["checks"]]}
YES = [Decision("notes", value="It starts at once.", actor="ada"), Decision("go", actor="grace")]


def released(state: dict[str, Any], level: str = "minor", decisions: Any = YES) -> OrchestrationResult:
    """What comes of a release that was said yes to."""
    return run_mission("release", ExecutionContext(state, decisions=decisions), {"level": level}, registry=REGISTRY)


def test_a_release_is_entered_and_the_next_one_begins() -> None:
    result = released({**READY, "other": [1]})
    assert result.success
    assert result.final_state == {
        "changes": [],
        "checks": [{**check, "by": None} for check in PROJECT["checks"]],
        "other": [1],
        "releases": [{"changes": PROJECT["changes"], "notes": "It starts at once.", "version": "1.5.0"}],
        "version": "1.5.0",
    }
    assert {step: answer["actor"] for step, answer in result.receipt["human"].items()} == {
        "notes": "ada",
        "go": "grace",
    }


@pytest.mark.parametrize(("level", "version"), [("major", "2.0.0"), ("minor", "1.5.0"), ("patch", "1.4.3")])
def test_the_version_follows_from_the_level(level: str, version: str) -> None:
    decisions = YES if level != "patch" else YES[1:]
    assert released(READY, level, decisions).final_state["version"] == version


def test_a_patch_is_noted_by_its_changes() -> None:
    (release,) = released(READY, "patch", YES[1:]).final_state["releases"]
    assert release["notes"] == "Starts twice as fast; Dates may lie in the past"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (PROJECT, "nobody has ticked 'docs'"),
        ({**READY, "changes": []}, "there is nothing to release: 'changes' is empty"),
        ({**READY, "version": "next"}, "'version' is 'next'; expected one as in '1.4.2'"),
        ({**READY, "checks": [{"title": "?"}]}, "'checks.0' is no check with an 'id'"),
        ({}, "'checks' is no list"),
    ],
)
def test_what_is_not_ready_is_not_released_and_nobody_is_asked(state: dict[str, Any], reason: str) -> None:
    result = released(state, decisions=[])
    assert result.error_message == f"Step 'ready' failed: {reason}"
    assert result.final_state == state


def test_every_answer_leads_where_it_should() -> None:
    workflow = build_workflow(MissionSpec("release", {"level": "major"}), registry=REGISTRY)
    paths = decision_table(workflow, ExecutionContext(READY, decisions=YES), registry=REGISTRY)
    assert [path.outcome.status for path in paths] == ["succeeded", "rejected", "rejected"]


def test_a_check_is_ticked_by_somebody() -> None:
    result = run_mission("release_check", {"id": "docs", "by": "ada"}, PROJECT, registry=REGISTRY)
    assert [check["by"] for check in result.final_state["checks"]] == ["ada", "ada", "grace"]
    result = run_mission("release_check", {"id": "docks", "by": "ada"}, PROJECT, registry=REGISTRY)
    assert result.error_message == (
        "Step 'tick' failed: there is no check 'docks'; there are 'docs', 'licences', 'tests'"
    )


@pytest.mark.parametrize(
    ("mission", "params"),
    [("release", {}), ("release", {"level": "huge"}), ("release_check", {"id": "docs"})],
)
def test_params_are_checked(mission: str, params: dict[str, Any]) -> None:
    with pytest.raises(InvalidParamsError):
        run_mission(mission, params, READY, registry=REGISTRY)


@pytest.mark.parametrize(
    "payload", [{"operation": "release.number", "level": "huge"}, {"operation": "release_check.tick", "id": "docs"}]
)
def test_steps_of_somebody_else_are_checked_before_anything_runs(payload: dict[str, Any]) -> None:
    workflow = WorkflowDefinition("w", [StepSpec("s", "runtime", payload)])
    with pytest.raises(InvalidSpecError):
        run(workflow, ExecutionContext(READY), registry=REGISTRY)


def test_the_suite_passes() -> None:
    document = tomllib.loads((HERE / "release.tier2.toml").read_text(encoding="utf-8"))
    outcome = run_test_run(*parse_test_document(document), registry=REGISTRY)
    assert outcome.passed, outcome.expectations_result.to_dict()
