"""How a run ends on the command line: files written, the result told, the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tier2_core import OrchestrationResult, Registry
from tier2_io.cli.changes import say_changes
from tier2_io.cli.inputs import UsageProblem
from tier2_io.cli.main import DONE, FAILED, SUSPENDED
from tier2_io.cli.views import view_of
from tier2_io.documents import outputs
from tier2_io.documents.files import STDIN, FileProblem
from tier2_io.documents.writing import write_document
from tier2_io.screen import complain, safe, say, say_json

if TYPE_CHECKING:
    from tier2_core import Consequences


def check_outputs(options: Any) -> None:
    """Refuse output files that cannot be written, before any work is done."""
    # What is resumed is named by its file. It is a record, and goes on as one.
    read = [("the run", getattr(options, "file", None)), ("--sign", options.sign)]
    written = [("--out", options.out), ("--record", getattr(options, "record", None))]
    outputs.check_outputs(written, [*read, ("--state", getattr(options, "state", None))])
    # The state that is read may be the one that is written: a day goes on from the one before.
    outputs.check_outputs([("--state-out", options.state_out)], [*read, *written])
    check_key(options)


def check_key(options: Any) -> None:
    """Refuse a key that cannot sign, or has nothing to sign, before any work is done."""
    options.key = None
    if options.sign is None:
        return
    if options.command != "resume" and options.record is None:
        raise UsageProblem("--sign goes with --record: it is the record that is signed.")
    if options.sign == STDIN:
        raise UsageProblem("--sign takes the name of a file with a key, not standard input.")
    from tier2_io.records.keys import is_exposed, private_key

    options.key = private_key(options.sign)  # read once: it must not be gone when people have answered
    if is_exposed(options.sign):
        complain(
            f"warning: others can read the private key {options.sign}, and sign with it; chmod 600 would stop them."
        )


def ended(
    options: Any, registry: Registry, mission: str, result: OrchestrationResult, recorded_as: str | None = None
) -> int:
    """Write what is to be written, tell of the result, and give the exit code.

    ``recorded_as`` is the file of the run's record; a run that waits gets one of its own, if it has none.
    """
    decided, saved_as = bool(result.run.context.decisions), None
    try:
        if result.status == "suspended" or recorded_as is not None:
            from tier2_io.records.saved import save

            recorded_as = saved_as = save(result, recorded_as, options.key)
        if options.out is not None:
            write_document(options.out, result.to_dict())
        if options.state_out is not None and result.success:
            write_document(options.state_out, result.state)
    except FileProblem:
        if saved_as is None and decided:  # what people answered is not lost
            from tier2_io.records.saved import save

            saved_as = save(result, None, options.key)
        if saved_as is not None:
            complain(f"The run is in {saved_as}; to write what it came to: tier2 resume {saved_as} --out FILE")
        raise
    seen: Consequences | None = None
    if result.status == "suspended":
        from tier2_core import consequences

        seen = consequences(result)
    if options.json:
        document = result.to_dict()
        if options.guard:
            from tier2_io.cli.guarding import report

            document["guard"] = report([])
        if seen is not None:
            document |= {"saved_as": recorded_as, "consequences": seen.to_dict()}
        say_json(document)
    else:
        _tell(options, registry, mission, result, seen)
    if seen is not None:
        complain(f"The run waits for a decision at '{result.pending_step_id}' and was saved. To go on:")
        complain(f"  {_command(str(recorded_as), options, seen.approve.status in ('refused', 'broken'))}")
        complain("or with --reject, or with another --value JSON.")
        return SUSPENDED
    return DONE if result.success else FAILED


def _command(saved_as: str, options: Any, needs_value: bool) -> str:
    import shlex

    words = ["tier2", "resume", saved_as, "--approve", *(["--value", "VALUE"] if needs_value else [])]
    words += ["--guard"] if options.guard else []
    for name, value in (("--out", options.out), ("--state-out", options.state_out), ("--sign", options.sign)):
        words += [f"{name}={value}"] if value is not None else []
    return shlex.join(words)


def _tell(
    options: Any, registry: Registry, mission: str, result: OrchestrationResult, seen: Consequences | None
) -> None:
    say(f"{safe(mission)}: {result.status}, {len(result.executed_steps)} of {len(result.run.workflow.steps)} steps")
    if result.error_message is not None:
        say(safe(result.error_message))
        if options.state_out is not None:
            say(f"{safe(options.state_out)} was not written: the mission did not succeed.")
    entry = registry.missions.get(mission)
    view = None if entry is None else view_of(entry, result)
    if seen is not None:
        from tier2_io.cli.people import say_waiting

        say_waiting(result, seen)
    elif view is not None:
        say()
        view(result)
    else:
        say("Changes of the state:")
        say_changes(result.run.context.initial_state, result.state, "  ")
    files = (options.out, options.state_out if result.success else None, getattr(options, "record", None))
    written = [path for path in files if path]
    if written:
        say()
        say(f"Written: {', '.join(map(safe, written))}")
