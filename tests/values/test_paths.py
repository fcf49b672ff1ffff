"""Places in documents: JSON Pointers, dotted paths, and what they lead to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import KEYS, Text, documents, places, texts, vectors
from tier2_core.errors import InvalidPathError
from tier2_core.values.canonical import canonical_json
from tier2_core.values.freeze import freeze, same
from tier2_core.values.paths import array_index, format_pointer, parse_path, resolve_path

CASES = vectors("values/paths")
FOUND = [(case["document"], path, value) for case in CASES for path, value in case["found"].items()]
MISSING = [(case["document"], path) for case in CASES for path in case["missing"]]


@pytest.mark.parametrize(("document", "path", "value"), FOUND, ids=lambda case: ascii(case)[:40])
def test_a_path_leads_to_its_place(document: Any, path: str, value: Any) -> None:
    for form in (document, freeze(document)):
        found, part = resolve_path(form, path)
        assert found is True
        assert same(part, value)


@pytest.mark.parametrize(("document", "path"), MISSING, ids=lambda case: ascii(case)[:40])
def test_a_path_to_nowhere_is_not_found(document: Any, path: str) -> None:
    for form in (document, freeze(document)):
        assert resolve_path(form, path) == (False, None)


@given(documents())
def test_every_place_is_reached_by_its_pointer_in_plain_and_frozen_form(document: Any) -> None:
    frozen = freeze(document)
    for (place, part), (_, frozen_part) in zip(places(document), places(frozen), strict=True):
        pointer = format_pointer(place)
        assert resolve_path(document, pointer) == (True, part)
        assert resolve_path(document, pointer)[1] is part
        found, reached = resolve_path(frozen, pointer)
        assert found
        assert canonical_json(reached) == canonical_json(frozen_part)


@given(documents())
def test_places_whose_keys_have_no_dot_are_reached_by_dotted_paths(document: Any) -> None:
    for place, part in places(document):
        tokens = [str(token) for token in place]
        if tokens and not any("." in token for token in tokens) and tokens[0] and tokens[0][0] != "/":
            assert resolve_path(document, ".".join(tokens)) == (True, part)


@given(st.lists(texts() | st.text("~/01a", max_size=5), max_size=5))
def test_a_pointer_is_read_back_as_its_tokens(tokens: list[str]) -> None:
    assert parse_path(format_pointer(tokens)) == tuple(tokens)


@given(documents(), st.text("/~.01-a\n", max_size=6) | st.sampled_from(KEYS))
def test_plain_and_frozen_documents_resolve_alike(document: Any, path: str) -> None:
    """Any path finds the same in both, or is malformed in both."""
    outcomes = []
    for form in (document, freeze(document)):
        try:
            found, part = resolve_path(form, path)
            outcomes.append((found, canonical_json(part)))
        except InvalidPathError as error:
            outcomes.append((False, str(error).encode()))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("path", ["/~", "/~2", "/a~", "/a/~/b", "/~~0", "/~01~", "/~ 0", "/~\u0660"])
def test_a_tilde_that_escapes_nothing_is_malformed(path: str) -> None:
    for read in (parse_path, lambda malformed: resolve_path({}, malformed)):
        with pytest.raises(InvalidPathError, match="'~'") as caught:
            read(path)
        assert caught.value.path == path


@pytest.mark.parametrize("path", [None, 0, True, b"/a", ["a"], ("a",), {"a": 1}, {"a"}, Text("a"), object()])
def test_a_path_is_a_string(path: Any) -> None:
    parse_path("a")  # what was read before is not mistaken for it
    with pytest.raises(InvalidPathError, match="expected a string"):
        resolve_path({"a": 1}, path)


def test_escapes_are_undone_in_the_right_order() -> None:
    assert parse_path("/~01") == ("~1",)
    assert parse_path("/~00") == ("~0",)
    assert parse_path("/~10") == ("/0",)


@pytest.mark.parametrize(
    "token", ["01", "-", "-1", "+1", " 1", "1 ", "1\n", "1_0", "1.0", "", "\u0661", "\uff11", "²", "0x1", "1e1"]
)
def test_what_is_no_array_index(token: str) -> None:
    assert array_index(token) is None
    assert resolve_path([[0]] * 11, "/" + token) == (False, None)


@pytest.mark.parametrize("digits", [18, 19, 4_300, 4_301, 100_000])
def test_an_index_of_any_length_is_beyond_the_array(digits: int) -> None:
    assert resolve_path([1], "/" + "9" * digits) == (False, None)
    assert resolve_path(freeze([1]), "9" * digits) == (False, None)


@given(st.integers(0, 10**17))
def test_an_index_is_a_decimal_number(index: int) -> None:
    assert array_index(str(index)) == index
    assert array_index("0" + str(index)) is None


def test_a_tuple_is_an_array_and_a_string_has_no_parts() -> None:
    assert resolve_path(("a", ("b",)), "1.0") == (True, "b")
    assert resolve_path("abc", "0") == (False, None)
    assert resolve_path({"a": "abc"}, "a.0") == (False, None)


def test_null_is_found() -> None:
    assert resolve_path({"a": None}, "a") == (True, None)
    assert resolve_path(None, "") == (True, None)
    assert resolve_path({}, "a") == (False, None)
