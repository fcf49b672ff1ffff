"""Definitions from plain mappings: every mistake is reported, all of them at once, each with its path.

A *test document* is one mapping with ``suite_name``, ``scenarios`` and ``expectations``; both parsers take what
is theirs from it. Unknown fields are ignored; :func:`unknown_fields` tells of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pyrsistent import PMap

from tier2_core.errors import ConfigError, InvalidSpecError, InvalidValueError, did_you_mean
from tier2_core.missions.planning import HasMissions
from tier2_core.scenarios.as_it_stands import (
    MISTAKES,
    decision_as_it_stands,
    expectation_as_it_stands,
    mission_as_it_stands,
    scenario_as_it_stands,
)
from tier2_core.scenarios.expectations import MissionExpectation, SuiteExpectationsDefinition
from tier2_core.scenarios.harness import MissionCall, ScenarioDefinition
from tier2_core.scenarios.suite import ScenarioSuiteDefinition
from tier2_core.scenarios.test_run import TestRunResult, run_test_run
from tier2_core.values.freeze import freeze, printable
from tier2_core.values.paths import format_pointer, parse_path
from tier2_core.values.predicates import check_predicate
from tier2_core.values.seal import VECTOR
from tier2_core.workflow.specs import Decision

FIELDS: Mapping[str, tuple[str, ...]] = {
    "document": ("suite_name", "scenarios", "expectations", "$schema", "description"),
    "scenario": ("scenario_name", "initial_state", "missions", "chained", "description"),
    "mission": ("name", "params", "label", "decisions", "description"),
    "decision": ("step_id", "approved", "actor", "reason", "value", "seen", "description"),
    "expectation": ("id", "scenario_name", "mission_name", "path", "op", "expected", "description"),
}
"""The fields that there are in each kind of mapping of a test document."""

_REQUIRED = object()
_BROKEN: Any = object()
"""Stands for what could not be read; its mistake is among the problems."""

_LISTS = (list, tuple, VECTOR)

_Kind = tuple[Callable[[Any], Any], "Callable[[_Problems, Any, str], Any]"]
"""The two ways to read a mapping of a kind."""


_EXPECTED = ("id", "scenario_name", "mission_name", "path", "op")


class _Problems:
    """Collects mistakes while definitions are read; nothing is built from what has one."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.pointers: list[str] = []

    def add(self, path: str, message: str, *inside: Any, below: str = "") -> Any:
        """A mistake at ``path``; ``inside`` it, by these tokens and then the pointer ``below``, is what is wrong."""
        self.found.append((printable(path), message))
        self.pointers.append(printable(format_pointer((*filter(None, path.split(".")), *inside))) + below)
        return _BROKEN

    def mapping(self, value: Any, path: str, what: str) -> Any:
        if type(value) is dict or type(value) is PMap:
            return value
        return self.add(path, f"{what} must be a dict")

    def field(self, config: Any, path: str, name: str, kinds: tuple[type, ...], what: str, default: Any) -> Any:
        if name not in config:
            if default is _REQUIRED:
                return self.add(path, f"Missing required field '{name}'")
            return default
        if type(config[name]) not in kinds:
            return self.add(path, f"Field '{name}' must be {what}", name)
        return config[name]

    def text(self, config: Any, path: str, name: str, default: Any = _REQUIRED) -> Any:
        found = config.get(name)
        if type(found) is str and found.isascii():
            return found
        return self.frozen(self.field(config, path, name, (str,), "a string", default), _below(path, name))

    def flag(self, config: Any, path: str, name: str, default: bool) -> Any:
        return self.field(config, path, name, (bool,), "a boolean", default)

    def document(self, config: Any, path: str, name: str) -> Any:
        return self.frozen(config.get(name), _below(path, name))

    def frozen(self, value: Any, path: str) -> Any:
        if value is _BROKEN:
            return value
        try:
            return freeze(value)
        except InvalidValueError as error:
            return self.add(path, str(error).rstrip("."), below=error.path)

    def listed(self, config: Any, path: str, name: str, kind: _Kind, default: Any) -> Any:
        found = self.field(config, path, name, _LISTS, "a list", default)
        if found is _BROKEN or found is default:
            return found
        as_it_stands, read = kind
        items, broken = [], False
        for place, item in enumerate(found):
            try:
                made = as_it_stands(item)
            except MISTAKES:
                made = read(self, item, _below(path, f"{name}.{place}"))
                broken = broken or made is _BROKEN
            items.append(made)
        return _BROKEN if broken else items

    def built(
        self, path: str, make: Callable[..., Any], *parts: Any, also: tuple[Any, ...] = (), name: str = ""
    ) -> Any:
        """What ``make`` gives, unless a part or what was ``also`` asked is broken, or it refuses that of ``name``."""
        for part in (*parts, *also):
            if part is _BROKEN:
                return _BROKEN
        try:
            return make(*parts)
        except (InvalidSpecError, InvalidValueError) as error:
            return self.add(path, str(error).rstrip("."), *filter(None, [name or getattr(error, "field", "")]))

    def distinct(self, config: Any, path: str, name: str, keys: tuple[str, ...], what: str) -> Any:
        """``_BROKEN`` if two items of a list share a key (the first there of ``keys``), whatever else is wrong."""
        items = config.get(name)
        if type(items) in _LISTS and len(items) < 2:
            items = None
        count: Counter[str] = Counter()
        second: tuple[Any, ...] = ()
        for place, item in enumerate(items if type(items) in _LISTS else ()):
            if type(item) is not dict and type(item) is not PMap:
                continue
            key = next((key for key in keys if item.get(key)), keys[-1])
            if type(item.get(key)) is str:
                count[item[key]] += 1
                second = second or ((name, place, key) if count[item[key]] > 1 else ())
        if not second:
            return None
        twice = sorted(found for found in count if count[found] > 1)
        return self.add(path, f"Duplicate {what} {', '.join(map(repr, twice))}; expected each once", *second)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _read_decision(problems: _Problems, value: Any, path: str) -> Any:
    config = problems.mapping(value, path, "Each decision")
    if config is _BROKEN:
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


