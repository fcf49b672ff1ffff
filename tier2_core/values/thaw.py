"""The way out: fresh plain data of a document.

As with its bytes, of what others were made of by edits the plain data is kept as long as it lives, and copied.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from pyrsistent import PMap

from tier2_core.values.freeze import freeze
from tier2_core.values.mould import Mould
from tier2_core.values.seal import CONTAINERS, seal_of
from tier2_core.values.writing import anchored, kept_of, sorted_members


def thaw(value: Any) -> Any:
    """Fresh plain ``dict`` and ``list`` data of a document, keys sorted; changing it changes nothing else.

    >>> thaw(freeze({"b": (1, 2), "a": {}}))
    {'a': {}, 'b': [1, 2]}
    """
    return _plain(freeze(value))


def _plain(document: Any) -> Any:
    if type(document) not in CONTAINERS:
        return document
    known = seal_of(document)
    assert known is not None
    if known.written is not None and known.written.plain is not None:
        return known.written.plain.copy()
    made_of = anchored(document, known)
    if made_of is None:
        return _plain_anew(document)
    source, anchor, edits = made_of
    kept = kept_of(anchor)
    if kept.plain is None:
        kept.plain = Mould(_plain_anew(source))
    return _derived(kept.plain, edits, document)


def _plain_anew(document: Any) -> Any:
    # Depth is bounded by MAX_DEPTH, so that this may recurse.
    if type(document) is not PMap:
        made = document.tolist()
        for place, part in enumerate(made):
            if type(part) in CONTAINERS:
                made[place] = _plain_anew(part)
        return made
    made = sorted_members(document)
    for name, part in made.items():
        if type(part) in CONTAINERS:
            made[name] = _plain_anew(part)
    return made


def _derived(mould: Mould, edits: set[Any], document: Any) -> Any:
    """The plain data of ``document``, which was made by edits of what the mould is of."""
    made = mould.copy(edits)
    if type(made) is list:
        for place in sorted(edits):
            made[place : place + 1] = [_plain(document[place])]
        return made
    added = {}
    for name in edits:
        if name not in document:
            made.pop(name, None)
        elif name in made:
            made[name] = _plain(document[name])
        else:
            added[name] = _plain(document[name])
    if added:
        for name in [*takewhile(min(added).__lt__, reversed(made))]:
            added[name] = made.pop(name)
        for name in sorted(added):
            made[name] = added[name]
    return made
