"""One place of a frozen document changed: the copy shares everything that the way there does not touch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyrsistent import PMap, pmap, pvector

from tier2_core.errors import InvalidPathError, InvalidValueError, cut
from tier2_core.values.freeze import a_type, build, explained, freeze
from tier2_core.values.paths import ABSENT, Tokens, array_index, format_pointer, part_at
from tier2_core.values.scalars import Refused
from tier2_core.values.seal import (
    CONTAINERS,
    MAX_DEPTH,
    MAX_DOCUMENT_BYTES,
    VECTOR,
    canonical_size,
    reseal,
    reseal_added,
    reseal_removed,
    sealed,
)

_EMPTY = freeze(pmap())

_END = "-"
"""Stands for the end of an array (RFC 6901 section 4)."""

Change = Callable[..., Any]
"""From a container, the last token of a path, the path, and what the change is given, to the container after it."""


def set_at(document: Any, tokens: Tokens, value: Any) -> Any:
    """``document`` with ``value`` at the place; the parent must exist, in an array the element too."""
    return changed_at(document, tokens, _with_part, value) if tokens else value


def add_at(document: Any, tokens: Tokens, value: Any) -> Any:
    """``document`` with ``value`` added as RFC 6902 section 4.1 adds.

    In an object the member is set, in an array the value is inserted before the element at the index; the index
    may be one past the last element, which ``-`` (RFC 6901 section 4) stands for.
    """
    return changed_at(document, tokens, _with_added, value) if tokens else value


def delete_at(document: Any, tokens: Tokens) -> Any:
    """``document`` without what is at the place, which must exist and is not the whole."""
    return changed_at(document, tokens, _without_part)


def append_at(document: Any, tokens: Tokens, value: Any) -> Any:
    """``document`` with ``value`` added to the end of the array at the place."""
    if not tokens:
        return within_depth(_appended(document, tokens, value))
    return changed_at(document, tokens, _with_appended, value)


def _with_part(parent: Any, token: str, tokens: Tokens, value: Any) -> Any:
    if type(parent) is PMap:
        return with_member(parent, token, value)
    return with_element(parent, existing_index(parent, token, tokens), value)


def _with_added(parent: Any, token: str, tokens: Tokens, value: Any) -> Any:
    if type(parent) is PMap:
        return with_member(parent, token, value)
    index = len(parent) if token == _END else array_index(token)
    if index is None or index > len(parent):
        path = format_pointer(tokens)
        raise InvalidPathError(
            f"path '{cut(path)}' is no place to add at: {_whole(tokens[:-1])} is an array of {len(parent)}; "
            f"expected an index up to {len(parent)}, or '-' for its end",
            path=path,
        )
    return with_inserted(parent, index, value)


def _without_part(parent: Any, token: str, tokens: Tokens) -> Any:
    gone = part_at(parent, token)
    if gone is ABSENT:
        raise missing(tokens, len(tokens) - 1, parent)
    if type(parent) is PMap:
        return without_member(parent, token)
    new = parent.delete(int(token))
    reseal_removed(new, sealed(parent), gone)
    return new


def _with_appended(parent: Any, token: str, tokens: Tokens, value: Any) -> Any:
    array = part_at(parent, token)
    if array is ABSENT:
        raise missing(tokens, len(tokens) - 1, parent)
    return _exchanged(parent, token, array, _appended(array, tokens, value))


def _appended(array: Any, tokens: Tokens, value: Any) -> Any:
    if type(array) is not VECTOR:
        path = format_pointer(tokens)
        raise InvalidPathError(f"path '{cut(path)}' holds {a_type(type(array))}; expected an array", path=path)
    return with_inserted(array, len(array), value)


def value_at(document: Any, tokens: Tokens) -> Any:
    """What is at the place; :class:`InvalidPathError` says where the way ends."""
    value = document
    for place, token in enumerate(tokens):
        part = part_at(value, token)
        if part is ABSENT:
            raise missing(tokens, place, value)
        value = part
    return value


def set_with_parents(document: Any, tokens: Tokens, value: Any) -> Any:
    """Like :func:`set_at`, but objects that are missing on the way are made."""
    place, here = 0, document
    while place < len(tokens) - 1:
        part = part_at(here, tokens[place])
        if part is ABSENT:
            break
        here, place = part, place + 1
    if type(here) is PMap:
        for token in reversed(tokens[place + 1 :]):
            value = with_member(_EMPTY, token, value)
        tokens = tokens[: place + 1]
    return set_at(document, tokens, value)


def changed_at(document: Any, tokens: Tokens, change: Change, *given: Any) -> Any:
    """``document`` with ``change`` made to the container that holds the last token's place."""
    return within_depth(_changed(document, tokens, 0, change, given))


