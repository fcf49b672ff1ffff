"""Suites in files: read, run and told of in the same words, whoever runs them."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from tier2_core import (
    CallerError,
    ConfigError,
    DecisionError,
    ExpectationResult,
    MissionExpectation,
    PluginError,
    Registry,
    ScenarioDefinition,
    ScenarioResult,
    ScenarioSuiteDefinition,
    SuiteExpectationsDefinition,
    parse_test_document,
    run_scenario,
)
from tier2_io.files import FileProblem, hint
from tier2_io.screen import safe, shown


@frozen
class Suite:
    """A suite with its expectations, and the file that they are from."""

    path: str
    definition: ScenarioSuiteDefinition
    expectations: SuiteExpectationsDefinition


def suite_of(path: str, document: Any) -> Suite:
    """The suite in the document of a file; :class:`FileProblem` has a line for each mistake, all of them at once."""
    try:
        return Suite(path, *parse_test_document(document))
    except ConfigError as error:
        lines = [f"{path}: {line}{hint(path, line)}" for line in str(error).split("\n")]
        raise FileProblem("\n".join(lines)) from None


def run_one(path: str, scenario: ScenarioDefinition, registry: Registry) -> ScenarioResult:
    """Run a scenario of the suite in ``path``; what goes wrong is told as :func:`told_of` tells it."""
    try:
        return run_scenario(scenario, registry=registry)
    except (PluginError, CallerError, DecisionError) as error:
        raise told_of(error, path, scenario.scenario_name) from error


def told_of(error: BaseException, path: str, scenario: str) -> BaseException:
    """What went wrong in a scenario, with the names of file and scenario; what is a bug stays as it is.

    A :class:`PluginError` if it is the plugin's fault, a :class:`FileProblem` if it is the suite's.
    """
    message = f"{path}: scenario '{scenario}': {error}"
    if isinstance(error, PluginError):
        return PluginError(message)
    return FileProblem(message) if isinstance(error, CallerError | DecisionError) else error


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
    told = f"expected {rows['expected']}, actual {rows['actual']}" if "actual" in rows else rows["where"]
    return f"{safe(result.details['reason'])}: {told}"
