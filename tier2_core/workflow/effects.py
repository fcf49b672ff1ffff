"""Effects: what a run wants done in the world, declared as data; somebody else does it, once.

A mission does nothing to the world. A step declares effects with the operation ``emit``, or by returning
:class:`Emit` from an operation of a plugin, and the engine carries them beside the state. They are wanted if the run
succeeds, and only then: a run that fails, waits or is rejected wants nothing done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import field, frozen
from pyrsistent import PMap

from tier2_core.errors import InvalidSpecError, StepFailed
from tier2_core.values.fields import Wrong, exact, function, named, object_, shown, text, tuple_of
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


def _id(value: Any) -> str:
    if not re.fullmatch("[0-9a-f]{64}", text(value)):
        raise Wrong("must be a digest of 64 lower-case hex digits, found another text")
    return str(value)


def _index(value: Any) -> int:
    if type(value) is not int or not 0 <= value < MAX_EFFECTS:
        raise Wrong(f"must be a whole number from 0 to {MAX_EFFECTS - 1}, found another value")
    return value


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


@frozen(field_transformer=named)
class WantedEffect:
    """An effect of a run that has succeeded, as its handler gets it: one member of ``result.effects`` as a value.

    ``id`` is the idempotency key: whoever does the effect is handed the same id again if nobody knows whether it was
    done. ``data`` is fresh plain data at each access.

    >>> mail = {"operation": "emit", "effect": "mail.send", "data": {"to": "ada@example.org"}}
    >>> result = run(WorkflowDefinition("w", [StepSpec("tell", "runtime", mail)]), ExecutionContext())
    >>> wanted = WantedEffect.of(result.effects[0])
    >>> wanted.kind, wanted.data, wanted.step_id, wanted.index
    ('mail.send', {'to': 'ada@example.org'}, 'tell', 0)
    """

    id: str = field(converter=_id)
    kind: str = field(converter=_kind)
    _data: Mapping[str, Any] = field(converter=_data, eq=exact, repr=shown)
    step_id: str = field(converter=text)
    index: int = field(converter=_index)

    __reduce__ = by_construction

    @property
    def data(self) -> dict[str, Any]:
        """What the handler is told, as fresh plain data."""
        plain: dict[str, Any] = thaw(self._data)
        return plain

    @classmethod
    def of(cls, member: Any) -> WantedEffect:
        """The effect that a member of ``result.effects`` describes; :class:`InvalidSpecError` if it describes none."""
        names = ("id", "kind", "data", "step_id", "index")
        if not isinstance(member, Mapping) or sorted(map(str, member)) != sorted(names):
            raise InvalidSpecError(
                "Found no effect of a run; expected an object with the members data, id, index, kind and step_id.",
                field="effect",
            )
        return cls(*(member[name] for name in names))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, as in ``result.effects``."""
        return {"data": self.data, "id": self.id, "index": self.index, "kind": self.kind, "step_id": self.step_id}


@frozen(field_transformer=named)
class EffectHandler:
    """What does effects of one kind: ``handle(effect)`` is given a :class:`WantedEffect`.

    It may return a document, the acknowledgement, which is kept; it fails by raising. It may be called again with an
    effect that it has done already, if nobody knows that it has: the effect's ``id`` is the idempotency key.

    >>> EffectHandler("bell", lambda effect: {"rung": effect.id}).kind
    'bell'
    """

    kind: str = field(converter=_kind)
    handle: Callable[[WantedEffect], Any] = field(converter=function)
    summary: str = field(default="", converter=text)


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
