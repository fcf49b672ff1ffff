"""Where the parts of a text are: whoever wrote it says the same."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import places, vectors
from tests.tier2_io.written import Written, json_texts, toml_texts
from tier2_core import InvalidValueError
from tier2_core.values.canonical import read_json
from tier2_io.documents.json_text import JsonPlaces, json_mistake
from tier2_io.documents.places import Lines
from tier2_io.documents.toml_text import TomlPlaces, toml_mistake


def _tokens(place: Any) -> tuple[str, ...]:
    return tuple(map(str, place))


@given(json_texts())
def test_every_part_of_a_json_text_is_where_it_was_written(written: Written) -> None:
    document, text, spots = written
    assert json.loads(text) == json.loads(json.dumps(document))
    found = JsonPlaces(text)
    for place, _ in places(document):
        assert found.find(_tokens(place)) == spots[_tokens(place)]


@given(toml_texts())
def test_every_part_of_a_toml_text_is_where_it_was_written(written: Written) -> None:
    document, text, spots = written
    assert tomllib.loads(text) == document
    found = TomlPlaces(text)
    for place, _ in places(document):
        assert found.find(_tokens(place)) == spots[_tokens(place)], place


@given(
    json_texts().map(lambda written: (JsonPlaces(written[1]), written))
    | toml_texts().map(lambda written: (TomlPlaces(written[1]), written)),
    st.data(),
)
def test_what_is_not_there_is_where_the_innermost_part_around_it_is(case: Any, data: st.DataObject) -> None:
    found, (document, _, spots) = case
    around, _ = data.draw(st.sampled_from(list(places(document))))
    assert found.find((*_tokens(around), "no such part", "0")) == spots[_tokens(around)]


@given(st.text("ab\r\n\té😀", max_size=12))
def test_lines_and_columns_are_those_of_an_editor(text: str) -> None:
    lines, expected = Lines(text), []
    line, column = 1, 1
    for place, one in enumerate(text):
        expected.append((line, column))
        if one == "\n" or (one == "\r" and text[place + 1 : place + 2] != "\n"):
            line, column = line + 1, 1
        else:
            column += 1
    assert [lines.place(offset) for offset in range(len(text) + 1)] == [*expected, (line, column)]


# --- texts that cannot be read -------------------------------------------------------------------


@given(json_texts(), st.integers(0, 400), st.text("{}[]\",:\\/#'x01.-NaN \n\t", max_size=3), st.integers(0, 3))
def test_whatever_is_wrong_with_a_json_text_is_told_within_it(
    written: Written, at: int, instead: str, removed: int
) -> None:
    at %= len(written[1]) + 1
    text = written[1][:at] + instead + written[1][at + removed :]
    try:
        read_json(text)
    except InvalidValueError as error:
        mistake = json_mistake(text, error)
        assert 0 <= mistake.offset <= len(text)
        assert "ound " in mistake.sentence
        assert "; expected " in mistake.sentence


@given(toml_texts(), st.integers(0, 400), st.text("{}[]\"',=.\\#x01-:nulTrue \n\r\t", max_size=3), st.integers(0, 3))
def test_whatever_is_wrong_with_a_toml_text_is_told_within_it(
    written: Written, at: int, instead: str, removed: int
) -> None:
    at %= len(written[1]) + 1
    text = written[1][:at] + instead + written[1][at + removed :]
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        mistake = toml_mistake(text, error)
        assert 0 <= mistake.offset <= len(text)
        assert "Found " in mistake.sentence


TEXTS = vectors("texts")


@pytest.mark.parametrize("case", TEXTS["json"], ids=lambda case: repr(case["text"]))
def test_a_common_mistake_in_json_is_told_so_that_it_can_be_put_right(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError) as caught:
        read_json(case["text"])
    mistake = json_mistake(case["text"], caught.value)
    assert (mistake.offset, mistake.sentence) == (case["offset"], case["sentence"])


@pytest.mark.parametrize("case", TEXTS["toml"], ids=lambda case: repr(case["text"]))
def test_a_common_mistake_in_toml_is_told_so_that_it_can_be_put_right(case: dict[str, Any]) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(case["text"])
    mistake = toml_mistake(case["text"], caught.value)
    assert (mistake.offset, mistake.sentence) == (case["offset"], case["sentence"])
