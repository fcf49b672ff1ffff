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
_made: Any = object.__new__

new_vector: Callable[[list[Any]], Any] = pvector().extend
"""``pvector(parts)``, which reads its arguments in a slower way."""



def _members(mapping: Any) -> dict[str, Any]:
    return dict(chain.from_iterable(filter(None, mapping._buckets)))  # noqa: SLF001


def _exchanged(mapping: Any, name: str, value: Any) -> Any:
    buckets = mapping._buckets  # noqa: SLF001
    index = hash(name) % len(buckets)
    bucket = [(key, value if key == name else part) for key, part in buckets[index]]
    return PMap(len(mapping), buckets.set(index, bucket))  # type: ignore[call-arg]


def _new_map(names: Iterable[str], parts: list[Any]) -> Any:
    if not parts:
        return _EMPTY
    count = 2 * len(parts)
    buckets: list[Any] = [None] * count
    place = 0
    for name in names:
        pair = (name, parts[place])
        place += 1
        index = hash(name) % count
        bucket = buckets[index]
        buckets[index] = (pair,) if bucket is None else (*bucket, pair)
    made = _made(PMap)
    made._size = len(parts)  # noqa: SLF001
    made._buckets = new_vector(buckets)  # noqa: SLF001
    return made


def _layout_is_known() -> bool:
    """Whether this pyrsistent keeps members in a vector of buckets, each a list of pairs."""
    before = pmap({f"name {place}": place for place in range(20)})  # more than buckets, so that some share one
    try:
        return _members(before) == dict(before.iteritems()) and all(
            _exchanged(before, name, -1) == before.set(name, -1) for name in before
        )
    except Exception:  # noqa: BLE001 - whatever it is, the layout is another
        return False


def _members_of_any(mapping: Any) -> dict[str, Any]:
    return dict(mapping.iteritems())


LAYOUT_IS_KNOWN = _layout_is_known()

def _new_map_of_any(names: Iterable[str], parts: list[Any]) -> Any:
    return pmap(dict(zip(names, parts, strict=True)))


members: Callable[[Any], dict[str, Any]] = _members if LAYOUT_IS_KNOWN else _members_of_any
"""The members of a map as a fresh dict, in no order that means anything."""

new_map: Callable[[Iterable[str], list[Any]], Any] = _new_map if LAYOUT_IS_KNOWN else _new_map_of_any
"""``pmap(dict(zip(names, parts)))``."""

exchanged: Callable[[Any, str, Any], Any] = _exchanged if LAYOUT_IS_KNOWN else PMap.set
"""``mapping.set(name, value)`` for a name that is there."""
