"""What people are told of questions and records, as values: whole, and never more than is known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from tests.tier2_io.test_rows import changed
from tests.workflow.plans import ask, do, objects, plan, under_hash_seeds
from tier2_core import (
    Decision,
    ExecutionContext,
    OrchestrationResult,
    StepSpec,
    apply_patch,
    consequences,
    freeze,
    make_record,
    resume,
    run,
    run_mission,
    same,
    thaw,
)
from tier2_io.telling import Question, question, story

TASKS = [{"id": "a", "title": "Call"}, {"id": "b", "title": "Write"}]


def waiting(*steps: StepSpec, state: Any = None) -> OrchestrationResult:
    return run(plan(*steps), ExecutionContext(state or {}, decisions=[]))


def asked(result: OrchestrationResult, value: Any = None) -> Question:
    return question(result, consequences(result, value))


@given(objects, objects)
def test_what_is_told_of_an_answer_makes_the_state_that_it_leads_to(state: Any, later: Any) -> None:
    result = waiting(ask("go", into="answer"), do("set", path="", value=later), state=state)
    told, seen = asked(result, [1]), consequences(result, [1])
    for answer, outcome in ((told.approve, seen.approve), (told.reject, seen.reject)):
        made = changed(thaw(result.state), answer.rows)
        assert same(freeze(made), apply_patch(result.state, outcome.patch))
    assert told.digest == seen.digest


def test_a_question_tells_its_step_its_value_and_what_follows() -> None:
    steps = (
        do("set", "mark", path="mark", value=1),
        ask("go", description="Go?", into="order", ids_of="tasks", schema={"description": "Ids."}, highlights=["top"]),
        do("noop", "rest", description="Rests."),
        do("delete", "drop", path="mark"),
        ask("sure"),
    )
    told = asked(waiting(*steps, state={"tasks": TASKS, "top": 5}), ["b", "x"])
    assert (told.text, told.step_id, told.number, told.steps) == ("Go?", "go", 2, 5)
    assert (told.into, told.hint, told.names, told.unknown) == ("order", "Ids.", (("b", "Write"),), ("x",))
    assert [(step.number, step.step_id, step.does) for step in told.ahead] == [
        (3, "rest", "Rests."),
        (4, "drop", "delete"),
        (5, "sure", "asks a person"),
    ]
    assert [(row.sign, row.path) for row in told.approve.rows] == [("=", "/top"), ("-", "/mark"), ("+", "/order")]
    assert (told.approve.status, told.approve.asked_next, told.approve.possible) == ("suspended", "sure", True)
    assert (told.reject.status, told.reject.rows) == ("rejected", ())
    assert [(row.sign, row.path) for row in told.earlier] == [("+", "/mark")]


def test_what_cannot_be_answered_changes_nothing() -> None:
    told = asked(waiting(ask("go", schema={"type": "string"}, highlights=[""])), 5)
    assert (told.approve.status, told.approve.possible, told.approve.rows) == ("refused", False, ())
    assert told.approve.message is not None


def test_what_a_yes_wants_done_in_the_world_is_told() -> None:
    mail = do("emit", "mail", effect="mail.send", data={"to": "ada"})
    told = asked(waiting(ask("go"), mail))
    assert [thaw(effect)["data"] for effect in told.approve.effects] == [{"to": "ada"}]
    assert told.reject.effects == ()


@pytest.mark.parametrize(
    ("demands", "told"),
    [
        ({}, ()),
        ({"seen": True, "actor": False}, ("the digest of what was shown",)),
        ({"actor": True, "reason": True}, ("a name", "a reason for a rejection")),
        ({"not_caller": True}, ("another person than who called for the run",)),
        ({"signatures": 1}, ("the signatures of 1 person",)),
        ({"signatures": 3}, ("the signatures of 3 people",)),
    ],
)
def test_what_a_step_demands_is_told_in_words(demands: dict[str, Any], told: tuple[str, ...]) -> None:
    assert asked(waiting(ask("go", demands=demands))).demands == told


def test_who_must_be_another_is_told() -> None:
    result = waiting(ask("one"), ask("two", demands={"not_same_as": ["one"]}))
    told = asked(resume(result, Decision("one", actor="ada")))
    assert told.demands == ("another person than who decided one",)


def test_a_payload_of_another_kind_is_told_as_far_as_it_is_known() -> None:
    told = asked(waiting(ask("go", description=5, schema=True), do("noop", "x", description=[1])))
    assert (told.text, told.hint, told.ahead[0].does) == ("go", "", "noop")


# --- stories ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "approved by somebody"),
        ({"actor": "ada"}, "approved by ada (claimed)"),
        ({"actor": "ada", "via": "page", "reason": "fine"}, "approved by ada (claimed, on a page): fine"),
        ({"unseen": True, "via": "api"}, "approved by somebody (without having looked, by a program)"),
        ({"approved": False, "via": "terminal"}, "rejected by somebody (at a terminal)"),
    ],
)
def test_a_story_tells_who_decided_and_that_this_is_claimed(said: dict[str, Any], told: str) -> None:
    result = run(plan(ask("go"), do("noop")), ExecutionContext({}, decisions=[Decision("go", value=7, **said)]))
    chapter = story(make_record(result)).chapters[0]
    assert (chapter.what, chapter.value) == (told, 7)


def test_a_story_tells_each_step_and_what_it_changed() -> None:
    record = make_record(run_mission("daily_loop", {"requested_steps": 5}, {"tasks": [{**TASKS[0], "done": True}]}))
    told = story(record)
    assert (told.title, told.status, told.steps, told.pending_step_id) == ("daily_loop", "succeeded", 5, None)
    assert [chapter.what for chapter in told.chapters][:2] == ["unattended", "daily_loop.summarise: done"]
    assert [(row.sign, row.path, row.label) for row in told.chapters[-1].rows] == [
        ("-", "/tasks/0", "'Call' (a)"),
        ("+", "/archive", ""),
    ]


def test_a_workflow_of_no_mission_passes_for_none() -> None:
    result = run(plan(do("noop"), name="daily_loop", mission_type="daily_loop"), ExecutionContext())
    assert story(make_record(result)).title == "the workflow 'daily_loop' of no mission"


SCRIPT = """
import json
from tier2_core import *
from tier2_io.telling import question
state = {"tasks": [{"id": n, "title": n.upper()} for n in "abcdefgh"], "z": 1, "done": list("abc")}
state["y"] = {"q": 1, "p": 2}
steps = [StepSpec("go", "human", {"into": "x.y"}), StepSpec("new", "runtime", {"operation": "merge", "patch": {
    "z": None, "y": {"p": None, "q": 3}, "n": {name: name for name in "hgfedcba"}, "done": list("hagc")}})]
result = run(WorkflowDefinition("w", steps), ExecutionContext(state, decisions=[]))
print(json.dumps(question(result, consequences(result, {"b": 1, "a": 2})).to_dict()))
"""


def test_questions_are_plain_data_and_the_same_under_every_hash_seed() -> None:
    texts = set(under_hash_seeds(SCRIPT))
    assert len(texts) == 1
    made = json.loads(texts.pop())
    assert made["approve"]["rows"][0]["path"] == "/y/p"
    assert made["value"] == {"a": 2, "b": 1}
