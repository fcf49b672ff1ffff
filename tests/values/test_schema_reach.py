"""What a schema asks of a document is counted before it is asked, so that no schema takes for ever."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import documents
from tier2_core.errors import InvalidSchemaError
from tier2_core.values.schema import check_schema, schema_problems
from tier2_core.values.schema_reach import Reach
from tier2_core.values.thaw import thaw


def doubling(times: int, keyword: str, leaf: Any) -> dict[str, Any]:
    """A chain of references, each of which is followed twice."""
    steps = {f"d{place}": {keyword: [{"$ref": f"#/$defs/d{place + 1}"}] * 2} for place in range(times)}
    return {"$ref": "#/$defs/d0", "$defs": {**steps, f"d{times}": leaf}}


def deep(levels: int, value: Any = 1) -> Any:
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_references_that_double_are_refused_before_they_are_followed(keyword: str) -> None:
    check_schema(doubling(6, keyword, {"type": "string"}))
    for times in (30, 64, 500):
        with pytest.raises(
            InvalidSchemaError, match=r"a schema whose references multiply: it would ask .* at most 10,000,000"
        ):
            check_schema(doubling(times, keyword, {"type": "string"}))


@pytest.mark.parametrize(
    "part",
    [
        {"allOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]},
        {"anyOf": [{"items": {"$ref": "#"}}, {"prefixItems": [{"$ref": "#"}]}]},
        {"items": {"$ref": "#"}, "contains": {"$ref": "#"}},
        {"items": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}},
        {"items": {"$dynamicRef": "#a"}, "contains": {"$ref": "#"}, "$dynamicAnchor": "a"},
        {"if": {"items": {"$ref": "#"}}, "then": {"items": {"$ref": "#"}}, "else": {"items": {"$ref": "#"}}},
        {"not": {"not": {"items": {"$ref": "#"}}}, "oneOf": [{"items": {"$ref": "#"}}, False]},
    ],
)
def test_a_schema_that_refers_to_itself_twice_is_judged_as_far_as_that_ends(part: Any) -> None:
    """It doubles at each level of the document: a flat one is judged, a deep one is not."""
    assert schema_problems(part, deep(3)) in ((), schema_problems(part, deep(3)))
    with pytest.raises(InvalidSchemaError, match="whose references multiply"):
        schema_problems(part, deep(60))


def test_an_unevaluated_keyword_looks_again_at_what_stands_beside_it() -> None:
    """And at what stands beside those in it: nested, they triple."""
    schema: dict[str, Any] = {"additionalProperties": True}
    for _ in range(20):
        schema = {"anyOf": [schema], "unevaluatedProperties": {"type": "string"}}
    with pytest.raises(InvalidSchemaError, match="whose references multiply"):
        check_schema(schema)


def test_trees_are_judged_however_deep() -> None:
    tree = {
        "type": ["object", "array", "integer"],
        "properties": {"left": {"$ref": "#"}, "right": {"description": "as left", "$ref": "#"}},
        "patternProperties": {"^x-": {"$ref": "#"}, "^y-": {"$ref": "#"}},
        "additionalProperties": {"$ref": "#"},
        "items": {"$ref": "#"},
    }
    value: Any = 1
    for _ in range(31):
        value = {"left": [value], "right": 2, "x-": {}}
    assert schema_problems(tree, value) == ()
    assert schema_problems(tree, {"left": [value], "right": "b"}) == (
        ("/right", 'found "b"; expected a list or a whole number or an object'),
    )


def test_alternatives_that_refer_to_the_whole_are_judged() -> None:
    """An expression: each level is looked at by every alternative, of which one goes on."""
    kinds = [{"required": [name], "properties": {name: {"$ref": "#"}}} for name in "abcdefgh"]
    schema = {"anyOf": [{"type": "integer"}, {"type": "object", "anyOf": kinds}]}
    value: Any = 1
    for place in range(60):
        value = {"abcdefgh"[place % 8]: value}
    assert schema_problems(schema, value) == ()


def test_references_after_each_other_are_followed_as_far_as_the_stack_reaches() -> None:
    """Judged in Rust, where an exhausted stack ends the process."""

    def chain(length: int) -> dict[str, Any]:
        steps = {f"d{place}": {"not": {"$ref": f"#/$defs/d{place + 1}"}} for place in range(length)}
        return {"$ref": "#/$defs/d0", "$defs": {**steps, f"d{length}": {"items": {"$ref": "#"}}}}

    assert schema_problems(chain(600), 1) == ()
    assert schema_problems(chain(10), deep(60)) == ()
    for schema, document in ((chain(1_000), 1), (chain(20), deep(60)), (chain(4_000), 1)):
        with pytest.raises(InvalidSchemaError, match=r"nest its subschemas [0-9,]+ deep; expected at most 1,500"):
            schema_problems(schema, document)


def test_a_schema_too_large_to_count_is_refused() -> None:
    """Many names, each with a long way behind it."""
    steps = {f"d{place}": {"allOf": [{"$ref": f"#/$defs/d{place + 1}"}]} for place in range(700)}
    names = {f"k{place}": {"$ref": "#/$defs/d0"} for place in range(5_000)}
    schema = {"properties": names, "$defs": {**steps, "d700": True}}
    with pytest.raises(InvalidSchemaError, match="too large to count what it would ask"):
        schema_problems(schema, {f"k{place}": 1 for place in range(5_000)})


def test_a_large_document_is_judged_by_a_small_schema() -> None:
    schema = {"items": {"properties": {"id": {"type": "integer"}, "tags": {"items": {"type": "string"}}}}}
    document: list[Any] = [{"id": place, "tags": ["a", "b", "c", "d"]} for place in range(50_000)]
    assert schema_problems(schema, document) == ()
    document[49_999] = {"id": "x"}
    assert schema_problems(schema, document) == (
        ("/49999/id", 'found "x"; expected a whole number (of so large a document, only one mistake is told)'),
    )


def test_every_mistake_of_a_list_is_found_and_a_list_beyond_that_tells_one() -> None:
    assert len(schema_problems({"items": {"type": "string"}}, list(range(50_000)))) == 50_000
    (first,) = schema_problems({"items": {"type": "string"}}, list(range(400_000)))
    assert first == ("/0", "found 0; expected a string (of so large a document, only one mistake is told)")


def test_a_mistake_among_millions_of_alternatives_is_told_without_a_place() -> None:
    ((where, message),) = schema_problems(doubling(19, "anyOf", {"type": "string"}), 1)
    assert (where, message) == ("", "found 1, which does not meet the schema; they are too large to say where")


_KEYWORDS = st.sampled_from(["items", "contains", "additionalProperties", "propertyNames", "not", "if", "then"])


def _schemas() -> st.SearchStrategy[Any]:
    leaves: st.SearchStrategy[Any] = st.sampled_from([True, {"type": "array"}, {"type": "object"}, {"maxLength": 1}])
    return st.recursive(
        leaves,
        lambda parts: (
            st.dictionaries(_KEYWORDS, parts, max_size=3)
            | st.fixed_dictionaries({"allOf": st.lists(parts, min_size=1, max_size=3)})
            | st.fixed_dictionaries({"properties": st.dictionaries(st.sampled_from(["a", "b", ""]), parts, max_size=2)})
            | st.fixed_dictionaries(
                {"patternProperties": st.dictionaries(st.sampled_from(["^a", "b", "^$"]), parts, max_size=2)},
                optional={"properties": st.dictionaries(st.just("a"), parts), "additionalProperties": parts},
            )
            | st.fixed_dictionaries({"prefixItems": st.lists(parts, min_size=1, max_size=2)})
        ),
        max_leaves=10,
    )


def _searching(pattern: str) -> Callable[[str], bool]:
    return lambda name: re.search(pattern, name) is not None


def _asked(schema: Any, value: Any) -> int:
    """The model: asked one by one, as the specification says it."""
    if type(schema) is bool:
        return 1
    times = 1
    for keyword in ("not", "if", "then", "else"):
        if keyword in schema:
            times += _asked(schema[keyword], value)
    for part in schema.get("allOf", ()):
        times += _asked(part, value)
    if type(value) is list:
        first = schema.get("prefixItems", [])
        for place, item in enumerate(value):
            if place < len(first):
                times += _asked(first[place], item)
            elif "items" in schema:
                times += _asked(schema["items"], item)
            if "contains" in schema:
                times += _asked(schema["contains"], item)
    if type(value) is dict:
        for name, member in value.items():
            if name in schema.get("properties", {}):
                times += _asked(schema["properties"][name], member)
            for pattern, part in schema.get("patternProperties", {}).items():
                times += _asked(part, member) if re.search(pattern, name) else 0
            beyond = not any(re.search(pattern, name) for pattern in schema.get("patternProperties", {}))
            if "additionalProperties" in schema and beyond and name not in schema.get("properties", {}):
                times += _asked(schema["additionalProperties"], member)
            if "propertyNames" in schema:
                times += _asked(schema["propertyNames"], name)
    return times


@given(_schemas(), documents(8))
def test_what_is_counted_is_what_the_specification_asks(schema: Any, document: Any) -> None:
    plain = thaw(document)
    asked = Reach(schema, {}, _searching).asked(plain)
    assert asked.times == _asked(schema, plain)
    assert asked.copied >= asked.times - 1
