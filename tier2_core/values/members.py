"""The members of a persistent map, as fast as pyrsistent's own layout of them allows.

Its public face goes through a generator for each member read, and makes an evolver for each member set. Both are
several times as slow as what they come to. What is private to pyrsistent is known in this module alone, looked at once
when it is loaded, and left alone if it is not as expected.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

from pyrsistent import PMap, pmap


def _members(mapping: Any) -> dict[str, Any]:
    return dict(chain.from_iterable(filter(None, mapping._buckets)))  # noqa: SLF001


def _member(mapping: Any, name: str, default: Any) -> Any:
    buckets = mapping._buckets  # noqa: SLF001
    bucket = buckets[hash(name) % len(buckets)]
    if bucket:
        for key, part in bucket:
            if key == name:
                return part
    return default


def _exchanged(mapping: Any, name: str, value: Any) -> Any:
    buckets = mapping._buckets  # noqa: SLF001
    index = hash(name) % len(buckets)
    bucket = buckets[index]
    changed = [(name, value)]
    if len(bucket) > 1:
        changed += [pair for pair in bucket if pair[0] != name]
    return _made(mapping._size, buckets.set(index, changed))  # noqa: SLF001


def _added(mapping: Any, name: str, value: Any) -> Any:
    buckets, size = mapping._buckets, mapping._size  # noqa: SLF001
    count = len(buckets)
    if count < 0.67 * size:  # it is time for more buckets
        return mapping.set(name, value)
    index = hash(name) % count
    return _made(size + 1, buckets.set(index, [(name, value), *(buckets[index] or ())]))


def _made(size: int, buckets: Any) -> Any:
    made = _new(PMap)
    made._size = size  # noqa: SLF001
    made._buckets = buckets  # noqa: SLF001
    return made


_new: Any = object.__new__


def _layout_is_known() -> bool:
    """Whether this pyrsistent keeps members in a vector of buckets, each a list of pairs."""
    before = pmap({f"name {place}": place for place in range(8)})
    try:
        if _members(before) != dict(before.iteritems()) or _member(before, "none", -1) != -1:
            return False
        for place in range(26):  # so many that some share a bucket, and that there have to be more of them
            name = f"name {place}"
            if name in before and _member(before, name, -1) != place:
                return False
            write = _exchanged if name in before else _added
            after = before.set(name, -1)
            if write(before, name, -1) != after or len(write(before, name, -1)) != len(after):
                return False
            before = write(before, name, -1)
        return True
    except Exception:  # noqa: BLE001 - whatever it is, the layout is another
        return False


def _members_of_any(mapping: Any) -> dict[str, Any]:
    return dict(mapping.iteritems())


LAYOUT_IS_KNOWN = _layout_is_known()

members: Callable[[Any], dict[str, Any]] = _members if LAYOUT_IS_KNOWN else _members_of_any
"""The members of a map as a fresh dict, in no order that means anything."""

member: Callable[[Any, str, Any], Any] = _member if LAYOUT_IS_KNOWN else PMap.get
"""``mapping.get(name, default)``."""

exchanged: Callable[[Any, str, Any], Any] = _exchanged if LAYOUT_IS_KNOWN else PMap.set
"""``mapping.set(name, value)`` for a name that is there."""

added: Callable[[Any, str, Any], Any] = _added if LAYOUT_IS_KNOWN else PMap.set
"""``mapping.set(name, value)`` for a name that is not there."""
