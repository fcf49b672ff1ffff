"""``make_patch``: its patch leads from one document to the other, part by part, and is the same everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from math import isqrt
from pathlib import Path
from random import Random
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PVector

import tier2_core
from tests.processes import HANG
from tests.strategies import documents, permuted
from tests.values.patches import deep, model_patch, patches, tokens_of, value_of
from tier2_core.errors import InvalidValueError
from tier2_core.values import difference
from tier2_core.values.alignment import MAX_MATCHES
from tier2_core.values.canonical import canonical_json, parse_json
from tier2_core.values.freeze import freeze, same
from tier2_core.values.patch import apply_merge_patch, apply_patch, make_patch
from tier2_core.values.seal import canonical_size
from tier2_core.values.thaw import thaw


def check(before: Any, after: Any) -> list[Any]:
    """The patch between two documents as plain data, after all that holds for any was found to hold for it."""
    patch = make_patch(before, after)
    assert isinstance(patch, PVector)
    assert freeze(patch) is patch
    assert same(parse_json(canonical_json(patch)), patch)
    ops: list[Any] = thaw(patch)
    assert same(apply_patch(before, patch), after)
    assert same(model_patch(thaw(before), ops)[0], after)
    assert {op["op"] for op in ops} <= {"add", "remove", "replace"}
    assert all(set(op) == {"op", "path"} | ({"value"} if op["op"] != "remove" else set()) for op in ops)
    current = thaw(before)
    for op in ops:
        if op["op"] == "replace":
            found = value_of(current, tokens_of(op, "path"))
            assert not same(found, op["value"]), "nothing that stays the same is mentioned"
            assert {type(found), type(op["value"])} not in ({dict}, {list}), "a container is changed inside"
        current, _ = model_patch(current, [op])
    return ops


def in_common(old: list[Any], new: list[Any]) -> int:
    """How long a longest common subsequence is."""
    row = [0] * (len(new) + 1)
    for x in old:
        above = row
        row = [0]
        for place, y in enumerate(new):
            row.append(above[place] + 1 if same(x, y) else max(above[place + 1], row[place]))
    return row[-1]


def whole(after: Any) -> list[Any]:
    return [{"op": "replace", "path": "", "value": thaw(after)}]


@given(documents(), documents())
def test_a_patch_leads_from_one_document_to_the_other(before: Any, after: Any) -> None:
    check(before, after)


@given(st.data())
def test_a_patch_finds_edits_whether_or_not_the_documents_share(data: st.DataObject) -> None:
    """One edit that brings or takes no container is one operation."""
    before = freeze(data.draw(documents(30)))
    edits = data.draw(patches(thaw(before), fine=True))
    after = apply_patch(before, edits)
    ops = check(before, after)
    assert same(make_patch(thaw(before), freeze(thaw(after))), ops)
    changing = [op for op in edits if op["op"] in ("add", "remove", "replace")]
    if len(edits) == len(changing) == 1 and not isinstance(edits[0].get("value"), dict | list | tuple):
        assert len(ops) <= 1


ELEMENTS: st.SearchStrategy[Any] = st.sampled_from(["a", "b", 0, False, None, [], {}]) | st.integers(0, 3).map(
    lambda n: {"n": n}
)


@given(st.lists(ELEMENTS, max_size=9), st.lists(ELEMENTS, max_size=9))
def test_as_many_elements_of_an_array_stay_unmentioned_as_can(old: list[Any], new: list[Any]) -> None:
    ops = check(old, new)
    own = [op for op in ops if op["path"].count("/") == 1]
    gone = sum(op["op"] == "remove" for op in own)
    touched = {tokens_of(op, "path")[0] for op in ops if op not in own or op["op"] != "remove"}
    assert len(new) - len(touched) == in_common(old, new)
    assert len(old) - gone == len(new) - sum(op["op"] == "add" for op in own)


@given(st.lists(ELEMENTS, max_size=9), st.lists(ELEMENTS, max_size=9))
def test_operations_on_an_array_remove_then_add_then_change(old: list[Any], new: list[Any]) -> None:
    """Removals are at places of the array before, all else is at places of the array after."""
    ops = check(old, new)
    own = [(op["op"], int(op["path"][1:]), op.get("value")) for op in ops if op["path"].count("/") == 1]
    removed = [place for name, place, _ in own if name == "remove"]
    added = [place for name, place, _ in own if name == "add"]
    assert removed == sorted(set(removed), reverse=True)
    assert added == sorted(set(added))
    assert [name for name, _, _ in own] == sorted([name for name, _, _ in own], key=["remove", "add", "replace"].index)
    assert all(same(new[place], value) for name, place, value in own if name != "remove")
    rest = iter([part for place, part in enumerate(old) if place not in removed])
    kept = [next(rest) for place in range(len(new)) if place not in added]
    assert next(rest, None) is None
    assert len(kept) + len(added) == len(new)


@given(documents(20), st.integers(0, 9), st.integers(0, 9))
def test_beside_what_changes_nothing_is_mentioned(document: Any, before: int, after: int) -> None:
    stays = {"kept": document, "list": [document, before], "n": before}
    then = {"kept": document, "list": [document, after], "n": after}
    expected = [{"op": "replace", "path": path, "value": after} for path in ("/list/1", "/n")]
    assert check(stays, then) == (expected if before != after else [])


@given(documents(), documents())
def test_python_jsonpatch_applies_it(before: Any, after: Any) -> None:
    before = thaw(freeze(before))
    assert same(jsonpatch.apply_patch(before, thaw(make_patch(before, after))), after)


@given(documents(), documents(), st.randoms(use_true_random=False))
def test_a_patch_does_not_depend_on_the_order_of_members(before: Any, after: Any, random: Random) -> None:
    once = make_patch(before, after)
    again = make_patch(permuted(before, random), permuted(after, random))
    assert canonical_json(once) == canonical_json(again)
    assert [op["path"] for op in once] == [op["path"] for op in again]


@given(documents())
def test_the_same_document_takes_no_operation(document: Any) -> None:
    assert check(document, document) == []
    assert make_patch(freeze(document), freeze(thaw(document))) == freeze([])


LONG = [{"id": index, "text": f"number {index}"} for index in range(200)]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda a: a.append(1), [{"op": "add", "path": "/a/200", "value": 1}]),
        (lambda a: a.insert(0, {}), [{"op": "add", "path": "/a/0", "value": {}}]),
        (lambda a: a.insert(77, a[76]), [{"op": "add", "path": "/a/77", "value": LONG[76]}]),
        (lambda a: a.pop(), [{"op": "remove", "path": "/a/199"}]),
        (lambda a: a.pop(0), [{"op": "remove", "path": "/a/0"}]),
        (lambda a: a.pop(50), [{"op": "remove", "path": "/a/50"}]),
        (lambda a: a[50].update(id=True), [{"op": "replace", "path": "/a/50/id", "value": True}]),
        (lambda a: a.__setitem__(9, None), [{"op": "replace", "path": "/a/9", "value": None}]),
        (
            lambda a: [a.pop(place) for place in (150, 20, 10)],
            [{"op": "remove", "path": "/a/150"}, {"op": "remove", "path": "/a/20"}, {"op": "remove", "path": "/a/10"}],
        ),
        (
            lambda a: (a.pop(120), a.insert(20, "new"), a[60].pop("id")),
            [
                {"op": "remove", "path": "/a/120"},
                {"op": "add", "path": "/a/20", "value": "new"},
                {"op": "remove", "path": "/a/60/id"},
            ],
        ),
        (
            lambda a: a.insert(3, a.pop(100)),
            [{"op": "remove", "path": "/a/100"}, {"op": "add", "path": "/a/3", "value": LONG[100]}],
        ),
        (lambda a: a.clear(), [{"op": "remove", "path": f"/a/{place}"} for place in reversed(range(200))]),
        (lambda a: a.reverse(), None),
    ],
)
def test_edits_of_a_long_array_take_few_operations(edit: Callable[[Any], Any], expected: Any) -> None:
    before = freeze({"a": LONG, "b": {"rest": "of the document"}})
    after = thaw(before)
    edit(after["a"])
    ops = check(before, after)
    if expected is not None:
        assert ops == expected
        assert same(ops, expected)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1, 1.0, []),
        (1, True, whole(True)),
        ([], {}, whole({})),
        ({"a": 0}, {"a": False}, [{"op": "replace", "path": "/a", "value": False}]),
        ({"a": [1, 1, 2, 1]}, {"a": [1, 2, 1]}, [{"op": "remove", "path": "/a/1"}]),
        ({"a/b": {"~": 1}, "k": "x" * 50}, {"a/b": {"~": 2}, "k": "x" * 50}, [("replace", "/a~1b/~0", 2)]),
        ({"": {"": 1, "x": "x" * 50}}, {"": {"x": "x" * 50}}, [("remove", "//")]),
        ({"a": 1, "é": 2, "x": "x" * 99}, {"é": 3, "x": "x" * 99, "b": 0}, ["/a", "/b", "/é"]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 2, "c": 3}}, ["/a/b", "/a/c"]),
        ({"a": 1, "b": 2}, {"a": 2, "b": 1}, ["/a", "/b"]),
        ({"a": 1}, {}, [("remove", "/a")]),
        ({}, {"a": 1}, [("add", "/a", 1)]),
        ({"a": {}}, {"a": []}, [("replace", "/a", [])]),
        ({"a": {}}, {"a": None}, [("replace", "/a", None)]),
        ([1], [], [("remove", "/0")]),
        ([[1]], [[2]], [("replace", "/0/0", 2)]),
        ([1, {}], [{"n": 1}], [("remove", "/0"), ("add", "/0/n", 1)]),
        ([{}, 1], [[], 2], [("replace", "/0", []), ("replace", "/1", 2)]),
        # What repeats: as many as can stay where they are.
        ([1, 2, 1], [2, 1], [("remove", "/0")]),
        (["a", "b", "a", "b"], ["b", "a", "b", "a"], [("remove", "/0"), ("add", "/3", "a")]),
        # Objects that have a name are told apart by it.
        (
            [{"id": 1, "done": False}, {"id": 2, "done": False}, {"id": 3}],
            [{"id": 2, "done": True}, {"id": 3}],
            [("remove", "/0"), ("replace", "/0/done", True)],
        ),
        (
            [{"title": "a", "n": 1}, {"title": "b", "n": 1}],
            [{"title": "c", "n": 3}, {"title": "a", "n": 2}, {"title": "b", "n": 2}],
            [("add", "/0", {"title": "c", "n": 3}), ("replace", "/1/n", 2), ("replace", "/2/n", 2)],
        ),
        (
            [{"id": 1}, {"id": None}, {"id": []}],
            [{"id": True}],
            [("remove", "/2"), ("remove", "/1"), ("replace", "/0/id", True)],
        ),
        # Names are kinds of their own: an id is no title, a number no text.
        ([{"id": "1", "n": 1}], [{"id": 1, "n": 1}], [("replace", "/0/id", 1)]),
    ],
)
def test_small_patches(before: Any, after: Any, expected: Any) -> None:
    """Sorted by name at each level of objects."""
    ops = check(before, after)
    if expected and isinstance(expected[0], str):
        assert [op["path"] for op in ops] == expected
    elif expected and isinstance(expected[0], tuple):
        assert [(op["op"], op["path"], *([op["value"]] if "value" in op else [])) for op in ops] == expected
    else:
        assert same(ops, expected)


@pytest.mark.parametrize("levels", [61, 62, 63, 64])
@pytest.mark.parametrize("other", [0, 1, 61, 62, 63, 64])
def test_a_value_too_deep_to_stand_in_a_patch_comes_in_parts(levels: int, other: int) -> None:
    check(deep(levels), deep(other, "leaf"))
    check(deep(other), deep(levels))
    check(None, deep(levels))
    for made in (deep(levels - 1), deep(levels - 2, []), deep(levels - 2, {})):
        check({"a": deep(max(0, other - 1)), "b": "x" * 999}, {"a": made, "b": "x" * 999})
        check(["x" * 999], ["x" * 999, made])
    check({}, {"a": [deep(levels - 2), {"b": deep(levels - 3)}], "b": deep(levels - 1)})


def test_what_has_been_deep_is_written_like_what_never_was() -> None:
    was_deep = apply_patch([deep(63)], [{"op": "remove", "path": "/0" + "/1/k" * 30}])
    once, again = make_patch(None, was_deep), make_patch(None, thaw(was_deep))
    assert len(once) == len(again) == 1
    assert same(once, again)


def test_what_is_shared_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    before = freeze({"big": {str(index): [index] for index in range(1000)}, "list": [[index] for index in range(1000)]})
    after = apply_merge_patch(before, {"n": 1})
    after = apply_patch(after, [{"op": "replace", "path": "/list/500/0", "value": -1}])
    canonical_size(before), canonical_size(after)

    def refused(*_: Any) -> Any:
        raise AssertionError("a walk")

    monkeypatch.setattr("tier2_core.values.alignment.digest", refused)
    monkeypatch.setattr(type(before), "values", refused)
    assert thaw(make_patch(before, after)) == [
        {"op": "replace", "path": "/list/500/0", "value": -1},
        {"op": "add", "path": "/n", "value": 1},
    ]


@pytest.mark.parametrize("repeated", [False, True])
def test_an_array_that_shifts_often_costs_what_it_is_long(repeated: bool) -> None:
    """Of values that repeat too often for all of their pairs, each is matched with its like by number."""
    before = [index % 7 if repeated else f"number {index}" for index in range(30_000)]
    after = [part for index, part in enumerate(before) if index % 3]
    patch = make_patch(before, after)
    assert {op["op"] for op in patch} <= {"add", "remove", "replace"}
    assert same(apply_patch(before, patch), after)
    if not repeated:
        assert [op["path"] for op in patch] == [f"/{place}" for place in range(29_997, -1, -3)]
    assert len(make_patch(before, [])) == len(make_patch([], before)) == 30_000
    assert same(apply_patch([], make_patch([], before)), before)


def test_elements_that_repeat_too_often_are_matched_by_number() -> None:
    """Where all of their pairs are looked at, more of them stay; that is what makes the limit worth having high."""
    side = isqrt(MAX_MATCHES)
    for count in (side - 1, side + 1):
        before, after = [None] * count + [1, 2], [2, *[None] * count, 1]
        assert check(before, after) == [
            {"op": "remove", "path": f"/{count + 1}"},
            {"op": "add", "path": "/0", "value": 2},
        ]


def test_what_takes_too_many_operations_is_replaced_as_low_as_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difference, "MAX_CHANGES", 3)
    before, after = {"a": {"b": [1, 2, 3, 4], "c": 1}, "d": 1}, {"a": {"b": [5, 6, 7, 8], "c": 2}, "d": 2}
    assert thaw(make_patch(before, after)) == [
        {"op": "replace", "path": "/a/b", "value": [5, 6, 7, 8]},
        {"op": "replace", "path": "/a/c", "value": 2},
        {"op": "replace", "path": "/d", "value": 2},
    ]
    assert same(
        make_patch([1, 2, 3, 4], [2, 3, 4, 5, 6]),
        [
            {"op": "remove", "path": "/0"},
            {"op": "add", "path": "/3", "value": 5},
            {"op": "add", "path": "/4", "value": 6},
        ],
    )


def test_a_patch_has_no_more_bytes_than_a_document_may_have() -> None:
    """A name of a megabyte above a hundred changes would be written a hundred times."""
    name = "x" * 1_000_000
    before: Any = {name: {str(index): 0 for index in range(100)}, "n": 1}
    after: Any = {name: {str(index): 1 for index in range(100)}, "n": 2}
    patch: Any = make_patch(before, after)
    assert [(op["op"], op["path"]) for op in patch] == [("replace", "")]
    assert same(apply_patch(before, patch), after)
    del before[name]["99"], after[name]["99"]
    for index in range(40):
        del before[name][str(index)], after[name][str(index)]
    assert len(make_patch(before, after)) == 60


@pytest.mark.parametrize("leaves", [("a", "b"), ("a", "a")])
def test_documents_that_repeat_themselves_are_compared_part_by_part_once(leaves: tuple[str, str]) -> None:
    """Twelve triplings: half a million places, each pair of them looked at once, and not all of them told."""
    made = []
    for leaf in leaves:
        document = freeze([leaf])
        for _ in range(12):
            document = apply_patch(
                [document],
                [{"op": "copy", "from": "/0", "path": "/-"}, {"op": "copy", "from": "/0", "path": "/-"}],
            )
        made.append(document)
    patch = make_patch(*made)
    if leaves[0] == leaves[1]:
        assert same(patch, [])
        return
    assert [(op["op"], op["path"]) for op in patch] == [("replace", f"/{place}") for place in range(3)]
    assert same(apply_patch(made[0], patch), made[1])


PROGRAM = """
import sys
from tier2_core import apply_patch, canonical_json, make_patch, parse_json
before, after = parse_json(sys.argv[1]), parse_json(sys.argv[2])
patch = make_patch(before, after)
sys.stdout.buffer.write(canonical_json(patch) + canonical_json([op["path"] for op in patch]))
"""


def test_a_patch_is_the_same_under_every_hash_seed() -> None:
    before = {f"k{index}": {"n": index, "list": [index, "x" * 30, {}]} for index in range(12)}
    after = {f"k{index}": {"n": index % 5, "list": [{}, index, "x" * 30]} for index in range(3, 15)}
    texts = [canonical_json(document).decode() for document in (before, after)]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, *texts],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            cwd=Path(tier2_core.__file__).parents[1],
            check=True,
            timeout=HANG,
            capture_output=True,
        ).stdout
        for seed in range(4)
    }
    assert len(outputs) == 1
    assert outputs.pop().startswith(canonical_json(make_patch(before, after)))


def test_what_is_no_document_is_refused() -> None:
    for before, after in (({"a": {1}}, 1), (1, {"a": {1}})):
        with pytest.raises(InvalidValueError, match="found a set") as caught:
            make_patch(before, after)
        assert type(caught.value) is InvalidValueError
        assert caught.value.path == "/a"
