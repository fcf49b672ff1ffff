"""One place changed, against a model: plain data, deep-copied and changed in place."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrsistent import PMap, pmap

from tests.strategies import documents, frozen_documents, nested, objects, places, texts
from tier2_core.errors import InvalidPathError, InvalidValueError
from tier2_core.values.canonical import canonical_json
from tier2_core.values.edit import add_at, append_at, delete_at, set_at, set_with_parents, value_at
from tier2_core.values.freeze import freeze
from tier2_core.values.seal import MAX_DEPTH, VECTOR, canonical_size, seal_of
from tier2_core.values.thaw import thaw

Tokens = tuple[str, ...]


# --- the model -----------------------------------------------------------------------------------


class Nowhere(Exception):
    """The model's refusal."""


def part_of(parent: Any, token: str) -> Any:
    if isinstance(parent, dict) and token in parent:
        return parent[token]
    if isinstance(parent, list) and re.fullmatch("0|[1-9][0-9]*", token) and int(token) < len(parent):
        return parent[int(token)]
    raise Nowhere


def reached(document: Any, tokens: Tokens) -> Any:
    for token in tokens:
        document = part_of(document, token)
    return document


def model_set(document: Any, tokens: Tokens, value: Any) -> Any:
    if not tokens:
        return value
    parent = reached(document, tokens[:-1])
    if isinstance(parent, dict):
        parent[tokens[-1]] = value
    else:
        part_of(parent, tokens[-1])
        parent[int(tokens[-1])] = value
    return document


def model_delete(document: Any, tokens: Tokens, _value: Any) -> Any:
    parent = reached(document, tokens[:-1])
    part_of(parent, tokens[-1])
    del parent[tokens[-1] if isinstance(parent, dict) else int(tokens[-1])]
    return document


def model_append(document: Any, tokens: Tokens, value: Any) -> Any:
    array = reached(document, tokens)
    if not isinstance(array, list):
        raise Nowhere
    array.append(value)
    return document


def model_add(document: Any, tokens: Tokens, value: Any) -> Any:
    parent = reached(document, tokens[:-1])
    if not tokens or not isinstance(parent, list):
        return model_set(document, tokens, value)
    if tokens[-1] not in ("-", str(len(parent))):
        part_of(parent, tokens[-1])
    parent.insert(len(parent) if tokens[-1] == "-" else int(tokens[-1]), value)
    return document


def model_set_with_parents(document: Any, tokens: Tokens, value: Any) -> Any:
    here = document
    for token in tokens[:-1]:
        if isinstance(here, dict):
            here.setdefault(token, {})
        here = part_of(here, token)
    return model_set(document, tokens, value)


Edit = tuple[Callable[[Any, Tokens, Any], Any], Callable[[Any, Tokens, Any], Any]]
SET: Edit = (set_at, model_set)
DELETE: Edit = (lambda document, tokens, _: delete_at(document, tokens), model_delete)
ADD: Edit = (add_at, model_add)
APPEND: Edit = (append_at, model_append)
SET_WITH_PARENTS: Edit = (set_with_parents, model_set_with_parents)


# --- what is drawn, and what is checked ----------------------------------------------------------


@st.composite
def addresses(draw: st.DrawFn, plain: Any, below_root: bool = False) -> Tokens:
    """Tokens of a place that is there, or next to one, or below one."""
    tokens = tuple(map(str, draw(st.sampled_from(list(places(plain))))[0]))
    match draw(st.integers(0, 3)):
        case 0:
            tokens = (*tokens[:-1], draw(texts() | st.sampled_from(["-", "0", "1", "2"])))
        case 1:
            tokens = (*tokens, *draw(st.lists(texts() | st.sampled_from(["0", "1"]), max_size=3)))
    return tokens if tokens or not below_root else ("a",)


def check_seals(document: Any) -> None:
    """What the seals say is true of the document and of every part: depth, size, and how it is written."""
    for _, part in places(document):
        found = seal_of(part)
        if type(part) in (PMap, VECTOR):
            plain = thaw(part)
            expected = rfc8785.dumps(plain)
            assert found is not None
            assert true_depth(plain) <= found.depth
            assert canonical_json(part) == expected
            assert canonical_size(part) == len(expected)
        else:
            assert found is None


def true_depth(plain: Any) -> int:
    if isinstance(plain, dict | list):
        return 1 + max(map(true_depth, plain.values() if isinstance(plain, dict) else plain), default=0)
    return 0


