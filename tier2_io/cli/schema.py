"""tier2 schema: JSON Schemas, for editors and other tools."""

from __future__ import annotations

from typing import Any

from tier2_core import MissionSpec, build_workflow
from tier2_io.cli.inputs import UsageProblem, entry_of, params, registry
from tier2_io.cli.main import DONE
from tier2_io.documents.schemas.decision import decision_schema
from tier2_io.documents.schemas.record import record_schema
from tier2_io.documents.schemas.state import any_state_schema, state_schema
from tier2_io.documents.schemas.suite import suite_schema
from tier2_io.screen import complain, say_json


def execute(options: Any) -> int:
    """Print the schema; what cannot be shown of a mission is left out, with a warning."""
    if options.mission is not None and options.kind in ("suite", "record"):
        raise UsageProblem(f"'tier2 schema {options.kind}' takes no mission; expected nothing after it.")
    if options.param and (options.kind != "decision" or options.mission is None):
        raise UsageProblem("--param is for the plan of 'tier2 schema decision MISSION'; expected none here.")
    say_json(_schema(options))
    return DONE


def _schema(options: Any) -> dict[str, Any]:
    if options.kind == "record":
        return record_schema()
    if options.kind == "decision" and options.mission is None:
        return decision_schema((), _warn)
    known = registry(options)
    if options.kind == "suite":
        return suite_schema(known, _warn)
    if options.mission is None:
        return any_state_schema(known, _warn)
    entry = entry_of(known, options.mission)
    if options.kind == "state":
        return state_schema(entry)
    workflow = build_workflow(MissionSpec(entry.name, params(options.param)), registry=known)
    steps = [step for step in workflow.steps if step.kind == "human"]
    if not steps:
        raise UsageProblem(f"Mission '{entry.name}' plans no human step with these params, so that nobody decides.")
    return decision_schema(steps, _warn)


def _warn(told: str) -> None:
    complain(f"warning: {told}")
