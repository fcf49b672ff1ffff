"""Documents written out: as canonical bytes (RFC 8785), and as fresh plain data.

Most documents that are written out are states, and most states were made by a few edits of one that was written out
before. Of such a first document, its *anchor*, what was written is kept as long as it lives, if it is large; what was
made of it is put together from that and the parts that were edited. Both ways give the same bytes and the same data.
"""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import Any

from pyrsistent import PMap

from tier2_core.values.freeze import freeze
from tier2_core.values.members import members
from tier2_core.values.scalars import quote, scalar_text
from tier2_core.values.seal import (
    CONTAINERS,
    Document,
    Seal,
    Written,
    canonical_size,
    plain_key,
    seal_of,
    text_size,
)

_PLAIN = frozenset({dict, list})

KEPT = 1024
"""How many canonical bytes a document has at least, for that what it was made of is looked for, and kept."""


def thaw(value: Any) -> Any:
    """Fresh plain ``dict`` and ``list`` data of a document, keys sorted; changing it changes nothing else.

    >>> thaw(freeze({"b": (1, 2), "a": {}}))
    {'a': {}, 'b': [1, 2]}
    """
    return _plain(freeze(value))


def canonical_bytes(document: Document) -> bytes:
    """The canonical bytes of a frozen document, RFC 8785."""
    known = seal_of(document)
    if known is None:
        return scalar_text(document).encode()
    if known.written is not None and known.written.data is not None:
        return known.written.data
    anchored = _anchored(document, known)
    if anchored is None:
        anew = written_anew(document)
        known.size = len(anew)
        if known.size < KEPT:  # the document itself takes many times as much; whoever hashes it soon writes it as well
            known.written = known.written or Written()
            known.written.data = anew
        return anew
    source, written, edits = anchored
    data = written.data
    if data is None:
        data = written.data = written_anew(source)
    return _spliced(data, written, source, edits, document)


