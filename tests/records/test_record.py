"""Making and reading records: what was made is read, and nothing else is."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.plans import ask, do, documents, nested, objects, plan, states, table, under_hash_seeds
from tests.workflow.test_foresight import asking_plans
from tier2_core import (
    Decision,
    ExecutionContext,
    InvalidSpecError,
    OrchestrationResult,
    Record,
    RecordError,
    StepSpec,
    WorkflowDefinition,
    load_record,
    make_record,
    run,
    run_mission,
    same,
    verify_record,
)
from tier2_core.values.canonical import read_json

ECHO = make_record(run_mission("echo", {"hello": "world"}, {"n": 1}), environment={"python": "3.11"})


def filed(record: Record) -> Record:
    """The record after a journey through a file."""
    return load_record(read_json(json.dumps(record.to_dict())))


@st.composite
def results(draw: st.DrawFn) -> OrchestrationResult:
    """Results of random workflows: unattended, or with decisions for some of the human steps."""
    workflow = draw(asking_plans())
    human = [step.id for step in workflow.steps if step.kind == "human"]
    decisions = [
        Decision(name, draw(st.booleans()), "ada", "", draw(documents)) for name in human if draw(st.booleans())
    ]
    metadata = draw(st.none() | objects)
    return run(workflow, ExecutionContext(draw(states), metadata, draw(st.none() | st.just(decisions))))


@given(results(), objects)
def test_every_record_that_was_made_is_verified_from_a_file_as_well(
    result: OrchestrationResult, where: dict[str, Any]
) -> None:
    record = make_record(result, environment=where)
    assert record.result == result.to_dict()
    assert same(record.states[-1], result.state)
    again = filed(record)
    assert again == record
    assert again.to_dict() == record.to_dict()
    for one in (record, again):
        verification = verify_record(one)
        assert verification.verified, verification.message
        assert verification.result == result


@given(results())
def test_the_same_result_gives_the_same_record(result: OrchestrationResult) -> None:
    again = run(result.run.workflow, result.run.context)
    assert make_record(again).to_dict() == make_record(result).to_dict()


def test_where_it_ran_is_kept_and_not_hashed() -> None:
    elsewhere = make_record(run_mission("echo", {"hello": "world"}, {"n": 1}), environment={"python": "3.13"})
    assert elsewhere == ECHO
    assert elsewhere.digest == ECHO.digest
    assert elsewhere.to_dict()["environment"] == {"python": "3.13"}
    assert verify_record(
        load_record({name: part for name, part in ECHO.to_dict().items() if name != "environment"})
    ).verified


def test_a_mission_is_named_only_if_it_plans_the_workflow() -> None:
    assert ECHO.mission == "echo"
    result = run_mission("echo", {"hello": "world"})
    claims = WorkflowDefinition("other", result.run.workflow.steps, result.run.workflow.metadata)
    for workflow in (
        claims,
        plan(do("noop"), mission_type="no_such", params={}),
        plan(mission_type=1),
        plan(mission_type=1, params={}),
        plan(mission_type="echo", params=[1]),
    ):
        record = make_record(run(workflow, ExecutionContext(), registry=result.run.registry))
        assert (record.mission, record.params) == (None, None)
        assert verify_record(record).verified


def test_a_mere_table_of_operations_has_no_fingerprint() -> None:
    known = table(mark=lambda state, call: state.set("mark", 1))
    record = make_record(run(plan(do("t.mark")), ExecutionContext(), registry=known))
    assert record.to_dict()["registry"] == {"fingerprint": None, "plugins": []}
    assert verify_record(filed(record), registry=known).verified


def test_documents_may_be_as_deep_as_any_wherever_they_stand() -> None:
    deep = nested(64)
    workflow = WorkflowDefinition("w", [ask("ask", into="b", deep=nested(63))], deep)
    context = ExecutionContext(deep, deep, [Decision("ask", value=nested(63))])
    record = make_record(run(workflow, context), environment=deep)
    assert verify_record(filed(record)).verified


def test_a_link_holds_what_changed_and_not_the_state() -> None:
    large = {str(n): n for n in range(5_000)}
    result = run(plan(do("set", path="n", value=1)), ExecutionContext({"large": large}))
    (link,) = make_record(result).chain
    assert len(json.dumps(link.to_dict())) < 1_000
    assert (link.to_dict()["hash"], link.hash) == (link.computed(), link.computed())


def test_a_record_is_a_value() -> None:
    assert copy.deepcopy(ECHO) == ECHO
    assert hash(ECHO) == hash(filed(ECHO))
    assert len({ECHO, filed(ECHO), make_record(run_mission("echo"))}) == 2
    assert make_record(run_mission("echo")) != ECHO
    assert ECHO != 1
    ECHO.result["final_state"]["n"] = 2
    assert ECHO.result["final_state"] == {"n": 1}


def test_what_a_record_gives_is_fresh_and_its_fields_are_sorted() -> None:
    record = make_record(run_mission("daily_loop", None, {"tasks": []}))
    before = record.computed()
    for made in (record.result, record.to_dict(), record.chain[0].to_dict()):
        assert [*made] == sorted(made)
    for made in (record.result, record.result_parts, record.to_dict(), record.chain[0].to_dict()):
        for name in [*made]:
            made[name] = None
    record.result_parts["executed_steps"][0]["id"] = "another"
    record.result_parts["receipt"]["human"].clear()
    record.to_dict()["chain"][0]["patch"].append(1)
    assert record.computed() == before
    assert not hasattr(record, "__dict__")


def rewritten(value: Any, number: Callable[[int | float], int | float]) -> Any:
    """Plain data with every number exchanged."""
    if isinstance(value, dict):
        return {name: rewritten(part, number) for name, part in value.items()}
    if isinstance(value, list):
        return [rewritten(part, number) for part in value]
    return number(value) if type(value) in (int, float) else value


@pytest.mark.parametrize("number", [float, lambda one: -0.0 if one == 0 else one])
def test_a_number_is_the_same_number_however_it_is_written(number: Any) -> None:
    state = {"n": 1, "zero": 0, "many": [2**53 - 1, 1.5, -3]}
    steps = [do("increment", path="n", by=2), do("set", "z", path="zero", value={"to": 7})]
    record = make_record(run(plan(*steps), ExecutionContext(state, {"k": 3}, [])), environment={"cores": 2})
    again = load_record(read_json(json.dumps(rewritten(record.to_dict(), number))))
    assert again == record
    assert json.dumps(again.to_dict()) == json.dumps(record.to_dict())
    assert verify_record(again).verified


def test_the_same_bytes_under_many_hash_seeds() -> None:
    script = (
        "import json\nfrom tier2_core import make_record, run_mission\n"
        "state = {name: {name: 1} for name in 'abcdefgh'}\n"
        "print(json.dumps(make_record(run_mission('daily_loop', {'requested_steps': 5}, state)).to_dict()))"
    )
    assert len(set(under_hash_seeds(script))) == 1


@pytest.mark.parametrize(("arguments", "field"), [((1,), "result"), ((None,), "result")])
def test_only_a_result_has_a_record(arguments: tuple[Any, ...], field: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        make_record(*arguments)
    assert caught.value.field == field
    assert str(caught.value).startswith("The result must be of OrchestrationResult, found")
    with pytest.raises(InvalidSpecError, match=r"^The environment must be an object, found an array\.$") as caught:
        make_record(run_mission("echo"), environment=[])  # type: ignore[arg-type]
    assert caught.value.field == "environment"


# --- reading -------------------------------------------------------------------------------------


def with_change(document: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """The document with one part exchanged; with ``...`` it is removed."""
    changed = copy.deepcopy(document)
    *above, last = [int(part) if part.isdigit() else part for part in pointer[1:].split("/")]
    target: Any = changed
    for part in above:
        target = target[part]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return changed


ASKED = make_record(
    run_mission("daily_loop", ExecutionContext({}, None, [Decision("daily-confirm-priorities", actor="ada")]))
)

REFUSED: list[tuple[str, Any, str]] = [
    ("/schema", "tier2.record/2", "Found the schema 'tier2.record/2'; expected 'tier2.record/1'"),
    ("/schema", ..., "Found no schema"),
    ("/schema", 1, "Found no schema"),
    ("/extra", 1, "the unknown field 'extra'"),
    ("/digset", "", "the unknown field 'digset'"),
    ("/mission", 1, "At '/mission': found an int"),
    ("/params", None, "Of 'mission' and 'params' one is null"),
    ("/mission", "\ud800", "lone surrogate"),
    ("/params", [], "At '/params': found an array; expected an object"),
    ("/tier2", None, "At '/tier2'"),
    ("/digest", "0", "64 lower-case hex digits"),
    ("/digest", "0" * 63 + "\n", "64 lower-case hex digits"),
    ("/initial_state", None, "At '/initial_state'"),
    ("/initial_state", {"a": float("nan")}, "In '/initial_state': at '/a': found NaN"),
    ("/initial_state", nested(65), "deeper than 64"),
    ("/metadata", 1, "At '/metadata'"),
    ("/environment", 1, "At '/environment'"),
    ("/workflow/steps", {}, "At '/workflow/steps': found an object; expected an array"),
    ("/workflow/name", "other", "expected 'id' and 'name' to be one"),
    ("/workflow/steps/0/extra", 1, "At '/workflow/steps/0': found the unknown field 'extra'"),
    ("/workflow/steps/0/payload", ..., "no field 'payload'"),
    ("/workflow/steps/1/id", "daily-confirm-priorities", "duplicate step ids"),
    ("/decisions/0/approved", 1, "expected a boolean"),
    ("/decisions/0/seen", ..., "no field 'seen'"),
    ("/decisions", {}, "expected an array"),
    ("/registry/fingerprint", "x", "At '/registry/fingerprint'"),
    ("/registry/plugins/0/version", 1, "expected text"),
    ("/registry/plugins/0", 1, "expected an object"),
    ("/result/status", "running", "expected one of failed, rejected, succeeded, suspended"),
    ("/result/success", 1, "expected a boolean"),
    ("/result/lineage", 1, "expected an object"),
    ("/result/error_message", 1, "expected text"),
    ("/chain", None, "expected an array"),
    ("/chain/0/index", True, "expected a whole number"),
    ("/chain/0/index", 0.5, "expected a whole number"),
    ("/chain/0/total", -1, "expected a whole number"),
    ("/chain/0/total", 10**400, "In '/chain/0/total'"),
    ("/chain/0/total", 2.0**53, "expected a whole number"),
    ("/chain/0/hash", None, "64 lower-case hex digits"),
    ("/chain/0/patch", {}, "expected an array"),
    ("/chain/0/reason", ..., "no field 'reason'"),
]


@pytest.mark.parametrize(("pointer", "value", "message"), REFUSED)
def test_what_is_no_record_is_refused_with_the_place(pointer: str, value: Any, message: str) -> None:
    with pytest.raises(RecordError) as caught:
        load_record(with_change(ASKED.to_dict(), pointer, value))
    assert message in str(caught.value)
    path, above = caught.value.path, pointer.rpartition("/")[0]
    assert path.startswith(pointer) or path == ("/workflow" if "duplicate" in message else above)


SIGNED = make_record(
    run(
        plan(ask("a", into="x"), ask("b")),
        ExecutionContext(
            {},
            None,
            [
                Decision("a", True, "ada", "", 2, via="file", signed_by=("ada", "bob"), envelope={"payload": "eA=="}),
                Decision("b", unseen=True, via="api"),
            ],
        ),
    )
)


def test_what_decisions_say_of_how_they_came_in_is_read_again() -> None:
    first, second = SIGNED.to_dict()["decisions"]
    assert (first["via"], first["signed_by"], first["envelope"]) == ("file", ["ada", "bob"], {"payload": "eA=="})
    assert ("unseen" in first, second["unseen"], "envelope" in second) == (False, True, False)
    again = filed(SIGNED)
    assert again == SIGNED
    assert again.context.decisions == SIGNED.context.decisions
    assert verify_record(again).verified


@pytest.mark.parametrize(
    ("pointer", "value", "message"),
    [
        ("/decisions/0/via", "", "At '/decisions/0/via': found nothing; expected something, or no such field."),
        ("/decisions/0/signed_by", [], "At '/decisions/0/signed_by': found nothing"),
        ("/decisions/1/unseen", False, "At '/decisions/1/unseen': found nothing"),
        ("/decisions/0/envelope", {}, "At '/decisions/0/envelope': found nothing"),
        ("/decisions/0/envelope", [], "At '/decisions/0/envelope': found an array; expected an object."),
        ("/decisions/0/signed_by", {}, "At '/decisions/0/signed_by': found an object; expected an array."),
        ("/decisions/0/signed_by/1", 1, "At '/decisions/0/signed_by/1': found"),
        ("/decisions/1/unseen", 1, "At '/decisions/1/unseen': found"),
        ("/decisions/0/via", 1, "At '/decisions/0/via': found"),
        ("/decisions/0/via", "telepathy", "In '/decisions/0'"),
        ("/decisions/0/vja", "api", "At '/decisions/0': found the unknown field 'vja'"),
        ("/decisions/0/actor", 1, "At '/decisions/0/actor': found"),
        ("/decisions/0/approved", 1, "At '/decisions/0/approved': found"),
        ("/decisions/0/reason", 1, "At '/decisions/0/reason': found"),
        ("/decisions/0/seen", 1, "At '/decisions/0/seen': found"),
        ("/decisions/0/step_id", 1, "At '/decisions/0/step_id': found"),
        ("/decisions/0/value", nested(65), "In '/decisions/0/value': at '/"),
        ("/decisions/0", [], "At '/decisions/0': found an array; expected an object."),
        *(
            (f"/decisions/1/{name}", ..., f"no field '{name}'; expected it in every record")
            for name in ("actor", "approved", "reason", "seen", "step_id", "value")
        ),
    ],
)
def test_what_no_decision_says_is_refused_with_the_place(pointer: str, value: Any, message: str) -> None:
    with pytest.raises(RecordError) as caught:
        load_record(with_change(SIGNED.to_dict(), pointer, value))
    assert message in str(caught.value)
    assert caught.value.path
    assert caught.value.path.startswith("/".join(pointer.split("/")[:3]))


def test_a_number_that_is_none_is_no_place_in_the_chain() -> None:
    with pytest.raises(RecordError, match=r"^In '/chain/0/index': found NaN") as caught:
        load_record(with_change(ASKED.to_dict(), "/chain/0/index", float("nan")))
    assert caught.value.path == "/chain/0/index"


@pytest.mark.parametrize("name", sorted(ASKED.to_dict()))
def test_a_missing_field_is_refused(name: str) -> None:
    document = ASKED.to_dict()
    del document[name]
    if name == "environment":
        assert load_record(document).environment == {}
    else:
        with pytest.raises(RecordError):
            load_record(document)


@pytest.mark.parametrize("value", [None, [], "", 1])
def test_a_record_is_an_object(value: Any) -> None:
    with pytest.raises(RecordError, match="expected the object of a record"):
        load_record(value)


def _places(value: Any, above: str = "") -> list[str]:
    parts: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    return [place for name, part in parts for place in (f"{above}/{name}", *_places(part, f"{above}/{name}"))]


@given(st.sampled_from(_places(ASKED.to_dict())), documents | st.sampled_from([..., {}, [], "0" * 64]))
def test_a_document_with_any_part_exchanged_is_refused_or_not_verified(pointer: str, value: Any) -> None:
    changed = with_change(ASKED.to_dict(), pointer, value)
    try:
        record = load_record(changed)
    except RecordError:
        return
    assert verify_record(record).verified is (record == ASKED and record.digest == ASKED.digest)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_copied_record_is_the_same_however_large(duplicate: Any) -> None:
    large = {f"name {place}": place for place in range(100)}
    set_all = StepSpec("set", "runtime", {"operation": "set", "path": "x", "value": large})
    result = run(WorkflowDefinition("w", [set_all]), ExecutionContext(large, {"caller": large}))
    record = make_record(result)
    assert duplicate(record).computed() == record.computed() == record.digest
    assert duplicate(record).to_dict() == record.to_dict()
    assert verify_record(duplicate(record)).verified
    assert duplicate(result).to_json() == result.to_json()


@pytest.mark.parametrize(
    "pointer",
    [f"/{part}/{name}" for part in ("result", "chain/0") for name in ASKED.to_dict()["chain"][0] | ASKED.result],
)
def test_whatever_is_of_another_type_is_refused_with_its_place(pointer: str) -> None:
    *above, name = pointer[1:].split("/")
    there = ASKED.result if above == ["result"] else ASKED.to_dict()["chain"][0]
    for value in (1 if name == "success" else True, {"x": float("nan")}, [float("nan")]):
        with pytest.raises(RecordError) as caught:
            load_record(with_change(ASKED.to_dict(), pointer, value))
        assert caught.value.path.startswith(pointer if name in there else pointer.rpartition("/")[0])