def _read_mission(problems: _Problems, value: Any, path: str) -> Any:
    config = problems.mapping(value, path, "Each mission")
    if config is _BROKEN:
        return config
    params = problems.field(config, path, "params", (dict, PMap, type(None)), "a dict or None", None)
    decisions = None
    if config.get("decisions") is not None:
        decisions = problems.listed(config, path, "decisions", (decision_as_it_stands, _read_decision), _REQUIRED)
    return problems.built(
        path,
        MissionCall,
        problems.text(config, path, "name"),
        problems.frozen(params, _below(path, "params")),
        problems.text(config, path, "label", ""),
        decisions,
        also=(problems.distinct(config, path, "decisions", ("step_id",), "decisions for step"),),
    )


def _read_scenario(problems: _Problems, value: Any, path: str) -> Any:
    config = problems.mapping(value, path, "Each scenario")
    if config is _BROKEN:
        return config
    name = problems.text(config, path, "scenario_name")
    state = problems.field(config, path, "initial_state", (dict, PMap), "a dict", _REQUIRED)
    return problems.built(
        path,
        ScenarioDefinition,
        name,
        problems.frozen(state, _below(path, "initial_state")),
        problems.listed(config, path, "missions", (mission_as_it_stands, _read_mission), ()),
        problems.flag(config, path, "chained", False),
        also=(problems.distinct(config, path, "missions", ("label", "name"), "labels"),),
    )


def _read_expectation(problems: _Problems, value: Any, path: str) -> Any:
    config = problems.mapping(value, path, "Each expectation")
    if config is _BROKEN:
        return config
    texts = [problems.text(config, path, name) for name in _EXPECTED]
    expected = problems.document(config, path, "expected")
    # What is wrong is asked apart, so that one mistake does not hide another.
    place = problems.built(path, parse_path, texts[3], name="path")
    op = problems.built(path, check_predicate, texts[4], {} if expected is _BROKEN else expected)
    return problems.built(path, MissionExpectation, *texts, expected, also=(place, op))


def _suite(problems: _Problems, config: Any) -> Any:
    config = problems.mapping(config, "", "A suite's config")
    if config is _BROKEN:
        return config
    name = problems.text(config, "", "suite_name")
    scenarios = problems.listed(config, "", "scenarios", (scenario_as_it_stands, _read_scenario), _REQUIRED)
    return problems.built("", ScenarioSuiteDefinition, name, scenarios)


def _expectations(problems: _Problems, config: Any) -> Any:
    config = problems.mapping(config, "", "The config of expectations")
    if config is _BROKEN:
        return config
    listed = problems.listed(config, "", "expectations", (expectation_as_it_stands, _read_expectation), _REQUIRED)
    ids = problems.distinct(config, "", "expectations", ("id",), "expectation IDs")
    return problems.built("", SuiteExpectationsDefinition, listed, also=(ids,))


def _or_error(problems: _Problems, *made: Any) -> Any:
    if problems.found:
        raise ConfigError.of(problems.found, problems.pointers)
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
    problems = _Problems()
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
    problems = _Problems()
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
    problems = _Problems()
    suite = _suite(problems, document)
    if suite is _BROKEN and type(document) is not dict and type(document) is not PMap:
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
    problems = _Problems()
    suite, expectations = _suite(problems, suite_config), _expectations(problems, expectations_config)
    suite, expectations = _or_error(problems, suite, expectations)
    return run_test_run(suite, expectations, registry=registry)


def unknown_fields(document: Any) -> tuple[str, ...]:
    """A sentence for each field of a test document that is none: its path, and the closest known name.

    >>> unknown_fields({"suite_name": "s", "scenario": []})
    ("'scenario' is no field of a test document and is ignored; did you mean 'scenarios'?",)
    """
    return tuple(sentence for _, sentence in misplaced_fields(document))


def misplaced_fields(document: Any) -> tuple[tuple[str, str], ...]:
    """What :func:`unknown_fields` tells of, each sentence with the JSON Pointer to its field."""
    return tuple(_unknown(document, "document", ""))


_KNOWN = {kind: frozenset(names) for kind, names in FIELDS.items()}

_CHILDREN = {
    "document": {"scenarios": "scenario", "expectations": "expectation"},
    "scenario": {"missions": "mission"},
    "mission": {"decisions": "decision"},
}


def _unknown(value: Any, kind: str, path: str) -> Iterator[tuple[str, str]]:
    if type(value) is not dict and type(value) is not PMap:
        return
    what = "a test document" if kind == "document" else f"a{'n' if kind[0] == 'e' else ''} {kind}"
    for name in () if _KNOWN[kind].issuperset(value) else sorted(value, key=str):
        if name not in _KNOWN[kind]:
            place = printable(_below(path, str(name)))
            hint = did_you_mean(str(name), FIELDS[kind]) or "."
            pointer = printable(format_pointer((*filter(None, path.split(".")), name)))
            yield pointer, f"'{place}' is no field of {what} and is ignored{hint}"
    for name, child in _CHILDREN.get(kind, {}).items():
        items: Any = value.get(name)
        if type(items) in _LISTS:
            for at, item in enumerate(items):
                yield from _unknown(item, child, _below(path, f"{name}.{at}"))
