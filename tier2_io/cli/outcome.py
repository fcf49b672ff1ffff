"""How a run ends on the command line: files written, the result told, the exit code."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from tier2_core import OrchestrationResult, Registry, thaw
from tier2_io.cli.changes import say_changes, say_lines
from tier2_io.cli.inputs import UsageProblem
from tier2_io.cli.main import DONE, FAILED, SUSPENDED
from tier2_io.cli.views import view_of
from tier2_io.documents import outputs
from tier2_io.documents.files import STDIN, FileProblem
from tier2_io.documents.writing import write_document
from tier2_io.screen import complain, safe, say, say_json
from tier2_io.telling import title

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from tier2_core import Consequences
    from tier2_io.cli.people import Left


def check_outputs(options: Any) -> None:
    """Refuse output files that cannot be written, before any work is done."""
    # What is resumed is named by its file. It is a record, and goes on as one.
    read = [("the run", getattr(options, "file", None)), ("--sign", options.sign)]
    read += [(f"--{name}", getattr(options, name, None)) for name in ("approvers", "decision")]
    written = [
        ("--out", options.out), ("--record", getattr(options, "record", None)), ("--effects-out", options.effects_out),
    ]  # fmt: skip
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
    options.key = signing_key("--sign", options.sign)  # read once: it must not be gone when people have answered


def signing_key(option: str, path: str) -> Ed25519PrivateKey:
    """The private key in the file that an option names; one that others can read is warned of."""
    if path == STDIN:
        raise UsageProblem(f"{option} takes the name of a file with a key, not standard input.")
    from tier2_io.records.keys import is_exposed, private_key

    key = private_key(path)
    if is_exposed(path):
        complain(f"warning: others can read the private key {path}, and sign with it; chmod 600 would stop them.")
    return key


def ended(
    options: Any,
    registry: Registry,
    mission: str | None,
    result: OrchestrationResult,
    recorded_as: str | None = None,
    left: Left | None = None,
) -> int:
    """Write what is to be written, tell of the result, and give the exit code.

    ``mission`` is the one that was run, if it was one. ``recorded_as`` is the file of the record; a run that waits
    gets one of its own, if it has none. ``left`` is where a person who was asked has left a run that waits.
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
        if options.effects_out is not None and result.success:
            from tier2_io.effects.listed import write_effects

            write_effects(options.effects_out, result.effects)
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

        seen = consequences(result) if left is None else left.seen
    if options.json:
        document = result.to_dict()
        if options.guard:
            from tier2_io.cli.guarding import report

            document["guard"] = report([])
        if seen is not None:
            document |= {"saved_as": recorded_as, **waiting(result, seen)}
        say_json(document)
    else:
        _tell(options, registry, mission, result, seen if left is None else None)
    if seen is not None:
        complain(f"The run waits for a decision at '{result.pending_step_id}' and was saved. To go on:")
        if signatures := _signatures(result):
            complain(f"  tier2 sign-decision {shlex.quote(str(recorded_as))} --decision ENVELOPE --key KEY --approve")
            people = "one person" if signatures == 1 else f"each of {signatures} people"
            complain(f"by {people} who may decide, and then, with the names of their keys:")
            complain(f"  tier2 resume {shlex.quote(str(recorded_as))} --decision ENVELOPE --approvers FILE")
            return SUSPENDED
        complain(f"  {command(str(recorded_as), options, seen, left is None or left.whole)}")
        complain("or with --reject, or with another --value JSON.")
        return SUSPENDED
    return DONE if result.success else FAILED


def _signatures(result: OrchestrationResult) -> int:
    """How many signatures the step that waits demands."""
    demands: Any = result.run.workflow.steps[len(result.run.trace)].payload.get("demands") or {}
    count: int = demands.get("signatures", 0)
    return count


def waiting(result: OrchestrationResult, seen: Consequences) -> dict[str, Any]:
    """What machines are told of a run that waits: what an answer leads to, and what people are shown of it."""
    from tier2_io.telling import question

    return {"consequences": seen.to_dict(), "question": question(result, seen).to_dict()}


def say_waiting(result: OrchestrationResult, seen: Consequences) -> None:
    """Tell what is asked, and all that each answer would lead to."""
    from tier2_io.cli.questions import lines_of_question
    from tier2_io.telling import question

    say()
    say_lines(lines_of_question(question(result, seen)))


def command(saved_as: str, options: Any, seen: Consequences, shown: bool) -> str:
    """The command that approves what was ``shown``; what was not shown whole has no digest to approve it with."""
    import json

    words = ["tier2", "resume", saved_as, "--approve"]
    if seen.approve.status in ("refused", "broken"):
        words += ["--value", "VALUE"]
    else:
        words += ["--value", json.dumps(thaw(seen.value))] if seen.value is not None else []
        words += ["--seen", seen.digest] if shown else []
    if getattr(options, "actor", None) is not None:
        words += [f"--actor={options.actor}"]
    words += ["--guard"] if options.guard else []
    for option in ("out", "state_out", "effects_out", "sign"):
        name, value = f"--{option.replace('_', '-')}", getattr(options, option)
        words += [f"{name}={value}"] if value is not None else []
    return shlex.join(words)


def _tell(
    options: Any, registry: Registry, mission: str | None, result: OrchestrationResult, seen: Consequences | None
) -> None:
    workflow = result.run.workflow
    name = safe(title(mission, workflow.id))
    say(f"{name}: {result.status}, {len(result.executed_steps)} of {len(workflow.steps)} steps")
    if result.error_message is not None:
        say(safe(result.error_message))
        for path in filter(None, (options.state_out, options.effects_out)):
            say(f"{safe(path)} was not written: the mission did not succeed.")
    entry = None if mission is None else registry.missions.get(mission)
    view = None if entry is None else view_of(entry, result)
    if seen is not None:
        say_waiting(result, seen)
    elif view is not None:
        say()
        view(result)
    elif result.status != "suspended":
        say("Changes of the state:")
        say_changes(result.run.context.initial_state, result.state, "  ")
    if result.effects:
        from tier2_io.cli.questions import lines_of_effects

        say("Wanted done in the world:")
        say_lines(lines_of_effects(result.effects, "  "))
    following = (options.state_out, options.effects_out) if result.success else ()
    written = [path for path in (options.out, *following, getattr(options, "record", None)) if path]
    if written:
        say()
        say(f"Written: {', '.join(map(safe, written))}")
