"""JSON Schema 2020-12: what is one, what meets one, and that nothing else is ever raised."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.strategies import documents, nested, permuted, vectors
from tier2_core.errors import InvalidSchemaError, InvalidValueError
from tier2_core.values.freeze import freeze
from tier2_core.values.schema import DIALECT, check_schema, schema_problems
from tier2_core.values.thaw import thaw


def refusal(schema: Any, document: Any = None) -> InvalidSchemaError:
    with pytest.raises(InvalidSchemaError) as caught:
        schema_problems(schema, document, field="params_schema")
    assert caught.value.field == "params_schema"
    assert str(caught.value).startswith("Field 'params_schema' ")
    return caught.value


# --- what meets a schema -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        (True, None),
        ({}, {"a": 1}),
        ({"$schema": DIALECT, "type": "object"}, {}),
        ({"$schema": DIALECT + "#"}, 1),
        ({"type": "integer"}, 1.0),
        ({"type": "integer"}, 1e300),
        ({"enum": [True, "a"]}, True),
        ({"uniqueItems": True}, [1, True, 0, False, [1], [True], {"a": 1}, {"a": True}]),
        ({"format": "date"}, "no date"),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}}}, "a"),
        ({"$ref": "#here", "$defs": {"x": {"$anchor": "here", "type": "null"}}}, None),
        ({"$id": "https://example.com/a", "$ref": "b", "$defs": {"b": {"$id": "b", "type": "null"}}}, None),
        ({"properties": {"next": {"$ref": "#"}}}, {"next": {"next": {}}}),
        ({"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {}}}, 1),
        ({"properties": {"pattern": {"type": "string"}}}, {"pattern": "["}),
        ({"const": {"pattern": "["}}, {"pattern": "["}),
        ({"enum": [{"patternProperties": {"(": 1}}]}, {"patternProperties": {"(": 1}}),
        ({"default": {"pattern": "*"}, "examples": [{"pattern": "?"}]}, 1),
        ({"x-note": {"pattern": "["}}, 1),
        ({"$ref": DIALECT}, {"type": "object"}),
    ],
)
def test_a_document_that_meets_its_schema_has_no_problem(schema: Any, document: Any) -> None:
    assert schema_problems(schema, document) == ()
    assert schema_problems(freeze(schema), freeze(document)) == ()


@pytest.mark.parametrize(
    ("schema", "document", "problems"),
    [
        (False, 1, (("", "found 1; expected nothing here"),)),
        ({"enum": [1]}, True, (("", "found true; expected 1"),)),
        ({"enum": [1, None]}, True, (("", "found true; expected one of 1, null"),)),
        ({"enum": [[1]]}, [True], (("", "found [true]; expected [1]"),)),
        ({"const": {"a": 0}}, {"a": False}, (("", 'found {"a": false}; expected {"a": 0}'),)),
        ({"type": "number"}, True, (("", "found true; expected a number"),)),
        ({"type": ["string", "null"]}, 1.5, (("", "found 1.5; expected null or a string"),)),
        (
            {"uniqueItems": True},
            [{"a": 1}, {"a": 1.0}],
            (("", 'found [{"a": 1}, {"a": 1}], in which an item comes twice; expected each once'),),
        ),
        (
            {"properties": {"b": {"type": "null"}, "a/b": {"items": {"maximum": 1}}}, "required": ["c"]},
            {"b": 1, "a/b": [1, 2]},
            (
                ("", "found no key 'c'; expected one"),
                ("/a~1b/1", "found 2; expected at most 1"),
                ("/b", "found 1; expected null"),
            ),
        ),
        (
            {"additionalProperties": False},
            dict.fromkeys("gfedcba", 1),
            (("", "found the keys 'a', 'b', 'c', 'd', 'e' and 2 more; expected none"),),
        ),
        (
            {"properties": {"a": {}}, "additionalProperties": False},
            {"a": 1, "b": 1},
            (("", "found the unknown key 'b'; expected none"),),
        ),
        (
            {"propertyNames": {"maxLength": 1}},
            {"ab": 1},
            (("", "found the key 'ab'; expected at most 1 character, as a key"),),
        ),
        (
            {"anyOf": [{"type": "integer", "minimum": 1}, {"const": "all"}]},
            0,
            (("", 'found 0; expected at least 1 or "all"'),),
        ),
        (
            {"anyOf": [{"items": {"type": "null"}}]},
            [1],
            (("", "found [1]; expected a value that one of the schemas in anyOf allows"),),
        ),
        (
            {"oneOf": [{}, True]},
            1,
            (("", "found 1; expected a value that exactly one of the schemas in oneOf allows"),),
        ),
        ({"not": {}}, 1, (("", "found 1; expected something that does not meet the schema {}"),)),
        (
            {"contains": {"type": "null"}},
            [1],
            (("", "found [1]; expected an item that the schema in contains allows"),),
        ),
        (
            {"contains": {"type": "null"}, "maxContains": 0},
            [None],
            (("", "found [null]; expected fewer items that the schema in contains allows"),),
        ),
        ({"multipleOf": 0.01}, 0.005, (("", "found 0.005; expected a multiple of 0.01"),)),
        ({"minLength": 2}, "a", (("", 'found "a"; expected at least 2 characters'),)),
        ({"pattern": "^b"}, "a", (("", 'found "a"; expected a string that matches ^b'),)),
        ({"minimum": 1e300}, 5, (("", "found 5; expected at least 1e+300"),)),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, (("", "found no key 'b'; expected one"),)),
        ({"unevaluatedProperties": False}, {"a": 1}, (("", "found the unknown key 'a'; expected none"),)),
    ],
)
def test_every_problem_is_told_with_its_place_in_order(schema: Any, document: Any, problems: Any) -> None:
    assert schema_problems(schema, document) == problems


@pytest.mark.parametrize("case", vectors("values/schemas"), ids=lambda case: case["name"])
def test_a_schema_means_what_the_specification_says(case: Any) -> None:
    for document in case["meets"]:
        assert schema_problems(case["schema"], document) == (), document
    for document in case["misses"]:
        assert schema_problems(case["schema"], document) != (), document


def test_patterns_are_matched_in_linear_time_and_large_lists_held_against_themselves_at_once() -> None:
    assert schema_problems({"pattern": "^(a+)+$"}, "a" * 100_000 + "b") != ()
    assert schema_problems({"patternProperties": {"^(a|a)*$": False}}, {"a" * 10_000 + "b": 1}) == ()
    assert schema_problems({"uniqueItems": True}, [{"a": place} for place in range(20_000)]) == ()
    assert schema_problems({"uniqueItems": True}, [*({"a": place} for place in range(20_000)), {"a": 5.0}]) != ()


@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_no_problem(document: Any, random: Random) -> None:
    schema = {"type": "string", "additionalProperties": False, "items": {"type": "null"}, "enum": [], "minimum": 10**9}
    assert schema_problems(schema, document) == schema_problems(permuted(schema, random), permuted(document, random))


@given(documents())
def test_a_document_meets_the_schema_that_names_it(document: Any) -> None:
    assert schema_problems({"const": document}, document) == ()
    assert schema_problems({"enum": [document]}, document) == ()
    assert schema_problems({"not": {"const": document}}, document) != ()


def test_neither_schema_nor_document_is_changed() -> None:
    schema = {"$schema": DIALECT, "properties": {"a": {"default": 1}}}
    document: dict[str, Any] = {}
    assert schema_problems(schema, document) == ()
    assert document == {}
    assert schema == {"$schema": DIALECT, "properties": {"a": {"default": 1}}}


def test_a_message_is_short_however_large_the_document() -> None:
    for document in (["x" * 10_000] * 10, "x" * 10_000, {"x" * 10_000: 1}, [[["x"]]] * 1_000):
        ((_, message),) = schema_problems({"type": "null"}, document)
        assert len(message) == len("found ") + 80 + len("; expected null")
        assert message.endswith("…; expected null")
    ((_, message),) = schema_problems({"required": ["k" * 10_000], "enum": [["x" * 10_000] * 3] * 1}, {})[:1]
    assert len(message) < 200


def test_a_document_as_deep_as_documents_may_be_is_judged() -> None:
    deep = thaw(nested(0, 64))
    assert schema_problems({"items": {"$ref": "#"}, "additionalProperties": {"$ref": "#"}}, deep) == ()


# --- what is no schema ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (None, "found null; expected an object, true or false"),
        (5, "found 5; expected an object, true or false"),
        ("object", 'found "object"; expected an object, true or false'),
        ([], "found []; expected an object, true or false"),
        ({"type": "strin"}, 'at \'/type\', found "strin"; expected one of "array", '),
        ({"properties": {"a": {"minimum": "1"}}}, "at '/properties/a/minimum', found \"1\"; expected a number"),
        ({"required": "a"}, "at '/required'"),
        ({"items": [{}]}, "at '/items'"),
        ({"$id": 5}, "at '/$id'"),
        ({"maxItems": 2.5}, "at '/maxItems'"),
        ({"minLength": -1}, "at '/minLength'"),
        ({"pattern": "["}, "at '/pattern', found \"[\"; expected a pattern of ECMA-262"),
        ({"pattern": "a{99999999999999999999}"}, "at '/pattern'"),
        ({"pattern": "(?P<a>.)(?P<a>.)"}, "at '/pattern'"),
        ({"pattern": "(?=a)"}, "without look-around and back-references, as it has to be matched in linear time"),
        ({"pattern": "(a)\\1"}, "without look-around and back-references"),
        ({"pattern": "((a{100}){100}){100}"}, "at '/pattern'"),
        ({"items": {"properties": {"a": {"pattern": "*"}}}}, "at '/items/properties/a/pattern'"),
        ({"patternProperties": {"(": {}}}, "at '/patternProperties/(', found the key '('; expected a pattern of"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, 'names the dialect "http://json-schema.org/draft-07/'),
        ({"$schema": None}, "names the dialect null"),
        ({"$schema": [DIALECT]}, "names the dialect ["),
        ({"$defs": {"old": {"$schema": "http://json-schema.org/draft-07/schema#"}}}, "names the dialect"),
    ],
)
def test_what_is_no_schema_is_refused_before_anything_is_judged(schema: Any, said: str) -> None:
    with pytest.raises(InvalidSchemaError) as caught:
        check_schema(schema, field="params_schema")
    assert said in str(caught.value)
    assert str(caught.value) == str(refusal(schema))


REST = {"type": "object", "allOf": [True]}


@pytest.mark.parametrize(
    "reference",
    [
        "https://example.com/schema.json",
        "http://localhost:1/x",
        "file:///etc/passwd",
        "other.json",
        "http://[::1",
        "urn:example:x",
        "#/nowhere",
        "#nowhere",
        "#/~2",
        "#/%zz",
        "#/$defs/a/b",
        "#/type/0",
        "#/allOf/x",
        "#/allOf/-1",
    ],
)
@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef"])
def test_nothing_outside_the_schema_is_fetched(keyword: str, reference: str) -> None:
    """A reference that leads out of the schema, or to nothing in it, is the schema's mistake."""
    error = refusal({"properties": {"a": {keyword: reference}}, "$defs": {"a": {}}, **REST}, {"a": 1})
    assert f"has a $ref to '{reference}' that is not in the schema; expected one inside it" in str(error)
    assert str(error) == str(refusal({"properties": {"a": {keyword: reference}}, "$defs": {"a": {}}, **REST}, {}))


