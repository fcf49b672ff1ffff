"""The members of a persistent map, as fast as pyrsistent's own layout of them allows.

Its public face goes through a generator for each member read, and makes an evolver for each member set. Both are
several times as slow as what they come to. What is private to pyrsistent is known in this module alone, looked at once
when it is loaded, and left alone if it is not as expected.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, TypeAlias

from pyrsistent import PMap, pmap, pvector

from tier2_core.values.buckets import Buckets

Pair: TypeAlias = tuple[str, Any]

MANY = 32
"""From how many members on a loop takes longer than calls that go through them."""

LARGE = 128
"""From how many members on a map that is made here has its buckets in rows."""

_EMPTY: Any = pmap()
_new: Any = object.__new__

new_vector: Callable[[list[Any]], Any] = pvector().extend
"""``pvector(parts)``, without the reading of its arguments."""


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


def _few_members(mapping: Any) -> dict[str, Any] | None:
    if mapping._size >= MANY:  # noqa: SLF001
        return None
    made = {}
    for bucket in mapping._buckets:  # noqa: SLF001
        if bucket:
            for name, part in bucket:
                made[name] = part  # noqa: PERF403 - a comprehension would be one call more
    return made


def _few_pairs(mapping: Any) -> list[Pair] | None:
    if mapping._size >= MANY:  # noqa: SLF001
        return None
    pairs: list[Pair] = []
    for bucket in mapping._buckets:  # noqa: SLF001
        if bucket:
            pairs += bucket
    return pairs


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
        return _new_map([*chain.from_iterable(filter(None, buckets)), (name, value)])
    index = hash(name) % count
    return _made(size + 1, buckets.set(index, ((name, value), *(buckets[index] or ()))))


def _made(size: int, buckets: Any) -> Any:
    made = _new(PMap)
    made._size = size  # noqa: SLF001
    made._buckets = buckets  # noqa: SLF001
    return made


def _new_map(pairs: list[Pair]) -> Any:
    if not pairs:
        return _EMPTY
    return _filled(pairs, new_vector if len(pairs) < LARGE else Buckets.of)


def _filled(pairs: list[Pair], held: Callable[[list[Any]], Any]) -> Any:
    count = 2 * len(pairs)
    buckets: list[Any] = [None] * count
    for pair in pairs:
        index = hash(pair[0]) % count
        bucket = buckets[index]
        # The collector lets go of tuples that hold no containers; lists it would look at for as long as they live.
        buckets[index] = (pair,) if bucket is None else (*bucket, pair)
    return _made(len(pairs), held(buckets))


def _layout_is_known() -> bool:
    """Whether this pyrsistent keeps members in a vector of buckets, each a sequence of pairs, or in ours."""
    try:
        return all(map(_is_known, (new_vector, Buckets.of)))
    except Exception:  # noqa: BLE001 - whatever it is, the layout is another
        return False


def _is_known(held: Callable[[list[Any]], Any]) -> bool:
    inside = {f"name {place}": place for place in range(2)}
    before, made = pmap(inside), _filled(list(inside.items()), held)
    if made != before or dict(before.iteritems()) != inside:
        return False
    if not inside == _members(before) == _few_members(before) == dict(_few_pairs(made) or ()):
        return False
    if made.set("another", -1).remove("another") != before or _member(before, "another", -1) != -1:
        return False
    for place in range(8):  # six share four buckets, then there have to be more of them
        name = f"name {place}"
        if name in made and _member(made, name, -1) != place:
            return False
        after = (_exchanged if name in made else _added)(made, name, -1)
        if after != made.set(name, -1) or len(after) != len(made.set(name, -1)):
            return False
        made = after
    return True


def _members_of_any(mapping: Any) -> dict[str, Any]:
    return dict(mapping.iteritems())


def _few_members_of_any(mapping: Any) -> dict[str, Any] | None:
    return dict(mapping.iteritems()) if len(mapping) < MANY else None


def _few_pairs_of_any(mapping: Any) -> list[Pair] | None:
    return list(mapping.iteritems()) if len(mapping) < MANY else None


def _new_map_of_any(pairs: list[Pair]) -> Any:
    return pmap(dict(pairs))


LAYOUT_IS_KNOWN = _layout_is_known()

members: Callable[[Any], dict[str, Any]] = _members if LAYOUT_IS_KNOWN else _members_of_any
"""The members of a map as a fresh dict, in no order that means anything."""

member: Callable[[Any, str, Any], Any] = _member if LAYOUT_IS_KNOWN else PMap.get
"""``mapping.get(name, default)``."""

few_members: Callable[[Any], dict[str, Any] | None] = _few_members if LAYOUT_IS_KNOWN else _few_members_of_any
"""The same of a small map, in less time; ``None`` if it has many."""

few_pairs: Callable[[Any], list[Pair] | None] = _few_pairs if LAYOUT_IS_KNOWN else _few_pairs_of_any
"""The same as a fresh list: sorting that takes half the time of sorting the names and looking up the parts."""

new_map: Callable[[list[Pair]], Any] = _new_map if LAYOUT_IS_KNOWN else _new_map_of_any
"""``pmap(dict(pairs))``, where no name comes twice."""

exchanged: Callable[[Any, str, Any], Any] = _exchanged if LAYOUT_IS_KNOWN else PMap.set
"""``mapping.set(name, value)`` for a name that is there."""

added: Callable[[Any, str, Any], Any] = _added if LAYOUT_IS_KNOWN else PMap.set
"""``mapping.set(name, value)`` for a name that is not there."""
