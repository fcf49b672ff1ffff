"""Rows of a difference: exact enough to make the change from, and in words that people know things by."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.plans import objects
from tier2_core import freeze, parse_path, same, thaw
from tier2_io.rows import GONE, KEPT, NEW, OTHER, Row, differences

# --- a model: plain data, changed by what the rows say and by nothing else ----------------------------


def held(document: Any, path: str) -> tuple[Any, Any, tuple[Any, ...]]:
    """What holds the place, the name or index in it, and the whole way; objects missing on the way are made."""
    here, way = document, []
    *tokens, last = parse_path(path)
    for token in tokens:
        way.append(int(token) if isinstance(here, list) else token)
        if isinstance(here, dict):
            here.setdefault(token, {})
        here = here[way[-1]]
    way.append(int(last) if isinstance(here, list) else last)
    return here, way[-1], tuple(way)


def changed(before: Any, rows: tuple[Row, ...]) -> Any:
    """What the rows make of a document, whatever order they come in."""
    box = {"": copy.deepcopy(before)}

    def place(row: Row) -> tuple[Any, Any, tuple[Any, ...]]:
        return held(box, "/" + row.path)  # so that the whole has a place, too

    for row in (row for row in rows if row.sign == OTHER):
        holder, name, _ = place(row)
        assert same(freeze(holder[name]), row.before)
        holder[name] = thaw(row.after)
    for row in sorted((row for row in rows if row.sign == GONE), key=lambda row: place(row)[2], reverse=True):
        holder, name, _ = place(row)
        assert same(freeze(holder[name]), row.before)
        del holder[name]
    # The first of what is new makes room for the next, so that places are looked up one by one.
    for row in sorted((row for row in rows if row.sign == NEW), key=lambda row: numbered(row.path)):
        holder, name, _ = place(row)
        if isinstance(holder, list):
            holder.insert(name, thaw(row.after))
        else:
            assert name not in holder
            holder[name] = thaw(row.after)
    return box[""]


def numbered(path: str) -> list[tuple[int, str]]:
    return [(int(token), "") if token.isdecimal() and token.isascii() else (0, token) for token in parse_path(path)]


ELEMENTS = st.fixed_dictionaries(
    {"id": st.sampled_from("abcd")}, optional={"title": st.sampled_from(["One", "Two"]), "done": st.booleans()}
)
LISTS = st.lists(ELEMENTS, max_size=5) | st.lists(st.sampled_from(["a", "b", 1, None]), max_size=5)
STATES = objects | st.dictionaries(st.sampled_from(["tasks", "log", "0"]), LISTS | objects, max_size=3)


@given(STATES, STATES, st.randoms())
def test_what_is_told_makes_of_the_state_before_the_state_after(before: Any, after: Any, shuffled: Any) -> None:
    rows = list(differences(before, after))
    shuffled.shuffle(rows)
    assert same(freeze(changed(thaw(freeze(before)), tuple(rows))), freeze(after))
    assert bool(rows) is not same(freeze(before), freeze(after))


@given(st.lists(ELEMENTS, max_size=6), st.data())
def test_what_is_told_of_elements_that_go_is_what_goes(tasks: list[Any], data: Any) -> None:
    keep = data.draw(st.lists(st.booleans(), min_size=len(tasks), max_size=len(tasks)))
    after = [task for task, kept in zip(tasks, keep, strict=True) if kept]
    rows = differences({"l": tasks}, {"l": after})
    assert same(freeze(changed({"l": tasks}, rows)), freeze({"l": after}))


# --- cases --------------------------------------------------------------------------------------------

TASKS = [{"id": "a", "title": "Call"}, {"id": "b", "title": "Write"}, {"id": "c", "title": "Draw"}]


def signs(rows: tuple[Row, ...]) -> list[tuple[str, str]]:
    return [(row.sign, row.path) for row in rows]


def test_two_elements_that_go_are_told_at_their_own_places() -> None:
    rows = differences({"tasks": TASKS}, {"tasks": TASKS[1:2]})
    assert [(row.path, row.label) for row in rows] == [("/tasks/0", "'Call' (a)"), ("/tasks/2", "'Draw' (c)")]


def test_what_is_in_an_element_is_told_with_its_name_and_its_place_before() -> None:
    after = [TASKS[1], {**TASKS[2], "done": True}]
    rows = differences({"tasks": TASKS}, {"tasks": after})
    assert signs(rows) == [(GONE, "/tasks/0"), (NEW, "/tasks/1/done")]
    assert rows[1].label == "'Draw' (c)"


def test_an_element_with_another_id_is_another() -> None:
    rows = differences({"tasks": TASKS[:1]}, {"tasks": [{**TASKS[0], "id": "z"}]})
    assert [(row.sign, row.path, row.label) for row in rows] == [
        (GONE, "/tasks/0", "'Call' (a)"),
        (NEW, "/tasks/0", "'Call' (z)"),
    ]


def test_what_is_gone_comes_first_then_what_is_other_then_what_is_new() -> None:
    rows = differences({"a": 1, "z": 1}, {"a": 2, "b": {"c": 1, "d": []}})
    assert signs(rows) == [(GONE, "/z"), (OTHER, "/a"), (NEW, "/b/c"), (NEW, "/b/d")]


def test_highlights_come_before_all_and_are_told_when_nothing_changes_there() -> None:
    before = {"gone": 1, "mail": {"to": "ada", "cc": "bob"}, "same": [1]}
    rows = differences(before, {"mail": {"to": "eve", "cc": "bob"}, "same": [1]}, ["mail.to", "/same", "not.there"])
    assert [(row.sign, row.path, row.highlighted) for row in rows] == [
        (KEPT, "/same", True),
        (OTHER, "/mail/to", True),
        (GONE, "/gone", False),
    ]
    assert signs(differences(before, {"gone": 1}, ["mail.to"])) == [(GONE, "/mail"), (GONE, "/same")]


def test_ids_are_told_by_their_titles() -> None:
    state = {"tasks": TASKS, "today": ["a", "b"], "word": "a"}
    (row,) = differences(state, {**state, "today": ["c", "x", "a"]})
    assert (row.sign, row.path, row.after) == (OTHER, "/today", freeze(["c", "x", "a"])), "an order is told as a whole"
    assert row.names == (("a", "Call"), ("b", "Write"), ("c", "Draw"))
    (row,) = differences(state, {**state, "today": ["a", "b", "c"]})
    assert (row.sign, row.path, row.after, row.names) == (NEW, "/today/2", "c", (("c", "Draw"),))
    (row,) = differences(state, {**state, "word": "b"})
    assert row.names == (), "a word is no id"
    twice = {**state, "today": ["a"], "archive": [{"id": "a", "title": "Something else"}]}
    (row,) = differences(twice, {**twice, "today": ["b"]})
    assert row.names == (("b", "Write"),), "an id with two titles has none"


@pytest.mark.parametrize(
    ("path", "place"),
    [("", "the whole"), ("/a/0", "a.0"), ("/a.b", "/a.b"), ("/x~1y", "x/y"), ("/", "/"), ("//a", ".a")],
)
def test_places_are_dotted_where_that_leads_to_the_same_place(path: str, place: str) -> None:
    assert Row(NEW, path).place == place


def test_rows_are_plain_data_for_machines() -> None:
    (row,) = differences({"tasks": TASKS, "n": ["a"]}, {"tasks": TASKS, "n": ["b"]})
    assert row.to_dict() == {
        "after": ["b"], "before": ["a"], "highlighted": False, "label": "", "names": [["a", "Call"], ["b", "Write"]],
        "path": "/n", "place": "n", "sign": "~",
    }  # fmt: skip
