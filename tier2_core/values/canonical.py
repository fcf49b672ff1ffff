"""Bytes and digests of documents: RFC 8785 (JCS), SHA-256, and strict reading of JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from tier2_core.errors import InvalidValueError, cut
from tier2_core.values.freeze import a_type, freeze, printable
from tier2_core.values.paths import format_pointer
from tier2_core.values.scalars import quote, scalar_text
from tier2_core.values.seal import CONTAINERS, Document, canonical_size, seal_of
from tier2_core.values.writing import Piece, canonical_bytes, canonical_pieces, in_order

if TYPE_CHECKING:
    import hashlib

_SHORT = 80


def canonical_json(value: Any) -> bytes:
    """The canonical bytes of a document, RFC 8785.

    >>> canonical_json({"b": 1e21, "a": [1.0, "é"]}).decode()
    '{"a":[1,"é"],"b":1e+21}'
    """
    return canonical_bytes(freeze(value))


def canonical_text(document: Document) -> str:
    """The canonical text of a frozen document."""
    return scalar_text(document) if type(document) not in CONTAINERS else canonical_bytes(document).decode()


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
    return digest_of(document) if tag is None else _hashed(canonical_bytes(document), tag)


def digest_of(document: Document, pieces: Sequence[Piece] | None = None) -> str:
    """:func:`digest` of a frozen document; ``pieces`` are its canonical bytes, if they are at hand."""
    known = seal_of(document)
    if known is not None and known.digest is not None:
        return known.digest
    first, *more = canonical_pieces(document) if pieces is None else pieces
    hashing = sha256(first)
    for piece in more:
        hashing.update(piece)
    made = hashing.hexdigest()
    if known is not None:
        known.digest = made
    return made


def wrapper_digest(wrapper: Any, tag: str | None = None) -> str:
    """Like :func:`digest`, for what the library itself puts together out of documents: specs, results, records.

    ``wrapper`` is a plain dict or list of such, of documents that are frozen or were thawed, and of scalars. The
    documents may be as deep as any, so that around them the limit on depth does not hold; where it does, the
    digest is that of :func:`digest`.

    >>> wrapper_digest({"state": freeze({"n": 1})}) == digest({"state": {"n": 1}})
    True
    """
    return _hashed(wrapper_bytes(wrapper), tag)


def text_digest(text: str, tag: str) -> str:
    """:func:`wrapper_digest` of what has been written out already.

    >>> text_digest('{"n":1}', "t") == wrapper_digest({"n": 1}, "t")
    True
    """
    return sha256(f"{tag}\0{text}".encode()).hexdigest()


def digest_around(wrapper: Any, listed: Iterable[Any], tag: str) -> str:
    """:func:`wrapper_digest` of a wrapper in which ``LISTED`` stands for a list, of which a part is written at a time.

    >>> digest_around({"all": LISTED}, iter(["a", "b"]), "t") == wrapper_digest({"all": ["a", "b"]}, "t")
    True
    """
    head, tail = wrapper_bytes(wrapper).split(LISTED)
    hashing = sha256(b"%s\0%s[" % (tag.encode(), head))
    waiting, comma = iter(listed), b""
    while some := list(islice(waiting, _SOME)):
        hashing.update(comma + wrapper_bytes(some)[1:-1])
        comma = b","
    hashing.update(b"]" + tail)
    return hashing.hexdigest()


_SOME = 100


def sha256(data: Piece) -> hashlib._Hash:
    """The hash of :mod:`hashlib`, which is loaded here: with OpenSSL it takes long, and not all who run hash."""
    import hashlib

    return hashlib.sha256(data)


def _hashed(data: bytes, tag: str | None) -> str:
    if tag is None:
        return sha256(data).hexdigest()
    if type(tag) is not str or not tag or "\0" in tag or not tag.isascii():
        found = repr(cut(tag)) if type(tag) is str else a_type(type(tag))
        raise InvalidValueError(f"Found the tag {found}; expected ASCII text without NUL.")
    return sha256(b"%s\0%s" % (tag.encode(), data)).hexdigest()


class Raw(bytes):
    """Canonical bytes of a part of a wrapper that were written before."""

    __slots__ = ()


LISTED = Raw(b"\0")
"""What stands for a list in :func:`digest_around`; canonical JSON holds no NUL byte."""


def wrapper_bytes(wrapper: Any) -> bytes:
    """The canonical bytes of what :func:`wrapper_digest` takes, or of a wrapper with :class:`Raw` parts."""
    kind = type(wrapper)
    if kind is str:
        return quote(wrapper).encode()
    if kind is Raw:
        return wrapper  # type: ignore[no-any-return]
    if kind is dict:
        members = [b"%s:%s" % (quote(name).encode(), wrapper_bytes(wrapper[name])) for name in in_order(wrapper)]
        return b"{%s}" % b",".join(members)
    if kind is list or kind is tuple:
        return b"[%s]" % b",".join(map(wrapper_bytes, wrapper))
    return canonical_bytes(wrapper)


def short_text(document: Document) -> str:
    """The canonical text of a frozen document for a message: one that is long is only described.

    >>> short_text(freeze([1, "a"])), short_text("x" * 100)
    ('[1,"a"]', 'a string of 102 bytes')
    """
    size = canonical_size(document)
    return canonical_bytes(document).decode() if size <= _SHORT else f"{a_type(type(document))} of {size} bytes"


class _Repeated(dict[str, Any]):
    """An object of which a key came twice; ``key`` is that key."""

    key: str


def _object(found: list[_Repeated], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    count = Counter(name for name, _ in pairs)
    repeated = _Repeated(made)
    repeated.key = min(name for name in count if count[name] > 1)
    found.append(repeated)
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
    plain, repeated = _read(data)
    if repeated:
        _refuse_repeated(plain)
    return freeze(plain)


def read_json(data: bytes | str) -> Any:
    """Like :func:`parse_json`, but gives plain data that is not frozen yet.

    For what holds documents, as a saved run does: each may be as deep as any, so that the whole is deeper.
    """
    plain, repeated = _read(data)
    if repeated:
        _refuse_repeated(plain)
    return plain


def _read(data: bytes | str) -> tuple[Any, list[_Repeated]]:
    """The plain data of a JSON text, and the objects in it that have a key twice."""
    repeated: list[_Repeated] = []
    kind = type(data)  # what a stranger says of its class is not asked
    if not issubclass(kind, str | bytes | bytearray | memoryview):
        raise InvalidValueError(f"Found {a_type(type(data))}; expected the bytes of a JSON text.")
    try:
        text = str.__str__(data) if issubclass(kind, str) else bytes(data).decode("utf-8")  # type: ignore[arg-type]
    except UnicodeDecodeError as error:
        raise InvalidValueError(
            f"Found a byte that is no UTF-8 at offset {error.start}; expected JSON in UTF-8."
        ) from None
    if text.startswith("\ufeff"):
        raise InvalidValueError("Found a byte-order mark; expected JSON in UTF-8 without one.")
    try:
        hook = partial(_object, repeated)
        return json.loads(text, object_pairs_hook=hook, parse_constant=_refuse_constant), repeated
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
            where = f"At '{cut(pointer)}': found" if pointer else "Found"
            raise InvalidValueError(
                f"{where} the key '{cut(printable(value.key))}' twice in one object; expected each key once.",
                path=pointer,
            )
        if type(value) is dict:
            waiting.extend((value[name], (*path, name)) for name in sorted(value, reverse=True))
        elif type(value) is list:
            waiting.extend((value[place], (*path, place)) for place in range(len(value) - 1, -1, -1))
