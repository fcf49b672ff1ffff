"""Effects: declared beside the state, wanted by runs that have succeeded, the same wherever they are computed."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.plans import answered, ask, do, plan, table, under_hash_seeds
from tier2_core import (
    MAX_EFFECT_BYTES,
    MAX_EFFECTS,
    Decision,
    DecisionError,
    Effect,
    Emit,
    ExecutionContext,
    InvalidSpecError,
    Operation,
    OperationError,
    OrchestrationResult,
    StepFailed,
    StepSpec,
    WantedEffect,
    WorkflowDefinition,
    advance,
    canonical_json,
    consequences,
    decision_table,
    digest,
    freeze,
    resume,
    run,
    start,
    thaw,
)
from tier2_core.values.canonical import wrapper_digest

MAIL = {"to": "ada@example.org", "text": "The week is done."}


def emit(step_id: str = "tell", effect: str = "mail.send", **payload: Any) -> StepSpec:
    return do("emit", step_id, effect=effect, **payload)


def emitting(made: Callable[[Any], Any]) -> Any:
    return table(Operation("demo.emit", lambda state, call: made(state)))


def one(made: Callable[[Any], Any], *more: StepSpec) -> OrchestrationResult:
    return run(plan(do("demo.emit"), *more), ExecutionContext({"n": 1}), registry=emitting(made))


# --- what an effect is -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mail.send", "a", "a" * 64, "0", "x_y-z.1"])
def test_kinds_of_effects(kind: str) -> None:
    assert Effect(kind).kind == kind


@pytest.mark.parametrize("kind", ["", "Mail", "a" * 65, "a b", "a\n", "ä", "mail/send", None, 5, ["a"]])
def test_what_is_no_kind(kind: Any) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        Effect(kind)
    assert caught.value.field == "kind"


@pytest.mark.parametrize("data", [None, [], "x", 1, {"a": float("nan")}, {1: 2}, {"a": object()}])
def test_what_is_no_data(data: Any) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        Effect("mail", data)
    assert caught.value.field == "data"


def test_data_are_at_most_64_kib_canonical() -> None:
    around = len(canonical_json({"a": ""}))
    most = {"a": "x" * (MAX_EFFECT_BYTES - around)}
    assert len(canonical_json(Effect("mail", most).data)) == MAX_EFFECT_BYTES
    with pytest.raises(InvalidSpecError, match=f"{MAX_EFFECT_BYTES + 1} canonical bytes"):
        Effect("mail", {"a": most["a"] + "x"})


def test_effects_are_values() -> None:
    given = {"to": ["ada"]}
    effect = Effect("mail", given)
    given["to"].append("eve")
    assert effect.to_dict() == {"data": {"to": ["ada"]}, "kind": "mail"}
    assert effect == Effect("mail", {"to": ["ada"]}) == deepcopy(effect) == pickle.loads(pickle.dumps(effect))
    assert Effect("mail", {"n": 1}) != Effect("mail", {"n": True})
    emit = Emit({"n": 1}, [effect])
    assert emit == pickle.loads(pickle.dumps(emit))


# --- who declares, and what is wanted -----------------------------------------------------------------


def test_a_run_that_has_succeeded_wants_what_its_steps_have_declared_in_their_order() -> None:
    steps = [emit("b", data=MAIL), do("set", "s", path="n", value=1), emit("a", "bell"), emit("c", data_from="mail")]
    result = run(plan(*steps), ExecutionContext({"mail": {"to": "eve"}}))
    assert [(effect["step_id"], effect["index"], effect["kind"], effect["data"]) for effect in result.effects] == [
        ("b", 0, "mail.send", MAIL),
        ("a", 0, "bell", {}),
        ("c", 0, "mail.send", {"to": "eve"}),
    ]
    assert [entry.effects for entry in result.run.trace] == [
        (Effect("mail.send", MAIL),), (), (Effect("bell"),), (Effect("mail.send", {"to": "eve"}),),
    ]  # fmt: skip
    assert result.to_dict()["effects"] == result.effects
    assert result.receipt["effects"] == [
        {"digest": digest(effect["data"]), **{name: effect[name] for name in ("id", "kind", "step_id")}}
        for effect in result.effects
    ]


def test_an_operation_of_a_plugin_declares_several_beside_its_state() -> None:
    result = one(lambda state: Emit(state.set("n", 2), [Effect("a"), Effect("a"), Effect("b", {"n": 2})]))
    assert result.final_state == {"n": 2}
    assert [(effect["kind"], effect["index"]) for effect in result.effects] == [("a", 0), ("a", 1), ("b", 2)]


def test_nothing_in_a_state_is_an_effect() -> None:
    result = run(plan(do("noop")), ExecutionContext({"effects": [{"kind": "mail.send", "data": {}}]}))
    assert result.effects == []
    assert "effects" not in result.to_dict()
    assert "effects" not in result.receipt


ENDS: dict[str, tuple[StepSpec, Any]] = {
    "failed": (do("fail", "end"), None),
    "suspended": (ask("end"), []),
    "rejected": (ask("end"), [Decision("end", False)]),
}


@pytest.mark.parametrize("status", ENDS)
def test_a_run_that_did_not_succeed_wants_nothing_done(status: str) -> None:
    end, decisions = ENDS[status]
    result = run(plan(emit("tell", data=MAIL), end), ExecutionContext(decisions=decisions))
    assert result.status == status
    assert result.effects == result.to_dict()["effects"] == result.receipt["effects"] == []
    assert result.run.trace[0].effects == (Effect("mail.send", MAIL),)
    assert result.to_json() == canonical_json(result.to_dict())


def test_a_step_that_fails_declares_nothing() -> None:
    def broken(state: Any) -> Any:
        raise StepFailed("no")

    result = one(broken)
    assert result.run.trace[0].effects == ()
    assert "effects" not in result.to_dict()


def test_a_run_declares_at_most_20_effects() -> None:
    half = [Effect("a", {"n": n}) for n in range(MAX_EFFECTS // 2)]
    twice = [do("demo.emit", "one"), do("demo.emit", "two")]
    registry = emitting(lambda state: Emit(state, half))
    assert len(run(plan(*twice), ExecutionContext(), registry=registry).effects) == MAX_EFFECTS
    result = run(plan(*twice, emit("third")), ExecutionContext(), registry=registry)
    assert result.error_message == "Step 'third' failed: the run would declare 21 effects; at most 20 are allowed"


def test_data_from_the_state_may_be_too_large() -> None:
    result = run(plan(emit(data_from="")), ExecutionContext({"a": "x" * MAX_EFFECT_BYTES}))
    assert result.status == "failed"
    assert "at most 65536" in str(result.error_message)


def test_what_is_handed_out_is_fresh() -> None:
    result = run(plan(emit(data=MAIL)), ExecutionContext())
    before = result.to_json()
    for effects in (result.effects, result.to_dict()["effects"], result.receipt["effects"]):
        effects[0].clear()
        effects.clear()
    result.effects[0]["data"]["to"] = "eve"
    assert canonical_json(result.to_dict()) == before == result.to_json()


class ForeignEmit:
    """Somebody else's."""

    state: Any = freeze({})
    effects = ()


