"""Records: one document a run, with all that the run is recomputed from, and all that came out.

What is hashed is everything but where the run took place. The hashes tell that a document was altered, and where;
whether what it says is true, only recomputing tells: see ``verify_record``.

The chain has one link for each executed step. Its first link is bound to what went in, each further one to the link
before it; every link has the number of all, so that the beginning of a chain is no chain. A link holds the change of
the state, not the state: its size and its hash cost what was changed. To find the change, ``make_patch`` looks
through the members of those containers that are not the very same object as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import attrs
from attrs import field, frozen
from pyrsistent import PMap, PVector

from tier2_core.errors import InvalidSpecError, PatchError, RecordError, Tier2Error, cut
from tier2_core.missions.planning import build_workflow, has_missions
from tier2_core.missions.registry import Registry
from tier2_core.values.canonical import digest, wrapper_digest
from tier2_core.values.fields import exact
from tier2_core.values.freeze import a_type, freeze
from tier2_core.values.patch import apply_patch, make_patch
from tier2_core.values.thaw import thaw
from tier2_core.version import VERSION
from tier2_core.workflow.operations import HasOperations, State
from tier2_core.workflow.result import OrchestrationResult
from tier2_core.workflow.specs import NOTHING, Decision, ExecutionContext, MissionSpec, StepSpec, WorkflowDefinition
from tier2_core.workflow.trace import TraceEntry

SCHEMA = "tier2.record/1"

NO_EFFECTS: PVector[Any] = freeze([])  # type: ignore[assignment]


@frozen
class RecordLink:
    """What became of one executed step.

    ``step`` and ``decision`` are the digests of what they are named after, ``patch`` is the change of the state
    (RFC 6902), ``effects`` are those that it has declared, each with ``kind`` and ``data``; ``previous`` is the hash of
    the link before, and ``hash`` binds all the rest.

    >>> count = StepSpec("count", "runtime", {"operation": "increment", "path": "n"})
    >>> (link,) = make_record(run(WorkflowDefinition("w", [count]), ExecutionContext({"n": 1}))).chain
    >>> link.outcome, link.to_dict()["patch"]
    ('done', [{'op': 'replace', 'path': '/n', 'value': 2}])
    """

    index: int
    total: int
    step_id: str
    step: str
    outcome: str
    reason: str
    decision: str | None
    patch: PVector[Any] = field(eq=exact, repr=False)
    previous: str
    hash: str
    effects: PVector[Any] = field(default=NO_EFFECTS, eq=exact, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, one key a field; ``effects`` only where there are any."""
        made: dict[str, Any] = plain({**self.bound(), "hash": self.hash})
        return made

    def bound(self) -> dict[str, Any]:
        """What the hash is over; the patch and the effects are as they are."""
        names = [name for name in sorted(attrs.fields_dict(RecordLink)) if name != "hash"]
        return {name: getattr(self, name) for name in names if name != "effects" or self.effects}

    def computed(self) -> str:
        """The hash that the link must have."""
        return wrapper_digest(self.bound(), tag="tier2/link/v1")


