"""Verifying records: nothing in them is trusted, everything is computed again from what went in.

Two questions are asked of every record. Do its own hashes fit? Then nobody altered it by hand. And does the same
come out again? Then what it says is so, whoever wrote it. It is verified if both are answered with yes. That the
version of tier2 or a plugin is another than then is no reason to refuse a record from which the same comes out; it
is the likely cause if something else does.
"""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from tier2_core.errors import (
    CallerError,
    DecisionError,
    InvalidSpecError,
    PatchError,
    PluginError,
    UnknownMissionError,
    UnknownOperationError,
    cut,
)
from tier2_core.missions.planning import build_workflow, has_missions
from tier2_core.missions.registry import default_registry
from tier2_core.records.installed import contradiction, other_plugin, registry_note
from tier2_core.records.record import Record, RecordLink, links_of, plain, registry_parts
from tier2_core.records.shown import run_as_shown
from tier2_core.values.canonical import wrapper_digest
from tier2_core.values.freeze import a_type, same
from tier2_core.values.patch import apply_patch
from tier2_core.values.thaw import thaw
from tier2_core.version import VERSION
from tier2_core.workflow.engine import run
from tier2_core.workflow.operations import HasOperations, State, with_operations
from tier2_core.workflow.result import OrchestrationResult
from tier2_core.workflow.specs import MissionSpec, StepSpec, WorkflowDefinition

ALTERED, TIER2, PLUGIN, PLAN, DECISION, OPERATION = "altered", "tier2", "plugin", "plan", "decision", "operation"


@frozen
class Verification:
    """Whether a record is true, and if it is not: where it differs first, and the most likely reason.

    ``cause`` is ``""`` or, in the order in which they are considered, ``altered`` (the document's own hashes do not
    fit), ``tier2`` or ``plugin`` (another version), ``plan``, ``decision`` or ``operation``. ``step_id`` and
    ``index`` name the first step that diverges, if it is a step; ``expected`` is what the record says there,
    ``actual`` what was computed, each as fresh plain data. ``result`` is the recomputed result, if there is one.
    ``note`` says what is worth saying even of a record that is true: that the registry is another than then, or is not
    known, and that this version cannot compute again what was shown to somebody who decided.

    >>> document = make_record(run_mission("echo")).to_dict()
    >>> verify_record(load_record(document)).verified
    True
    >>> verify_record(load_record({**document, "initial_state": {"n": 2}})).cause
    'altered'
    """

    verified: bool
    cause: str = ""
    message: str = ""
    step_id: str | None = None
    index: int | None = None
    _expected: Any = None
    _actual: Any = None
    result: OrchestrationResult | None = field(default=None, repr=False)
    note: str = ""

    @property
    def expected(self) -> Any:
        """What the record says where it differs; fresh plain data."""
        return plain(self._expected)

    @property
    def actual(self) -> Any:
        """What was computed there; fresh plain data."""
        return plain(self._actual)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, one key a field but for the result."""
        names = ("actual", "cause", "expected", "index", "message", "note", "step_id", "verified")
        return {name: getattr(self, name) for name in names}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Verification):
            return NotImplemented
        return self.result == other.result and wrapper_digest(self.to_dict()) == wrapper_digest(other.to_dict())

    def __hash__(self) -> int:
        return hash((self.verified, self.cause, self.message, self.note))


@frozen
class _Divergence:
    """Something that came out other than the record says."""

    kind: str
    message: str
    index: int | None = None
    step_id: str | None = None
    expected: Any = None
    actual: Any = None


def verify_record(record: Record, *, registry: HasOperations | None = None) -> Verification:
    """Compute a record again from what went in, with ``registry`` (default: the installed plugins).

    A record that is not true is no error but a :class:`Verification` that says so, as is one that cannot be computed
    again. Raises :class:`PluginError` if the installed plugins cannot be loaded.

    >>> record = make_record(run_mission("echo", {"hello": "world"}))
    >>> document = record.to_dict()
    >>> document["initial_state"] = {"n": 1}
    >>> verify_record(record).verified, verify_record(load_record(document)).cause
    (True, 'altered')
    """
    if type(record) is not Record:
        raise InvalidSpecError(f"The record must be of Record, found {a_type(type(record))}.", field="record")
    known = with_operations(default_registry() if registry is None else registry)
    altered = _altered(record) or _contradicting(record, known)
    result, divergence, unseen = _recomputed(record, known)
    note = " ".join(filter(None, (registry_note(record.registry, record.tier2, known), _shown_note(record, unseen))))
    if altered is None and divergence is None:
        return Verification(True, result=result, note=note)
    if divergence is None:
        assert altered is not None
        cause, at, message = ALTERED, altered, altered.message
    else:
        cause, at, message = divergence.kind, divergence, divergence.message
        if altered is not None:
            cause, message = ALTERED, f"the document was altered: {altered.message}"
        elif record.tier2 != VERSION:
            cause, message = TIER2, f"{message}; it was made by tier2 {record.tier2}, and this is {VERSION}"
        elif plugin := other_plugin(record.registry, known):
            cause, message = PLUGIN, f"{message}; {plugin}"
    return Verification(False, cause, message, at.step_id, at.index, at.expected, at.actual, result, note)


# --- the document's own hashes -------------------------------------------------------------------


def _altered(record: Record) -> _Divergence | None:
    """The first of the record's own hashes that does not fit."""
    previous, total = record.origin(), len(record.chain)
    for place, link in enumerate(record.chain):
        if place == 0 and link.previous != previous:
            return _Divergence(
                ALTERED, "what went in does not fit the chain of steps", expected=link.previous, actual=previous
            )
        for what, found, fits in (
            ("place in the chain", link.index, place),
            ("number of links", link.total, total),
            ("link to the one before", link.previous, previous),
            ("hash", link.hash, link.computed()),
        ):
            if found != fits:
                message = f"the {what} of step '{cut(link.step_id)}' does not fit"
                return _Divergence(ALTERED, message, place, link.step_id, found, fits)
        previous = link.hash
    computed = record.computed()
    if computed != record.digest:
        message = "its digest does not fit what it holds"
        return _Divergence(ALTERED, message, expected=record.digest, actual=computed)
    return None


