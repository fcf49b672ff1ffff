"""tier2 run: a mission, run on a state from a file; people are asked, if there are any."""

from __future__ import annotations

from typing import Any

from tier2_core import ExecutionContext, run_mission
from tier2_io.cli.guarding import guarding
from tier2_io.cli.inputs import entry_of, initial_state, params, registry, unknown_params
from tier2_io.cli.outcome import check_outputs, ended
from tier2_io.screen import complain, is_terminal


def execute(options: Any) -> int:
    """Run the mission: exit code 1 if it does not succeed, 3 if a person has to decide and nobody is there."""
    check_outputs(options)
    known, given = registry(options), params(options.param)
    for warning in unknown_params(given, entry_of(known, options.mission).mission.params_schema):
        complain(warning)
    context = ExecutionContext(initial_state(options.state, options.set), decisions=None if options.unattended else ())
    with guarding(options, known, options.mission) as watched:
        result = run_mission(options.mission, context, given, registry=watched)
        left = None
        if is_terminal() and not options.json and options.state != "-":
            from tier2_io.cli.people import answered

            result, left = answered(result)
    return ended(options, known, options.mission, result, options.record, left)
