"""The schema of decisions: what a person or a tool answers to a human step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tier2_core import StepSpec
from tier2_core.values.schema import DIALECT, schema_problems
from tier2_io.documents.schemas.embedding import Definitions, embedded

DECISION: dict[str, Any] = {
    "additionalProperties": False,
    "description": "A person's answer to a human step.",
    "properties": {
        "actor": {"default": "", "description": "Who decides; recorded as claimed.", "type": "string"},
        "approved": {"default": True, "description": "Yes or no; a no ends the run.", "type": "boolean"},
        "reason": {"default": "", "description": "Why; it is recorded.", "type": "string"},
        "seen": {
            "default": "",
            "description": "The digest of the consequences that were shown; if others follow, the decision is refused.",
            "type": "string",
        },
        "step_id": {"description": "The id of the human step.", "type": "string"},
        "value": {"default": None, "description": "What is approved; a step may say what it takes."},
    },
    "required": ["step_id"],
    "type": "object",
}


def decision_schema(steps: Sequence[StepSpec], warn: Callable[[str], None]) -> dict[str, Any]:
    """The schema of a decision about one of ``steps``, the human ones of a plan; without any, of whatever decision.

    ``warn`` is told of steps whose own schemas cannot be shown.
    """
    made = {"$schema": DIALECT, "title": "A decision", **DECISION}
    if not steps:
        return made
    definitions = Definitions(warn)
    told = [{"const": step.id, "description": question_of(step)} for step in steps]
    made["properties"] = {**DECISION["properties"], "step_id": {**DECISION["properties"]["step_id"], "oneOf": told}}
    made["allOf"] = [_of(step, definitions) for step in steps if "schema" in step.payload]
    made["allOf"] += [demanded for step in steps for demanded in _demanded(step)]
    return {**made, "$defs": definitions.made}


def question_of(step: StepSpec) -> str:
    """What a human step asks, for people."""
    asked = step.payload.get("description")
    return asked if type(asked) is str else "A human step."


def _of(step: StepSpec, definitions: Definitions) -> dict[str, Any]:
    """What holds of a decision that approves a step: its value is what the step takes."""
    wanted = step.payload["schema"]
    held = definitions.hold(wanted, f"value-{step.id}", f"the schema of step '{step.id}'", embedded)
    if held is None:
        return {}
    then: dict[str, Any] = {"properties": {"value": held}}
    if schema_problems(wanted, None):  # which is what a decision without a value has
        then["required"] = ["value"]
    approved = {"properties": {"approved": {"const": True}, "step_id": {"const": step.id}}, "required": ["step_id"]}
    return {"if": approved, "then": then}


def _demanded(step: StepSpec) -> Iterator[dict[str, Any]]:
    """What a step demands of whoever answers, as far as the decision alone shows it."""
    demands: Any = step.payload.get("demands") or {}
    of_step: dict[str, Any] = {"properties": {"step_id": {"const": step.id}}, "required": ["step_id"]}
    named = any(demands.get(name) for name in ("actor", "not_caller", "not_same_as"))
    for name, wanted in (("actor", named), ("seen", demands.get("seen"))):
        if wanted:
            said = {"properties": {name: {"minLength": 1, "pattern": "\\S"}}, "required": [name]}
            yield {"if": of_step, "then": said}
    if demands.get("reason"):
        rejected = {**of_step["properties"], "approved": {"const": False}}
        said = {"properties": {"reason": {"minLength": 1, "pattern": "\\S"}}, "required": ["reason"]}
        yield {"if": {"properties": rejected, "required": ["approved", "step_id"]}, "then": said}
