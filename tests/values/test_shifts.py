"""Runs of operations on the elements of one array: done at once, they come to what they come to one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import documents
from tests.values.patches import deep, model_patch
from tests.values.test_patch import check_seals
from tier2_core.errors import PatchError
from tier2_core.values.canonical import canonical_json
from tier2_core.values.freeze import freeze, same
from tier2_core.values.patch import apply_patch
from tier2_core.values.seal import canonical_size
from tier2_core.values.shifts import MIN_RUN, shifted
from tier2_core.values.thaw import thaw

PARENTS = ("", "/a", "/a/0", "/b~1~0/x", "/missing", "/text")


def around(array: list[Any]) -> dict[str, Any]:
    return {"a": array, "b/~": {"x": array}, "text": "x"}


@st.composite
def runs(draw: st.DrawFn) -> list[Any]:
    """Operations on elements, most of which there are, now and then something else in between."""
    parent = draw(st.sampled_from(PARENTS))
    ops: list[Any] = []
    for _ in range(draw(st.integers(0, 3 * MIN_RUN))):
        index = draw(st.integers(0, 6) | st.just(draw(st.sampled_from(["-", "00", "99", "~0", ""]))))
        where = draw(st.sampled_from([parent] * 30 + list(PARENTS)))
        op = {"op": draw(st.sampled_from(["add", "add", "remove"])), "path": f"{where}/{index}"}
        if op["op"] == "add":
            op["value"] = draw(documents(4))
        ops.append(op)
    return ops


@given(st.lists(documents(6), max_size=12), runs(), st.booleans())
def test_runs_do_what_the_model_does(array: list[Any], ops: list[Any], bare: bool) -> None:
    document = freeze(array if bare else around(array))
    before = canonical_json(document)
    expected, refused = model_patch(thaw(document), thaw(freeze(ops)))
    if refused is None:
        after = apply_patch(document, ops)
        assert same(after, expected)
        check_seals(after)
    else:
        with pytest.raises(PatchError) as caught:
            apply_patch(document, ops)
        assert caught.value.index == refused
    assert canonical_json(document) == before


@given(st.data())
def test_one_run_is_done_at_once(data: st.DataObject) -> None:
    array = data.draw(st.lists(documents(4), max_size=5))
    count, length, ops = data.draw(st.integers(MIN_RUN, 4 * MIN_RUN)), len(array), []
    for _ in range(count):
        grows = length == 0 or data.draw(st.booleans())
        index = data.draw(st.integers(0, length if grows else length - 1))
        path = f"/a/{index}"
        ops.append({"op": "add", "path": path, "value": index} if grows else {"op": "remove", "path": path})
        length += 1 if grows else -1
    document = freeze({"a": array})
    canonical_size(document)
    after, done = shifted(document, [*freeze(ops)], 0)  # type: ignore[misc]
    assert done == count
    assert same(after, model_patch(thaw(document), ops)[0])
    assert shifted(document, [*freeze(ops)][: MIN_RUN - 1], 0) == (document, 0)  # type: ignore[misc]


def add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def test_a_value_that_is_too_deep_there_is_refused_by_its_index() -> None:
    fine = [add("/a/0", 0)] * MIN_RUN
    assert apply_patch({"a": []}, [*fine, add("/a/0", deep(62)), add("/a/0", 1)])
    with pytest.raises(PatchError, match=r"^Operation 8 \(add '/a/0'\)") as caught:
        apply_patch({"a": []}, [*fine, add("/a/0", deep(63)), add("/a/0", 1)])
    assert caught.value.index == MIN_RUN


def test_what_only_seems_too_deep_is_not_refused() -> None:
    """A seal may think of what has gone since."""
    value: Any = apply_patch([deep(62)], [{"op": "remove", "path": "/0/k/1"}])
    document = freeze({"a": {"b": []}})
    ops = [add("/a/b/0", part) for part in [0] * MIN_RUN + [value] * 2 + [1] * MIN_RUN]
    assert same(apply_patch(document, ops), {"a": {"b": [1] * MIN_RUN + [value] * 2 + [0] * MIN_RUN}})


def test_a_document_that_grows_too_large_on_the_way_is_refused_there() -> None:
    half = freeze(["x" * (32 * 1024 * 1024)])
    ops = [add("/0", 0)] * MIN_RUN + [add("/0", half), {"op": "copy", "from": "/0", "path": "/0"}]
    ops += [{"op": "remove", "path": "/0"}, add("/0", 1)] * MIN_RUN
    with pytest.raises(PatchError, match="expected at most 67108864") as caught:
        apply_patch([], ops)
    assert caught.value.index == MIN_RUN + 1
    del ops[MIN_RUN + 1]
    assert len(apply_patch([], ops)) == MIN_RUN + 1  # type: ignore[arg-type]
    once = [half, *[0] * MIN_RUN]
    with pytest.raises(PatchError, match="expected at most 67108864") as caught:
        apply_patch(once, [*ops[:MIN_RUN], add("/3", ["y" * 32 * 1024 * 1024]), add("/0", 1)])
    assert caught.value.index == MIN_RUN
