"""Definitions from plain mappings: every mistake is reported, all of them at once, each with its path.

A *test document* is one mapping with ``suite_name``, ``scenarios`` and ``expectations``; both parsers take what
is theirs from it. Unknown fields are ignored; :func:`unknown_fields` tells of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pyrsistent import PMap

from tier2_core.errors import MOST_TOLD, ConfigError, cut, did_you_mean
from tier2_core.missions.planning import HasMissions
from tier2_core.scenarios.as_it_stands import (
    decision_as_it_stands,
    expectation_as_it_stands,
    mission_as_it_stands,
    scenario_as_it_stands,
)
from tier2_core.scenarios.expectations import MissionExpectation, SuiteExpectationsDefinition
from tier2_core.scenarios.harness import MissionCall, ScenarioDefinition
from tier2_core.scenarios.problems import BROKEN, LISTS, REQUIRED, Problems, below
from tier2_core.scenarios.suite import ScenarioSuiteDefinition
from tier2_core.scenarios.test_run import TestRunResult, run_test_run
from tier2_core.values.freeze import printable
from tier2_core.values.paths import format_pointer, parse_path
from tier2_core.values.predicates import check_predicate
from tier2_core.workflow.specs import Decision

FIELDS: Mapping[str, tuple[str, ...]] = {
    "document": ("suite_name", "scenarios", "expectations", "$schema", "description"),
    "scenario": ("scenario_name", "initial_state", "missions", "chained", "description"),
    "mission": ("name", "params", "label", "decisions", "description"),
    "decision": ("step_id", "approved", "actor", "reason", "value", "seen", "description"),
    "expectation": ("id", "scenario_name", "mission_name", "path", "op", "expected", "description"),
}
"""The fields that there are in each kind of mapping of a test document."""

_EXPECTED = ("id", "scenario_name", "mission_name", "path", "op")


def _read_decision(problems: Problems, value: Any, path: str) -> Any:
    config = problems.mapping(value, path, "Each decision")
    if config is BROKEN:
        return config
    return problems.built(
        path,
        Decision,
        problems.text(config, path, "step_id"),
        problems.flag(config, path, "approved", True),
        problems.text(config, path, "actor", ""),
        problems.text(config, path, "reason", ""),
        problems.document(config, path, "value"),
        problems.text(config, path, "seen", ""),
    )


def _read_mission(problems: Problems, value: Any, path: str) -> Any:
    config = problems.mapping(value, path, "Each mission")
    if config is BROKEN:
        return config
    params = problems.field(config, path, "params", (dict, PMap, type(None)), "a dict or None", None)
    decisions = None
    if config.get("decisions") is not None:
        decisions = problems.listed(config, path, "decisions", (decision_as_it_stands, _read_decision), REQUIRED)
    return problems.built(
        path,
        MissionCall,
        problems.text(config, path, "name"),
        problems.frozen(params, below(path, "params")),
        problems.text(config, path, "label", ""),
        decisions,
        also=(problems.distinct(config, path, "decisions", ("step_id",), "decisions for step"),),
    )


def _read_scenario(problems: Problems, value: Any, path: str) -> Any:
    config = problems.mapping(value, path, "Each scenario")
    if config is BROKEN:
        return config
    name = problems.text(config, path, "scenario_name")
    state = problems.field(config, path, "initial_state", (dict, PMap), "a dict", REQUIRED)
    return problems.built(
        path,
        ScenarioDefinition,
        name,
        problems.frozen(state, below(path, "initial_state")),
        problems.listed(config, path, "missions", (mission_as_it_stands, _read_mission), ()),
        problems.flag(config, path, "chained", False),
        also=(problems.distinct(config, path, "missions", ("label", "name"), "labels"),),
    )


def _read_expectation(problems: Problems, value: Any, path: str) -> Any:
    config = problems.mapping(value, path, "Each expectation")
    if config is BROKEN:
        return config
    texts = [problems.text(config, path, name) for name in _EXPECTED]
    expected = problems.document(config, path, "expected")
    # What is wrong is asked apart, so that one mistake does not hide another.
    place = problems.built(path, parse_path, texts[3], name="path")
    op = problems.built(path, check_predicate, texts[4], {} if expected is BROKEN else expected)
    return problems.built(path, MissionExpectation, *texts, expected, also=(place, op))


def _suite(problems: Problems, config: Any) -> Any:
    config = problems.mapping(config, "", "A suite's config")
    if config is BROKEN:
        return config
    name = problems.text(config, "", "suite_name")
    scenarios = problems.listed(config, "", "scenarios", (scenario_as_it_stands, _read_scenario), REQUIRED)
    return problems.built("", ScenarioSuiteDefinition, name, scenarios)


def _expectations(problems: Problems, config: Any) -> Any:
    config = problems.mapping(config, "", "The config of expectations")
    if config is BROKEN:
        return config
    listed = problems.listed(config, "", "expectations", (expectation_as_it_stands, _read_expectation), REQUIRED)
    ids = problems.distinct(config, "", "expectations", ("id",), "expectation IDs")
    return problems.built("", SuiteExpectationsDefinition, listed, also=(ids,))


def _or_error(problems: Problems, *made: Any) -> Any:
    if problems.found:
        raise ConfigError.of(problems.found, problems.pointers, problems.total)
    return made[0] if len(made) == 1 else made


def parse_suite_definition(config: Mapping[str, Any]) -> ScenarioSuiteDefinition:
    """The suite of a config: ``suite_name`` and ``scenarios``.

    Raises :class:`ConfigError`, whose ``problems`` are all mistakes, each with its path.

    >>> parse_suite_definition({"scenarios": [{"initial_state": {}, "missions": [{"params": 1}]}]})
    Traceback (most recent call last):
    tier2_core.errors.ConfigError: Missing required field 'suite_name'
    scenarios.0: Missing required field 'scenario_name'
    scenarios.0.missions.0: Field 'params' must be a dict or None
    scenarios.0.missions.0: Missing required field 'name'
    """
    problems = Problems()
    made: ScenarioSuiteDefinition = _or_error(problems, _suite(problems, config))
    return made


def parse_expectations_definition(config: Mapping[str, Any]) -> SuiteExpectationsDefinition:
    """The expectations of a config: a list under ``expectations``; raises :class:`ConfigError`.

    >>> parse_expectations_definition({"expectations": [{"id": "done", "op": "eq"}]})
    Traceback (most recent call last):
    tier2_core.errors.ConfigError: expectations.0: Missing required field 'scenario_name'
    expectations.0: Missing required field 'mission_name'
    expectations.0: Missing required field 'path'
    """
    problems = Problems()
    made: SuiteExpectationsDefinition = _or_error(problems, _expectations(problems, config))
    return made


def parse_test_document(
    document: Mapping[str, Any],
) -> tuple[ScenarioSuiteDefinition, SuiteExpectationsDefinition]:
    """The suite and the expectations of a test document; raises one :class:`ConfigError` for both.

    >>> scenario = {"scenario_name": "monday", "initial_state": {}, "missions": [{"name": "echo"}]}
    >>> suite, expectations = parse_test_document({"suite_name": "week", "scenarios": [scenario], "expectations": []})
    >>> suite.scenarios[0].missions[0].name
    'echo'
    """
    problems = Problems()
    suite = _suite(problems, document)
    if suite is BROKEN and type(document) is not dict and type(document) is not PMap:
        return _or_error(problems)  # type: ignore[no-any-return]
    made: tuple[ScenarioSuiteDefinition, SuiteExpectationsDefinition] = _or_error(
        problems, suite, _expectations(problems, document)
    )
    return made


def run_test_run_from_config(
    suite_config: Mapping[str, Any],
    expectations_config: Mapping[str, Any],
    *,
    registry: HasMissions | None = None,
) -> TestRunResult:
    """Run a suite and its expectations from configs; raises :class:`ConfigError` for the mistakes of both.

    >>> run_test_run_from_config({"suite_name": "s", "scenarios": []}, {"expectations": []}).passed
    True
    """
    problems = Problems()
    suite, expectations = _suite(problems, suite_config), _expectations(problems, expectations_config)
    suite, expectations = _or_error(problems, suite, expectations)
    return run_test_run(suite, expectations, registry=registry)


def unknown_fields(document: Any) -> tuple[str, ...]:
    """A sentence for each field of a test document that is none: its path, and the closest known name.

    >>> unknown_fields({"suite_name": "s", "scenario": []})
    ("'scenario' is no field of a test document and is ignored; did you mean 'scenarios'?",)
    """
    return tuple(_ignored(*field)[1] for field in _unknown(document, "document", ""))


def misplaced_fields(document: Any) -> tuple[list[tuple[str, str]], int]:
    """The first of what :func:`unknown_fields` tells of, each with the JSON Pointer to it, and how many follow."""
    fields = list(_unknown(document, "document", ""))
    return [_ignored(*field) for field in fields[:MOST_TOLD]], max(len(fields) - MOST_TOLD, 0)


def _ignored(name: Any, kind: str, path: str) -> tuple[str, str]:
    what = "a test document" if kind == "document" else f"a{'n' if kind[0] == 'e' else ''} {kind}"
    hint = did_you_mean(str(name), FIELDS[kind]) or "."
    pointer = printable(format_pointer((*filter(None, path.split(".")), name)))
    place = printable(below(path, cut(str(name))))
    return pointer, f"'{place}' is no field of {what} and is ignored{hint}"


_KNOWN = {kind: frozenset(names) for kind, names in FIELDS.items()}

_CHILDREN = {
    "document": {"scenarios": "scenario", "expectations": "expectation"},
    "scenario": {"missions": "mission"},
    "mission": {"decisions": "decision"},
}


def _unknown(value: Any, kind: str, path: str) -> Iterator[tuple[Any, str, str]]:
    """The unknown fields of a mapping and of those in it: the name, the kind of mapping, and where that is."""
    if type(value) is not dict and type(value) is not PMap:
        return
    for name in () if _KNOWN[kind].issuperset(value) else sorted(value, key=str):
        if name not in _KNOWN[kind]:
            yield name, kind, path
    for name, child in _CHILDREN.get(kind, {}).items():
        items: Any = value.get(name)
        if type(items) in LISTS:
            for at, item in enumerate(items):
                yield from _unknown(item, child, below(path, f"{name}.{at}"))