def check_shared(old: Any, new: Any, tokens: Tokens) -> None:
    """What is not on the way to the place is in both the very same object."""
    if not tokens or type(old) is not type(new) or type(old) not in (PMap, VECTOR):
        return
    here, rest = tokens[0], tokens[1:]
    if type(old) is PMap:
        assert all(name == here or new[name] is part for name, part in old.items())
        if here in old and here in new:
            check_shared(old[here], new[here], rest)
    else:
        kept = [part for place, part in enumerate(old) if str(place) != here]
        came = str(len(new) - 1) if here == "-" else here
        others = [part for place, part in enumerate(new) if str(place) != came or len(new) < len(old)]
        kept = list(old) if len(new) > len(old) else kept
        assert all(a is b for a, b in zip(kept, others, strict=True))
        if len(old) == len(new) and int(here) < len(old):
            check_shared(old[int(here)], new[int(here)], rest)


@settings(max_examples=80)
@given(objects(8) | documents(8), st.data())
def test_edits_do_what_the_model_does(document: Any, data: st.DataObject) -> None:
    """After each of a sequence of edits; one that the model refuses is an InvalidPathError that names the path."""
    frozen = freeze(document)
    for _ in range(data.draw(st.integers(1, 5))):
        edit, model = data.draw(st.sampled_from([SET, SET, DELETE, ADD, APPEND, SET_WITH_PARENTS]))
        plain = thaw(frozen)
        if data.draw(st.booleans()):
            canonical_size(frozen)  # from here on it is kept up to date, not counted anew
        tokens = data.draw(addresses(plain, below_root=edit is DELETE[0]))
        parts = [part for _, part in places(frozen)]
        value = data.draw(st.sampled_from(parts) | frozen_documents(4))
        try:
            expected = model(deepcopy(plain), tokens, thaw(value))
        except Nowhere:
            with pytest.raises(InvalidPathError) as caught:
                edit(frozen, tokens, value)
            assert caught.value.path == "".join("/" + t.replace("~", "~0").replace("/", "~1") for t in tokens)
            assert f"'{caught.value.path}'" in str(caught.value)
        else:
            if true_depth(expected) > MAX_DEPTH:
                with pytest.raises(InvalidValueError, match="nesting deeper than 64"):
                    edit(frozen, tokens, value)
                continue
            new = edit(frozen, tokens, value)
            assert canonical_json(new) == rfc8785.dumps(expected)
            assert repr(thaw(new)) == repr(thaw(expected))
            check_seals(new)
            check_shared(frozen, new, tokens)
            assert repr(thaw(frozen)) == repr(plain)
            frozen = new


@given(frozen_documents(8))
def test_a_change_of_nothing_gives_the_very_same_document(document: Any) -> None:
    for place, part in places(document):
        tokens = tuple(map(str, place))
        assert value_at(document, tokens) is part
        assert set_at(document, tokens, part) is document
        assert set_with_parents(document, tokens, part) is document


def test_an_equal_scalar_changes_nothing_and_one_that_only_python_calls_equal_does() -> None:
    document: Any = freeze({"a": 1, "b": [1.5]})
    assert set_at(document, ("b", "0"), float("1.5")) is document
    assert set_at(document, ("a",), True)["a"] is True
    assert canonical_json(document) == b'{"a":1,"b":[1.5]}'


@given(objects(8), texts(), frozen_documents(4))
def test_what_was_added_can_be_taken_away(plain: dict[str, Any], name: str, value: Any) -> None:
    plain.pop(name, None)
    document = freeze(plain)
    canonical_size(document)
    back = delete_at(set_at(document, (name,), value), (name,))
    assert canonical_json(back) == canonical_json(document)
    assert canonical_size(back) == canonical_size(document)


