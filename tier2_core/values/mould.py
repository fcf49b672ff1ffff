"""Plain data copied, all the way down."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

_PLAIN = frozenset({dict, list})


def copied(plain: Any) -> Any:
    """A copy of plain data, all the way down; ``copy.deepcopy`` takes many times as long."""
    made = plain.copy()
    # No pair of a name and a part is kept for a moment: so many new tuples would call the collector, again and again.
    for name, part in plain.items() if type(plain) is dict else enumerate(plain):
        if type(part) in _PLAIN:
            made[name] = copied(part)
    return made


class Mould:
    """Plain data that nobody else has, and where in it objects and arrays are; for an anchor's plain data.

    Most of a state are scalars, and most of the rest are objects and arrays of scalars: a copy need not look for them.
    """

    __slots__ = ("leaves", "nested", "plain")

    def __init__(self, plain: Any) -> None:
        self.plain = plain
        self.nested: list[tuple[Any, Mould]] = []
        self.leaves: list[tuple[Callable[[Any], Any], list[Any], list[Any]]] = [
            (dict.copy, [], []),
            (list.copy, [], []),
        ]
        # The depth of documents is bounded, so that this may recurse.
        for place, part in plain.items() if type(plain) is dict else enumerate(plain):
            kind = type(part)
            if kind is dict or kind is list:
                if _PLAIN.isdisjoint(map(type, part.values() if kind is dict else part)):
                    _, places, parts = self.leaves[kind is list]
                    places.append(place)
                    parts.append(part)
                else:
                    self.nested.append((place, Mould(part)))

    def copy(self, but: Container[Any] = ()) -> Any:
        """A copy, all the way down, but for large parts at ``but``, which are the very same."""
        # Before the whole is there: the collector would look through it while the copies are made.
        copies = [(places, [*map(copy, parts)]) for copy, places, parts in self.leaves]
        made = self.plain.copy()
        for places, parts in copies:
            for place, part in zip(places, parts, strict=True):
                made[place] = part
        for place, below in self.nested:
            if place not in but:
                made[place] = below.copy()
        return made
