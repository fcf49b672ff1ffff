"""Expectations: every operator, every reason, and who wrote what was not expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.scenarios.ledger import ledger
from tier2_core import (
    CallerError,
    Decision,
    ExpectationResult,
    InvalidSpecError,
    MissionCall,
    MissionExpectation,
    ScenarioDefinition,
    ScenarioResult,
    ScenarioSuiteDefinition,
    ScenarioSuiteResult,
    StepSpec,
    SuiteExpectationsDefinition,
    SuiteExpectationsResult,
    WorkflowDefinition,
    canonical_json,
    digest,
    evaluate_expectations,
    format_pointer,
    resolve_path,
    run,
    run_suite,
)
from tier2_core import ExecutionContext as Context

OPS = ("absent", "contains", "eq", "exists", "ge", "gt", "in", "le", "lt", "matches", "ne")
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "scenarios" / "expectations.json").read_text("utf-8"))


class Said:
    """A mission's result of another make."""

    def __init__(self, plain: Any) -> None:
        self.plain = plain
        self.asked = 0

    def to_dict(self) -> Any:
        self.asked += 1
        return self.plain


def suite_of(result: Any) -> ScenarioSuiteResult:
    return ScenarioSuiteResult("suite", {"s": ScenarioResult("s", {"m": result})})


def outcome(result: Any, path: str, op: str, expected: Any = None) -> ExpectationResult:
    """How one expectation of one result comes out."""
    wanted = SuiteExpectationsDefinition([MissionExpectation("e", "s", "m", path, op, expected)])
    return evaluate_expectations(suite_of(result), wanted).expectation_results["e"]


def about(reason: str, scenario: str, mission: str, path: str) -> dict[str, Any]:
    """The details of an expectation that fails."""
    return {"mission": mission, "path": path, "reason": reason, "scenario": scenario}


# --- operators ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: json.dumps(case))
def test_an_operator_holds_or_says_why_not(case: dict[str, Any]) -> None:
    made = outcome(Said({"at": case["actual"]} if "actual" in case else {}), "at", case["op"], case["expected"])
    assert made.passed is (case["reason"] is None)
    assert made.details.get("reason") == case["reason"]
    assert canonical_json(made.expected) == canonical_json(case["expected"])
    assert canonical_json(made.actual) == canonical_json(case.get("actual"))


def test_every_operator_and_every_reason_is_among_the_cases() -> None:
    reasons = {"path_missing", "path_present", "type_error"}
    reasons |= {f"{op}_mismatch" for op in OPS if op not in ("absent", "exists")}
    assert {case["op"] for case in VECTORS} == set(OPS)
    assert {case["reason"] for case in VECTORS if case["reason"]} == reasons


SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, -0.0, 1.0, 0.5]) | st.text(max_size=2)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)


@given(a=DOCUMENTS, b=DOCUMENTS)
@example(a={"x": [True]}, b={"x": [1]})
@example(a=[0.0], b=[-0.0])
def test_equal_are_documents_with_the_same_canonical_bytes(a: Any, b: Any) -> None:
    equal = canonical_json(a) == canonical_json(b)
    assert outcome(Said({"at": a}), "at", "eq", b).passed is equal
    assert outcome(Said({"at": a}), "at", "ne", b).passed is not equal
    assert outcome(Said({"at": [a]}), "at", "contains", b).passed is equal
    assert outcome(Said({"at": a}), "at", "in", [b]).passed is equal


NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)


@given(pair=st.tuples(NUMBERS, NUMBERS) | st.tuples(st.text(max_size=3), st.text(max_size=3)))
def test_of_two_numbers_or_texts_exactly_one_is_less_or_they_are_equal(pair: tuple[Any, Any]) -> None:
    a, b = pair
    holds = {op: outcome(Said([a]), "0", op, b).passed for op in ("lt", "eq", "gt", "le", "ge", "ne")}
    assert [holds["lt"], holds["eq"], holds["gt"]].count(True) == 1
    assert holds["le"] is (not holds["gt"])
    assert holds["ge"] is (not holds["lt"])
    assert holds["ne"] is (not holds["eq"])


def test_what_misses_a_schema_says_where_and_why() -> None:
    schema = {"type": "object", "properties": {"a": {"items": {"type": "integer"}}}, "required": ["b"]}
    made = outcome(Said({"at": {"a": [1, "x"]}}), "at", "matches", schema)
    assert made.details == {
        "mission": "m",
        "path": "at",
        "problems": [["", "found no key 'b'; expected one"], ["/a/1", 'found "x"; expected a whole number']],
        "reason": "matches_mismatch",
        "scenario": "s",
    }
    assert "problems" not in outcome(Said({}), "at", "matches", schema).details


