"""run_tests: what is discovered, how it comes out, what is broken, and how deep it nests."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tier2_core import (
    BUILTINS,
    EnvelopeViolation,
    ExecutionContext,
    InvalidParamsError,
    MissionSpec,
    OrchestrationResult,
    Orchestrator,
    StepSpec,
    WorkflowDefinition,
    build_workflow,
    canonical_json,
    default_registry,
    run,
    run_mission,
    run_test_run_from_config,
)


def document(*scenarios: str, fails: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A test document that echoes once a scenario, with one expectation that holds and some that do not."""
    expectations = [
        {
            "id": name,
            "scenario_name": scenarios[0],
            "mission_name": "echo",
            "path": "status",
            "op": op,
            "expected": "failed",
        }
        for name, op in [("holds", "ne"), *((name, "eq") for name in fails)]
    ]
    listed = [{"scenario_name": name, "initial_state": {"n": 1}, "missions": [{"name": "echo"}]} for name in scenarios]
    return {"suite_name": "suite", "scenarios": listed, "expectations": expectations, **more}


SUITES = {
    "morning": document("coffee", "walk"),
    "evening": document("walk", "tea"),
    "night": document("sleep", fails=("x", "a")),
}


def ran(suites: Any = SUITES, **params: Any) -> OrchestrationResult:
    return run_mission("run_tests", params, {"suites": suites, "else": [1]})


# --- the plan ----------------------------------------------------------------------------------------


def test_the_plan_is_three_steps_and_no_person() -> None:
    workflow = build_workflow(MissionSpec("run_tests"))
    assert workflow.id == "wf-run-tests"
    assert [(step.id, step.kind) for step in workflow.steps] == [
        ("tests-discover", "runtime"),
        ("tests-execute", "runtime"),
        ("tests-report", "runtime"),
    ]


@pytest.mark.parametrize("params", [{"target": 1}, {"target": ["a"]}, {"strict": 1}, {"strict": "yes"}])
def test_params_of_a_wrong_type_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(InvalidParamsError, match=f"/{next(iter(params))}"):
        build_workflow(MissionSpec("run_tests", params))


# --- discover ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "selected"),
    [
        ("all", ["evening", "morning", "night"]),
        (None, ["evening", "morning", "night"]),
        ("*", ["evening", "morning", "night"]),
        ("morning", ["morning"]),
        ("*ning", ["evening", "morning"]),
        ("[mn]*", ["morning", "night"]),
        ("n?ght", ["night"]),
        ("walk", ["evening", "morning"]),
        ("co*", ["morning"]),
        ("t??", ["evening"]),
        ("MORNING", []),
        ("morn", []),
        ("suite", []),
        ("", []),
        ("[", []),
    ],
)
def test_a_document_is_selected_by_its_name_or_by_a_scenario(target: str | None, selected: list[str]) -> None:
    result = ran(target=target)
    assert result.final_state["tests"]["selected"] == selected
    assert sorted(result.final_state["tests"]["report"]["hashes"]) == selected
    assert result.final_state["tests"]["report"]["selected"] == len(selected)


def test_all_is_the_default_target() -> None:
    assert canonical_json(ran().final_state) == canonical_json(ran(target="all").final_state)


@pytest.mark.parametrize("state", [{}, {"suites": {}}, {"suites": SUITES}])
def test_where_nothing_is_selected_the_verdict_is_no_tests(state: dict[str, Any]) -> None:
    result = run_mission("run_tests", {"target": "nothing like it", "strict": True}, state)
    assert result.success
    assert result.final_state["tests"]["report"] == {
        "failed": 0,
        "failures": {},
        "hashes": {},
        "passed": 0,
        "selected": 0,
        "verdict": "no_tests",
    }


# --- execute and report ------------------------------------------------------------------------------


def test_the_report_tells_how_each_document_came_out() -> None:
    report = ran().final_state["tests"]["report"]
    assert (report["selected"], report["passed"], report["failed"], report["verdict"]) == (3, 2, 1, "failed")
    assert [failure["id"] for failure in report["failures"]["night"]] == ["x", "a"]
    assert list(report["failures"]) == ["night"]
    outcomes = {name: run_test_run_from_config(made, made) for name, made in SUITES.items()}
    assert report["hashes"] == {name: made.metadata["test_run_hash"] for name, made in outcomes.items()}
    night = outcomes["night"].expectations_result.expectation_results.values()
    failures = [one.to_dict() for one in night if not one.passed]
    assert report["failures"]["night"] == failures


def test_where_all_pass_the_verdict_is_passed() -> None:
    report = ran(target="walk", strict=True).final_state["tests"]["report"]
    assert (report["passed"], report["failed"], report["verdict"]) == (2, 0, "passed")


