"""Suites: scenarios under one name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen
from pyrsistent import PMap

from tier2_core.missions.planning import HasMissions, Plans
from tier2_core.missions.registry import default_registry
from tier2_core.scenarios import plain
from tier2_core.scenarios.harness import ScenarioDefinition, ScenarioResult, scenario_run
from tier2_core.values.canonical import LISTED, digest_around
from tier2_core.values.fields import exact, expect, named, object_, read_only, shown, text, tuple_of
from tier2_core.workflow.specs import NOTHING, by_construction


def _scenarios(value: Any) -> tuple[ScenarioDefinition, ...]:
    return tuple_of(ScenarioDefinition, value)


@frozen(field_transformer=named)
class ScenarioSuiteDefinition:
    """Scenarios under one name; of two with one name the last wins.

    >>> ScenarioSuiteDefinition("week", [ScenarioDefinition("monday", {})]).suite_name
    'week'
    """

    suite_name: str = field(converter=text)
    scenarios: tuple[ScenarioDefinition, ...] = field(default=(), converter=_scenarios)

    to_dict = plain.to_dict


@frozen(field_transformer=named)
class ScenarioSuiteResult:
    """The results of a suite's scenarios, by name.

    >>> result = run_suite(ScenarioSuiteDefinition("week", [ScenarioDefinition("monday", {})]))
    >>> list(result.scenario_results), sorted(result.metadata)
    (['monday'], ['suite_hash', 'suite_name'])
    """

    suite_name: str = field(converter=text)
    scenario_results: Mapping[str, ScenarioResult] = field(converter=read_only)
    _metadata: PMap[str, Any] = field(default=NOTHING, converter=object_, eq=exact, repr=shown)

    __reduce__ = by_construction
    metadata = plain.Fresh[dict[str, Any]]("``suite_name`` and ``suite_hash``; a fresh dict at each access.")
    to_dict = plain.to_dict


def run_suite(defn: ScenarioSuiteDefinition, *, registry: HasMissions | None = None) -> ScenarioSuiteResult:
    """Run every scenario; ``suite_hash`` in the metadata is over the scenarios' hashes.

    Raises what :func:`run_scenario` raises; nothing partial comes back.

    >>> run_suite(ScenarioSuiteDefinition("empty")).to_dict()["scenario_results"]
    {}
    """
    expect(defn, ScenarioSuiteDefinition, "suite")
    plans = Plans(default_registry() if registry is None else registry)
    return aggregate_suite(defn, {name: scenario_run(one, plans) for name, one in scenarios_of(defn).items()})


def scenarios_of(defn: ScenarioSuiteDefinition) -> dict[str, ScenarioDefinition]:
    """The scenarios of a suite that are run, by name: of two with one name the last.

    >>> again = [ScenarioDefinition("monday", {"n": 1}), ScenarioDefinition("monday", {"n": 2})]
    >>> scenarios_of(ScenarioSuiteDefinition("week", again))["monday"].initial_state
    pmap({'n': 2})
    """
    expect(defn, ScenarioSuiteDefinition, "suite")
    return {scenario.scenario_name: scenario for scenario in defn.scenarios}


def aggregate_suite(
    defn: ScenarioSuiteDefinition, scenario_results: Mapping[str, ScenarioResult]
) -> ScenarioSuiteResult:
    """The result of a suite of which every scenario was run already, in whatever order or place.

    Raises :class:`InvalidSpecError` for a scenario whose result is not there, or has no hash.

    >>> monday = ScenarioDefinition("monday", {}, [MissionCall("echo")])
    >>> week = ScenarioSuiteDefinition("week", [monday])
    >>> aggregate_suite(week, {"monday": run_scenario(monday)}).metadata == run_suite(week).metadata
    True
    """
    scenarios = scenarios_of(defn)
    expect(scenario_results, Mapping, "results of scenarios")
    results = {name: scenario_results.get(name) for name in scenarios}
    for name, result in results.items():
        expect(result, ScenarioResult, f"result of scenario '{name}'")
    hashes = (result.hash for result in results.values())  # type: ignore[union-attr]
    return ScenarioSuiteResult(defn.suite_name, results, suite_metadata(defn.suite_name, hashes))


def suite_metadata(suite_name: str, scenario_hashes: Iterable[str]) -> dict[str, Any]:
    """The metadata of a suite's result, from the hashes of its scenarios in their order."""
    parts = {"scenarios": LISTED, "suite_name": suite_name}
    return {"suite_hash": digest_around(parts, scenario_hashes, "tier2/suite/v1"), "suite_name": suite_name}