@pytest.mark.parametrize(
    ("op", "actual", "expected", "message"),
    [
        ("gt", None, 3, "'gt' takes two numbers or two strings, found null and 3"),
        ("le", "a", [1], "'le' takes two numbers or two strings, found \"a\" and [1]"),
        ("lt", True, 2, "'lt' takes two numbers or two strings, found true and 2"),
        (
            "contains",
            {"a": 1},
            1,
            (
                "'contains' takes as the actual value an array, or a string or an object where the other is a string, "
                'found {"a":1} and 1'
            ),
        ),
        (
            "in",
            "x" * 100,
            5,
            (
                "'in' takes as the expected value an array, or a string or an object where the other is a string, "
                "found a string of 102 bytes and 5"
            ),
        ),
    ],
)
def test_a_type_error_says_what_the_operator_takes_and_what_it_was_given(
    op: str, actual: Any, expected: Any, message: str
) -> None:
    made = outcome(Said({"at": actual}), "at", op, expected)
    assert made.details == {"message": message, **about("type_error", "s", "m", "at")}


# --- what there is not, and results of other makes ---------------------------------------------------


def test_a_scenario_or_a_mission_that_is_not_there_is_the_reason() -> None:
    wanted = [
        MissionExpectation("scenario", "t", "m", "status", "absent"),
        MissionExpectation("mission", "s", "echo", "status", "ne", 1),
    ]
    made = evaluate_expectations(suite_of(Said({})), SuiteExpectationsDefinition(wanted)).expectation_results
    assert [(name, one.id, one.passed, one.actual, one.expected, one.details) for name, one in made.items()] == [
        ("scenario", "scenario", False, None, None, about("scenario_missing", "t", "m", "status")),
        ("mission", "mission", False, None, 1, about("mission_missing", "s", "echo", "status")),
    ]


def test_a_mission_is_found_by_its_label() -> None:
    suite = ScenarioSuiteDefinition("u", [ScenarioDefinition("s", {}, [MissionCall("echo", label="loud")])])
    wanted = [MissionExpectation(name, "s", name, "status", "eq", "succeeded") for name in ("loud", "echo")]
    made = evaluate_expectations(run_suite(suite), SuiteExpectationsDefinition(wanted))
    assert [one.details.get("reason") for one in made.expectation_results.values()] == [None, "mission_missing"]


def test_a_mission_after_the_end_of_a_chain_is_missing() -> None:
    calls = [MissionCall("fail"), MissionCall("add")]
    suite = ScenarioSuiteDefinition("u", [ScenarioDefinition("s", {}, calls, True)])
    wanted = SuiteExpectationsDefinition([MissionExpectation("e", "s", "add", "status", "exists")])
    made = evaluate_expectations(run_suite(suite, registry=ledger()), wanted).expectation_results["e"]
    assert made.details == about("mission_missing", "s", "add", "status")


def test_a_result_of_another_make_is_asked_once_and_has_no_writer() -> None:
    said = Said({"final_state": {"n": 1}, "list": [{"a/b": 2}]})
    wanted = [
        MissionExpectation("1", "s", "m", "final_state.n", "eq", 2),
        MissionExpectation("2", "s", "m", "/list/0/a~1b", "eq", 2),
        MissionExpectation("3", "s", "m", "list.00", "absent"),
    ]
    made = evaluate_expectations(suite_of(said), SuiteExpectationsDefinition(wanted))
    missed = about("eq_mismatch", "s", "m", "final_state.n")
    assert [one.details for one in made.expectation_results.values()] == [missed, {}, {}]
    assert said.asked == 1


@pytest.mark.parametrize("path", ["receipt.steps.0", "said"])
def test_each_scenario_is_held_against_its_own_results(path: str) -> None:
    """Missions of one name in two scenarios, in turns, at a path that the whole result is put together for."""
    results: dict[str, ScenarioResult] = {}
    for name in ("one", "two"):
        ran = run(WorkflowDefinition("w", [StepSpec(name, "runtime")]), Context({}))
        results[name] = ScenarioResult(name, {"m": ran if path != "said" else Said({"said": name})})
    wanted = [
        MissionExpectation(f"{place} {at} {value}", at, "m", path, "eq", value)
        for place, (at, value) in enumerate([("one", "one"), ("two", "two"), ("two", "one"), ("one", "one")])
    ]
    made = evaluate_expectations(ScenarioSuiteResult("suite", results), SuiteExpectationsDefinition(wanted))
    assert [(one.actual, one.passed) for one in made.expectation_results.values()] == [
        ("one", True),
        ("two", True),
        ("two", False),
        ("one", True),
    ]


