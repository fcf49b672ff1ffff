"""tier2 resume: a saved run goes on with a decision."""

from __future__ import annotations

from typing import Any

from tier2_core import Decision, DecisionError, InvalidSpecError, resume
from tier2_core.workflow.envelope import mission_of
from tier2_io.cli.guarding import guarding
from tier2_io.cli.inputs import UsageProblem, registry, value_of
from tier2_io.cli.main import UNVERIFIED
from tier2_io.cli.outcome import check_outputs, ended
from tier2_io.cli.people import answered, login_name
from tier2_io.documents.files import STDIN
from tier2_io.documents.outputs import check_writable
from tier2_io.records.saved import NotVerified, load, only_one
from tier2_io.records.signing import read_stored
from tier2_io.screen import complain, is_terminal


def execute(options: Any) -> int:
    """Decide the step that waits, or ask at a terminal; the file then holds the run with the decision."""
    given = options.approve or options.reject
    for name in ("value", "reason", "actor", "seen"):
        if getattr(options, name) is not None and not given:
            raise UsageProblem(f"--{name} goes with --approve or --reject.")
    if options.file == STDIN:
        raise UsageProblem("a run is resumed in its file; expected the name of one.")
    check_outputs(options)
    known = registry(options)
    with only_one(options.file):
        if options.sign is None and read_stored(options.file).kind:
            raise UsageProblem(f"{options.file} is signed; expected --sign KEY, to sign what follows as well.")
        with guarding(options, known, "") as watched:
            try:
                result = load(options.file, watched)
            except NotVerified as error:
                complain(f"tier2 resume: {error}")
                return UNVERIFIED
            # What it came to is written once more; there is nothing to decide, and the record stays as it is.
            finished = result.pending_step_id is None and not given and (options.out or options.state_out)
            if not finished:
                if result.pending_step_id is None:
                    raise DecisionError(
                        f"{options.file}: the run waits for nothing: it was decided already and ended as "
                        f"{result.status}.",
                        reason="already_decided",
                    )
                if not given and (options.json or not is_terminal()):
                    raise UsageProblem("nobody can be asked without a terminal; expected --approve or --reject.")
                check_writable(options.file)  # or it could be decided once more
                result = resume(result, _decision(options, result.pending_step_id)) if given else answered(result)
        return ended(options, known, mission_of(result.run.workflow), result, None if finished else options.file)


def _decision(options: Any, step: str) -> Decision:
    actor = login_name() if options.actor is None else options.actor
    value = None if options.value is None else value_of("--value", options.value)
    try:
        return Decision(step, bool(options.approve), actor, options.reason or "", value, options.seen or "")
    except InvalidSpecError as error:
        raise UsageProblem(str(error)) from None
