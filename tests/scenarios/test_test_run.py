"""Test runs: a suite held against its expectations, under one hash, the same bytes everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from attrs import evolve

from tests.processes import HANG
from tier2_core import (
    MissionCall,
    MissionExpectation,
    ScenarioDefinition,
    ScenarioResult,
    ScenarioSuiteDefinition,
    ScenarioSuiteResult,
    SuiteExpectationsDefinition,
    TestRunResult,
    UnknownMissionError,
    aggregate_test_run,
    canonical_json,
    digest,
    evaluate_expectations,
    run_suite,
    run_test_run,
    run_test_run_from_config,
)

pytest_plugins = ("pytester",)

SUITE = ScenarioSuiteDefinition("suite", [ScenarioDefinition("s", {"n": 1}, [MissionCall("echo", {"a": 1})])])
GOOD = MissionExpectation("good", "s", "echo", "status", "eq", "succeeded")
BAD = MissionExpectation("bad", "s", "echo", "final_state.n", "gt", 1)


def test_a_test_run_is_the_suite_run_and_held_against_its_expectations() -> None:
    wanted = SuiteExpectationsDefinition([GOOD])
    outcome, suite_result = run_test_run(SUITE, wanted), run_suite(SUITE)
    assert outcome.passed is True
    assert outcome.to_dict() == aggregate_test_run(suite_result, evaluate_expectations(suite_result, wanted)).to_dict()
    assert outcome.to_dict()["suite_result"] == suite_result.to_dict()


def test_metadata_has_the_names_the_hashes_and_the_counts() -> None:
    outcome = run_test_run(SUITE, SuiteExpectationsDefinition([GOOD, BAD]))
    assert outcome.passed is False
    assert outcome.metadata == {
        "expectations_hash": outcome.expectations_result.metadata["expectations_hash"],
        "expectations_passed": 1,
        "expectations_total": 2,
        "suite_hash": outcome.suite_result.metadata["suite_hash"],
        "suite_name": "suite",
        "test_run_hash": outcome.metadata["test_run_hash"],
    }
    assert all(len(outcome.metadata[name]) == 64 for name in outcome.metadata if name.endswith("_hash"))


def test_no_expectations_pass() -> None:
    outcome = run_test_run(SUITE, SuiteExpectationsDefinition())
    assert outcome.passed is True
    assert (outcome.metadata["expectations_passed"], outcome.metadata["expectations_total"]) == (0, 0)


def test_the_hash_binds_suite_expectations_and_outcomes() -> None:
    outcome = run_test_run(SUITE, SuiteExpectationsDefinition([GOOD, BAD]))
    result, evaluated = outcome.suite_result, outcome.expectations_result
    first, second = evaluated.expectation_results.values()
    others = [
        run_test_run(evolve(SUITE, suite_name="other"), SuiteExpectationsDefinition([GOOD, BAD])),
        run_test_run(SUITE, SuiteExpectationsDefinition([BAD, GOOD])),
        run_test_run(SUITE, SuiteExpectationsDefinition([GOOD, evolve(BAD, expected=2)])),
        *(
            aggregate_test_run(result, evolve(evaluated, expectation_results={one.id: one for one in outcomes}))
            for outcomes in (
                [first, evolve(second, actual=7)],
                [first, evolve(second, details={})],
                [evolve(first, passed=False), second],
            )
        ),
    ]
    assert len({made.metadata["test_run_hash"] for made in (outcome, *others)}) == 1 + len(others)


def test_metadata_is_fresh_and_the_result_does_not_change() -> None:
    outcome = run_test_run(SUITE, SuiteExpectationsDefinition([BAD]))
    before = canonical_json(outcome.to_dict())
    outcome.metadata["test_run_hash"] = "forged"
    outcome.to_dict()["suite_result"].clear()
    with pytest.raises(AttributeError):
        outcome.passed = True  # type: ignore[misc]
    assert canonical_json(outcome.to_dict()) == before


def test_an_unknown_mission_propagates() -> None:
    suite = evolve(SUITE, scenarios=[*SUITE.scenarios, ScenarioDefinition("t", {}, [MissionCall("nope")])])
    with pytest.raises(UnknownMissionError, match="'nope'"):
        run_test_run(suite, SuiteExpectationsDefinition())


class Said:
    """A mission's result that is none of the engine's: all it has is ``to_dict``."""

    def __init__(self, **said: Any) -> None:
        self.said = said

    def to_dict(self) -> dict[str, Any]:
        return self.said


def test_results_of_other_makes_can_be_evaluated_and_aggregated() -> None:
    made = ScenarioSuiteResult("by hand", {"s": ScenarioResult("s", {"echo": Said(status="fine", n=[1])})})
    wanted = SuiteExpectationsDefinition([evolve(GOOD, expected="fine"), evolve(BAD, path="n.0", expected=0)])
    outcome = aggregate_test_run(made, evaluate_expectations(made, wanted))
    assert outcome.passed is True
    assert outcome.metadata["suite_name"] == "by hand"
    assert outcome.metadata["expectations_passed"] == 2
    assert outcome.to_dict()["suite_result"]["scenario_results"]["s"]["mission_results"]["echo"]["n"] == [1]


def test_pytest_does_not_take_the_result_for_a_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("from tier2_core import TestRunResult\n\ndef test_one():\n    assert TestRunResult")
    pytester.runpytest("-W", "error::pytest.PytestCollectionWarning").assert_outcomes(passed=1)
    assert TestRunResult.__name__.startswith("Test")


# --- the same bytes everywhere -----------------------------------------------------------------------

DOCUMENT = {
    "suite_name": "everything",
    "scenarios": [
        {
            "scenario_name": f"day {n}",
            "initial_state": {
                "date": f"2026-03-0{n}",
                "tasks": [{"id": f"t{i}", "title": "T", "done": i % 2 == 0, "tags": ["x"]} for i in range(5)],
                "elsewhere": {f"key{i}": {"a": i, "b": [i, {"ä": None, "c": 0.5}]} for i in range(9)},
            },
            "missions": [
                {"name": "daily_loop", "decisions": [{"step_id": "daily-confirm-priorities", "value": ["t3"]}]},
                {"name": "daily_loop", "label": "suspended", "decisions": []},
                {"name": "echo", "params": {"p": 1, "q": [2], "r": {}, "s": None}},
            ],
            "chained": n == 2,
        }
        for n in (1, 2, 3)
    ],
    "expectations": [
        {"id": "passes", "scenario_name": "day 1", "mission_name": "daily_loop", "path": "status", "op": "exists"},
        *(
            {"id": f"fails at '{path}'", "scenario_name": "day 1", "mission_name": "daily_loop", "path": path} | how
            for path in ("", "final_state", "final_state.elsewhere", "final_state.daily")
            for how in ({"op": "matches", "expected": {"not": {"type": "object"}, "maxProperties": 1}},)
        ),
        {"id": "none", "scenario_name": "day 4", "mission_name": "echo", "path": "", "op": "eq", "expected": {}},
    ],
}
PROGRAM = """
import json, sys
from tier2_core import canonical_json, run_test_run_from_config
document = json.load(sys.stdin)
outcome = run_test_run_from_config(document, document)
said = canonical_json(outcome.to_dict()).decode() + json.dumps(outcome.to_dict()) + repr(outcome.expectations_result)
sys.stdout.buffer.write(said.encode())
"""


@pytest.fixture(scope="module")
def said_here() -> str:
    outcome = run_test_run_from_config(DOCUMENT, DOCUMENT)
    assert outcome.metadata["expectations_passed"] == 1
    plain = outcome.to_dict()
    return canonical_json(plain).decode() + json.dumps(plain) + repr(outcome.expectations_result)


@pytest.mark.parametrize("seed", ["0", "1", "2", "4242"])
def test_the_bytes_of_a_test_run_are_the_same_under_every_hash_seed(seed: str, said_here: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(DOCUMENT).encode(),
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
        timeout=HANG,
    )
    assert digest(done.stdout.decode()) == digest(said_here)