def test_results_and_report_are_all_that_is_written() -> None:
    context = ExecutionContext({"suites": SUITES, "else": [1]})
    result = run_mission("run_tests", context)
    assert sorted(result.final_state) == ["else", "suites", "tests"]
    assert all(result.state[name] is context.initial_state[name] for name in ("else", "suites"))


def test_a_second_run_forgets_the_first() -> None:
    again = run_mission("run_tests", {"target": "morning"}, ran().final_state)
    once = ran(target="morning")
    assert canonical_json(again.final_state) == canonical_json(once.final_state)


@pytest.mark.parametrize("strict", [False, None])
def test_a_failing_expectation_is_a_result_and_no_failure_unless_strict(strict: bool | None) -> None:
    assert ran(strict=strict).success


def test_a_failing_expectation_fails_the_report_when_strict() -> None:
    result = ran({**SUITES, "other": document("s", fails=("y",))}, strict=True)
    assert (result.status, result.failed_step_id) == ("failed", "tests-report")
    assert result.error_message == "Step 'tests-report' failed: expectations failed in night: x, a; other: y"
    assert "report" not in result.final_state["tests"]


# --- what is broken ----------------------------------------------------------------------------------

BROKEN_SCENARIO = {"scenario_name": "s", "initial_state": {}, "missions": [{"name": "ecko"}]}
ASKED = {
    "scenario_name": "s",
    "initial_state": {},
    "missions": [{"name": "daily_loop", "decisions": [{"step_id": "?"}]}],
}
ANSWERED: dict[str, Any] = {
    "scenario_name": "s",
    "initial_state": {},
    "missions": [{"name": "daily_loop", "decisions": [{"step_id": "daily-confirm-priorities", "value": 1}]}],
}
REFUSED: dict[str, Any] = {
    "scenario_name": "s",
    "initial_state": {},
    "missions": [{"name": "daily_loop", "params": {"max_priorities": "all"}}],
}
UNRESOLVED = {"id": "e", "scenario_name": "s", "mission_name": "echo", "path": "", "op": "matches"} | {
    "expected": {"$ref": "https://example.org/schema"}
}


@pytest.mark.parametrize(
    ("broken", "messages"),
    [
        ({}, ["Missing required field 'suite_name'; Missing required field 'scenarios'; Missing"]),
        (document("s", scenarios=[{}]), ["scenarios.0: Missing required field 'scenario_name'"]),
        (document("s", expectations=[{"op": "like"}]), ["expectations.0: Invalid value for 'op': 'like'"]),
        (document("s", scenarios=[BROKEN_SCENARIO]), ["Unknown mission 'ecko'", "did you mean 'echo'"]),
        (document("s", scenarios=[ASKED]), ["no human step '?'"]),
        (document("s", scenarios=[ANSWERED]), ["does not meet the step's schema"]),
        (document("s", scenarios=[REFUSED]), ["refuses its params", "max_priorities"]),
        (document("s", expectations=[UNRESOLVED]), ["$ref to 'https://example.org/schema'"]),
    ],
    ids=["empty", "scenario", "expectation", "mission", "decision", "answer", "params", "schema"],
)
def test_a_document_that_cannot_be_run_fails_execute_and_is_named(broken: dict[str, Any], messages: list[str]) -> None:
    result = ran({"fine": document("s"), "broken one": broken})
    assert (result.status, result.failed_step_id) == ("failed", "tests-execute")
    assert "the test document 'broken one' cannot be run: " in (result.error_message or "")
    for message in messages:
        assert message in (result.error_message or "")
    assert "\n" not in (result.error_message or "")
    assert result.final_state["tests"] == {"selected": ["broken one", "fine"]}


def test_a_broken_document_that_is_not_selected_does_no_harm() -> None:
    assert ran({"fine": document("s"), "broken": {"scenarios": 1}, "other": {"scenarios": [1]}}, target="fine").success


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"suites": []}, "'suites' must map names to test documents"),
        ({"suites": None}, "'suites' must map names to test documents"),
        ({"suites": {"a": document("s"), "b": []}}, "no test document under 'b'"),
        ({"suites": {}, "tests": ["mine"]}, "'tests' is what run_tests writes to"),
    ],
)
def test_a_state_that_holds_no_documents_fails_discover_and_is_left_alone(state: dict[str, Any], message: str) -> None:
    result = run_mission("run_tests", {}, state)
    assert (result.failed_step_id, result.final_state) == ("tests-discover", state)
    assert message in (result.error_message or "")


