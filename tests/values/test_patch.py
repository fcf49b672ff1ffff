"""JSON Patch and JSON Merge Patch, against the RFCs' examples, models on plain data, and python-jsonpatch."""

from __future__ import annotations

import pickle
import tracemalloc
from typing import Any

import jsonpatch
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PMap, PVector, pvector

from tests.strategies import documents, refused_scalars, vectors
from tests.values.patches import deep, merge_patches, model_merge, model_patch, patches, pointer
from tier2_core.errors import InvalidValueError, PatchError
from tier2_core.values.canonical import canonical_json, parse_json
from tier2_core.values.edit import value_at
from tier2_core.values.freeze import freeze, same
from tier2_core.values.patch import apply_merge_patch, apply_patch
from tier2_core.values.paths import resolve_path
from tier2_core.values.seal import MAX_DOCUMENT_BYTES, canonical_size, seal_of
from tier2_core.values.thaw import thaw

RFC_6902 = vectors("patch/rfc6902")
CASES = RFC_6902 + vectors("patch/accepted") + vectors("patch/refused")
APPLIED = [pytest.param(case, id=case["about"]) for case in CASES if "after" in case]
REFUSED = [pytest.param(case, id=case["about"]) for case in CASES if "error" in case]
MERGES = vectors("patch/rfc7396")


def normal(value: Any) -> Any:
    return thaw(freeze(value))


def check_seals(document: Any) -> None:
    """What the seals say of every part is what a walk finds out."""
    waiting = [document]
    while waiting:
        part = waiting.pop()
        assert canonical_size(part) == len(canonical_json(part)) == len(rfc8785.dumps(thaw(part)))
        if isinstance(part, PMap | PVector):
            inner = list(part.values() if isinstance(part, PMap) else part)
            deepest = max((known.depth for known in map(seal_of, inner) if known is not None), default=0)
            known = seal_of(part)
            assert known is not None
            assert 64 >= known.depth >= 1 + deepest
            waiting.extend(inner)


# --- RFC 6902 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", APPLIED)
def test_a_patch_gives_the_document_after_it(case: Any) -> None:
    for form in (lambda value: value, freeze):
        document, patch = form(case["document"]), form(case["patch"])
        after = apply_patch(document, patch)
        assert same(after, case["after"])
        check_seals(after)
        assert same(document, case["document"])
        assert same(patch, case["patch"])


@pytest.mark.parametrize("case", REFUSED)
def test_a_patch_that_cannot_be_applied_names_the_operation_and_changes_nothing(case: Any) -> None:
    for form in (lambda value: value, freeze):
        document = form(case["document"])
        with pytest.raises(PatchError) as caught:
            apply_patch(document, form(case["patch"]))
        error = caught.value
        assert case["error"] in str(error)
        assert (error.index, error.path) == (case["index"], case["path"])
        assert isinstance(error, InvalidValueError)
        assert same(document, case["document"])
        copied = pickle.loads(pickle.dumps(error))
        assert (str(copied), copied.index, copied.path) == (str(error), error.index, error.path)


@given(st.data())
def test_random_patches_do_what_the_model_does(data: st.DataObject) -> None:
    """The same document after it, or a refusal of the same operation; and seals that are exact."""
    given_document = data.draw(documents())
    plain = normal(given_document)
    patch = data.draw(patches(plain))
    document, before = freeze(given_document), rfc8785.dumps(plain)
    if data.draw(st.booleans()):
        canonical_size(document)
    expected, index = model_patch(plain, normal(patch))
    if index is None:
        after = apply_patch(document, patch)
        assert canonical_json(after) == rfc8785.dumps(expected)
        check_seals(after)
    else:
        with pytest.raises(PatchError) as caught:
            apply_patch(document, patch)
        assert caught.value.index == index
    assert canonical_json(document) == before


@given(st.data())
def test_python_jsonpatch_agrees(data: st.DataObject) -> None:
    """Except about ``test``, which compares with Python's ``==`` there."""
    plain = normal(data.draw(documents()))
    patch = [op for op in normal(data.draw(patches(plain, fine=True))) if op["op"] != "test"]
    assert same(apply_patch(plain, patch), jsonpatch.apply_patch(plain, patch))


@given(st.data())
def test_a_patch_of_nothing_but_tests_gives_the_very_same_document(data: st.DataObject) -> None:
    document = freeze(data.draw(documents()))
    assert apply_patch(document, []) is document
    assert apply_patch(document, [{"op": "test", "path": "", "value": thaw(document)}]) is document
    assert apply_patch(document, [{"op": "move", "from": "", "path": ""}]) is document
    assert apply_patch(document, [{"op": "replace", "path": "", "value": document}]) is document


