"""Configs: every mistake at once, each with its path; what is fine comes out as the definition."""

from __future__ import annotations

import copy
import json
import re
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pmap

from tier2_core import (
    ConfigError,
    Decision,
    MissionCall,
    MissionExpectation,
    ScenarioDefinition,
    ScenarioSuiteDefinition,
    SuiteExpectationsDefinition,
    UnknownMissionError,
    canonical_json,
    format_pointer,
    freeze,
    parse_expectations_definition,
    parse_suite_definition,
    parse_test_document,
    resolve_path,
    run_test_run,
    run_test_run_from_config,
    unknown_fields,
)
from tier2_core.scenarios.config_adapter import misplaced_fields

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "scenarios" / "configs.json").read_text("utf-8"))
SUITES = [pytest.param(case, id=case["name"]) for case in VECTORS["suites"]]
EXPECTATIONS = [pytest.param(case, id=case["name"]) for case in VECTORS["expectations"]]

GOOD: dict[str, Any] = {
    "$schema": "https://example.org/test-document",
    "description": "All there is.",
    "suite_name": "suite",
    "scenarios": [
        {
            "description": "One of each.",
            "scenario_name": "s",
            "initial_state": {"date": "2026-03-02", "tasks": [{"id": "a", "title": "A"}]},
            "missions": [
                {"name": "echo", "params": {"a": [1]}, "description": "Says it."},
                {
                    "name": "daily_loop",
                    "label": "decided",
                    "decisions": [{"step_id": "daily-confirm-priorities", "value": ["a"], "actor": "ada"}],
                },
                {"name": "daily_loop", "params": None, "decisions": None},
            ],
            "chained": True,
        },
        {"scenario_name": "empty", "initial_state": {}},
    ],
    "expectations": [
        {
            "id": "1",
            "scenario_name": "s",
            "mission_name": "echo",
            "path": "status",
            "op": "eq",
            "expected": "succeeded",
        },
        {"id": "2", "scenario_name": "s", "mission_name": "decided", "path": "/final_state/log", "op": "exists"},
    ],
}


# --- what is fine ------------------------------------------------------------------------------------


def test_a_config_becomes_the_definition_that_it_describes() -> None:
    decision = Decision("daily-confirm-priorities", actor="ada", value=["a"])
    calls = [
        MissionCall("echo", {"a": [1]}),
        MissionCall("daily_loop", None, "decided", [decision]),
        MissionCall("daily_loop"),
    ]
    state = GOOD["scenarios"][0]["initial_state"]
    scenarios = [ScenarioDefinition("s", state, calls, chained=True), ScenarioDefinition("empty", {})]
    assert parse_suite_definition(GOOD) == ScenarioSuiteDefinition("suite", scenarios)
    wanted = [
        MissionExpectation("1", "s", "echo", "status", "eq", "succeeded"),
        MissionExpectation("2", "s", "decided", "/final_state/log", "exists"),
    ]
    assert parse_expectations_definition(GOOD) == SuiteExpectationsDefinition(wanted)


def test_a_test_document_is_both_configs_in_one() -> None:
    suite, wanted = parse_test_document(GOOD)
    assert (suite, wanted) == (parse_suite_definition(GOOD), parse_expectations_definition(GOOD))
    outcome = run_test_run_from_config(GOOD, GOOD)
    assert outcome.passed is True
    assert outcome.to_dict() == run_test_run(suite, wanted).to_dict()


def test_frozen_and_plain_configs_are_one_and_neither_is_changed() -> None:
    plain = copy.deepcopy(GOOD)
    frozen: Any = freeze(plain)
    assert parse_test_document(frozen) == parse_test_document(plain)
    assert canonical_json(run_test_run_from_config(frozen, frozen).to_dict()) == canonical_json(
        run_test_run_from_config(plain, plain).to_dict()
    )
    assert plain == GOOD
    assert unknown_fields(frozen) == unknown_fields(plain) == ()


def test_tuples_are_lists() -> None:
    assert parse_suite_definition({**GOOD, "scenarios": tuple(GOOD["scenarios"])}) == parse_suite_definition(GOOD)


