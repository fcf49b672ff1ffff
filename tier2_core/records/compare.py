"""Comparing records: what made two runs come out differently, the likely cause first."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from tier2_core.errors import InvalidSpecError, cut
from tier2_core.records.record import Record
from tier2_core.values.difference import operations_between
from tier2_core.values.fields import exact, shown
from tier2_core.values.freeze import a_type, freeze
from tier2_core.values.thaw import thaw

CAUSES = ("inputs", "initial state", "registry", "plan", "decisions", "states")


@frozen
class RecordDifference:
    """One difference between two records.

    ``cause`` is one of ``inputs``, ``initial state``, ``registry``, ``plan``, ``decisions`` and ``states``, in the
    order in which one leads to the next. ``what`` names what differs; ``patch`` (RFC 6902) leads from the first
    record's to the second's, ``None`` where one of the two is not there, as the step of a longer run.
    ``index`` and ``step_id`` name the step.

    >>> one, two = (make_record(run_mission("echo", {"n": n})) for n in (1, 2))
    >>> first = compare_records(one, two)[0]
    >>> first.cause, first.what, first.to_dict()["patch"]
    ('inputs', 'params', [{'op': 'replace', 'path': '/n', 'value': 2}])
    """

    cause: str
    what: str
    patch: Any = field(default=None, eq=exact, repr=shown)
    index: int | None = None
    step_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, one key a field."""
        return {
            "cause": self.cause,
            "index": self.index,
            "patch": thaw(self.patch),
            "step_id": self.step_id,
            "what": self.what,
        }


def compare_records(a: Record, b: Record) -> tuple[RecordDifference, ...]:
    """The differences from one record to another, ranked: what is first may be the reason for what follows.

    Neither is verified. Raises :class:`RecordError` for one whose changes of the state do not apply.

    >>> one, two = (make_record(run_mission("echo", None, {"n": n})) for n in (1, 2))
    >>> [difference.cause for difference in compare_records(one, two)]
    ['initial state', 'states']
    >>> compare_records(one, one)
    ()
    """
    for record in (a, b):
        if type(record) is not Record:
            raise InvalidSpecError(f"The record must be of Record, found {a_type(type(record))}.", field="record")
    found = [
        *_of("inputs", "mission", a.mission, b.mission),
        *_of("inputs", "params", a.params, b.params),
        *_of("inputs", "metadata", a.context.metadata, b.context.metadata),
        *_of("initial state", "initial state", a.context.initial_state, b.context.initial_state),
        *_of("registry", "tier2", a.tier2, b.tier2),
        *_of("registry", "registry", a.registry, b.registry),
        *_plans(a, b),
        *_decisions(a, b),
        *_states(a, b),
    ]
    return tuple(found)


def _of(
    cause: str, what: str, a: Any, b: Any, index: int | None = None, step_id: str | None = None
) -> list[RecordDifference]:
    """The difference of two documents, if there is one."""
    ops = operations_between(freeze(a), freeze(b))
    return [RecordDifference(cause, what, freeze(ops), index, step_id)] if ops else []


def _plans(a: Record, b: Record) -> list[RecordDifference]:
    found = _of("plan", "name", a.workflow.id, b.workflow.id)
    for place in range(max(len(a.workflow.steps), len(b.workflow.steps))):
        one, two = (plan.steps[place] if place < len(plan.steps) else None for plan in (a.workflow, b.workflow))
        if one is None or two is None:
            step = one or two
            assert step is not None
            what = f"step '{cut(step.id)}' is planned in the {'second' if one is None else 'first'} only"
            found.append(RecordDifference("plan", what, None, place, step.id))
            continue
        one_is, two_is = ({"id": step.id, "kind": step.kind} for step in (one, two))
        found += _of("plan", f"step '{cut(one.id)}'", one_is, two_is, place, one.id)
        found += _of("plan", f"payload of step '{cut(one.id)}'", one.payload, two.payload, place, one.id)
    return found + _of("plan", "metadata of the plan", _own_metadata(a), _own_metadata(b))


def _own_metadata(record: Record) -> dict[str, Any]:
    """A plan's metadata; of what is said of a mission and its params, the difference was told already."""
    told = ("mission_type", "params") if record.mission is not None else ()
    return {name: part for name, part in record.workflow.metadata.items() if name not in told}


def _decisions(a: Record, b: Record) -> list[RecordDifference]:
    if (a.context.decisions is None) is not (b.context.decisions is None):
        who = "first" if a.context.decisions is None else "second"
        return [RecordDifference("decisions", f"in the {who} nobody is asked")]
    found = []
    one, two = ({made.step_id: made for made in record.context.decisions or ()} for record in (a, b))
    for step_id in sorted({*one, *two}):
        mine, other = one.get(step_id), two.get(step_id)
        if mine is None or other is None:
            what = f"step '{cut(step_id)}' is decided in the {'second' if mine is None else 'first'} only"
            found.append(RecordDifference("decisions", what, None, None, step_id))
            continue
        mine_is, other_is = (
            {name: part for name, part in made.to_dict().items() if name not in ("step_id", "value")}
            for made in (mine, other)
        )
        found += _of("decisions", f"decision of step '{cut(step_id)}'", mine_is, other_is, None, step_id)
        found += _of("decisions", f"value of step '{cut(step_id)}'", mine.value, other.value, None, step_id)
    return found


def _states(a: Record, b: Record) -> list[RecordDifference]:
    found = []
    for place in range(max(len(a.chain), len(b.chain))):
        one, two = (record.chain[place] if place < len(record.chain) else None for record in (a, b))
        if one is None or two is None:
            link = one or two
            assert link is not None
            what = f"step '{cut(link.step_id)}' is executed in the {'second' if one is None else 'first'} only"
            found.append(RecordDifference("states", what, None, place, link.step_id))
            continue
        one_is, two_is = ({"outcome": link.outcome, "reason": link.reason} for link in (one, two))
        found += _of("states", f"outcome of step '{cut(one.step_id)}'", one_is, two_is, place, one.step_id)
        found += _of("states", f"effects of step '{cut(one.step_id)}'", one.effects, two.effects, place, one.step_id)
        after_one, after_two = (record.states[place + 1] for record in (a, b))
        found += _of("states", f"state after step '{cut(one.step_id)}'", after_one, after_two, place, one.step_id)
    end_one, end_two = ({name: record.result_parts[name] for name in ("error_message", "status")} for record in (a, b))
    return found + _of("states", "how the run ended", end_one, end_two)
