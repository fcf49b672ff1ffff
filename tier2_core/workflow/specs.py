"""The frozen definitions that a run is made of: steps, workflows, contexts, decisions.

Positional arguments in the order given; lists become tuples, mappings are frozen; a wrong type is an
:class:`InvalidSpecError` that names the field. Which kinds and how many steps are allowed is not asked here:
that is the envelope's business, at run time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import attrs
from attrs import field, frozen
from pyrsistent import PMap, pmap

from tier2_core.errors import InvalidSpecError, cut
from tier2_core.values.canonical import Raw, wrapper_digest
from tier2_core.values.fields import (
    Wrong,
    document,
    exact,
    flag,
    named,
    object_,
    object_or_none,
    shown,
    text,
    tuple_of,
    unique,
)
from tier2_core.values.freeze import freeze
from tier2_core.values.mould import copied
from tier2_core.values.scalars import quote
from tier2_core.values.seal import canonical_size
from tier2_core.values.thaw import thaw
from tier2_core.values.writing import KEPT, canonical_bytes

C = TypeVar("C")

NOTHING: PMap[str, Any] = freeze(pmap())  # type: ignore[assignment]
"""The empty object."""


def by_construction(value: Any) -> tuple[Any, ...]:
    """The ``__reduce__`` of what holds documents: a copy, and what is unpickled, is constructed like any other.

    A document that another process, or ``deepcopy``, has put together was never let through by ``freeze``.
    """
    return type(value), tuple(getattr(value, name) for name in attrs.fields_dict(type(value)))


def helpful(cls: type[C]) -> type[C]:
    """The class, with nothing in its ``help()`` of how it keeps what it has worked out."""
    found: Any = cls.__dict__.get("__getattr__")  # attrs keeps the functions of cached properties in its defaults
    if found is not None:

        def worked_out(self: Any, name: str) -> Any:
            return found(self, name)

        cls.__getattr__ = worked_out  # type: ignore[attr-defined]
    cls.__annotations__ = {name: kind for name, kind in cls.__annotations__.items() if not name.startswith("_")}
    return cls


@helpful
@frozen(field_transformer=named)
class StepSpec:
    """One step: its id, its kind (``runtime`` or ``human``) and what it is about.

    The payload of a runtime step names its ``operation`` (default ``noop``) and holds the operation's keys. That of a
    human step may have, beside notes::

        description  the question, for people
        into         the path that the value of an approved decision is set at
        schema       a JSON Schema (2020-12) that the value must meet
        highlights   paths whose changes are shown first and in full
        ids_of       the path of the array of objects whose ids the value holds
        demands      what an answer must have: seen, actor, not_caller, not_same_as, signatures, reason
        within       how many seconds the question may wait

    Any step may have a ``description``.

    >>> StepSpec("greet", "runtime", {"operation": "set", "path": "hello", "value": "world"}).to_dict()["id"]
    'greet'
    """

    id: str = field(converter=text)
    kind: str = field(converter=text)
    payload: Mapping[str, Any] = field(default=NOTHING, converter=object_, eq=exact, repr=shown)

    __reduce__ = by_construction

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: ``id``, ``kind``, ``payload``."""
        return {"id": self.id, "kind": self.kind, "payload": copied(self._plain) if self._small else thaw(self.payload)}

    @cached_property
    def _small(self) -> bool:
        """Whether what is written of the step may be kept: it takes some times the payload's canonical size."""
        return canonical_size(self.payload) < KEPT

    @cached_property
    def _plain(self) -> dict[str, Any]:
        plain: dict[str, Any] = thaw(self.payload)
        return plain

    @property
    def written(self) -> Raw:
        """The canonical bytes of :meth:`to_dict`, computed once if they are few."""
        data = self._written or self._write()
        if len(data) >= KEPT:
            object.__setattr__(self, "_written", _NOT_KEPT)
        return data

    @cached_property
    def _written(self) -> Raw:
        return self._write()

    def _write(self) -> Raw:
        parts = quote(self.id).encode(), quote(self.kind).encode(), canonical_bytes(self.payload)  # type: ignore[arg-type]
        return Raw(b'{"id":%s,"kind":%s,"payload":%s}' % parts)


_NOT_KEPT = Raw()


def _steps(value: Sequence[StepSpec]) -> tuple[StepSpec, ...]:
    steps = tuple_of(StepSpec, value)
    unique([step.id for step in steps], "step ids")
    return steps


