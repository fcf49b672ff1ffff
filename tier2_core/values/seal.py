"""What is known of a document that has been let through: its seal.

Each persistent container that :func:`tier2_core.freeze` has made or checked has a seal: a weak
reference that also holds what was found out on the way. The table of seals is keyed by identity and
forgets a container when it dies, so a seal never outlives or changes what it describes; it only spares
work. A container without one is simply checked again.
"""

from __future__ import annotations

import re
import weakref
from typing import Any, TypeAlias

from pyrsistent import PMap, PVector, pvector

from tier2_core.errors import InvalidValueError
from tier2_core.values.members import members
from tier2_core.values.mould import Mould
from tier2_core.values.scalars import has_plain_text, quote, scalar_text

MAX_DEPTH = 64
"""How deep arrays and objects may be nested; ``[[]]`` is 2 deep."""

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
"""The largest canonical size that a step may leave behind, or that sharing may hide."""

VECTOR: Any = type(pvector())
"""The class of persistent vectors in this process: pyrsistent's C one, or its Python one."""

CONTAINERS = frozenset({PMap, VECTOR})
"""The classes of frozen objects and arrays."""

Document: TypeAlias = bool | int | float | str | PMap[str, Any] | PVector[Any] | None
"""A frozen JSON document; mypy is not told of the recursion, :func:`freeze` is the judge of it."""


MANY = 32
"""How many members a map has at least, for that the order is kept in which they came in."""


class Written:
    """What is kept of a large container, so that it, or what is made of it, need not be written out as a whole.

    ``inside`` are the members of a map in the order that they came in: mostly the sorted one. ``places`` are the
    names of its parts, in their order, and where each begins in its canonical bytes; ``plain`` is a mould of its plain
    data.
    """

    __slots__ = ("inside", "places", "plain")

    def __init__(self, inside: dict[str, Any] | None = None) -> None:
        self.inside = inside
        self.places: tuple[list[str] | None, list[int]] | None = None
        self.plain: Mould | None = None


class Seal(weakref.ref[Any]):
    """What is known of one container.

    ``depth`` is never less than its true depth, ``plain`` says that the standard library's JSON encoder
    writes it as RFC 8785 does; ``size`` (canonical bytes) and ``digest`` are filled in when first asked for.

    ``base`` is the seal of the container that this one was made of by an edit, and ``edit`` the member or the
    index that the edit was at: all other parts are the very same objects; see :func:`edited`.
    ``data`` are the canonical bytes, if they are kept, and ``written`` is what else is kept of a large container; see
    :mod:`tier2_core.values.writing`.
    """

    __slots__ = ("base", "data", "depth", "digest", "edit", "edits", "key", "plain", "size", "written")

    key: int
    depth: int
    plain: bool
    size: int | None
    digest: str | None
    base: Seal | None
    edit: str | int | None
    edits: int
    data: bytes | None
    written: Written | None


_seals: dict[int, Seal] = {}

MAX_EDITS = 64
"""How many edits are remembered at most: a seal that is remembered takes memory after its container has died."""


def _forget(dead: Any, seals: dict[int, Seal] = _seals) -> None:
    dead.data = dead.written = None  # the seal may be remembered for longer
    key: int = dead.key
    if seals.get(key) is dead:
        del seals[key]


def seal(
    container: Any,
    depth: int,
    plain: bool,
    size: int | None = None,
    base: Seal | None = None,
    edit: str | int | None = None,
) -> Seal:
    """Seal ``container``, whose parts are sealed; ``base`` is the seal of what it was made of, by an edit there."""
    made = Seal(container, _forget)
    made.key = key = id(container)
    made.depth = depth
    made.plain = plain
    made.size = size
    made.digest = made.data = made.written = None
    if base is None or edit is None or base.edits >= MAX_EDITS:
        made.base = made.edit = None
        made.edits = 0
    else:
        made.base = base
        made.edit = edit
        made.edits = base.edits + 1
    _seals[key] = made
    return made


def seal_of(value: Any) -> Seal | None:
    """The seal of ``value``, or ``None``: it is a scalar, or was never let through."""
    found = _seals.get(id(value))
    return found if found is not None and found() is value else None


def sealed(container: Any) -> Seal:
    """The seal of a container; :class:`InvalidValueError` if it was never let through, which is a caller's mistake."""
    found = _seals.get(id(container))
    if found is None or found() is not container:
        raise InvalidValueError("Found a container that was not frozen; expected one that freeze() has let through.")
    return found


