"""The schema of test documents: what ``tier2 test`` reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tier2_core import MissionRegistryEntry, MissionSpec, Registry, Tier2Error, build_workflow
from tier2_core.values.predicates import PREDICATES
from tier2_core.values.schema import DIALECT, schema_problems
from tier2_io.documents.schemas.decision import DECISION
from tier2_io.documents.schemas.embedding import Definitions, advice, embedded

_NOTE = {"description": "For people; tier2 passes over it."}
_PATH = "^(?:[^/][\\s\\S]*|/(?:[^~]|~[01])*)?$"


def suite_schema(known: Registry, warn: Callable[[str], None]) -> dict[str, Any]:
    """The schema of test documents for what is installed: its missions by name, with their params.

    Without any mission it is the schema of what ``parse_test_document`` takes. ``warn`` is told of missions whose own
    schemas cannot be shown.
    """
    definitions = Definitions(warn)
    entries = [known.missions[name] for name in sorted(known.missions)]
    states = [_state(entry, definitions) for entry in entries]
    calls = [_call(entry, known, definitions) for entry in entries]
    return {
        "$defs": {
            "decision": {**DECISION, "properties": {**DECISION["properties"], "description": _NOTE}},
            "expectation": _expectation(),
            "mission": _mission(entries, calls),
            "scenario": _scenario([state for state in states if state is not None]),
            **definitions.made,
        },
        "$schema": DIALECT,
        "additionalProperties": False,
        "description": "Scenarios, and what is expected of their results; 'tier2 test FILE' runs them.",
        "properties": {
            "$schema": {"description": "The schema of this file, for editors; tier2 passes over it."},
            "description": _NOTE,
            "expectations": _list("What is expected of the results, each with an id of its own.", "expectation"),
            "scenarios": _list("What is run: each scenario from its own initial state.", "scenario"),
            "suite_name": _text("What the suite is called in reports."),
        },
        "required": ["suite_name", "scenarios", "expectations"],
        "title": "A test document of tier2",
        "type": "object",
    }


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"description": description, "type": "string", **more}


def _list(description: str, what: str) -> dict[str, Any]:
    return {"description": description, "items": {"$ref": f"#/$defs/{what}"}, "type": "array"}


def _scenario(states: list[dict[str, Any]]) -> dict[str, Any]:
    made = {
        "additionalProperties": False,
        "description": "Missions over one initial state.",
        "properties": {
            "chained": {
                "default": False,
                "description": "Whether each mission starts from the final state of the one before.",
                "type": "boolean",
            },
            "description": _NOTE,
            "initial_state": {"description": "The state that the missions start from.", "type": "object"},
            "missions": _list("The missions, in the order in which they run; their labels differ.", "mission"),
            "scenario_name": _text("What expectations call the scenario."),
        },
        "required": ["scenario_name", "initial_state"],
        "type": "object",
    }
    return {**made, "allOf": states} if states else made


def _state(entry: MissionRegistryEntry, definitions: Definitions) -> dict[str, Any] | None:
    """What a mission says of its state, for a scenario that has the mission; a test may well hand it another."""
    if entry.mission.state_schema is None:
        return None
    what = f"the schema for the state of mission '{entry.name}'"
    held = definitions.hold(entry.mission.state_schema, f"state-{entry.name}", what, advice)
    if held is None:
        return None
    has = {"contains": {"properties": {"name": {"const": entry.name}}, "required": ["name"]}}
    return {
        "if": {"properties": {"missions": has}, "required": ["missions"]},
        "then": {"properties": {"initial_state": held}},
    }


def _mission(entries: list[MissionRegistryEntry], calls: list[dict[str, Any]]) -> dict[str, Any]:
    name = _text("The mission, one of those that are installed.")
    if entries:
        name["oneOf"] = [{"const": entry.name, "description": entry.mission.summary} for entry in entries]
    made = {
        "additionalProperties": False,
        "description": "A mission that is run.",
        "properties": {
            "decisions": {
                "default": None,
                "description": "The answers to the human steps, one a step; without, nobody is asked.",
                "items": {"$ref": "#/$defs/decision"},
                "type": ["array", "null"],
            },
            "description": _NOTE,
            "label": _text("What expectations call the result; if empty or left out, the mission's name.", default=""),
            "name": name,
            "params": {"default": None, "description": "The mission's params.", "type": ["object", "null"]},
        },
        "required": ["name"],
        "type": "object",
    }
    return {**made, "allOf": calls} if calls else made


def _call(entry: MissionRegistryEntry, known: Registry, definitions: Definitions) -> dict[str, Any]:
    """What holds of the call of one mission: its params, and the steps that its decisions are about."""
    then: dict[str, Any] = {"properties": {}}
    wanted = entry.mission.params_schema
    what = f"the schema for the params of mission '{entry.name}'"
    held = None if wanted is None else definitions.hold(wanted, f"params-{entry.name}", what, embedded)
    if held is not None and schema_problems(wanted, {}):  # which is what a call without params has
        then = {"properties": {"params": {**held, "type": "object"}}, "required": ["params"]}
    elif held is not None:
        then["properties"]["params"] = {"if": {"type": "object"}, "then": held}
    steps = _human_steps(entry.name, known)
    if steps:
        then["properties"]["decisions"] = {"items": {"properties": {"step_id": {"examples": steps}}}}
    return {"if": {"properties": {"name": {"const": entry.name}}, "required": ["name"]}, "then": then}


def _human_steps(mission: str, known: Registry) -> list[str]:
    """The human steps that a mission plans when it is left to itself; other params may give others."""
    try:
        workflow = build_workflow(MissionSpec(mission), registry=known)
    except Tier2Error:
        return []
    return [step.id for step in workflow.steps if step.kind == "human"]


def _expectation() -> dict[str, Any]:
    operators = [{"const": name, "description": f"Holds if {means}."} for name, means in PREDICATES.items()]
    # A pattern, as editors take a constant for what they should propose first.
    matches = {"properties": {"op": {"pattern": "^matches$"}}, "required": ["op"]}
    schema = {"description": "A JSON Schema (2020-12).", "type": ["object", "boolean"]}
    return {
        "additionalProperties": False,
        "allOf": [{"if": matches, "then": {"properties": {"expected": schema}, "required": ["expected"]}}],
        "description": "What is expected at one place of one mission's result.",
        "properties": {
            "description": _NOTE,
            "expected": {
                "default": None,
                "description": "What the operator compares with; 'exists' and 'absent' need none.",
            },
            "id": _text("What the expectation is called in reports; no other has this id."),
            "mission_name": _text("The label of the mission's call; if it has none, the mission's name."),
            "op": _text("How the value at the path is compared with what is expected.", oneOf=operators),
            "path": _text(
                "A place in the result: dotted, or a JSON Pointer if it begins with /; empty is all of it.",
                examples=["status", "final_state", "final_state.tasks.0.title", "executed_steps", "error_message"],
                pattern=_PATH,
            ),
            "scenario_name": _text("The scenario."),
        },
        "required": ["id", "scenario_name", "mission_name", "path", "op"],
        "type": "object",
    }
