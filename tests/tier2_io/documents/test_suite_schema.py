"""The schema of suites takes just what tier2 takes, but for what no schema can say."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.tier2_io.almost import ODD, PLAIN, TEXT, fields, meets, mostly
from tier2_core import (
    ConfigError,
    InvalidParamsError,
    Mission,
    Registry,
    StepSpec,
    WorkflowDefinition,
    hookimpl,
    load_registry,
    parse_test_document,
    resolve_path,
    unknown_fields,
)
from tier2_core.scenarios.config_adapter import FIELDS
from tier2_core.values.predicates import PREDICATES
from tier2_core.values.schema import check_schema
from tier2_io.documents.schemas.state import any_state_schema
from tier2_io.documents.schemas.suite import suite_schema

EXAMPLES = Path(__file__).parents[3] / "examples"

NOTHING = load_registry(entry_points=False)
INSTALLED = load_registry()


def silent(told: str) -> None:
    raise AssertionError(told)


SUITE = suite_schema(NOTHING, silent)
INSTALLED_SUITE = suite_schema(INSTALLED, silent)


def test_the_schema_has_just_the_fields_that_the_parser_knows() -> None:
    assert set(SUITE["properties"]) == set(FIELDS["document"])
    for kind in ("scenario", "mission", "decision", "expectation"):
        assert set(SUITE["$defs"][kind]["properties"]) == set(FIELDS[kind])


def test_every_operator_is_told_as_the_table_tells_it() -> None:
    told = SUITE["$defs"]["expectation"]["properties"]["op"]["oneOf"]
    assert {one["const"]: one["description"] for one in told} == {
        name: f"Holds if {meaning}." for name, meaning in PREDICATES.items()
    }


def test_the_examples_meet_the_schema() -> None:
    assert meets(INSTALLED_SUITE, json.loads((EXAMPLES / "suite.json").read_text()))
    assert meets(INSTALLED_SUITE, tomllib.loads((EXAMPLES / "suite.toml").read_text()))


_DECISION = fields({"step_id": TEXT}, approved=st.booleans(), actor=TEXT, reason=TEXT, value=PLAIN, seen=TEXT)
_PARAMS = st.dictionaries(
    st.sampled_from(["requested_steps", "max_priorities", "target", "x"]), ODD | st.integers(0, 3), max_size=2
)
_MISSION = fields(
    {"name": st.sampled_from(["echo", "daily_loop", "run_tests", "nobody"])},
    params=st.none() | _PARAMS,
    label=TEXT,
    decisions=st.none() | st.lists(mostly(_DECISION), max_size=2),
)
_SCENARIO = fields(
    {"scenario_name": TEXT, "initial_state": st.dictionaries(TEXT, PLAIN, max_size=2)},
    missions=st.lists(mostly(_MISSION), max_size=2),
    chained=st.booleans(),
)
_PATHS = st.sampled_from(
    ["", "status", "a~2", "~", "a\n\nb", "/a", "/", "/~0~1", "/~", "/a~\n", "/~2/", "/a\n", "/a/b~", "//~1"]
)
_OPERATORS = st.sampled_from([*PREDICATES, "matches", "like", "matches\n", ""])
_EXPECTED: st.SearchStrategy[Any] = st.sampled_from(
    [True, {}, {"type": "string"}, {"type": "strin"}, "x", None, [], 0, 1.5]
)
_EXPECTATION = fields(
    {"id": st.sampled_from("abcdef"), "scenario_name": TEXT, "mission_name": TEXT, "path": _PATHS, "op": _OPERATORS},
    expected=PLAIN | _EXPECTED,
)
SUITES = fields(
    {
        "suite_name": TEXT,
        "scenarios": st.lists(mostly(_SCENARIO), max_size=2),
        "expectations": st.lists(mostly(_EXPECTATION), max_size=2),
    }
)


def sayable(document: Any, problem: tuple[str, str]) -> bool:
    """Whether a schema can say it: not what is there twice, and not what makes an object a schema."""
    path, message = problem
    if message.startswith("Field 'expected'"):
        return type(resolve_path(document, path)[1].get("expected")) not in (dict, bool)
    return not message.startswith("Duplicate ")


def mistakes(document: Any) -> list[tuple[str, str]]:
    """What the parser refuses or passes over, as far as a schema can say it."""
    found = [("", sentence) for sentence in unknown_fields(document)]
    try:
        parse_test_document(document)
    except ConfigError as error:
        found += [problem for problem in error.problems if sayable(document, problem)]
    return found


@given(_PATHS, _OPERATORS, _EXPECTED | st.just(...))
def test_the_schema_takes_just_the_paths_and_operators_that_the_parser_takes(path: str, op: str, expected: Any) -> None:
    expectation = {"id": "a", "scenario_name": "s", "mission_name": "m", "path": path, "op": op}
    if expected is not ...:
        expectation["expected"] = expected
    document = {"suite_name": "s", "scenarios": [], "expectations": [expectation]}
    assert meets(SUITE, document) is (mistakes(document) == [])


@given(SUITES | ODD)
def test_the_schema_of_suites_takes_just_what_the_parser_takes(document: Any) -> None:
    assert meets(SUITE, document) is (mistakes(document) == [])


def _cannot_be_run(document: Any, known: Registry) -> bool:
    for scenario in document["scenarios"]:
        for call in scenario.get("missions", []):
            if call["name"] not in known.missions:
                return True
            try:
                known.get(call["name"]).validator(call.get("params") or {})
            except InvalidParamsError:
                return True
    return False


def suite_of(call: Any) -> dict[str, Any]:
    """A suite with this one mission."""
    scenario = {"scenario_name": "a", "initial_state": {}, "missions": [call]}
    return {"suite_name": "s", "scenarios": [scenario], "expectations": []}


@given(_MISSION)
def test_with_the_installed_missions_it_takes_just_what_can_be_run_as_well(call: Any) -> None:
    document = suite_of(call)
    refused = bool(mistakes(document)) or _cannot_be_run(document, INSTALLED)
    assert meets(INSTALLED_SUITE, document) is not refused


NESTED = {
    "$ref": "#/$defs/limits",
    "$defs": {
        "limits": {"properties": {"most": {"$ref": "#/definitions/number~1x"}, "in": {"$ref": "#"}}},
        "const": {"const": {"$ref": "#/nowhere"}},
    },
    "definitions": {"number/x": {"type": "integer", "description": "A whole number."}},
    "required": ["most"],
    "unevaluatedProperties": False,
}


class Strict:
    """A mission that needs params, of which the schema refers to its own parts."""

    @hookimpl
    def tier2_missions(self) -> list[Mission]:
        def build(params: Any) -> WorkflowDefinition:
            return WorkflowDefinition("wf", [StepSpec("ask", "human")])

        return [Mission("strict/~%", build, params_schema=NESTED)]


@given(
    st.recursive(
        st.none() | st.integers(0, 3) | st.just("x"),
        lambda parts: st.fixed_dictionaries({}, optional={"most": parts, "in": parts, "other": parts}),
        max_leaves=4,
    )
)
def test_references_of_a_plugin_still_lead_to_its_own_parts(params: Any) -> None:
    known = load_registry([Strict()], entry_points=False)
    schema = suite_schema(known, silent)
    for call in ({"name": "strict/~%", "params": params}, {"name": "strict/~%"}):
        document = suite_of(call)
        refused = bool(mistakes(document)) or _cannot_be_run(document, known)
        assert meets(schema, document) is not refused


class Odd:
    """Missions whose schemas are none, without end, or cannot be moved."""

    @hookimpl
    def tier2_missions(self) -> list[Mission]:
        odd = [{"type": "strin"}, {"$ref": "#"}, {"$id": "urn:example:a"}]

        def broken(params: Any) -> WorkflowDefinition:
            raise RuntimeError

        return [
            Mission(f"odd{place}", broken, params_schema=schema, state_schema=schema)
            for place, schema in enumerate(odd)
        ]


def test_what_cannot_be_shown_of_a_mission_is_left_out_and_told() -> None:
    known = load_registry([Odd()], entry_points=False)
    for make, kinds in ((suite_schema, ("params", "state")), (any_state_schema, ("state",))):
        told: list[str] = []
        check_schema(make(known, told.append))
        for kind in kinds:
            about = [one for one in told if one.startswith(f"the schema for the {kind} of mission 'odd")]
            assert len(about) == 3
            assert all("' is left out: " in one for one in about)
    assert meets(suite_schema(known, lambda told: None), suite_of({"name": "odd0", "params": {}}))


def test_a_suite_is_advised_on_the_state_of_its_missions_and_may_have_another() -> None:
    scenario = {"scenario_name": "a", "initial_state": {"tasks": "none"}, "missions": [{"name": "daily_loop"}]}
    assert meets(INSTALLED_SUITE, {"suite_name": "s", "scenarios": [scenario], "expectations": []})
    task = INSTALLED_SUITE["$defs"]["state-daily_loop"]["properties"]["tasks"]["items"]
    assert task["properties"]["priority"] == {"default": 3, "description": "1 is the highest."}
