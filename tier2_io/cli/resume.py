"""tier2 resume: a saved run goes on with a decision."""

from __future__ import annotations

import shlex
from typing import Any

from tier2_core import (
    Consequences,
    Decision,
    DecisionError,
    InvalidSpecError,
    OrchestrationResult,
    consequences,
    make_record,
    resume,
)
from tier2_io.cli.guarding import guarding
from tier2_io.cli.inputs import UsageProblem, registry, value_of
from tier2_io.cli.main import SUSPENDED, UNVERIFIED
from tier2_io.cli.outcome import check_outputs, command, ended, say_waiting, waiting
from tier2_io.cli.people import Given, answered, login_name
from tier2_io.cli.signed import check_signed, signed_answer
from tier2_io.documents.files import STDIN
from tier2_io.documents.outputs import check_writable
from tier2_io.records.saved import NotVerified, load, only_one
from tier2_io.records.signing import read_stored
from tier2_io.screen import complain, is_terminal, say_json


def execute(options: Any) -> int:
    """Decide the step that waits, or ask at a terminal; the file then holds the run with the decision.

    An approval has to say what was seen. Without that, what a yes leads to is shown, and nothing is decided.
    """
    given = _checked(options)
    decided, left, shown = options.approve or options.reject or options.decision is not None, None, None
    asks = is_terminal() and not options.json
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
            finished = (
                result.pending_step_id is None
                and not decided
                and any((options.out, options.state_out, options.effects_out))
            )
            if not finished:
                if result.pending_step_id is None:
                    raise DecisionError(
                        f"{options.file}: the run waits for nothing: it was decided already and ended as "
                        f"{result.status}.",
                        reason="already_decided",
                    )
                check_writable(options.file)  # or it could be decided once more
                if options.decision is not None:
                    result = resume(result, signed_answer(options, result))
                elif options.reject or options.seen is not None or options.unseen:
                    result = resume(result, _decision(options, str(result.pending_step_id), given))
                elif asks:
                    result, left = answered(result, given)
                elif options.approve:
                    shown = _foreseen(options, result, given)
                else:
                    raise UsageProblem("nobody can be asked without a terminal; expected --approve or --reject.")
        if shown is not None:
            return _show(options, result, shown)
        return ended(options, known, make_record(result).mission, result, None if finished else options.file, left)


def _checked(options: Any) -> Given:
    """What was given beside the answer. Raises :class:`UsageProblem` for what does not go together."""
    for name in ("value", "reason", "actor", "seen"):
        if getattr(options, name) is not None and not (options.approve or options.reject):
            raise UsageProblem(f"--{name} goes with --approve or --reject.")
    check_signed(options)
    if options.unseen and not options.approve:
        raise UsageProblem("--unseen goes with --approve: it approves what was not looked at.")
    if options.unseen and options.seen is not None:
        raise UsageProblem("--unseen and --seen contradict each other; expected one of them.")
    if options.seen == "":
        raise UsageProblem("--seen is empty; expected the digest of what was shown.")
    if options.reject and options.value is not None:
        raise UsageProblem("--value goes with --approve: a rejection has no value.")
    if options.file == STDIN:
        raise UsageProblem("a run is resumed in its file; expected the name of one.")
    return Given(
        None if options.value is None else value_of("--value", options.value),
        login_name() if options.actor is None else options.actor,
        options.reason,
    )


def _decision(options: Any, step: str, given: Given) -> Decision:
    try:
        return Decision(
            step,
            options.approve,
            given.actor,
            given.reason or "",
            given.value,
            options.seen or "",
            options.unseen,
            "api",
        )
    except InvalidSpecError as error:
        raise UsageProblem(str(error)) from None


def _foreseen(options: Any, result: OrchestrationResult, given: Given) -> Consequences:
    """What a yes leads to; what the step would not take is refused as it would be with ``--seen``."""
    decision = _decision(options, str(result.pending_step_id), given)
    seen = consequences(result, decision.value)
    if seen.approve.status in ("refused", "broken"):
        resume(result, decision)  # which says why
    return seen


def _show(options: Any, result: OrchestrationResult, seen: Consequences) -> int:
    """Show what a yes leads to, and the digest that an approval of it has to name; nothing is decided."""
    if options.json:
        say_json({**result.to_dict(), "saved_as": options.file, **waiting(result, seen)})
    else:
        say_waiting(result, seen)
    complain("Nothing was decided: an approval has to say what was seen. To approve what is shown here:")
    reason = "" if options.reason is None else f" {shlex.quote(f'--reason={options.reason}')}"
    complain(f"  {command(options.file, options, seen, True)}{reason}")
    complain("or with --unseen, which approves without looking.")
    return SUSPENDED
