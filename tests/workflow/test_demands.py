"""What a step demands of those who answer: checked before anything changes, and to be answered again."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.plans import ask, do, plan
from tier2_core import (
    Decision,
    DecisionError,
    ExecutionContext,
    InvalidSpecError,
    OrchestrationResult,
    WorkflowDefinition,
    canonical_json,
    consequences,
    decision_statement,
    decision_table,
    resume,
    run,
    same,
)

METADATA = {"caller": "Ada"}


def two(**demands: Any) -> WorkflowDefinition:
    """A plan in which the second step demands something."""
    return plan(ask("one", into="n"), do("increment", path="n"), ask("two", demands=demands))


def waiting(workflow: WorkflowDefinition, first: str = "Bob", metadata: Any = METADATA) -> OrchestrationResult:
    """The run of such a plan, waiting at the second step."""
    asked = run(workflow, ExecutionContext({}, metadata, decisions=[]))
    return resume(asked, Decision("one", actor=first, value=1))


def signed(result: OrchestrationResult, *people: str, **fields: Any) -> Decision:
    """A decision of the step that waits, signed by these people."""
    decision = Decision(str(result.pending_step_id), **fields)
    payload = canonical_json(decision_statement(result.run.workflow, decision))
    envelope = {"payload": b64encode(payload).decode(), "payloadType": "x", "signatures": []}
    return evolve(decision, signed_by=people, envelope=envelope)


MISSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"seen": True}, {}, "unseen"),
    ({"seen": True}, {"approved": False}, "unseen"),
    ({"seen": True}, {"unseen": True}, "unseen"),
    ({"seen": True}, {"seen": "0" * 64}, "stale"),
    ({"actor": True}, {}, "nameless"),
    ({"actor": True}, {"actor": " \t"}, "nameless"),
    ({"not_caller": True}, {"actor": "Ada"}, "same_person"),
    ({"not_caller": True}, {"actor": " ada "}, "same_person"),
    ({"not_caller": True}, {"actor": "Ada", "approved": False}, "same_person"),
    ({"not_caller": True}, {}, "nameless"),
    ({"not_same_as": ["one"]}, {"actor": "Bob"}, "same_person"),
    ({"not_same_as": ["one"]}, {"actor": "BOB"}, "same_person"),
    ({"not_same_as": ["one"]}, {}, "nameless"),
    ({"reason": True}, {"approved": False}, "no_reason"),
    ({"reason": True}, {"approved": False, "reason": " "}, "no_reason"),
    ({"signatures": 1}, {"actor": "Eve"}, "unsigned"),
    ({"signatures": 1}, {"actor": "Eve", "signed_by": ["Eve"]}, "unsigned"),
    ({"signatures": 1}, {"signed_by": ["Eve"], "envelope": {"payload": "e30="}}, "unsigned"),
    ({"signatures": 1}, {"signed_by": ["Eve"], "envelope": {"payload": "é"}}, "unsigned"),
    ({"signatures": 1}, {"signed_by": ["Eve"], "envelope": {"payload": 5}}, "unsigned"),
]


@pytest.mark.parametrize(("demands", "fields", "reason"), MISSED)
def test_what_misses_is_refused_before_anything_changes(
    demands: dict[str, Any], fields: dict[str, Any], reason: str
) -> None:
    result = waiting(two(**demands))
    before = result.to_json()
    with pytest.raises(DecisionError) as caught:
        resume(result, Decision("two", **fields))
    assert (caught.value.reason, caught.value.pending) == (reason, ("two",))
    assert result.to_json() == before
    answer = signed(result, "Eve", "Kim", actor="Eve", seen=consequences(result).digest)
    assert resume(result, answer).status == "succeeded"  # it can be answered again


MET: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"seen": False, "actor": False, "not_caller": False, "reason": False, "not_same_as": []}, {}),
    ({"actor": True}, {"actor": "Ada"}),
    ({"not_caller": True}, {"actor": "Bob"}),
    ({"not_same_as": ["one"]}, {"actor": "Ada"}),
    ({"reason": True}, {}),
    ({"reason": True}, {"approved": False, "reason": "too early"}),
]


@pytest.mark.parametrize(("demands", "fields"), MET)
def test_what_meets_them_is_taken(demands: dict[str, Any], fields: dict[str, Any]) -> None:
    assert resume(waiting(two(**demands)), Decision("two", **fields)).status in ("succeeded", "rejected")


def test_who_decides_a_step_that_a_later_one_is_compared_with_must_be_known() -> None:
    asked = run(two(not_same_as=["one"]), ExecutionContext({}, METADATA, decisions=[]))
    with pytest.raises(DecisionError) as caught:
        resume(asked, Decision("one", value=1))
    assert (caught.value.reason, caught.value.pending) == ("nameless", ("one",))


@pytest.mark.parametrize("metadata", [None, {}, {"caller": {"name": "Ada"}}])
def test_without_a_caller_everybody_is_another(metadata: Any) -> None:
    result = waiting(two(not_caller=True), metadata=metadata)
    assert resume(result, Decision("two", actor="Ada")).success


@pytest.mark.parametrize(
    ("people", "count", "enough"),
    [
        (["Eve"], 1, True),
        (["Eve"], 2, False),
        (["Eve", "Kim"], 2, True),
        (["Eve", " EVE "], 2, False),
        (["Ada", "Eve"], 2, False),  # the caller may not decide
        (["Bob", "Eve"], 2, False),  # who decided the first may not, either
        (["Ada", "Bob", "Eve", "Kim"], 2, True),
        (["", "Eve"], 2, False),
    ],
)
def test_signatures_of_distinct_people_who_may_decide_count(people: list[str], count: int, enough: bool) -> None:
    result = waiting(two(signatures=count, not_caller=True, not_same_as=["one"]))
    decision = signed(result, *people, actor="Eve")
    if enough:
        assert resume(result, decision).receipt["human"]["two"]["signed_by"] == sorted(people)
        return
    with pytest.raises(DecisionError) as caught:
        resume(result, decision)
    assert caught.value.reason == "unsigned"


@pytest.mark.parametrize(
    "other", [{"approved": False}, {"value": 2}, {"actor": "Kim"}, {"reason": "why"}, {"seen": "0" * 64}]
)
def test_a_signature_of_another_decision_does_not_count(other: dict[str, Any]) -> None:
    result = waiting(two(signatures=1))
    decision = signed(result, "Eve", actor="Eve", seen=consequences(result).digest)
    assert resume(result, decision).success
    with pytest.raises(DecisionError) as caught:
        resume(result, evolve(decision, **other))
    assert caught.value.reason in ("unsigned", "stale")


def test_a_signature_for_another_step_or_workflow_does_not_count() -> None:
    demands = {"signatures": 1}
    here = run(plan(ask("one", demands=demands)), ExecutionContext(decisions=[]))
    for there in (plan(ask("one", demands=demands), name="other"), plan(ask("two", demands=demands))):
        elsewhere = signed(run(there, ExecutionContext(decisions=[])), "Eve")
        with pytest.raises(DecisionError) as caught:
            resume(here, evolve(elsewhere, step_id="one"))
        assert caught.value.reason == "unsigned"


def test_a_statement_in_another_canonical_form_does_not_count() -> None:
    result = waiting(two(signatures=1))
    decision = signed(result, "Eve")
    text = canonical_json(decision_statement(result.run.workflow, decision)).replace(b",", b", ", 1)
    with pytest.raises(DecisionError) as caught:
        resume(result, evolve(decision, envelope={"payload": b64encode(text).decode()}))
    assert caught.value.reason == "unsigned"


# --- what is said ------------------------------------------------------------------------------------


def test_the_receipt_says_who_signed_how_it_came_in_and_that_somebody_did_not_look() -> None:
    result = resume(waiting(two()), Decision("two", actor="Eve", unseen=True, via="terminal"))
    assert result.receipt["human"]["two"] == {
        "actor": "Eve", "decision": "approved", "reason": "", "unseen": True, "via": "terminal",
    }  # fmt: skip
    assert result.receipt["human"]["one"] == {"actor": "Bob", "decision": "approved", "reason": ""}
    assert result.to_json() == canonical_json(result.to_dict())


def test_what_nobody_need_say_is_left_out_of_a_decision() -> None:
    assert sorted(Decision("a").to_dict()) == ["actor", "approved", "reason", "seen", "step_id", "value"]
    whole = Decision("a", unseen=True, via="api", signed_by=["b", "a"], envelope={"payload": ""})
    assert whole.to_dict()["signed_by"] == ["a", "b"]
    assert sorted({*whole.to_dict()} - {*Decision("a").to_dict()}) == ["envelope", "signed_by", "unseen", "via"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"seen": "0" * 64, "unseen": True}, "unseen"),
        ({"via": "carrier pigeon"}, "via"),
        ({"signed_by": ["a", "a"]}, "signed_by"),
        ({"signed_by": "ada"}, "signed_by"),
        ({"signed_by": [1]}, "signed_by"),
        ({"envelope": "x"}, "envelope"),
        ({"unseen": 1}, "unseen"),
    ],
)
def test_what_no_decision_can_say(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        Decision("a", **fields)
    assert caught.value.field.startswith(field)


# --- shapes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("demands", "member", "says"),
    [
        (None, "", "null"),
        ([], "", "an array"),
        ({"sen": True}, "sen", "did you mean 'seen'"),
        ({"seen": 1}, "seen", "an int"),
        ({"actor": "Ada"}, "actor", "a string"),
        ({"signatures": 0}, "signatures", "is 0"),
        ({"signatures": 11}, "signatures", "from 1 to 10"),
        ({"signatures": True}, "signatures", "whole number"),
        ({"signatures": 1.5}, "signatures", "whole number"),
        ({"not_same_as": "one"}, "not_same_as", "a string"),
        ({"not_same_as": ["two"]}, "not_same_as", "'two'"),
        ({"not_same_as": ["nobody"]}, "not_same_as", "('one')"),
        ({"not_same_as": [1]}, "not_same_as", "an int"),
    ],
)
def test_demands_that_cannot_be_met_are_refused_before_any_step(demands: Any, member: str, says: str) -> None:
    workflow = plan(ask("one"), ask("two", demands=demands))
    with pytest.raises(InvalidSpecError, match="Step 'two'") as caught:
        run(workflow, ExecutionContext())
    assert caught.value.field == f"payload.demands.{member}".rstrip(".")
    assert says in str(caught.value)


# --- laws --------------------------------------------------------------------------------------------

_people = st.sampled_from(["", "Ada", "Bob", "Eve"])
_demands = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.booleans() for name in ("actor", "not_caller", "reason")},
        "signatures": st.integers(1, 2),
        "not_same_as": st.just(["one"]),
    },
)


@given(_demands, st.lists(st.tuples(st.booleans(), _people, st.sampled_from(["", "why"])), min_size=2, max_size=2))
def test_deciding_up_front_and_one_by_one_are_the_same_whatever_is_demanded(
    demands: dict[str, Any], answers: list[tuple[bool, str, str]]
) -> None:
    workflow = two(**demands)
    begun = run(workflow, ExecutionContext({}, METADATA, decisions=[]))
    made = [Decision(name, *answer, value=1) for name, answer in zip(["one", "two"], answers, strict=True)]
    if made[1].actor:
        payload = canonical_json(decision_statement(workflow, made[1]))
        made[1] = evolve(
            made[1], signed_by=sorted({made[1].actor, "Kim"}), envelope={"payload": b64encode(payload).decode()}
        )

    def one_by_one() -> OrchestrationResult:
        result = begun
        for decision in made:
            if result.pending_step_id == decision.step_id:
                result = resume(result, decision)
        return result

    def outcome(way: Any) -> Any:
        try:
            return way().to_json()
        except DecisionError as error:
            return error.reason, error.pending

    assert outcome(one_by_one) == outcome(lambda: run(workflow, ExecutionContext({}, METADATA, decisions=made)))


@given(_demands)
def test_what_is_demanded_of_an_answer_does_not_change_what_it_leads_to(demands: dict[str, Any]) -> None:
    seen, free = consequences(waiting(two(**demands))), consequences(waiting(two()))
    assert same(seen.approve.to_dict(), free.approve.to_dict())
    assert same(seen.reject.to_dict(), free.reject.to_dict())


def test_a_path_that_a_demand_forbids_is_told_as_such() -> None:
    made = [Decision("one", actor="Ada", value=1), Decision("two", actor="Ada")]
    rows = decision_table(two(not_same_as=["one"]), ExecutionContext({}, METADATA, made))
    assert [(row.answers, row.outcome.status) for row in rows] == [
        ((("one", "approved"), ("two", "approved")), "refused"),
        ((("one", "approved"), ("two", "rejected")), "rejected"),
        ((("one", "rejected"),), "rejected"),
    ]
    assert "another person than 'Ada'" in str(rows[0].outcome.error_message)
    bare = decision_table(two(actor=True), ExecutionContext({}, None, [Decision("two"), Decision("one", value=1)]))
    assert bare[0].outcome.status == "succeeded"  # a value alone is nobody's decision yet
    undecided = decision_table(two(signatures=2, seen=True), ExecutionContext({"n": 1}))
    assert undecided[1].outcome.status == "rejected"


def test_every_reason_is_tried() -> None:
    reasons = {reason for _, _, reason in MISSED}
    assert reasons == {"unseen", "nameless", "same_person", "unsigned", "no_reason", "stale"}
