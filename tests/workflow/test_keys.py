from __future__ import annotations

import pickle
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence import ROOT
from tests.workflow.plans import ask, do, plan, table
from tier2_core import (
    BUILTINS,
    AntiFailurePlanningError,
    AntiFailureViolation,
    EnvelopePlanningError,
    EnvelopeViolation,
    ExecutionContext,
    InvalidSpecError,
    Mission,
    StepSpec,
    UnknownOperationError,
    WorkflowDefinition,
    hookimpl,
    load_registry,
    resolve_path,
    run_mission,
    start,
)
from tier2_core.workflow.keys import EVERYWHERE, OPERATIONS, QUESTION, slip_of

NAMES = sorted(QUESTION)


def refused(*steps: StepSpec, registry: Any = BUILTINS) -> InvalidSpecError:
    with pytest.raises(InvalidSpecError) as caught:
        start(plan(*steps), ExecutionContext(), registry=registry)
    return caught.value


def passes(*steps: StepSpec, registry: Any = BUILTINS) -> None:
    start(plan(*steps), ExecutionContext({"a": 1}), registry=registry)


# --- built-in operations take their keys and no other ---------------------------------------------------


def test_every_built_in_operation_has_its_keys_and_the_page_tells_of_each() -> None:
    assert set(OPERATIONS) == set(BUILTINS.operations)
    told = tomllib.loads((ROOT / "docs" / "operations.toml").read_text("utf-8"))
    for name, keys in OPERATIONS.items():
        assert set(told[name]["keys"]) == (keys - EVERYWHERE or {"any"})


WHOLE: dict[str, dict[str, Any]] = {
    "append": {"path": "a", "value": 1},
    "delete": {"path": "a"},
    "emit": {"effect": "mail.send"},
    "fail": {"reason": "so it is"},
    "increment": {"path": "a", "by": 2},
    "merge": {"patch": {}, "path": "a"},
    "patch": {"ops": []},
    "require": {"path": "a", "op": "eq", "expected": 1},
    "set": {"path": "a", "value": 1},
}


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - {"noop"}))
def test_any_other_key_is_refused_and_a_description_is_none(operation: str) -> None:
    passes(do(operation, description="Why it is done.", **WHOLE[operation]))
    for key in ("note", "Path", "", "values", "a.b/c~", "x" * 200):
        error = refused(do("noop", "first"), do(operation, "s", **WHOLE[operation], **{key: 1}))
        assert error.step_id == "s"
        assert error.found == key
        assert error.allowed == tuple(sorted(OPERATIONS[operation]))
        assert resolve_path(plan(do("noop", "first"), do(operation, "s", **{key: 5})).to_dict(), error.path) == (
            True,
            5,
        )
        assert all(words in str(error) for words in ["Step 's'", operation, key[:60], *error.allowed])
        assert len(str(error)) < 400


def test_a_slip_is_told_before_the_key_that_is_missing_for_it() -> None:
    error = refused(do("set", pth="a", value=1))
    assert error.suggestion == "path"
    assert "did you mean 'path'?" in str(error)
    assert error.field == "payload.pth"
    assert refused(do("set", path="a", value=1, whatever=1)).suggestion == ""


def test_what_the_operation_of_a_plugin_takes_is_its_own_affair() -> None:
    passes(do("t.mine", pth="a", descripton="x"), registry=table(mine=lambda state, call: state))


# --- noop and human steps carry notes --------------------------------------------------------------------

