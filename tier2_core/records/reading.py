"""Reading records: strictly, and closed to what is not known.

What is read here has the form of a record and nothing else; whether it is true is ``verify_record``'s question.
Every document in a record may be as deep as any, so that each is frozen on its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pyrsistent import PMap

from tier2_core.errors import InvalidSpecError, InvalidValueError, RecordError, did_you_mean
from tier2_core.records.record import SCHEMA, Record, RecordLink
from tier2_core.values.fields import with_prefix
from tier2_core.values.freeze import a_type, freeze, printable
from tier2_core.values.paths import format_pointer
from tier2_core.values.seal import VECTOR
from tier2_core.workflow.specs import Decision, ExecutionContext, StepSpec, WorkflowDefinition

T = TypeVar("T")

_HASHED = (
    "chain", "decisions", "initial_state", "metadata", "mission", "params", "registry", "result", "schema", "tier2",
    "workflow",
)  # fmt: skip
_RESULT = (
    "error_message", "executed_steps", "failed_step_id", "final_state", "id", "lineage", "pending_step_id", "receipt",
    "status", "success",
)  # fmt: skip
_LINK = ("decision", "hash", "index", "outcome", "patch", "previous", "reason", "step", "step_id", "total")
_STATUSES = ("failed", "rejected", "succeeded", "suspended")


def load_record(document: Mapping[str, Any]) -> Record:
    """The record of a mapping, as :meth:`Record.to_dict` gives it; nothing in it is trusted, or verified, yet.

    Raises :class:`RecordError`, whose ``path`` says where, for an unknown schema, a field that is missing, unknown or
    of the wrong type, and whatever else no record can hold.

    >>> load_record({"schema": "tier2.record/9"})
    Traceback (most recent call last):
    tier2_core.errors.RecordError: Found the schema 'tier2.record/9'; expected 'tier2.record/1', the only one that \
