from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PMap

from tests.workflow.model import model_run
from tests.workflow.plans import do, nested, objects, payload_lists, plan, runtime_plan, states, table, vectors
from tier2_core import (
    BUILTINS,
    ExecutionContext,
    InvalidSpecError,
    Operation,
    OperationCall,
    OperationError,
    OrchestrationResult,
    StepFailed,
    UnknownOperationError,
    canonical_json,
    freeze,
    run,
    same,
    thaw,
)

MIB = 1024 * 1024
CASES = vectors("operations")


def one(state: Any, operation: str, **payload: Any) -> OrchestrationResult:
    return run(plan(do(operation, **payload)), ExecutionContext(state))


def named(cases: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


# --- the vectors ---------------------------------------------------------------------------------------


@named([case for case in CASES if "after" in case])
def test_what_an_operation_does(case: dict[str, Any]) -> None:
    result = one(case["state"], case["operation"], **case["payload"])
    assert (result.status, result.error_message) == ("succeeded", None)
    assert canonical_json(result.final_state) == canonical_json(case["after"])


@named([case for case in CASES if "fails" in case])
def test_what_fails_a_step_leaves_the_state_before_it(case: dict[str, Any]) -> None:
    before = freeze(case["state"])
    result = one(before, case["operation"], **case["payload"])
    assert result.status == "failed"
    assert result.state is before
    assert result.error_message is not None
    assert result.error_message.startswith("Step 'step' failed: ")
    for words in case["fails"]:
        assert words in result.error_message
    assert not result.error_message.endswith(".")


@named([case for case in CASES if "refused" in case])
def test_what_a_payload_is_refused_for_before_anything_runs(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        one({}, case["operation"], **case["payload"])
    assert caught.value.field == case["refused"]
    for words in ["Step 'step'", f"'{case['operation']}'", *case["says"]]:
        assert words in str(caught.value)


def test_the_vectors_have_each_built_in_operation_doing_failing_and_refusing() -> None:
    def having(key: str) -> set[str]:
        return {case["operation"] for case in CASES if key in case}

    assert having("after") == set(BUILTINS.operations) - {"fail"}
    assert having("fails") == set(BUILTINS.operations) - {"noop"}
    assert having("refused") == set(BUILTINS.operations) - {"noop"}
    assert len({case["name"] for case in CASES}) == len(CASES)


# --- laws ----------------------------------------------------------------------------------------------


@given(payload_lists, states)
def test_each_operation_gives_again_a_document(payloads: list[dict[str, Any]], state: dict[str, Any]) -> None:
    result = run(runtime_plan(payloads), ExecutionContext(state))
    assert freeze(result.state) is result.state
    assert same(thaw(result.state), result.state)


@given(objects)
def test_noop_gives_the_very_same_state(state: dict[str, Any]) -> None:
    before = freeze(state)
    assert one(before, "noop", anything=[state]).state is before


def test_what_an_operation_does_not_touch_is_the_very_same_object() -> None:
    before: Any = freeze({"a": {"x": [0], "n": 1}, "b": {"y": [1]}, "c": [[1], [2]]})
    cases: list[tuple[str, dict[str, Any]]] = [
        ("set", {"path": "a.z", "value": 1}),
        ("delete", {"path": "a.n"}),
        ("increment", {"path": "a.n"}),
        ("append", {"path": "c", "value": 1}),
        ("set", {"path": "c.1", "value": 1}),
    ]
    for operation, payload in cases:
        after: Any = one(before, operation, **payload).state
        assert after is not before
        assert after["b"] is before["b"]
        assert after["a"]["x"] is before["a"]["x"]
        assert after["c"][0] is before["c"][0]


def test_a_value_that_is_set_is_held_as_it_is() -> None:
    value = freeze({"deep": [1, 2]})
    assert one({"list": []}, "set", path="v", value=value).state["v"] is value
    assert one({"list": []}, "append", path="list", value=value).state["list"][0] is value


@given(states, st.integers(-(2**53), 2**53), st.integers(-(2**53), 2**53))
def test_increments_of_whole_numbers_are_exact_or_fail(state: dict[str, Any], number: int, by: int) -> None:
    result = one({**state, "n": number}, "increment", path="n", by=by)
    if result.success:
        assert int(result.state["n"]) == number + by
    else:
        assert int(float(number + by)) != number + by


@given(payload_lists, states)
def test_operations_agree_with_the_plain_model(payloads: list[dict[str, Any]], state: dict[str, Any]) -> None:
    result = run(runtime_plan(payloads), ExecutionContext(state))
    expected_state, expected_status, executed = model_run(payloads, state)
    assert canonical_json(result.final_state) == canonical_json(expected_state)
    assert (result.status, len(result.executed_steps)) == (expected_status, executed)


# --- the limits of a document ----------------------------------------------------------------------------


def test_a_step_that_would_nest_deeper_than_64_fails() -> None:
    assert one({"list": []}, "set", path="a", value=nested(63)).success
    for operation, payload in [
        ("set", {"path": "b.c", "value": nested(63)}),
        ("append", {"path": "list", "value": nested(63)}),
    ]:
        result = one({"list": [], "b": {}}, operation, **payload)
        assert result.status == "failed"
        assert "nesting deeper than 64" in (result.error_message or "")
        assert result.final_state == {"b": {}, "list": []}


def test_what_was_deep_and_is_gone_does_not_count() -> None:
    steps = [do("set", "a", path="x.y", value=nested(62)), do("delete", "b", path="x.y")]
    result = run(plan(*steps, do("set", "c", path="x", value={"z": nested(62)})), ExecutionContext({"x": {}}))
    assert result.success


def _filled(size: int) -> dict[str, Any]:
    """A document with this many canonical bytes, of pieces that are shared in memory."""
    piece = "x" * MIB
    pieces, rest = divmod(size - len('{"a":[""]}'), MIB + 3)
    return {"a": [piece] * pieces + ["x" * rest]}


def test_a_step_may_leave_64_mib_of_canonical_json_behind_and_not_a_byte_more() -> None:
    empty = len(b',"b":""')
    fits = one(_filled(64 * MIB - empty), "set", path="b", value="")
    assert fits.success
    result = one(_filled(64 * MIB - empty), "set", path="b", value="x")
    assert result.error_message == (
        f"Step 'step' failed: the state would have {64 * MIB + 1} canonical bytes; at most {64 * MIB} are allowed"
    )
    assert set(result.state) == {"a"}


def test_the_limit_holds_for_what_sharing_hides() -> None:
    def double(state: Any, call: OperationCall) -> Any:
        return state.set("x", state["x"].append(state["x"]))

    steps = [do("t.double", f"s{place}") for place in range(5)]
    result = run(plan(*steps), ExecutionContext({"x": ["y" * 3 * MIB]}), registry=table(double=double))
    assert result.failed_step_id == "s4"
    assert f"at most {64 * MIB} are allowed" in (result.error_message or "")
    assert result.state is result.run.trace[3].state


def test_a_patch_has_at_most_1000_operations() -> None:
    grow = {"op": "add", "path": "/list/-", "value": 1}
    assert len(one({"list": []}, "patch", ops=[grow] * 1000).state["list"]) == 1000
    with pytest.raises(InvalidSpecError, match="1001 operations; expected at most 1000") as caught:
        one({"list": []}, "patch", ops=[grow] * 1001)
    assert caught.value.field == "payload.ops"


def test_a_patch_that_doubles_what_is_there_meets_the_limit_too() -> None:
    double = {"op": "copy", "from": "/x", "path": "/x/-"}
    before = freeze({"x": ["y" * MIB]})
    result = one(before, "patch", ops=[double] * 20)
    assert result.status == "failed"
    assert str(64 * MIB) in (result.error_message or "")
    assert result.state is before


def test_what_asks_or_changes_nothing_gives_the_very_same_state() -> None:
    before = freeze({"a": {"b": [1]}})
    cases: list[tuple[str, dict[str, Any]]] = [
        ("require", {"path": "a", "op": "exists"}),
        ("merge", {"patch": {}}),
        ("merge", {"path": "a", "patch": {}}),
        ("patch", {"ops": []}),
    ]
    for operation, payload in cases:
        assert one(before, operation, **payload).state is before


# --- the table and the values ----------------------------------------------------------------------------


def test_the_table_is_read_only_sorted_and_says_what_each_operation_does() -> None:
    assert list(BUILTINS.operations) == sorted(BUILTINS.operations)
    with pytest.raises(TypeError):
        BUILTINS.operations["mine"] = BUILTINS.operations["noop"]  # type: ignore[index]
    for name, operation in BUILTINS.operations.items():
        assert operation.name == name
        assert operation.summary.endswith(".")
        assert operation.plugin == "tier2"


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Operation(1, len), "name"),  # type: ignore[arg-type]
        (lambda: Operation("a", "no function"), "apply"),  # type: ignore[arg-type]
        (lambda: Operation("a", len, "no function"), "check"),  # type: ignore[arg-type]
        (lambda: Operation("a", len, None, 5), "summary"),  # type: ignore[arg-type]
        (lambda: Operation("a", len, None, "", 1), "version"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_type_names_the_field_of_an_operation(make: Any, field: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        make()
    assert caught.value.field == field


def test_an_operation_is_told_the_payload_the_step_and_the_registry() -> None:
    seen: list[OperationCall] = []

    def look(state: Any, call: OperationCall) -> Any:
        seen.append(call)
        return state

    registry = table(look=look)
    run(plan(do("t.look", "one", x=[1])), ExecutionContext(), registry=registry)
    (call,) = seen
    assert isinstance(call.payload, PMap)
    assert thaw(call.payload) == {"operation": "t.look", "x": [1]}
    assert call.step_id == "one"
    assert call.registry is registry


def test_step_failed_has_its_reason_as_text_too() -> None:
    assert (StepFailed("why").reason, str(StepFailed("why"))) == ("why", "why")


class Registered:
    """A registry whose operations may change."""

    def __init__(self, operations: dict[str, Operation]) -> None:
        self.operations = operations


def test_what_somebody_makes_of_a_built_in_operation_is_an_operation_like_any_other() -> None:
    """Its check is not there, or another: what it gets and gives is not what that of the built-in one vouches for."""
    odd = Operation("odd.set", BUILTINS.operations["set"].apply)
    registry = Registered({"odd.set": odd})
    with pytest.raises(OperationError, match="KeyError: 'path'"):
        run(plan(do("odd.set")), ExecutionContext({"n": 1}), registry=registry)
    with pytest.raises(OperationError, match="it returned an int; expected the new state"):
        run(plan(do("odd.set", path="", value=5)), ExecutionContext({"n": 1}), registry=registry)


def test_the_plan_is_remembered_for_the_very_same_operations_alone() -> None:
    class Sets:
        def __init__(self, to: int) -> None:
            self.to = to

        def __call__(self, state: Any, call: Any) -> Any:
            return state.set("n", self.to)

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Sets)

        __hash__ = None  # type: ignore[assignment]

    operations = {"odd.set": Operation("odd.set", Sets(3))}
    workflow, registry = plan(do("odd.set")), Registered(operations)
    assert run(workflow, ExecutionContext({}), registry=registry).final_state == {"n": 3}
    operations["odd.set"] = Operation("odd.set", Sets(4))
    assert run(workflow, ExecutionContext({}), registry=registry).final_state == {"n": 4}
    del operations["odd.set"]
    with pytest.raises(UnknownOperationError):
        run(workflow, ExecutionContext({}), registry=registry)
