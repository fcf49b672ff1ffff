"""The one door: what is let in, in which form, and what is said of the rest."""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import Any

import pyrsistent
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PMap, pmap, pvector

from tests.strategies import (
    REFUSED,
    Text,
    containers,
    documents,
    frozen_documents,
    numbers,
    objects,
    permuted,
    places,
    refused_scalars,
    texts,
)
from tier2_core.errors import InvalidValueError
from tier2_core.values.canonical import canonical_json
from tier2_core.values.freeze import freeze, same
from tier2_core.values.seal import VECTOR, seal_of
from tier2_core.values.thaw import thaw


def refusal(value: Any) -> InvalidValueError:
    with pytest.raises(InvalidValueError) as caught:
        freeze(value)
    return caught.value


def normal(value: Any) -> Any:
    """What freeze makes of plain data, as plain data: the model of it."""
    if isinstance(value, dict):
        return {name: normal(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [normal(part) for part in value]
    if type(value) in (int, float):
        return int(value) if value == int(value) and abs(value) < 2**53 else float(value)
    return value


def exactly(value: Any) -> str:
    """Plain data as text that tells types and signs apart, but no order of keys."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{name!r}:{exactly(value[name])}" for name in sorted(value)) + "}"
    return "[" + ",".join(map(exactly, value)) + "]" if isinstance(value, list) else repr(value)


# --- what is let in ------------------------------------------------------------------------------


@given(documents())
def test_freeze_and_thaw_give_the_normal_form(document: Any) -> None:
    assert exactly(thaw(freeze(document))) == exactly(normal(document))


@given(documents())
def test_the_input_is_not_changed(document: Any) -> None:
    before = deepcopy(document)
    freeze(document)
    assert repr(document) == repr(before)


@given(documents())
def test_every_part_is_immutable_and_sealed(document: Any) -> None:
    for _, part in places(freeze(document)):
        assert type(part) in (PMap, VECTOR, type(None), bool, int, float, str)
        assert (seal_of(part) is not None) == (type(part) in (PMap, VECTOR))


@given(frozen_documents())
def test_what_was_let_through_comes_back_as_the_very_same_object(document: Any) -> None:
    assert freeze(document) is document


@given(objects())
def test_frozen_parts_are_taken_as_they_are(plain: dict[str, Any]) -> None:
    parts = {name: freeze(part) for name, part in plain.items()}
    whole: Any = freeze(parts)
    assert all(whole[name] is part for name, part in parts.items() if type(part) in (PMap, VECTOR))
    assert canonical_json(whole) == canonical_json(plain)


@given(numbers())
def test_a_number_has_one_form(number: float) -> None:
    """Integral and within ±(2^53-1) it is an int, otherwise a float, and its value is what it was."""
    frozen = freeze(number)
    assert type(frozen) is (int if number == int(number) and abs(number) < 2**53 else float)
    assert frozen == float(number)
    assert str(frozen) != "-0"


@given(frozen_documents() | numbers().map(freeze))
def test_canonical_json_read_back_is_the_same_document(document: Any) -> None:
    """The law of section 1, types included."""
    again = freeze(json.loads(canonical_json(document)))
    assert exactly(thaw(again)) == exactly(thaw(document))


@given(st.floats(1e15, 1e22) | st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_comes_back_from_its_canonical_text(number: float) -> None:
    again = freeze(json.loads(canonical_json(number)))
    assert repr(again) == repr(freeze(number))


def test_changing_the_input_afterwards_changes_nothing() -> None:
    inner = [1]
    plain = {"a": inner, "b": pmap({"c": inner})}
    document = freeze(plain)
    inner.append(2)
    plain["d"] = []
    assert canonical_json(document) == b'{"a":[1],"b":{"c":[1]}}'


def test_a_persistent_map_made_elsewhere_is_converted() -> None:
    made = pmap({"a": [1.0], "b": pvector([{"c": (True,)}])})
    document: Any = freeze(made)
    assert thaw(document) == {"a": [1], "b": [{"c": [True]}]}
    assert type(document["a"]) is VECTOR
    assert type(document["b"][0]) is PMap
    assert type(made["a"]) is list


@given(documents() | st.lists(numbers()) | st.dictionaries(texts(), numbers()))
def test_a_persistent_value_made_elsewhere_is_what_the_plain_one_is(document: Any) -> None:
    assert exactly(thaw(freeze(pyrsistent.freeze(document)))) == exactly(normal(document))


def test_a_persistent_value_that_is_already_normal_is_kept() -> None:
    made = pmap({"a": pvector([1, "b"])})
    assert freeze(made) is made


def test_what_is_made_of_a_frozen_value_is_checked_again() -> None:
    document: Any = freeze({"a": 1})
    changed = document.set("b", {2})
    assert seal_of(changed) is None
    assert refusal(changed).path == "/b"


# --- thaw and same -------------------------------------------------------------------------------


@given(documents())
def test_thaw_sorts_keys_and_is_fresh(document: Any) -> None:
    frozen = freeze(document)
    before = canonical_json(frozen)
    thawed = thaw(frozen)
    parts = [part for _, part in places(thawed)]
    assert all(list(part) == sorted(part) for part in parts if isinstance(part, dict))
    for part in parts:
        if isinstance(part, dict | list):
            part.clear()
    assert canonical_json(frozen) == before


def test_thaw_shares_nothing_even_where_the_document_does() -> None:
    part = freeze([1])
    thawed = thaw([part, part])
    thawed[0].append(2)
    assert thawed == [[1, 2], [1]]


@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_nothing(document: Any, random: Random) -> None:
    other = permuted(document, random)
    assert same(document, other)
    assert canonical_json(document) == canonical_json(other)
    assert json.dumps(thaw(document)) == json.dumps(thaw(other))


@given(documents(), st.data())
def test_same_is_equality_of_canonical_bytes(document: Any, data: st.DataObject) -> None:
    """Also against a document that Python calls equal: 1 for True, 0 for False, and the other way round."""
    confused = json.loads(
        json.dumps(thaw(document)), object_pairs_hook=lambda pairs: {k: _swapped(v, data) for k, v in pairs}
    )
    for other in (confused, data.draw(documents())):
        assert same(document, other) == (canonical_json(document) == canonical_json(other))


def _swapped(value: Any, data: st.DataObject) -> Any:
    swaps: dict[str, Any] = {"True": 1, "False": 0, "1": True, "0": False}
    return swaps[repr(value)] if repr(value) in swaps and data.draw(st.booleans()) else value


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (1, 1.0, True),
        (0, -0.0, True),
        ((1, 2), [1, 2], True),
        (True, 1, False),
        (False, 0, False),
        ({"a": True}, {"a": 1}, False),
        ([1], [1, 2], False),
        ([1, 2], [2, 1], False),
        ({"a": None}, {}, False),
        ({"a": None}, {"b": None}, False),
        ("é", "e\u0301", False),
        ("1", 1, False),
        ([], {}, False),
        (None, False, False),
        (2**53, float(2**53), True),
    ],
)
def test_same(a: Any, b: Any, equal: bool) -> None:
    assert same(a, b) is equal
    assert same(b, a) is equal
    assert same([{"k": a}], [{"k": b}]) is equal


# --- what is refused -----------------------------------------------------------------------------


@given(refused_scalars(), containers())
def test_what_is_refused_is_refused_everywhere(refused: tuple[Any, str], put: Any) -> None:
    """The message and ``path`` say where; persistent containers that were not checked are no hiding place."""
    value, found = refused
    whole, pointer = put(value)
    error = refusal(whole)
    assert error.path == pointer
    assert str(error).startswith(f"At '{pointer}': {found}" if pointer else found[:1].upper() + found[1:])
    assert "; expected " in str(error)
    assert refusal(pmap({"p": whole})).path == "/p" + pointer
    assert refusal(pvector([whole])).path == "/0" + pointer


@pytest.mark.parametrize(("value", "found"), REFUSED, ids=lambda case: case if isinstance(case, str) else "")
def test_what_is_refused_says_what_was_found(value: Any, found: str) -> None:
    error = refusal({"a": [value]})
    assert error.path == "/a/0"
    assert found in str(error)


@pytest.mark.parametrize(
    ("key", "found"),
    [
        (1, "a key that is an int"),
        (True, "a key that is a boolean"),
        (None, "a key that is null"),
        (1.5, "a key that is a float"),
        (b"a", "a key that is a bytes"),
        (Text("a"), "a key that is a Text"),
        (("a",), "a key that is an array"),
        ("\ud83d", "a lone surrogate, U+D83D, in a string used as a key"),
    ],
)
def test_a_key_is_text(key: Any, found: str) -> None:
    for mapping in ({key: 1, "b": 2}, pmap({key: 1, "b": 2})):
        error = refusal([{"a": mapping}])
        assert error.path == "/0/a"
        assert str(error).startswith(f"At '/0/a': found {found}")


def test_halves_of_a_pair_in_two_keys_are_lone_surrogates() -> None:
    refusal(dict.fromkeys(["\ud83d", "\ude00"]))


@given(documents(), st.lists(refused_scalars(), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_the_first_refused_place_in_sorted_order_is_told(document: Any, refused: list[Any], random: Random) -> None:
    """However the keys are ordered, and whatever else is wrong."""
    whole = {"b": document, **{f"a{place}": value for place, (value, _) in enumerate(refused)}, "0": document}
    error, other = refusal(whole), refusal(permuted(whole, random))
    assert (str(error), error.path) == (str(other), other.path)
    assert error.path == "/a0"


def test_the_order_of_a_map_does_not_show_in_the_message() -> None:
    """Two equal persistent maps with different histories iterate differently."""
    names = [f"k{i}" for i in range(20)]
    one: Any = pmap(dict.fromkeys(names, b""))
    other: Any = pmap(dict.fromkeys(reversed(names), b""))
    for name in map(str, range(200)):
        other = other.set(name, 0)
    for name in map(str, range(200)):
        other = other.remove(name)
    assert str(refusal(one)) == str(refusal(other)) == str(refusal(dict(one)))
    assert refusal(one).path == "/k0"


def test_a_subclass_of_a_persistent_map_is_refused() -> None:
    mine = type("Mine", (PMap,), {"__slots__": ()})
    assert "found a Mine" in str(refusal([mine(0, pvector([None] * 8))]))