BAD: list[Callable[[Any], Any]] = [
    lambda state: [Effect("a")],
    lambda state: (Effect("a") for _ in range(2)),
    lambda state: (state, [Effect("a")]),
    lambda state: ForeignEmit(),
    lambda state: Effect("a"),
    lambda state: Emit(state, Effect("a")),
    lambda state: Emit(state, ["a"]),
    lambda state: Emit([1], []),  # type: ignore[arg-type]
    lambda state: Emit(state, [Effect("A")]),
    lambda state: Emit(state, [Effect("a", {"a": "x" * MAX_EFFECT_BYTES})]),
]


@pytest.mark.parametrize("made", BAD)
def test_an_operation_that_returns_something_else_is_a_bug_of_its_author(made: Callable[[Any], Any]) -> None:
    with pytest.raises(OperationError) as caught:
        one(made)
    assert caught.value.operation == "demo.emit"
    assert caught.value.__cause__ is not None


# --- ids ---------------------------------------------------------------------------------------------


def test_an_id_is_the_digest_of_the_run_and_the_place_in_it() -> None:
    context = ExecutionContext({"n": 1}, {"run_id": "r-1", "caller": "me"})
    result = run(plan(do("noop", "first"), emit(data=MAIL)), context)
    (effect,) = result.effects
    parts = {
        "index": 0,
        "initial_state": digest({"n": 1}),
        "run_id": "r-1",
        "step": "tell",
        "workflow": result.run.workflow.hash,
    }
    assert effect["id"] == wrapper_digest(parts, tag="tier2/effect/v1")
    for other in ({"run_id": "r-2"}, {}, None):
        assert run(result.run.workflow, evolve(context, metadata=other)).effects[0]["id"] != effect["id"]
    assert run(result.run.workflow, evolve(context, metadata={"run_id": "r-1"})).effects[0]["id"] == effect["id"]
    assert run(result.run.workflow, evolve(context, initial_state={"n": 2})).effects[0]["id"] != effect["id"]


Given = tuple[WorkflowDefinition, ExecutionContext]


