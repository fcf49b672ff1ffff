"""What a JSON Patch from one frozen document to another is made of.

The search goes down both documents at once and stops wherever they are the very same object. On the way up each
container is either changed by what was found below it, or replaced, whichever is fewer bytes of patch. Answers
are remembered for each pair of containers, so that what a document repeats is compared once, however often
sharing makes it appear. Depth is bounded by MAX_DEPTH, so that this may recurse.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import zip_longest
from typing import Any, NamedTuple

from pyrsistent import PMap, pmap, pvector

from tier2_core.values.canonical import digest
from tier2_core.values.paths import format_pointer
from tier2_core.values.scalars import quote
from tier2_core.values.seal import MAX_DEPTH, VECTOR, canonical_size, edited, seal_of

MAX_ARRAY_SHIFTS = 1_000
"""How many elements of one array a patch inserts or removes at most; each costs time in the array's length."""

_MAX_VALUE_DEPTH = MAX_DEPTH - 2
"""How deep the value of an operation may be: it stands in an object in an array, which is a document too."""

_OVERHEAD = {
    "add": len('{"op":"add","path":"","value":},'),
    "remove": len('{"op":"remove","path":""},'),
    "replace": len('{"op":"replace","path":"","value":},'),
}


class Changes(NamedTuple):
    """What makes one value of another: ``size`` is how many bytes it takes as operations.

    A step is the end of a pointer, the name of an operation and its value; with an empty name its value is the
    :class:`Changes` of what is there.
    """

    size: int
    steps: tuple[tuple[str, str, Any], ...]


_NONE = Changes(0, ())
_ABSENT = object()


def operations_between(before: Any, after: Any) -> list[dict[str, Any]]:
    """The operations (RFC 6902) that make ``after`` of ``before``, both frozen."""
    found: list[dict[str, Any]] = []
    _write("", _Search().changes(before, after, 0), found)
    return found


class _Search:
    """One comparison of two documents, with what it has found so far."""

    def __init__(self) -> None:
        self._changes: dict[tuple[int, int, int], Changes] = {}
        self._equal: dict[tuple[int, int], bool] = {}

    def changes(self, before: Any, after: Any, prefix: int) -> Changes:
        """What makes ``after`` of ``before`` at a place whose pointer is ``prefix`` bytes long."""
        if before is after:
            return _NONE
        kind = type(before)
        if kind is not type(after) or (kind is not PMap and kind is not VECTOR):
            return _NONE if kind is type(after) and before == after else _one("", "replace", after, prefix)
        key = id(before), id(after), prefix
        known = self._changes.get(key)
        if known is None:
            found = self._members(before, after, prefix) if kind is PMap else self._elements(before, after, prefix)
            whole = _one("", "replace", after, prefix)
            known = self._changes[key] = whole if found is None or whole.size < found.size else found
        return known

    def _members(self, before: Any, after: Any, prefix: int) -> Changes:
        names: Any = edited(before, after)
        if names is None:
            names = [name for name, part in after.iteritems() if before.get(name, _ABSENT) is not part]
            names += [name for name in before if name not in after]
        found = []
        for name in sorted(names):
            suffix = format_pointer((name,))
            if name not in after:
                if name in before:
                    found.append(_one(suffix, "remove", None, prefix))
            elif name not in before:
                found.append(_one(suffix, "add", after[name], prefix))
            else:
                found.append(self._below(suffix, before[name], after[name], prefix))
        return _together(found)

    def _elements(self, before: Any, after: Any, prefix: int) -> Changes | None:
        ends, start, tail = min(len(before), len(after)), 0, 0
        places: Any = edited(before, after)
        if places:  # then elements were only exchanged, or added at the end: all others are the very same objects
            start = min(ends, *places)
            if len(before) == len(after):
                tail = min(ends - start, ends - 1 - max(places))
        while start < ends and self._same(before[start], after[start]):
            start += 1
        tail = min(tail, ends - start)
        while tail < ends - start and self._same(before[-1 - tail], after[-1 - tail]):
            tail += 1
        old = [before[place] for place in range(start, len(before) - tail)]
        new = [after[place] for place in range(start, len(after) - tail)]
        found: list[Changes] = []
        shifts = here = there = 0
        # Everything before ``there`` already is as it will be, so that the next index is always there's.
        for stay, come in [*_kept(old, new), (len(old), len(new))]:
            gap = zip_longest(old[here:stay], new[there:come], fillvalue=_ABSENT)
            for place, (gone, came) in enumerate(gap, start + there):
                if came is _ABSENT:
                    found.append(_one(f"/{start + come}", "remove", None, prefix))
                    shifts += 1
                elif gone is _ABSENT:
                    found.append(_one(f"/{place}", "add", came, prefix))
                    shifts += 1
                else:
                    found.append(self._below(f"/{place}", gone, came, prefix))
            here, there = stay + 1, come + 1
        return _together(found) if shifts <= MAX_ARRAY_SHIFTS else None

    def _below(self, suffix: str, before: Any, after: Any, prefix: int) -> Changes:
        found = self.changes(before, after, prefix + _length(suffix))
        return Changes(found.size, ((suffix, "", found),)) if found.steps else _NONE

    def _same(self, x: Any, y: Any) -> bool:
        """Whether two parts are the same document."""
        if x is y:
            return True
        kind = type(x)
        if kind is not type(y):
            return False
        if kind is not PMap and kind is not VECTOR:
            return bool(x == y)
        if len(x) != len(y) or canonical_size(x) != canonical_size(y):
            return False
        key = id(x), id(y)
        known = self._equal.get(key)
        if known is None:
            if kind is PMap:
                known = all(name in y and self._same(part, y[name]) for name, part in x.iteritems())
            else:
                known = all(map(self._same, x, y))
            self._equal[key] = known
        return known


