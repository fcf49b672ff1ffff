"""The missions: which steps there are for which params."""

from collections.abc import Mapping
from typing import Any

from tier2_core import Mission, StepSpec, WorkflowDefinition

STATE = {
    "type": "object",
    "properties": {
        "version": {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"},
        "changes": {"type": "array", "items": {"type": "string"}},
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "title": {"type": "string"},
                    "by": {"type": ["string", "null"]},
                },
                "required": ["id"],
            },
        },
        "releases": {"type": "array"},
    },
    "required": ["version", "changes", "checks", "releases"],
}

NOTES = {
    "description": "Write the notes: what is it that users get?",
    "into": "draft.notes",
    "schema": {"type": "string", "minLength": 1},
}


def plan_check(params: Mapping[str, Any]) -> WorkflowDefinition:
    """One step: the check is ticked."""
    step = StepSpec("tick", "runtime", {"operation": "release_check.tick", **params})
    return WorkflowDefinition("wf-release-check", [step])


def plan_release(params: Mapping[str, Any]) -> WorkflowDefinition:
    """Check, ask for notes (unless it is a patch), work out the version, ask whether to go, enter it."""
    level = params["level"]
    steps = [
        StepSpec("ready", "runtime", {"operation": "release.ready"}),
        StepSpec("notes", "human", NOTES),
        StepSpec("number", "runtime", {"operation": "release.number", "level": level}),
        StepSpec("go", "human", {"description": f"Make this {level} release?"}),
        StepSpec("enter", "runtime", {"operation": "release.enter"}),
    ]
    if level == "patch":
        steps = [step for step in steps if step.id != "notes"]
    return WorkflowDefinition("wf-release", steps)


MISSIONS = [
    Mission(
        "release_check",
        plan_check,
        "Ticks a check of a release off.",
        params_schema={
            "type": "object",
            "properties": {"id": {"type": "string"}, "by": {"type": "string", "minLength": 1}},
            "required": ["id", "by"],
            "additionalProperties": False,
        },
        state_schema=STATE,
    ),
    Mission(
        "release",
        plan_release,
        "Makes a release of what is ready, once somebody says yes.",
        params_schema={
            "type": "object",
            "properties": {"level": {"enum": ["major", "minor", "patch"]}},
            "required": ["level"],
            "additionalProperties": False,
        },
        state_schema=STATE,
    ),
]
