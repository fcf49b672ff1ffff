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


def _exchanged(mapping: Any, name: str, value: Any) -> Any:
    buckets = mapping._buckets  # noqa: SLF001
    index = hash(name) % len(buckets)
    bucket = [(key, value if key == name else part) for key, part in buckets[index]]
    return PMap(len(mapping), buckets.set(index, bucket))  # type: ignore[call-arg]


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

members: Callable[[Any], dict[str, Any]] = _members if LAYOUT_IS_KNOWN else _members_of_any
"""The members of a map as a fresh dict, in no order that means anything."""

exchanged: Callable[[Any, str, Any], Any] = _exchanged if LAYOUT_IS_KNOWN else PMap.set
"""``mapping.set(name, value)`` for a name that is there."""
