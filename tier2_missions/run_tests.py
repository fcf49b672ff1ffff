"""run_tests: runs tier2's own test runs, purely, over the test documents that the state holds.

``suites`` maps names to test documents; ``tests`` gets ``selected`` (names), ``results`` (one a name) and
``report``. A suite may itself run ``run_tests``, down to three levels.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from tier2_core import (
    CallerError,
    DecisionError,
    HasMissions,
    InvalidValueError,
    Mission,
    MissionRegistryEntry,
    Operation,
    OperationCall,
    StepFailed,
    StepSpec,
    WorkflowDefinition,
    freeze,
    thaw,
)

NAME = "run_tests"
MOST_LEVELS = 3


def build(params: Mapping[str, Any]) -> WorkflowDefinition:
    """Discover, execute, report; no human step."""
    target, strict = params.get("target"), params.get("strict")
    steps = [
        StepSpec(
            "tests-discover",
            "runtime",
            {
                "operation": "run_tests.discover",
                "description": "Select test documents by name or scenario",
                "target": "all" if target is None else target,
            },
        ),
        StepSpec(
            "tests-execute",
            "runtime",
            {"operation": "run_tests.execute", "description": "Run the selected test documents"},
        ),
        StepSpec(
            "tests-report",
            "runtime",
            {"operation": "run_tests.report", "description": "Report how they came out", "strict": bool(strict)},
        ),
    ]
    return WorkflowDefinition("wf-run-tests", steps)


class _Nested:
    """The registry of a run inside a test run: the same missions and operations, one level further down."""

    def __init__(self, registry: HasMissions, level: int) -> None:
        self.registry = registry
        self.level = level

    @property
    def operations(self) -> Mapping[str, Operation]:
        return self.registry.operations

    def get(self, name: str) -> MissionRegistryEntry:
        return self.registry.get(name)


def _suites(state: Mapping[str, Any]) -> dict[str, Any]:
    suites = thaw(state.get("suites", {}))
    if type(suites) is not dict:
        raise StepFailed("'suites' must map names to test documents")
    for name, document in suites.items():
        if type(document) is not dict:
            raise StepFailed(f"'suites' has no test document under '{name}'; expected an object with suite_name")
    return suites


def _tests(state: Mapping[str, Any]) -> dict[str, Any]:
    """What earlier steps wrote; what they did not write is not guessed at."""
    tests = thaw(state.get("tests", {}))
    if type(tests) is not dict:
        raise StepFailed("'tests' is what run_tests writes to; expected an object, or nothing")
    selected, results = tests.get("selected", []), tests.get("results", {})
    if type(selected) is not list or type(results) is not dict or not all(map(_is_result, results.values())):
        raise StepFailed("'tests' is not as run_tests writes it; run its steps in their order")
    return tests


def _is_result(value: Any) -> bool:
    return (
        type(value) is dict
        and type(value.get("passed")) is bool
        and type(value.get("failures")) is list
        and all(type(failure) is dict and type(failure.get("id")) is str for failure in value["failures"])
        and type(value.get("metadata")) is dict
        and type(value["metadata"].get("test_run_hash")) is str
    )


def _scenario_names(document: Mapping[str, Any]) -> list[str]:
    scenarios = document.get("scenarios")
    named = [item.get("scenario_name") for item in scenarios if type(item) is dict] if type(scenarios) is list else []
    return [name for name in named if type(name) is str]


def discover(state: Any, call: OperationCall) -> Any:
    """``tests.selected``: the sorted names of the documents of which the name or a scenario matches the target."""
    target = call.payload.get("target", "all")
    _tests(state)
    selected = [
        name
        for name, document in _suites(state).items()
        if target == "all" or any(fnmatchcase(found, target) for found in (name, *_scenario_names(document)))
    ]
    return state.set("tests", {"selected": selected})


def _check_target(payload: Mapping[str, Any]) -> str | None:
    if type(payload.get("target", "all")) is not str:
        return f"'target' must be a glob or 'all', found {thaw(payload['target'])!r}"
    return None


def execute(state: Any, call: OperationCall) -> Any:
    """``tests.results``: how each selected document came out, run with the registry of this run."""
    from tier2_core import run_test_run_from_config  # all of the scenarios, which no other mission needs

    registry: Any = call.registry
    level = 1
    if isinstance(registry, _Nested):
        registry, level = registry.registry, registry.level
    if not isinstance(registry, HasMissions):
        raise StepFailed("this run knows no missions; hand it a registry that has some, as Orchestrator() does")
    if level > MOST_LEVELS:
        raise StepFailed(f"test runs are nested more than {MOST_LEVELS} levels deep")
    suites, tests = _suites(state), _tests(state)
    results = {}
    for name in tests.get("selected", []):
        if type(name) is not str or name not in suites:
            raise StepFailed(f"'tests.selected' names '{name}', which 'suites' does not have")
        try:
            outcome = run_test_run_from_config(suites[name], suites[name], registry=_Nested(registry, level + 1))
        except (CallerError, DecisionError) as error:
            problems = str(error).replace("\n", "; ")
            raise StepFailed(f"the test document '{name}' cannot be run: {problems}") from error
        outcomes = outcome.expectations_result.expectation_results.values()
        failures = [result.to_dict() for result in outcomes if not result.passed]
        results[name] = {"failures": failures, "metadata": outcome.metadata, "passed": outcome.passed}
    try:
        return freeze(state.set("tests", {**tests, "results": results}))
    except InvalidValueError as error:
        raise StepFailed(f"what the test runs found cannot be kept in the state: {str(error).rstrip('.')}") from error


def report(state: Any, call: OperationCall) -> Any:
    """``tests.report``: how many documents were selected, passed and failed, the verdict, and their hashes."""
    tests = _tests(state)
    results = tests.get("results", {})
    failed = [name for name, result in results.items() if not result["passed"]]
    made = {
        "failed": len(failed),
        "failures": {name: results[name]["failures"] for name in failed},
        "hashes": {name: result["metadata"]["test_run_hash"] for name, result in results.items()},
        "passed": len(results) - len(failed),
        "selected": len(results),
        "verdict": "failed" if failed else "passed" if results else "no_tests",
    }
    if failed and call.payload.get("strict") is True:
        ids = [f"{name}: {', '.join(failure['id'] for failure in results[name]['failures'])}" for name in failed]
        raise StepFailed(f"expectations failed in {'; '.join(ids)}")
    return state.set("tests", {**tests, "report": made})


OPERATIONS = [
    Operation("run_tests.discover", discover, _check_target, "Selects test documents by name or scenario."),
    Operation("run_tests.execute", execute, None, "Runs the selected test documents."),
    Operation("run_tests.report", report, None, "Reports how they came out."),
]

MISSION = Mission(
    NAME,
    build,
    "Runs the test documents that the state holds under 'suites'.",
    version="2",
    params_schema={
        "type": "object",
        "properties": {
            "target": {
                "type": ["string", "null"],
                "description": "A glob for names of documents or scenarios, or all.",
            },
            "strict": {"type": ["boolean", "null"], "description": "Whether a failing expectation fails the report."},
        },
    },
    state_schema={
        "type": "object",
        "properties": {
            "suites": {
                "type": "object",
                "description": "Test documents by their names.",
                "additionalProperties": {"type": "object", "description": "What 'tier2 schema suite' describes."},
            },
            "tests": {"type": "object", "description": "What the mission found; it writes it."},
        },
    },
)