@pytest.mark.filterwarnings("ignore")
def test_a_file_that_is_there_is_not_read(tmp_path: Path) -> None:
    there = tmp_path / "schema.json"
    there.write_text("{}", encoding="utf-8")
    assert "is not in the schema" in str(refusal({"$ref": there.as_uri()}, 1))


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$dynamicRef": "#"},
        {"$schema": DIALECT, "allOf": [{"$ref": "#"}]},
        {"not": {"$ref": "#"}},
        {"if": {"$ref": "#"}},
        {"$dynamicAnchor": "a", "not": {"$dynamicRef": "#a"}},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}},
        {"items": {"items": {"not": {"$ref": "#/items/items"}}}},
    ],
)
def test_a_reference_without_end_is_refused_before_it_is_followed(schema: Any) -> None:
    assert "refers to itself without end" in str(refusal(schema, [[1]]))
    with pytest.raises(InvalidSchemaError, match="refers to itself without end"):
        check_schema(schema)


@given(documents(6), st.data())
def test_a_reference_that_comes_to_an_end_changes_nothing(document: Any, data: st.DataObject) -> None:
    """Beside another implementation: what is followed twice, in turn or in each other, is judged as it judges it."""
    target = st.sampled_from([{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}, {"$ref": "#"}, {"type": "array"}, True])
    below = st.sampled_from(["items", "additionalProperties", "contains", "propertyNames", "unevaluatedItems"])
    beside = st.sampled_from(["not", "if", "then", "else"])
    many = st.sampled_from(["allOf", "anyOf", "oneOf"])
    part = (
        st.dictionaries(below, target, max_size=3)
        | st.dictionaries(beside, st.dictionaries(below, target, max_size=2), max_size=2)
        | st.dictionaries(many, st.lists(st.dictionaries(below, target), min_size=1, max_size=2), max_size=2)
    )
    schema = {**data.draw(part), "$defs": {"a": data.draw(part), "b": {"maxProperties": 1, "maxItems": 1}}}
    plain = thaw(document)
    try:
        met = schema_problems(schema, plain) == ()
    except InvalidSchemaError:  # it refers to itself without end
        return
    assert met == Draft202012Validator(thaw(schema)).is_valid(plain)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/x", "x": 5},
        {"$ref": "#/x", "x": None},
        {"$ref": "#/x", "x": "text"},
        {"$ref": "#/x", "x": [True]},
        {"$ref": "#/minimum", "minimum": 5},
        {"$ref": "#/x", "x": {"pattern": "["}},
        {"$ref": "#/x", "x": {"items": 5}},
        {"$ref": "#/x", "x": {"required": 5}},
        {"$ref": "#/x", "x": {"properties": [1]}},
    ],
)
def test_a_reference_to_what_is_no_schema_is_refused(schema: Any) -> None:
    assert "is no JSON Schema (2020-12): " in str(refusal(schema))


