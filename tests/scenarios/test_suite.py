"""Suites: scenarios under one name, and hashes that are built bottom-up."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.scenarios.ledger import ledger
from tier2_core import (
    InvalidSpecError,
    MissionCall,
    MissionExpectation,
    ScenarioDefinition,
    ScenarioResult,
    ScenarioSuiteDefinition,
    ScenarioSuiteResult,
    SuiteExpectationsDefinition,
    UnknownMissionError,
    aggregate_suite,
    canonical_json,
    run_scenario,
    run_suite,
    run_test_run,
)

LEDGER, OTHER_LEDGER = ledger(), ledger(factor=2)


def test_a_suite_runs_every_scenario_as_it_would_run_alone() -> None:
    scenarios = [ScenarioDefinition(name, {"n": n}, [MissionCall("add")]) for n, name in enumerate("zab")]
    result = run_suite(ScenarioSuiteDefinition("suite", scenarios), registry=LEDGER)
    assert list(result.scenario_results) == ["z", "a", "b"]
    for scenario in scenarios:
        alone = run_scenario(scenario, registry=LEDGER).to_dict()
        assert result.scenario_results[scenario.scenario_name].to_dict() == alone


def test_of_two_scenarios_with_one_name_the_last_wins() -> None:
    first, last = ScenarioDefinition("s", {"n": 1}), ScenarioDefinition("s", {"n": 2}, [MissionCall("echo")])
    result = run_suite(ScenarioSuiteDefinition("suite", [first, last]))
    assert list(result.scenario_results) == ["s"]
    assert result.to_dict()["scenario_results"]["s"]["mission_results"]["echo"]["final_state"] == {"n": 2}


def test_a_scenario_that_is_overruled_is_not_even_run() -> None:
    overruled = ScenarioDefinition("s", {}, [MissionCall("no_such_mission")])
    assert run_suite(ScenarioSuiteDefinition("suite", [overruled, ScenarioDefinition("s", {})])).to_dict()


def test_an_unknown_mission_in_the_last_scenario_propagates() -> None:
    scenarios = [ScenarioDefinition("a", {}, [MissionCall("echo")]), ScenarioDefinition("b", {}, [MissionCall("add")])]
    with pytest.raises(UnknownMissionError, match="'add'"):
        run_suite(ScenarioSuiteDefinition("suite", scenarios))


@pytest.mark.parametrize(
    ("field", "arguments"), [("suite_name", (None,)), ("scenarios.1", ("s", [ScenarioDefinition("a", {}), {}]))]
)
def test_a_wrong_type_is_refused_and_the_field_named(field: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        ScenarioSuiteDefinition(*arguments)
    assert caught.value.field == field


def test_a_result_is_read_only_its_metadata_fresh_and_its_keys_sorted() -> None:
    scenarios = [ScenarioDefinition(name, {"n": 1}, [MissionCall("echo")]) for name in "ba"]
    result = run_suite(ScenarioSuiteDefinition("suite", scenarios))
    before, results = canonical_json(result.to_dict()), result.scenario_results
    with pytest.raises(TypeError):
        results["a"] = results["b"]  # type: ignore[index]
    result.metadata["suite_hash"] = "forged"
    assert sorted(result.metadata) == ["suite_hash", "suite_name"]
    assert result.metadata["suite_name"] == "suite"
    assert canonical_json(result.to_dict()) == before
    assert json.dumps(result.to_dict()) == json.dumps(result.to_dict(), sort_keys=True)


# --- hashes, bottom-up -------------------------------------------------------------------------------


def hashes(result: ScenarioSuiteResult) -> dict[str, str]:
    return {name: made.metadata["scenario_hash"] for name, made in result.scenario_results.items()}


CALLS = st.lists(st.sampled_from(["add", "echo"]), min_size=1, max_size=3).map(
    lambda names: [MissionCall(name, {"by": 1}, str(place)) for place, name in enumerate(names)]
)
SUITES = st.lists(st.tuples(st.integers(0, 3), CALLS), min_size=1, max_size=4).map(
    lambda drawn: ScenarioSuiteDefinition(
        "suite", [ScenarioDefinition(f"s{place}", {"n": n}, calls) for place, (n, calls) in enumerate(drawn)]
    )
)
WANTED = SuiteExpectationsDefinition([MissionExpectation("e", "s0", "0", "final_state.n", "lt", 100)])


@given(suite=SUITES, where=st.integers(0, 3), what=st.sampled_from(["initial_state", "params", "missions", "chained"]))
def test_changing_one_input_changes_exactly_the_hashes_above_it(
    suite: ScenarioSuiteDefinition, where: int, what: str
) -> None:
    place = where % len(suite.scenarios)
    old = suite.scenarios[place]
    changes: dict[str, dict[str, Any]] = {
        "initial_state": {"initial_state": {"n": 50}},
        "params": {"missions": [evolve(old.missions[0], params={"by": 9}), *old.missions[1:]]},
        "missions": {"missions": [*old.missions, MissionCall("echo", label="more")]},
        "chained": {"chained": True},
    }
    scenarios = [*suite.scenarios[:place], evolve(old, **changes[what]), *suite.scenarios[place + 1 :]]
    before = run_test_run(suite, WANTED, registry=LEDGER)
    after = run_test_run(evolve(suite, scenarios=scenarios), WANTED, registry=LEDGER)
    was, now = hashes(before.suite_result), hashes(after.suite_result)
    assert [name for name in was if was[name] != now[name]] == [old.scenario_name]
    for name in ("suite_hash", "test_run_hash"):
        assert before.metadata[name] != after.metadata[name]
    assert before.metadata["expectations_hash"] == after.metadata["expectations_hash"]


@given(suite=SUITES)
def test_changing_results_alone_changes_exactly_the_hashes_above_them(suite: ScenarioSuiteDefinition) -> None:
    before, after = run_suite(suite, registry=LEDGER), run_suite(suite, registry=OTHER_LEDGER)
    touched = [s.scenario_name for s in suite.scenarios if any(call.name == "add" for call in s.missions)]
    was, now = hashes(before), hashes(after)
    assert [name for name in was if was[name] != now[name]] == touched
    assert (before.metadata["suite_hash"] != after.metadata["suite_hash"]) is bool(touched)


@given(suite=SUITES)
def test_the_same_suite_has_the_same_bytes_and_another_name_or_order_another_hash(
    suite: ScenarioSuiteDefinition,
) -> None:
    result = run_suite(suite, registry=LEDGER)
    assert canonical_json(run_suite(suite, registry=LEDGER).to_dict()) == canonical_json(result.to_dict())
    others = [evolve(suite, suite_name="other")]
    if len(suite.scenarios) > 1:
        others.append(evolve(suite, scenarios=suite.scenarios[::-1]))
    for other in others:
        changed = run_suite(other, registry=LEDGER)
        assert changed.metadata["suite_hash"] != result.metadata["suite_hash"]
        assert hashes(changed) == hashes(result)


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({}, "The result of scenario 'a' must be of ScenarioResult, found null."),
        ({"a": {}}, "The result of scenario 'a' must be of ScenarioResult, found an object."),
        ({"a": ScenarioResult("a", {})}, "The result of scenario 'a' has no 'scenario_hash' in its metadata"),
        ({"a": ScenarioResult("a", {}, {"scenario_hash": 1})}, "The result of scenario 'a' has no 'scenario_hash'"),
    ],
)
def test_a_suite_is_put_together_of_results_that_have_a_hash(results: Any, message: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        aggregate_suite(ScenarioSuiteDefinition("suite", [ScenarioDefinition("a", {})]), results)
    assert str(caught.value).startswith(message)
