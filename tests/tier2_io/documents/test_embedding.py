"""Schemas inside others take what they took."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tier2_io.almost import meets
from tier2_io.documents.schemas.embedding import Definitions, advice, embedded

_LEAVES = st.sampled_from(
    [True, False, {}, {"type": "string"}, {"type": "integer", "minimum": 1}, {"const": {"$ref": "#/nowhere"}}]
)
_OWN_PARTS = st.sampled_from([{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a%25%20b"}, {"$ref": "#/$defs/c~1d/items"}])
_SCHEMAS = st.recursive(
    _LEAVES | _OWN_PARTS,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"items": inner}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"not": inner, "description": st.just("A part.")}),
        st.fixed_dictionaries({"properties": st.dictionaries(st.sampled_from(["a", "$ref", "const"]), inner)}),
        st.fixed_dictionaries({"additionalProperties": inner}),
    ),
    max_leaves=6,
).filter(lambda schema: isinstance(schema, dict))
_INSTANCES = st.recursive(
    st.none() | st.integers(0, 2) | st.just("x"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "$ref", "b"]), inner, max_size=2),
    max_leaves=5,
)


@given(_SCHEMAS, _LEAVES, _INSTANCES)
def test_a_schema_that_was_moved_takes_what_it_took(schema: Any, part: Any, instance: Any) -> None:
    whole = {**schema, "$defs": {"a": part, "a% b": {"type": "integer"}, "c/d": {"items": part}}}
    moved = embedded(whole, "#/$defs/here")
    assert meets({"$ref": "#/$defs/here", "$defs": {"here": moved}}, instance) is meets(whole, instance)
    advised = advice(whole, "#/$defs/here")
    assert meets({"$ref": "#/$defs/here", "$defs": {"here": advised}}, instance)


@pytest.mark.parametrize(
    "schema",
    [
        {"$id": "urn:example:a"},
        {"properties": {"a": {"$id": "urn:example:a", "$ref": "#/x"}}},
        {"$defs": {"a": {"$anchor": "here"}}, "$ref": "#here"},
        {"$dynamicAnchor": "node", "items": {"$dynamicRef": "#node"}},
        {"$ref": "#/examples/0", "examples": [{"type": "string"}]},
        {"$ref": "#/$defs/nowhere"},
        {"$ref": "urn:example:elsewhere"},
        {"items": {"$schema": "https://json-schema.org/draft/2020-12/schema"}},
    ],
)
def test_a_schema_that_cannot_be_moved_with_certainty_is_not(schema: Any) -> None:
    assert embedded(schema, "#/$defs/here") is None
    assert advice(schema, "#/$defs/here") is None


@pytest.mark.parametrize("schema", [True, False])
def test_a_boolean_is_a_schema_too(schema: bool) -> None:
    assert embedded(schema, "#/$defs/here") is schema


def test_names_that_come_to_the_same_are_kept_apart() -> None:
    told: list[str] = []
    definitions = Definitions(told.append)
    schemas = [{"const": place} for place in range(3)]
    names = ["a/b", "a-b", "a~b"]
    held = [definitions.hold(schema, name, "it", embedded) for schema, name in zip(schemas, names, strict=True)]
    for place, reference in enumerate(held):
        assert meets({**(reference or {}), "$defs": definitions.made}, place)
        assert not meets({**(reference or {}), "$defs": definitions.made}, "other")
    assert told == []
