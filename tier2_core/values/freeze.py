"""The one door: plain JSON data becomes a deeply immutable document, or is refused.

Two passes, of which the second hardly ever runs. The first builds the document as fast as it can and only
knows *that* something is wrong. The second then looks for *what* is wrong, in sorted order, so that the
message does not depend on the order of a mapping.

Neither recurses: how deep the input is does not matter to the interpreter's stack.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyrsistent import PMap, pmap, pvector

from tier2_core.errors import InvalidValueError, cut
from tier2_core.values.members import members
from tier2_core.values.paths import format_pointer
from tier2_core.values.scalars import (
    MAX_SAFE_INTEGER,
    Refused,
    check_text,
    has_plain_text,
    normal_float,
    normal_int,
)
from tier2_core.values.seal import (
    CONTAINERS,
    MANY,
    MAX_DEPTH,
    MAX_DOCUMENT_BYTES,
    VECTOR,
    Document,
    Written,
    canonical_size,
    plain_key,
    seal,
    seal_of,
)

_ACCEPTED = "null, a boolean, a number, a string, a list, a tuple, a dict with string keys or a frozen value"


def freeze(value: Any) -> Document:
    """The immutable document of ``value``: objects as ``PMap``, arrays as ``PVector``.

    Accepts exactly ``None``, ``bool``, ``int``, finite ``float``, ``str``, ``list``, ``tuple``, ``dict`` with
    ``str`` keys, and already frozen values; no subclasses. Numbers are IEEE-754 doubles (RFC 7493): an
    integral value within ±(2^53-1) comes out as ``int``, any other as ``float``. A value that was let through
    before comes back as the very same object, at once.

    Raises :class:`InvalidValueError`, whose ``path`` says where, for anything else: other types, cycles, NaN
    and infinities, integers that no double represents, lone surrogates, nesting deeper than 64, and a value
    that repeats the same lists so often that it would be written out as more than 64 MiB.

    >>> freeze({"b": [1.0, True], "a": None})["b"]
    pvector([1, True])
    >>> freeze({"tasks": [{"due": {1, 2}}]})
    Traceback (most recent call last):
    tier2_core.errors.InvalidValueError: At '/tasks/0/due': found a set; expected null, a boolean, a number, a \
