"""Findings: what a plugin's author should look at, with the step, the call and the line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from tier2_core import Registry
from tier2_io.trust.guard import ALONE, FACTORY, Place, Touch, foremost
from tier2_io.trust.observing import RESULT, Case, Observation
from tier2_io.trust.replay import CAUSES, Death, Unstable


@frozen
class Finding:
    """Something that a plugin's author should look at.

    ``kind`` is one of the kinds in the manual, as ``limits`` or ``impure:file``; ``step`` is a step's id, or
    ``factory``; ``call`` and ``where`` are the call that did it and the line of the plugin that made it, as far as
    that is known; ``case`` is an input with which it happens; ``causes`` is what an ``unstable`` result depends on;
    ``witness`` is who has seen what touched the world, ``audit`` or ``calls``.

    >>> Finding("impure:clock", "Step 's' reads a clock.", where="mine.py:7").to_dict()["where"]
    'mine.py:7'
    """

    kind: str
    message: str
    mission: str = ""
    operation: str = ""
    step: str = ""
    call: str = ""
    where: str = ""
    case: str = ""
    causes: tuple[str, ...] = ()
    witness: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, one key a field."""
        return {
            "call": self.call,
            "case": self.case,
            "causes": list(self.causes),
            "kind": self.kind,
            "message": self.message,
            "mission": self.mission,
            "operation": self.operation,
            "step": self.step,
            "where": self.where,
            "witness": self.witness,
        }


def definition(function: Callable[..., Any]) -> str:
    """Where a function is defined, as ``file:line in function``; ``""`` if that cannot be told."""
    seen: Any = function
    for _ in range(10):
        seen = getattr(seen, "__wrapped__", None) or getattr(seen, "func", None) or getattr(seen, "__func__", seen)
    code = getattr(seen, "__code__", None) or getattr(getattr(type(seen), "__call__", None), "__code__", None)  # noqa: B004
    return "" if code is None else f"{code.co_filename}:{code.co_firstlineno} in {code.co_qualname}"


# --- what came out -------------------------------------------------------------------------------------


_STATED = frozenset({"metadata", "name", "schema"})
"""Kinds that are about what is stated of a mission, not about a line of code."""


def from_errors(cases: Sequence[Case], seen: Mapping[int, Observation], registry: Registry) -> Iterator[Finding]:
    """A finding for each way in which a case broke."""
    for index in sorted(seen):
        error, case = seen[index]["error"], cases[index]
        if error is None:
            continue
        operation, message = error["operation"] or case.operation, error["message"]
        where = error["where"] or _defined(case.mission, error["step"], operation, registry)
        if error["kind"] == "broke":
            message += f" {_advice(case, error['step'], registry)}"
        yield Finding(error["kind"], message, case.mission, operation, error["step"], "", where, str(case))


def _advice(case: Case, step: str, registry: Registry) -> str:
    if step != FACTORY or not case.mission:
        return "Raise StepFailed for what the state may hold" + (
            ", and refuse other payloads in a check." if step == ALONE else "."
        )
    if registry.get(case.mission).mission.params_schema is None:
        return "State a params_schema, or raise InvalidParamsError for params that the mission does not take."
    return "Its params_schema lets these params through; narrow it, or raise InvalidParamsError."


def from_touches(cases: Sequence[Case], touches: Iterable[tuple[int, Touch]]) -> Iterator[Finding]:
    """A finding for each touch of the world."""
    examples: dict[Touch, Case] = {}
    for index, touch in touches:
        examples.setdefault(touch, cases[index])
    for touch in foremost(examples):
        place, case = touch.place, examples[touch]
        message = str(touch).removesuffix(f", at {touch.where}")
        yield Finding(
            f"impure:{touch.kind}",
            f"{message[:1].upper()}{message[1:]}.",
            place.mission,
            place.operation,
            place.step,
            touch.call,
            touch.where,
            str(case),
            witness=touch.witness,
        )


def from_unstable(found: Iterable[Unstable], seen: Mapping[Case, Observation], registry: Registry) -> Iterator[Finding]:
    """A finding for each step that comes out otherwise; what it depends on is gathered over all cases."""
    by_step: dict[Any, list[Unstable]] = {}
    for one in found:
        by_step.setdefault((one.case.subject, one.difference.step), []).append(one)
    for (_, step), several in by_step.items():
        first = several[0]
        case = first.case
        operations = {one["step"]: one["operation"] for one in seen[case]["steps"]}
        operation = case.operation or operations.get(step, "")
        place = str(Place(case.mission, step, operation))
        subject = f"{place[:1].upper()}{place[1:]}" if step != RESULT else f"The result of mission '{case.mission}'"
        causes = tuple(cause for cause in CAUSES if any(cause in one.causes for one in several))
        told = [CAUSES[cause] for cause in causes if cause != "again" or "itself" not in causes]
        yield Finding(
            "unstable",
            f"{subject} comes out otherwise {'; and '.join(told)}. For example, {first.difference}.",
            case.mission,
            operation,
            step,
            "",
            _defined(case.mission, step, operation, registry),
            str(case),
            causes,
        )


def from_death(death: Death, registry: Registry) -> Finding:
    """The finding for a process that hung or died."""
    kind = "hangs" if death.how.startswith("did not") else "crashed"
    if death.place is None or death.case is None:
        return Finding(kind, f"A fresh process {death.how}.", where=death.where)
    place, told = death.place, str(death.place)
    return Finding(
        kind,
        f"{told[:1].upper()}{told[1:]} {death.how}.",
        place.mission,
        place.operation,
        place.step,
        "",
        death.where or _defined(place.mission, place.step, place.operation, registry),
        str(death.case),
    )


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, each once: what an operation does is told once, wherever it was run."""
    kept: dict[Any, Finding] = {}
    for one in findings:
        what = one.message if one.kind in _STATED else one.where or one.message
        kept.setdefault((one.kind, one.operation or one.mission, what), one)
    return tuple(kept.values())


def _defined(mission: str, step: str, operation: str, registry: Registry) -> str:
    """Where the code of a step is defined, for want of a better line."""
    if step == FACTORY:
        return definition(registry.get(mission).factory) if mission in registry.missions else ""
    return definition(registry.operations[operation].apply) if operation in registry.operations else ""
