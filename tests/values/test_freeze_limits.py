"""The limits of the one door: depth, cycles, what is shared, and the interpreter's stack."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import permutations
from typing import Any

import pytest
from pyrsistent import pmap, pvector

from tests.strategies import nested
from tier2_core.errors import InvalidValueError
from tier2_core.values.canonical import canonical_json
from tier2_core.values.freeze import freeze
from tier2_core.values.seal import MAX_DEPTH, MAX_DOCUMENT_BYTES, canonical_size
from tier2_core.values.thaw import thaw


def refusal(value: Any) -> InvalidValueError:
    with pytest.raises(InvalidValueError) as caught:
        freeze(value)
    return caught.value


def in_lists(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = [value]
    return value


# --- depth ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bottom", "levels"), [(0, 64), ([], 63), ({}, 63), ((), 63), (pmap(), 63), (pvector(), 63)], ids=repr
)
def test_64_levels_are_let_through_and_65_are_not(bottom: Any, levels: int) -> None:
    assert thaw(freeze(nested(bottom, levels))) == nested(thaw(bottom), levels)
    error = refusal(nested(bottom, levels + 1))
    assert error.path.count("/") == MAX_DEPTH
    assert "found nesting deeper than 64; expected a flatter value" in str(error)


@pytest.mark.parametrize("below", [1, 24, 63, 64])
def test_levels_of_a_frozen_part_count(below: int) -> None:
    part = freeze(in_lists(0, below))
    assert freeze(in_lists(part, MAX_DEPTH - below)) is not None
    assert refusal(in_lists(part, MAX_DEPTH - below + 1)).path == "/0" * MAX_DEPTH


def test_one_part_at_two_depths_counts_at_the_deeper() -> None:
    for part in (in_lists(0, 40), freeze(in_lists(0, 40))):
        assert freeze([part, in_lists(part, 23)]) is not None
        assert refusal([part, in_lists(part, 24)]).path == "/1" + "/0" * 63
        assert refusal([in_lists(part, 24), part]).path == "/0" * 64


@pytest.mark.parametrize("levels", [65, 1_000, 100_000])
def test_any_depth_is_refused_without_recursion(levels: int) -> None:
    assert "nesting deeper than 64" in str(refusal(in_lists(0, levels)))


# --- cycles --------------------------------------------------------------------------------------


def test_a_cycle_is_told_where_it_closes() -> None:
    array: list[Any] = [1]
    array.append(array)
    assert refusal(array).path == "/1"
    assert str(refusal({"a": array})).startswith("At '/a/1': found a cycle; expected")
    mapping: dict[str, Any] = {}
    mapping["a"] = [{"b": mapping}]
    assert refusal(mapping).path == "/a/0/b"


def test_a_long_cycle_is_still_called_a_cycle() -> None:
    bottom: list[Any] = []
    whole = in_lists(bottom, 99)
    bottom.append(whole)
    error = refusal(whole)
    assert error.path == "/0" * 100
    assert "a cycle" in str(error)


def test_a_cycle_through_a_persistent_container_is_found() -> None:
    array: list[Any] = []
    array.append(pmap({"a": pvector([array])}))
    assert refusal(array).path == "/0/a/0"


def test_what_is_said_of_a_deep_cycle_does_not_depend_on_the_order_of_keys() -> None:
    said = set()
    for order in permutations("abc"):
        root: dict[str, Any] = {}
        bottom = root
        for _ in range(MAX_DEPTH):
            bottom["k"] = bottom = {}
        ends: dict[str, Any] = {"a": [], "b": root, "c": 0}
        bottom.update({name: ends[name] for name in order})
        error = refusal(root)
        said.add((str(error), error.path))
    assert len(said) == 1


def test_a_part_that_is_met_twice_is_no_cycle() -> None:
    part: list[Any] = [1]
    assert thaw([part, [part], {"a": part}]) == [[1], [[1]], {"a": [1]}]


# --- what is shared ------------------------------------------------------------------------------


def doubled(bottom: Any, levels: int) -> Any:
    for level in range(levels):
        bottom = {"a": bottom, "b": bottom} if level % 2 else [bottom, bottom]
    return bottom


def test_what_is_shared_stays_shared() -> None:
    document: Any = freeze(doubled([1], 10))
    assert document["a"] is document["b"]
    assert document["a"][0] is document["a"][1]
    assert len(canonical_json(document)) == canonical_size(document)


def test_a_bomb_of_shared_parts_is_refused_without_being_unfolded() -> None:
    """2^60 leaves: walking them would not end."""
    error = refusal(doubled([], 60))
    assert error.path == ""
    assert f"repeats parts of itself to more than {MAX_DOCUMENT_BYTES} bytes" in str(error)


def test_a_bomb_that_is_wrong_in_another_way_is_told_so() -> None:
    assert refusal(doubled({1}, 60)).path == "/a/0" * 30
    assert "nesting deeper than 64" in str(refusal(doubled([], 70)))
    loop = doubled([], 50)
    loop["a"][0]["c"] = loop
    assert "a cycle" in str(refusal(loop))


def test_a_bomb_of_parts_that_were_let_through_is_refused() -> None:
    part = freeze(doubled([], 20))
    assert "repeats parts" in str(refusal(doubled(part, 20)))
    assert "repeats parts" in str(refusal(pvector([doubled(part, 20)])))


@pytest.mark.parametrize(("length", "fits"), [(1_048_570, True), (1_048_571, False)])
def test_sharing_may_hide_64_mebibytes_to_the_byte(length: int, fits: bool) -> None:
    whole = [["x" * length]] * 64
    if fits:
        assert canonical_size(freeze(whole)) == 64 * (length + 4) + 65 <= MAX_DOCUMENT_BYTES
    else:
        assert "repeats parts" in str(refusal(whole))


# --- the interpreter -----------------------------------------------------------------------------


@contextmanager
def frames_left(count: int) -> Iterator[None]:
    """Only ``count`` more calls may nest."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + count)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize("levels", [MAX_DEPTH - 1, 50_000], ids=["good", "refused"])
def test_a_nearly_exhausted_stack_is_enough(levels: int) -> None:
    wide = {f"k{i}": [i, {"a": str(i)}] for i in range(1_000)}
    deep = in_lists(wide, levels - 2)
    outcome: Any = None
    with frames_left(40):
        try:
            outcome = freeze(deep)
        except InvalidValueError as error:
            outcome = error
    assert isinstance(outcome, InvalidValueError) == (levels > MAX_DEPTH)