def _contradicting(record: Record, registry: HasOperations) -> _Divergence | None:
    """What the record says of its registry, if not all of it can be so."""
    message = contradiction(record.registry, record.tier2, registry)
    if not message:
        return None
    actual = {"registry": registry_parts(registry), "tier2": VERSION}
    return _Divergence(ALTERED, message, expected={"registry": record.registry, "tier2": record.tier2}, actual=actual)


# --- computing again -----------------------------------------------------------------------------


def _recomputed(
    record: Record, registry: HasOperations
) -> tuple[OrchestrationResult | None, _Divergence | None, tuple[str, ...]]:
    """The result of the record's inputs, as far as there is one, the first difference, and see ``run_as_shown``."""
    workflow, divergence = _planned(record, registry)
    if workflow is None:
        return None, divergence, ()
    unseen: tuple[str, ...] = ()
    try:
        if record.tier2 == VERSION:
            result = run(workflow, record.context, registry=registry)
        else:
            result, unseen = run_as_shown(workflow, record.context, registry)
    except DecisionError as error:
        failed = _failed(record, DECISION, error, error.pending[0] if error.pending else None)
        return None, divergence or failed, ()
    except PluginError as error:
        return None, divergence or _failed(record, OPERATION, error, getattr(error, "step_id", None)), ()
    except UnknownOperationError as error:
        unknown = (step for step in workflow.steps if step.kind == "runtime" and not _is_known(step, registry))
        return None, divergence or _failed(record, OPERATION, error, next(unknown).id), ()
    except CallerError as error:  # the envelope refuses the plan
        return None, divergence or _failed(record, PLAN, error, None), ()
    return result, divergence or _diverging_step(record, result) or _diverging_result(record, result), unseen


def _shown_note(record: Record, steps: tuple[str, ...]) -> str:
    """A sentence if what was shown to people cannot be computed again, or ``""``."""
    if not steps:
        return ""
    listed = " and ".join(f"'{cut(step)}'" for step in steps)
    return f"What was shown before {listed} was decided, tier2 {record.tier2} has computed, and {VERSION} cannot."


def _planned(record: Record, registry: HasOperations) -> tuple[WorkflowDefinition | None, _Divergence | None]:
    if record.mission is None:
        return record.workflow, None
    if not has_missions(registry):
        return None, _Divergence(PLAN, f"there are no missions, so that '{cut(str(record.mission))}' cannot be planned")
    try:
        planned = build_workflow(MissionSpec(record.mission, record.params or {}), registry=registry)
    except UnknownMissionError as error:
        return None, _Divergence(PLAN, f"its mission is gone: {_clause(error)}", actual=str(error))
    except (CallerError, PluginError) as error:
        message = f"mission '{cut(str(record.mission))}' plans nothing for these params now: {_clause(error)}"
        return None, _Divergence(PLAN, message, actual=str(error))
    if planned.hash == record.workflow.hash:
        return planned, None
    version = registry.get(record.mission).mission.version
    return planned, _diverging_plan(record, planned, version)


