"""Seals: what is known of a document that has been let through."""

from __future__ import annotations

import copy
import gc
import pickle
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PMap, pmap, pvector

from tests.strategies import documents, frozen_documents, numbers, objects, places, texts
from tier2_core.values.canonical import canonical_json
from tier2_core.values.edit import add_at, delete_at, set_at
from tier2_core.values.freeze import freeze
from tier2_core.values.seal import MAX_EDITS, VECTOR, _seals, canonical_size, edited, plain_key, seal_of
from tier2_core.values.thaw import thaw

NEVER_SEALED: tuple[Any, ...] = (None, True, 1, 1.5, "a", [], {}, pmap({"a": 1}), pvector([1]))


def depth(plain: Any) -> int:
    if isinstance(plain, dict | list):
        return 1 + max(map(depth, plain.values() if isinstance(plain, dict) else plain), default=0)
    return 0


@given(frozen_documents())
def test_the_depth_of_a_fresh_document_is_exact_at_every_place(document: Any) -> None:
    for _, part in places(document):
        found = seal_of(part)
        assert (found.depth if found else 0) == depth(thaw(part))


@given(frozen_documents() | st.lists(numbers()).map(freeze) | st.dictionaries(texts(), numbers()).map(freeze))
def test_the_size_is_the_length_of_the_canonical_bytes_at_every_place(document: Any) -> None:
    assert canonical_size(document) == len(canonical_json(document))
    for _, part in places(document):
        assert canonical_size(part) == len(canonical_json(part))


@given(texts(), texts())
def test_two_plain_keys_sort_by_code_points_as_by_utf_16_units(a: str, b: str) -> None:
    if plain_key(a) and plain_key(b):
        assert (a < b) == (a.encode("utf-16-be") < b.encode("utf-16-be"))


def test_keys_from_u_e000_on_are_not_plain() -> None:
    assert [plain_key(key) for key in ("", "a", "é\ud7ff", "a\ue000", "\uffff", "a😀")] == [True] * 3 + [False] * 3


def test_scalars_and_what_was_never_let_through_have_no_seal() -> None:
    assert [seal_of(value) for value in NEVER_SEALED] == [None] * 9


def test_a_seal_dies_with_its_container() -> None:
    document: Any = freeze({"a": [[1], {"b": 2}]})
    seals = [seal_of(part) for part in (document, document["a"], document["a"][0], document["a"][1])]
    assert all(found is not None and _seals[found.key] is found for found in seals)
    del document
    gc.collect()
    assert not [found for found in seals if found in _seals.values()]


@given(documents())
def test_a_copy_is_recognised_or_checked_but_never_mistaken(document: Any) -> None:
    """Copied and unpickled containers are new objects: they have no seal until they are let through."""
    frozen: Any = freeze(document)
    for other in (copy.copy(frozen), copy.deepcopy(frozen), pickle.loads(pickle.dumps(frozen))):
        known = seal_of(other)
        assert known is None or other is frozen or len(other) == 0
        again = freeze(other)
        assert canonical_json(again) == canonical_json(frozen)
        assert (seal_of(again) is not None) == (type(again) in (PMap, VECTOR))


@given(st.data())
def test_what_edits_did_not_name_is_the_very_same_in_both(data: st.DataObject) -> None:
    """``edited`` may know nothing, but what it says holds; it knows of members, exchanged and appended elements."""
    before: Any = freeze(data.draw(st.one_of(st.lists(documents(3), min_size=1), objects())))
    after, moved = before, False
    for _ in range(data.draw(st.integers(1, 6))):
        in_object = type(after) is PMap
        keys: list[Any] = [*sorted(after), "new"] if in_object else list(range(len(after) + 1))
        key = data.draw(st.sampled_from(keys))
        there = key in after if in_object else key < len(after)
        how = data.draw(st.sampled_from(["add", "set", "delete"] if there else ["add"]))
        moved = moved or (how == "delete" and (len(after) == 1 or not in_object)) or (how == "add" and there)
        value = freeze(data.draw(documents(2)))
        if how == "delete":
            after = delete_at(after, (str(key),))
        else:
            after = (add_at if how == "add" else set_at)(after, (str(key),), value)
    named = edited(before, after)
    if named is None:
        assert moved or not before  # the one empty object of all documents is sealed again and again
        return
    parts: list[dict[Any, Any]] = [
        dict(one.items()) if type(one) is PMap else dict(enumerate(one)) for one in (before, after)
    ]
    for key in {*parts[0], *parts[1]} - named:
        assert parts[0][key] is parts[1][key]


def test_only_so_many_edits_are_remembered() -> None:
    first = document = freeze({"n": 0})
    for n in range(MAX_EDITS):
        document = set_at(document, ("n",), n + 1)
    assert edited(first, document) == {"n"}
    assert edited(first, set_at(document, ("n",), -1)) is None
    assert edited(document, first) is None
    assert edited(first, freeze({"n": 0})) is None
