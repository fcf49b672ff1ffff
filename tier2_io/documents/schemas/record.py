"""The schema of records, ``tier2.record/1``: the form that ``load_record`` reads, and nothing else.

Whether a record is true, only ``tier2 verify`` tells.
"""

from __future__ import annotations

from typing import Any

from tier2_core.records.record import SCHEMA
from tier2_core.values.schema import DIALECT
from tier2_core.workflow.specs import WAYS

_MOST = 2**53 - 1


def _object(description: str, optional: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """An object that has just these fields, but for those that are optional."""
    return {
        "additionalProperties": False,
        "description": description,
        "properties": properties,
        "required": sorted({*properties} - {*optional}),
        "type": "object",
    }


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"description": description, "type": "string", **more}


def _digest(description: str) -> dict[str, Any]:
    # The length says that nothing follows, as a line end may after what "$" matches.
    return _text(description, maxLength=64, pattern="^[0-9a-f]{64}$")


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


def _any_object(description: str) -> dict[str, Any]:
    return {"description": description, "type": "object"}


def _list(description: str, what: str) -> dict[str, Any]:
    return {"description": description, "items": {"$ref": f"#/$defs/{what}"}, "type": "array"}


def _count(description: str) -> dict[str, Any]:
    return {"description": description, "maximum": _MOST, "minimum": 0, "type": "integer"}


def _decision() -> dict[str, Any]:
    return _object(
        "A person's answer to a human step.",
        ("envelope", "signed_by", "unseen", "via"),
        actor=_text("Who decided, as claimed."),
        approved={"description": "Yes or no.", "type": "boolean"},
        envelope={"description": "What was signed, a DSSE envelope.", "minProperties": 1, "type": "object"},
        reason=_text("Why."),
        seen=_text("The digest of the consequences that were shown."),
        signed_by={
            "description": "Whose signatures were checked when the decision was handed in, in order.",
            "items": {"type": "string"},
            "minItems": 1,
            "type": "array",
            "uniqueItems": True,
        },
        step_id=_text("The human step."),
        unseen={"const": True, "description": "The person forwent to look at the consequences."},
        value={"description": "What was approved."},
        via={"description": "How it came in, as claimed.", "enum": list(WAYS[1:])},
    )


def _link() -> dict[str, Any]:
    return _object(
        "What became of one executed step.",
        ("effects",),
        decision=_or_null(_digest("The digest of the decision, if there is one.")),
        effects={"description": "The effects that it has declared: kind and data.", "minItems": 1, "type": "array"},
        hash=_digest("Binds all the rest of the link."),
        index=_count("The place of the link, from 0."),
        outcome=_text("What became of the step: done, failed, approved, rejected or unattended."),
        patch={"description": "The change of the state, a JSON Patch (RFC 6902).", "type": "array"},
        previous=_digest("The hash of the link before; of the first, the hash of all that went in."),
        reason=_text("Why the step failed, if it did."),
        step=_digest("The digest of the step."),
        step_id=_text("The step."),
        total=_count("How many links there are."),
    )


def _step() -> dict[str, Any]:
    return _object(
        "A step.",
        id=_text("Its id; no other step of the workflow has it."),
        kind=_text("'runtime' or 'human'."),
        payload=_any_object("What the step is about."),
    )


def _result() -> dict[str, Any]:
    return _object(
        "What came out.",
        ("effects",),
        effects={"description": "What the run wants done, if a step has declared anything.", "type": "array"},
        error_message=_or_null(_text("Why the run failed, if it did.")),
        executed_steps=_list("The steps that were executed.", "step"),
        failed_step_id=_or_null(_text("The step that failed.")),
        final_state=_any_object("The state at the end."),
        id=_text("The workflow's id."),
        lineage=_any_object("Hashes of what went in and what came out."),
        pending_step_id=_or_null(_text("The human step that waits for a decision.")),
        receipt=_any_object("What was done, and who decided what."),
        status={"description": "How the run ended.", "enum": ["failed", "rejected", "succeeded", "suspended"]},
        success={"description": "Whether the status is 'succeeded'.", "type": "boolean"},
    )


def record_schema() -> dict[str, Any]:
    """The schema of the record of a run."""
    plugin = _object(
        "A plugin.",
        distribution=_text("The distribution that brings it."),
        name=_text("Its name."),
        version=_text("The version of the distribution."),
    )
    registry = _object(
        "What was installed.",
        fingerprint=_or_null(_digest("The digest of all that was registered.")),
        plugins=_list("The plugins.", "plugin"),
    )
    workflow = _object(
        "The workflow that was run.",
        id=_text("Its id."),
        metadata=_any_object("Data about it."),
        name=_text("The same as its id."),
        steps=_list("Its steps, in their order.", "step"),
    )
    made = _object(
        "A run as a document from which it is recomputed; 'tier2 verify' says whether it is true.",
        ("environment",),
        chain=_list("One link for each executed step.", "link"),
        decisions=_or_null(_list("The decisions, one a step; null: nobody was asked.", "decision")),
        digest=_digest("The digest of all the rest but 'environment'."),
        environment=_any_object("Where it ran; this is not hashed."),
        initial_state=_any_object("The state at the beginning."),
        metadata=_or_null(_any_object("Data about the run, from its context.")),
        mission=_or_null(_text("The mission that plans the workflow; null if there is none.")),
        params=_or_null(_any_object("The mission's params.")),
        registry=registry,
        result={"$ref": "#/$defs/result"},
        schema={"const": SCHEMA, "description": "The form of this document."},
        tier2=_text("The version of tier2 that made it."),
        workflow=workflow,
    )
    return {
        **made,
        "$defs": {"decision": _decision(), "link": _link(), "plugin": plugin, "result": _result(), "step": _step()},
        "$schema": DIALECT,
        "else": {"properties": {"params": {"type": "object"}}},
        "if": {"properties": {"mission": {"type": "null"}}},
        "then": {"properties": {"params": {"type": "null"}}},
        "title": "The record of a run of tier2",
    }