KEYWORDS = (
    *("$ref", "$dynamicRef", "$id", "$anchor", "$schema", "$defs", "type", "properties", "items", "prefixItems", "not"),
    *("allOf", "anyOf", "if", "then", "contains", "minContains", "required", "enum", "const", "pattern", "minimum"),
    *("multipleOf", "uniqueItems", "patternProperties", "propertyNames", "additionalProperties", "maxLength", "a"),
    *("unevaluatedItems", "unevaluatedProperties", "dependentRequired", "dependentSchemas", "format"),
)


def _schemas() -> st.SearchStrategy[Any]:
    scalars = (True, False, None, 0, 1, -1, 0.5, 1e300)
    names = ("", "a", "#", "#/$defs/a", "#a", "[", "object", "array", "http://[")
    leaves: st.SearchStrategy[Any] = st.sampled_from((*scalars, *names)) | st.just([]) | st.just({})
    return st.recursive(
        leaves,
        lambda parts: st.lists(parts, max_size=2) | st.dictionaries(st.sampled_from(KEYWORDS), parts, max_size=4),
        max_leaves=8,
    )


@given(_schemas(), documents(6))
def test_whatever_is_given_nothing_else_is_raised(schema: Any, document: Any) -> None:
    try:
        problems = schema_problems(schema, document)
    except InvalidSchemaError:
        return
    assert problems == tuple(sorted(set(problems)))


def test_what_is_no_document_is_no_schema_and_meets_none() -> None:
    for schema, document in (({1}, 1), (True, {1})):
        with pytest.raises(InvalidValueError, match="ound a set"):
            schema_problems(schema, document)


def test_a_schema_that_was_seen_before_is_judged_as_it_was_the_first_time() -> None:
    for field in ("one", "two"):
        assert schema_problems({"type": "string"}, 1, field=field) == (("", "found 1; expected a string"),)
        assert schema_problems(freeze({"type": "string"}), "a", field=field) == ()
        with pytest.raises(InvalidSchemaError, match=f"Field '{field}' is no JSON Schema"):
            check_schema({"type": "strin"}, field=field)


def test_true_and_one_are_two_schemas_even_if_python_thinks_they_are_equal() -> None:
    assert schema_problems({"const": True}, True) == ()
    assert schema_problems({"const": 1}, True) != ()
    assert schema_problems({"const": 1.0}, 1) == ()