string, a list, a tuple, a dict with string keys or a frozen value.
    """
    if seal_of(value) is not None:
        return value  # type: ignore[no-any-return]
    try:
        if type(value) in _CONTAINERS:
            return build(value)  # type: ignore[no-any-return]
        return _scalar(value)  # type: ignore[no-any-return]
    except (Refused, UnicodeEncodeError):
        raise explained(value) from None


def build(root: Any) -> Any:
    """The frozen and sealed container of ``root``; :class:`Refused` or ``UnicodeEncodeError`` if there is none.

    ``root`` is walked even if it has a seal; parts that have one are taken as they are.
    """
    done: dict[int, Any] = {}  # by identity, so that what is shared is walked once
    shared = False
    waiting: list[tuple[Any, Any, Iterator[Any], list[Any], int, bool, bool]] = []
    source = root
    while True:
        names = source if type(source) is dict else members(source) if type(source) is PMap else None
        parts = iter(source if names is None else names.values())
        out: list[Any] = []
        depth, plain, changed = 1, True, False
        while True:
            for part in parts:
                kind = type(part)
                if kind is str:
                    if not part.isascii():
                        part.encode()
                elif kind is int:
                    if not -MAX_SAFE_INTEGER <= part <= MAX_SAFE_INTEGER:
                        part = normal_int(part)
                        plain, changed = False, True
                elif kind is bool or part is None:
                    pass
                elif kind is float:
                    if part.is_integer() or -1e-4 < part < 1e-4 or part - part:  # all others are normal and plain
                        part = normal_float(part)
                        if type(part) is float:
                            plain = plain and has_plain_text(part)
                        else:
                            changed = True
                elif kind in _CONTAINERS:
                    child = done.get(id(part))
                    if child is not None:
                        known, shared = seal_of(child), True
                    else:
                        known = seal_of(part) if kind in CONTAINERS else None
                        if known is not None:
                            child = done[id(part)] = part
                    if known is None or len(waiting) + 1 + known.depth > MAX_DEPTH:
                        if len(waiting) + 2 > MAX_DEPTH:
                            raise Refused
                        waiting.append((source, names, parts, out, depth, plain, changed))
                        source = part
                        break
                    if known.depth >= depth:
                        depth = known.depth + 1
                    plain = plain and known.plain
                    changed = changed or child is not part
                    part = child
                else:
                    raise Refused
                out.append(part)
            else:
                if names is not None:
                    for name in names:
                        if type(name) is not str:
                            raise Refused
                        if not name.isascii():
                            name.encode()
                            plain = plain and plain_key(name)
                if not changed and type(source) in CONTAINERS:
                    node = source
                    seal(node, depth, plain)
                elif names is None:
                    node = pvector(out)
                    seal(node, depth, plain)
                else:
                    inside = dict(zip(names, out, strict=True))
                    node = pmap(inside)
                    known = seal(node, depth, plain)
                    if len(inside) >= MANY:
                        known.written = Written(inside)
                done[id(source)] = node
                if not waiting:
                    if shared and canonical_size(node) > MAX_DOCUMENT_BYTES:
                        raise Refused
                    return node
                below, child_depth, child_plain = source, depth, plain
                source, names, parts, out, depth, plain, changed = waiting.pop()
                out.append(node)
                if child_depth >= depth:
                    depth = child_depth + 1
                plain = plain and child_plain
                changed = changed or node is not below
                continue
            break


_CONTAINERS = frozenset({dict, list, tuple, PMap, VECTOR})


def _scalar(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        check_text(value)
        return value
    if kind is int:
        return normal_int(value)
    if kind is float:
        return normal_float(value)
    if kind is bool or value is None:
        return value
    raise Refused(f"{a_type(kind)}; expected {_ACCEPTED}")


def explained(root: Any) -> InvalidValueError:
    """What is wrong with a value that :func:`build` has refused, at the first place in sorted order."""
    fine: dict[int, int] = {}  # the deepest level at which a container was looked through
    waiting: list[tuple[Any, tuple[Any, ...], tuple[int, ...]]] = [(root, (), ())]
    while waiting:
        value, path, above = waiting.pop()
        if type(value) not in _CONTAINERS:
            try:
                _scalar(value)
            except Refused as refused:
                return _error(path, str(refused))
            continue
        if id(value) in above:
            return _error(path, "a cycle; expected a value that does not contain itself")
        level = len(path) + 1
        # Beyond the limit a cycle comes round again, if there is one; only a repetition tells it from mere depth.
        if level > MAX_DEPTH and not _repeats(value, above):
            return _error(path, f"nesting deeper than {MAX_DEPTH}; expected a flatter value")
        if fine.get(id(value), 0) >= level:
            continue
        fine[id(value)] = level
        if type(value) is dict or type(value) is PMap:
            refused_key = _refused_key(value)
            if refused_key is not None:
                return _error(path, refused_key)
            parts = [(value[name], name) for name in sorted(value, reverse=True)]
        else:
            parts = [(value[i], i) for i in range(len(value) - 1, -1, -1)]
        waiting.extend((part, (*path, name), (*above, id(value))) for part, name in parts)
    return _error(
        (), f"a value that repeats parts of itself to more than {MAX_DOCUMENT_BYTES} bytes; expected a smaller one"
    )


def _repeats(value: Any, above: tuple[int, ...]) -> bool:
    """Whether following first containers down from ``value`` leads back to what is above it."""
    seen = set(above)
    while type(value) in _CONTAINERS and len(seen) <= 4 * MAX_DEPTH:
        if id(value) in seen:
            return True
        seen.add(id(value))
        parts = value
        if type(value) is dict or type(value) is PMap:
            if _refused_key(value) is not None:
                return False
            parts = (value[name] for name in sorted(value))
        value = next((part for part in parts if type(part) in _CONTAINERS), None)
    return False


def _refused_key(mapping: Any) -> str | None:
    wrong = sorted(a_type(type(name)) for name in mapping if type(name) is not str)
    if wrong:
        return f"a key that is {wrong[0]}; expected string keys"
    for name in sorted(mapping):
        try:
            check_text(name)
        except Refused as refused:
            return f"{refused} used as a key; expected text"
    return None


def _error(path: tuple[Any, ...], found: str) -> InvalidValueError:
    pointer = printable(format_pointer(path))
    where = f"At '{cut(pointer)}': found" if pointer else "Found"
    sentence = found if "; expected " in found else f"{found}; expected what JSON (RFC 8785) can carry"
    return InvalidValueError(f"{where} {sentence}.", path=pointer)


def printable(text: str) -> str:
    """``text`` with what UTF-8 cannot carry escaped."""
    return text.encode("utf-8", "backslashreplace").decode()


def a_type(kind: type) -> str:
    """The name of a type with its article: ``a set``, ``an OrderedDict``, ``null``.

    Nothing of a stranger's is asked, not even the type: its metaclass may lie, or raise.
    """
    for known, name in _NAMES:
        if kind is known:
            return name
    name = _NAME_OF.__get__(kind)
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {printable(name)}"


_NAME_OF: Any = type.__dict__["__name__"]
_NAMES: tuple[tuple[type, str], ...] = (
    (dict, "an object"),
    (PMap, "an object"),
    (str, "a string"),
    (bool, "a boolean"),
    (type(None), "null"),
    (list, "an array"),
    (tuple, "an array"),
    (VECTOR, "an array"),
)


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same document: whether their canonical bytes are equal.

    Python's ``==`` is not that, and what both share is not walked.

    >>> same({"a": 1.0}, {"a": 1}), same({"a": True}, {"a": 1}), {"a": True} == {"a": 1}
    (True, False, True)
    """
    waiting = [(freeze(a), freeze(b))]
    while waiting:
        x, y = waiting.pop()
        if x is y:
            continue
        kind = type(x)
        if kind is not type(y):
            return False
        if kind is PMap:
            assert isinstance(x, PMap)
            assert isinstance(y, PMap)
            if len(x) != len(y):
                return False
            for name, part in x.iteritems():
                if name not in y:
                    return False
                waiting.append((part, y[name]))
        elif kind is VECTOR:
            if len(x) != len(y):  # type: ignore[arg-type]
                return False
            waiting.extend(zip(x, y, strict=True))  # type: ignore[arg-type]
        elif x != y:
            return False
    return True
