"""``make_patch``: the patch it makes leads from one document to the other, is small, and the same everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import jsonpatch
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PVector

import tier2_core
from tests.processes import HANG
from tests.strategies import documents, permuted
from tests.values.patches import deep, model_patch, patches
from tier2_core.errors import InvalidValueError
from tier2_core.values.canonical import canonical_json, parse_json
from tier2_core.values.difference import MAX_ARRAY_SHIFTS
from tier2_core.values.freeze import freeze, same
from tier2_core.values.patch import apply_merge_patch, apply_patch, make_patch
from tier2_core.values.seal import canonical_size, seal_of
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
    return ops


def whole(after: Any) -> list[Any]:
    return [{"op": "replace", "path": "", "value": thaw(after)}]


@given(documents(), documents())
def test_a_patch_leads_from_one_document_to_the_other(before: Any, after: Any) -> None:
    check(before, after)


@given(st.data())
def test_a_patch_finds_edits_whether_or_not_the_documents_share(data: st.DataObject) -> None:
    """And it is never longer than replacing the whole, nor is it more than the edits that were made."""
    before = freeze(data.draw(documents(30)))
    edits = data.draw(patches(thaw(before), fine=True))
    after = apply_patch(before, edits)
    ops = check(before, after)
    assert same(make_patch(thaw(before), freeze(thaw(after))), ops)
    assert len(rfc8785.dumps(ops)) <= len(rfc8785.dumps(whole(after))) or deepest(after) > 62
    changing = [op for op in edits if op["op"] in ("add", "remove", "replace")]
    if len(edits) == len(changing) == 1:
        assert len(ops) <= 1 or deepest(after) > 62


def deepest(document: Any) -> int:
    known = seal_of(freeze(thaw(document)))
    return known.depth if known is not None else 0


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
            [{"op": "remove", "path": "/a/10"}, {"op": "remove", "path": "/a/19"}, {"op": "remove", "path": "/a/148"}],
        ),
        (
            lambda a: (a.pop(120), a.insert(20, "new"), a[60].pop("id")),
            [
                {"op": "add", "path": "/a/20", "value": "new"},
                {"op": "remove", "path": "/a/60/id"},
                {"op": "remove", "path": "/a/121"},
            ],
        ),
        (
            lambda a: a.insert(3, a.pop(100)),
            [{"op": "add", "path": "/a/3", "value": LONG[100]}, {"op": "remove", "path": "/a/101"}],
        ),
        (lambda a: a.clear(), [{"op": "replace", "path": "/a", "value": []}]),
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
    assert len(canonical_json(ops)) <= len(canonical_json(whole(after)))


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
        ({"a": {"b": 1, "c": 2}, "x": "x" * 99}, {"a": {"b": 2, "c": 3}, "x": "x" * 99}, ["/a"]),
        ({"a": 1, "b": 2}, {"a": 2, "b": 1}, whole({"a": 2, "b": 1})),
    ],
)
def test_small_patches(before: Any, after: Any, expected: Any) -> None:
    """Sorted by path at each level; a part that takes more to change than to replace is replaced."""
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

    monkeypatch.setattr("tier2_core.values.difference.digest", refused)
    monkeypatch.setattr(type(before), "values", refused)
    assert thaw(make_patch(before, after)) == [
        {"op": "replace", "path": "/list/500/0", "value": -1},
        {"op": "add", "path": "/n", "value": 1},
    ]


def test_an_array_that_shifts_too_often_is_replaced() -> None:
    before = [f"{index:099}" for index in range(3 * MAX_ARRAY_SHIFTS)]
    after = [text for index, text in enumerate(before) if index > 3 * (MAX_ARRAY_SHIFTS + 1) or index % 3]
    assert len(before) - len(after) == MAX_ARRAY_SHIFTS
    assert len(make_patch(before, after)) == MAX_ARRAY_SHIFTS
    after.pop(1)
    assert same(make_patch(before, after), whole(after))


@pytest.mark.parametrize("leaves", [("a", "b"), ("a", "a")])
def test_documents_that_repeat_themselves_are_compared_part_by_part_once(leaves: tuple[str, str]) -> None:
    """Twelve triplings: half a million places, each pair of them looked at once."""
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
    assert same(patch, [] if leaves[0] == leaves[1] else [{"op": "replace", "path": "", "value": made[1]}])


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
