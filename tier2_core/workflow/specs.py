"""The frozen definitions that a run is made of: steps, workflows, contexts, decisions.

Positional arguments in the order given; lists become tuples, mappings are frozen; a wrong type is an
:class:`InvalidSpecError` that names the field. Which kinds and how many steps are allowed is not asked here:
that is the envelope's business, at run time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from attrs import field
from pyrsistent import PMap, pmap

from tier2_core.errors import InvalidSpecError
from tier2_core.values.canonical import digest
from tier2_core.values.fields import document, exact, flag, frozen, object_, object_or_none, shown, text, tuple_of, wrong
from tier2_core.values.freeze import freeze, thaw

NOTHING: PMap[str, Any] = freeze(pmap())  # type: ignore[assignment]
"""The empty object."""


@frozen
class StepSpec:
    """One step: its id, its kind (``runtime`` or ``human``) and what it is about.

    The payload of a runtime step names its ``operation`` (default ``noop``) and holds the operation's keys.

    >>> StepSpec("greet", "runtime", {"operation": "set", "path": "hello", "value": "world"}).to_dict()["id"]
    'greet'
    """

    id: str = field(converter=text)
    kind: str = field(converter=text)
    payload: Mapping[str, Any] = field(default=NOTHING, converter=object_, eq=exact, repr=shown)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: ``id``, ``kind``, ``payload``."""
        return {"id": self.id, "kind": self.kind, "payload": thaw(self.payload)}


@frozen
class WorkflowDefinition:
    """An ordered list of steps with unique ids; ``name`` is an alias of ``id``, and either gives the other.

    >>> WorkflowDefinition("greeting", [StepSpec("greet", "runtime")]).name
    'greeting'
    """

    id: str = field(default="", converter=text)
    steps: tuple[StepSpec, ...] = field(default=(), converter=tuple_of(StepSpec))
    metadata: Mapping[str, Any] = field(default=NOTHING, converter=object_, eq=exact, repr=shown)
    name: str = field(default="", converter=text)

    def __attrs_post_init__(self) -> None:
        if self.id and self.name and self.id != self.name:
            raise InvalidSpecError(
                f"WorkflowDefinition: id/name mismatch: found id '{self.id}' and name '{self.name}'; "
                "they are one thing, so give one of them, or the same twice.",
                field="name",
            )
        object.__setattr__(self, "id", self.id or self.name)
        object.__setattr__(self, "name", self.id)
        unique(self, "steps", [step.id for step in self.steps], "step ids")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: ``id``, ``metadata``, ``name``, ``steps``."""
        return {
            "id": self.id,
            "metadata": thaw(self.metadata),
            "name": self.name,
            "steps": [step.to_dict() for step in self.steps],
        }

    @cached_property
    def hash(self) -> str:
        """The digest of :meth:`to_dict` under the tag ``tier2/workflow/v1``, computed once."""
        return digest(self.to_dict(), tag="tier2/workflow/v1")


@frozen
class Decision:
    """A person's answer to a human step.

    ``value`` is what the step's ``into`` takes, ``actor`` and ``reason`` are recorded as claimed; ``seen`` may
    hold the digest of the consequences that the person was shown.
    """

    step_id: str = field(converter=text)
    approved: bool = field(default=True, converter=flag)
    actor: str = field(default="", converter=text)
    reason: str = field(default="", converter=text)
    value: Any = field(default=None, converter=document, eq=exact, repr=shown)
    seen: str = field(default="", converter=text)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, one key a field."""
        return {
            "actor": self.actor,
            "approved": self.approved,
            "reason": self.reason,
            "seen": self.seen,
            "step_id": self.step_id,
            "value": thaw(self.value),
        }


def decisions_or_none(value: Any) -> tuple[Decision, ...] | None:
    """Decisions as a tuple in the order of their step ids; the converter of every field ``decisions``."""
    if value is None:
        return None
    if type(value) not in (list, tuple, set, frozenset):
        raise wrong("ExecutionContext", "decisions", "None or a list, tuple or set of Decision", value)
    for item in value:
        if type(item) is not Decision:
            raise wrong("ExecutionContext", "decisions", "None or a list, tuple or set of Decision, each", item)
    ordered = tuple(sorted(value, key=lambda decision: decision.step_id))
    unique(ordered, "decisions", [decision.step_id for decision in ordered], "decisions for one step")
    return ordered


@frozen
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

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: ``decisions``, ``initial_state``, ``metadata``."""
        return {
            "decisions": None if self.decisions is None else [decision.to_dict() for decision in self.decisions],
            "initial_state": thaw(self.initial_state),
            "metadata": thaw(self.metadata),
        }


@frozen
class MissionSpec:
    """A mission by name, and the params that its factory gets.

    >>> MissionSpec("echo", {"hello": "world"}).to_dict()
    {'params': {'hello': 'world'}, 'type': 'echo'}
    """

    type: str = field(converter=text)
    params: Mapping[str, Any] = field(default=NOTHING, converter=object_, eq=exact, repr=shown)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: ``params``, ``type``."""
        return {"params": thaw(self.params), "type": self.type}


def unique(owner: object, name: str, values: Iterable[str], what: str) -> None:
    """:class:`InvalidSpecError` if a value comes twice; ``what`` says of what there may be one."""
    seen: set[str] = set()
    twice = sorted({value for value in values if value in seen or seen.add(value)})  # type: ignore[func-returns-value]
    if twice:
        raise InvalidSpecError(
            f"{type(owner).__name__}: field '{name}' has duplicate {what}: {', '.join(map(repr, twice))}; "
            "expected each once.",
            field=name,
        )
