"""People at a terminal: shown what an answer leads to, then asked for it.

Nobody approves what they were not shown: what does not fit the terminal is shown page by page, and a yes counts when
the last page was. Whatever ends the asking (quit, the end of input, an interrupt, a hang-up), what was answered before
is kept.
"""

from __future__ import annotations

import getpass
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import frozen

from tier2_core import (
    Consequences,
    Decision,
    DecisionError,
    InvalidSpecError,
    OrchestrationResult,
    consequences,
    resume,
    thaw,
)
from tier2_io.cli.inputs import UsageProblem, value_of
from tier2_io.cli.questions import lines_of_question
from tier2_io.host import answers, complaints
from tier2_io.screen import ask, safe, say, say_styled, size
from tier2_io.telling import question

HELP = "y approves, n rejects, v gives a value, q quits and saves the run"
ASIDE = 4
"""How many lines of the terminal are left for the question itself, and for what was typed."""


@frozen
class Given:
    """What a person has said on the command line beside their answer."""

    value: Any = None
    actor: str = ""
    reason: str | None = None


@frozen
class Left:
    """Where a person has left a run: the consequences that they looked at, and whether they have seen all of them."""

    seen: Consequences
    whole: bool


class _Quit(Exception):
    """The person quits."""


def login_name() -> str:
    """Who the person claims to be, unless told otherwise."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def answered(result: OrchestrationResult, given: Given | None = None) -> tuple[OrchestrationResult, Left | None]:
    """The result after asking at every step that waits; if it is still suspended, where the person has left it.

    ``given`` is what was said already of the first answer.
    """
    given = Given(actor=login_name()) if given is None else given
    line = _Line()
    with line.held():
        while result.status == "suspended":
            asking = _Asking(result, given, line)
            try:
                result = asking.answered()
            except (_Quit, EOFError, KeyboardInterrupt, OSError) as left:  # the last if nothing can be printed
                line.leave(isinstance(left, _Quit))
                return result, asking.left()
            given = Given(actor=given.actor)
    return result, None


class _Line:
    """The line to the person, which may be cut at any moment.

    A hang-up, or a request to end, interrupts a prompt. At any other moment it is kept in mind until the next prompt,
    so that no answer is lost in the midst of what follows from it.
    """

    def __init__(self) -> None:
        self._asks = self._cut = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hear signals as cuts of the line; where only the main thread may listen to them, there alone."""
        names = [name for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name)]
        if threading.current_thread() is not threading.main_thread():
            names = []
        before = {name: signal.signal(getattr(signal, name), self._heard) for name in names}
        try:
            yield
        finally:
            for name, handler in before.items():
                # A terminal that is gone may still be told of; what was answered is yet to be written.
                signal.signal(getattr(signal, name), signal.SIG_IGN if self._cut and name == "SIGHUP" else handler)

    def _heard(self, number: int, frame: Any) -> None:
        if self._cut and not self._asks:  # asked for twice: whatever takes so long is not waited for
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self._cut = True
        if self._asks:
            raise KeyboardInterrupt

    def ask(self, prompt: str) -> str:
        """What the person types."""
        self._asks = True
        try:
            if self._cut:
                raise EOFError
            return ask(prompt)
        except OSError:  # there is no terminal any more
            self._cut = True
            raise EOFError from None
        finally:
            self._asks = False

    def leave(self, quits: bool) -> None:
        """End the line of the prompt; if nobody reads any more, what is still to be told must not fail of that."""
        try:
            if not quits and not self._cut:
                say()
                answers().flush()
        except OSError:
            self._cut = True
        if self._cut:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in {0, 1, 2, answers().fileno(), complaints().fileno()}:
                os.dup2(nowhere, stream)


class _Asking:
    """One question: the value that is proposed, and how much of what it leads to was shown."""

    def __init__(self, result: OrchestrationResult, given: Given, line: _Line) -> None:
        self._result, self._given, self._value, self._line = result, given, given.value, line
        self._step = str(result.pending_step_id)
        self._seen: Consequences | None = None
        self._ahead: list[Any] = []

    def left(self) -> Left | None:
        """How far the person has got; ``None`` if it was not even known what there is to show."""
        return None if self._seen is None else Left(self._seen, not self._ahead)

    def answered(self) -> OrchestrationResult:
        """The run with the person's decision; one that misses what the step demands is refused, and asked for again.

        Raises :class:`_Quit`, ``EOFError`` and ``KeyboardInterrupt`` if there is none.
        """
        self._look()
        while True:
            try:
                return resume(self._result, self._decision())
            except DecisionError as error:
                say(f"  {safe(str(error))}")

    def _decision(self) -> Decision:
        while True:
            assert self._seen is not None
            more = "more, " if self._ahead else ""
            answer = self._line.ask(f"{safe(self._step)}: {more}yes, no, value or quit? ").strip().lower()
            if answer in ("y", "yes"):
                if self._seen.approve.status in ("refused", "broken"):
                    say("  This cannot be approved as it is: give another value with v, or reject with n.")
                elif self._ahead:
                    say("  A yes counts when all of it was shown. This comes next:")
                    self._page()
                else:
                    return self._decided(True, self._seen)
            elif answer in ("n", "no"):
                return self._decided(False, consequences(self._result))
            elif answer in ("v", "value"):
                self._value = self._another_value()
                self._look()
            elif answer in ("q", "quit"):
                raise _Quit
            elif self._ahead and answer in ("m", "more", ""):
                self._page()
            else:
                say(f"  {HELP}{'; m shows more' if self._ahead else ''}")

    def _decided(self, approved: bool, seen: Consequences) -> Decision:
        reason = self._given.reason
        if reason is None:
            reason = "" if approved else self._line.ask("  reason (may be empty): ").strip()
        reason = reason.encode("utf-8", "replace").decode()
        return Decision(self._step, approved, self._given.actor, reason, seen.value, seen.digest, via="terminal")

    def _look(self) -> None:
        """Show what the answers lead to now, from the beginning."""
        self._seen = consequences(self._result, self._value)
        self._ahead = lines_of_question(question(self._result, self._seen))
        say()
        self._page()

    def _page(self) -> None:
        room = max(ASIDE, size()[1] - ASIDE)
        page, self._ahead = self._ahead[:room], self._ahead[room:]
        for line in page:
            say_styled(*line)
        if self._ahead:
            lines = len(self._ahead)
            say_styled((f"  … {lines} more line{'s' * (lines != 1)}: m shows more", "bold"))

    def _another_value(self) -> Any:
        """A value as on the command line; where only a list is taken, words with commas between them are one, too."""
        text = self._line.ask("  value: ").strip()
        if not text:
            return self._value
        run = self._result.run
        schema = thaw(run.workflow.steps[len(run.trace)].payload).get("schema")
        try:
            value = value_of("This value", text)
            if isinstance(value, str) and text[0] not in '[{"' and _takes_list(schema):
                value = [word.strip() for word in text.split(",")]
            return Decision(self._step, value=value).value
        except (UsageProblem, InvalidSpecError) as error:
            say(f"  {safe(str(error))}")
            return self._value


def _takes_list(schema: Any) -> bool:
    kinds = schema.get("type") if isinstance(schema, dict) else None
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return "array" in kinds and "string" not in kinds
