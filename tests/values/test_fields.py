"""What the fields of specs may hold."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import pytest
from attrs import field, frozen
from hypothesis import given
from pyrsistent import PMap

from tests.strategies import documents, objects
from tier2_core.errors import InvalidFieldValueError, InvalidSpecError, InvalidValueError
from tier2_core.values import fields
from tier2_core.values.freeze import freeze, same
from tier2_core.values.thaw import thaw


@frozen
class Item:
    """What a tuple holds."""


def _items(value: Any) -> tuple[Item, ...]:
    return fields.tuple_of(Item, value)


@frozen(field_transformer=fields.named)
class Spec:
    """A class with a field of each kind."""

    text: str = field(default="", converter=fields.text)
    flag: bool = field(default=False, converter=fields.flag)
    value: Any = field(default=None, converter=fields.document, eq=fields.exact, repr=fields.shown)
    mapping: Any = field(factory=dict, converter=fields.object_, eq=fields.exact, repr=fields.shown)
    maybe: Any = field(default=None, converter=fields.object_or_none)
    call: Any = field(default=len, converter=fields.function)
    maybe_call: Any = field(default=None, converter=fields.function_or_none)
    results: Mapping[str, Any] = field(factory=dict, converter=fields.read_only)
    items: tuple[Item, ...] = field(default=(), converter=_items)
    _private: str = field(default="", converter=fields.text)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("text", 1, "field 'text' must be a string, found an int"),
        ("text", None, "field 'text' must be a string, found null"),
        ("text", b"a", "field 'text' must be a string, found a bytes"),
        ("text", "\ud800", "field 'text' must be text, found a lone surrogate, U+D800"),
        ("flag", 1, "field 'flag' must be a boolean, found an int"),
        ("flag", None, "field 'flag' must be a boolean, found null"),
        ("mapping", None, "field 'mapping' must be an object (a dict with string keys), found null"),
        ("mapping", [], "found an array"),
        ("mapping", OrderedDict(), "found an OrderedDict"),
        ("maybe", "a", "field 'maybe' must be an object (a dict with string keys) or None, found a string"),
        ("call", "len", "field 'call' must be a function, found a string"),
        ("call", None, "found null"),
        ("maybe_call", 1, "field 'maybe_call' must be a function or None, found an int"),
        ("results", [], "field 'results' must be a mapping, found an array"),
        ("items", {Item()}, "field 'items' must be a list or tuple of Item, found a set"),
        ("items", "ab", "field 'items' must be a list or tuple of Item, found a string"),
        ("items", [Item(), None], "field 'items.1' must be a Item, found null"),
        ("private", 1, "field 'private' must be a string, found an int"),
    ],
)
def test_the_wrong_type_is_refused_by_class_and_field(name: str, value: Any, said: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        Spec(**{name: value})
    assert str(caught.value).startswith("Spec: field '")
    assert said in str(caught.value)
    assert caught.value.field.split(".")[0] == name
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", ["value", "mapping", "maybe"])
def test_what_is_no_document_is_refused_with_field_and_path(name: str) -> None:
    with pytest.raises(InvalidFieldValueError) as caught:
        Spec(**{name: {"a": [{1}]}})  # type: ignore[arg-type]
    assert (caught.value.field, caught.value.path) == (name, "/a/0")
    assert str(caught.value).startswith(f"Spec: field '{name}' holds no JSON document: at '/a/0': found a set; ")
    assert isinstance(caught.value, InvalidSpecError)
    assert isinstance(caught.value, InvalidValueError)


@given(documents(), objects())
def test_documents_are_frozen_at_the_door(value: Any, mapping: dict[str, Any]) -> None:
    spec = Spec(value=value, mapping=mapping, maybe=mapping)
    assert same(spec.value, value)
    assert type(spec.mapping) is type(spec.maybe) is PMap
    assert thaw(spec.mapping) == thaw(mapping)
    frozen_value = freeze(value)
    assert Spec(value=frozen_value).value is frozen_value


def test_equal_are_equal_documents() -> None:
    assert Spec(value={"a": 1.0}, mapping={"x": 1, "y": 2}) == Spec(value={"a": 1}, mapping={"y": 2, "x": 1})
    assert Spec(value={"a": 1}) != Spec(value={"a": True})
    assert Spec(mapping={"a": 0}) != Spec(mapping={"a": False})


def test_the_repr_is_sorted_and_plain() -> None:
    names = "hgfedcba"
    assert repr(Spec(mapping=dict.fromkeys(names, 1.0))).count(repr(dict.fromkeys(sorted(names), 1))) == 1
    assert "pmap" not in repr(Spec(value={"a": [1]}))


def test_lists_become_tuples_and_mappings_read_only_copies() -> None:
    items, results = [Item()], {"b": 1, "a": 2}
    spec = Spec(items=items, results=results)
    items.append(Item())
    results["c"] = 3
    assert spec.items == (Item(),)
    assert list(spec.results.items()) == [("b", 1), ("a", 2)]
    with pytest.raises(TypeError):
        spec.results["d"] = 4  # type: ignore[index]


def test_what_comes_twice_is_named_once_and_sorted() -> None:
    fields.unique(["a", "b"], "ids")
    with pytest.raises(fields.Wrong, match="has duplicate ids: 'a', 'b'; expected each once"):
        fields.unique(["b", "a", "c", "b", "a", "b"], "ids")


def test_a_sentence_goes_on_in_lower_case() -> None:
    assert fields.with_prefix(InvalidValueError("Found NaN."), "here") == "here: found NaN."


def test_what_comes_twice_is_found_at_once_however_much_there_is() -> None:
    many = [str(place) for place in range(50_000)]
    assert fields.repeated([*many, "7"]) == ["7"]
    assert fields.repeated(many * 2) == sorted(many)
    assert fields.repeated(many) == []
    with pytest.raises(
        fields.Wrong, match=r"has duplicate labels: '0', '1', '10', '100', '1000' and 49,995 more; expected"
    ):
        fields.unique(many * 2, "labels")
