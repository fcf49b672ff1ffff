"""The schemas and the code say the same: what one takes, the other does, but for what no schema can say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.test_record import ASKED, REFUSED, _places, results, with_change
from tests.tier2_io.almost import ODD, PLAIN, TEXT, fields, meets
from tests.tier2_missions.test_daily_loop import DAYS, MALFORMED, UNASKED
from tier2_core import (
    Decision,
    DecisionError,
    ExecutionContext,
    InvalidSpecError,
    RecordError,
    StepSpec,
    WorkflowDefinition,
    load_record,
    load_registry,
    make_record,
    resolve_path,
    run,
    run_mission,
)
from tier2_core.values.schema import check_schema, schema_problems
from tier2_io.documents.schemas.decision import decision_schema
from tier2_io.documents.schemas.record import record_schema
from tier2_io.documents.schemas.state import any_state_schema, state_schema
from tier2_io.documents.schemas.suite import suite_schema
from tier2_missions.daily_loop import is_date
from tier2_missions.daily_schemas import PARAMS, STATE

ROOT = Path(__file__).parents[3]


def silent(told: str) -> None:
    raise AssertionError(told)


NOTHING = load_registry(entry_points=False)
INSTALLED = load_registry()
SUITE = suite_schema(NOTHING, silent)
INSTALLED_SUITE = suite_schema(INSTALLED, silent)
RECORD = record_schema()
ASK = [
    StepSpec("ask", "human", {"into": "answer", "schema": {"type": "string", "minLength": 1}}),
    StepSpec("or not", "human", {"description": "Or not?", "schema": {"type": ["integer", "null"]}}),
    StepSpec("just", "human"),
]
DECISIONS = decision_schema(ASK, silent)
EVERY = {
    "suite": INSTALLED_SUITE,
    "suite of nothing": SUITE,
    "record": RECORD,
    "decision": decision_schema((), silent),
    "decision of a plan": DECISIONS,
    "state": any_state_schema(INSTALLED, silent),
    **{f"state of {name}": state_schema(INSTALLED.missions[name]) for name in INSTALLED.missions},
}


# --- what they are -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_every_schema_is_one_and_every_property_says_what_it_is_for(name: str) -> None:
    schema = EVERY[name]
    check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["title"]
    if name not in ("state", "suite"):  # which hold what plugins wrote
        for properties in _properties(schema):
            for key, part in properties.items():
                assert "$ref" in part or part["description"], key
    for reference in _references(schema):
        assert resolve_path(schema, reference.removeprefix("#"))[0], reference


def _properties(schema: Any, asserted: bool = True) -> Iterator[dict[str, Any]]:
    """The properties of all objects in a schema, but for those that only ask what an object is."""
    if isinstance(schema, dict):
        if asserted and schema.get("type") == "object" and "properties" in schema:
            yield schema["properties"]
        for key, part in schema.items():
            yield from _properties(part, key not in ("if", "then", "else"))
    elif isinstance(schema, list):
        for part in schema:
            yield from _properties(part)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for part in schema.values():
            yield from _references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _references(part)


def test_the_day_of_the_examples_is_a_state() -> None:
    day = json.loads((ROOT / "examples/monday.json").read_text())
    assert meets(state_schema(INSTALLED.missions["daily_loop"]), day)
    assert meets(EVERY["state"], day)


# --- decisions -----------------------------------------------------------------------------------


@given(
    fields(
        {"step_id": st.sampled_from(["ask", "or not", "just", "nobody"])},
        approved=st.booleans(),
        actor=TEXT,
        reason=TEXT,
        value=st.sampled_from([None, "", "x", 1, 1.5, []]),
    )
)
def test_the_schema_of_decisions_takes_just_what_the_run_takes(document: Any) -> None:
    try:
        decision = Decision(**document)
    except (InvalidSpecError, TypeError):
        assert not meets(DECISIONS, document)
        assert not meets(EVERY["decision"], document)
        return
    assert meets(EVERY["decision"], document)
    asked = [step for step in ASK if step.id == decision.step_id]
    try:
        run(WorkflowDefinition("wf", asked), ExecutionContext({}, decisions=[decision]))
    except DecisionError:
        taken = False
    else:
        taken = True
    assert meets(DECISIONS, document) is taken


# --- states --------------------------------------------------------------------------------------

UNSAYABLE = ("have the same id", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-01-00")


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case["name"])
def test_a_malformed_state_is_refused_but_for_calendars_and_ids_that_come_twice(case: dict[str, Any]) -> None:
    expected = not any(words in case["reason"] for words in UNSAYABLE)
    assert bool(schema_problems(STATE, case["state"])) is expected


@pytest.mark.parametrize("case", DAYS, ids=lambda case: case["name"])
def test_the_state_of_a_day_is_taken_before_and_after(case: dict[str, Any]) -> None:
    assert schema_problems(STATE, case["state"]) == ()
    assert schema_problems(STATE, run_mission("daily_loop", UNASKED, case["state"]).final_state) == ()


_DATES = st.sampled_from([None, "2026-03-02", "2026-02-29", "2026-3-2", "2026-03-02\n", 3, ""])
_TASKS = st.fixed_dictionaries(
    {"id": st.sampled_from(["a", "b", "", 1]), "title": st.sampled_from(["A", "A", "A", "", None])},
    optional={
        "done": st.sampled_from([True, False, None]),
        "priority": st.sampled_from([1, 2, 0, 1.5, True, None]),
        "due": _DATES,
        "completed_on": _DATES,
        "tags": st.sampled_from([[], ["x"], [1], None]),
        "more": st.just(1),
    },
)
_STATES = st.fixed_dictionaries(
    {},
    optional={
        "date": _DATES,
        "tasks": st.lists(_TASKS, max_size=2) | ODD,
        "log": st.lists(st.fixed_dictionaries({}, optional={"date": _DATES, "summary": ODD}), max_size=2) | ODD,
        "archive": st.lists(ODD, max_size=1) | ODD,
        "daily": st.fixed_dictionaries({}, optional={"confirmed": st.lists(st.just("a")) | ODD, "summary": ODD}) | ODD,
    },
)


def _days(value: Any) -> Iterator[Any]:
    """All that stands where a date is to stand."""
    if isinstance(value, dict):
        yield from (part for name, part in value.items() if name in ("date", "due", "completed_on"))
        for part in value.values():
            yield from _days(part)
    elif isinstance(value, list):
        for part in value:
            yield from _days(part)


@given(_STATES)
def test_the_schema_of_states_takes_just_what_daily_loop_works_on(state: dict[str, Any]) -> None:
    tasks = state.get("tasks")
    ids = [task["id"] for task in tasks if isinstance(task, dict) and "id" in task] if isinstance(tasks, list) else []
    sayable = len(set(ids)) == len(ids) and all(is_date(day) for day in _days(state) if day == "2026-02-29")
    if sayable:
        works = run_mission("daily_loop", UNASKED, state).status == "succeeded"
        assert (schema_problems(STATE, state) == ()) is works


def test_the_defaults_of_the_params_are_those_of_the_plan() -> None:
    defaults = {name: part["default"] for name, part in PARAMS["properties"].items()}
    given_, left_out = (run_mission("daily_loop", params).to_dict() for params in (defaults, None))
    assert given_["executed_steps"] == left_out["executed_steps"]


# --- records -------------------------------------------------------------------------------------


@given(results())
def test_every_record_that_is_made_meets_its_schema(result: Any) -> None:
    assert meets(RECORD, make_record(result, environment={"python": "3.11"}).to_dict())


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "tests/records").glob("*.json")))
def test_the_records_of_earlier_versions_meet_the_schema(name: str) -> None:
    assert meets(RECORD, json.loads((ROOT / "tests/records" / name).read_text("utf-8")))


_NOT_SAID = ("duplicate", "to be one", "lone surrogate", "found NaN", "deeper than 64")
"""What no schema says: what must not come twice, names that are one, what no document is."""


@pytest.mark.parametrize(("pointer", "value", "message"), REFUSED)
def test_what_is_refused_as_no_record_is_refused_by_the_schema(pointer: str, value: Any, message: str) -> None:
    taken = meets(RECORD, with_change(ASKED.to_dict(), pointer, value))
    assert taken is any(words in message for words in _NOT_SAID)


@given(st.sampled_from(_places(ASKED.to_dict())), PLAIN | st.sampled_from([..., None, True, "x", [], {}, "0" * 64]))
def test_a_record_with_any_part_exchanged_is_taken_by_both_or_by_neither(pointer: str, value: Any) -> None:
    changed = with_change(ASKED.to_dict(), pointer, value)
    try:
        load_record(changed)
    except RecordError as error:
        refused = not any(words in str(error) for words in _NOT_SAID)
    else:
        refused = False
    assert meets(RECORD, changed) is not refused


@pytest.mark.parametrize(
    ("decision", "taken"),
    [
        ({"step_id": "go"}, False),
        ({"step_id": "go", "actor": "ada"}, False),
        ({"step_id": "go", "actor": " ", "seen": "0" * 64}, False),
        ({"step_id": "go", "actor": "ada", "seen": "0" * 64}, True),
        ({"step_id": "go", "actor": "ada", "seen": "0" * 64, "approved": False}, False),
        ({"step_id": "go", "actor": "ada", "seen": "0" * 64, "approved": False, "reason": "late"}, True),
        ({"step_id": "free"}, True),
    ],
)
def test_a_decision_meets_what_its_step_demands(decision: dict[str, Any], taken: bool) -> None:
    demands = {"actor": True, "seen": True, "reason": True}
    steps = [StepSpec("go", "human", {"demands": demands}), StepSpec("free", "human")]
    assert meets(decision_schema(steps, warn=print), decision) is taken