@given(answered())
def test_no_two_effects_of_a_run_share_an_id(given: Given) -> None:
    ids = [effect["id"] for effect in run(*given).effects]
    assert len(set(ids)) == len(ids)


@given(answered())
def test_the_same_run_has_the_same_effects_however_it_is_split_into_decisions(given: Given) -> None:
    workflow, context = given
    whole = run(workflow, context)
    if context.decisions is None:
        by_hand = start(workflow, context)
        for _ in workflow.steps:
            by_hand = advance(by_hand)
        assert OrchestrationResult(by_hand).effects == whole.effects
        return
    one_by_one = run(workflow, evolve(context, decisions=[]))
    answers = {decision.step_id: decision for decision in context.decisions}
    while one_by_one.pending_step_id in answers:
        one_by_one = resume(one_by_one, answers[one_by_one.pending_step_id])
    assert (one_by_one.effects, one_by_one.to_json()) == (whole.effects, whole.to_json())


@given(answered(), st.randoms())
def test_effects_never_depend_on_the_order_of_the_state(given: Given, random: Any) -> None:
    workflow, context = given
    items = list(thaw(context.initial_state).items())
    random.shuffle(items)
    shuffled = evolve(context, initial_state=dict(items))
    assert canonical_json(run(workflow, shuffled).effects) == canonical_json(run(workflow, context).effects)


def test_the_same_bytes_under_any_hash_seed() -> None:
    program = """if True:
        from tier2_core import *
        data = {name: [name, {name: 1}] for name in "zyxwvutsrq"}
        steps = [StepSpec("a", "runtime", {"operation": "emit", "effect": "mail.send", "data": data}),
                 StepSpec("go", "human"),
                 StepSpec("b", "runtime", {"operation": "emit", "effect": "bell", "data_from": "of"})]
        asked = run(WorkflowDefinition("w", steps), ExecutionContext({"of": data}, {"run_id": data}, []))
        print(consequences(asked).digest, resume(asked, Decision("go")).to_json().decode())
    """
    assert len(set(under_hash_seeds(program))) == 1


# --- what a person is shown --------------------------------------------------------------------------


def test_a_person_is_shown_the_effects_that_a_yes_leads_to() -> None:
    asked = run(plan(emit("before", "bell"), ask("go"), emit(data=MAIL)), ExecutionContext(decisions=[]))
    seen = consequences(asked)
    approved = resume(asked, Decision("go", seen=seen.digest))
    assert seen.approve.to_dict()["effects"] == approved.effects
    assert [effect["kind"] for effect in approved.effects] == ["bell", "mail.send"]
    assert "effects" not in seen.reject.to_dict()


def test_what_waits_for_a_second_answer_is_shown_before_the_first() -> None:
    steps = [ask("one"), emit(data=MAIL), ask("two")]
    seen = consequences(run(plan(*steps), ExecutionContext(decisions=[])))
    assert (seen.approve.status, seen.approve.effects[0]["data"]["to"]) == ("suspended", MAIL["to"])


def sending(data: dict[str, Any], state: Any) -> Emit:
    return Emit(state, [Effect("mail.send", data)])


@pytest.mark.parametrize("other", [{"to": "eve@example.org"}, {"to": "ada@example.org", "bcc": "eve"}, {}])
def test_who_approves_a_mail_has_seen_the_mail(other: dict[str, Any]) -> None:
    def asked(registry: Any) -> OrchestrationResult:
        return run(plan(ask("go"), do("demo.emit")), ExecutionContext(decisions=[]), registry=registry)

    shown, happens = (asked(emitting(partial(sending, data))) for data in ({"to": "ada@example.org"}, other))
    with pytest.raises(DecisionError) as caught:
        resume(happens, Decision("go", seen=consequences(shown).digest))
    assert caught.value.reason == "stale"


def test_the_table_of_decisions_has_the_effects_of_every_path() -> None:
    rows = decision_table(plan(ask("go"), emit(data=MAIL), ask("sure")), ExecutionContext())
    assert [(row.answers[-1][1], len(row.outcome.effects)) for row in rows] == [
        ("approved", 1), ("rejected", 0), ("rejected", 0),
    ]  # fmt: skip


def test_a_wanted_effect_is_the_member_of_the_result_and_hands_out_fresh_data() -> None:
    (member,) = run(plan(emit(data=MAIL)), ExecutionContext()).effects
    wanted = WantedEffect.of(member)
    assert wanted.to_dict() == member
    assert wanted.data == MAIL
    wanted.data["to"] = "eve"
    assert wanted.data == MAIL
    others: list[Any] = [{**member, "more": 1}, {"id": member["id"]}, [], None]
    for other in others:
        with pytest.raises(InvalidSpecError):
            WantedEffect.of(other)