def test_what_another_make_says_that_is_no_json_is_the_callers_fault() -> None:
    with pytest.raises(CallerError):
        outcome(Said({"at": {1, 2}}), "at", "exists")


# --- who wrote it ------------------------------------------------------------------------------------


def steps(*payloads: dict[str, Any]) -> WorkflowDefinition:
    return WorkflowDefinition("w", [StepSpec(f"s{n}", "runtime", payload) for n, payload in enumerate(payloads)])


def writer(workflow: WorkflowDefinition, state: dict[str, Any], path: str, **how: Any) -> Any:
    made = outcome(run(workflow, Context(state)), path, how.get("op", "eq"), how.get("expected", "nothing is this"))
    assert not made.passed
    return made.details["written_by"]


SET = {"operation": "set", "path": "a.b"}


@pytest.mark.parametrize(
    ("payloads", "path", "expected"),
    [
        ([{**SET, "value": 1}, {"operation": "noop"}], "a.b", "s0"),
        ([{**SET, "value": 1}, {**SET, "value": 2}], "a.b", "s1"),
        ([{**SET, "value": 1}, {**SET, "value": 1}], "a.b", "s0"),
        ([{**SET, "value": 1}, {**SET, "value": True}], "a.b", "s1"),
        ([{**SET, "value": 1}, {"operation": "delete", "path": "a.b"}], "a.b", "s1"),
        ([{**SET, "value": 1}, {"operation": "set", "path": "a", "value": {}}], "a.b", "s1"),
        ([{**SET, "value": 1}, {"operation": "set", "path": "", "value": {"a": {"b": 1}}}], "a.b", "s0"),
        ([{"operation": "set", "path": "", "value": {}}, {"operation": "noop"}], "a.b", "s0"),
        ([{**SET, "value": {"c": 1}}, {"operation": "set", "path": "a.b.c", "value": 2}], "a", "s1"),
        ([{**SET, "value": 1}, {"operation": "set", "path": "other", "value": 2}], "a.b", "s0"),
        ([{**SET, "value": 1}, {"operation": "set", "path": "other", "value": 2}], "", "s1"),
        ([{"operation": "noop"}], "a.b", None),
        ([{"operation": "noop"}], "", None),
        ([{"operation": "noop"}], "never.there", None),
        ([{**SET, "value": 1}, {"operation": "fail"}], "a.b", "s0"),
        ([{"operation": "append", "path": "list", "value": 2}], "list.1", "s0"),
        ([{"operation": "append", "path": "list", "value": 2}], "list.0", None),
    ],
)
def test_written_by_is_the_step_that_last_changed_what_is_at_the_path(
    payloads: list[dict[str, Any]], path: str, expected: str | None
) -> None:
    state = {"a": {"b": 0}, "list": [1]}
    dotted = f"final_state.{path}" if path else "final_state"
    pointer = "/" + dotted.replace(".", "/")
    assert writer(steps(*payloads), state, dotted) == expected
    assert writer(steps(*payloads), state, pointer) == expected


def test_written_by_is_told_of_what_should_be_absent_too() -> None:
    workflow = steps({**SET, "value": None})
    assert writer(workflow, {"a": {}}, "final_state.a.b", op="absent") == "s0"


def test_a_decision_writes_too() -> None:
    workflow = WorkflowDefinition("w", [StepSpec("ask", "human", {"into": "answer"}), StepSpec("s", "runtime")])
    assert writer(workflow, {"answer": 1}, "final_state.answer") is None
    decided = run(workflow, Context({"answer": 1}, decisions=[Decision("ask", value=2)]))
    assert outcome(decided, "final_state.answer", "eq", 1).details["written_by"] == "ask"


@pytest.mark.parametrize("path", ["status", "", "final_states", "final_state_x.a", "lineage.final_state_hash"])
def test_outside_the_final_state_nobody_is_named(path: str) -> None:
    made = outcome(run(steps({**SET, "value": 1}), Context({"a": {}})), path, "eq", "nothing is this")
    assert "written_by" not in made.details


WRITES = st.tuples(st.sampled_from(["a", "b", "a.x", "b.x"]), st.sampled_from([0, 1, True, None, {"x": 1}, {"x": 2}]))


