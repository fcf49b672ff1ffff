"""What people are told of documents, runs and records, as values: made here, and nowhere else, for whoever shows them.

The terminal, pages and agents take rows, questions and stories from here and lay them out. Everything is whole: nothing
is cut, nothing is escaped, and nothing depends on the order of a map. Only public functions of the core are asked, and
nothing is read from the world.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
from attrs import frozen
from pyrsistent import PMap, PVector

from tier2_core import (
    Consequences,
    Decision,
    OrchestrationResult,
    Outcome,
    Record,
    RecordLink,
    apply_patch,
    resolve_path,
    thaw,
)
from tier2_io.rows import Row, differences, names_of, texts_of, titles_of


@frozen
class Answer:
    """Where an answer leads.

    ``status`` and ``message`` are those of :class:`Outcome`; ``effects`` are wanted then, ``rows`` is what changes.
    """

    status: str
    asked_next: str | None
    message: str | None
    effects: tuple[Any, ...]
    rows: tuple[Row, ...]

    @property
    def possible(self) -> bool:
        """Whether this can be answered at all."""
        return self.status not in ("refused", "broken")


@frozen
class Ahead:
    """A step that has not been executed: ``does`` says in words, or with the name of its operation, what it does."""

    number: int
    step_id: str
    kind: str
    does: str


@frozen
class Question:
    """What a person is asked, and all that the answers lead to.

    ``into`` is where a value goes, ``hint`` what it should be, ``value`` the one that is proposed, with ``names`` for
    the ids in it; ``unknown`` are the texts in it that should be ids and are none. ``demands`` says in words what the
    step demands of whoever answers. ``earlier`` is what the steps before have changed, and stays whatever is answered.
    ``digest`` is that of the consequences.
    """

    step_id: str
    text: str
    number: int
    steps: int
    into: str | None
    hint: str
    value: Any
    names: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    demands: tuple[str, ...]
    ahead: tuple[Ahead, ...]
    approve: Answer
    reject: Answer
    earlier: tuple[Row, ...]
    digest: str

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, one key a field."""
        plain: dict[str, Any] = _plain(self)
        return plain


@frozen
class Chapter:
    """An executed step of a story: what became of it, the value that it was approved with, and what it changed."""

    number: int
    step_id: str
    what: str
    value: Any
    reason: str
    hash: str
    rows: tuple[Row, ...]


@frozen
class Story:
    """A recorded run from its beginning; nothing of it is verified."""

    title: str
    status: str
    steps: int
    chapters: tuple[Chapter, ...]
    pending_step_id: str | None
    message: str | None
    effects: tuple[Any, ...]


# --- questions ----------------------------------------------------------------------------------------


def question(result: OrchestrationResult, seen: Consequences) -> Question:
    """What the step that waits asks, with what its answers lead to."""
    run = result.run
    steps, place = run.workflow.steps, len(run.trace)
    payload: Any = steps[place].payload
    schema, value, ids_of = payload.get("schema"), seen.value, payload.get("ids_of")
    hint = schema.get("description") if type(schema) is PMap else None
    titles = titles_of(result.state, ids_of)
    known = set() if ids_of is None else _ids(result.state, ids_of)
    return Question(
        seen.step_id,
        _text(payload.get("description")) or seen.step_id,
        place + 1,
        len(steps),
        payload.get("into"),
        _text(hint),
        value,
        names_of(texts_of(value), titles),
        () if ids_of is None else tuple(one for one in dict.fromkeys(texts_of(value)) if one not in known),
        _demands(payload.get("demands", {})),
        tuple(
            Ahead(number, step.id, step.kind, does(step.kind, step.payload))
            for number, step in enumerate(steps[place + 1 :], start=place + 2)
        ),
        answer(result.state, seen.approve, payload.get("highlights", ())),
        answer(result.state, seen.reject),
        differences(run.context.initial_state, result.state),
        seen.digest,
    )


