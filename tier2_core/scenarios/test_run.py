"""Test runs: a suite, run, and held against its expectations."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import field, frozen
from pyrsistent import PMap

from tier2_core.missions.planning import HasMissions
from tier2_core.scenarios import plain
from tier2_core.scenarios.expectations import (
    SuiteExpectationsDefinition,
    SuiteExpectationsResult,
    evaluate_expectations,
)
from tier2_core.scenarios.suite import ScenarioSuiteDefinition, ScenarioSuiteResult, run_suite
from tier2_core.values.canonical import LISTED, digest_around
from tier2_core.values.fields import exact, expect, flag, named, object_, shown
from tier2_core.workflow.specs import NOTHING, by_construction


@frozen(field_transformer=named)
class TestRunResult:
    """A suite's results, how its expectations came out, and one hash over all of it.

    >>> outcome = run_test_run(ScenarioSuiteDefinition("week"), SuiteExpectationsDefinition([]))
    >>> outcome.passed, outcome.metadata["expectations_total"], len(outcome.metadata["test_run_hash"])
    (True, 0, 64)
    """

    __test__: ClassVar[bool] = False  # the name is the contract's; pytest must not take it for a test

    suite_result: ScenarioSuiteResult
    expectations_result: SuiteExpectationsResult
    passed: bool = field(converter=flag)
    _metadata: PMap[str, Any] = field(default=NOTHING, converter=object_, eq=exact, repr=shown)

    __reduce__ = by_construction
    metadata = plain.Fresh[dict[str, Any]]("Names, hashes and counts; a fresh dict at each access.")
    to_dict = plain.to_dict


def aggregate_test_run(
    suite_result: ScenarioSuiteResult, expectations_result: SuiteExpectationsResult
) -> TestRunResult:
    """The test run of results that are there already.

    Its metadata has ``suite_name``, ``suite_hash``, ``expectations_hash``, ``expectations_passed`` and
    ``expectations_total`` (counts), and ``test_run_hash``, which is over the two hashes and every outcome.

    >>> suite, expectations = ScenarioSuiteDefinition("week"), SuiteExpectationsDefinition([])
    >>> result = run_suite(suite)
    >>> outcome = aggregate_test_run(result, evaluate_expectations(result, expectations))
    >>> outcome.metadata == run_test_run(suite, expectations).metadata
    True
    """
    expect(suite_result, ScenarioSuiteResult, "suite's result")
    expect(expectations_result, SuiteExpectationsResult, "expectations' result")
    outcomes = expectations_result.expectation_results.values()
    metadata: dict[str, Any] = {
        "expectations_hash": expectations_result.metadata.get("expectations_hash", ""),
        "expectations_passed": sum(outcome.passed for outcome in outcomes),
        "expectations_total": len(outcomes),
        "suite_hash": suite_result.metadata.get("suite_hash", ""),
        "suite_name": suite_result.suite_name,
    }
    hashes = (outcome.hash for outcome in outcomes)
    metadata["test_run_hash"] = digest_around({**metadata, "outcomes": LISTED}, hashes, "tier2/test-run/v1")
    return TestRunResult(suite_result, expectations_result, expectations_result.passed, metadata)


def run_test_run(
    suite_def: ScenarioSuiteDefinition,
    expectations_def: SuiteExpectationsDefinition,
    *,
    registry: HasMissions | None = None,
) -> TestRunResult:
    """Run a suite and hold it against its expectations; raises what :func:`run_suite` raises.

    >>> suite = ScenarioSuiteDefinition("s", [ScenarioDefinition("one", {}, [MissionCall("echo")])])
    >>> wanted = MissionExpectation("ok", "one", "echo", "status", "eq", "succeeded")
    >>> run_test_run(suite, SuiteExpectationsDefinition([wanted])).metadata["expectations_passed"]
    1
    """
    suite_result = run_suite(suite_def, registry=registry)
    return aggregate_test_run(suite_result, evaluate_expectations(suite_result, expectations_def))
