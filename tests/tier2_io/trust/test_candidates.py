"""Documents made from schemas: never wrong, always the same, and with what is worth trying among them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import documents
from tier2_core import InvalidSchemaError, Tier2Error, canonical_json, freeze
from tier2_core.values.schema import schema_problems
from tier2_io.trust.candidates import MOST, candidates, others

SCHEMAS: list[tuple[Any, list[Any]]] = [
    ({"const": {"a": 1}}, [{"a": 1}]),
    ({"enum": [3, "x"]}, [3, "x"]),
    ({"type": "boolean"}, [False, True]),
    ({"type": ["integer", "null"], "exclusiveMinimum": 3, "maximum": 5}, [4, 5, None]),
    ({"type": "number", "multipleOf": 0.25, "minimum": 0, "maximum": 0.5}, [0, 0.25, 0.5]),
    ({"type": "string", "minLength": 3, "maxLength": 5}, ["abc", "aaa", "aaaaa"]),
    ({"type": "string", "pattern": "^[A-Z]{2}$"}, ["AB"]),
    ({"type": "string", "pattern": "^q{7}$", "examples": ["qqqqqqq"]}, ["qqqqqqq"]),
    ({"type": "string", "format": "date"}, ["2026-03-02", "2024-02-29"]),
    ({"type": "array", "items": {"type": "boolean"}, "minItems": 2, "uniqueItems": True}, [[False, True]]),
    ({"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "items": False}, [[1, 2]]),
    ({"type": "array", "contains": {"const": 7}, "items": {"type": "integer", "minimum": 5}}, [[7]]),
    ({"required": ["a"], "properties": {"a": {"type": "boolean"}}}, [{"a": False}, {"a": True}]),
    ({"type": "object", "required": ["x"], "additionalProperties": {"const": 1}}, [{"x": 1}]),
    ({"oneOf": [{"const": 1}, {"const": "a"}]}, [1, "a"]),
    ({"anyOf": [{"type": "null"}, {"type": "integer"}], "default": 7}, [7, None, 1]),
    (
        {"allOf": [{"required": ["a"], "properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]},
        [{"a": 1}, {"a": 1, "b": 2}],
    ),
    (
        {"$ref": "#/$defs/tree", "$defs": {"tree": {"properties": {"kids": {"items": {"$ref": "#/$defs/tree"}}}}}},
        [{}, {"kids": []}],
    ),
    (True, [None, {}]),
    (False, []),
]


@pytest.mark.parametrize(("schema", "among"), SCHEMAS, ids=lambda case: str(case)[:60])
def test_a_schema_has_the_documents_that_it_describes(schema: Any, among: list[Any]) -> None:
    made = [canonical_json(document) for document in candidates(schema)]
    assert [document for document in among if canonical_json(document) not in made] == []


@pytest.mark.parametrize("schema", [schema for schema, _ in SCHEMAS], ids=lambda schema: str(schema)[:60])
def test_every_document_meets_its_schema_and_comes_once(schema: Any) -> None:
    made = candidates(schema)
    assert len({canonical_json(document) for document in made}) == len(made) <= MOST
    assert all(not schema_problems(schema, document) for document in made)
    assert made == candidates(freeze(schema))


def test_what_is_handed_in_comes_first_if_it_fits() -> None:
    assert candidates({"type": "integer"}, [41, "no", 42], most=3) == [41, 42, 1]


def test_limits_that_are_out_of_reach_take_neither_time_nor_memory() -> None:
    schemas: list[dict[str, Any]] = [{"minLength": 2**40}, {"minItems": 2**40}, {"minimum": 1e308, "multipleOf": 1e308}]
    for schema in schemas:
        assert all(not schema_problems(schema, document) for document in candidates(schema))


def test_what_is_no_schema_is_refused() -> None:
    schemas: list[Any] = [{"type": "strin"}, {"enum": 5}, {"properties": []}, {"pattern": "("}, 5]
    for schema in schemas:
        with pytest.raises(InvalidSchemaError):
            candidates(schema)


def test_a_reference_to_what_is_no_schema_is_refused_or_leads_nowhere() -> None:
    for target in (5, {"enum": 5}, {"properties": 7}, {"type": 3}):
        with suppress(InvalidSchemaError):
            assert candidates({"x": target, "$ref": "#/x"}) == []


KEYWORDS = st.sampled_from(
    ["type", "enum", "const", "properties", "items", "required", "minimum", "pattern", "anyOf", "$ref", "minItems",
     "examples", "default", "format", "additionalProperties", "multipleOf", "contains", "prefixItems"]
)  # fmt: skip
PARTS = st.sampled_from(["object", "array", "string", "integer", "#", "#/items", "a", 0, 2, 0.5, True, False, None])
SOME = st.recursive(
    PARTS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYWORDS, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(KEYWORDS, SOME, max_size=4))
def test_anything_else_is_no_crash(schema: Any) -> None:
    try:
        made = candidates(schema, most=4)
    except Tier2Error:
        return
    assert all(not schema_problems(schema, document) for document in made)


@given(documents(max_leaves=5))
def test_others_differ_from_the_document_at_one_place(document: Any) -> None:
    made = others([document], most=30)
    keys = {canonical_json(one) for one in made}
    assert len(keys) == len(made)
    assert canonical_json(document) not in keys
    if isinstance(document, dict) and document:
        assert any(set(one) == set(document) for one in made)
