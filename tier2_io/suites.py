"""Suites in files: read, run and told of in the same words, whoever runs them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import attrs
from attrs import frozen

from tier2_core import (
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
)
from tier2_core.scenarios.config_adapter import misplaced_fields
from tier2_io.documents import Source, read_source
from tier2_io.files import FileProblem
from tier2_io.screen import safe, shown


@frozen
class Suite:
    """A suite with its expectations, the file that they are from, and the text of it."""

    path: str
    definition: ScenarioSuiteDefinition
    expectations: SuiteExpectationsDefinition
    source: Source


def read_suite(path: str, warn: Callable[[str], None]) -> Suite:
    """The suite in a file; ``warn`` is told of fields that mean nothing.

    Raises :class:`FileProblem` with a line for each mistake, all of them at once, in the order of the text.
    """
    source = read_source(path)
    document = source.object()
    for pointer, doubt in misplaced_fields(document):
        warn(source.told(pointer, f"warning: {doubt}", key=True))
    try:
        return Suite(path, *parse_test_document(document), source)
    except ConfigError as error:
        told = [f"{place}: {message}" if place else message for place, message in error.problems]
        raise FileProblem("\n".join(source.told_all(zip(error.pointers, told, strict=True)))) from None


def run_one(suite: Suite, scenario: ScenarioDefinition, registry: Registry) -> ScenarioResult:
    """Run a scenario of a suite; what goes wrong is told with its place in the file.

    Raises :class:`PluginError` if it is the plugin's fault, else :class:`FileProblem`.
    """
    try:
        return run_scenario(scenario, registry=registry)
    except (CallerError, DecisionError, PluginError) as error:
        kind = PluginError if isinstance(error, PluginError) else FileProblem
        pointer = format_pointer(_culprit(suite, scenario, registry, error))
        raise kind(suite.source.told(pointer, f"scenario '{scenario.scenario_name}': {error}")) from error


def _culprit(suite: Suite, scenario: ScenarioDefinition, registry: Registry, error: Tier2Error) -> list[Any]:
    """Where in the document is what the scenario cannot be run with, as the tokens of a JSON Pointer."""
    scenarios = suite.definition.scenarios
    at = max(place for place, one in enumerate(scenarios) if one.scenario_name == scenario.scenario_name)
    calls = scenario.missions

    def fails(count: int) -> bool:
        try:
            run_scenario(attrs.evolve(scenario, missions=calls[:count]), registry=registry)
        except Tier2Error:
            return True
        return False

    number = bisect_left(range(1, len(calls)), True, key=fails)
    where = ["scenarios", at, "missions", number]
    if isinstance(error, UnknownMissionError):
        return [*where, "name"]
    if isinstance(error, InvalidParamsError):
        inside: tuple[str, ...] = ()
        with suppress(InvalidValueError):  # a plugin's own pointer may be none
            inside = parse_path(error.problems[0][0] if error.problems else "")
        return [*where, "params", *inside]
    if isinstance(error, DecisionError):
        decisions = resolve_path(suite.source.plain(), format_pointer([*where, "decisions"]))[1]
        waiting = [place for place, decision in enumerate(decisions or ()) if decision["step_id"] in error.pending]
        return [*where, "decisions", *waiting[:1], "value"]
    return where


def _rows(wanted: MissionExpectation, result: ExpectationResult) -> list[tuple[str, str]]:
    """What there is to say of an expectation that does not hold: a word and what it stands for, safe to print."""
    details = result.details
    place = " / ".join(map(safe, (wanted.scenario_name, wanted.mission_name, wanted.path or "the whole result")))
    operand = "" if wanted.op in ("exists", "absent") else f" {shown(result.expected)}"
    rows = [("where", place), ("expected", f"{wanted.op}{operand}")]
    if details["reason"].endswith(("_mismatch", "_present", "_error")):
        rows.append(("actual", shown(result.actual)))
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
    words = ("expected", "actual") if "actual" in rows else ("where",)
    return f"{safe(result.details['reason'])}: {', '.join(f'{word} {rows[word]}' for word in words)}"
