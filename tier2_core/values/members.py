"""The members of a persistent map, read as fast as pyrsistent's own layout of them allows.

Its public face goes through a generator for each member read, which takes several times as long as what it comes to.
What is private to pyrsistent is known in this module alone, only read, looked at once when the module is loaded, and
left alone if it is not as expected. Maps are made and edited by pyrsistent.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

from pyrsistent import pmap


def _members(mapping: Any) -> dict[str, Any]:
    return dict(chain.from_iterable(filter(None, mapping._buckets)))  # noqa: SLF001


def _layout_is_known() -> bool:
    """Whether this pyrsistent keeps members in a vector of buckets, each ``None`` or a sequence of pairs."""
    try:
        return all(map(_is_known, (0, 1, 9, 99)))
    except Exception:  # noqa: BLE001 - whatever it is, the layout is another
        return False


def _is_known(size: int) -> bool:
    inside = {f"name {place}": place for place in range(size)}
    made = pmap(inside)
    if size:  # an edit, and an end of it: what is left in a bucket may look otherwise
        made = made.set("another", -1).set("name 0", 1).remove("another").set("name 0", 0)
    return dict(made.iteritems()) == _members(made) == inside


def _members_of_any(mapping: Any) -> dict[str, Any]:
    return dict(mapping.iteritems())


LAYOUT_IS_KNOWN = _layout_is_known()

members: Callable[[Any], dict[str, Any]] = _members if LAYOUT_IS_KNOWN else _members_of_any
"""The members of a map as a fresh dict, in no order that means anything."""