@pytest.mark.parametrize("size_is_known", [True, False])
@pytest.mark.parametrize("value", [0, 1.5, 1e-7, 1e16, "é", "\n", [], [1], {}, {"😀": 1, "\ue000": 2}], ids=ascii)
def test_commas_are_counted_for_the_first_the_second_and_the_last(value: Any, size_is_known: bool) -> None:
    document: Any = freeze({"a": []})
    sizes = []
    edits: list[Callable[[Any], Any]] = [
        lambda d: append_at(d, ("a",), freeze(value)),
        lambda d: append_at(d, ("a",), freeze(value)),
        lambda d: set_at(d, ("é",), freeze(value)),
        lambda d: delete_at(d, ("a", "0")),
        lambda d: delete_at(d, ("a", "0")),
        lambda d: delete_at(d, ("a",)),
        lambda d: delete_at(d, ("é",)),
    ]
    for edit in edits:
        if size_is_known:
            canonical_size(document)
        document = edit(document)
        sizes.append((canonical_size(document), len(canonical_json(document))))
    assert all(counted == written for counted, written in sizes)


def test_keys_that_edits_bring_in_are_sorted_by_utf_16_units() -> None:
    document = freeze({"a": 0})
    for tokens in (("\ue000",), ("😀",), ("b", "\uffff"), ("b", "\U00010000")):
        document = set_with_parents(document, tokens, 0)
    assert canonical_json(document) == '{"a":0,"b":{"\U00010000":0,"\uffff":0},"😀":0,"\ue000":0}'.encode()


# --- depth ---------------------------------------------------------------------------------------

DEEP = nested(0, 63)


@pytest.mark.parametrize(
    "edit",
    [
        lambda value: set_at(freeze({"a": 0}), ("a",), value),
        lambda value: set_at(freeze({}), ("a",), value),
        lambda value: set_at(freeze([0]), ("0",), value),
        lambda value: append_at(freeze([]), (), value),
        lambda value: set_with_parents(freeze({}), ("a",), value),
    ],
)
def test_an_edit_makes_64_levels_and_no_more(edit: Callable[[Any], Any]) -> None:
    assert canonical_size(edit(freeze(DEEP))) > 0
    with pytest.raises(InvalidValueError, match="nesting deeper than 64") as caught:
        edit(freeze([DEEP]))
    assert caught.value.path.count("/") == MAX_DEPTH


@pytest.mark.parametrize("length", [65, 5_000])
def test_missing_parents_may_not_be_deeper_than_64(length: int) -> None:
    with pytest.raises(InvalidValueError, match="nesting deeper than 64") as caught:
        set_with_parents(freeze({"k0": {}}), tuple(f"k{level}" for level in range(length)), 0)
    assert caught.value.path.startswith("/k0/k1/k2/")
    assert caught.value.path.count("/") == MAX_DEPTH


def test_depth_that_is_gone_does_not_count() -> None:
    """A seal's depth only ever grows by edits; a limit that seems passed is measured."""
    document = freeze({"a": DEEP, "b": [0]})
    document = set_at(document, ("a",), 0)
    document = set_at(document, ("b", "0"), freeze(nested(0, 62)))
    assert thaw(document) == {"a": 0, "b": [nested(0, 62)]}
    wrapped = set_at(freeze({"c": 0}), ("c",), delete_at(document, ("b",)))
    assert thaw(wrapped) == {"c": {"a": 0}}
    assert thaw(freeze([[wrapped]])) == [[{"c": {"a": 0}}]]


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        (("x",), "the document has no key 'x'"),
        (("a", "x"), "'/a' is an array of 2 and has no index 'x'"),
        (("a", "2"), "'/a' is an array of 2 and has no element '2'"),
        (("a", "-"), "'/a' is an array of 2 and has no index '-'"),
        (("a", "01"), "'/a' is an array of 2 and has no index '01'"),
        (("a", "1", "x"), "'/a/1' is a string and has no parts"),
        (("n", "x", "y"), "'/n' is null and has no parts"),
        (("a/b", "x"), "'/a~1b' has no key 'x'"),
    ],
)
def test_the_message_says_where_the_way_ends(tokens: Tokens, reason: str) -> None:
    document = freeze({"a": [1, "text"], "n": None, "a/b": {}})
    for edit in (value_at, delete_at):
        with pytest.raises(InvalidPathError) as caught:
            edit(document, tokens)
        assert str(caught.value) == f"path '{caught.value.path}' does not exist: {reason}"


def test_only_an_array_is_appended_to() -> None:
    with pytest.raises(InvalidPathError, match="path '/a' holds an object; expected an array"):
        append_at(freeze({"a": {}}), ("a",), 1)


def test_a_container_that_was_not_let_through_is_not_edited() -> None:
    with pytest.raises(InvalidValueError, match="was not frozen"):
        set_at(pmap({"a": 1}), ("a",), 3)
