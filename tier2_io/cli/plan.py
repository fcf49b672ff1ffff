"""tier2 plan: the steps that a mission plans."""

from __future__ import annotations

from typing import Any

from tier2_core import MissionSpec, build_workflow, thaw
from tier2_io.cli.changes import whole
from tier2_io.cli.inputs import entry_of, params, registry, unknown_params
from tier2_io.cli.main import DONE
from tier2_io.screen import complain, safe, say, say_json, say_table


def execute(options: Any) -> int:
    """Build the workflow and show it; nothing is run."""
    known, given = registry(options), params(options.param)
    entry = entry_of(known, options.mission)
    workflow = build_workflow(MissionSpec(options.mission, given), registry=known)
    for warning in unknown_params(given, entry.mission.params_schema):
        complain(warning)
    if options.json:
        say_json({**workflow.to_dict(), "workflow_hash": workflow.hash})
        return DONE
    say(f"{safe(options.mission)} plans {safe(workflow.id)}, {len(workflow.steps)} steps:")
    say()
    rows = []
    for place, step in enumerate(workflow.steps, start=1):
        payload = thaw(step.payload)
        operation = payload.pop("operation", "noop") if step.kind == "runtime" else ""
        described = payload.pop("description", "")
        what = f"{described} ({operation})" if described and operation else described or operation
        payload.pop("schema", None)  # for machines; --json shows it
        rows.append((place, step.id, step.kind, what, whole(payload) if payload else ""))
    say_table(("", "step", "kind", "does", "with"), rows)
    return DONE
