"""What a JSON Patch from one frozen document to another is made of.

The search goes down both documents at once and stops wherever they are the very same object. A container that is
there before and after is changed part by part; what is of another kind afterwards, and every other scalar, is
replaced. Answers are remembered for each pair of containers, so that what a document repeats is compared once,
however often sharing makes it appear. Depth is bounded by MAX_DEPTH, so that this may recurse.

The operations on an array come in an order in which each path says what it seems to say: what is gone is removed from
the last to the first, at the places that it had before; what has come is added from the first to the last, and what
stays is changed, at the places that they have afterwards.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pyrsistent import PMap, pmap, pvector

from tier2_core.values.alignment import aligned
from tier2_core.values.paths import format_pointer
from tier2_core.values.scalars import quote
from tier2_core.values.seal import MAX_DEPTH, MAX_DOCUMENT_BYTES, VECTOR, canonical_size, edited, seal_of

MAX_CHANGES = 100_000
"""How many operations a container is changed by at most; one that takes more is replaced, as is one that would take
more bytes than a document may have. A few hundred bytes of plan can make a document of millions of parts."""

_MAX_VALUE_DEPTH = MAX_DEPTH - 2
"""How deep the value of an operation may be: it stands in an object in an array, which is a document too."""

_OVERHEAD = {
    "add": len('{"op":"add","path":"","value":},'),
    "remove": len('{"op":"remove","path":""},'),
    "replace": len('{"op":"replace","path":"","value":},'),
}


class Changes(NamedTuple):
    """What makes one value of another: so many ``operations`` of ``size`` bytes, whose pointers begin at the value.

    A step is the end of a pointer, the name of an operation and its value; with an empty name its value is the
    :class:`Changes` of what is there.
    """

    operations: int
    size: int
    steps: tuple[tuple[str, str, Any], ...]


_NONE = Changes(0, 0, ())
_ABSENT = object()


def operations_between(before: Any, after: Any) -> list[dict[str, Any]]:
    """The operations (RFC 6902) that make ``after`` of ``before``, both frozen."""
    found: list[dict[str, Any]] = []
    _write("", _Search().changes(before, after), found)
    return found


class _Search:
    """One comparison of two documents, with what it has found so far."""

    def __init__(self) -> None:
        self._changes: dict[tuple[int, int], Changes] = {}
        self._equal: dict[tuple[int, int], bool] = {}

    def changes(self, before: Any, after: Any) -> Changes:
        """What makes ``after`` of ``before``."""
        if before is after:
            return _NONE
        kind = type(before)
        if kind is not type(after) or (kind is not PMap and kind is not VECTOR):
            return _NONE if kind is type(after) and before == after else _one("", "replace", after)
        key = id(before), id(after)
        known = self._changes.get(key)
        if known is None:
            known = self._members(before, after) if kind is PMap else self._elements(before, after)
            if known.operations > MAX_CHANGES or known.size > MAX_DOCUMENT_BYTES:
                known = _one("", "replace", after)
            self._changes[key] = known
        return known

    def _members(self, before: Any, after: Any) -> Changes:
        names: Any = edited(before, after)
        if names is None:
            names = [name for name, part in after.iteritems() if before.get(name, _ABSENT) is not part]
            names += [name for name in before if name not in after]
        found = []
        for name in sorted(names):
            suffix = format_pointer((name,))
            if name not in after:
                if name in before:
                    found.append(_one(suffix, "remove", None))
            elif name not in before:
                found.append(_one(suffix, "add", after[name]))
            else:
                found.append(self._below(suffix, before[name], after[name]))
        return _together(found)

    def _elements(self, before: Any, after: Any) -> Changes:
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
        pairs = aligned(old, new)
        gone = set(range(len(old))).difference(here for here, _ in pairs)
        came = set(range(len(new))).difference(there for _, there in pairs)
        found = [_one(f"/{start + here}", "remove", None) for here in sorted(gone, reverse=True)]
        found += [_one(f"/{start + there}", "add", new[there]) for there in sorted(came)]
        found += [self._below(f"/{start + there}", old[here], new[there]) for here, there in pairs]
        return _together(found)

    def _below(self, suffix: str, before: Any, after: Any) -> Changes:
        found = self.changes(before, after)
        if not found.steps:
            return _NONE
        return Changes(found.operations, found.size + found.operations * _length(suffix), ((suffix, "", found),))

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


def _one(suffix: str, op: str, value: Any) -> Changes:
    size = 0 if op == "remove" else canonical_size(value)
    return Changes(1, _OVERHEAD[op] + _length(suffix) + size, ((suffix, op, value),))


def _together(found: list[Changes]) -> Changes:
    steps = tuple(step for part in found for step in part.steps)
    return Changes(sum(part.operations for part in found), sum(part.size for part in found), steps)


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
