"""Effects: what a run wants done in the world, declared as data; somebody else does it, once.

A mission does nothing to the world. A step declares effects with the operation ``emit``, or by returning
:class:`Emit` from an operation of a plugin, and the engine carries them beside the state. They are wanted if the run
succeeds, and only then: a run that fails, waits or is rejected wants nothing done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen
from pyrsistent import PMap

from tier2_core.errors import InvalidSpecError, StepFailed
from tier2_core.values.fields import Wrong, exact, named, object_, shown, text, tuple_of
from tier2_core.values.seal import canonical_size
from tier2_core.values.thaw import thaw
from tier2_core.workflow.specs import NOTHING, by_construction

MAX_EFFECTS = 20
"""How many effects a run declares at most."""

MAX_EFFECT_BYTES = 64 * 1024
"""How many canonical bytes the data of an effect has at most."""

KIND = re.compile(r"[a-z0-9_.-]{1,64}")
"""What the kind of an effect may be, as a whole."""


def kind_problem(value: Any) -> str | None:
    """What is wrong with the kind of an effect, as the end of a sentence about it, or ``None``."""
    if type(value) is str and KIND.fullmatch(value):
        return None
    return "must be a name such as 'mail.send': 1 to 64 of the characters a-z, 0-9, '_', '.' and '-'"


def data_problem(data: PMap[str, Any]) -> str | None:
    """What is wrong with the data of an effect, as the end of a sentence about it, or ``None``."""
    size = canonical_size(data)
    if size <= MAX_EFFECT_BYTES:
        return None
    return f"has {size} canonical bytes; at most {MAX_EFFECT_BYTES} are allowed"


def _kind(value: Any) -> str:
    found = text(value)
    if problem := kind_problem(found):
        raise Wrong(problem)
    return found


def _data(value: Any) -> PMap[str, Any]:
    found = object_(value)
    if problem := data_problem(found):
        raise Wrong(problem)
    return found


@frozen(field_transformer=named)
class Effect:
    """One thing that is wanted done: a ``kind``, such as ``mail.send``, and an object of data for whoever does it.

    The kind has 1 to 64 characters of ``a-z``, ``0-9``, ``_``, ``.`` and ``-``; the data at most 64 KiB of canonical
    JSON. Raises :class:`InvalidSpecError` for others.

    >>> Effect("mail.send", {"to": "ada@example.org"}).to_dict()
    {'data': {'to': 'ada@example.org'}, 'kind': 'mail.send'}
    """

    kind: str = field(converter=_kind)
    data: Mapping[str, Any] = field(default=NOTHING, converter=_data, eq=exact, repr=shown)

    __reduce__ = by_construction

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: ``data``, ``kind``."""
        return {"data": thaw(self.data), "kind": self.kind}


def _effects(value: Any) -> tuple[Effect, ...]:
    return tuple_of(Effect, value)


@frozen(field_transformer=named)
class Emit:
    """What an operation of a plugin returns instead of a state, to declare effects beside it.

    >>> Emit({"sent": True}, [Effect("mail.send")]).effects[0].kind
    'mail.send'
    """

    state: Mapping[str, Any] = field(converter=object_, eq=exact, repr=shown)
    effects: tuple[Effect, ...] = field(default=(), converter=_effects)

    __reduce__ = by_construction


def check_count(count: int) -> None:
    """Fail the step with which the run would declare too many effects."""
    if count > MAX_EFFECTS:
        raise StepFailed(f"the run would declare {count} effects; at most {MAX_EFFECTS} are allowed")


def emitted(kind: str, data: Any) -> Effect:
    """The effect that the operation ``emit`` declares; data that are found in the state may be too many."""
    try:
        return Effect(kind, data)
    except InvalidSpecError as error:
        raise StepFailed(str(error).rstrip(".")) from None


def listed(effects: Iterable[Effect]) -> list[dict[str, Any]]:
    """Effects as parts of what is hashed: their data as they are, persistent and shared."""
    return [{"data": effect.data, "kind": effect.kind} for effect in effects]
