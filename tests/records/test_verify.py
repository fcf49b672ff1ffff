"""Verifying: what was altered, or comes out otherwise now, is told with its step and its likely cause."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest

from tests.missions.plugins import Bringing, registry_of
from tests.records.forging import forged, refitted
from tests.workflow.plans import ask, do, plan, table
from tier2_core import (
    Decision,
    ExecutionContext,
    InvalidSpecError,
    Mission,
    Operation,
    OrchestrationResult,
    Record,
    RecordError,
    Run,
    StepSpec,
    WorkflowDefinition,
    apply_patch,
    freeze,
    load_record,
    load_registry,
    make_record,
    run,
    run_mission,
    verify_record,
)
from tier2_core.version import VERSION

STEPS = [do("set", "one", path="a", value=1), ask("ask", into="b"), do("increment", "two", path="a")]


def asked(*decisions: Decision) -> Record:
    return make_record(run(plan(*STEPS), ExecutionContext({"kept": 1}, None, decisions)))


RECORD = asked(Decision("ask", value=2, actor="ada"))


def altered(**fields: Any) -> Record:
    return load_record({**RECORD.to_dict(), **fields})


def link(place: int, **fields: Any) -> list[dict[str, Any]]:
    chain: list[dict[str, Any]] = RECORD.to_dict()["chain"]
    chain[place] |= fields
    return chain


@pytest.mark.parametrize(
    ("fields", "step", "message"),
    [
        ({"initial_state": {"kept": 2}}, None, "what went in does not fit the chain"),
        ({"tier2": "9.9"}, None, "what went in does not fit the chain"),
        ({"metadata": {}}, None, "what went in does not fit the chain"),
        ({"chain": link(1, outcome="rejected")}, "ask", "the hash of step 'ask' does not fit"),
        ({"chain": link(0, patch=[])}, "one", "the hash of step 'one' does not fit"),
        ({"chain": link(2, index=1)}, "two", "the place in the chain of step 'two'"),
        ({"chain": RECORD.to_dict()["chain"][:2]}, "two", "the number of links of step 'one'"),
        ({"chain": []}, "one", "its digest does not fit"),
        ({"chain": link(2, previous="0" * 64)}, "two", "the link to the one before of step 'two'"),
        ({"digest": "0" * 64}, None, "its digest does not fit"),
    ],
)
def test_a_document_that_was_altered_is_told_first(fields: dict[str, Any], step: str | None, message: str) -> None:
    verification = verify_record(altered(**fields))
    assert (verification.verified, verification.cause) == (False, "altered")
    assert message in verification.message
    if step is not None:
        assert verification.step_id == step


def test_what_an_altered_result_should_be_is_shown() -> None:
    result = RECORD.result | {"final_state": {"a": 3}}
    verification = verify_record(altered(result=result))
    assert verification.cause == "altered"
    assert verification.expected == {"a": 3}
    assert verification.actual == {"a": 2, "b": 2, "kept": 1}


def test_a_forger_whose_hashes_fit_is_found_by_recomputing() -> None:
    patch = [{"op": "add", "path": "/a", "value": 7}]
    verification = verify_record(forged(RECORD, chain=link(0, patch=patch)))
    assert (verification.cause, verification.step_id, verification.index) == ("operation", "one", 0)
    assert verification.expected["patch"] == patch
    assert verification.actual["patch"] == [{"op": "add", "path": "/a", "value": 1}]
    assert "operation 'set' has changed" in verification.message
    assert "result" not in verification.to_dict()


def test_a_shorter_or_longer_chain_whose_hashes_fit_is_found() -> None:
    chain = RECORD.to_dict()["chain"]
    verification = verify_record(forged(RECORD, chain=chain[:2]))
    assert (verification.cause, verification.step_id, verification.expected) == ("operation", "two", None)
    verification = verify_record(forged(RECORD, chain=[*chain, chain[-1]]))
    assert (verification.cause, verification.index, verification.actual) == ("operation", 3, None)
    waiting = asked()
    longer = forged(waiting, chain=chain[:2])
    assert (verify_record(longer).cause, verify_record(longer).step_id) == ("decision", "ask")


def test_another_decision_is_told_at_its_step() -> None:
    other = Decision("ask", value=3, actor="eve").to_dict()
    verification = verify_record(forged(RECORD, decisions=[other]))
    assert (verification.cause, verification.step_id) == ("decision", "ask")
    assert verification.actual["patch"] == [{"op": "add", "path": "/b", "value": 3}]


def test_a_result_that_nobody_computed_is_told_though_its_hashes_fit() -> None:
    verification = verify_record(forged(RECORD, result=RECORD.result | {"error_message": "no"}))
    assert (verification.cause, verification.expected, verification.actual) == ("altered", "no", None)


def test_a_decision_that_does_not_fit_any_more_is_told() -> None:
    other = Decision("nobody").to_dict()
    verification = verify_record(forged(RECORD, decisions=[other]))
    assert (verification.cause, verification.result) == ("decision", None)
    assert "has no human step 'nobody'" in verification.message
    stale = Decision("ask", value=2, seen="0" * 64).to_dict()
    assert verify_record(forged(RECORD, decisions=[stale])).step_id == "ask"


def test_a_plan_beyond_the_envelope_is_told() -> None:
    workflow = plan(*[do("noop", str(n)) for n in range(6)]).to_dict()
    verification = verify_record(forged(RECORD, workflow=workflow))
    assert verification.cause == "plan"
    assert "at most 5 are allowed" in verification.message


def test_another_way_to_write_the_same_change_is_the_same_change() -> None:
    patch = [{"op": "add", "path": "/a", "value": 0}, {"op": "replace", "path": "/a", "value": 1}]
    assert verify_record(forged(RECORD, chain=link(0, patch=patch))).verified


def test_a_change_that_does_not_apply_is_told_by_the_states_too() -> None:
    for patch in ([{"op": "remove", "path": "/no"}], [{"op": "replace", "path": "", "value": 1}]):
        record = forged(RECORD, chain=link(0, patch=patch))
        assert verify_record(record).step_id == "one"
        with pytest.raises(RecordError, match="was altered"):
            _ = record.states


def test_another_version_of_tier2_is_the_cause_only_if_something_differs() -> None:
    older = refitted(attrs.evolve(RECORD, tier2="0.0.1"))
    assert verify_record(older).verified
    verification = verify_record(forged(older, chain=link(0, patch=[])))
    assert verification.cause == "tier2"
    assert "it was made by tier2 0.0.1" in verification.message


# --- plugins that changed ------------------------------------------------------------------------


def marking(mark: Any, *more: Any) -> tuple[Mission, Operation]:
    steps = [do("t.mark", "mark"), *more]
    return (
        Mission("marking", lambda params: WorkflowDefinition("w", steps)),
        Operation("t.mark", lambda state, call: state.set("mark", mark)),
    )


MARKED = make_record(run_mission("marking", registry=registry_of(*marking("old"))))


@pytest.mark.parametrize(
    ("brought", "cause", "step", "message"),
    [
        (marking("new"), "operation", "mark", "operation 't.mark' has changed"),
        (marking("old", do("noop", "more")), "plan", "more", "'marking' plans other steps now, in its version 1"),
        ((), "plan", None, "its mission is gone"),
        (marking([1, {2}]), "operation", "mark", "cannot be computed again"),
        ((Mission("marking", lambda params: 1), ), "plan", None, "plans nothing"),
    ],
)  # fmt: skip
def test_what_changed_in_a_plugin_is_told(brought: Any, cause: str, step: str | None, message: str) -> None:
    known = load_registry([Bringing(*brought)], entry_points=False)
    assert verify_record(MARKED, registry=registry_of(*marking("old"))).verified
    verification = verify_record(MARKED, registry=known)
    assert (verification.cause, verification.step_id) == (cause, step)
    assert message in verification.message


def test_an_operation_that_is_gone_is_told_with_its_step() -> None:
    verification = verify_record(MARKED, registry=registry_of(marking("old")[0]))
    assert (verification.cause, verification.step_id, verification.index) == ("operation", "mark", 0)
    assert "'t.mark', which is not known" in verification.message
    listed = plan(do("noop", "a"), StepSpec("b", "runtime", {"operation": ["noop"]})).to_dict()
    assert verify_record(forged(RECORD, workflow=listed, decisions=[])).step_id == "b"


def test_what_leads_to_nothing_else_is_no_reason_to_refuse() -> None:
    mission, operation = marking("old")
    for other in (attrs.evolve(mission, version="2", summary="more", state_schema={"type": "object"}), mission):
        known = load_registry([Bringing(other, operation), Bringing(name="more")], entry_points=False)
        assert known.fingerprint != MARKED.registry["fingerprint"]
        assert verify_record(MARKED, registry=known).verified
        assert verify_record(MARKED, registry=known).note == (
            "The registry is another than then; plugin 'more' is there now, and was not then."
        )
    assert verify_record(MARKED, registry=registry_of(*marking("old"))).note == ""
    assert "was there then, and is not now" in verify_record(MARKED, registry=load_registry(entry_points=False)).note


def test_another_question_is_another_plan() -> None:
    asking, other = (
        Mission("asking", lambda params, text=text: WorkflowDefinition("w", [ask("a", description=text)]))
        for text in ("Sure?", "Really?")
    )
    record = make_record(run_mission("asking", ExecutionContext({}, None, []), registry=registry_of(asking)))
    assert verify_record(record, registry=registry_of(asking)).verified
    verification = verify_record(record, registry=registry_of(other))
    assert (verification.cause, verification.step_id) == ("plan", "a")
    assert verification.expected["payload"] == {"description": "Sure?"}


def test_a_plan_with_another_name_is_told() -> None:
    mission, operation = marking("old")
    renamed = attrs.evolve(mission, factory=lambda params: WorkflowDefinition("x", [do("t.mark", "mark")]))
    verification = verify_record(MARKED, registry=registry_of(renamed, operation))
    assert (verification.cause, verification.step_id) == ("plan", None)
    assert verification.message.startswith("mission 'marking' gives its plan another name or other metadata now")
    assert verification.expected["id"] == "w"
    assert verification.actual["id"] == "x"


def test_another_plugin_is_the_cause_before_what_it_brings() -> None:
    verification = verify_record(MARKED)
    assert verification.cause == "plugin"
    assert "plugin 'bringing' was there then, and is not now" in verification.message
    then = {"distribution": "d", "name": "bringing", "version": "1.0"}
    older = forged(MARKED, registry={"fingerprint": "0" * 64, "plugins": [then]})
    verification = verify_record(older, registry=registry_of(*marking("new")))
    assert verification.cause == "plugin"
    assert "plugin 'bringing' was of d 1.0, and is of no distribution now" in verification.message
    unnamed = forged(MARKED, registry={"fingerprint": "0" * 64, "plugins": [{**then, "name": "builtin"}]})
    told = verify_record(forged(unnamed, result=MARKED.result | {"id": "no"}), registry=load_registry())
    assert "plugin 'builtin' was of d 1.0, and is of tier2-missions " in told.message
    nameless = {"distribution": "", "name": "builtin", "version": ""}
    unnamed = forged(MARKED, registry={"fingerprint": "0" * 64, "plugins": [nameless]})
    assert "plugin 'builtin' was of no distribution, and is of tier2-missions " in verify_record(unnamed).note
    assert verify_record(older, registry=registry_of(*marking("old"))).verified


INVENTED = {"distribution": "audits", "name": "audited", "version": "9"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"registry": {"fingerprint": None, "plugins": [INVENTED]}},
            "it names plugins of a registry that has no finger",
        ),
        (
            {"registry": {**MARKED.to_dict()["registry"], "plugins": [INVENTED]}},
            "the plugins that it names are not those that the fingerprint of its registry stands for",
        ),
        ({"registry": {**MARKED.to_dict()["registry"], "plugins": []}}, "the plugins that it names are not those"),
        ({"tier2": "99.9"}, "it says that tier2 99.9 made it, but the fingerprint of its registry stands for tier2"),
    ],
)
def test_a_record_that_contradicts_itself_about_its_registry_is_not_verified(
    fields: dict[str, Any], message: str
) -> None:
    verification = verify_record(forged(MARKED, **fields), registry=registry_of(*marking("old")))
    assert (verification.verified, verification.cause) == (False, "altered")
    assert verification.message.startswith(message)
    document = MARKED.to_dict()
    then = {name: document[name] for name in ("registry", "tier2")}
    assert (verification.expected, verification.actual) == ({**then, **fields}, then)


PLUGINS = MARKED.to_dict()["registry"]["plugins"]


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({}, ""),
        ({"registry": {"fingerprint": None, "plugins": []}}, "Which plugins were installed then is not recorded."),
        (
            {"registry": {"fingerprint": None, "plugins": []}, "tier2": "99.9"},
            f"Which plugins were installed then is not recorded; it was made by tier2 99.9, and this is {VERSION}.",
        ),
        (
            {"registry": {"fingerprint": "0" * 64, "plugins": PLUGINS}, "tier2": "99.9"},
            f"The registry is another than then; it was made by tier2 99.9, and this is {VERSION}.",
        ),
        (
            {"registry": {"fingerprint": "0" * 64, "plugins": [*PLUGINS, INVENTED]}},
            "The registry is another than then; plugin 'audited' of audits 9 was there then, and is not now.",
        ),
        (
            {"registry": {"fingerprint": "0" * 64, "plugins": PLUGINS[1:]}},
            f"The registry is another than then; plugin '{PLUGINS[0]['name']}' is there now, and was not then.",
        ),
        (
            {"registry": {"fingerprint": "0" * 64, "plugins": PLUGINS}},
            (
                "The registry is another than then; the same versions of the same plugins brought other missions or "
                "operations, or it is made up."
            ),
        ),
    ],
)
def test_what_is_said_of_the_registry_of_a_record_that_is_true(fields: dict[str, Any], note: str) -> None:
    verification = verify_record(forged(MARKED, **fields), registry=registry_of(*marking("old")))
    assert (verification.verified, verification.note, verification.to_dict()["note"]) == (True, note, note)


def test_a_mere_table_has_nothing_to_note() -> None:
    record = make_record(run(plan(do("noop")), ExecutionContext(), registry=table()))
    assert verify_record(record, registry=table()).note == ""
    assert verify_record(forged(record, tier2="99.9"), registry=table()).note.endswith(f"and this is {VERSION}.")


def test_a_verification_is_a_value_that_gives_nothing_of_its_own_away() -> None:
    verification = verify_record(forged(RECORD, chain=link(0, patch=[])))
    document = verification.to_dict()
    assert document["expected"]["patch"] == []
    document["expected"]["patch"].append(1)
    verification.expected.clear()
    verification.actual["patch"].clear()
    assert verification.to_dict()["expected"]["patch"] == []
    assert verification.to_dict()["actual"]["patch"] != []
    gone = verify_record(MARKED, registry=load_registry(entry_points=False))
    again = pickle.loads(pickle.dumps(gone))
    assert again == gone
    assert hash(again) == hash(gone)
    assert verify_record(RECORD) == verify_record(RECORD) != verification
    assert verification != 1


def test_without_missions_a_mission_cannot_be_planned() -> None:
    verification = verify_record(forged(MARKED, registry={"fingerprint": None, "plugins": []}), registry=table())
    assert (verification.cause, verification.verified) == ("plan", False)
    assert "there are no missions" in verification.message


def test_only_a_record_is_verified() -> None:
    with pytest.raises(InvalidSpecError, match="must be of Record"):
        verify_record(RECORD.to_dict())  # type: ignore[arg-type]


# --- what is told, to the letter ------------------------------------------------------------------


def test_a_step_that_comes_out_otherwise_is_told_whole() -> None:
    steps = [do("set", "one", path="n", value=1), ask("ask", into="x"), do("emit", "ring", effect="bell")]
    decisions = [Decision("ask", value=2, actor="ada")]
    record = make_record(run(plan(*steps), ExecutionContext({}, None, decisions)))
    for place, step in enumerate(steps):
        link = record.chain[place].to_dict()
        said = {name: link[name] for name in ("decision", "outcome", "patch", "reason", "step_id")}
        said |= {"effects": link["effects"]} if place == 2 else {}
        chain = record.to_dict()["chain"]
        chain[place]["reason"] = "because"
        verification = verify_record(forged(record, chain=chain))
        assert (verification.step_id, verification.index) == (step.id, place)
        assert verification.expected == {**said, "reason": "because"}
        assert verification.actual == said
        told = f"step '{step.id}' comes out other than it did"
        operation = step.payload.get("operation")
        assert verification.message == told + (f", so that operation '{operation}' has changed" if operation else "")


def told(record: Record) -> dict[str, Any]:
    """What is said of a record beyond that it is not verified."""
    document = verify_record(record).to_dict()
    assert document.pop("verified") is False
    assert document.pop("note").startswith("Which plugins were installed then is not recorded")
    return document


def test_whatever_hash_does_not_fit_is_told_whole() -> None:
    first, last = RECORD.chain[0], RECORD.chain[-1]
    nowhere: dict[str, Any] = {"cause": "altered", "index": None, "step_id": None}
    origin = attrs.evolve(RECORD, chain=(attrs.evolve(first, previous="0" * 64), *RECORD.chain[1:]))
    assert told(origin) == nowhere | {
        "message": "what went in does not fit the chain of steps",
        "expected": "0" * 64,
        "actual": RECORD.origin(),
    }
    assert told(attrs.evolve(RECORD, digest="0" * 64)) == nowhere | {
        "message": "its digest does not fit what it holds",
        "expected": "0" * 64,
        "actual": RECORD.digest,
    }
    for field, what, found, fits in (
        ("index", "place in the chain", 7, 2),
        ("total", "number of links", 7, 3),
        ("previous", "link to the one before", "0" * 64, last.previous),
        ("hash", "hash", "0" * 64, last.hash),
    ):
        changed: dict[str, Any] = {field: found}
        record = attrs.evolve(RECORD, chain=(*RECORD.chain[:-1], attrs.evolve(last, **changed)))
        assert told(record) == {
            "cause": "altered",
            "message": f"the {what} of step 'two' does not fit",
            "step_id": "two",
            "index": 2,
            "expected": found,
            "actual": fits,
        }


def test_a_step_that_is_executed_then_or_now_alone_is_told_whole() -> None:
    def said(place: int) -> dict[str, Any]:
        link = RECORD.to_dict()["chain"][place]
        return {name: link[name] for name in ("decision", "outcome", "patch", "reason", "step_id")}

    chain = RECORD.to_dict()["chain"]
    for place, step, cause in ((1, "ask", "decision"), (2, "two", "operation")):
        assert told(forged(RECORD, chain=chain[:place])) == {
            "cause": cause,
            "message": f"step '{step}' is executed now, and was not then",
            "step_id": step,
            "index": place,
            "expected": None,
            "actual": said(place),
        }
    rejected = asked(Decision("ask", False, "ada", "no"))
    for record, cause in ((asked(), "decision"), (rejected, "decision")):
        place = len(record.chain)
        longer = forged(record, chain=[*record.to_dict()["chain"], chain[place]])
        assert told(longer) == {
            "cause": cause,
            "message": f"step '{chain[place]['step_id']}' was executed then, and is not now",
            "step_id": chain[place]["step_id"],
            "index": place,
            "expected": said(place),
            "actual": None,
        }
    doubled = told(forged(RECORD, chain=[*chain, chain[-1]]))
    assert (doubled["cause"], doubled["index"]) == ("operation", 3)


def test_another_way_to_the_same_states_is_the_same_run() -> None:
    chain = RECORD.to_dict()["chain"]
    chain[0]["patch"] = [{"op": "add", "path": "", "value": {"kept": 1, "a": 1}}]
    chain[2]["patch"] = [{"op": "replace", "path": "/a", "value": 9}, *chain[2]["patch"]]
    assert verify_record(forged(RECORD, chain=chain)).verified


def test_what_is_said_of_the_result_alone_is_told_whole() -> None:
    assert told(forged(RECORD, result=RECORD.result | {"id": "no"})) == {
        "cause": "altered",
        "message": "every step comes out as it did, but not the result's 'id'",
        "step_id": None,
        "index": None,
        "expected": "no",
        "actual": RECORD.workflow.id,
    }


def test_a_step_without_an_operation_is_a_noop_that_is_known() -> None:
    bare = StepSpec("bare", "runtime", {})
    record = make_record(run(plan(bare), ExecutionContext()))
    chain = record.to_dict()["chain"]
    chain[0]["reason"] = "because"
    assert verify_record(forged(record, chain=chain)).message.endswith("so that operation 'noop' has changed")
    gone = plan(bare, do("t.gone", "gone")).to_dict()
    verification = verify_record(forged(record, workflow=gone))
    assert (verification.step_id, verification.index) == ("gone", 1)


def test_what_cannot_be_computed_again_says_why() -> None:
    record = make_record(run(plan(do("noop")), ExecutionContext()))
    verification = verify_record(forged(record, workflow=plan(do("t.gone", "gone")).to_dict()))
    assert verification.message == f"it cannot be computed again: {verification.actual[:-1]}"
    assert "'t.gone', which is not known" in verification.actual
    assert verification.actual.endswith(".")
    assert verification.expected is None
    verification = verify_record(MARKED, registry=load_registry([Bringing(*marking([1, {2}]))], entry_points=False))
    assert verification.message == f"it cannot be computed again: {verification.actual.rstrip('.')}"


def test_a_step_that_is_planned_otherwise_is_told_with_its_place() -> None:
    before, more = marking("old"), marking("old", do("noop", "more"))
    verification = verify_record(MARKED, registry=registry_of(*more))
    assert (verification.step_id, verification.index, verification.expected) == ("more", 1, None)
    assert verification.actual == {"id": "more", "kind": "runtime", "payload": {"operation": "noop"}}
    longer = make_record(run_mission("marking", registry=registry_of(*more)))
    verification = verify_record(longer, registry=registry_of(*before))
    assert (verification.step_id, verification.index, verification.actual) == ("more", 1, None)


# --- effects -------------------------------------------------------------------------------------


def emitting() -> Record:
    """A record of a run that wants two things done."""
    mail = {"effect": "mail.send", "data": {"to": "ada@example.org"}}
    steps = [do("emit", "tell", **mail), do("emit", "ring", effect="bell")]
    return make_record(run(plan(*steps), ExecutionContext({}, {"run_id": "r-1"})))


@pytest.mark.parametrize("refit", [False, True])
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/chain/0/effects/0/kind", "mail.sent"),
        ("/chain/0/effects/0/data/to", "eve@example.org"),
        ("/chain/0/effects", None),
        ("/chain/1/effects", [{"data": {}, "kind": "bell"}, {"data": {}, "kind": "bell"}]),
        ("/result/effects/0/data/to", "eve@example.org"),
        ("/result/effects/0/id", "0" * 64),
        ("/result/effects/1/index", 1),
        ("/result/effects", []),
        ("/result/effects", None),
        ("/result/receipt/effects/0/digest", "0" * 64),
        ("/result/receipt/effects", None),
    ],
)
def test_no_record_whose_effects_were_altered_verifies(path: str, value: Any, refit: bool) -> None:
    record = emitting()
    assert verify_record(record).verified
    op = {"op": "remove", "path": path} if value is None else {"op": "replace", "path": path, "value": value}
    altered = load_record(apply_patch(freeze(record.to_dict()), [op]))  # type: ignore[arg-type]
    verification = verify_record(refitted(altered) if refit else altered)
    assert not verification.verified
    assert verification.cause in (("operation", "altered") if refit else ("altered",))
    if refit and path.startswith("/chain"):
        assert verification.step_id == ("tell" if "/0/" in path else "ring")


def test_a_run_that_declares_nothing_has_the_record_that_it_had() -> None:
    document = make_record(run(plan(do("noop")), ExecutionContext())).to_dict()
    assert "effects" not in document["chain"][0]
    assert "effects" not in document["result"]


# --- what another version has shown ------------------------------------------------------------------


def shown_by(version: str, seen: str = "a" * 64) -> Record:
    """A record of another version, two of whose decisions were made on what only that version writes like this."""
    steps = [ask("one", into="a"), do("set", "s", path="b", value=1), ask("two")]
    decisions = [Decision("one", value=1, actor="ada", seen=seen), Decision("two", actor="bob", seen=seen)]
    unseen = run(plan(*steps), ExecutionContext({}, None, [attrs.evolve(one, seen="") for one in decisions]))
    made = {one.step_id: one for one in decisions}
    trace = [
        entry if entry.decision is None else attrs.evolve(entry, decision=made[entry.step.id])
        for entry in unseen.run.trace
    ]
    context = attrs.evolve(unseen.run.context, decisions=decisions)
    by_hand = OrchestrationResult(Run(attrs.evolve(unseen.run.given, context=context), "succeeded", tuple(trace)))
    return forged(make_record(by_hand), tier2=version)


def test_what_another_version_has_shown_need_not_be_computed_again() -> None:
    verification = verify_record(shown_by("0.1.0"))
    assert (verification.verified, verification.cause) == (True, "")
    assert "What was shown before 'one' and 'two' was decided, tier2 0.1.0 has computed" in verification.note
    assert verification.result is not None
    assert [one.seen for one in verification.result.run.context.decisions or ()] == ["a" * 64] * 2
    assert verify_record(make_record(verification.result)).cause == "decision"  # as this version has not shown that


def test_what_this_version_has_shown_is_computed_again() -> None:
    verification = verify_record(shown_by(VERSION))
    assert (verification.verified, verification.cause, verification.step_id) == (False, "decision", "one")


@pytest.mark.parametrize("change", [{"value": 2}, {"approved": False}, {"actor": "eve"}])
def test_all_else_that_another_version_says_of_a_decision_is(change: dict[str, Any]) -> None:
    document = shown_by("0.1.0").to_dict()
    document["decisions"][0] |= change
    assert not verify_record(refitted(load_record(document))).verified