SLIPS = {
    "opertion": "operation", "operaton": "operation", "oepration": "operation", "opration": "operation",
    "Operation": "operation", "operation ": "operation", "operations": "operation", "oparetion": "operation",
    "descripton": "description", "desciption": "description", "discription": "description",
    "discripton": "description", "DESCRIPTION": "description", "decsription": "description",
}  # fmt: skip
QUESTIONS = {
    "shcema": "schema", "schmea": "schema", "scema": "schema", "itno": "into", "inot": "into", "Into": "into",
    "in_to": "into", "demand": "demands", "demads": "demands", "highlight": "highlights", "higlights": "highlights",
    "hihglihgts": "highlights", "withn": "within", "wihtin": "within", "with_in": "within",
}  # fmt: skip
HONEST = [
    "note", "notes", "text", "value", "values", "path", "params", "title", "details", "detail", "info", "intro",
    "operator", "operators", "operating", "descriptor", "prescription", "inscription", "iteration", "duration",
    "scheme", "width", "with", "in", "to", "on", "id", "name", "names", "kind", "type", "comment", "comments",
    "reason", "actor", "author", "owner", "who", "when", "where", "what", "why", "how", "url", "link", "links",
    "tags", "label", "x", "", "é", "$schema_version", "help", "hint", "message", "question", "prompt", "options",
    "choices", "default", "data", "demo", "domain", "depends", "minutes", "seconds", "deadline", "summary",
    "priority", "version", "wishes", "witness", "commands", "lights", "heights", "insights", "expected", "effect",
    "ops", "patch", "by", "caption", "subscription", "transcription", "cooperation", "generation", "migration",
    "opinion", "option", "position", "decision", "session",
]  # fmt: skip


@pytest.mark.parametrize("key", SLIPS)
def test_a_slip_in_a_note_is_refused(key: str) -> None:
    for step in (StepSpec("s", "runtime", {key: "set"}), do("noop", "s", **{key: 1}), ask("s", **{key: "Ship it?"})):
        error = refused(step)
        assert (error.suggestion, error.found, error.step_id) == (SLIPS[key], key, "s")
        assert f"did you mean '{SLIPS[key]}'?" in str(error)
        assert "and notes" in str(error)


@pytest.mark.parametrize("key", QUESTIONS)
def test_a_slip_of_what_a_question_knows_is_refused_of_questions_alone(key: str) -> None:
    assert refused(ask("s", **{key: 1})).suggestion == QUESTIONS[key]
    passes(do("noop", "s", **{key: 1}))


@pytest.mark.parametrize("key", HONEST)
def test_an_honest_note_is_none(key: str) -> None:
    passes(ask("s", **{key: 1}), do("noop", "n", **{key: 1}), StepSpec("r", "runtime", {key: 1}))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_one_slip_of_the_pen_is_found_wherever_it_is(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("qjxz"))
    slips = [
        name[:place] + letter + name[place:],
        name[:place] + letter + name[place + 1 :],
        name[: place + 1] + name[place:],
        name.upper(),
    ]
    if place and name[place] != name[place - 1]:
        slips.append(name[: place - 1] + name[place] + name[place - 1] + name[place + 1 :])
    for slip in slips:
        assert slip_of(slip, NAMES) == name


@given(st.text(max_size=40))
def test_a_slip_is_near_to_what_it_is_a_slip_of(key: str) -> None:
    near = slip_of(key, NAMES)
    if near:
        bare = sum(letter.isalnum() for letter in key.casefold())
        assert abs(bare - len(near)) <= 2


def test_an_operation_under_a_short_name_is_none() -> None:
    for payload in ({"op": "set", "path": "a", "value": 1}, {"op": "increment", "path": "a"}):
        assert refused(StepSpec("s", "runtime", payload)).suggestion == "operation"
    passes(StepSpec("s", "runtime", {"op": "noop"}), StepSpec("t", "runtime", {"op": 5}), ask("u", op="set"))
    passes(do("noop", "s", op="set"))


# --- how long a question waits ---------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [1, 0.5, 86_400, 1e300])
def test_within_is_a_number_of_seconds(seconds: float) -> None:
    passes(ask(within=seconds))


