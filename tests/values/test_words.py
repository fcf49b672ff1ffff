"""Values in messages: as JSON writes them, and no longer than a message may be."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import documents
from tier2_core.errors import cut, first_told
from tier2_core.values.canonical import canonical_json
from tier2_core.values.freeze import freeze
from tier2_core.values.thaw import thaw
from tier2_core.values.words import counted, quoted, several, told


@given(documents())
def test_a_value_is_told_as_the_json_that_it_is(document: Any) -> None:
    whole = told(document, 10**9)
    assert canonical_json(json.loads(whole)) == canonical_json(document)
    assert told(freeze(document), 10**9) == told(thaw(document), 10**9) == whole


@given(documents(), st.integers(1, 100))
def test_what_is_long_is_cut(document: Any, most: int) -> None:
    assert told(document, most) == cut(told(document, 10**9), most)


def test_what_is_told_of_a_large_value_costs_what_is_told() -> None:
    """Not what the value is: its parts beyond are not looked at."""

    class Watched(list[Any]):
        def __iter__(self) -> Any:
            for place in range(10**12):
                assert place < 100
                yield place

    assert told(Watched()) == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, …"
    assert told([Watched()], 5) == "[[0,…"


def test_what_is_no_document_is_told_somehow() -> None:
    assert told({1}) == "{1}"
    assert told([float("nan"), float("inf")]) == "[nan, inf]"


def test_names_are_quoted_cut_and_counted() -> None:
    assert quoted("x" * 80) == f"'{'x' * 80}'"
    assert quoted("x" * 81) == f"'{'x' * 79}…'"
    assert several(["a"]) == "'a'"
    assert several(list("abcdef")) == "'a', 'b', 'c', 'd', 'e' and 1 more"
    assert [counted(number, "key") for number in (0, 1, 2, 1_000)] == ["0 keys", "1 key", "2 keys", "1,000 keys"]


def test_twenty_are_told_and_then_how_many_more() -> None:
    assert first_told(["a"] * 20) == ["a"] * 20
    assert first_told(["a"] * 21) == [*["a"] * 20, "… and 1 more mistake"]
    assert first_told(["a"] * 20, 21) == [*["a"] * 20, "… and 1 more mistake"]
    assert first_told(["a"] * 30, 50_000) == [*["a"] * 20, "… and 49,980 more mistakes"]
    assert first_told([]) == []
