"""Documents written out: what is put together from what was written before is what is written anew."""

from __future__ import annotations

import gc
import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PMap

from tests.strategies import documents, numbers, texts
from tier2_core.values import writing
from tier2_core.values.canonical import canonical_json, digest
from tier2_core.values.edit import add_at, delete_at, set_at
from tier2_core.values.freeze import freeze
from tier2_core.values.mould import Mould, copied
from tier2_core.values.scalars import has_plain_text
from tier2_core.values.seal import VECTOR, Written, canonical_size, seal_of
from tier2_core.values.thaw import thaw
from tier2_core.values.writing import canonical_bytes, written_anew


@st.composite
def edited_documents(draw: st.DrawFn) -> list[Any]:
    """A document, and what a few edits, one after the other, make of it."""
    made: list[Any] = [freeze(draw(st.one_of(st.dictionaries(texts(), documents(4)), st.lists(documents(4)))))]
    canonical_size(made[0])
    for _ in range(draw(st.integers(1, 8))):
        here, way = made[-1], []
        while len(here) and draw(st.booleans()):
            name = draw(st.sampled_from(sorted(here) if type(here) is PMap else range(len(here))))
            if type(here[name]) not in (PMap, VECTOR):
                break
            way.append(str(name))
            here = here[name]
        in_object = type(here) is PMap
        names = [*sorted(here), draw(texts())] if in_object else [str(place) for place in range(len(here) + 1)]
        name = draw(st.sampled_from(names))
        there = name in here if in_object else int(name) < len(here)
        value = freeze(draw(documents(3)))
        tokens = (*way, name)
        how = draw(st.sampled_from(["add", "set", "delete"] if there else ["add"]))
        if how == "delete":
            made.append(delete_at(made[-1], tokens))
        else:
            made.append((add_at if how == "add" else set_at)(made[-1], tokens, value))
    return made


def plain(document: Any) -> Any:
    """Plain data, made in the simplest way that there is."""
    if type(document) is PMap:
        return {name: plain(document[name]) for name in sorted(document)}
    return [plain(part) for part in document] if type(document) is VECTOR else document


@given(edited_documents(), st.data())
def test_what_was_written_before_changes_nothing(made: list[Any], data: st.DataObject) -> None:
    """In whatever order an edited document and what it was made of are written, and whatever is still there."""
    with patch.object(writing, "KEPT", 0):
        for place in data.draw(st.lists(st.integers(0, len(made) - 1), min_size=1, max_size=6)):
            document = made[place]
            assert canonical_bytes(document) == written_anew(document)
            first, second = thaw(document), thaw(document)
            assert json.dumps(first) == json.dumps(second) == json.dumps(plain(document))
            spoil(first)
            assert json.dumps(second) == json.dumps(thaw(document))
            if data.draw(st.booleans()):
                made[:] = [one if one is document or data.draw(st.booleans()) else made[-1] for one in made]


def spoil(value: Any) -> None:
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        spoil(part)
    if isinstance(value, dict | list):
        value.clear()


def test_only_of_what_others_are_made_of_something_is_kept_and_only_as_long_as_it_lives() -> None:
    first = freeze({f"name {place}": place for place in range(200)})
    kept: Any = seal_of(first)
    digest(first)
    assert (kept.data, kept.written.plain) == (None, None)
    second = set_at(first, ("name 7",), "seven")
    assert thaw(second)["name 7"] == "seven"
    assert digest(second) == digest(thaw(second))
    assert kept.data == canonical_json(first)
    sealed = seal_of(second)
    assert sealed is not None
    assert sealed.written is None
    del first
    gc.collect()
    assert seal_of(second) is sealed
    remembered: Any = kept
    assert (remembered(), remembered.data, remembered.written) == (None, None, None)
    assert digest(second) == digest(thaw(second))


def test_a_small_document_that_was_made_of_a_large_one_is_written_by_itself() -> None:
    large = freeze({"large": list(range(2000)), "small": "x" * 2000})
    canonical_size(large)
    small = delete_at(large, ("large",))
    assert thaw(small) == {"small": "x" * 2000}
    assert canonical_json(small) == b'{"small":"%s"}' % (b"x" * 2000)
    kept = seal_of(large)
    assert kept is not None
    assert kept.written is None


def test_what_a_document_was_made_of_may_go_while_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the writing itself holds the first document from a certain moment on, as with another thread."""
    held = [freeze({f"name {place}": ["x" * 100] for place in range(20)})]
    canonical_size(held[0])
    second = set_at(held[0], ("name 7",), "seven")

    class Dropping(Written):
        def __init__(self) -> None:
            super().__init__()
            held.clear()
            gc.collect()

    monkeypatch.setattr(writing, "Written", Dropping)
    plain = thaw(second)
    assert held == []
    assert plain["name 7"] == "seven"
    held.append(freeze({f"name {place}": ["x" * 100] for place in range(20)}))
    canonical_size(held[0])
    third = set_at(held[0], ("name 8",), "eight")
    assert canonical_json(third) == written_anew(third)
    assert held == []


@given(numbers())
def test_the_floats_that_the_standard_library_writes_as_rfc_8785_does_are_known(number: Any) -> None:
    document = freeze(number)
    if type(document) is float:
        assert has_plain_text(document) == (repr(document).encode() == canonical_json(document))


@given(st.lists(documents(), max_size=6) | st.dictionaries(texts(), documents(), max_size=6))
def test_a_mould_gives_copies_of_which_no_part_is_shared(document: Any) -> None:
    plain = thaw(document)
    mould = Mould(plain)
    one, other = mould.copy(), mould.copy()
    assert json.dumps(one) == json.dumps(other) == json.dumps(plain)
    spoil(one)
    assert json.dumps(other) == json.dumps(mould.copy()) == json.dumps(thaw(document))
    assert copied(other) == other