@given(writes=st.lists(WRITES, max_size=5), path=st.sampled_from(["a", "b", "a.x", "b.x"]))
def test_written_by_agrees_with_a_replay(writes: list[tuple[str, Any]], path: str) -> None:
    state: dict[str, Any] = {"a": {"x": 0}, "b": {"x": 0}}
    result = run(steps(*({"operation": "set", "path": p, "value": v} for p, v in writes)), Context(state))
    seen, last = canonical_json(list(resolve_path(state, path))), None
    for place, entry in enumerate(result.run.trace):
        now = canonical_json(list(resolve_path(entry.state, path)))
        seen, last = now, (f"s{place}" if now != seen else last)
    assert outcome(result, f"final_state.{path}", "eq", "nothing is this").details["written_by"] == last


RESULTS = [
    run(steps({**SET, "value": "x"}, {"operation": "noop"}), Context({"a": {"b": 0}}, {"caller": "me"})),
    run(steps({"operation": "fail"}), Context({"a": {}})),
    run(WorkflowDefinition("w", [StepSpec("ask", "human", {"into": "a"})]), Context(decisions=[])),
    run(WorkflowDefinition("w", [StepSpec("ask", "human")]), Context(decisions=[Decision("ask", False, "Ada")])),
]


@given(result=st.sampled_from(RESULTS), data=st.data())
def test_every_place_of_a_result_is_found_as_in_its_plain_data(result: Any, data: st.DataObject) -> None:
    here, way = result.to_dict(), list[str]()
    while isinstance(here, dict | list) and here and data.draw(st.integers(0, 5)):
        names = sorted(here) if isinstance(here, dict) else list(range(len(here)))
        name = data.draw(st.sampled_from(names))
        here = here[name]
        way.append(str(name))
    way += data.draw(st.lists(st.sampled_from(["a", "0", "status"]), max_size=1))
    for path in (".".join(way), format_pointer(way)):
        made, plain = (outcome(one, path, "exists") for one in (result, Said(result.to_dict())))
        assert (made.passed, made.details.get("reason")) == (plain.passed, plain.details.get("reason"))
        assert canonical_json(made.actual) == canonical_json(plain.actual)


def test_effects_can_be_expected_and_a_failing_one_names_the_step_that_declares_them() -> None:
    mail = {"operation": "emit", "effect": "mail.send", "data": {"to": "ada"}}
    workflow = WorkflowDefinition("w", [StepSpec("a", "runtime"), StepSpec("tell", "runtime", mail)])
    result = run(workflow, Context({"to": "ada"}))
    assert outcome(result, "effects.0.data.to", "eq", "ada").passed
    assert outcome(result, "receipt.effects.0.kind", "eq", "mail.send").passed
    made = outcome(result, "effects.0.data.to", "eq", "eve")
    assert (made.details["reason"], made.details["written_by"]) == ("eq_mismatch", "tell")
    assert outcome(result, "effects.1", "exists").details["written_by"] is None
    assert "written_by" not in outcome(result, "effects", "eq", []).details


# --- definitions and results as values ---------------------------------------------------------------


def test_duplicate_ids_are_refused_by_name() -> None:
    wanted = [MissionExpectation(name, "s", "m", "", "exists") for name in "bcab"]
    with pytest.raises(ValueError, match="Duplicate expectation IDs 'b'"):
        SuiteExpectationsDefinition(wanted)


@pytest.mark.parametrize(
    ("path", "op", "expected", "field", "message"),
    [
        ("", "equals", 1, "op", "Invalid value for 'op': 'equals'"),
        ("", "", 1, "op", "Invalid value for 'op'"),
        ("", "EQ", 1, "op", "did you mean|expected one of absent, contains, eq"),
        ("/~2", "eq", 1, "path", "'/~2' has a '~'"),
        ("", "matches", {"type": "strin"}, "expected", "no JSON Schema"),
        ("", "matches", None, "expected", "no JSON Schema"),
        ("", "eq", {1}, "expected", "found a set"),
        ("", "eq", float("nan"), "expected", "found"),
    ],
)
def test_a_malformed_expectation_is_refused_when_it_is_made(
    path: str, op: str, expected: Any, field: str, message: str
) -> None:
    with pytest.raises(InvalidSpecError, match=message) as caught:
        MissionExpectation("e", "s", "m", path, op, expected)
    assert caught.value.field == field


