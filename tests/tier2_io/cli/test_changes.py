"""Changes as people read them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from tests.workflow.plans import objects
from tier2_core import same
from tier2_io.cli.changes import changes


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
