"""Effects are done: each by the handler of its kind, and what was done is written into the journal.

A failure stops no other effect.

Delivery is at least once. A handler that was called and of which nothing is known since (its process died) is called
again with the same effect; its ``id`` is the idempotency key.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import frozen

from tier2_core import HandlerEntry, Handlers, InvalidValueError, WantedEffect, freeze
from tier2_core.errors import described
from tier2_io import host
from tier2_io.effects.file_write import NotWritten
from tier2_io.effects.journal import Journal

DONE, BEFORE, FAILED, UNKNOWN = "done", "before", "failed", "no handler"


@frozen
class Outcome:
    """What became of an effect: ``done``, done ``before``, ``failed`` and why, or ``no handler`` for its kind."""

    effect: WantedEffect
    status: str
    why: str = ""
    acknowledgement: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {
            "acknowledgement": self.acknowledgement,
            "effect": self.effect.to_dict(),
            "status": self.status,
            "why": self.why,
        }


def do_effects(
    effects: Iterable[WantedEffect], handlers: Handlers, journal: Journal, seconds: float = 0
) -> Iterator[Outcome]:
    """Do what was not done yet, in order; each outcome is given, and is on disk, before the next effect is begun.

    ``seconds`` is the most that a handler may take (0: it may take for ever). What handlers print goes to standard
    error.
    """
    for effect in effects:
        if journal.is_done(effect):
            made = journal.events[effect.id].get("acknowledgement")
            yield Outcome(effect, BEFORE, acknowledgement=made)
            continue
        entry = handlers.handlers.get(effect.kind)
        if entry is None:
            yield Outcome(effect, UNKNOWN, f"no handler of the kind '{effect.kind}' is installed")
            continue
        journal.begun(effect, entry.plugin)
        outcome = _done(effect, entry, seconds)
        if outcome.status == DONE:
            journal.done(effect, outcome.acknowledgement)
        else:
            journal.failed(effect, outcome.why)
        yield outcome


def _done(effect: WantedEffect, entry: HandlerEntry, seconds: float) -> Outcome:
    try:
        with _at_most(seconds):
            answer = host.call(entry.handler.handle, effect)
        return Outcome(effect, DONE, acknowledgement=freeze(answer))
    except InvalidValueError as error:
        # It may have done what was wanted; that it cannot say so is its bug, and it is asked again.
        return Outcome(effect, FAILED, f"{_called(entry)} gave no document: {error}")
    except _TooLong:
        return Outcome(effect, FAILED, f"{_called(entry)} took longer than {seconds:g} s, and was stopped")
    except KeyboardInterrupt:
        raise  # a person's
    except NotWritten as error:
        return Outcome(effect, FAILED, str(error))
    except BaseException as error:  # noqa: BLE001 - it is a plugin's, and the others go on
        return Outcome(effect, FAILED, f"{_called(entry)} failed: {described(error)}")


def _called(entry: HandlerEntry) -> str:
    return f"the handler of plugin '{entry.plugin}'"


class _TooLong(BaseException):
    """Not an Exception: handlers catch those."""


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Stop what takes longer, where there are timers and this is the thread that hears them."""
    if not seconds or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise _TooLong

    before: Callable[..., Any] | int | None = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
