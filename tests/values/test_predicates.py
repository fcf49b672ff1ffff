"""The operators of expectations and guards."""

from __future__ import annotations

from operator import ge, gt, le, lt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import Text, documents, numbers, texts
from tier2_core.errors import InvalidSchemaError, InvalidSpecError
from tier2_core.values.freeze import freeze, same
from tier2_core.values.predicates import PREDICATES, check_predicate, missed


@pytest.mark.parametrize(
    ("op", "actual", "expected", "reason"),
    [
        ("eq", 1, 1.0, None),
        ("eq", True, 1, "eq_mismatch"),
        ("eq", {"a": [True]}, {"a": [1]}, "eq_mismatch"),
        ("eq", None, None, None),
        ("ne", True, 1, None),
        ("ne", 1, 1.0, "ne_mismatch"),
        ("gt", 2, 1, None),
        ("gt", 1, 1, "gt_mismatch"),
        ("ge", 1, 1.0, None),
        ("lt", "B", "a", None),
        ("lt", "a", "B", "lt_mismatch"),
        ("lt", "\uffff", "😀", None),
        ("le", "a", "a", None),
        ("gt", 2**53, 2**53 - 1, None),
        ("gt", True, 0, "type_error"),
        ("lt", 0, True, "type_error"),
        ("lt", "1", 2, "type_error"),
        ("ge", None, None, "type_error"),
        ("le", [1], [2], "type_error"),
        ("contains", [1, [2]], [2.0], None),
        ("contains", [1], True, "contains_mismatch"),
        ("contains", "text", "ex", None),
        ("contains", "text", "", None),
        ("contains", "text", 1, "type_error"),
        ("contains", {"a": 1}, "a", None),
        ("contains", {"a": "b"}, "b", "contains_mismatch"),
        ("contains", {"1": 1}, 1, "type_error"),
        ("contains", 12, 1, "type_error"),
        ("contains", None, None, "type_error"),
        ("in", [2], [1, [2]], None),
        ("in", 1, [True], "in_mismatch"),
        ("in", "ex", "text", None),
        ("in", "b", {"a": "b"}, "in_mismatch"),
        ("in", 1, 12, "type_error"),
        ("matches", [1], {"items": {"type": "integer"}}, None),
        ("matches", [True], {"items": {"type": "integer"}}, "matches_mismatch"),
        ("exists", None, None, None),
    ],
)
def test_a_value_meets_or_misses_an_expectation(op: str, actual: Any, expected: Any, reason: str | None) -> None:
    check_predicate(op, expected)
    assert missed(op, True, actual, expected) == reason
    assert missed(op, True, freeze(actual), freeze(expected)) == reason


@pytest.mark.parametrize("op", PREDICATES)
def test_what_is_not_there_misses_everything_but_absent(op: str) -> None:
    assert missed(op, False, None, {}) == (None if op == "absent" else "path_missing")


def test_absent_misses_what_is_there_even_null() -> None:
    assert missed("absent", True, None, None) == "path_present"


@given(documents(), documents())
def test_ne_is_the_opposite_of_eq(a: Any, b: Any) -> None:
    for other in (a, b):
        assert (missed("eq", True, a, other) is None) == (missed("ne", True, a, other) is not None) == same(a, other)


@given(st.tuples(numbers(), numbers()) | st.tuples(texts(), texts()))
def test_order_is_that_of_numbers_and_of_code_points(pair: tuple[Any, Any]) -> None:
    a, b = pair
    for op, compare in {"gt": gt, "ge": ge, "lt": lt, "le": le}.items():
        assert (missed(op, True, a, b) is None) == compare(a, b)


@given(documents(), documents())
def test_in_is_contains_the_other_way_round(a: Any, b: Any) -> None:
    reason = missed("contains", True, a, b)
    assert missed("in", True, b, a) == (reason and reason.replace("contains", "in"))


@given(st.sampled_from(sorted(PREDICATES.keys() - {"matches"})), documents(), documents())
def test_no_pair_of_documents_raises(op: str, a: Any, b: Any) -> None:
    assert missed(op, True, a, b) in (None, "type_error", "path_present", f"{op}_mismatch")


@pytest.mark.parametrize("op", ["", "EQ", "==", "eqq", None, 1, True, [], {}, ("eq",)])
def test_another_operator_is_refused(op: Any) -> None:
    with pytest.raises(InvalidSpecError, match="Invalid value for 'op'") as caught:
        check_predicate(op, None)
    assert caught.value.field == "op"
    assert all(name in str(caught.value) for name in PREDICATES)


def test_the_closest_operator_is_named() -> None:
    with pytest.raises(InvalidSpecError, match="did you mean 'matches'"):
        check_predicate("match", {})
    check_predicate(Text("eq"), 1)


def test_what_matches_expects_is_a_schema() -> None:
    with pytest.raises(InvalidSchemaError) as caught:
        check_predicate("matches", {"type": "strin"})
    assert caught.value.field == "expected"
