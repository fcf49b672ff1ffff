"""Scenarios: missions that are run over one initial state, each alone or each after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from attrs import field, frozen
from pyrsistent import PMap

from tier2_core.errors import InvalidSpecError
from tier2_core.missions.planning import HasMissions, Plans
from tier2_core.missions.registry import default_registry
from tier2_core.scenarios import plain
from tier2_core.values.canonical import canonical_text, digest, text_digest, wrapper_bytes
from tier2_core.values.fields import (
    exact,
    expect,
    flag,
    named,
    object_,
    object_or_none,
    read_only,
    shown,
    text,
    tuple_of,
    unique,
)
from tier2_core.values.scalars import quote
from tier2_core.values.writing import in_order
from tier2_core.workflow.engine import run
from tier2_core.workflow.result import OrchestrationResult
from tier2_core.workflow.specs import NOTHING, Decision, ExecutionContext, by_construction, decisions_or_none


class HasToDict(Protocol):
    """What a mission's result is to the harness: anything that says what it is as plain data."""

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON data."""
        ...


@frozen(field_transformer=named)
class MissionCall:
    """A mission to run: its name, params, and decisions; ``label`` (default: the name) is its result's key.

    >>> MissionCall("echo").label, MissionCall("echo", {"n": 1}, label="first").label
    ('echo', 'first')
    """

    name: str = field(converter=text)
    params: Mapping[str, Any] | None = field(default=None, converter=object_or_none, eq=exact, repr=shown)
    label: str = field(default="", converter=text)
    decisions: tuple[Decision, ...] | None = field(default=None, converter=decisions_or_none)

    __reduce__ = by_construction

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "label", self.label or self.name)

    to_dict = plain.to_dict


def _calls(value: Any) -> tuple[MissionCall, ...]:
    calls = tuple_of(MissionCall, value)
    unique([call.label for call in calls], "labels")
    return calls


@frozen(field_transformer=named)
class ScenarioDefinition:
    """Missions over one initial state.

    Each starts from the initial state or, ``chained``, from the final state of the one before; a mission that
    does not succeed ends the chain. Labels are unique.

    >>> ScenarioDefinition("monday", {"n": 1}, [MissionCall("echo")]).missions[0].name
    'echo'
    """

    scenario_name: str = field(converter=text)
    initial_state: PMap[str, Any] = field(converter=object_, eq=exact, repr=shown)
    missions: tuple[MissionCall, ...] = field(default=(), converter=_calls)
    chained: bool = field(default=False, converter=flag)

    __reduce__ = by_construction

    to_dict = plain.to_dict


@frozen(field_transformer=named)
class ScenarioResult:
    """The results of a scenario's missions, by label, in the order in which they ran.

    >>> result = run_scenario(ScenarioDefinition("monday", {"n": 1}, [MissionCall("echo")]))
    >>> result.mission_results["echo"].status, sorted(result.metadata)
    ('succeeded', ['scenario_hash', 'scenario_name'])
    """

    scenario_name: str = field(converter=text)
    mission_results: Mapping[str, HasToDict] = field(converter=read_only)
    _metadata: PMap[str, Any] = field(default=NOTHING, converter=object_, eq=exact, repr=shown)

    __reduce__ = by_construction
    metadata = plain.Fresh[dict[str, Any]]("``scenario_name`` and ``scenario_hash``; a fresh dict at each access.")
    to_dict = plain.to_dict

    @property
    def hash(self) -> str:
        """``scenario_hash`` of the metadata; :class:`InvalidSpecError` if there is none."""
        found: Any = self._metadata.get("scenario_hash")
        if type(found) is not str:
            raise InvalidSpecError(
                f"The result of scenario '{self.scenario_name}' has no 'scenario_hash' in its metadata; expected one "
                "that run_scenario() has made.",
                field="metadata",
            )
        return found


def run_scenario(defn: ScenarioDefinition, *, registry: HasMissions | None = None) -> ScenarioResult:
    """Run a scenario's missions; ``scenario_hash`` in the metadata binds the definition and every result.

    Raises what :func:`run_mission` raises; nothing partial comes back.

    >>> result = run_scenario(ScenarioDefinition("hello", {"n": 1}, [MissionCall("echo")]))
    >>> result.mission_results["echo"].status
    'succeeded'
    """
    expect(defn, ScenarioDefinition, "scenario")
    return scenario_run(defn, Plans(default_registry() if registry is None else registry))


def scenario_run(defn: ScenarioDefinition, plans: Plans) -> ScenarioResult:
    """:func:`run_scenario` as a part of a test run, of which ``plans`` are."""
    results: dict[str, OrchestrationResult] = {}
    params = [canonical_text(call.params) for call in defn.missions]  # type: ignore[arg-type]
    state = defn.initial_state
    for call, written in zip(defn.missions, params, strict=True):
        context = ExecutionContext(state, decisions=call.decisions)
        workflow = plans.workflow(call.name, NOTHING if call.params is None else call.params, written)
        results[call.label] = result = run(workflow, context, registry=plans.registry)
        if defn.chained:
            if not result.success:
                break
            state = result.state
    scenario_hash = _hash(defn, params, results)
    return ScenarioResult(
        defn.scenario_name, results, {"scenario_hash": scenario_hash, "scenario_name": defn.scenario_name}
    )


def _hash(defn: ScenarioDefinition, params: Iterable[str], results: Mapping[str, OrchestrationResult]) -> str:
    missions = ",".join(map(_written, defn.missions, params))
    digests = ",".join([f'{quote(label)}:"{results[label].digest}"' for label in in_order(results)])
    return text_digest(
        f'{{"chained":{"true" if defn.chained else "false"},"initial_state_hash":"{digest(defn.initial_state)}",'
        f'"missions":[{missions}],"results":{{{digests}}},"scenario_name":{quote(defn.scenario_name)}}}',
        "tier2/scenario/v1",
    )


def _written(call: MissionCall, params: str) -> str:
    """The canonical text of :meth:`MissionCall.to_dict`, of whose params it is at hand."""
    decisions = "null"
    if call.decisions is not None:
        decisions = wrapper_bytes([decision.to_dict() for decision in call.decisions]).decode()
    return f'{{"decisions":{decisions},"label":{quote(call.label)},"name":{quote(call.name)},"params":{params}}}'