def _changed(here: Any, tokens: Tokens, place: int, change: Change, given: tuple[Any, ...]) -> Any:
    # Documents are not deep, and what is not there ends the way, so that this may recurse.
    token = tokens[place]
    if place == len(tokens) - 1:
        if type(here) not in CONTAINERS:
            raise missing(tokens, place, here)
        return change(here, token, tokens, *given)
    part = part_at(here, token)
    if part is ABSENT:
        raise missing(tokens, place, here)
    return _exchanged(here, token, part, _changed(part, tokens, place + 1, change, given))


def within_depth(document: Any) -> Any:
    """A container after an edit, if it is not nested too deep; :class:`InvalidValueError` if it is."""
    # The depth that is known of it is that of what it was made of, or one that something new has come in with.
    if sealed(document).depth <= MAX_DEPTH:
        return document
    # The seal's depth may be that of something which is gone by now: only a walk knows.
    try:
        return build(document)
    except Refused:
        raise explained(document) from None


def within_size(document: Any) -> Any:
    """A document after an edit, if its canonical size is within the limit; :class:`InvalidValueError` if not.

    What counts is what would be written out, not what is held in memory: sharing hides the difference.
    """
    size = canonical_size(document)
    if size > MAX_DOCUMENT_BYTES:
        raise InvalidValueError(f"Found a document of {size} bytes; expected at most {MAX_DOCUMENT_BYTES}.")
    return document


def with_member(parent: Any, name: str, value: Any) -> Any:
    """The object with one member set; the very same one if that changes nothing."""
    gone = parent.get(name, ABSENT)
    if gone is not ABSENT:
        return _exchanged(parent, name, gone, value)
    new = parent.set(name, value)
    reseal_added(new, sealed(parent), value, name)
    return new


def without_member(parent: Any, name: str) -> Any:
    """The object without one of its members."""
    new = parent.remove(name)
    reseal_removed(new, sealed(parent), parent[name], name)
    return new


def with_element(parent: Any, index: int, value: Any) -> Any:
    """The array with one existing element replaced; the very same one if that changes nothing."""
    return _exchanged(parent, index, parent[index], value)


def _exchanged(parent: Any, place: Any, gone: Any, value: Any) -> Any:
    """The container with ``value`` for the part ``gone``, whose name or index is ``place``; the same if it stays."""
    if gone is value:
        return parent
    kind = type(gone)
    if kind is type(value) and kind is not PMap and kind is not VECTOR and gone == value:
        return parent
    if type(parent) is not PMap:
        place = int(place)
    new = parent.set(place, value)
    reseal(new, sealed(parent), gone, value, place)
    return new


def with_inserted(parent: Any, index: int, value: Any) -> Any:
    """The array with an element inserted before ``index``, which is at most its length."""
    if index == len(parent):
        new = parent.append(value)
        reseal_added(new, sealed(parent), value, index)
        return new
    elements = parent.tolist()
    elements.insert(index, value)
    new = pvector(elements)
    reseal_added(new, sealed(parent), value, None)
    return new


def existing_index(parent: Any, token: str, tokens: Tokens) -> int:
    """The index of an element of ``parent``; :class:`InvalidPathError` if it has none there."""
    index = array_index(token)
    if index is None or index >= len(parent):
        raise missing(tokens, len(tokens) - 1, parent)
    return index


def missing(tokens: Tokens, place: int, parent: Any) -> InvalidPathError:
    """The error for a way that ends at ``parent``, which has nothing for ``tokens[place]``."""
    path, whole, token = format_pointer(tokens), _whole(tokens[:place]), tokens[place]
    if type(parent) is PMap:
        reason = f"{whole} has no key '{cut(token)}'"
    elif type(parent) is VECTOR:
        what = "no element" if array_index(token) is not None else "no index"
        reason = f"{whole} is an array of {len(parent)} and has {what} '{cut(token)}'"
    else:
        reason = f"{whole} is {a_type(type(parent))} and has no parts"
    return InvalidPathError(f"path '{cut(path)}' does not exist: {reason}", path=path)


def _whole(tokens: Tokens) -> str:
    return f"'{cut(format_pointer(tokens))}'" if tokens else "the document"
