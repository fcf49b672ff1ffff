"""Definitions of plain mappings that have no mistake, each built as it stands.

A definition accepts nothing that is a mistake in a config: what can be built has none. What cannot is read again by
:mod:`tier2_core.scenarios.config_adapter`, part by part, so that all of its mistakes are told, and where they are.
"""

from __future__ import annotations

from typing import Any

from tier2_core.errors import InvalidSpecError, InvalidValueError
from tier2_core.scenarios.expectations import MissionExpectation
from tier2_core.scenarios.harness import MissionCall, ScenarioDefinition
from tier2_core.workflow.specs import Decision

MISTAKES = (KeyError, InvalidSpecError, InvalidValueError)
"""What is raised where something cannot be built as it stands."""


def decision_as_it_stands(value: Any) -> Decision:
    """A person's answer."""
    config = _mapping(value)
    return Decision(
        config["step_id"],
        config.get("approved", True),
        config.get("actor", ""),
        config.get("reason", ""),
        config.get("value"),
        config.get("seen", ""),
    )


def mission_as_it_stands(value: Any) -> MissionCall:
    """A mission of a scenario."""
    config = _mapping(value)
    decisions = config.get("decisions")
    if decisions is not None:
        decisions = [decision_as_it_stands(one) for one in _listed(decisions)]
    return MissionCall(config["name"], config.get("params"), config.get("label", ""), decisions)


def scenario_as_it_stands(value: Any) -> ScenarioDefinition:
    """A scenario with its missions."""
    config = _mapping(value)
    missions = [mission_as_it_stands(one) for one in _listed(config.get("missions", ()))]
    return ScenarioDefinition(config["scenario_name"], config["initial_state"], missions, config.get("chained", False))


def expectation_as_it_stands(value: Any) -> MissionExpectation:
    """An expectation."""
    config = _mapping(value)
    return MissionExpectation(
        config["id"],
        config["scenario_name"],
        config["mission_name"],
        config["path"],
        config["op"],
        config.get("expected"),
    )


def _mapping(value: Any) -> Any:
    if type(value) is not dict:
        raise KeyError
    return value


def _listed(value: Any) -> Any:
    if type(value) is not list and type(value) is not tuple:
        raise KeyError
    return value
