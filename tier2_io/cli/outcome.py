"""How a run ends on the command line: files written, the result told, the exit code."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from tier2_core import OrchestrationResult, Registry, consequences
from tier2_io.cli.changes import say_changes
from tier2_io.cli.inputs import UsageProblem
from tier2_io.cli.main import DONE, FAILED, SUSPENDED
from tier2_io.cli.people import say_waiting
from tier2_io.cli.views import view_of
from tier2_io.files import check_writable, write_document
from tier2_io.saved import SavedRun, save
from tier2_io.screen import complain, safe, say, say_json


def check_outputs(options: Any) -> None:
    """Refuse output files that cannot be written, before any work is done."""
    if options.out and options.out == options.state_out:
        raise UsageProblem("--out and --state-out name one file; expected two.")
    for path in (options.out, options.state_out):
        if path is not None:
            check_writable(path)


def ended(options: Any, registry: Registry, mission: str, params: Mapping[str, Any], result: OrchestrationResult,
          saved_as: str | None = None) -> int:  # fmt: skip
    """Write what is to be written, tell of the result, and give the exit code.

    A run that waits is saved, to ``saved_as`` if it has a file; so is one that had a file and has ended.
    """
    if result.status == "suspended" or saved_as is not None:
        saved_as = save(SavedRun(mission, params, result), saved_as)
    if options.out is not None:
        write_document(options.out, result.to_dict())
    if options.state_out is not None and result.success:
        write_document(options.state_out, result.state)
    if options.json:
        document = result.to_dict()
        say_json(document if result.status != "suspended" else {
            **document, "saved_as": saved_as, "consequences": consequences(result).to_dict(),
        })  # fmt: skip
    else:
        _tell(options, registry, mission, result)
    if result.status == "suspended":
        complain(f"The run waits for a decision at '{result.pending_step_id}' and was saved. To go on:")
        complain(f"  {_command(str(saved_as), options)}")
        complain("or with --reject, or with --approve --value JSON.")
        return SUSPENDED
    return DONE if result.success else FAILED


def _command(saved_as: str, options: Any) -> str:
    words = ["tier2", "resume", saved_as, "--approve"]
    for name, value in (("--out", options.out), ("--state-out", options.state_out)):
        words += [name, value] if value is not None else []
    return shlex.join(words)


def _tell(options: Any, registry: Registry, mission: str, result: OrchestrationResult) -> None:
    say(f"{safe(mission)}: {result.status}, {len(result.executed_steps)} of {len(result.run.workflow.steps)} steps")
    if result.error_message is not None:
        say(safe(result.error_message))
        if options.state_out is not None:
            say(f"{safe(options.state_out)} was not written: the mission did not succeed.")
    view = view_of(registry.get(mission), result)
    if result.status == "suspended":
        say_waiting(result, consequences(result))
    elif view is not None:
        say()
        view(result)
    else:
        say("Changes of the state:")
        say_changes(result.run.context.initial_state, result.state, "  ")
    written = [path for path in (options.out, options.state_out if result.success else None) if path]
    if written:
        say()
        say(f"Written: {', '.join(map(safe, written))}")
