"""Changes as people read them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.plans import objects
from tier2_core import same
from tier2_io.cli.changes import NARROWEST, cells, changes, folded, laid_out, whole
from tier2_io.screen import safe


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, []),
        ({}, {"a": {"b": 1, "c": []}}, [("+", "a.b", "1"), ("+", "a.c", "[]")]),
        ({"a": {"b": 1, "kept": 0}}, {"a": {"b": 2, "kept": 0}}, [("~", "a.b", "1 → 2")]),
        ({"a": True}, {"a": 1}, [("~", "a", "true → 1")]),
        ({"a": 1, "b": [1]}, {"b": [1]}, [("-", "a", "1")]),
        ({"a.b": 1, "x/y": {}}, {"a.b": 2, "x/y": 3}, [("~", "/a.b", "1 → 2"), ("~", "x/y", "{} → 3")]),
        ({"list": [1, 2]}, {"list": [1, 2, "\x1b"]}, [("+", "list.2", '"\\u001b"')]),
        ({"a": "\u202e"}, {}, [("-", "a", '"\\u202e"')]),
    ],
)
def test_what_is_new_other_and_gone(before: Any, after: Any, told: list[tuple[str, str, str]]) -> None:
    assert changes(before, after) == told


@given(objects, objects)
def test_there_are_changes_if_and_only_if_the_documents_differ(before: Any, after: Any) -> None:
    told = changes(before, after)
    assert bool(told) is not same(before, after)
    assert all(text.isprintable() for line in told for text in line)


def test_removals_are_told_of_what_was_there_then() -> None:
    before: Any = {"l": [None, None, 1, [{}, []], True, "b"]}
    after: Any = {"l": [None, None, [{}, []], "b"]}
    assert changes(before, after) == [("-", "l.2", "1"), ("-", "l.4", "true")]


def test_elements_are_told_by_title_and_id_beside_their_place() -> None:
    tasks = [{"id": "a", "title": "Call\n"}, {"id": "b", "title": "Write"}]
    assert changes({"tasks": tasks}, {"tasks": [{**tasks[1], "done": True}]}) == [
        ("-", "tasks.0 'Call\\n' (a)", '{"id": "a", "title": "Call\\n"}'),
        ("+", "tasks.0.done 'Write' (b)", "true"),
    ]


def test_nothing_is_cut() -> None:
    text, many = "x" * 10_000, {f"k{n:03}": n for n in range(500)}
    assert changes({}, {"a": text, **many}) == [
        ("+", "a", f'"{text}"'), *(("+", name, str(n)) for name, n in sorted(many.items())),
    ]  # fmt: skip


texts = st.text(st.sampled_from(["a", " ", "\n", "\\", "世", "\u0301", "\x1b", "\u202e", '"']), max_size=60)
values = st.recursive(
    texts | st.integers(-999, 999), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner)
)


@given(values, st.integers(20, 60))
def test_a_value_that_is_laid_out_is_whole_and_fits(value: Any, width: int) -> None:
    lines = laid_out(value, width)
    assert all(line.isprintable() and cells(line) <= max(width, 2 * NARROWEST) for line in lines)
    # Blanks are what layout is made of; everything else is as it is on one line.
    assert "".join("".join(lines).split()) == "".join(whole(value).split())


@given(texts, st.integers(4, 30))
def test_a_folded_text_is_whole_and_fits(text: str, width: int) -> None:
    text = safe(text)
    lines = folded(text, width)
    assert "".join(lines) == text
    assert all(cells(line) <= width for line in lines)