def deep(levels: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(levels):
        made = {"a": made}
    return made


def test_findings_too_deep_for_a_state_fail_execute_and_break_nothing() -> None:
    listed = [{"scenario_name": "s", "initial_state": deep(57), "missions": [{"name": "echo"}]}]
    wanted = [{"id": "e", "scenario_name": "s", "mission_name": "echo", "path": "", "op": "absent"}]
    result = ran({"deep": document("s", scenarios=listed, expectations=wanted)})
    assert (result.status, result.failed_step_id) == ("failed", "tests-execute")
    assert "nesting deeper than 64" in (result.error_message or "")


# --- the registry ------------------------------------------------------------------------------------


def test_a_registry_without_missions_fails_execute_clearly() -> None:
    registry: Any = SimpleNamespace(operations=default_registry().operations)
    workflow = build_workflow(MissionSpec("run_tests"))
    result = run(workflow, ExecutionContext({"suites": SUITES}), registry=registry)
    assert (result.status, result.failed_step_id) == ("failed", "tests-execute")
    assert "this run knows no missions; hand it a registry" in (result.error_message or "")


def test_the_built_in_operations_alone_do_not_know_the_mission() -> None:
    with pytest.raises(EnvelopeViolation, match=r"run_tests\.discover.*default_registry"):
        run(build_workflow(MissionSpec("run_tests")), ExecutionContext({}), registry=BUILTINS)


def test_the_engine_runs_it_as_the_mission_does() -> None:
    context = ExecutionContext({"suites": SUITES})
    made = Orchestrator().run_workflow(build_workflow(MissionSpec("run_tests")), context)
    assert canonical_json(made.to_dict()) == canonical_json(run_mission("run_tests", context).to_dict())


def test_a_target_that_is_none_is_refused_before_anything_runs() -> None:
    step = StepSpec("d", "runtime", {"operation": "run_tests.discover", "target": 1})
    with pytest.raises(ValueError, match="'target' must be a glob or 'all', found 1"):
        run(WorkflowDefinition("w", [step]), ExecutionContext({}), registry=default_registry())


# --- nesting -----------------------------------------------------------------------------------------


def nested(levels: int, innermost: list[dict[str, Any]]) -> dict[str, Any]:
    """A state whose documents run ``run_tests``, and those theirs; the innermost has its own expectations."""
    if levels == 1:
        return {"suites": {"leaf": document("s")}}
    inner = nested(levels - 1, innermost)
    scenario = {"scenario_name": "s", "initial_state": inner, "missions": [{"name": "run_tests"}]}
    verdict = {"id": "verdict", "scenario_name": "s", "mission_name": "run_tests", "op": "eq", "expected": "passed"}
    verdict["path"] = "final_state.tests.report.verdict"
    wanted = innermost if levels == 2 else [verdict]
    return {"suites": {f"level {levels}": document("s", scenarios=[scenario], expectations=wanted)}}


def of_innermost(path: str, op: str, expected: Any) -> dict[str, Any]:
    return {"id": path, "scenario_name": "s", "mission_name": "run_tests", "path": path, "op": op, "expected": expected}


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_three_levels_of_test_runs_work(levels: int) -> None:
    innermost = [of_innermost("status", "eq", "succeeded"), of_innermost("final_state.tests.report.passed", "eq", 1)]
    result = run_mission("run_tests", {"strict": True}, nested(levels, innermost))
    assert result.error_message is None
    assert result.final_state["tests"]["report"]["verdict"] == "passed"


def test_the_fourth_level_fails_and_says_why() -> None:
    innermost = [
        of_innermost("failed_step_id", "eq", "tests-execute"),
        of_innermost("error_message", "contains", "test runs are nested more than 3 levels deep"),
    ]
    assert run_mission("run_tests", {"strict": True}, nested(4, innermost)).error_message is None
    wrong = run_mission("run_tests", {}, nested(4, [of_innermost("status", "eq", "succeeded")]))
    assert wrong.final_state["tests"]["report"]["verdict"] == "failed"


@pytest.mark.parametrize("operation", ["run_tests.execute", "run_tests.report"])
@pytest.mark.parametrize(
    "tests",
    [{"selected": 5}, {"selected": [5]}, {"results": 5}, {"results": {"a": {}}}, {"results": {"a": {"passed": True}}}],
)
def test_its_operations_fail_their_step_on_what_they_did_not_write(operation: str, tests: dict[str, Any]) -> None:
    step = StepSpec("s", "runtime", {"operation": operation})
    result = run(WorkflowDefinition("w", [step]), ExecutionContext({"tests": tests}), registry=default_registry())
    if not (operation == "run_tests.report" and tests == {"selected": [5]}):
        assert result.status == "failed"
        assert "run its steps in their order" in str(result.error_message) or "does not have" in str(
            result.error_message
        )
