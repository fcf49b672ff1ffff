"""The members of a persistent map, as fast as pyrsistent's own layout of them allows.

Its public face goes through a generator for each member read, and makes an evolver for each member set. Both are
several times as slow as what they come to. What is private to pyrsistent is known in this module alone, looked at once
when it is loaded, and left alone if it is not as expected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from pyrsistent import PMap, pmap, pvector

_EMPTY: Any = pmap()
_new: Any = object.__new__

new_vector: Callable[[list[Any]], Any] = pvector().extend
"""``pvector(parts)``, which reads its arguments in a slower way."""


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
    changed: Any = ((name, value),)
    if len(bucket) > 1:
        changed += tuple([pair for pair in bucket if pair[0] != name])
    return _made(mapping._size, buckets.set(index, changed))  # noqa: SLF001


def _added(mapping: Any, name: str, value: Any) -> Any:
    buckets, size = mapping._buckets, mapping._size  # noqa: SLF001
    count = len(buckets)
    if count < 0.67 * size:  # it is time for more buckets
        return mapping.set(name, value)
    index = hash(name) % count
    return _made(size + 1, buckets.set(index, ((name, value), *(buckets[index] or ()))))


def _made(size: int, buckets: Any) -> Any:
    made = _new(PMap)
    made._size = size  # noqa: SLF001
    made._buckets = buckets  # noqa: SLF001
    return made


def _new_map(names: Iterable[str], parts: list[Any]) -> Any:
    if not parts:
        return _EMPTY
    count = 2 * len(parts)
    buckets: list[Any] = [None] * count
    for pair in zip(names, parts, strict=True):
        index = hash(pair[0]) % count
        bucket = buckets[index]
        buckets[index] = (pair,) if bucket is None else (*bucket, pair)
    return _made(len(parts), new_vector(buckets))


def _layout_is_known() -> bool:
    """Whether this pyrsistent keeps members in a vector of buckets, each a sequence of pairs."""
    names = [f"name {place}" for place in range(8)]
    before = pmap({name: place for place, name in enumerate(names)})
    try:
        made = _new_map(names, [*range(8)])
        if made != before or _members(before) != dict(before.iteritems()) or _member(before, "none", -1) != -1:
            return False
        before = made
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


def _new_map_of_any(names: Iterable[str], parts: list[Any]) -> Any:
    return pmap(dict(zip(names, parts, strict=True)))


LAYOUT_IS_KNOWN = _layout_is_known()

members: Callable[[Any], dict[str, Any]] = _members if LAYOUT_IS_KNOWN else _members_of_any
"""The members of a map as a fresh dict, in no order that means anything."""

member: Callable[[Any, str, Any], Any] = _member if LAYOUT_IS_KNOWN else PMap.get
"""``mapping.get(name, default)``."""

new_map: Callable[[Iterable[str], list[Any]], Any] = _new_map if LAYOUT_IS_KNOWN else _new_map_of_any
"""``pmap(dict(zip(names, parts)))``."""

exchanged: Callable[[Any, str, Any], Any] = _exchanged if LAYOUT_IS_KNOWN else PMap.set
"""``mapping.set(name, value)`` for a name that is there."""

added: Callable[[Any, str, Any], Any] = _added if LAYOUT_IS_KNOWN else PMap.set
"""``mapping.set(name, value)`` for a name that is not there."""
