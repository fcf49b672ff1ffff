"""A suite of any number of scenarios, two missions and four expectations each: for tier2, and for the deepcopy engine.

What the scenarios differ in: a number in the initial state, and the params of the second mission. The first mission
has the same params everywhere, as most missions of a suite have.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from benchmarks.workloads import STEPS, plain_state, workflow
from benchmarks.yardsticks import deepcopy_run_and_hash, hashed, plan_hash
from tier2_core import (
    Mission,
    MissionCall,
    MissionExpectation,
    Registry,
    ScenarioDefinition,
    ScenarioSuiteDefinition,
    SuiteExpectationsDefinition,
    WorkflowDefinition,
    hookimpl,
    load_registry,
)

KEYS = 10
"""How many keys the state of a scenario has."""


def plain_factory(params: Mapping[str, Any]) -> dict[str, Any]:
    """The job of five steps, of which the last writes ``total``."""
    last = {**STEPS[4], "payload": {"operation": "set", "path": "summary", "value": {"total": params["total"]}}}
    return {"id": "wf-bench", "metadata": {}, "name": "wf-bench", "steps": [*STEPS[:4], last]}


def _factory(params: Mapping[str, Any]) -> WorkflowDefinition:
    return workflow(plain_factory(params))


@hookimpl
def tier2_missions() -> list[Mission]:
    """The two missions; what they are called is all in which they differ."""
    return [Mission("tally", _factory), Mission("review", _factory)]


def registry() -> Registry:
    """A registry of these missions alone."""
    return load_registry([sys.modules[__name__]], entry_points=False)


def plain_suite(scenarios: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Scenarios and expectations as plain data."""
    defined, wanted = [], []
    for number in range(scenarios):
        name = f"scenario-{number:06}"
        missions = [_call("review", number), _call("tally", 3)]
        state = {**plain_state(KEYS), "counters": {"done": number}}
        defined.append({"scenario_name": name, "initial_state": state, "missions": missions})
        for mission in missions:
            label = mission["label"]
            total = mission["params"]["total"]
            wanted.append(_wanted(f"{name}-{label}-status", name, label, "status", "succeeded"))
            wanted.append(_wanted(f"{name}-{label}-total", name, label, "final_state.summary.total", total))
    return defined, wanted


def _call(name: str, total: int) -> dict[str, Any]:
    return {"decisions": None, "label": name, "name": name, "params": {"total": total}}


def _wanted(name: str, scenario: str, mission: str, path: str, expected: Any) -> dict[str, Any]:
    return {
        "expected": expected,
        "id": name,
        "mission_name": mission,
        "op": "eq",
        "path": path,
        "scenario_name": scenario,
    }


def suite(scenarios: int) -> tuple[ScenarioSuiteDefinition, SuiteExpectationsDefinition]:
    """The same as tier2's definitions."""
    defined, wanted = plain_suite(scenarios)
    return (
        ScenarioSuiteDefinition(
            "bench",
            [
                ScenarioDefinition(
                    one["scenario_name"],
                    one["initial_state"],
                    [MissionCall(call["name"], call["params"]) for call in one["missions"]],
                )
                for one in defined
            ],
        ),
        SuiteExpectationsDefinition(
            [
                MissionExpectation(e["id"], e["scenario_name"], e["mission_name"], e["path"], e["op"], e["expected"])
                for e in wanted
            ]
        ),
    )


def deepcopy_test_run(defined: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> dict[str, Any]:
    """What ``run_test_run(...).to_dict()`` gives, all hashes included, from the deepcopy engine."""
    results = {one["scenario_name"]: _scenario(one) for one in defined}
    suite_hash = hashed(
        {"scenarios": [result["metadata"]["scenario_hash"] for result in results.values()], "suite_name": "bench"},
        "tier2/suite/v1",
    )
    outcomes = [_evaluated(results, one) for one in wanted]
    expectation_hashes = [hashed(one, "tier2/expectation/v1") for one in wanted]
    passed = sum(outcome["passed"] for outcome in outcomes)
    metadata = {
        "expectations_hash": hashed(expectation_hashes, "tier2/expectations/v1"),
        "expectations_passed": passed,
        "expectations_total": len(outcomes),
        "suite_hash": suite_hash,
        "suite_name": "bench",
    }
    outcome_hashes = [hashed(outcome, "tier2/outcome/v1") for outcome in outcomes]
    metadata["test_run_hash"] = hashed({**metadata, "outcomes": outcome_hashes}, "tier2/test-run/v1")
    return {
        "expectations_result": {
            "expectation_results": {outcome["id"]: outcome for outcome in outcomes},
            "metadata": {"expectations_hash": metadata["expectations_hash"]},
            "passed": passed == len(outcomes),
        },
        "metadata": metadata,
        "passed": passed == len(outcomes),
        "suite_result": {
            "metadata": {"suite_hash": suite_hash, "suite_name": "bench"},
            "scenario_results": results,
            "suite_name": "bench",
        },
    }


def _scenario(defined: dict[str, Any]) -> dict[str, Any]:
    results, digests = {}, {}
    for call in defined["missions"]:
        plan = plain_factory(deepcopy(call["params"]))
        plan["metadata"] = {"mission_type": call["name"], "params": deepcopy(call["params"])}
        results[call["label"]], _, digests[call["label"]] = deepcopy_run_and_hash(
            plan, defined["initial_state"], plan_hash(plan)
        )
    parts = {
        "chained": False,
        "initial_state_hash": hashed(defined["initial_state"]),
        "missions": defined["missions"],
        "results": digests,
        "scenario_name": defined["scenario_name"],
    }
    metadata = {"scenario_hash": hashed(parts, "tier2/scenario/v1"), "scenario_name": defined["scenario_name"]}
    return {"metadata": metadata, "mission_results": results, "scenario_name": defined["scenario_name"]}


def _evaluated(results: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """How an ``eq`` comes out whose scenario, mission and path are there."""
    value: Any = results[wanted["scenario_name"]]["mission_results"][wanted["mission_name"]]
    for token in wanted["path"].split("."):
        value = value[token]
    expected = deepcopy(wanted["expected"])
    passed = type(value) is type(expected) and value == expected
    details = {} if passed else {"reason": "eq_mismatch"}
    return {"actual": deepcopy(value), "details": details, "expected": expected, "id": wanted["id"], "passed": passed}
