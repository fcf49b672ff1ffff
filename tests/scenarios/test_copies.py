"""Copied, deep-copied and unpickled definitions and results are what they were, whatever was asked of them before."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from tier2_core import (
    Decision,
    MissionCall,
    MissionExpectation,
    ScenarioDefinition,
    ScenarioSuiteDefinition,
    SuiteExpectationsDefinition,
    freeze,
    run_scenario,
    run_test_run,
)
from tier2_core.values.writing import canonical_bytes

COPIES = [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]

SCENARIO = ScenarioDefinition(
    "monday",
    {"tasks": [{"id": "a", "title": "Write"}], "date": "2026-11-21"},
    [
        MissionCall("echo", {"n": {"one": [1]}}, "first"),
        MissionCall("echo", {"n": {"two": [2]}}, "second"),
        MissionCall("daily_loop", decisions=[Decision("daily-confirm-priorities", value=["a"])]),
    ],
    chained=True,
)
EXPECTATIONS = [
    MissionExpectation("params", "monday", "second", "executed_steps.0.payload.params", "eq", {"n": {"two": [2]}}),
    MissionExpectation("other", "monday", "first", "executed_steps.0.payload.params", "eq", {"n": {"two": [2]}}),
]
SUITE, WANTED = ScenarioSuiteDefinition("week", [SCENARIO]), SuiteExpectationsDefinition(EXPECTATIONS)


@pytest.fixture(params=COPIES, ids=["copy", "deepcopy", "pickle"])
def duplicate(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize("value", [SCENARIO, *SCENARIO.missions, SUITE, WANTED, *EXPECTATIONS], ids=repr)
def test_a_copied_definition_is_equal(value: Any, duplicate: Any) -> None:
    made = duplicate(value)
    assert made == value
    assert made.to_dict() == value.to_dict()


def test_a_copied_scenario_runs_as_the_original_does(duplicate: Any) -> None:
    assert run_scenario(duplicate(SCENARIO)).to_dict() == run_scenario(SCENARIO).to_dict()


def test_a_copied_test_run_has_the_same_hashes(duplicate: Any) -> None:
    expected = run_test_run(SUITE, WANTED)
    assert [outcome.passed for outcome in expected.expectations_result.expectation_results.values()] == [True, False]
    made = run_test_run(duplicate(SUITE), duplicate(WANTED))
    assert made.to_dict() == expected.to_dict()
    assert [duplicate(one).hash for one in EXPECTATIONS] == [one.hash for one in EXPECTATIONS]


@pytest.mark.parametrize("duplicate", COPIES[:2])  # runs hold a registry, and that functions, which are not pickled
@pytest.mark.parametrize("part", ["suite_result", "expectations_result", ""])
def test_a_copied_result_is_the_same(part: str, duplicate: Any) -> None:
    result = run_test_run(SUITE, WANTED)
    value = getattr(result, part) if part else result
    made = duplicate(value)
    assert made.metadata == value.metadata
    assert made.to_dict() == value.to_dict()


def test_outcomes_that_were_copied_have_their_hash(duplicate: Any) -> None:
    for outcome in run_test_run(SUITE, WANTED).expectations_result.expectation_results.values():
        assert duplicate(outcome).hash == outcome.hash


def test_what_somebody_else_put_together_is_written_as_it_is() -> None:
    document: Any = freeze({"n": [1, {"x": 1.5}]})
    assert canonical_bytes(copy.deepcopy(document)) == canonical_bytes(document) == b'{"n":[1,{"x":1.5}]}'