@pytest.mark.parametrize(
    "op",
    [
        {"op": "add", "path": "/a/b", "value": 1},
        {"op": "add", "path": "/a/list/0", "value": 1},
        {"op": "add", "path": "/a/list/-", "value": [1]},
        {"op": "remove", "path": "/a/list/1"},
        {"op": "remove", "path": "/a/gone"},
        {"op": "replace", "path": "/a/gone", "value": {}},
        {"op": "move", "from": "/a/gone", "path": "/a/list/1"},
        {"op": "copy", "from": "/a/gone", "path": "/a/list/1"},
    ],
)
def test_what_a_patch_does_not_touch_is_the_very_same_object(op: Any) -> None:
    document = freeze({"a": {"list": [[1], 2, [3]], "gone": {"x": [1]}, "beside": {"y": []}}, "other": [{}]})
    after = apply_patch(document, [op])
    assert after is not document
    for path in (("other",), ("a", "beside")):
        assert value_at(after, path) is value_at(document, path)
    kept = [part for part in value_at(document, ("a", "list")) if not isinstance(part, int)]
    assert [part for part in value_at(after, ("a", "list")) if any(part is one for one in kept)] == kept


def test_what_is_moved_or_copied_or_added_is_the_very_same_object() -> None:
    document, value = freeze({"a": [1]}), freeze([2])
    after = apply_patch(
        document,
        [
            {"op": "add", "path": "/b", "value": value},
            {"op": "copy", "from": "/a", "path": "/c"},
            {"op": "move", "from": "/a", "path": "/d"},
        ],
    )
    assert value_at(after, ("b",)) is value
    assert value_at(after, ("c",)) is value_at(after, ("d",)) is value_at(document, ("a",))


def test_writing_what_is_there_changes_nothing() -> None:
    document = freeze({"a": [0.5, "some text"]})
    patch = [{"op": "replace", "path": "/a/0", "value": 0.5}, {"op": "add", "path": "/a/1", "value": "x"}]
    assert apply_patch(document, patch[:1]) is document
    assert apply_patch(document, patch) is not document


@pytest.mark.parametrize("form", [list, tuple, pvector])
def test_a_patch_that_is_no_document_is_refused_at_its_operation(form: Any) -> None:
    ops = [{"op": "test", "path": "", "value": 1}, {"op": "add", "path": "/a\ud800", "value": 0}]
    with pytest.raises(PatchError, match=r"^Operation 1 \(add '/a\\ud800'\): at '/1/path': found a lone") as caught:
        apply_patch(1, form(ops))
    assert (caught.value.index, caught.value.path) == (1, "/a\\ud800")


@given(refused_scalars())
def test_what_no_document_can_hold_is_refused_on_either_side(case: tuple[Any, str]) -> None:
    value, found = case
    with pytest.raises(PatchError, match=found.removeprefix("found ").split(",")[0]) as caught:
        apply_patch({}, [{"op": "remove", "path": "/b"}, {"op": "add", "path": "/a", "value": [value]}])
    assert (caught.value.index, caught.value.path) == (1, "/a")
    for ops in (value, [value], {"op": value}, [{"op": value, "path": ""}], [{"op": "add", "path": value}]):
        with pytest.raises(PatchError):
            apply_patch({}, ops)
    with pytest.raises(InvalidValueError) as refused:
        apply_patch({"a": value}, [])
    assert type(refused.value) is InvalidValueError
    with pytest.raises(PatchError) as merged:
        apply_merge_patch({}, {"a": {"b": value}})
    assert (merged.value.index, merged.value.path) == (None, "/a/b")
    with pytest.raises(InvalidValueError) as refused:
        apply_merge_patch({"a": value}, {})
    assert type(refused.value) is InvalidValueError


def test_duplicate_members_are_refused_where_text_becomes_a_document() -> None:
    """RFC 6902 appendix A.13: what is parsed already cannot have any."""
    with pytest.raises(InvalidValueError, match="'op' twice"):
        parse_json('[{"op": "add", "path": "/baz", "value": "qux", "op": "remove"}]')


# --- limits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "patch", "index"),
    [
        ({"a": ["0123456789"]}, [{"op": "copy", "from": "/a", "path": "/a/-"}] * 40, 22),
        ({"s": "x" * 60}, [{"op": "copy", "from": "", "path": f"/{i}"} for i in range(40)], 19),
        (["é" * 1000, []], [{"op": "copy", "from": "", "path": "/1/-"}] * 1000, 15),
    ],
)
def test_copies_that_double_are_refused_before_they_take_memory(document: Any, patch: Any, index: int) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(PatchError, match=r"found a document of \d+ bytes; expected at most 67108864\.$") as caught:
            apply_patch(document, patch)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert caught.value.index == index


