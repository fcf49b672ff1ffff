"""The buckets of a large map, in short rows rather than in one long vector.

Whenever the garbage collector looks at a vector of pyrsistent's C extension, it looks through all of it: a step that
sets one member of a state of 10^5 leaves it 200,000 buckets to look through, two or three times. Of buckets in rows it
looks through the four rows that an edit has made; the others are old, and those that hold no containers it has let go.

A row is a tuple as it was built, or a list after an edit; once it is in buckets, neither is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

_flat = chain.from_iterable
_new: Any = object.__new__


class Buckets:
    """A persistent vector of a fixed length: what :class:`pyrsistent.PMap` asks of that of its buckets, and no more.

    Three levels of rows of 32 are below a row of any length. Indices are from 0 up to the length.

    >>> made = Buckets.of([("a",), None])
    >>> changed = made.set(1, ("b",))
    >>> list(made), list(changed), len(changed), changed[1]
    ([('a',), None], [('a',), ('b',)], 2, ('b',))
    """

    __slots__ = ("length", "top")

    length: int
    top: Any

    @classmethod
    def of(cls, buckets: list[Any]) -> Buckets:
        """These buckets."""
        rows: list[Any] = buckets
        for _ in range(3):
            rows = [tuple(rows[place : place + 32]) for place in range(0, len(rows), 32)]
        return _made(len(buckets), rows)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Any:
        return self.top[index >> 15][index >> 10 & 31][index >> 5 & 31][index & 31]

    def __iter__(self) -> Iterator[Any]:
        return _flat(_flat(_flat(self.top)))

    def __eq__(self, other: object) -> bool:
        """Whether each bucket is equal; of maps of which it is not, the members may be equal all the same."""
        return [*self] == [*other] if isinstance(other, Buckets) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def set(self, index: int, bucket: Any) -> Buckets:
        """The same with another bucket there."""
        top = [*self.top]
        place = index >> 15
        row = top[place] = [*top[place]]
        for place in (index >> 10 & 31, index >> 5 & 31):
            above = row
            row = above[place] = [*above[place]]
        row[index & 31] = bucket
        return _made(self.length, top)

    def evolver(self) -> Evolver:
        """What a map's own edits go through."""
        return Evolver(self)


class Evolver:
    """Edits of buckets, one after the other, as :class:`pyrsistent.PMap` makes them."""

    __slots__ = ("_before", "_own", "_top")

    def __init__(self, buckets: Buckets) -> None:
        self._begin(buckets)

    def _begin(self, buckets: Buckets) -> None:
        self._before = buckets
        self._top: Any = buckets.top
        self._own: set[int] = set()  # which rows nobody else has: those are edited in place

    def __len__(self) -> int:
        return self._before.length

    def __getitem__(self, index: int) -> Any:
        return self._top[index >> 15][index >> 10 & 31][index >> 5 & 31][index & 31]

    def __setitem__(self, index: int, bucket: Any) -> None:
        if not self._own:
            self._top = [*self._top]
        above = self._top
        for place in (index >> 15, index >> 10 & 31, index >> 5 & 31):
            row = above[place]
            if id(row) not in self._own:
                row = above[place] = [*row]
                self._own.add(id(row))
            above = row
        above[index & 31] = bucket

    def is_dirty(self) -> bool:
        """Whether anything was set since :meth:`persistent` was called."""
        return bool(self._own)

    def persistent(self) -> Buckets:
        """The buckets after the edits."""
        if self._own:
            self._begin(_made(self._before.length, self._top))
        return self._before


def _made(length: int, top: Iterable[Any]) -> Buckets:
    made: Buckets = _new(Buckets)
    made.length = length
    made.top = top
    return made
