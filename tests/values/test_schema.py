"""JSON Schema 2020-12: what is one, what meets one, and that nothing else is ever raised."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.strategies import documents, nested, permuted
from tier2_core.errors import InvalidSchemaError, InvalidValueError
from tier2_core.values.freeze import freeze
from tier2_core.values.paths import format_pointer
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
        (False, 1, (("", "False schema does not allow 1"),)),
        ({"enum": [1]}, True, (("", "True is not one of [1]"),)),
        ({"enum": [[1]]}, [True], (("", "[True] is not one of [[1]]"),)),
        ({"const": {"a": 0}}, {"a": False}, (("", "{'a': 0} was expected"),)),
        ({"type": "number"}, True, (("", "True is not of type 'number'"),)),
        ({"type": "integer"}, 1.5, (("", "1.5 is not of type 'integer'"),)),
        ({"uniqueItems": True}, [{"a": 1}, {"a": 1.0}], (("", "[{'a': 1}, {'a': 1}] has non-unique elements"),)),
        (
            {"properties": {"b": {"type": "null"}, "a/b": {"items": {"maximum": 1}}}, "required": ["c"]},
            {"b": 1, "a/b": [1, 2]},
            (
                ("", "'c' is a required property"),
                ("/a~1b/1", "2 is greater than the maximum of 1"),
                ("/b", "1 is not of type 'null'"),
            ),
        ),
    ],
)
def test_every_problem_is_told_with_its_place_in_order(schema: Any, document: Any, problems: Any) -> None:
    assert schema_problems(schema, document) == problems


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
    ((_, message),) = schema_problems({"type": "null"}, ["x" * 10_000] * 10)
    assert len(message) == 300
    assert message.endswith("…")


def test_a_document_as_deep_as_documents_may_be_is_judged() -> None:
    deep = thaw(nested(0, 64))
    assert schema_problems({"items": {"$ref": "#"}, "additionalProperties": {"$ref": "#"}}, deep) == ()


# --- what is no schema ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (None, "None is not of type"),
        (5, "5 is not of type"),
        ("object", "'object' is not of type"),
        ([], "[] is not of type"),
        ({"type": "strin"}, "at '/type', 'strin' is not valid"),
        ({"properties": {"a": {"minimum": "1"}}}, "at '/properties/a/minimum'"),
        ({"required": "a"}, "at '/required'"),
        ({"items": [{}]}, "at '/items'"),
        ({"$id": 5}, "at '/$id'"),
        ({"maxItems": 2.5}, "at '/maxItems'"),
        ({"minLength": -1}, "at '/minLength'"),
        ({"pattern": "["}, "at '/pattern', '[' is not a 'regex'"),
        ({"pattern": "a{99999999999999999999}"}, "at '/pattern'"),
        ({"pattern": "(?P<a>.)(?P<a>.)"}, "at '/pattern'"),
        ({"items": {"properties": {"a": {"pattern": "*"}}}}, "at '/items/properties/a/pattern'"),
        ({"patternProperties": {"(": {}}}, "at '/patternProperties', '(' is not a 'regex'"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "names the dialect 'http://json-schema.org/draft-07/"),
        ({"$schema": None}, "names the dialect None"),
        ({"$schema": [DIALECT]}, "names the dialect ["),
    ],
)
def test_what_is_no_schema_is_refused_before_anything_is_judged(schema: Any, said: str) -> None:
    with pytest.raises(InvalidSchemaError) as caught:
        check_schema(schema, field="params_schema")
    assert said in str(caught.value)
    assert str(caught.value) == str(refusal(schema))


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
    ],
)
@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef"])
def test_nothing_outside_the_schema_is_fetched(keyword: str, reference: str) -> None:
    """A reference that leads out of the schema, or to nothing in it, is the schema's mistake."""
    error = refusal({"properties": {"a": {keyword: reference}}, "$defs": {"a": {}}}, {"a": 1})
    assert "is not in the schema; expected one inside it" in str(error)
    assert schema_problems({"properties": {"a": {keyword: reference}}}, {}) == ()


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
def test_a_reference_without_end_is_refused_at_every_depth_of_the_stack(
    schema: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """An exhausted stack ends in as many ways as there are places to exhaust it at; some print a panic."""

    def judged(frames: int) -> str:
        return judged(frames - 1) if frames else str(refusal(schema, [[1]]))

    said = {judged(frames) for frames in range(40)}
    assert len(said) == 1
    assert "refers to itself without end" in said.pop()
    assert capfd.readouterr().err == ""


def test_a_reference_without_end_under_a_dialect_of_its_own_is_refused_too() -> None:
    """There jsonschema falls back to its own following of references, until the stack is exhausted."""
    schema = {"not": {"$schema": DIALECT, "not": {"$ref": "#"}}}

    def judged(frames: int) -> str:
        return judged(frames - 1) if frames else str(refusal(schema, 1))

    assert len({judged(frames) for frames in range(40)}) == 1


@given(documents(6), st.data())
def test_a_reference_that_comes_to_an_end_changes_nothing(document: Any, data: st.DataObject) -> None:
    """Beside jsonschema itself: what is followed twice, in turn or inside each other, is judged as it judges it."""
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
    expected = {
        (format_pointer(error.absolute_path), error.message[:299])
        for error in Draft202012Validator(thaw(schema)).iter_errors(plain)
    }
    assert {(where, said[:299]) for where, said in schema_problems(schema, plain)} == expected


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/x", "x": 5},
        {"$ref": "#/x", "x": None},
        {"$ref": "#/x", "x": "text"},
        {"$ref": "#/x", "x": [True]},
        {"$ref": "#/minimum", "minimum": 5},
        {"$ref": "#/type/0", "type": "object"},
        {"$ref": "#/allOf/x", "allOf": [True]},
        {"$ref": "#/x", "x": {"pattern": "["}},
        {"$ref": "#/x", "x": {"items": 5}},
        {"$ref": "#/x", "x": {"required": 5}},
        {"$ref": "#/x", "x": {"multipleOf": 0}},
        {"$ref": "#/x", "x": {"properties": [1]}},
    ],
)
def test_a_reference_to_what_is_no_schema_is_refused(schema: Any) -> None:
    def judge_some() -> None:
        for document in ("text", 1, [1], {"a": 1}):
            schema_problems(schema, document)

    with pytest.raises(InvalidSchemaError, match=re.escape("expected each $ref to lead to a schema")):
        judge_some()


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
        assert schema_problems({"type": "string"}, 1, field=field) == (("", "1 is not of type 'string'"),)
        assert schema_problems(freeze({"type": "string"}), "a", field=field) == ()
        with pytest.raises(InvalidSchemaError, match=f"Field '{field}' is no JSON Schema"):
            check_schema({"type": "strin"}, field=field)


def test_true_and_one_are_two_schemas_even_if_python_thinks_they_are_equal() -> None:
    assert schema_problems({"const": True}, True) == ()
    assert schema_problems({"const": 1}, True) != ()
    assert schema_problems({"const": 1.0}, 1) == ()