def test_a_document_may_be_as_large_as_the_limit_and_no_byte_larger() -> None:
    text = "x" * 1_000_000
    copies, rest = divmod(MAX_DOCUMENT_BYTES - len('{"a":[],"b":""}') + 1, len(text) + 3)
    fill = [{"op": "copy", "from": "/a/0", "path": "/a/-"}] * (copies - 1)
    document = apply_patch({"a": [text], "b": ""}, [*fill, {"op": "replace", "path": "/b", "value": "y" * rest}])
    assert canonical_size(document) == MAX_DOCUMENT_BYTES
    for larger in ("y" * (rest + 1), "y" * (rest - 1) + "é"):
        with pytest.raises(PatchError) as caught:
            apply_patch(document, [{"op": "remove", "path": "/b"}, {"op": "add", "path": "/b", "value": larger}])
        assert caught.value.index == 1
    assert canonical_size(apply_patch(document, [{"op": "replace", "path": "/b", "value": ""}])) < MAX_DOCUMENT_BYTES


def test_nesting_deeper_than_64_is_refused_and_what_has_been_deep_may_be_moved() -> None:
    document = freeze({"deep": deep(63)})
    with pytest.raises(PatchError, match="nesting deeper than 64") as caught:
        apply_patch(
            document, [{"op": "add", "path": "/a", "value": {}}, {"op": "move", "from": "/deep", "path": "/a/b"}]
        )
    assert (caught.value.index, caught.value.path) == (1, "/a/b")
    after = apply_patch(
        document,
        [
            {"op": "replace", "path": "/deep" + "/1/k" * 30, "value": 0},
            {"op": "remove", "path": "/deep/1/k/1/k"},
            {"op": "move", "from": "/deep", "path": "/up"},
            {"op": "copy", "from": "", "path": "/up/1/k"},
            {"op": "copy", "from": "", "path": "/up/1/k/up/1/k"},
        ],
    )
    check_seals(after)
    assert resolve_path(after, "/up/1/k/up/1/k/up/1/k/up/1/other") == (True, 61)


# --- RFC 7396 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", MERGES, ids=lambda case: f"{case['document']} {case['patch']}"[:40])
def test_a_merge_patch_gives_the_document_after_it(case: Any) -> None:
    for form in (lambda value: value, freeze):
        document, patch = form(case["document"]), form(case["patch"])
        after = apply_merge_patch(document, patch)
        assert same(after, case["after"])
        check_seals(after)
        assert same(document, case["document"])
        assert same(patch, case["patch"])


@given(st.data())
def test_merging_does_what_the_pseudo_code_of_the_rfc_does(data: st.DataObject) -> None:
    plain = normal(data.draw(documents()))
    patch = normal(data.draw(merge_patches(plain)))
    document, frozen_patch = freeze(plain), freeze(patch)
    if data.draw(st.booleans()):
        canonical_size(document)
    after = apply_merge_patch(document, frozen_patch)
    assert canonical_json(document) == rfc8785.dumps(plain)
    assert canonical_json(frozen_patch) == rfc8785.dumps(patch)
    assert canonical_json(after) == rfc8785.dumps(model_merge(normal(plain), normal(patch)))
    check_seals(after)
    assert (after is document) == same(after, document) or not isinstance(document, PMap | PVector)


@given(st.data())
def test_what_merging_does_not_change_is_the_very_same_object(data: st.DataObject) -> None:
    document = freeze(data.draw(documents()))
    after = apply_merge_patch(document, data.draw(merge_patches(thaw(document))))
    waiting = [(document, after)]
    while waiting:
        old, new = waiting.pop()
        if same(old, new):
            assert new is old or not isinstance(old, PMap | PVector)
        elif isinstance(old, PMap) and isinstance(new, PMap):
            waiting.extend((part, new[name]) for name, part in old.items() if name in new)


def test_merging_deep_documents_stays_within_the_depth() -> None:
    document = freeze(deep(64))
    assert apply_merge_patch(document, deep(64)) is document
    objects: Any = 1
    for _ in range(64):
        objects = {"k": objects}
    after = apply_merge_patch(objects, freeze(objects))
    assert same(after, objects)
    emptied = apply_patch(objects, [{"op": "remove", "path": pointer(("k",) * 63)}])
    check_seals(apply_merge_patch({"k": {"k": 1}}, {"a": {"b": value_at(emptied, ("k",))}}))
