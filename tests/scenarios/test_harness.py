"""Scenarios: what their missions start from, how results are keyed, and what their hashes bind."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from tests.scenarios.ledger import ledger
from tests.strategies import objects, texts
from tier2_core import (
    Decision,
    DecisionError,
    InvalidSpecError,
    MissionCall,
    ScenarioDefinition,
    ScenarioResult,
    UnknownMissionError,
    canonical_json,
    digest,
    run_scenario,
)

LEDGER = ledger()


def numbers(result: ScenarioResult) -> dict[str, Any]:
    """What ``n`` came to in each mission."""
    return {label: made.to_dict()["final_state"].get("n") for label, made in result.mission_results.items()}


# --- labels ------------------------------------------------------------------------------------------


def test_a_call_is_labelled_with_its_missions_name_unless_it_says_otherwise() -> None:
    assert MissionCall("echo").label == "echo"
    assert MissionCall("echo", label="loud").label == "loud"


def test_positional_arguments_of_a_call_come_in_the_order_of_the_contract() -> None:
    call = MissionCall("ask", {"a": 1}, "who", [Decision("question")])
    assert (call.name, call.params["a"] if call.params else None, call.label) == ("ask", 1, "who")
    assert call.decisions == (Decision("question"),)


def test_results_are_keyed_by_label_in_the_order_in_which_they_ran() -> None:
    calls = [MissionCall("add", label="z"), MissionCall("echo"), MissionCall("add", {"by": 5}, "a")]
    result = run_scenario(ScenarioDefinition("s", {"n": 0}, calls), registry=LEDGER)
    assert list(result.mission_results) == ["z", "echo", "a"]
    assert numbers(result) == {"z": 1, "echo": 0, "a": 5}


@pytest.mark.parametrize(
    "calls",
    [
        [MissionCall("echo"), MissionCall("echo", {"other": True})],
        [MissionCall("echo", label="x"), MissionCall("add", label="x")],
        [MissionCall("echo"), MissionCall("add", label="echo")],
    ],
    ids=["one mission twice", "one label twice", "a label that is another's name"],
)
def test_two_equal_labels_are_refused_by_name(calls: list[MissionCall]) -> None:
    with pytest.raises(InvalidSpecError, match=rf"duplicate labels: '{calls[0].label}'") as caught:
        ScenarioDefinition("s", {}, calls)
    assert caught.value.field == "missions"


# --- what a mission starts from ----------------------------------------------------------------------

BY = st.integers(-9, 9)


@given(start=BY, steps=st.lists(BY, max_size=6), chained=st.booleans())
def test_missions_start_from_the_initial_state_or_chained_from_the_one_before(
    start: int, steps: list[int], chained: bool
) -> None:
    calls = [MissionCall("add", {"by": by}, str(place)) for place, by in enumerate(steps)]
    result = run_scenario(ScenarioDefinition("s", {"n": start}, calls, chained), registry=LEDGER)
    expected = {str(p): start + (sum(steps[: p + 1]) if chained else by) for p, by in enumerate(steps)}
    assert numbers(result) == expected


@pytest.mark.parametrize(
    ("breaking", "status"),
    [
        (MissionCall("fail"), "failed"),
        (MissionCall("ask", decisions=[Decision("question", approved=False)]), "rejected"),
        (MissionCall("ask", decisions=[]), "suspended"),
    ],
    ids=["failed", "rejected", "suspended"],
)
def test_what_does_not_succeed_ends_a_chain_and_is_its_last_result(breaking: MissionCall, status: str) -> None:
    defn = ScenarioDefinition("s", {"n": 1}, [MissionCall("add"), breaking, MissionCall("add", label="never")], True)
    result = run_scenario(defn, registry=LEDGER)
    assert list(result.mission_results) == ["add", breaking.label]
    assert result.mission_results[breaking.label].to_dict()["status"] == status
    alone = run_scenario(evolve(defn, chained=False), registry=LEDGER)
    assert list(alone.mission_results) == ["add", breaking.label, "never"]


def test_a_scenario_without_missions_has_no_results() -> None:
    assert dict(run_scenario(ScenarioDefinition("s", {})).mission_results) == {}


def test_decisions_and_params_reach_the_mission() -> None:
    calls = [MissionCall("ask", decisions=[Decision("question", value=7)]), MissionCall("ask", label="unattended")]
    results = run_scenario(ScenarioDefinition("s", {}, calls), registry=LEDGER).to_dict()["mission_results"]
    assert results["ask"]["final_state"] == {"answer": 7}
    assert results["unattended"]["receipt"]["human"]["question"]["decision"] == "unattended"
    said = run_scenario(ScenarioDefinition("s", {}, [MissionCall("echo", {"hello": [1]})])).to_dict()
    assert said["mission_results"]["echo"]["executed_steps"][0]["payload"]["params"] == {"hello": [1]}


def test_an_unknown_mission_propagates_even_after_others_ran() -> None:
    defn = ScenarioDefinition("s", {}, [MissionCall("echo"), MissionCall("ecko")])
    with pytest.raises(UnknownMissionError, match="did you mean 'echo'"):
        run_scenario(defn)


def test_a_decision_that_fits_no_step_propagates() -> None:
    with pytest.raises(DecisionError, match="no human step 'nobody'"):
        run_scenario(ScenarioDefinition("s", {}, [MissionCall("echo", decisions=[Decision("nobody")])]))


# --- definitions and results as values ---------------------------------------------------------------


def test_definitions_copy_what_they_are_given() -> None:
    state: dict[str, Any] = {"list": [1]}
    calls = [MissionCall("echo")]
    defn = ScenarioDefinition("s", state, calls)
    state["list"].append(2)
    calls.append(MissionCall("add"))
    assert defn.to_dict()["initial_state"] == {"list": [1]}
    assert [call.name for call in defn.missions] == ["echo"]


def test_equal_are_scenarios_of_equal_documents_and_true_is_not_one() -> None:
    assert ScenarioDefinition("s", {"n": 1.0}) == ScenarioDefinition("s", {"n": 1})
    assert ScenarioDefinition("s", {"n": True}) != ScenarioDefinition("s", {"n": 1})
    assert MissionCall("echo", {"n": True}) != MissionCall("echo", {"n": 1})


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("scenario_name", (1, {})),
        ("initial_state", ("s", [])),
        ("initial_state", ("s", None)),
        ("initial_state", ("s", {"bad": {1}})),
        ("missions", ("s", {}, MissionCall("echo"))),
        ("missions.0", ("s", {}, ["echo"])),
        ("chained", ("s", {}, (), 1)),
    ],
)
def test_a_wrong_type_is_refused_and_the_field_named(field: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        ScenarioDefinition(*arguments)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("name", (None,)),
        ("params", ("echo", [])),
        ("label", ("echo", None, 1)),
        ("decisions.0", ("echo", None, "", [1])),
    ],
)
def test_a_wrong_type_in_a_call_is_refused_and_the_field_named(field: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        MissionCall(*arguments)
    assert caught.value.field == field


def test_a_result_is_read_only_and_its_metadata_fresh() -> None:
    result = run_scenario(ScenarioDefinition("s", {"n": 1}, [MissionCall("echo")]))
    results: Any = result.mission_results
    with pytest.raises(TypeError):
        results["echo"] = None
    with pytest.raises(TypeError):
        del results["echo"]
    with pytest.raises(FrozenInstanceError):
        result.scenario_name = "t"  # type: ignore[misc]
    before = canonical_json(result.to_dict())
    result.metadata["scenario_hash"] = "forged"
    result.to_dict()["mission_results"]["echo"]["final_state"]["n"] = 2
    assert sorted(result.metadata) == ["scenario_hash", "scenario_name"]
    assert result.metadata["scenario_name"] == "s"
    assert canonical_json(result.to_dict()) == before


def test_a_result_does_not_follow_the_mapping_that_it_was_made_of() -> None:
    results = dict(run_scenario(ScenarioDefinition("s", {}, [MissionCall("echo")])).mission_results)
    made = ScenarioResult("s", results)
    results.clear()
    assert list(made.mission_results) == ["echo"]
    assert made.metadata == {}


def test_to_dict_is_plain_json_with_sorted_keys() -> None:
    calls = [MissionCall("add", {"by": 2}, "b"), MissionCall("ask", label="a")]
    defn = ScenarioDefinition("s", {"z": 1, "n": 0}, calls)
    for plain in (defn.to_dict(), run_scenario(defn, registry=LEDGER).to_dict()):
        assert json.dumps(plain) == json.dumps(plain, sort_keys=True)


# --- hashes ------------------------------------------------------------------------------------------

DEFN = ScenarioDefinition("s", {"n": 1}, [MissionCall("add", {"by": 2}), MissionCall("ask", decisions=[])])


def scenario_hash(defn: ScenarioDefinition, factor: int = 1) -> str:
    return str(run_scenario(defn, registry=ledger(factor)).metadata["scenario_hash"])


@pytest.mark.parametrize(
    "other",
    [
        evolve(DEFN, scenario_name="t"),
        evolve(DEFN, initial_state={"n": True}),
        evolve(DEFN, initial_state={"n": 1, "m": None}),
        evolve(DEFN, chained=True),
        evolve(DEFN, missions=DEFN.missions[:1]),
        evolve(DEFN, missions=DEFN.missions[::-1]),
        evolve(DEFN, missions=[evolve(DEFN.missions[0], params={"by": 3}), DEFN.missions[1]]),
        evolve(DEFN, missions=[evolve(DEFN.missions[0], label="plus"), DEFN.missions[1]]),
        evolve(DEFN, missions=[DEFN.missions[0], evolve(DEFN.missions[1], decisions=None)]),
    ],
    ids=["name", "a value", "a key", "chained", "fewer", "order", "params", "label", "decisions"],
)
def test_the_hash_binds_every_part_of_the_definition(other: ScenarioDefinition) -> None:
    assert scenario_hash(DEFN) != scenario_hash(other)


def test_the_hash_binds_the_results_and_is_the_same_for_the_same() -> None:
    assert scenario_hash(DEFN) == scenario_hash(evolve(DEFN, initial_state={"n": 1.0}))
    assert scenario_hash(DEFN) != scenario_hash(DEFN, factor=2)


def test_the_hash_binds_the_initial_state_even_where_nothing_runs() -> None:
    assert scenario_hash(ScenarioDefinition("s", {"n": 1})) != scenario_hash(ScenarioDefinition("s", {"n": True}))


LABELS = st.sampled_from(["b", "a", "é", "\U0001f642", "\ue000", 'say "no"', "1.0"])


@given(
    labels=st.lists(LABELS, unique=True, max_size=4),
    params=st.none() | objects(),
    name=texts(),
    chained=st.booleans(),
    decided=st.none() | st.booleans(),
)
def test_the_hash_is_over_the_plain_data_of_the_definition_and_the_digests_of_the_results(
    labels: list[str], params: Any, name: str, chained: bool, decided: bool | None
) -> None:
    decisions = None if decided is None else [Decision("question", decided, "é", "", {"n": 1.0})]
    calls = [MissionCall("ask", label=label, params=params, decisions=decisions) for label in labels]
    defn = ScenarioDefinition(name, {"n": 0}, calls, chained)
    result = run_scenario(defn, registry=LEDGER)
    parts = {
        "chained": chained,
        "initial_state_hash": digest(defn.initial_state),
        "missions": [call.to_dict() for call in calls],
        "results": {label: digest(made.to_dict()) for label, made in result.mission_results.items()},
        "scenario_name": name,
    }
    assert result.hash == result.metadata["scenario_hash"] == digest(parts, tag="tier2/scenario/v1")