def test_no_decisions_and_an_empty_list_of_them_differ() -> None:
    """Without any the run is unattended; with none of several it waits."""

    def call(**more: Any) -> MissionCall:
        scenario = {"scenario_name": "s", "initial_state": {}, "missions": [{"name": "m", **more}]}
        return parse_suite_definition({"suite_name": "u", "scenarios": [scenario]}).scenarios[0].missions[0]

    assert call().decisions is None
    assert call(decisions=None).decisions is None
    assert call(decisions=[]).decisions == ()


TEXT = st.text(st.characters(codec="utf-8"), max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
STATES = st.dictionaries(TEXT, VALUES, max_size=3)
DECISIONS = st.lists(
    st.builds(Decision, TEXT, st.booleans(), TEXT, TEXT, VALUES, TEXT), max_size=2, unique_by=lambda d: d.step_id
)
CALLS = st.lists(
    st.builds(MissionCall, TEXT, st.none() | STATES, TEXT, st.none() | DECISIONS),
    max_size=3,
    unique_by=lambda c: c.label,
)
SUITE_DEFINITIONS = st.builds(
    ScenarioSuiteDefinition,
    TEXT,
    st.lists(st.builds(ScenarioDefinition, TEXT, STATES, CALLS, st.booleans()), max_size=3),
)


@given(SUITE_DEFINITIONS)
def test_what_a_definition_says_of_itself_is_its_config(defn: ScenarioSuiteDefinition) -> None:
    plain = json.loads(json.dumps(defn.to_dict()))
    assert parse_suite_definition(plain) == defn
    assert parse_suite_definition(freeze(plain)) == defn  # type: ignore[arg-type]
    assert unknown_fields(plain) == ()


# --- mistakes ----------------------------------------------------------------------------------------


def check(case: dict[str, Any], error: ConfigError) -> None:
    """All mistakes of the case and no other, in the error's data and in its text."""
    left = list(error.problems)
    for path, message in case["problems"]:
        found = next((one for one in left if one[0] == path and message in one[1]), None)
        assert found, (path, message, left)
        left.remove(found)
        assert (f"{path}: {found[1]}" if path else found[1]) in str(error).split("\n")
    assert left == []


@pytest.mark.parametrize("case", SUITES)
def test_every_mistake_of_a_suite_is_reported_with_its_path(case: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_suite_definition(case["config"])
    check(case, caught.value)


@pytest.mark.parametrize("case", EXPECTATIONS)
def test_every_mistake_of_expectations_is_reported_with_its_path(case: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_expectations_definition(case["config"])
    check(case, caught.value)


@pytest.mark.parametrize("suite", SUITES[2:])
@pytest.mark.parametrize("wanted", EXPECTATIONS[1:])
def test_the_mistakes_of_both_halves_are_reported_at_once(suite: dict[str, Any], wanted: dict[str, Any]) -> None:
    both = {"problems": suite["problems"] + wanted["problems"]}
    with pytest.raises(ConfigError) as caught:
        parse_test_document({**suite["config"], **wanted["config"]})
    check(both, caught.value)
    with pytest.raises(ConfigError) as caught:
        run_test_run_from_config(suite["config"], wanted["config"])
    check(both, caught.value)


def test_what_is_no_mapping_at_all_is_one_mistake_of_a_document() -> None:
    with pytest.raises(ValueError, match="must be a dict") as caught:
        parse_test_document([])  # type: ignore[arg-type]
    assert isinstance(caught.value, ConfigError)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("mapping", [OrderedDict(suite_name="s", scenarios=[]), None, "{}"])
def test_a_config_is_a_plain_or_a_frozen_mapping(mapping: Any) -> None:
    with pytest.raises(ConfigError, match="must be a dict"):
        parse_suite_definition(mapping)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("scenarios.0.initial_state", lambda doc, bad: doc["scenarios"][0].update(initial_state={"k": bad})),
        (
            "scenarios.0.missions.0.params",
            lambda doc, bad: doc["scenarios"][0]["missions"][0].update(params={"k": bad}),
        ),
        (
            "scenarios.0.missions.1.decisions.0.value",
            lambda doc, bad: doc["scenarios"][0]["missions"][1]["decisions"][0].update(value={"k": bad}),
        ),
        ("expectations.0.expected", lambda doc, bad: doc["expectations"][0].update(expected={"k": bad})),
    ],
)
@pytest.mark.parametrize("bad", [{1}, float("nan"), b"", 2**53 + 1, {1: 2}, "\ud800"], ids=repr)
def test_what_is_no_json_is_reported_where_it_is(path: str, change: Any, bad: Any) -> None:
    document = copy.deepcopy(GOOD)
    change(document, bad)
    with pytest.raises(ConfigError) as caught:
        parse_test_document(document)
    assert [one[0] for one in caught.value.problems] == [path]
    assert "At '/k': found" in caught.value.problems[0][1]
    str(caught.value).encode()


def test_an_unknown_mission_is_no_mistake_of_the_config_and_propagates() -> None:
    config = {
        "suite_name": "s",
        "scenarios": [{"scenario_name": "a", "initial_state": {}, "missions": [{"name": "x"}]}],
    }
    with pytest.raises(UnknownMissionError, match="'x'"):
        run_test_run_from_config(config, {"expectations": []})


class Odd:
    """Something that is no JSON."""


JUNK = st.sampled_from([None, True, 0, 1.5, "", "x", "\ud800", [], {}, [None], {1: 2}, {"a": {1}}, b"", Odd(), (), {3}])


def mutated(document: Any, place: int, junk: Any) -> Any:
    """The document with the node at ``place``, counted in depth, replaced by junk."""
    count = iter(range(10_000))

    def walk(node: Any) -> Any:
        if next(count) == place:
            return junk
        if type(node) is dict:
            return {name: walk(part) for name, part in node.items()}
        return [walk(part) for part in node] if type(node) is list else node

    return walk(copy.deepcopy(document))


@given(places=st.lists(st.tuples(st.integers(0, 60), JUNK), min_size=1, max_size=3))
def test_whatever_is_wrong_with_a_document_nothing_but_a_config_error_is_raised(places: list[tuple[int, Any]]) -> None:
    document: Any = GOOD
    for place, junk in places:
        document = mutated(document, place, junk)
    assert all(type(sentence) is str for sentence in unknown_fields(document))
    try:
        made = parse_test_document(document)
    except ConfigError as error:
        problems = error.problems
        str(error).encode()
    else:
        problems = (("", "none"),)
        assert parse_test_document({**made[0].to_dict(), **made[1].to_dict()}) == made
    assert problems


def part_by_part(document: Any) -> Any:
    """The same with a persistent map for each mapping in a list: it is read part by part, as what has a mistake is."""
    if type(document) is list:
        return [pmap(part_by_part(one)) if type(one) is dict else part_by_part(one) for one in document]
    return {name: part_by_part(part) for name, part in document.items()} if type(document) is dict else document


@given(places=st.lists(st.tuples(st.integers(0, 60), JUNK), max_size=2))
def test_what_is_built_as_it_stands_is_what_it_is_part_by_part(places: list[tuple[int, Any]]) -> None:
    document: Any = GOOD
    for place, junk in places:
        document = mutated(document, place, junk)
    made: list[Any] = []
    for one in (document, part_by_part(document)):
        try:
            made.append((parse_test_document(one), None))
        except ConfigError as error:
            made.append((None, (str(error), error.problems, error.pointers)))
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("parse", "case"),
    [(parse_suite_definition, case) for case in VECTORS["suites"]]
    + [(parse_expectations_definition, case) for case in VECTORS["expectations"]],
)
def test_a_pointer_leads_to_what_is_wrong_or_to_where_something_is_missing(parse: Any, case: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(case["config"])
    for (path, message), pointer in zip(caught.value.problems, caught.value.pointers, strict=True):
        around = format_pointer(filter(None, path.split(".")))
        assert pointer.startswith(around)
        assert resolve_path(case["config"], pointer)[0], message
        named = re.match("Field '(.*)' must be", message)
        assert named is None or pointer == f"{around}/{named[1]}"


# --- unknown fields ----------------------------------------------------------------------------------


def test_unknown_fields_are_ignored_and_told_with_the_closest_known_name() -> None:
    document: dict[str, Any] = copy.deepcopy(GOOD)
    document["expectation"] = []
    document["scenarios"][1]["mission"] = []
    document["scenarios"][0]["missions"][1]["lable"] = "x"
    document["scenarios"][0]["missions"][1]["decisions"][0]["zzz"] = 1
    document["expectations"][1]["expect"] = 1
    assert parse_test_document(document) == parse_test_document(GOOD)
    told = unknown_fields(document)
    assert told == (
        "'expectation' is no field of a test document and is ignored; did you mean 'expectations'?",
        "'scenarios.0.missions.1.lable' is no field of a mission and is ignored; did you mean 'label'?",
        "'scenarios.0.missions.1.decisions.0.zzz' is no field of a decision and is ignored.",
        "'scenarios.1.mission' is no field of a scenario and is ignored; did you mean 'missions'?",
        "'expectations.1.expect' is no field of an expectation and is ignored; did you mean 'expected'?",
    )
    assert unknown_fields(freeze(document)) == told


def test_the_first_mistakes_are_told_with_the_number_of_all() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_suite_definition({"suite_name": "s", "scenarios": [{}] * 25_000})
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[19] == "scenarios.9: Missing required field 'initial_state'"
    assert lines[20] == "… and 49,980 more mistakes"
    assert caught.value.total == 50_000
    assert len(caught.value.problems) == len(caught.value.pointers) == 10_000


def test_one_mistake_more_than_are_told_is_one_mistake() -> None:
    for count, last in ((20, "scenarios.19: Each scenario must be a dict"), (21, "… and 1 more mistake")):
        with pytest.raises(ConfigError) as caught:
            parse_suite_definition({"suite_name": "s", "scenarios": [1] * count})
        assert str(caught.value).splitlines()[-1] == last
        assert caught.value.total == len(caught.value.problems) == count


def test_names_that_come_twice_are_told_at_once_however_many_there_are() -> None:
    """The first of them by name: neither the work nor the message grows with their square."""
    ids = [f"e{place:05}" for place in range(20_000)] * 2
    common = {"scenario_name": "s", "mission_name": "m", "path": "status", "op": "exists"}
    with pytest.raises(ConfigError) as caught:
        parse_expectations_definition({"expectations": [{"id": one, **common} for one in ids]})
    assert str(caught.value) == (
        "Duplicate expectation IDs 'e00000', 'e00001', 'e00002', 'e00003', 'e00004' and 19,995 more; expected each once"
    )
    made = [MissionExpectation(one, "s", "m", "status", "exists") for one in ids]
    with pytest.raises(ValueError, match=r"Duplicate expectation IDs 'e00000', .* and 19,995 more; expected each once"):
        SuiteExpectationsDefinition(made)
    calls = [MissionCall("echo", label=one) for one in ids]
    with pytest.raises(ValueError, match=r"has duplicate labels: 'e00000', .* and 19,995 more; expected each once"):
        ScenarioDefinition("s", {}, calls)


def test_a_long_operator_is_cut() -> None:
    with pytest.raises(ValueError, match="Invalid value for 'op'") as caught:
        MissionExpectation("e", "s", "m", "status", "x" * 1_000)
    assert f"Invalid value for 'op': '{'x' * 79}…'; expected one of" in str(caught.value)


def test_of_many_unknown_fields_the_first_are_told() -> None:
    document = {"suite_name": "s", **{f"field-{place:04}-{'x' * 100}": 1 for place in range(2_000)}}
    told, more = misplaced_fields(document)
    assert (len(told), more) == (20, 1_980)
    assert told[0][1].startswith("'field-0000-xxx")
    assert "x…' is no field" in told[0][1]
    assert len(unknown_fields(document)) == 2_000
