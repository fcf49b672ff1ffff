"""The option --guard: a run whose code is watched, and of which nothing is written if it touched the world."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tier2_core import PluginError, Registry
from tier2_io.screen import complain, say_json

if TYPE_CHECKING:
    from tier2_io.trust.guard import Touch


class Touched(PluginError):
    """The code of a mission touched the world."""


@contextmanager
def guarding(options: Any, known: Registry, mission: str) -> Iterator[Registry]:
    """The registry to run with: with ``--guard`` one whose code is watched, else the very same.

    What was seen is told at the end, whatever the end was. Raises :class:`Touched` if there was anything.
    """
    if not options.guard:
        yield known
        return
    from tier2_io.trust.guard import Watch, guarded

    watch = Watch(mission)
    try:
        yield guarded(known, watch)
    finally:
        for touch in watch.touches:
            text = str(touch)
            complain(f"tier2 {options.command}: {text[:1].upper()}{text[1:]}.")
    if not watch.touches:
        complain(f"tier2 {options.command}: the guard saw nothing touched; what it cannot see is in the manual.")
        return
    if options.json:
        say_json({"guard": report(watch.touches)})
    raise Touched("the guard has seen it, not prevented it; the result is withheld and nothing was written.")


def report(touches: list[Touch]) -> dict[str, Any]:
    """What a guarded run says of the guard in JSON."""
    from tier2_io.trust.guard import BLIND

    return {"blind": [*BLIND, _UNSTABLE], "touches": [touch.to_dict() for touch in touches]}


_UNSTABLE = "what follows the order of a set, or what a module remembers; 'tier2 plugins check' looks for that"