def edited(before: Any, after: Any) -> set[str | int] | None:
    """Where two containers may differ, if one was made of the other by edits: names of members, or indices.

    Everything else is the very same object in both; in an array nothing was moved, and indices from the shorter
    one's length on are added elements. ``None`` if they are not known to be related in this way.
    """
    old, new = seal_of(before), seal_of(after)
    if old is None or new is None:
        return None
    found: set[str | int] = set()
    while new is not old:
        if new.base is None or new.edit is None:
            return None
        found.add(new.edit)
        new = new.base
    return found


def plain_key(key: str) -> bool:
    """Whether ``key`` sorts by code points as it does by UTF-16 units (RFC 8785 section 3.2.3)."""
    return key.isascii() or not re.search(_BEYOND, key)


_BEYOND = "[\ue000-\U0010ffff]"  # not compiled before it is needed: few keys go as far as this


def reseal(new: Any, old: Seal, gone: Any, came: Any, edit: str | int) -> None:
    """Seal ``new``, which is the container of ``old`` with the part at ``edit`` exchanged."""
    depth, plain, size, kind = old.depth, old.plain, old.size, type(came)
    if kind is PMap or kind is VECTOR:
        part = _seals[id(came)]
        plain = plain and part.plain
        if part.depth >= depth:
            depth = part.depth + 1
    elif kind is float:
        plain = plain and has_plain_text(came)
    if size is not None:
        size += canonical_size(came) - canonical_size(gone)
    seal(new, depth, plain, size, old, edit)


def reseal_added(new: Any, old: Seal, came: Any, edit: str | int | None) -> None:
    """Seal ``new``, which is the container of ``old`` with a part more.

    ``edit`` is the name of a member, or the index of an element at the end; ``None`` for one in between.
    """
    depth, plain, size, kind = old.depth, old.plain, old.size, type(came)
    if kind is PMap or kind is VECTOR:
        part = _seals[id(came)]
        plain = plain and part.plain
        if part.depth >= depth:
            depth = part.depth + 1
    elif kind is float:
        plain = plain and has_plain_text(came)
    if size is not None:
        size += canonical_size(came) + (len(new) > 1)  # a comma stands between parts
    if type(edit) is str:
        plain = plain and plain_key(edit)
        if size is not None:
            size += text_size(edit) + 1
    seal(new, depth, plain, size, old, edit)


def reseal_removed(new: Any, old: Seal, gone: Any, name: str | None = None) -> None:
    """Seal ``new``, which is the container of ``old`` without the part ``gone``; ``name`` is that of a member."""
    if not new:  # it may be the one empty array of all documents: nothing of this one may stick to it
        seal(new, 1, True, 2)
        return
    size = old.size
    if size is not None:
        size -= canonical_size(gone) + 1 + (0 if name is None else text_size(name) + 1)
    seal(new, old.depth, old.plain, size, old, name)


def text_size(text: str) -> int:
    """How many bytes the canonical text of a string has."""
    quoted = quote(text)
    return len(quoted) if quoted.isascii() else len(quoted.encode())


def canonical_size(document: Any) -> int:
    """How many bytes ``canonical_json`` of a frozen document has, without building them.

    Parts that are shared are walked once: the answer is remembered in the seals.
    """
    kind = type(document)
    if kind is str:
        return text_size(document)
    if kind is int:
        return len(str(document))
    if kind is PMap or kind is VECTOR:
        known = _seals[id(document)].size
        return _counted(document) if known is None else known
    return len(scalar_text(document))


def _counted(container: Any) -> int:
    # The depth of documents is bounded, so that this may recurse.
    if type(container) is PMap:
        written = _seals[id(container)].written
        inside = members(container) if written is None or written.inside is None else written.inside
        parts: Any = inside.values()
        total = text_size("".join(inside)) + 3 * len(inside)  # a name has quotes and a colon; of the whole, brackets
    else:
        parts = container.tolist()
        total = 2
    if parts:
        total += len(parts) - 1
    for part in parts:
        kind = type(part)
        if kind is str:
            quoted = quote(part)
            total += len(quoted) if quoted.isascii() else len(quoted.encode())
        elif kind in CONTAINERS:
            size = _seals[id(part)].size
            total += _counted(part) if size is None else size
        else:
            total += len(scalar_text(part))
    _seals[id(container)].size = total
    return total
