"""Results that are not kept: what a scenario came to is computed again when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from tier2_core import PluginError, ScenarioDefinition, ScenarioResult, run_scenario
from tier2_core.missions.planning import HasMissions
from tier2_core.scenarios.harness import HasToDict


class Recomputed(Mapping[str, ScenarioResult]):
    """The results of scenarios of which only the hashes were kept; the last few that were asked for are at hand."""

    def __init__(
        self, scenarios: Mapping[str, ScenarioDefinition], hashes: Mapping[str, str], registry: HasMissions
    ) -> None:
        self._scenarios = scenarios
        self._hashes = hashes
        self._registry = registry
        self._again = lru_cache(maxsize=8)(self._run)

    def __getitem__(self, name: str) -> ScenarioResult:
        metadata = {"scenario_hash": self._hashes[name], "scenario_name": name}
        return ScenarioResult(name, _Missions(lambda: self._again(name)), metadata)

    def __iter__(self) -> Iterator[str]:
        return iter(self._scenarios)

    def __len__(self) -> int:
        return len(self._scenarios)

    def _run(self, name: str) -> Mapping[str, HasToDict]:
        result = run_scenario(self._scenarios[name], registry=self._registry)
        if result.metadata["scenario_hash"] != self._hashes[name]:
            missions = ", ".join(f"'{call.name}'" for call in self._scenarios[name].missions)
            raise PluginError(
                f"Scenario '{name}' came out otherwise when it was run again; "
                f"expected missions that give the same for the same: one of {missions} does not."
            )
        return result.mission_results


class _Missions(Mapping[str, HasToDict]):
    """The results of a scenario's missions, by label, worked out when one is asked for."""

    def __init__(self, results: Callable[[], Mapping[str, HasToDict]]) -> None:
        self._results = results

    def __getitem__(self, label: str) -> HasToDict:
        return self._results()[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._results())

    def __len__(self) -> int:
        return len(self._results())
