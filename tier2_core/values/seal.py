"""What is known of a document that has been let through: its seal.

Each persistent container that :func:`tier2_core.freeze` has made or checked has a seal: a weak
reference that also holds what was found out on the way. The table of seals is keyed by identity and
forgets a container when it dies, so a seal never outlives or changes what it describes; it only spares
work. A container without one is simply checked again.
"""

from __future__ import annotations

import weakref
from typing import Any, TypeAlias

from pyrsistent import PMap, PVector, pvector

from tier2_core.values.scalars import quote, scalar_text

MAX_DEPTH = 64
"""How deep arrays and objects may be nested; ``[[]]`` is 2 deep."""

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
"""The largest canonical size that a step may leave behind, or that sharing may hide."""

VECTOR: Any = type(pvector())
"""The class of persistent vectors in this process: pyrsistent's C one, or its Python one."""

Document: TypeAlias = "bool | int | float | str | PMap[str, Any] | PVector[Any] | None"
"""A frozen JSON document; mypy is not told of the recursion, :func:`freeze` is the judge of it."""


class Seal(weakref.ref[Any]):
    """What is known of one container.

    ``depth`` is never less than its true depth, ``plain`` says that the standard library's JSON encoder
    writes it as RFC 8785 does; ``size`` (canonical bytes) and ``digest`` are filled in when first asked for.
    """

    __slots__ = ("depth", "digest", "key", "plain", "size")

    key: int
    depth: int
    plain: bool
    size: int | None
    digest: str | None


_seals: dict[int, Seal] = {}


def _forget(dead: Any, seals: dict[int, Seal] = _seals) -> None:
    key: int = dead.key
    if seals.get(key) is dead:
        del seals[key]


def seal(container: Any, depth: int, plain: bool) -> Seal:
    """Seal ``container``, whose parts are sealed."""
    made = Seal(container, _forget)
    made.key = id(container)
    made.depth = depth
    made.plain = plain
    made.size = made.digest = None
    _seals[made.key] = made
    return made


def seal_of(value: Any) -> Seal | None:
    """The seal of ``value``, or ``None``: it is a scalar, or was never let through."""
    found = _seals.get(id(value))
    return found if found is not None and found() is value else None


def plain_key(key: str) -> bool:
    """Whether ``key`` sorts by code points as it does by UTF-16 units (RFC 8785 section 3.2.3)."""
    return key.isascii() or max(key) < "\ue000"


def reseal(new: Any, old: Seal, *, gone: Any, came: Any, key: str | None = None, count: int = 0) -> Seal:
    """Seal ``new``, which is the container of ``old`` with one part exchanged, added or removed.

    ``gone`` and ``came`` are the part before and after; for a part that is only added or removed, ``count``
    is +1 or -1, the other of the two is ignored, and ``key`` is the member's name in an object.
    """
    if not new:  # it may be the one empty array of all documents: nothing of this one may stick to it
        made = seal(new, 1, True)
        made.size = 2
        return made
    part = seal_of(came) if count >= 0 else None
    made = seal(
        new,
        max(old.depth, 1 + part.depth if part is not None else 1),
        old.plain and _is_plain(came, part) and (key is None or plain_key(key)),
    )
    if old.size is not None:
        size = old.size
        if count <= 0:
            size -= canonical_size(gone)
        if count >= 0:
            size += canonical_size(came)
        if count:
            member = 0 if key is None else len(quote(key).encode()) + 1
            # A comma stands between parts: there is none to add or remove for the only one.
            comma = 1 if len(new) + (count < 0) > 1 else 0
            size += count * (member + comma)
        made.size = size
    return made


def _is_plain(value: Any, sealed: Seal | None) -> bool:
    if sealed is not None:
        return sealed.plain
    return type(value) is not float or scalar_text(value) == repr(value)


def canonical_size(document: Any) -> int:
    """How many bytes ``canonical_json`` of a frozen document has, without building them.

    Parts that are shared are walked once: the answer is remembered in the seals.
    """
    if type(document) is not PMap and type(document) is not VECTOR:
        return len(scalar_text(document).encode())
    waiting = [document]
    while waiting:
        top = waiting[-1]
        top_seal = _seals[id(top)]
        if top_seal.size is not None:
            waiting.pop()
            continue
        total, unknown = 2, []
        if type(top) is PMap:
            for name in top:
                total += len(quote(name).encode()) + 1
            parts = top.itervalues()
        else:
            parts = iter(top)
        count = 0
        for part in parts:
            count += 1
            if type(part) is PMap or type(part) is VECTOR:
                size = _seals[id(part)].size
                if size is None:
                    unknown.append(part)
                else:
                    total += size
            else:
                total += len(scalar_text(part).encode())
        if unknown:
            waiting.extend(unknown)
        else:
            top_seal.size = total + max(0, count - 1)
            waiting.pop()
    size = _seals[id(document)].size
    assert size is not None
    return size