def _anchored(document: Any, known: Seal) -> tuple[Any, Written, set[str | int]] | None:
    """The oldest living document that this one was made of, what is kept of it, and where it was edited since.

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
    written = seal.written
    if written is None:
        written = seal.written = Written()
    return source, written, since


# --- canonical bytes ---------------------------------------------------------------------------------


def written_anew(document: Any) -> bytes:
    """The canonical bytes of a frozen document, from nothing but the document."""
    return _text(document).encode()


def in_order(names: Iterable[str]) -> list[str]:
    """The keys of an object as RFC 8785 section 3.2.3 sorts them: as arrays of UTF-16 units."""
    listed = list(names)
    return sorted(listed, key=None if all(map(plain_key, listed)) else _utf16)


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")


def _text(document: Any) -> str:
    known = seal_of(document)
    if known is None:
        return scalar_text(document)
    if known.plain:
        # Then the C encoder writes the same: its floats and its order of keys are RFC 8785's.
        return encode(document)
    if type(document) is PMap:
        inside = members(document)
        return "{" + ",".join([f"{quote(name)}:{_text(inside[name])}" for name in in_order(inside)]) + "}"
    return "[" + ",".join(_runs(document)) + "]"


def _runs(array: Any) -> Iterable[str]:
    """The elements of an array; those in a row that the C encoder can write are written by one call."""
    run: list[Any] = []
    for part in array:
        known = seal_of(part)
        if known is not None and known.plain:
            run.append(part)
            continue
        if run:
            yield encode(run)[1:-1]
            run = []
        yield _text(part)
    if run:
        yield encode(run)[1:-1]


def _plain_container(container: Any) -> Any:
    if type(container) is not PMap:
        return container.tolist()
    inside = members(container)
    # The encoder sorts pairs; names alone are sorted in half the time, and what is in order it need not sort.
    return inside if len(inside) < _MANY else {name: inside[name] for name in sorted(inside)}


_MANY = 32


encode = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,
    allow_nan=False,
    sort_keys=True,
    separators=(",", ":"),
    default=_plain_container,
).encode


def _spliced(data: bytes, written: Written, source: Any, edits: set[Any], document: Any) -> bytes:
    """The bytes of ``document``, which was made of ``source``: those of all parts between the edits, as they are."""
    places = written.places
    if places is None:
        places = written.places = _places(source)
    names, offsets = places
    assert offsets[-1] == len(data) or not source
    pieces: list[bytes] = []
    here = 0  # parts before this one are written
    last = len(offsets) - 1
    for edit in sorted(edits, key=_utf16 if names is not None else None):
        if names is None:
            place, there, stays = min(edit, last), edit < last, edit < len(document)
        else:
            place = bisect_left(names, _utf16(edit), key=_utf16)
            there, stays = place < last and names[place] == edit, edit in document
        if place > here:
            pieces.append(data[offsets[here] : offsets[place] - 1])
        if stays:
            part = canonical_bytes(document[edit])
            pieces.append(part if names is None else b"%s:%s" % (quote(edit).encode(), part))
        here = place + there
    if here < last:
        pieces.append(data[offsets[here] : offsets[last] - 1])
    return (b"[%s]" if names is None else b"{%s}") % b",".join(pieces)


def _places(source: Any) -> tuple[list[str] | None, list[int]]:
    """Where each part begins: one byte after the comma, or the bracket, before it; and where one more would."""
    names, offsets = None, [1]
    if type(source) is PMap:
        inside = members(source)
        names = in_order(inside)
        sizes: Iterable[int] = (text_size(name) + 1 + canonical_size(inside[name]) for name in names)
    else:
        sizes = map(canonical_size, source)
    for size in sizes:
        offsets.append(offsets[-1] + size + 1)
    return names, offsets


# --- plain data --------------------------------------------------------------------------------------


def _plain(document: Any) -> Any:
    if type(document) not in CONTAINERS:
        return document
    known = seal_of(document)
    assert known is not None
    if known.written is not None:
        if known.written.plain is not None:
            return copied(known.written.plain)
        if known.written.data is not None and known.plain and len(known.written.data) < KEPT:
            return _read(known.written.data.decode())[0]  # plain numbers read back as what they were written from
    anchored = _anchored(document, known)
    if anchored is None:
        return _plain_anew(document)
    source, written, edits = anchored
    plain = written.plain
    if plain is None:
        plain = written.plain = _plain_anew(source)
    return _derived(plain, edits, document)


_read = json.JSONDecoder().raw_decode


def _plain_anew(document: Any) -> Any:
    # Depth is bounded by MAX_DEPTH, so that this may recurse.
    if type(document) is PMap:
        made = members(document)
        if len(made) > 1:
            made = {name: made[name] for name in sorted(made)}
        for name, part in made.items():
            if type(part) in CONTAINERS:
                made[name] = _plain_anew(part)
        return made
    return [_plain_anew(part) if type(part) in CONTAINERS else part for part in document]


def copied(plain: Any, but: Iterable[Any] = ()) -> Any:
    """A copy of plain data, all the way down but for what is at ``but``; ``copy.deepcopy`` takes many times as long."""
    made = plain.copy()
    # No pair of a name and a part is kept for a moment: so many new tuples would call the collector, again and again.
    for name, part in plain.items() if type(plain) is dict else enumerate(plain):
        if type(part) in _PLAIN and name not in but:
            made[name] = copied(part)
    return made


def _derived(plain: Any, edits: set[Any], document: Any) -> Any:
    """The plain data of ``document``, which was made of what is ``plain`` by edits."""
    made = copied(plain, edits)
    if type(made) is list:
        for place in sorted(edits):
            made[place : place + 1] = [_plain(document[place])]
        return made
    added = []
    for name in edits:
        if name not in document:
            made.pop(name, None)
        elif name in made:
            made[name] = _plain(document[name])
        else:
            added.append((name, _plain(document[name])))
    if not added:
        return made
    names = list(made)
    made.update(added)
    for name, _ in added:
        insort(names, name)
    return {name: made[name] for name in names}
