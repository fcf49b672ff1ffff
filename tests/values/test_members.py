"""What is private to pyrsistent gives what its public face gives; and large documents are written as small ones are."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st
from pyrsistent import PMap, pmap, pvector

from tests.strategies import KEYS, NUMBERS, documents, numbers, permuted, scalars, texts
from tier2_core.values import members as layout
from tier2_core.values.canonical import canonical_json
from tier2_core.values.edit import set_at
from tier2_core.values.freeze import freeze
from tier2_core.values.scalars import scalar_text
from tier2_core.values.seal import MANY, VECTOR, canonical_size, seal_of
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
    sizes = st.integers(MANY - 2, MANY + 2) | st.integers(0, 3 * MANY)
    return st.builds(large, sizes, st.integers(0, 2**32))


def test_the_layout_of_this_pyrsistent_is_known() -> None:
    assert layout.LAYOUT_IS_KNOWN


@given(objects(), texts(), st.booleans())
def test_members_are_read_as_the_public_face_reads_them(inside: dict[str, Any], name: str, frozen: bool) -> None:
    """Of a map as it was made, and of one that was edited: what is left in its buckets may look otherwise."""
    made: Any = freeze(inside) if frozen else pmap(inside)
    for mapping in (made, made.set(name, -1), made.set(name, -1).remove(name)):
        public = dict(mapping.iteritems())
        assert layout.members(mapping) == layout._members_of_any(mapping) == public
        assert layout.members(mapping) is not layout.members(mapping)


def test_what_is_laid_out_otherwise_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the public face is used; what would be read by the old layout does not matter."""
    assert layout._layout_is_known()
    wrongs: list[Any] = [lambda *_: {}, lambda mapping, *_: mapping._no_such_part]
    for wrong in wrongs:
        with monkeypatch.context() as patched:
            patched.setattr(layout, "_members", wrong)
            assert not layout._layout_is_known()


@given(objects())
def test_objects_are_pyrsistents_own(inside: dict[str, Any]) -> None:
    document: Any = freeze(inside)
    assert type(document) is PMap
    assert type(document._buckets) is VECTOR
    assert type(set_at(document, ("another",), 1)._buckets) is VECTOR


@given(st.lists(scalars(), max_size=70))
def test_a_vector_is_what_the_public_face_makes(parts: list[Any]) -> None:
    made: Any = freeze(parts)
    assert type(made) is VECTOR
    assert list(made) == [freeze(part) for part in parts]


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


def test_the_members_of_a_large_object_are_kept_in_the_order_that_they_came_in() -> None:
    """And nothing is kept of what was changed: what is handed out, and what an edit makes, is another dict."""
    made = {f"name {place:02}": [place] for place in reversed(range(MANY))}
    document: Any = freeze(made)
    known: Any = seal_of(document)
    assert list(known.written.inside) == list(made)
    thaw(document).clear()
    canonical_json(document)
    assert list(known.written.inside) == sorted(made)
    assert all(part is document[name] for name, part in known.written.inside.items())
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
