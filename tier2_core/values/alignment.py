"""Which elements of two arrays belong together.

Elements are matched in three passes, each inside the gaps that the one before has left: those that are the same
document, then objects of the same name (their ``id`` or ``title``), then those of the same kind. Each pass finds a
longest common subsequence, by Hunt and Szymanski's reduction to a longest rising one: n log n where few values repeat.
What is left is paired place by place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any

from pyrsistent import PMap

from tier2_core.values.canonical import digest
from tier2_core.values.seal import CONTAINERS

MAX_MATCHES = 100_000
"""How many pairs of equal elements one pass looks at; beyond that each value's nth is matched with its nth alone."""

_NAMES = ("id", "title")

Pairs = list[tuple[int, int]]
"""Places in both arrays, rising in both."""


def aligned(old: list[Any], new: list[Any]) -> Pairs:
    """The places of the elements that stay, changed or not; all others of ``old`` are gone, of ``new`` have come."""
    return _aligned(old, new, 0)


def _aligned(old: list[Any], new: list[Any], level: int) -> Pairs:
    if len(old) == len(new) == 1 or level == len(_PASSES):
        return list(zip(range(len(old)), range(len(new)), strict=False))
    if not old or not new:
        return []
    key = _PASSES[level]
    found: Pairs = []
    here = there = 0
    for stay, come in [*_common(list(map(key, old)), list(map(key, new))), (len(old), len(new))]:
        gap = _aligned(old[here:stay], new[there:come], level + 1)
        found += [(here + gone, there + came) for gone, came in gap]
        if stay < len(old):
            found.append((stay, come))
        here, there = stay + 1, come + 1
    return found


def _document(element: Any) -> Hashable:
    """A key that only the same document has."""
    return digest(element) if type(element) in CONTAINERS else (type(element), element)


def _name(element: Any) -> Hashable:
    """A key of objects that have a name."""
    if type(element) is PMap:
        for member in _NAMES:
            name = element.get(member)
            if type(name) is str or type(name) is int:
                return member, name
    return None


def _kind(element: Any) -> Hashable:
    """A key of all objects, of all arrays, and of all scalars."""
    kind: type = type(element)
    return kind if kind in CONTAINERS else "scalar"


_PASSES: tuple[Callable[[Any], Hashable], ...] = (_document, _name, _kind)


def _common(old: list[Hashable], new: list[Hashable]) -> Pairs:
    """A longest common subsequence of two lists of keys, of which ``None`` matches nothing."""
    places: dict[Hashable, list[int]] = {}
    for place, key in enumerate(new):
        if key is not None:
            places.setdefault(key, []).append(place)
    times = Counter(key for key in old if key in places)
    every = sum(times[key] * len(places[key]) for key in times) <= MAX_MATCHES
    met: Counter[Hashable] = Counter()
    # ``ends`` holds, for each length, the lowest place in ``new`` at which a common subsequence of it ends so far.
    ends: list[int] = []
    rows: list[Any] = []
    for here, key in enumerate(old):
        if key not in times:
            continue
        known = places[key]
        if every:
            matches = known[::-1]  # falling, so that no two of them are in one subsequence
        else:
            matches = known[met[key] : met[key] + 1]
            met[key] += 1
        for there in matches:
            length = bisect_left(ends, there)
            if length < len(ends) and ends[length] == there:
                continue  # the earlier of two equal elements is kept
            ends[length : length + 1] = [there]
            rows[length : length + 1] = [(here, there, rows[length - 1] if length else None)]
    found: Pairs = []
    row: Any = rows[-1] if rows else None
    while row is not None:
        found.append(row[:2])
        row = row[2]
    return found[::-1]
