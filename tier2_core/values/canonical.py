"""Bytes and digests of documents: RFC 8785 (JCS), SHA-256, and strict reading of JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from pyrsistent import PMap

from tier2_core.errors import InvalidValueError
from tier2_core.values.freeze import a_type, freeze, printable
from tier2_core.values.paths import format_pointer
from tier2_core.values.scalars import quote, scalar_text
from tier2_core.values.seal import VECTOR, Document, canonical_size, plain_key, seal_of

_SHORT = 80


def canonical_json(value: Any) -> bytes:
    """The canonical bytes of a document, RFC 8785.

    >>> canonical_json({"b": 1e21, "a": [1.0, "é"]}).decode()
    '{"a":[1,"é"],"b":1e+21}'
    """
    return canonical_text(freeze(value)).encode()


def digest(value: Any, tag: str | None = None) -> str:
    """The SHA-256 of the canonical bytes, as 64 lower-case hex digits.

    With a domain ``tag`` the digest is over the tag, a NUL byte and the canonical bytes, so that two kinds of
    object never share one: canonical JSON holds no NUL byte, so neither does an untagged preimage.

    >>> digest({})
    '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
    >>> digest({}, tag="tier2/link/v1") == digest({}, tag="tier2/plan/v1")
    False
    """
    document = freeze(value)
    known = seal_of(document)
    if tag is not None or known is None:
        return _hashed(canonical_text(document), tag)
    if known.digest is None:
        known.digest = _hashed(canonical_text(document), None)
    return known.digest


def wrapper_digest(wrapper: Any, tag: str | None = None) -> str:
    """Like :func:`digest`, for what the library itself puts together out of documents: specs, results, records.

    ``wrapper`` is a plain dict or list of such, of documents that are frozen or were thawed, and of scalars. The
    documents may be as deep as any, so that around them the limit on depth does not hold; where it does, the
    digest is that of :func:`digest`.

    >>> wrapper_digest({"state": freeze({"n": 1})}) == digest({"state": {"n": 1}})
    True
    """
    return _hashed(_wrapper_text(wrapper), tag)


def _hashed(text: str, tag: str | None) -> str:
    if tag is None:
        return sha256(text.encode()).hexdigest()
    if type(tag) is not str or not tag or "\0" in tag or not tag.isascii():
        raise InvalidValueError(f"Found the tag {tag!r}; expected ASCII text without NUL.")
    return sha256(b"%s\0%s" % (tag.encode(), text.encode())).hexdigest()


def _wrapper_text(wrapper: Any) -> str:
    if type(wrapper) is dict:
        names = _in_order(wrapper)
        return "{" + ",".join([f"{quote(name)}:{_wrapper_text(wrapper[name])}" for name in names]) + "}"
    if type(wrapper) is list or type(wrapper) is tuple:
        return "[" + ",".join([_wrapper_text(part) for part in wrapper]) + "]"
    return canonical_text(wrapper)


def _in_order(names: Iterable[str]) -> list[str]:
    """The keys of an object as RFC 8785 section 3.2.3 sorts them: as arrays of UTF-16 units."""
    listed = list(names)
    return sorted(listed, key=None if all(map(plain_key, listed)) else _utf16)


def canonical_text(document: Document) -> str:
    """The canonical text of a frozen document; its UTF-8 is what RFC 8785 asks for."""
    known = seal_of(document)
    if known is None:
        return scalar_text(document)
    if known.plain:
        # Then the C encoder writes the same: its floats and its order of keys are RFC 8785's.
        return _encode(document)
    if type(document) is PMap:
        names = _in_order(document)
        return "{" + ",".join([f"{quote(name)}:{canonical_text(document[name])}" for name in names]) + "}"
    return "[" + ",".join([canonical_text(part) for part in document]) + "]"  # type: ignore[union-attr]


def short_text(document: Document) -> str:
    """The canonical text of a frozen document for a message: one that is long is only described.

    >>> short_text(freeze([1, "a"])), short_text("x" * 100)
    ('[1,"a"]', 'a string of 102 bytes')
    """
    size = canonical_size(document)
    return canonical_text(document) if size <= _SHORT else f"{a_type(type(document))} of {size} bytes"


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")


def _plain_container(container: Any) -> Any:
    if type(container) is PMap:
        return dict(container.iteritems())
    if type(container) is VECTOR:
        return container.tolist()
    raise AssertionError(f"a sealed document holds {type(container).__name__}")


_encode = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,
    allow_nan=False,
    sort_keys=True,
    separators=(",", ":"),
    default=_plain_container,
).encode


class _Repeated(dict[str, Any]):
    """An object of which a key came twice; ``key`` is that key."""

    key: str


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    count = Counter(name for name, _ in pairs)
    repeated = _Repeated(made)
    repeated.key = min(name for name in count if count[name] > 1)
    return repeated


def parse_json(data: bytes | str) -> Document:
    """The document of a JSON text (RFC 8259), read strictly.

    Raises :class:`InvalidValueError` for what is no UTF-8, a byte-order mark, malformed JSON, a duplicate key,
    ``NaN``, ``Infinity``, numbers like ``1e400``, and whatever else :func:`freeze` refuses.

    >>> parse_json(b'{"n": 1.0}')["n"]
    1
    >>> parse_json(b'{"a": {"b": 1, "b": 2}}')
    Traceback (most recent call last):
    tier2_core.errors.InvalidValueError: At '/a': found the key 'b' twice in one object; expected each key once.
    """
    plain = _read(data)
    try:
        return freeze(plain)
    except InvalidValueError:  # it refuses a _Repeated as well: a good text is not searched for one
        _refuse_repeated(plain)
        raise


def read_json(data: bytes | str) -> Any:
    """Like :func:`parse_json`, but gives plain data that is not frozen yet.

    For what holds documents, as a saved run does: each may be as deep as any, so that the whole is deeper.
    """
    plain = _read(data)
    _refuse_repeated(plain)
    return plain


def _read(data: bytes | str) -> Any:
    """The plain data of a JSON text; an object that has a key twice is a :class:`_Repeated`."""
    if not isinstance(data, str | bytes | bytearray | memoryview):
        raise InvalidValueError(f"Found {a_type(type(data))}; expected the bytes of a JSON text.")
    try:
        text = data if isinstance(data, str) else bytes(data).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidValueError(
            f"Found a byte that is no UTF-8 at offset {error.start}; expected JSON in UTF-8."
        ) from None
    if text.startswith("\ufeff"):
        raise InvalidValueError("Found a byte-order mark; expected JSON in UTF-8 without one.")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise InvalidValueError(
            f"Found no JSON at line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}."
        ) from None
    except RecursionError:
        raise InvalidValueError("Found nesting deeper than 64; expected a flatter value.") from None
    except InvalidValueError:
        raise
    except ValueError:  # int() refuses more than 4,300 digits
        raise InvalidValueError("Found an integer beyond the range of a double; expected a smaller one.") from None


def _refuse_constant(name: str) -> Any:
    raise InvalidValueError(f"Found {name}; expected a finite number, as JSON has no other.")


def _refuse_repeated(root: Any) -> None:
    """:class:`InvalidValueError` for the first object, in sorted order, that has a key twice."""
    waiting: list[tuple[Any, tuple[Any, ...]]] = [(root, ())]
    while waiting:
        value, path = waiting.pop()
        if type(value) is _Repeated:
            pointer = printable(format_pointer(path))
            where = f"At '{pointer}': found" if pointer else "Found"
            raise InvalidValueError(
                f"{where} the key '{printable(value.key)}' twice in one object; expected each key once.", path=pointer
            )
        if type(value) is dict:
            waiting.extend((value[name], (*path, name)) for name in sorted(value, reverse=True))
        elif type(value) is list:
            waiting.extend((value[place], (*path, place)) for place in range(len(value) - 1, -1, -1))
