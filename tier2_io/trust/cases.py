"""What is tried of a mission: what it states of itself, and cases that are made from its schemas.

Nothing here runs a plugin's code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tier2_core import InvalidSchemaError, MissionRegistryEntry, Operation, Registry, canonical_json
from tier2_core.values.schema import check_schema
from tier2_io.trust.candidates import candidates, others
from tier2_io.trust.findings import Finding, definition
from tier2_io.trust.observing import Case, Observation

_MOST_STATES = 32
_MOST_PAYLOADS = 2


# --- what is said about missions and operations --------------------------------------------------------


def stated(
    entries: Iterable[MissionRegistryEntry], operations: Iterable[Operation], registry: Registry
) -> Iterator[Finding]:
    """Findings about names, summaries, versions and schemas: what can be read without running anything."""
    for entry in entries:
        mission, where = entry.mission, definition(entry.factory)
        for name in ("summary", "version"):
            if not getattr(mission, name).strip():
                yield Finding("metadata", f"Mission '{entry.name}' has no {name}.", entry.name, where=where)
        for name in ("params_schema", "state_schema"):
            schema = getattr(mission, name)
            problem = _problem(schema, name)
            if problem:
                yield Finding("schema", f"Mission '{entry.name}': {problem}", entry.name, where=where)
    for operation in operations:
        # Any mission of the plugin may lend its name, not only those that are checked.
        missions = [name for name, entry in sorted(registry.missions.items()) if entry.plugin == operation.plugin]
        where = definition(operation.apply)
        owner, dot, verb = operation.name.rpartition(".")
        if not (dot and owner and verb) or (missions and owner not in missions):
            known = " or ".join(f"'{name}.…'" for name in missions[:3]) or "'<mission>.<verb>'"
            yield Finding(
                "name",
                f"Operation '{operation.name}' is not named after a mission of its plugin; expected {known}.",
                operation=operation.name,
                where=where,
            )
        if not operation.summary.strip():
            yield Finding(
                "metadata", f"Operation '{operation.name}' has no summary.", operation=operation.name, where=where
            )


def _problem(schema: Any, name: str) -> str:
    if schema is None:
        return ""
    try:
        check_schema(schema, field=name)
        candidates(schema, most=1)
    except InvalidSchemaError as error:
        return str(error)
    return ""


# --- what is tried -------------------------------------------------------------------------------------


def cases_of(entry: MissionRegistryEntry, params: Sequence[Any], states: Sequence[Any]) -> list[Case]:
    """Every one of the params, and every one of the states, each at least once; half of them with approvals."""
    filled = max(states[:3], key=lambda state: len(canonical_json(state)))
    made = [Case(entry.name, params[0], {})] if params else []
    made += [Case(entry.name, one, filled, decided=True) for one in params]
    made += [
        Case(entry.name, one, state, decided=decided)
        for state in states
        for one, decided in zip(params[:2], (False, True), strict=False)
    ]
    return _distinct(made)


def operation_cases(operation: Operation, payloads: Sequence[Any], states: Sequence[Any]) -> list[Case]:
    """An operation by itself, on every one of the states; it may be named by any plan, and has to cope with any."""
    given = list(payloads[:_MOST_PAYLOADS]) or [{}]
    made = [Case("", None, state, operation.name, given[0]) for state in states]
    made += [Case("", None, state, operation.name, payload) for payload in given[1:] for state in states[:3]]
    return _distinct(made)


def params_for(entry: MissionRegistryEntry, extra: Sequence[Any]) -> list[Any]:
    """``extra``, then params that the mission's schema lets through, then such as it mostly refuses."""
    return unique([*extra, *_made(entry.mission.params_schema, "params_schema", 3, 12)])


def states_for(entry: MissionRegistryEntry, extra: Sequence[Any]) -> list[Any]:
    """``extra``, then states as the mission's schema describes them, then others: an operation copes with any."""
    made = unique([*_made(entry.mission.state_schema, "state_schema", None, None), {}])
    return unique([*extra, *made[:_MOST_STATES]])


def _made(schema: Any, name: str, of: int | None, most: int | None) -> list[Any]:
    if schema is None or _problem(schema, name):
        return [{}, {"something-else": 1}]
    # Params and states are objects, whatever a schema may say.
    good = [one for one in candidates(schema) if isinstance(one, dict)]
    return [*good, *[one for one in others(good[:of]) if isinstance(one, dict)][:most]]


def planned_payloads(cases: Sequence[Case], seen: Mapping[int, Observation]) -> dict[str, list[tuple[str, Any]]]:
    """By operation, the payloads that plans gave it, each with the mission that planned it."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for index in sorted(seen):
        for step in (seen[index]["plan"] or {}).get("steps", ()):
            if step["kind"] == "runtime":
                payload = dict(step["payload"])
                known = found.setdefault(str(payload.pop("operation", "noop")), [])
                if payload not in [one for _, one in known]:
                    known.append((cases[index].mission, payload))
    return found


def unique(values: Iterable[Any]) -> list[Any]:
    """The documents in their order, each once."""
    return list({canonical_json(value): value for value in values}.values())


def _distinct(cases: Iterable[Case]) -> list[Case]:
    return list(
        {
            (case.subject, canonical_json([case.params, case.payload, case.state, case.decided])): case
            for case in cases
        }.values()
    )