@frozen(eq=False)
class Record:
    """A run as a document that stands for itself; made by :func:`make_record`, read by :func:`load_record`.

    ``mission`` is ``None`` for the run of a bare workflow. ``registry`` has the ``fingerprint`` of the registry and
    its ``plugins``, each with distribution and version; ``tier2`` is the version that made the record;
    ``environment`` says where, and is the only part that is not hashed. Two records are equal if their digests are.

    >>> record = make_record(run_mission("echo", {"hello": "world"}))
    >>> record.mission, record.status, len(record.chain)
    ('echo', 'succeeded', 1)
    >>> load_record(record.to_dict()).digest == record.digest
    True
    """

    mission: str | None
    params: PMap[str, Any] | None = field(repr=False)
    workflow: WorkflowDefinition = field(repr=False)
    context: ExecutionContext = field(repr=False)
    registry: PMap[str, Any] = field(repr=False)
    tier2: str
    _result_parts: Mapping[str, Any] = field(repr=False)
    chain: tuple[RecordLink, ...] = field(repr=False)
    digest: str
    environment: PMap[str, Any] = field(default=NOTHING, repr=False)

    @property
    def result(self) -> dict[str, Any]:
        """What came out, as :meth:`OrchestrationResult.to_dict` gave it; fresh plain data."""
        made: dict[str, Any] = plain(self._result_parts)
        return made

    @property
    def result_parts(self) -> dict[str, Any]:
        """The same with its documents as they are held, frozen; what is around them is fresh."""
        made: dict[str, Any] = _rewrapped(self._result_parts)
        return made

    @property
    def status(self) -> str:
        """How the run ended: ``succeeded``, ``failed``, ``rejected`` or ``suspended``."""
        return str(self._result_parts["status"])

    @cached_property
    def states(self) -> tuple[State, ...]:
        """The initial state and the state after each step, from the patches of the chain.

        Raises :class:`RecordError` for a patch that does not apply: such a record was altered.
        """
        states: list[Any] = [self.context.initial_state]
        for place, link in enumerate(self.chain):
            try:
                states.append(apply_patch(states[-1], link.patch))
            except PatchError as error:
                raise RecordError(
                    f"The change of step '{cut(link.step_id)}' does not apply to the state before it, so that the "
                    f"record was altered: {error}",
                    path=f"/chain/{place}/patch",
                ) from None
            if type(states[-1]) is not PMap:
                raise RecordError(
                    f"After step '{cut(link.step_id)}' the state would be {a_type(type(states[-1]))}, so that the "
                    "record was altered; expected an object.",
                    path=f"/chain/{place}/patch",
                )
        return tuple(states)

    def to_dict(self) -> dict[str, Any]:
        """The document, plain JSON data with sorted keys."""
        made = {**self._hashed(), "digest": self.digest, "environment": self.environment}
        return {name: plain(made[name]) for name in sorted(made)}

    def computed(self) -> str:
        """The digest that the record must have."""
        return wrapper_digest(self._hashed(), tag="tier2/record/v1")

    def origin(self) -> str:
        """What the first link is bound to: the hash of all that went in."""
        made = {name: part for name, part in self._hashed().items() if name not in ("chain", "result")}
        # The digests of these two are known already, or will be asked for again.
        made["initial_state"] = digest(self.context.initial_state)
        made["workflow"] = self.workflow.hash
        return wrapper_digest(made, tag="tier2/origin/v1")

    def _hashed(self) -> dict[str, Any]:
        decisions = self.context.decisions
        return {
            "chain": [{**link.bound(), "hash": link.hash} for link in self.chain],
            "decisions": None if decisions is None else [decision.to_dict() for decision in decisions],
            "initial_state": self.context.initial_state,
            "metadata": self.context.metadata,
            "mission": self.mission,
            "params": self.params,
            "registry": self.registry,
            "result": self._result_parts,
            "schema": SCHEMA,
            "tier2": self.tier2,
            "workflow": self.workflow.to_dict(),
        }

    def __eq__(self, other: object) -> bool:
        return self.computed() == other.computed() if isinstance(other, Record) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    def __deepcopy__(self, memo: Any) -> Record:
        return self


