"""One place of a frozen document changed: the copy shares everything that the way there does not touch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyrsistent import PMap, pmap, pvector

from tier2_core.errors import InvalidPathError, InvalidValueError
from tier2_core.values.freeze import a_type, build, explained, freeze
from tier2_core.values.paths import Tokens, array_index, format_pointer, step_into
from tier2_core.values.scalars import Refused
from tier2_core.values.seal import MAX_DEPTH, MAX_DOCUMENT_BYTES, VECTOR, canonical_size, reseal, seal_of

_EMPTY = freeze(pmap())

Change = Callable[[Any, str], Any]
"""From a container and the last token of a path to the container after the change, sealed."""


def set_at(document: Any, tokens: Tokens, value: Any) -> Any:
    """``document`` with ``value`` at the place; the parent must exist, in an array the element too."""

    def change(parent: Any, token: str) -> Any:
        if type(parent) is PMap:
            return with_member(parent, token, value)
        return with_element(parent, existing_index(parent, token, tokens), value)

    return changed_at(document, tokens, change) if tokens else value


def add_at(document: Any, tokens: Tokens, value: Any) -> Any:
    """``document`` with ``value`` added as RFC 6902 section 4.1 adds.

    In an object the member is set, in an array the value is inserted before the element at the index; the index
    may be one past the last element, which ``-`` (RFC 6901 section 4) stands for.
    """

    def change(parent: Any, last: str) -> Any:
        if type(parent) is PMap:
            return with_member(parent, last, value)
        index = len(parent) if last == "-" else array_index(last)
        if index is None or index > len(parent):
            path = format_pointer(tokens)
            raise InvalidPathError(
                f"path '{path}' is no place to add at: {_whole(tokens[:-1])} is an array of {len(parent)}; "
                f"expected an index up to {len(parent)}, or '-' for its end",
                path=path,
            )
        return with_inserted(parent, index, value)

    return changed_at(document, tokens, change) if tokens else value


def delete_at(document: Any, tokens: Tokens) -> Any:
    """``document`` without what is at the place, which must exist and is not the whole."""

    def change(parent: Any, token: str) -> Any:
        found, gone = step_into(parent, token)
        if not found:
            raise missing(tokens, len(tokens) - 1, parent)
        if type(parent) is PMap:
            return without_member(parent, token)
        new = parent.delete(int(token))
        reseal(new, _seal(parent), gone=gone, came=None, count=-1)
        return new

    return changed_at(document, tokens, change)


def append_at(document: Any, tokens: Tokens, value: Any) -> Any:
    """``document`` with ``value`` added to the end of the array at the place."""
    array = value_at(document, tokens)
    if type(array) is not VECTOR:
        raise InvalidPathError(
            f"path '{format_pointer(tokens)}' holds {a_type(type(array))}; expected an array",
            path=format_pointer(tokens),
        )
    new = with_inserted(array, len(array), value)
    return set_at(document, tokens, new) if tokens else within_depth(new)


def value_at(document: Any, tokens: Tokens) -> Any:
    """What is at the place; :class:`InvalidPathError` says where the way ends."""
    value = document
    for place, token in enumerate(tokens):
        found, part = step_into(value, token)
        if not found:
            raise missing(tokens, place, value)
        value = part
    return value


def set_with_parents(document: Any, tokens: Tokens, value: Any) -> Any:
    """Like :func:`set_at`, but objects that are missing on the way are made."""
    place, here = 0, document
    while place < len(tokens) - 1:
        found, part = step_into(here, tokens[place])
        if not found:
            break
        here, place = part, place + 1
    if type(here) is PMap:
        for token in reversed(tokens[place + 1 :]):
            value = with_member(_EMPTY, token, value)
        tokens = tokens[: place + 1]
    return set_at(document, tokens, value)


def changed_at(document: Any, tokens: Tokens, change: Change) -> Any:
    """``document`` with ``change`` made to the container that holds the last token's place."""
    above: list[Any] = []
    here = document
    for place, token in enumerate(tokens[:-1]):
        above.append(here)
        found, here = step_into(here, token)
        if not found:
            raise missing(tokens, place, above[-1])
    if type(here) is not PMap and type(here) is not VECTOR:
        raise missing(tokens, len(tokens) - 1, here)
    new = change(here, tokens[-1])
    if new is here:
        return document
    for token, parent in zip(reversed(tokens[:-1]), reversed(above), strict=True):
        new = with_member(parent, token, new) if type(parent) is PMap else with_element(parent, int(token), new)
    return within_depth(new)


def within_depth(document: Any) -> Any:
    """A container after an edit, if it is not nested too deep; :class:`InvalidValueError` if it is."""
    if _seal(document).depth <= MAX_DEPTH:
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
    if name not in parent:
        new = parent.set(name, value)
        reseal(new, _seal(parent), gone=None, came=value, key=name, count=1)
        return new
    gone = parent[name]
    if _unchanged(gone, value):
        return parent
    new = parent.set(name, value)
    reseal(new, _seal(parent), gone=gone, came=value, key=name)
    return new


def without_member(parent: Any, name: str) -> Any:
    """The object without one of its members."""
    new = parent.remove(name)
    reseal(new, _seal(parent), gone=parent[name], came=None, key=name, count=-1)
    return new


def with_element(parent: Any, index: int, value: Any) -> Any:
    """The array with one existing element replaced; the very same one if that changes nothing."""
    gone = parent[index]
    if _unchanged(gone, value):
        return parent
    new = parent.set(index, value)
    reseal(new, _seal(parent), gone=gone, came=value)
    return new


def with_inserted(parent: Any, index: int, value: Any) -> Any:
    """The array with an element inserted before ``index``, which is at most its length."""
    if index == len(parent):
        new = parent.append(value)
    else:
        elements = parent.tolist()
        elements.insert(index, value)
        new = pvector(elements)
    reseal(new, _seal(parent), gone=None, came=value, count=1)
    return new


def _unchanged(gone: Any, value: Any) -> bool:
    """Whether ``value`` in the place of ``gone`` changes nothing, as far as it can be told at a glance."""
    if gone is value:
        return True
    kind = type(gone)
    return kind is type(value) and kind is not PMap and kind is not VECTOR and bool(gone == value)


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
        reason = f"{whole} has no key '{token}'"
    elif type(parent) is VECTOR:
        what = "no element" if array_index(token) is not None else "no index"
        reason = f"{whole} is an array of {len(parent)} and has {what} '{token}'"
    else:
        reason = f"{whole} is {a_type(type(parent))} and has no parts"
    return InvalidPathError(f"path '{path}' does not exist: {reason}", path=path)


def _whole(tokens: Tokens) -> str:
    return f"'{format_pointer(tokens)}'" if tokens else "the document"


def _seal(container: Any) -> Any:
    found = seal_of(container)
    if found is None:  # it was never let through: a caller's mistake that must not pass silently
        raise InvalidValueError("Found a container that was not frozen; expected one that freeze() has let through.")
    return found
