"""A check from beginning to end: what is tried, where it is run, and what is found."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attrs import field, frozen

from tier2_core import InvalidSpecError, MissionRegistryEntry, Operation, Registry, thaw
from tier2_core.values.freeze import a_type
from tier2_io.trust.cases import cases_of, operation_cases, params_for, planned_payloads, stated, states_for, unique
from tier2_io.trust.findings import Finding, definition, from_death, from_errors, from_touches, from_unstable, merged
from tier2_io.trust.fresh import run_cases
from tier2_io.trust.guard import Touch
from tier2_io.trust.observing import Case, Observation
from tier2_io.trust.replay import Conditions, Replay, Replayer, Unstable, differing, reproducible, unstable

_NOT_FRESH = (
    "other processes: a plugin was handed over as an object, which no other process can be given; install it, or hand "
    "over its module"
)


def _objects(values: Any) -> list[Any]:
    if isinstance(values, Mapping | str) or not isinstance(values, Iterable):
        raise InvalidSpecError(
            f"What is to be tried must be a list of objects, found {a_type(type(values))}; put it in a list."
        )
    plain = [thaw(value) for value in values]
    for value in plain:
        if not isinstance(value, dict):
            raise InvalidSpecError(f"What is to be tried must be objects, found {a_type(type(value))}.")
    return plain


@frozen
class Asked:
    """What is to be checked: missions, operations (``None``: those that are planned), with what, and how."""

    registry: Registry
    entries: Sequence[MissionRegistryEntry]
    operations: Sequence[Operation] | None
    params: Sequence[Any] = field(converter=_objects)
    states: Sequence[Any] = field(converter=_objects)
    processes: int
    timeout: float


@frozen
class _Outcome:
    """What came out of running cases: what the first pass saw, and what was found on the way."""

    cases: Sequence[Case]
    seen: Mapping[int, Observation]
    touches: Sequence[tuple[int, Touch]]
    unstable: Sequence[Unstable]
    findings: Sequence[Finding] = ()


_More = Callable[[Sequence[Case], Mapping[int, Observation]], list[Case]]
"""From what was planned, the cases of operations by themselves."""


def checked(asked: Asked) -> tuple[tuple[Finding, ...], dict[str, Any], list[str]]:
    """The findings, how much was tried, and what could not be."""
    tried = {entry.name: (params_for(entry, asked.params), states_for(entry, asked.states)) for entry in asked.entries}
    operations: dict[str, Operation] = {operation.name: operation for operation in asked.operations or ()}
    planned: set[str] = set()

    def more(cases: Sequence[Case], seen: Mapping[int, Observation]) -> list[Case]:
        payloads = planned_payloads(cases, seen)
        planned.update(payloads)
        if asked.operations is None:
            plugins = {entry.plugin for entry in asked.entries}
            known = [asked.registry.operations[name] for name in sorted(payloads) if name in asked.registry.operations]
            operations.update({operation.name: operation for operation in known if operation.plugin in plugins})
        made = []
        for name, operation in operations.items():
            given = payloads.get(name, [])
            missions = dict.fromkeys(mission for mission, _ in given) or list(tried)[:1]
            states = unique(state for mission in missions for state in tried[mission][1]) or [{}]
            made += operation_cases(operation, [payload for _, payload in given], states)
        return made

    cases = [case for entry in asked.entries for case in cases_of(entry, *tried[entry.name])]
    handed_on = reproducible(asked.registry) if asked.processes > 0 else None
    if handed_on is None:
        out = _here(asked.registry, cases, more)
    else:
        with tempfile.TemporaryDirectory(prefix="tier2-check-", ignore_cleanup_errors=True) as place:
            out = _fresh(asked, Replayer(*handed_on, asked.timeout, Path(place)), cases, more)
    seen = {case: out.seen[index] for index, case in enumerate(out.cases) if index in out.seen}
    findings = [*stated(asked.entries, operations.values(), asked.registry), *out.findings]
    told = {finding.mission for finding in findings if finding.kind == "schema"}
    findings += [
        finding
        for finding in from_errors(out.cases, out.seen, asked.registry)
        if finding.kind != "schema" or finding.mission not in told
    ]
    findings += from_touches(out.cases, out.touches)
    findings += from_unstable(out.unstable, seen, asked.registry)
    if out.cases:
        findings += _untried(asked, seen, {finding.mission for finding in findings})
    notes = [_NOT_FRESH] if handed_on is None and asked.processes > 0 else []
    for name in operations:
        outcomes = [one for case, one in seen.items() if case.operation == name]
        if name not in planned and outcomes and all(one["refused"] for one in outcomes):
            notes.append(f"operation '{name}' at all: no plan that was tried names it, and it refuses an empty payload")
    runs = Counter(case.operation or case.mission for case in out.cases)
    counts = {
        "missions": {
            name: {"params": len(params), "states": len(states), "runs": runs[name]}
            for name, (params, states) in tried.items()
        },
        "operations": {name: {"runs": runs[name]} for name in sorted(operations)},
        "processes": 0 if handed_on is None else asked.processes,
    }
    return merged(findings), counts, notes


def _untried(asked: Asked, seen: Mapping[Case, Observation], known: set[str]) -> Iterable[Finding]:
    """A finding for each mission that took none of the params, of which therefore nothing is known."""
    for entry in asked.entries:
        outcomes = [one for case, one in seen.items() if case.mission == entry.name]
        if entry.name not in known and all(one["refused"] for one in outcomes):
            yield Finding(
                "untried",
                f"Mission '{entry.name}' took none of the params that were made for it, and was not run at all. Put "
                "'examples' into its params_schema, or give some in a test: check_mission(…, params=[…]).",
                entry.name,
                where=definition(entry.factory),
            )


# --- where it is run -----------------------------------------------------------------------------------


def _here(registry: Registry, cases: Sequence[Case], more: _More) -> _Outcome:
    """Everything in this process: once, once again, and with rebuilt input."""
    passes: list[dict[int, Observation]] = [{}, {}, {}]
    touches: list[tuple[int, Touch]] = []

    def ran(some: Sequence[Case], number: int, first: int = 0) -> None:
        run_cases(
            registry,
            some,
            passes=[number == 2],
            touched=lambda index, touch: touches.append((first + index, touch)),
            seen=lambda _, index, one: passes[number].update({first + index: one}),
        )

    ran(cases, 0)
    every = [*cases, *more(cases, passes[0])]
    ran(every[len(cases) :], 0, len(cases))
    ran(every, 1)
    ran(every, 2)
    found = {case: Unstable(case, told, ("again",)) for case, told in differing(every, passes[0], passes[1])}
    for case, told in differing(every, passes[0], passes[2]):
        found.setdefault(case, Unstable(case, told, ("order",)))
    return _Outcome(every, passes[0], touches, list(found.values()))


def _fresh(asked: Asked, replayer: Replayer, cases: Sequence[Case], more: _More) -> _Outcome:
    """Everything in fresh processes, after one that finds out what is planned."""
    findings: list[Finding] = []
    settled = partial(_settled, replayer, asked.registry, findings)
    scouts, scouted = settled(list({(case.mission, str(case.params)): case for case in reversed(cases)}.values()), 1)
    if scouted.failed or scouted.registry != asked.registry.fingerprint:
        return _Outcome([], {}, [], [], [*findings, _other_registry(scouted)])
    alive, dead = {case.subject for case in scouts}, {finding.operation for finding in findings}
    every, base = settled(
        [
            *(case for case in cases if case.subject in alive),
            *(case for case in more(scouts, scouted.passes[0]) if case.operation not in dead),
        ],
        2,  # what a plugin remembers shows at the second time
    )
    found, others = unstable(replayer, every, base, asked.processes)
    findings += [from_death(other.death, asked.registry) for other in others if other.death is not None]
    findings += [
        _other_registry(other)
        for other in others
        if other.failed or (other.registry and other.registry != asked.registry.fingerprint)
    ]
    return _Outcome(every, base.passes[0], base.touches, found, findings)


def _settled(
    replayer: Replayer, registry: Registry, findings: list[Finding], cases: Sequence[Case], passes: int
) -> tuple[Sequence[Case], Replay]:
    """What a process saw that came to its end: what made others hang or die is a finding, and is left out."""
    while True:
        (replay,) = replayer.replays(cases, [Conditions()], passes)
        if replay.death is None:
            return cases, replay
        findings.append(from_death(replay.death, registry))
        if replay.death.case is None:
            return cases, replay
        dead = replay.death.case.subject
        cases = [case for case in cases if case.subject != dead]


def _other_registry(replay: Replay) -> Finding:
    what = f"cannot load them: {replay.failed}" if replay.failed else "finds other missions or operations in them"
    return Finding("registry", f"The plugins are not the same in every process: a fresh one {what}.")