def make_record(result: OrchestrationResult, *, environment: Mapping[str, Any] | None = None) -> Record:
    """The record of a result, at its end or suspended.

    It names a mission only if the workflow is what the mission of the run's registry plans; else it is the record of
    a bare workflow. ``environment`` is data about where the run took place: it is kept, and not hashed.

    >>> record = make_record(run_mission("echo", {"hello": "world"}), environment={"python": "3.11.2"})
    >>> record.mission, record.status, len(record.chain)
    ('echo', 'succeeded', 1)
    >>> verify_record(load_record(record.to_dict())).verified
    True
    """
    if type(result) is not OrchestrationResult:
        raise InvalidSpecError(
            f"The result must be of OrchestrationResult, found {a_type(type(result))}.", field="result"
        )
    where = freeze({} if environment is None else environment)
    if type(where) is not PMap:
        raise InvalidSpecError(f"The environment must be an object, found {a_type(type(where))}.", field="environment")
    run = result.run
    mission = _mission_of(run.workflow, run.registry)
    record = Record(
        None if mission is None else mission.type,
        None if mission is None else mission.params,  # type: ignore[arg-type]
        run.workflow,
        run.context,
        registry_parts(run.registry),
        VERSION,
        result.parts(),
        (),
        "",
        where,
    )
    record = attrs.evolve(record, chain=links_of(result, record.origin()))
    return attrs.evolve(record, digest=record.computed())


def links_of(result: OrchestrationResult, origin: str) -> tuple[RecordLink, ...]:
    """The chain of a result, bound to ``origin``."""
    links: list[RecordLink] = []
    state, previous = result.run.context.initial_state, origin
    for index, entry in enumerate(result.run.trace):
        links.append(_link(entry, state, index, len(result.run.trace), previous))
        state, previous = entry.state, links[-1].hash
    return tuple(links)


def _link(entry: TraceEntry, before: State, index: int, total: int, previous: str) -> RecordLink:
    link = RecordLink(
        index,
        total,
        entry.step.id,
        step_digest(entry.step),
        entry.outcome,
        entry.reason,
        None if entry.decision is None else decision_digest(entry.decision),
        make_patch(before, entry.state),
        previous,
        "",
        freeze([effect.to_dict() for effect in entry.effects]) if entry.effects else NO_EFFECTS,  # type: ignore[arg-type]
    )
    return attrs.evolve(link, hash=link.computed())


def step_digest(step: StepSpec) -> str:
    """The digest of a step."""
    return wrapper_digest({"id": step.id, "kind": step.kind, "payload": step.payload}, tag="tier2/step/v1")


def decision_digest(decision: Decision) -> str:
    """The digest of a decision."""
    return wrapper_digest(decision.to_dict(), tag="tier2/decision/v1")


def registry_parts(registry: HasOperations) -> PMap[str, Any]:
    """What a record says of a registry; of a mere table of operations there is nothing to say."""
    described: dict[str, Any] = {"fingerprint": None, "plugins": []}
    if type(registry) is Registry:
        described = {"fingerprint": registry.fingerprint, "plugins": registry.to_dict()["plugins"]}
    return freeze(described)  # type: ignore[return-value]


def _mission_of(workflow: WorkflowDefinition, registry: HasOperations) -> MissionSpec | None:
    """The mission that plans just this workflow, if it says that there is one.

    Anybody can write a mission's name into the metadata of a workflow, so that it is asked for its plan.
    """
    name, params = workflow.metadata.get("mission_type"), workflow.metadata.get("params")
    if type(name) is not str or type(params) is not PMap or not has_missions(registry):
        return None
    mission = MissionSpec(name, params)
    try:
        planned = build_workflow(mission, registry=registry)
    except Tier2Error:
        return None
    return mission if planned.hash == workflow.hash else None


def plain(wrapper: Any) -> Any:
    """Fresh plain data, names sorted, of what is put together out of documents, which may each be as deep as any."""
    if type(wrapper) is dict:
        return {name: plain(wrapper[name]) for name in sorted(wrapper)}
    if type(wrapper) is list:
        return [plain(part) for part in wrapper]
    return thaw(wrapper)


def _rewrapped(wrapper: Any) -> Any:
    """The same documents in fresh dicts and lists."""
    if type(wrapper) is dict:
        return {name: _rewrapped(part) for name, part in wrapper.items()}
    if type(wrapper) is list:
        return [_rewrapped(part) for part in wrapper]
    return wrapper
