"""tier2 run: a mission, run on a state from a file."""

from __future__ import annotations

from typing import Any

from tier2_core import ExecutionContext, MissionRegistryEntry, OrchestrationResult, run_mission, same
from tier2_io.cli.inputs import UsageProblem, initial_state, params, registry, unknown_params
from tier2_io.cli.main import BROKEN, DONE, FAILED
from tier2_io.cli.views import view_of
from tier2_io.files import check_writable, write_document
from tier2_io.screen import complain, safe, say, say_json


def execute(options: Any) -> int:
    """Run the mission; exit code 1 if it does not succeed."""
    if options.out and options.out == options.state_out:
        raise UsageProblem("--out and --state-out name one file; expected two.")
    for path in (options.out, options.state_out):
        if path is not None:
            check_writable(path)
    known, given = registry(), params(options.param)
    if options.mission not in known.missions and known.failures:
        complain(f"tier2 run: mission '{options.mission}' is not there; it may be of a plugin that was left out.")
        return BROKEN
    entry = known.get(options.mission)
    for warning in unknown_params(given, entry.mission.params_schema):
        complain(warning)
    context = ExecutionContext(initial_state(options.state, options.set))
    result = run_mission(options.mission, context, given, registry=known)
    if options.out is not None:
        write_document(options.out, result.to_dict())
    if options.state_out is not None and result.success:
        write_document(options.state_out, result.state)
    if not options.unattended:
        for name, answer in result.receipt["human"].items():
            if answer["decision"] == "unattended":
                complain(
                    f"note: the human step '{name}' was passed: nobody was asked (--unattended says so on purpose)."
                )
    if options.json:
        say_json(result.to_dict())
    else:
        _tell(options, entry, result)
    return DONE if result.success else FAILED


def _tell(options: Any, entry: MissionRegistryEntry, result: OrchestrationResult) -> None:
    steps = result.run.workflow.steps
    say(f"{safe(options.mission)}: {result.status}, {len(result.executed_steps)} of {len(steps)} steps")
    if result.error_message is not None:
        say(safe(result.error_message))
        if options.state_out is not None:
            say(f"{safe(options.state_out)} was not written: the mission did not succeed.")
    view = view_of(entry, result)
    if view is not None:
        say()
        view(result)
    else:
        _tell_changes(result)
    written = [path for path in (options.out, options.state_out if result.success else None) if path]
    if written:
        say()
        say(f"Written: {', '.join(map(safe, written))}")


def _tell_changes(result: OrchestrationResult) -> None:
    before, after = result.run.context.initial_state, result.state
    changed = [
        name
        for name in sorted({*before, *after})
        if (name in before) != (name in after) or not same(before[name], after[name])
    ]
    say(f"Changed in the state: {', '.join(map(safe, changed)) if changed else 'nothing'}")
