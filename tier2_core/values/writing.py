"""Documents written out as canonical bytes (RFC 8785).

Most documents that are written out are states, and most states were made by a few edits of one that was written out
before. Of such a first document, its *anchor*, what was written is kept as long as it lives, if it is large; what was
made of it is put together from that and the parts that were edited. Both ways give the same bytes.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from pyrsistent import PMap

from tier2_core.values.freeze import freeze
from tier2_core.values.members import members
from tier2_core.values.scalars import quote, scalar_text
from tier2_core.values.seal import (
    CONTAINERS,
    MANY,
    Document,
    Seal,
    Written,
    canonical_size,
    plain_key,
    seal_of,
    text_size,
)

Piece: TypeAlias = bytes | memoryview

KEPT = 1024
"""How many canonical bytes a document has at least, for that what it was made of is looked for, and kept.

A smaller one keeps its own bytes: it takes many times as much itself.
"""


def canonical_bytes(document: Document) -> bytes:
    """The canonical bytes of a frozen document, RFC 8785."""
    known = seal_of(document)
    if known is None:
        if type(document) in CONTAINERS:  # put together by somebody else, as by deepcopy: it is checked first
            return canonical_bytes(freeze(document))
        return scalar_text(document).encode()
    if known.data is not None:
        return known.data
    made_of = anchored(document, known)
    if made_of is None:
        anew = written_anew(document)
        known.size = len(anew)
        if known.size < KEPT:  # who hashes it soon writes it as well
            known.data = anew
        return anew
    return b"".join(_spliced(document, *made_of))


def canonical_pieces(document: Document) -> Sequence[Piece]:
    """The canonical bytes in pieces, for whoever hashes them or puts them into more: most are not copied for it."""
    known = seal_of(document)
    made_of = None if known is None else anchored(document, known)
    return (canonical_bytes(document),) if made_of is None else _spliced(document, *made_of)


def anchored(document: Any, known: Seal) -> tuple[Any, Seal, set[str | int]] | None:
    """The oldest living document that this one was made of, its seal, and where it was edited since.

    ``None`` if writing anew takes no longer: the document is small, or what it was made of is much larger.
    """
    if known.base is None or known.size is None or known.size < KEPT:
        return None
    edits: set[str | int] = set()
    source, seal, since = None, known, edits
    here = known
    while here.base is not None:
        assert here.edit is not None
        edits.add(here.edit)
        here = here.base
        living = here()  # held from here on: nothing that is kept may be dropped while it is used
        if living is not None:
            source, seal, since = living, here, set(edits)
    if source is None or seal.size is None or seal.size > 2 * known.size:
        return None
    return source, seal, since


def written_anew(document: Any) -> bytes:
    """The canonical bytes of a frozen container, from nothing but the container."""
    if seal_of(document).plain:  # type: ignore[union-attr]
        # Then the C encoder writes the same: its floats and its order of keys are RFC 8785's.
        return encode(document).encode()
    pieces: list[str] = []
    _write(document, "", pieces.append)
    return "".join(pieces).encode()


def _write(container: Any, before: str, add: Callable[[str], None]) -> None:
    """Add the text of a container, piece by piece, with ``before`` before it."""
    # Depth is bounded by MAX_DEPTH, so that this may recurse.
    if type(container) is PMap:
        inside = members(container)
        before += "{"
        for name in in_order(inside):
            part = inside[name]
            kind = type(part)
            if kind is str:
                add(f"{before}{quote(name)}:{quote(part)}")
            elif kind is int or (kind is float and part >= 1e-4 and not part.is_integer()):  # most have a plain text
                add(f"{before}{quote(name)}:{part!r}")
            elif kind in CONTAINERS:
                _write(part, f"{before}{quote(name)}:", add)
            else:
                add(f"{before}{quote(name)}:{scalar_text(part)}")
            before = ","
        add("}" if before == "," else f"{before}}}")
    else:
        before += "["
        for part in container:
            if type(part) in CONTAINERS:
                _write(part, before, add)
            else:
                add(f"{before}{scalar_text(part)}")
            before = ","
        add("]" if before == "," else f"{before}]")


def sorted_members(mapping: Any) -> dict[str, Any]:
    """The members of a map in the order of their names' code points."""
    known = seal_of(mapping)  # none, if it was put together by somebody else, as by deepcopy
    written = None if known is None else known.written
    if written is None or written.inside is None:
        inside = members(mapping)
        return {name: inside[name] for name in sorted(inside)}
    # Kept in order from the first time on: then there is nothing to sort but what is in order.
    inside = written.inside
    written.inside = {name: inside[name] for name in sorted(inside)}
    return written.inside.copy()


def in_order(names: Iterable[str]) -> list[str]:
    """The keys of an object as RFC 8785 section 3.2.3 sorts them: as arrays of UTF-16 units."""
    listed = list(names)
    return sorted(listed, key=None if plain_key("".join(listed)) else _utf16)


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")


def _plain_container(container: Any) -> Any:
    if type(container) is not PMap:
        return container.tolist()
    # The encoder sorts pairs: for many that are in no order this takes longer than all of the rest.
    return members(container) if len(container) < MANY else sorted_members(container)


encode = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,
    allow_nan=False,
    sort_keys=True,
    separators=(",", ":"),
    default=_plain_container,
).encode
"""The text of a document, by the standard library's encoder in C."""


def kept_of(anchor: Seal) -> Written:
    """What is kept of an anchor."""
    if anchor.written is None:
        anchor.written = Written()
    return anchor.written


def _spliced(document: Any, source: Any, anchor: Seal, edits: set[Any]) -> list[Piece]:
    """The bytes of ``document``, which was made of ``source``: those of all parts between the edits, as they are."""
    data, kept = anchor.data, kept_of(anchor)
    if data is None:
        data = anchor.data = written_anew(source)
    if kept.places is None:
        kept.places = _places(source)
    names, offsets = kept.places
    assert offsets[-1] == len(data) or not source
    whole = memoryview(data)
    pieces: list[Piece] = [data[:1]]
    before = b""
    here = 0  # parts before this one are written
    last = len(offsets) - 1
    for edit in sorted(edits, key=_utf16 if names is not None else None):
        if names is None:
            place, there, stays = min(edit, last), edit < last, edit < len(document)
        else:
            place = bisect_left(names, _utf16(edit), key=_utf16)
            there, stays = place < last and names[place] == edit, edit in document
        if place > here:
            pieces += (before, whole[offsets[here] : offsets[place] - 1])
            before = b","
        if stays:
            name = b"" if names is None else b"%s:" % quote(edit).encode()
            pieces += (before, name, *canonical_pieces(document[edit]))
            before = b","
        here = place + there
    if here < last:
        pieces += (before, whole[offsets[here] : offsets[last] - 1])
    pieces.append(data[-1:])
    return pieces


def _places(source: Any) -> tuple[list[str] | None, list[int]]:
    """Where each part begins: one byte after the comma, or the bracket, before it; and where one more would."""
    names, offsets, here = None, [1], 1
    if type(source) is PMap:
        inside = _plain_container(source)
        names = in_order(inside)
        for name in names:
            here += text_size(name) + canonical_size(inside[name]) + 2  # a colon, and the comma
            offsets.append(here)
    else:
        for part in source:
            here += canonical_size(part) + 1
            offsets.append(here)
    return names, offsets
