"""Changes of documents as documents: JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396).

Both are applied to frozen documents and give frozen ones that share everything the patch does not touch. A patch
is atomic for free: nothing is ever changed in place, so one that fails leaves nothing to take back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyrsistent import PMap, PVector

from tier2_core.errors import InvalidPathError, InvalidValueError, PatchError, cut, did_you_mean
from tier2_core.values.canonical import short_text
from tier2_core.values.difference import operations_between
from tier2_core.values.edit import (
    add_at,
    delete_at,
    set_at,
    value_at,
    with_member,
    within_depth,
    within_size,
    without_member,
)
from tier2_core.values.freeze import a_type, freeze, printable, same
from tier2_core.values.paths import Tokens, parse_path
from tier2_core.values.seal import VECTOR, Document, canonical_size, seal_of
from tier2_core.values.shifts import shifted

_Operation = Callable[[Any, Any, Tokens], Any]
"""From the document, the operation object and the tokens of its ``path`` to the document after it."""


def apply_patch(document: Any, ops: Any) -> Document:
    """The frozen document after a JSON Patch, RFC 6902: an array of operation objects, applied in their order.

    ``add``, ``remove``, ``replace``, ``move``, ``copy`` and ``test`` are section 4's; both arguments may be plain
    or frozen. Paths are JSON Pointers (RFC 6901), never dotted. ``test`` compares documents, as :func:`same` does:
    ``true`` is not ``1``. Members that an operation does not define are ignored. Where the RFC is silent: removing
    the whole document is refused, as nothing would be left, and moving a value to where it is changes nothing.

    Raises :class:`PatchError`, whose ``index`` and ``path`` name the operation, for a patch that is malformed,
    whose target is not there, whose ``test`` fails, or that would leave, after any of its operations, a document
    nested deeper than 64 or with more than 64 MiB of canonical JSON: a few hundred bytes of ``copy`` could
    otherwise make gigabytes. A ``document`` that is none is an :class:`InvalidValueError`.

    >>> ops = [{"op": "test", "path": "/n", "value": 1}, {"op": "add", "path": "/list/-", "value": "b"}]
    >>> thaw(apply_patch({"n": 1, "list": ["a"]}, ops))
    {'list': ['a', 'b'], 'n': 1}
    >>> apply_patch({"n": 1}, [{"op": "remove", "path": "/m"}])
    Traceback (most recent call last):
    tier2_core.errors.PatchError: Operation 0 (remove '/m'): path '/m' does not exist: the document has no key 'm'.
    """
    result: Any = freeze(document)
    operations = _operations(ops).tolist()
    if operations:
        canonical_size(result)  # from here on each operation only adds and subtracts
    index = 0
    while index < len(operations):
        result, done = shifted(result, operations, index)
        if done:
            index += done
            continue
        op = operations[index]
        try:
            new = _applied(result, op)
            if new is not result:
                result = within_size(new)
        except InvalidValueError as error:
            raise _failed(index, op, error) from None
        index += 1
    return result  # type: ignore[no-any-return]


def apply_merge_patch(document: Any, patch: Any) -> Document:
    """The frozen document after a JSON Merge Patch, RFC 7396 section 2.

    An object in the patch merges into the object that is there, or takes the place of what is no object;
    its ``null`` members remove; anything else replaces. What the patch does not change is the very same object
    before and after, the whole document too. Both arguments may be plain or frozen.

    Raises :class:`PatchError` for a patch that is no document (its ``path`` is the place in the patch), and
    :class:`InvalidValueError` for such a ``document``.

    >>> thaw(apply_merge_patch({"a": {"b": 1, "c": 2}, "d": [3]}, {"a": {"b": None}, "d": 4}))
    {'a': {'c': 2}, 'd': 4}
    """
    target = freeze(document)
    try:
        changes = freeze(patch)
    except InvalidValueError as error:
        raise PatchError(str(error), path=error.path) from None
    merged = _merged(target, changes)
    return merged if seal_of(merged) is None else within_depth(merged)  # type: ignore[no-any-return]


def make_patch(before: Any, after: Any) -> PVector[Any]:
    """A JSON Patch (RFC 6902) that makes ``after`` of ``before``: ``add``, ``remove`` and ``replace`` operations.

    It is made to be read. An object or array that is there before and after is changed part by part, never replaced;
    only a value that becomes one of another kind, and a scalar, is. What stays the same is not mentioned. Elements of
    arrays are matched if they are the same document, else if they are objects with the same ``id`` or ``title``, else
    if they are of the same kind; the most that can stay does. The operations of an object come in the order of its
    names. Those of an array remove first, from the last to the first, so that each path is that of the array before;
    then they add and change, from the first to the last, at the places in the array after.

    The two may be plain or frozen; the patch is frozen, empty if they are the same document. What they share (the
    very same object) is not looked into. The patch depends on nothing but the two documents. It does not look for
    values that moved. As sharing makes huge documents out of small plans, there is one exception: a container that
    would take more than 100,000 operations, or 64 MiB of them, is replaced.

    Raises :class:`InvalidValueError` for what is no document.

    >>> thaw(make_patch({"list": [1, 2, 3], "text": "a long one"}, {"list": [1, 3], "text": "a long one"}))
    [{'op': 'remove', 'path': '/list/1'}]
    """
    return freeze(operations_between(freeze(before), freeze(after)))  # type: ignore[return-value]


# --- RFC 6902 ----------------------------------------------------------------------------------------


def _operations(ops: Any) -> PVector[Any]:
    try:
        frozen = freeze(ops)
    except InvalidValueError as error:
        # The patch is no document: the place in it begins with the index of the operation.
        first = parse_path(error.path)[:1]
        if not first or type(ops) not in (list, tuple, VECTOR):
            raise PatchError(str(error), path=error.path) from None
        index = int(first[0])
        raise _failed(index, ops[index], error) from None
    if type(frozen) is not VECTOR:
        raise PatchError(f"Found a patch that is {a_type(type(frozen))}; expected an array of operations.")
    return frozen  # type: ignore[return-value]


def _failed(index: int, op: Any, error: InvalidValueError) -> PatchError:
    """The error for one operation, which may be anything."""
    members = op if type(op) is PMap or type(op) is dict else {}
    name, path = members.get("op"), members.get("path")
    where = printable(path) if type(path) is str else ""
    what = f" ({name} '{cut(where)}')" if type(name) is str and name in _OPERATIONS and type(path) is str else ""
    reason = str(error)
    return PatchError(
        f"Operation {index}{what}: {reason[:1].lower()}{reason[1:].rstrip('.')}.", index=index, path=where
    )


def _applied(document: Any, op: Any) -> Any:
    if type(op) is not PMap:
        raise InvalidValueError(f"found {a_type(type(op))}; expected an object with 'op' and 'path'")
    name = _text(op, "op")
    apply = _OPERATIONS.get(name)
    if apply is None:
        raise InvalidValueError(
            f"its 'op' is '{cut(name)}'; expected one of {', '.join(sorted(_OPERATIONS))}"
            f"{did_you_mean(name, _OPERATIONS)}"
        )
    return apply(document, op, _pointer(op, "path"))


def _text(op: Any, member: str) -> str:
    if member not in op:
        raise InvalidValueError(f"it has no '{member}'; expected a string")
    found = op[member]
    if type(found) is not str:
        raise InvalidValueError(f"its '{member}' is {a_type(type(found))}; expected a string")
    return found


def _pointer(op: Any, member: str) -> Tokens:
    text = _text(op, member)
    if text and not text.startswith("/"):
        raise InvalidPathError(
            f"its '{member}' is '{cut(text)}'; expected a JSON Pointer: '' or one that starts with '/'"
        )
    return parse_path(text)


def _value(op: Any) -> Any:
    if "value" not in op:
        raise InvalidValueError("it has no 'value'; expected a document, which may be null")
    return op["value"]


def _add(document: Any, op: Any, tokens: Tokens) -> Any:
    """RFC 6902 section 4.1."""
    return add_at(document, tokens, _value(op))


def _remove(document: Any, op: Any, tokens: Tokens) -> Any:
    """RFC 6902 section 4.2."""
    if not tokens:
        raise InvalidPathError("its 'path' is the whole document, and nothing would be left; expected a place in it")
    return delete_at(document, tokens)


def _replace(document: Any, op: Any, tokens: Tokens) -> Any:
    """RFC 6902 section 4.3."""
    value = _value(op)
    value_at(document, tokens)  # it must exist
    return set_at(document, tokens, value)


def _move(document: Any, op: Any, tokens: Tokens) -> Any:
    """RFC 6902 section 4.4."""
    source = _pointer(op, "from")
    value = value_at(document, source)
    if source == tokens:
        return document
    if tokens[: len(source)] == source:
        raise InvalidPathError(f"its 'from' is '{cut(op['from'])}', and a value cannot be moved into itself")
    return add_at(delete_at(document, source), tokens, value)


def _copy(document: Any, op: Any, tokens: Tokens) -> Any:
    """RFC 6902 section 4.5."""
    return add_at(document, tokens, value_at(document, _pointer(op, "from")))


def _test(document: Any, op: Any, tokens: Tokens) -> Any:
    """RFC 6902 section 4.6."""
    expected, found = _value(op), value_at(document, tokens)
    if not same(found, expected):
        raise InvalidValueError(f"found {short_text(found)}; expected {short_text(expected)}")
    return document


_OPERATIONS: dict[str, _Operation] = {
    "add": _add,
    "copy": _copy,
    "move": _move,
    "remove": _remove,
    "replace": _replace,
    "test": _test,
}


# --- RFC 7396 ----------------------------------------------------------------------------------------


def _merged(target: Any, patch: Any) -> Any:
    """RFC 7396 section 2, ``MergePatch``; depth is bounded by MAX_DEPTH, so that this may recurse."""
    if type(patch) is not PMap:
        return target if same(target, patch) else patch
    merging = type(target) is PMap
    # What is merged into nothing is the patch itself, without its nulls.
    merged = target if merging else patch
    for name, change in patch.iteritems():
        if change is not None:
            merged = with_member(merged, name, _merged(target.get(name) if merging else None, change))
        elif name in merged:
            merged = without_member(merged, name)
    return merged