def _length(suffix: str) -> int:
    """How many bytes the end of a pointer has inside a JSON string."""
    return len(quote(suffix).encode()) - 2


def _one(suffix: str, op: str, value: Any, prefix: int) -> Changes:
    size = 0 if op == "remove" else canonical_size(value)
    return Changes(_OVERHEAD[op] + prefix + _length(suffix) + size, ((suffix, op, value),))


def _together(found: list[Changes]) -> Changes:
    return Changes(sum(part.size for part in found), tuple(step for part in found for step in part.steps))


def _kept(old: list[Any], new: list[Any]) -> list[tuple[int, int]]:
    """Places of equal elements, rising in both: a longest such row, each value's nth matched with its nth."""
    if len(old) <= 1 and len(new) <= 1:
        return []
    places: dict[tuple[Any, int], int] = dict(zip(_numbered(new), range(len(new)), strict=True))
    met = [(here, places[key]) for here, key in enumerate(_numbered(old)) if key in places]
    # The longest rising row by patience sorting: ``ends`` holds the lowest end of a row of each length.
    ends: list[int] = []
    last: list[int] = []
    below: list[int] = []
    for at, (_, place) in enumerate(met):
        length = bisect_left(ends, place)
        below.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [at]
    kept = []
    at = last[-1] if last else -1
    while at >= 0:
        kept.append(met[at])
        at = below[at]
    return kept[::-1]


def _numbered(elements: list[Any]) -> list[tuple[Any, int]]:
    """For each element a key that only the same document has, and how many of it came before."""
    count: dict[Any, int] = {}
    keys = []
    for element in elements:
        key = (type(element), element) if seal_of(element) is None else digest(element)
        keys.append((key, count.setdefault(key, 0)))
        count[key] += 1
    return keys


def _write(pointer: str, changes: Changes, found: list[dict[str, Any]]) -> None:
    for suffix, op, value in changes.steps:
        path = pointer + suffix
        if not op:
            _write(path, value, found)
        elif op == "remove":
            found.append({"op": op, "path": path})
        elif not _is_deeper(value, _MAX_VALUE_DEPTH):
            found.append({"op": op, "path": path, "value": value})
        else:
            _write_in_parts(path, op, value, found)


def _write_in_parts(path: str, op: str, value: Any, found: list[dict[str, Any]]) -> None:
    """A value that is too deep to stand in an operation: first without its deepest parts, then these, part by part.

    A document is at most two levels deeper than the value of an operation may be.
    """
    parts = _parts(value)
    deep = [name for name, part in parts if _is_deeper(part, _MAX_VALUE_DEPTH - 1)]
    shallow = value.evolver()
    for name in deep:
        shallow[name] = pmap() if type(value[name]) is PMap else pvector()
    found.append({"op": op, "path": path, "value": shallow.persistent()})
    for name in deep:
        below = path + format_pointer((name,))
        for inner, part in _parts(value[name]):
            found.append({"op": "add", "path": below + format_pointer((inner,)), "value": part})


def _parts(container: Any) -> list[tuple[Any, Any]]:
    if type(container) is PMap:
        return [(name, container[name]) for name in sorted(container)]
    return list(enumerate(container))


def _is_deeper(document: Any, limit: int) -> bool:
    """Whether ``document`` is nested deeper than ``limit``: its seal may think so of what is gone by now."""
    level: dict[int, Any] = {id(document): document}
    while True:
        level = {key: part for key, part in level.items() if (seal := seal_of(part)) and seal.depth > limit}
        if not level or not limit:
            return bool(level)
        level = {
            id(part): part
            for container in level.values()
            for part in (container.itervalues() if type(container) is PMap else container)
        }
        limit -= 1