def test_expected_defaults_to_null_and_is_held_frozen() -> None:
    assert MissionExpectation("e", "s", "m", "", "exists").to_dict()["expected"] is None
    expected = {"a": [1]}
    held = MissionExpectation("e", "s", "m", "", "eq", expected)
    expected["a"].append(2)
    assert held.to_dict()["expected"] == {"a": [1]}
    assert held != MissionExpectation("e", "s", "m", "", "eq", {"a": [True]})


def test_results_hand_out_fresh_plain_data() -> None:
    made = outcome(Said({"at": {"list": [1]}}), "at", "eq", {"list": [2]})
    before = canonical_json(made.to_dict())
    made.actual["list"].append(9)
    made.expected["list"].append(9)
    made.details["reason"] = "none"
    made.to_dict()["actual"]["list"].clear()
    assert canonical_json(made.to_dict()) == before
    assert type(made.actual) is dict
    assert type(made.actual["list"]) is list


def test_the_whole_passes_if_all_pass_and_its_hash_is_of_the_expectations_alone() -> None:
    good, bad = MissionExpectation("g", "s", "m", "n", "exists"), MissionExpectation("b", "s", "m", "n", "absent")
    both = SuiteExpectationsDefinition([good, bad])
    made, other = evaluate_expectations(suite_of(Said({"n": 1})), both), evaluate_expectations(suite_of(Said({})), both)
    assert (made.passed, other.passed) == (False, False)
    assert evaluate_expectations(suite_of(Said({"n": 1})), SuiteExpectationsDefinition([good])).passed is True
    assert [(name, one.id) for name, one in made.expectation_results.items()] == [("g", "g"), ("b", "b")]
    assert made.metadata == other.metadata
    assert list(made.metadata) == ["expectations_hash"]
    made.metadata.clear()
    turned = evaluate_expectations(suite_of(Said({})), SuiteExpectationsDefinition([bad, good]))
    assert turned.metadata["expectations_hash"] != made.metadata["expectations_hash"]
    plain = made.to_dict()
    assert json.dumps(plain) == json.dumps(plain, sort_keys=True)


def test_the_outcomes_are_a_read_only_mapping_by_id_in_the_order_of_the_definition() -> None:
    wanted = [MissionExpectation(name, "s", "m", "n", "exists") for name in "bca"]
    made = evaluate_expectations(suite_of(Said({"n": 1})), SuiteExpectationsDefinition(wanted))
    assert list(made.expectation_results) == ["b", "c", "a"]
    results: Any = made.expectation_results
    with pytest.raises(TypeError):
        results["b"] = results["a"]
    with pytest.raises(TypeError):
        del results["b"]
    plain = made.to_dict()["expectation_results"]
    assert plain == {name: results[name].to_dict() for name in "abc"}
    assert made == attrs.evolve(made)
    assert made != attrs.evolve(made, expectation_results={name: results[name] for name in "abc"})
    assert hash(made) == hash(attrs.evolve(made))


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ([], "field 'expectation_results' must be a mapping, found an array"),
        ({"a": {}}, "field 'expectation_results.a' must be an ExpectationResult, found an object"),
        ({"a": ExpectationResult("b", True)}, "has the outcome of expectation 'b' under 'a'; expected it under its id"),
    ],
)
def test_outcomes_that_are_none_or_under_another_id_are_refused(results: Any, message: str) -> None:
    with pytest.raises(InvalidSpecError, match=message):
        SuiteExpectationsResult(True, results)


@given(name=st.text(max_size=3), op=st.sampled_from(["eq", "ne", "in"]), expected=DOCUMENTS, actual=DOCUMENTS)
def test_hashes_are_the_digests_of_the_plain_data(name: str, op: str, expected: Any, actual: Any) -> None:
    wanted = MissionExpectation(f"id {name}", f"s {name}", f"m {name}", "at", op, expected)
    assert wanted.hash == digest(wanted.to_dict(), tag="tier2/expectation/v1")
    for passed, details in ((True, {}), (False, {"reason": name})):
        came_out = ExpectationResult(f"id {name}", passed, actual, expected, details)
        assert came_out.hash == digest(came_out.to_dict(), tag="tier2/outcome/v1")
    definition = SuiteExpectationsDefinition([wanted, attrs.evolve(wanted, id="other")])
    whole = evaluate_expectations(suite_of(Said({})), definition)
    hashes = [one.hash for one in definition.expectations]
    assert whole.metadata["expectations_hash"] == digest(hashes, tag="tier2/expectations/v1")