def _diverging_plan(record: Record, planned: WorkflowDefinition, version: str) -> _Divergence:
    """The first step that is planned otherwise. Which version the mission had then, no record knows."""
    message = f"mission '{cut(str(record.mission))}' plans other steps now, in its version {version}"
    then, now = record.workflow.to_dict(), planned.to_dict()
    for place in range(max(len(then["steps"]), len(now["steps"]))):
        expected, actual = (steps[place] if place < len(steps) else None for steps in (then["steps"], now["steps"]))
        if wrapper_digest(expected) != wrapper_digest(actual):
            return _Divergence(PLAN, message, place, str((expected or actual or {}).get("id")), expected, actual)
    parts = [{name: plan[name] for name in ("id", "metadata")} for plan in (then, now)]
    return _Divergence(
        PLAN,
        f"mission '{cut(str(record.mission))}' gives its plan another name or other metadata now, in its version "
        f"{version}",
        None,
        None,
        *parts,
    )


def _diverging_step(record: Record, result: OrchestrationResult) -> _Divergence | None:
    now = links_of(result, record.origin())
    state = record.context.initial_state
    for place, entry in enumerate(result.run.trace):
        if place == len(record.chain):
            message = f"step '{cut(entry.step.id)}' is executed now, and was not then"
            return _Divergence(_kind_of(entry.step.kind), message, place, entry.step.id, None, _told(now[place]))
        link = record.chain[place]
        if not _as_recorded(link, now[place], state, entry.state):
            message = f"step '{cut(entry.step.id)}' comes out other than it did"
            if entry.step.kind == "runtime":
                message += f", so that {_operation(entry.step.payload)} has changed"
            return _Divergence(_kind_of(entry.step.kind), message, place, entry.step.id, _told(link), _told(now[place]))
        state = entry.state
    if len(record.chain) > len(now):
        link = record.chain[len(now)]
        message = f"step '{cut(link.step_id)}' was executed then, and is not now"
        kind = DECISION if result.status in ("suspended", "rejected") else OPERATION
        return _Divergence(kind, message, len(now), link.step_id, _told(link), None)
    return None


def _as_recorded(then: RecordLink, now: RecordLink, before: State, after: State) -> bool:
    """Whether a step came out as it did: there are many patches to one state, so that the states are compared."""
    if any(getattr(then, name) != getattr(now, name) for name in ("step_id", "step", "outcome", "reason", "decision")):
        return False
    if not same(then.effects, now.effects):
        return False
    if same(then.patch, now.patch):
        return True
    try:
        return same(apply_patch(before, then.patch), after)
    except PatchError:
        return False


def _diverging_result(record: Record, result: OrchestrationResult) -> _Divergence | None:
    """All steps came out as they did; so does all that is said of them, unless somebody wrote something else."""
    now, then = result.parts(), record.result_parts
    for name in sorted({*now, *then}):
        if wrapper_digest(now.get(name)) != wrapper_digest(then.get(name)):
            message = f"every step comes out as it did, but not the result's '{cut(name)}'"
            shown = result.to_dict().get(name)
            return _Divergence(ALTERED, message, expected=record.result.get(name), actual=shown)
    return None


def _is_known(step: StepSpec, registry: HasOperations) -> bool:
    name = step.payload.get("operation", "noop")
    return type(name) is str and name in registry.operations


def _failed(record: Record, kind: str, error: Exception, step_id: str | None) -> _Divergence:
    ids = [step.id for step in record.workflow.steps]
    index = ids.index(step_id) if step_id in ids else None
    message = f"it cannot be computed again: {_clause(error)}"
    return _Divergence(kind, message, index, step_id, actual=str(error))


def _told(link: RecordLink) -> dict[str, Any]:
    return {
        "decision": link.decision,
        **({"effects": thaw(link.effects)} if link.effects else {}),
        "outcome": link.outcome,
        "patch": thaw(link.patch),
        "reason": link.reason,
        "step_id": link.step_id,
    }


def _operation(payload: Any) -> str:
    return f"operation '{payload.get('operation', 'noop')}'"


def _kind_of(kind: str) -> str:
    return DECISION if kind == "human" else OPERATION


def _clause(error: Exception) -> str:
    return str(error).rstrip(".")