def answer(before: Any, outcome: Outcome, highlights: Iterable[str] = ()) -> Answer:
    """An outcome, told from the state ``before`` on."""
    possible = outcome.status not in ("refused", "broken")
    rows = differences(before, apply_patch(before, outcome.patch), highlights) if possible else ()
    effects = tuple(outcome.effects)
    return Answer(outcome.status, outcome.pending_step_id, outcome.error_message, effects, rows)


def does(kind: str, payload: Any) -> str:
    """What a step does, in its own words if it has any."""
    told = _text(payload.get("description"))
    return told or ("asks a person" if kind == "human" else str(payload.get("operation", "noop")))


def _demands(demands: Any) -> tuple[str, ...]:
    """What a step demands of whoever answers, each as the end of a sentence."""
    count, others = demands.get("signatures", 0), demands.get("not_same_as", ())
    said = {
        "the digest of what was shown": demands.get("seen"),
        "a name": demands.get("actor"),
        "another person than who called for the run": demands.get("not_caller"),
        f"another person than who decided {' and '.join(others)}": others,
        f"the signatures of {count} {'person' if count == 1 else 'people'}": count,
        "a reason for a rejection": demands.get("reason"),
    }
    return tuple(what for what, asked in said.items() if asked)


def _ids(document: Any, path: str) -> set[Any]:
    found = resolve_path(document, path)[1]
    elements = found if isinstance(found, PVector) else ()
    return {name for one in elements if type(one) is PMap and type(name := one.get("id")) is str}


def _text(value: Any) -> str:
    return value if type(value) is str else ""


# --- stories ------------------------------------------------------------------------------------------


def story(record: Record) -> Story:
    """What a record says of its run. Raises :class:`RecordError` for one whose changes of the state do not apply."""
    parts = record.result_parts
    return Story(
        title(record.mission, record.workflow.id),
        record.status,
        len(record.workflow.steps),
        tuple(_chapter(record, place, link) for place, link in enumerate(record.chain)),
        parts["pending_step_id"],
        parts["error_message"],
        tuple(parts.get("effects", ())),
    )


def _chapter(record: Record, place: int, link: RecordLink) -> Chapter:
    payload: Any = next((step.payload for step in record.workflow.steps if step.id == link.step_id), {})
    made = next((one for one in record.context.decisions or () if one.step_id == link.step_id), None)
    if link.decision is None:
        made = None
        what = link.outcome if link.outcome == "unattended" else f"{payload.get('operation', 'noop')}: {link.outcome}"
    else:
        what = _decided(link.outcome, made or Decision(link.step_id))
    value = None if made is None else made.value
    rows = differences(record.states[place], record.states[place + 1])
    return Chapter(place + 1, link.step_id, what, value, link.reason, link.hash, rows)


def _decided(outcome: str, made: Decision) -> str:
    """Who decided, as the decision claims it, and how it came in."""
    notes = ["claimed"] if made.actor else []
    notes += [f"signed by {' and '.join(made.signed_by)}, which nobody checked"] if made.signed_by else []
    notes += ["without having looked"] if made.unseen else []
    notes += [_WAYS[made.via]] if made.via else []
    told = f"{outcome} by {made.actor or 'somebody'}"
    told += f" ({', '.join(notes)})" if notes else ""
    return f"{told}: {made.reason}" if made.reason else told


_WAYS = {
    "api": "by a program",
    "file": "from a file",
    "form": "in a form",
    "page": "on a page",
    "terminal": "at a terminal",
}


def title(mission: str | None, workflow: str) -> str:
    """The mission that was run; no workflow passes for one by its id, or by what it says of itself."""
    return mission or f"the workflow '{workflow}' of no mission"


def _plain(value: Any) -> Any:
    """Plain JSON data of what this module makes."""
    if type(value) is Row:
        return value.to_dict()
    if attrs.has(type(value)):
        return {name: _plain(getattr(value, name)) for name in attrs.fields_dict(type(value))}
    return [_plain(one) for one in value] if type(value) is tuple else thaw(value)
