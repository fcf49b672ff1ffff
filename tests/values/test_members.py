"""What is private to pyrsistent gives what its public face gives; and large documents are written as small ones are."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st
from pyrsistent import pmap, pvector

from tests.strategies import KEYS, NUMBERS, documents, numbers, permuted, scalars, texts
from tier2_core.values import members as layout
from tier2_core.values.canonical import canonical_json
from tier2_core.values.edit import set_at
from tier2_core.values.freeze import freeze
from tier2_core.values.scalars import scalar_text
from tier2_core.values.seal import VECTOR, canonical_size, members_of, seal_of
from tier2_core.values.thaw import thaw
from tier2_core.values.writing import encode, written_anew


def large(size: int, seed: int) -> dict[str, Any]:
    """An object with names and parts of all kinds, in an order that only ``seed`` knows; Hypothesis would take long."""
    draw = Random(seed)
    parts: tuple[Any, ...] = (
        *NUMBERS,
        *KEYS,
        None,
        True,
        [],
        {},
        [1e-5, "a"],
        {"b": 0.5, "a": 1},
        {"\ue000": 1, "\U00010000": 2},
    )
    made = {f"{draw.choice(KEYS)}{place}": draw.choice(parts) for place in range(size)}
    return permuted(made, draw)  # type: ignore[no-any-return]


def objects() -> st.SearchStrategy[dict[str, Any]]:
    """Objects around the size from which on they are treated as large ones, and a few that have just some members."""
    sizes = st.integers(layout.MANY - 2, layout.MANY + 2) | st.integers(0, 3 * layout.MANY)
    return st.builds(large, sizes, st.integers(0, 2**32))


def test_the_layout_of_this_pyrsistent_is_known() -> None:
    assert layout.LAYOUT_IS_KNOWN


@given(objects(), texts())
def test_a_map_is_what_the_public_face_makes(inside: dict[str, Any], name: str) -> None:
    """In the order of its members too, which is that of its buckets; and so is whatever is made of it."""
    made, public = layout.new_map(list(inside.items())), pmap(inside)
    same_maps(made, public)
    same_maps(made.set(name, -1), public.set(name, -1))
    same_maps(made.set(name, -1).remove(name), public.set(name, -1).remove(name))


def same_maps(one: Any, other: Any) -> None:
    assert list(one.iteritems()) == list(other.iteritems())
    assert len(one) == len(other)
    assert one == other


@given(objects(), texts())
def test_members_are_had_and_written_as_the_public_face_does(inside: dict[str, Any], name: str) -> None:
    inside.pop(name, None)
    without, document = layout.new_map(list(inside.items())), layout.new_map([*inside.items(), (name, 0)])
    assert layout.member(without, name, -1) == -1
    assert layout.added(without, name, 1) == without.set(name, 1) == pmap({**inside, name: 1})
    assert layout.exchanged(document, name, 1) == document.set(name, 1) == pmap({**inside, name: 1})
    assert document[name] == layout.member(document, name, -1) == 0


@given(objects())
def test_members_are_had_in_many_ways(inside: dict[str, Any]) -> None:
    document: Any = freeze(inside)
    public = dict(document.iteritems())
    assert layout.members(document) == members_of(document) == public
    assert layout.few_members(document) == (public if len(public) < layout.MANY else None)


def test_an_object_to_which_members_are_added_gets_more_room() -> None:
    made: Any = freeze({})
    for place in range(200):
        made = layout.added(made, f"name {place}", place)
    assert dict(made) == layout.members(made) == {f"name {place}": place for place in range(200)}


@given(objects())
def test_what_is_done_where_the_layout_is_not_known_comes_to_the_same(inside: dict[str, Any]) -> None:
    made = layout.new_map(list(inside.items()))
    assert layout._members_of_any(made) == layout.members(made)
    assert layout._few_members_of_any(made) == layout.few_members(made)
    assert layout._new_map_of_any(list(inside.items())) == made


@given(st.lists(scalars(), max_size=70))
def test_a_vector_is_what_the_public_face_makes(parts: list[Any]) -> None:
    made = layout.new_vector(parts)
    assert type(made) is VECTOR
    assert made == pvector(parts)


@pytest.mark.parametrize("empty", [{}, [], ()])
def test_there_is_one_empty_object_and_one_empty_array(empty: Any) -> None:
    assert freeze(empty) is (pmap() if empty == {} else pvector())


# --- large documents -----------------------------------------------------------------------------


@given(objects(), st.integers(0, 9))
def test_large_objects_are_written_as_small_ones_are_in_whatever_order_they_came(made: Any, seed: int) -> None:
    document: Any = freeze({"a": made})
    expected = rfc8785.dumps(thaw(document))
    for _ in range(2):  # what is kept of a large object is sorted when it is first written
        assert canonical_json(document) == expected
        assert json.dumps(thaw(document)) == json.dumps(thaw(document), sort_keys=True)
    assert canonical_size(document) == len(expected)
    assert canonical_json(permuted({"a": made}, Random(seed))) == expected


def test_the_members_that_are_kept_of_a_large_object_are_those_of_its_buckets() -> None:
    """The very same pairs, so that what is kept costs one pointer a member; and nothing is kept of what was changed."""
    made = {f"name {place}": place for place in range(layout.MANY)}
    document: Any = freeze(made)
    known: Any = seal_of(document)
    in_buckets = {id(pair) for bucket in document._buckets if bucket for pair in bucket}
    assert in_buckets == {id(pair) for pair in known.written.pairs}
    assert [name for name, _ in known.written.pairs] == list(made)
    for other in (freeze(document.set("another", 1)), set_at(document, ("another",), 1), freeze({"a": 1})):
        assert seal_of(other).written is None  # type: ignore[union-attr]


# --- numbers and encoding ------------------------------------------------------------------------


@given(st.floats(allow_nan=False, allow_infinity=False) | st.floats(1e15, 1e23) | st.floats(-1e-3, 1e-3))
@example(1e-7)
@example(-1e-6)
@example(9.999999999999999e-10)
@example(-123456789012345683968.0)
def test_floats_are_written_as_rfc_8785_says(number: float) -> None:
    normal = freeze(number)
    assert scalar_text(normal) == rfc8785.dumps(number).decode() or type(normal) is int


@given(documents())
def test_the_encoder_is_that_of_the_standard_library(document: Any) -> None:
    assert encode(document) == json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@given(st.lists(numbers() | texts()))
def test_what_is_not_plain_is_written_beside_what_is(parts: list[Any]) -> None:
    document: Any = freeze([parts, {"plain": [1, 0.5, None]}, {"\U00010000": 1e-5, "\ue000": []}, [], {}])
    assert written_anew(document) == rfc8785.dumps(thaw(document))