@helpful
@frozen(field_transformer=named)
class WorkflowDefinition:
    """An ordered list of steps with unique ids; ``name`` is an alias of ``id``, and either gives the other.

    >>> WorkflowDefinition("greeting", [StepSpec("greet", "runtime")]).name
    'greeting'
    """

    id: str = field(default="", converter=text)
    steps: tuple[StepSpec, ...] = field(default=(), converter=_steps)
    metadata: Mapping[str, Any] = field(default=NOTHING, converter=object_, eq=exact, repr=shown)
    name: str = field(default="", converter=text)

    def __attrs_post_init__(self) -> None:
        if self.id and self.name and self.id != self.name:
            raise InvalidSpecError(
                f"WorkflowDefinition: id/name mismatch: found id '{cut(self.id)}' and name '{cut(self.name)}'; "
                "they are one thing, so give one of them, or the same twice.",
                field="name",
            )
        object.__setattr__(self, "id", self.id or self.name)
        object.__setattr__(self, "name", self.id)

    __reduce__ = by_construction

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: ``id``, ``metadata``, ``name``, ``steps``."""
        return {
            "id": self.id,
            "metadata": thaw(self.metadata),
            "name": self.name,
            "steps": [step.to_dict() for step in self.steps],
        }

    @cached_property
    def _memo(self) -> dict[str, Any]:
        """What was worked out of this workflow, so that it is worked out once; never compared, copied or shown.

        It holds the plan for the registry that it was last run with, and with it that registry; and what all results
        of runs that went as usual are written with.
        """
        return {}

    @cached_property
    def hash(self) -> str:
        """The digest of :meth:`to_dict` under the tag ``tier2/workflow/v1``, computed once."""
        name, metadata = quote(self.id).encode(), canonical_bytes(self.metadata)  # type: ignore[arg-type]
        parts = name, metadata, name, b",".join([step.written for step in self.steps])
        return wrapper_digest(Raw(b'{"id":%s,"metadata":%s,"name":%s,"steps":[%s]}' % parts), tag="tier2/workflow/v1")


WAYS = ("", "api", "file", "form", "page", "terminal")
"""How a decision may have come in; nobody need say it."""


def _via(value: str) -> str:
    if text(value) not in WAYS:
        raise Wrong(f"must be one of {', '.join(WAYS[1:])}, found '{cut(value)}'")
    return str(value)


def _names(value: Sequence[str]) -> tuple[str, ...]:
    names = tuple(sorted(map(text, tuple_of(str, value))))
    unique(names, "names")
    return names


@frozen(field_transformer=named)
class Decision:
    """A person's answer to a human step.

    ``value`` is what the step's ``into`` takes, ``actor`` and ``reason`` are recorded as claimed; ``seen`` may
    hold the digest of the consequences that the person was shown, and ``unseen`` says that the person forgoes
    looking. ``via`` says how the decision came in (``terminal``, ``page``, ``form``, ``file`` or ``api``): recorded,
    and not trusted. ``signed_by`` are the people whose signatures of the decision were checked by whoever hands it
    in, and ``envelope`` is what they signed, a DSSE envelope.

    >>> Decision("go", approved=False, actor="ada", reason="not today").to_dict()["reason"]
    'not today'
    """

    step_id: str = field(converter=text)
    approved: bool = field(default=True, converter=flag)
    actor: str = field(default="", converter=text)
    reason: str = field(default="", converter=text)
    value: Any = field(default=None, converter=document, eq=exact, repr=shown)
    seen: str = field(default="", converter=text)
    unseen: bool = field(default=False, converter=flag)
    via: str = field(default="", converter=_via)
    signed_by: tuple[str, ...] = field(default=(), converter=_names)
    envelope: Mapping[str, Any] | None = field(default=None, converter=object_or_none, eq=exact, repr=shown)

    def __attrs_post_init__(self) -> None:
        if self.seen and self.unseen:
            raise InvalidSpecError(
                "Decision: fields 'seen' and 'unseen' are both given; expected the digest of what was seen, or that "
                "nothing was.",
                field="unseen",
            )

    __reduce__ = by_construction

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, one key a field; what came after ``seen`` only where it is given."""
        made = {
            "actor": self.actor,
            "approved": self.approved,
            "envelope": thaw(self.envelope),
            "reason": self.reason,
            "seen": self.seen,
            "signed_by": list(self.signed_by),
            "step_id": self.step_id,
            "unseen": self.unseen,
            "value": thaw(self.value),
            "via": self.via,
        }
        return {name: made[name] for name in made if name not in _LATER or made[name]}


_LATER = frozenset({"envelope", "signed_by", "unseen", "via"})
"""What decisions did not say from the beginning: left out where there is none, so that their digests stay."""


def decisions_or_none(value: Collection[Decision] | None) -> tuple[Decision, ...] | None:
    """A field that holds decisions, at most one a step, in the order of their step ids; or none."""
    if value is None:
        return None
    if type(value) in (set, frozenset):
        value = list(value)
    decisions = tuple(sorted(tuple_of(Decision, value), key=lambda decision: decision.step_id))
    unique([decision.step_id for decision in decisions], "decisions for one step")
    return decisions


@frozen(field_transformer=named)
class ExecutionContext:
    """What a run starts from: the state, metadata about the run, and the decisions that were made.

    ``decisions=None`` means unattended: human steps are recorded and nobody is asked. Of the metadata, a
    result shows ``caller``, ``policy_version`` and ``run_id``.

    >>> ExecutionContext({"tasks": []}).initial_state
    pmap({'tasks': pvector([])})
    """

    initial_state: PMap[str, Any] = field(default=NOTHING, converter=object_, eq=exact, repr=shown)
    metadata: PMap[str, Any] | None = field(default=None, converter=object_or_none, eq=exact, repr=shown)
    decisions: tuple[Decision, ...] | None = field(default=None, converter=decisions_or_none)

    __reduce__ = by_construction

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: ``decisions``, ``initial_state``, ``metadata``."""
        return {
            "decisions": None if self.decisions is None else [decision.to_dict() for decision in self.decisions],
            "initial_state": thaw(self.initial_state),
            "metadata": thaw(self.metadata),
        }


@frozen(field_transformer=named)
class MissionSpec:
    """A mission by name, and the params that its factory gets.

    >>> MissionSpec("echo", {"hello": "world"}).to_dict()
    {'params': {'hello': 'world'}, 'type': 'echo'}
    """

    type: str = field(converter=text)
    params: Mapping[str, Any] = field(default=NOTHING, converter=object_, eq=exact, repr=shown)

    __reduce__ = by_construction

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: ``params``, ``type``."""
        return {"params": thaw(self.params), "type": self.type}
