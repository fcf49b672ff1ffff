"""Buckets in rows are a vector of buckets: to pyrsistent's maps, to whoever edits those, and to the collector."""

from __future__ import annotations

import gc
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pmap

from tier2_core.values import members as layout
from tier2_core.values.buckets import Buckets
from tier2_core.values.edit import delete_at, set_at
from tier2_core.values.freeze import freeze

LENGTHS = st.sampled_from([1, 31, 32, 33, 1023, 1024, 1025, 32_767, 32_768, 32_769])
"""Lengths around those at which there is a row more, on each level."""


@st.composite
def edits(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    """A length, and indices with what is set there."""
    length = draw(LENGTHS)
    indices = st.integers(0, length - 1) | st.sampled_from([0, length // 2, length - 1])
    return length, draw(st.lists(st.tuples(indices, st.integers()), max_size=5))


@given(edits())
def test_they_are_what_a_list_would_be_and_those_before_an_edit_stay_as_they_were(
    given: tuple[int, list[tuple[int, int]]],
) -> None:
    length, changes = given
    model: list[Any] = [None] * length
    made, kept = Buckets.of([*model]), [Buckets.of([*model])]
    for index, value in changes:
        model[index] = value
        kept.append(made := made.set(index, value))
        assert made[index] == value
    assert (len(made), list(made)) == (length, model)
    for place, before in enumerate(kept):
        then = dict(changes[:place])
        assert [before[index] for index, _ in changes] == [then.get(index) for index, _ in changes]


@given(edits(), st.lists(st.booleans(), min_size=5, max_size=5))
def test_an_evolver_gives_what_edits_give_and_what_it_gave_stays_as_it_was(
    given: tuple[int, list[tuple[int, int]]], asked: list[bool]
) -> None:
    length, changes = given
    model: list[Any] = [None] * length
    first = Buckets.of([*model])
    evolver, kept = first.evolver(), [(first, [*model])]
    assert evolver.persistent() is first
    for (index, value), now in zip(changes, asked, strict=False):
        evolver[index] = model[index] = value
        assert evolver.is_dirty()
        assert evolver[index] == value
        if now:
            kept.append((evolver.persistent(), [*model]))
            assert not evolver.is_dirty()
            assert evolver.persistent() is kept[-1][0]
    kept.append((evolver.persistent(), model))
    assert len(evolver) == length
    assert all(list(buckets) == then for buckets, then in kept)


def test_equal_rows_are_equal_buckets() -> None:
    made = Buckets.of([("a",), None] * 600)
    assert made == Buckets.of([("a",), None] * 600) != made.set(1, ("b",))
    assert made != list(made)


NAMES = st.integers(0, 2 * layout.LARGE).map("name {}".format)


@given(
    st.integers(layout.LARGE - 2, layout.LARGE + 2),
    st.lists(st.tuples(st.sampled_from(["set", "remove", "public set", "public remove"]), NAMES), max_size=30),
)
def test_large_objects_are_edited_as_dicts_are_by_us_and_by_the_public_face(
    size: int, changes: list[tuple[str, str]]
) -> None:
    model = {f"name {place}": place for place in range(size)}
    document: Any = freeze(model)
    first = dict(model)
    before = document
    for number, (change, name) in enumerate(changes):
        if change.endswith("set"):
            document = set_at(document, (name,), -number) if change == "set" else freeze(document.set(name, -number))
            model[name] = -number
        elif name in model:
            document = delete_at(document, (name,)) if change == "remove" else freeze(document.remove(name))
            del model[name]
        assert layout.member(document, name, None) == document.get(name) == model.get(name)
    assert layout.members(document) == dict(document) == model
    assert len(document) == len(model)
    assert document == pmap(model)
    assert hash(document) == hash(pmap(model))
    assert dict(before) == first


def test_a_large_object_to_which_members_are_added_gets_more_room() -> None:
    document: Any = freeze({})
    for place in range(4 * layout.LARGE):
        document = set_at(document, (f"name {place}",), place)
    assert type(document._buckets) is Buckets
    assert len(document._buckets) > len(document)
    assert dict(document) == {f"name {place}": place for place in range(4 * layout.LARGE)}


def test_the_collector_looks_at_what_an_edit_has_made_and_not_at_the_whole() -> None:
    """Of a vector of pyrsistent's C extension it would look at all that is in it, for every state that was made."""
    document: Any = freeze({f"name {place}": [place] for place in range(20_000)})
    gc.collect()
    gc.freeze()
    try:
        edited = set_at(document, ("name 7",), "seven")
        looked_at = sum(len(gc.get_referents(each)) for each in gc.get_objects(generation=0))
    finally:
        gc.unfreeze()
    assert edited["name 7"] == "seven"
    assert looked_at < 1_000


def test_the_collector_lets_go_of_rows_that_hold_scalars_alone() -> None:
    document: Any = freeze({f"name {place}": place for place in range(20_000)})
    for _ in range(4):  # a level each time: what a tuple holds has to be let go of before
        gc.collect()
    rows = [row for above in document._buckets.top for row in above]
    assert not any(map(gc.is_tracked, rows))
