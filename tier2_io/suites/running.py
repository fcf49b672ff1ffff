"""Suites in files: read, run and told of in the same words, whoever runs them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import attrs
from attrs import frozen

from tier2_core import (
    AntiFailurePlanningError,
    CallerError,
    ConfigError,
    DecisionError,
    ExpectationResult,
    InvalidParamsError,
    InvalidValueError,
    MissionExpectation,
    PluginError,
    Registry,
    ScenarioDefinition,
    ScenarioResult,
    ScenarioSuiteDefinition,
    SuiteExpectationsDefinition,
    Tier2Error,
    UnknownMissionError,
    format_pointer,
    parse_path,
    parse_test_document,
    resolve_path,
    run_scenario,
    scenarios_of,
)
from tier2_core.errors import MOST_TOLD, first_told
from tier2_core.scenarios.config_adapter import misplaced_fields
from tier2_core.values.fields import repeated
from tier2_core.values.words import quoted
from tier2_io.documents.files import FileProblem
from tier2_io.documents.sources import Source, read_source
from tier2_io.screen import safe, shown


class SuiteMistakes(FileProblem):
    """The mistakes of a suite's file: a line for each of the first ones, and how many there are."""

    def __init__(self, lines: Sequence[str], total: int) -> None:
        super().__init__("\n".join(first_told(lines, total)))
        self.lines = lines
        self.total = total


@frozen
class Suite:
    """A suite with its expectations, the file that they are from, and the text of it."""

    path: str
    definition: ScenarioSuiteDefinition
    expectations: SuiteExpectationsDefinition
    source: Source


def read_suite(path: str, warn: Callable[[str], None]) -> Suite:
    """The suite in a file; ``warn`` is told of fields that mean nothing.

    Raises :class:`FileProblem`; where a part is wrong, :class:`SuiteMistakes`, in the order of the text.
    """
    source = read_source(path)
    document = source.object()
    misplaced, more = misplaced_fields(document)
    for pointer, doubt in misplaced:
        warn(source.told(pointer, f"warning: {doubt}", key=True))
    if more:
        warn(f"{source.name}: warning: … and {more:,} more fields that are ignored.")
    try:
        return Suite(path, *parse_test_document(document), source)
    except ConfigError as error:
        told = [f"{place}: {message}" if place else message for place, message in error.problems]
        raise SuiteMistakes(source.told_all(zip(error.pointers, told, strict=True)), error.total) from None


def doubts(suite: Suite) -> list[str]:
    """What can be said of a suite that will pass, whatever happens, or that runs less than it shows."""
    twice = repeated(scenario.scenario_name for scenario in suite.definition.scenarios)
    found = [f"scenario {quoted(name)} is there more than once; the last one is run." for name in twice[:MOST_TOLD]]
    if len(twice) > MOST_TOLD:
        found.append(f"{len(twice) - MOST_TOLD:,} more names of scenarios are there more than once.")
    if not suite.expectations.expectations:
        found.append("nothing is expected, so that nothing can fail.")
    return found


def run_one(suite: Suite, scenario: str, registry: Registry) -> ScenarioResult:
    """Run the scenario of that name of a suite; what goes wrong is told as :func:`told_of` tells it."""
    try:
        return run_scenario(scenarios_of(suite.definition)[scenario], registry=registry)
    except (PluginError, CallerError, DecisionError) as error:
        raise told_of(error, suite, scenario, registry) from error


def told_of(error: BaseException, suite: Suite, scenario: str, registry: Registry) -> BaseException:
    """What went wrong in a scenario, with its place in the file; what is a bug stays as it is.

    A :class:`PluginError` if it is the plugin's fault, a :class:`FileProblem` if it is the suite's.
    """
    message = f"scenario '{scenario}': {error}"
    scenarios = suite.definition.scenarios
    at = max(place for place, one in enumerate(scenarios) if one.scenario_name == scenario)
    where: list[Any] = ["scenarios", at]
    if isinstance(error, PluginError | AntiFailurePlanningError):  # which is not run again: it may do anything
        return PluginError(suite.source.told(format_pointer(where), message))
    if not isinstance(error, CallerError | DecisionError):
        return error
    where += ["missions", _refused(scenarios[at], registry)]
    if isinstance(error, UnknownMissionError):
        where += ["name"]
    elif isinstance(error, InvalidParamsError):
        where += ["params"]
        with suppress(InvalidValueError):  # a plugin's own pointer may be none
            where += parse_path(error.problems[0][0] if error.problems else "")
    elif isinstance(error, DecisionError):
        where += ["decisions"]
        decisions = resolve_path(suite.source.plain(), format_pointer(where))[1]
        waiting = [place for place, decision in enumerate(decisions or ()) if decision["step_id"] in error.pending]
        where += [*waiting[:1], "value"]
    left_out = isinstance(error, UnknownMissionError) and registry.failures  # it may be theirs
    return (PluginError if left_out else FileProblem)(suite.source.told(format_pointer(where), message))


def _refused(scenario: ScenarioDefinition, registry: Registry) -> int:
    """The number of the first mission with which a scenario cannot be run."""
    calls = scenario.missions

    def refused(count: int) -> bool:
        try:
            run_scenario(attrs.evolve(scenario, missions=calls[:count]), registry=registry)
        except Tier2Error:
            return True
        return False

    return bisect_left(range(1, len(calls)), True, key=refused)


def _rows(wanted: MissionExpectation, result: ExpectationResult) -> list[tuple[str, str]]:
    """What there is to say of an expectation that does not hold: a word and what it stands for, safe to print."""
    details = result.details
    place = " / ".join(map(safe, (wanted.scenario_name, wanted.mission_name, wanted.path or "the whole result")))
    operand = "" if wanted.op in ("exists", "absent") else f" {shown(result.expected)}"
    rows = [("where", place), ("expected", f"{wanted.op}{operand}")]
    if details["reason"].endswith(("_mismatch", "_present", "_error")):
        rows.append(("actual", shown(result.actual)))
    if "message" in details:
        rows.append(("", safe(details["message"])))
    rows += [("", f"{safe(pointer) or 'it'}: {safe(problem)}") for pointer, problem in details.get("problems", [])]
    if "written_by" in details:
        writer = details["written_by"]
        rows.append(("written", f"by {safe(writer)}" if writer else "by no step: it is as it was at first"))
    return rows


def failure_lines(wanted: MissionExpectation, result: ExpectationResult) -> list[str]:
    """Of an expectation that does not hold: a line with its id and the reason, then where, and what was found."""
    head = f"{safe(wanted.id)}: {safe(result.details['reason'])}"
    return [head, *(f"  {word:<8}  {text}" for word, text in _rows(wanted, result))]


def failure_summary(wanted: MissionExpectation, result: ExpectationResult) -> str:
    """The same on one line, without the id: what was expected and found, or, if nothing was, where."""
    rows = dict(_rows(wanted, result))
    told = f"expected {rows['expected']}, actual {rows['actual']}" if "actual" in rows else rows["where"]
    return f"{safe(result.details['reason'])}: {told}"