@pytest.mark.parametrize("seconds", [0, -1, -0.5, True, "60", None, [60], {"seconds": 60}])
def test_within_is_nothing_else(seconds: Any) -> None:
    error = refused(ask("go", within=seconds))
    assert "number of seconds greater than 0" in str(error)
    assert (error.field, error.path, error.found) == ("payload.within", "/steps/0/payload/within", seconds)


# --- what errors about steps carry -----------------------------------------------------------------------


def carried(error: Any) -> tuple[Any, ...]:
    other = pickle.loads(pickle.dumps(error))
    assert vars(other) == vars(error)
    return error.step_id, error.path, error.found, error.allowed, error.suggestion


def test_an_error_about_a_step_says_which_and_what_is_allowed() -> None:
    steps = [do("noop", "a"), StepSpec("b", "humann")]
    with pytest.raises(EnvelopeViolation) as kind:
        start(plan(*steps), ExecutionContext())
    assert carried(kind.value) == ("b", "/steps/1/kind", "humann", ("human", "runtime"), "human")

    with pytest.raises(AntiFailureViolation) as many:
        start(plan(*[do("noop", name) for name in "abcdefg"]), ExecutionContext())
    assert carried(many.value) == ("f", "/steps/5", 7, 5, "")

    with pytest.raises(AntiFailureViolation) as human:
        start(plan(ask("a"), do("noop", "b"), ask("c"), do("noop", "d"), ask("e")), ExecutionContext())
    assert carried(human.value) == ("e", "/steps/4", 3, 2, "")

    with pytest.raises(UnknownOperationError) as unknown:
        start(plan(ask("a"), do("sett", "b")), ExecutionContext())
    known = tuple(sorted(BUILTINS.operations))
    assert carried(unknown.value) == ("b", "/steps/1/payload/operation", "sett", known, "set")

    with pytest.raises(UnknownOperationError) as odd:
        start(plan(StepSpec("a", "runtime", {"operation": [1]})), ExecutionContext())
    assert carried(odd.value) == ("a", "/steps/0/payload/operation", [1], known, "")


@pytest.mark.parametrize(
    ("step", "path", "found"),
    [
        (do("set", "b", path="/a~", value=1), "/path", "/a~"),
        (do("set", "b", path=["a"], value=1), "/path", ["a"]),
        (do("set", "b", path="a"), "/value", None),
        (do("patch", "b", ops={"a": 1}), "/ops", {"a": 1}),
        (ask("b", into=""), "/into", ""),
        (ask("b", schema={"type": 5}), "/schema", {"type": 5}),
        (ask("b", demands={"signatures": 0}), "/demands/signatures", 0),
        (ask("b", demands=[1]), "/demands", [1]),
    ],
)
def test_a_payload_that_is_refused_says_where(step: StepSpec, path: str, found: Any) -> None:
    error = refused(do("noop", "a"), step)
    assert carried(error)[:3] == ("b", f"/steps/1/payload{path}", found)


def test_a_demand_that_is_none_says_which_there_are() -> None:
    error = refused(ask("go", demands={"sen": True}))
    assert error.path == "/steps/0/payload/demands/sen"
    assert (error.found, error.suggestion, "seen" in str(error.allowed)) == ("sen", "seen", True)


def test_what_a_factory_planned_says_as_much() -> None:
    class Plugin:
        @hookimpl
        def tier2_missions(self) -> list[Mission]:
            long = [do("noop", name) for name in "abcdef"]
            return [
                Mission("odd", lambda params: WorkflowDefinition("w", [StepSpec("b", "humann")])),
                Mission("long", lambda params: WorkflowDefinition("w", long)),
            ]

    registry = load_registry([Plugin()])
    with pytest.raises(EnvelopePlanningError) as kind:
        run_mission("odd", registry=registry)
    assert carried(kind.value) == ("b", "/steps/0/kind", "humann", ("human", "runtime"), "human")
    with pytest.raises(AntiFailurePlanningError) as many:
        run_mission("long", registry=registry)
    assert carried(many.value) == ("f", "/steps/5", 6, 5, "")