this version of tier2 reads.
    """
    if type(document) is not dict and type(document) is not PMap:
        raise RecordError(f"Found {a_type(type(document))}; expected the object of a record.")
    schema = document.get("schema")
    if schema != SCHEMA:
        found = f"the schema {schema[:60]!r}" if type(schema) is str else "no schema"
        raise RecordError(
            f"Found {found}; expected {SCHEMA!r}, the only one that this version of tier2 reads.", path="/schema"
        )
    fields = _fields(document, (*_HASHED, "digest"), (), optional=("environment",))
    mission = _nullable(_text, fields["mission"], "mission")
    params = _nullable(_object, fields["params"], "params")
    if (mission is None) is not (params is None):
        raise RecordError("Of 'mission' and 'params' one is null; expected both or neither.", path="/params")
    return Record(
        mission,
        params,
        _workflow(fields["workflow"]),
        _context(fields),
        _registry(fields["registry"]),
        _text(fields["tier2"], "tier2"),
        _result(fields["result"]),
        tuple(_link(link, ("chain", place)) for place, link in enumerate(_list(fields["chain"], "chain"))),
        _hash(fields["digest"], "digest"),
        _object(fields.get("environment", {}), "environment"),
    )


def _workflow(value: Any) -> WorkflowDefinition:
    fields = _fields(value, ("id", "metadata", "name", "steps"), ("workflow",))
    steps = _steps(fields["steps"], ("workflow", "steps"))
    identity, name = _text(fields["id"], "workflow", "id"), _text(fields["name"], "workflow", "name")
    if identity != name:
        raise _error("two names; expected 'id' and 'name' to be one", ("workflow", "name"))
    metadata = _object(fields["metadata"], "workflow", "metadata")
    return _spec(lambda: WorkflowDefinition(identity, steps, metadata), ("workflow",))


def _steps(value: Any, place: tuple[Any, ...]) -> list[StepSpec]:
    steps = []
    for index, step in enumerate(_list(value, *place)):
        at = (*place, index)
        fields = _fields(step, ("id", "kind", "payload"), at)
        payload = _object(fields["payload"], *at, "payload")
        steps.append(StepSpec(_text(fields["id"], *at, "id"), _text(fields["kind"], *at, "kind"), payload))
    return steps


def _context(fields: Mapping[str, Any]) -> ExecutionContext:
    decisions = None
    if fields["decisions"] is not None:
        decisions = [
            _decision(decision, ("decisions", place))
            for place, decision in enumerate(_list(fields["decisions"], "decisions"))
        ]
    state = _object(fields["initial_state"], "initial_state")
    metadata = _nullable(_object, fields["metadata"], "metadata")
    return _spec(lambda: ExecutionContext(state, metadata, decisions), ("decisions",))


def _decision(value: Any, place: tuple[Any, ...]) -> Decision:
    fields = _fields(value, ("actor", "approved", "reason", "seen", "step_id", "value"), place, optional=tuple(_LATER))
    texts: dict[str, Any] = {name: _text(fields[name], *place, name) for name in ("actor", "reason", "seen", "step_id")}
    later: dict[str, Any] = {}
    for name, read in _LATER.items():
        if name in fields:
            later[name] = read(fields[name], *place, name)
            if not later[name]:
                raise _error("nothing; expected something, or no such field", (*place, name))
    return _spec(
        lambda: Decision(
            **texts,
            **later,
            approved=_flag(fields["approved"], *place, "approved"),
            value=_document(fields["value"], *place, "value"),
        ),
        place,
    )


def _registry(value: Any) -> PMap[str, Any]:
    fields = _fields(value, ("fingerprint", "plugins"), ("registry",))
    plugins = []
    for index, plugin in enumerate(_list(fields["plugins"], "registry", "plugins")):
        at = ("registry", "plugins", index)
        parts = _fields(plugin, ("distribution", "name", "version"), at)
        plugins.append({name: _text(parts[name], *at, name) for name in parts})
    fingerprint = _nullable(_hash, fields["fingerprint"], "registry", "fingerprint")
    return freeze({"fingerprint": fingerprint, "plugins": plugins})  # type: ignore[return-value]


def _result(value: Any) -> dict[str, Any]:
    fields = _fields(value, _RESULT, ("result",), optional=("effects",))
    made: dict[str, Any] = {
        "executed_steps": [step.to_dict() for step in _steps(fields["executed_steps"], ("result", "executed_steps"))],
        "id": _text(fields["id"], "result", "id"),
        "status": _text(fields["status"], "result", "status"),
        "success": _flag(fields["success"], "result", "success"),
    }
    if made["status"] not in _STATUSES:
        raise _error(f"{made['status'][:60]!r}; expected one of {', '.join(_STATUSES)}", ("result", "status"))
    for name in ("final_state", "lineage", "receipt"):
        made[name] = _object(fields[name], "result", name)
    for name in ("error_message", "failed_step_id", "pending_step_id"):
        made[name] = _nullable(_text, fields[name], "result", name)
    if "effects" in fields:
        made["effects"] = _array(fields["effects"], "result", "effects")
    return made


def _link(value: Any, place: tuple[Any, ...]) -> RecordLink:
    fields = _fields(value, _LINK, place, optional=("effects",))
    made: dict[str, Any] = {name: _text(fields[name], *place, name) for name in ("outcome", "reason", "step_id")}
    for name in ("hash", "previous", "step"):
        made[name] = _hash(fields[name], *place, name)
    for name in ("index", "total"):
        made[name] = _count(fields[name], *place, name)
    made["decision"] = _nullable(_hash, fields["decision"], *place, "decision")
    made["patch"] = _array(fields["patch"], *place, "patch")
    if "effects" in fields:
        made["effects"] = _array(fields["effects"], *place, "effects")
        if not made["effects"]:
            raise _error("no effects; expected some, or no such field", (*place, "effects"))
    return RecordLink(**made)


# --- what fields hold ----------------------------------------------------------------------------


def _fields(
    value: Any, names: Sequence[str], place: tuple[Any, ...], optional: Sequence[str] = ()
) -> Mapping[str, Any]:
    """The fields of an object that has just these."""
    if type(value) is not dict and type(value) is not PMap:
        raise _wrong("an object", value, place)
    for name in names:
        if name not in value:
            raise _error(f"no field '{name}'; expected it in every record", place)
    known = (*names, *optional)
    unknown = sorted(str(name) for name in value if name not in known)
    if unknown:
        hint = did_you_mean(unknown[0], known)
        raise _error(f"the unknown field {printable(unknown[0][:60])!r}; expected none but the known{hint}", place)
    return value


def _document(value: Any, *place: Any) -> Any:
    try:
        return freeze(value)
    except InvalidValueError as error:
        at = format_pointer(place)
        raise RecordError(with_prefix(error, f"In '{at}'"), path=at + error.path) from None


def _object(value: Any, *place: Any) -> Any:
    if type(value) is not dict and type(value) is not PMap:
        raise _wrong("an object", value, place)
    return _document(value, *place)


def _list(value: Any, *place: Any) -> Sequence[Any]:
    if type(value) is not list and type(value) is not VECTOR:
        raise _wrong("an array", value, place)
    return value  # type: ignore[no-any-return]


def _array(value: Any, *place: Any) -> Any:
    """An array that is a document."""
    found = _document(value, *place)
    if type(found) is not VECTOR:
        raise _wrong("an array", found, place)
    return found


def _texts(value: Any, *place: Any) -> list[str]:
    return [_text(part, *place, index) for index, part in enumerate(_list(value, *place))]


def _text(value: Any, *place: Any) -> str:
    if type(value) is not str:
        raise _wrong("text", value, place)
    return str(_document(value, *place))


def _hash(value: Any, *place: Any) -> str:
    if type(value) is not str or re.fullmatch("[0-9a-f]{64}", value) is None:
        raise _error("what is no digest; expected 64 lower-case hex digits", place)
    return value


def _count(value: Any, *place: Any) -> int:
    """A whole number, however it was written: ``1``, ``1.0`` and ``1e0`` are one."""
    found = _document(value, *place) if type(value) in (int, float) else value
    if type(found) is not int or found < 0:
        raise _wrong("a whole number", value, place)
    return found


def _flag(value: Any, *place: Any) -> bool:
    if type(value) is not bool:
        raise _wrong("a boolean", value, place)
    return value


def _nullable(read: Callable[..., Any], value: Any, *place: Any) -> Any:
    return None if value is None else read(value, *place)


def _spec(construct: Callable[[], T], place: tuple[Any, ...]) -> T:
    """What ``construct`` makes of parts that are right each on its own."""
    try:
        return construct()
    except InvalidSpecError as error:
        at = format_pointer(place)
        raise RecordError(with_prefix(error, f"In '{at}'"), path=at) from None


def _wrong(expected: str, found: Any, place: tuple[Any, ...]) -> RecordError:
    return _error(f"{a_type(type(found))}; expected {expected}", place)


def _error(found: str, place: tuple[Any, ...]) -> RecordError:
    at = format_pointer(place)
    return RecordError(f"At '{at}': found {found}." if at else f"Found {found}.", path=at)


_LATER = {"envelope": _object, "signed_by": _texts, "unseen": _flag, "via": _text}
"""What a decision may say beyond what each says: left out where there is nothing to say."""
