"""JSON texts: where their parts are, and what is wrong with one that cannot be read, in words that help.

Nothing here says what JSON is: texts were read already, or refused. All of it is for messages about mistakes.
"""

from __future__ import annotations

import json
import re
import sys
from array import array
from collections.abc import Iterator, Sequence

from tier2_core import InvalidValueError, parse_path
from tier2_core.values.paths import array_index
from tier2_io.documents.places import Mistake, Spot, told_character, word_around

_BLANK = re.compile(r"[ \t\n\r]*+")
_SCALAR = re.compile(r"[^\s,\]}]++")
_TEXT = r'"(?:[^"\\]++|\\.)*+"'
_MARK = re.compile(rf"{_TEXT}|[\[\]{{}}]", re.DOTALL)
_TOKEN = re.compile(rf'{_TEXT}|[\[\]{{}}]|[^\s"\[\]{{}},:]++', re.DOTALL)
_DECODER = json.JSONDecoder()


class JsonPlaces:
    """The places of a JSON text; containers are looked through when something in them is asked for, and once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._objects: dict[int, dict[str, Spot]] = {}
        self._arrays: dict[int, array[int]] = {}

    def find(self, tokens: Sequence[str]) -> Spot:
        """Where the part with these tokens is, or the innermost part around it."""
        spot = (self._start(0),) * 2
        for token in tokens:
            at = spot[1]
            inner: Spot | None = None
            if self._text[at] == "{":
                inner = self._members(at).get(token)
            elif self._text[at] == "[":
                index, items = array_index(token), self._items(at)
                inner = None if index is None or index >= len(items) else (items[index],) * 2
            if inner is None:
                break
            spot = inner
        return spot

    def second(self, tokens: Sequence[str]) -> int:
        """In the object with these tokens, where the first in sorted order of the keys that come twice comes again."""
        spots: dict[str, list[int]] = {}
        for key, spot in self._pairs(self.find(tokens)[1]):
            spots.setdefault(key, []).append(spot[0])
        return next(spots[key][1] for key in sorted(spots) if len(spots[key]) > 1)

    def _start(self, offset: int) -> int:
        return _end_of(_BLANK, self._text, offset)

    def _members(self, at: int) -> dict[str, Spot]:
        if at not in self._objects:
            self._objects[at] = dict(self._pairs(at))
        return self._objects[at]

    def _items(self, at: int) -> array[int]:
        if at not in self._arrays:
            offsets = array("Q")  # there may be millions
            here = self._start(at + 1)
            while self._text[here] != "]":
                offsets.append(here)
                here = self._next(self._after(here))
            self._arrays[at] = offsets
        return self._arrays[at]

    def _pairs(self, at: int) -> Iterator[tuple[str, Spot]]:
        here = self._start(at + 1)
        while self._text[here] != "}":
            key, end = _DECODER.raw_decode(self._text, here)
            value = self._start(self._start(end) + 1)  # beyond the colon
            yield key, (here, value)
            here = self._next(self._after(value))

    def _next(self, offset: int) -> int:
        """Where the next member begins, or the container ends."""
        here = self._start(offset)
        return self._start(here + 1) if self._text[here] == "," else here

    def _after(self, at: int) -> int:
        """Where the value that begins here ends."""
        if self._text[at] not in '"[{':
            return _end_of(_SCALAR, self._text, at)
        depth = 0
        for found in _MARK.finditer(self._text, at):
            mark = found[0]
            depth += (mark in "[{") - (mark in "]}")
            if not depth:
                return found.end()
        raise AssertionError("the text was read, so that every bracket is closed")


def _end_of(pattern: re.Pattern[str], text: str, offset: int) -> int:
    found = pattern.match(text, offset)
    assert found is not None
    return found.end()


# --- what cannot be read -------------------------------------------------------------------------


class _Constant(Exception):
    """A word that Python's reader takes for a number."""


def json_mistake(text: str, refusal: InvalidValueError) -> Mistake:
    """What is wrong with a text that ``read_json`` has refused, at the first place."""
    sentence = str(refusal)
    if text.startswith("\ufeff"):
        return Mistake(0, sentence)
    try:
        json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return _syntax(text, error)
    except _Constant:
        return Mistake(_first(text, "NaN|-?Infinity"), sentence)
    except RecursionError:
        return Mistake(too_deep(_TOKEN, text), sentence)
    except ValueError:  # int() refuses so many digits
        return Mistake(_first(text, rf"-?[0-9]{{{sys.get_int_max_str_digits() + 1},}}(?![0-9.eE])"), sentence)
    return Mistake(JsonPlaces(text).second(parse_path(refusal.path)), sentence)


def _refuse(name: str) -> None:
    raise _Constant(name)


def _first(text: str, pattern: str) -> int:
    """Where the first token is that matches; up to there the text is JSON."""
    wanted = re.compile(pattern)
    return next(found.start() for found in _TOKEN.finditer(text) if wanted.match(found[0]))


def too_deep(tokens: re.Pattern[str], text: str, limit: int = 64) -> int:
    """Where the first bracket is that opens more than ``limit`` levels."""
    depth = 0
    for found in tokens.finditer(text):
        depth += (found[0] in ("[", "{")) - (found[0] in ("]", "}"))
        if depth > limit:
            return found.start()
    return 0


_WORD = re.compile(r"[A-Za-z_$][\w$-]*")
_WORDS = {
    "None": "null", "nil": "null", "undefined": "null", "NULL": "null", "Null": "null",
    "True": "true", "TRUE": "true", "yes": "true", "on": "true",
    "False": "false", "FALSE": "false", "no": "false", "off": "false",
}  # fmt: skip
_VALUE = "a value (texts stand in double quotes)"
_EXPECTED = {
    "Expecting property name": "a key in double quotes",
    "Expecting ':'": "':' after the key",
    "Expecting ','": "',' before the next one, or the closing bracket",
    "Expecting value": _VALUE,
    "Extra data": "nothing more after the document",
}


def _syntax(text: str, error: json.JSONDecodeError) -> Mistake:
    """The mistake that Python's reader has found, told by what stands there."""
    at = error.pos
    if error.msg.startswith("Illegal trailing comma"):
        return Mistake(at, "Found a comma after the last one; expected none there.")
    if error.msg.startswith("Unterminated string"):
        return Mistake(at, 'Found a text that does not end; expected a closing ".')
    if error.msg.startswith("Invalid control character"):
        if text[at] in "\r\n":
            return Mistake(at, 'Found the end of the line in a text; expected a closing ", or \\n for a line break.')
        escape = "\\t" if text[at] == "\t" else f"\\u{ord(text[at]):04x}"
        return Mistake(at, f"Found {told_character(text, at)} in a text; expected {escape} for it.")
    if error.msg.startswith("Invalid \\"):
        at = max(text.rfind("\\", 0, at + 1), 0)
        return Mistake(at, f"Found the escape {text[at : at + 2]}; expected one of JSON, where a backslash is \\\\.")
    key = error.msg.startswith("Expecting property name")
    value = error.msg.startswith("Expecting value")
    before = text[:at].rstrip(" \t\n\r")
    if (key or value) and before.endswith(",") and text[at : at + 1] in ("}", "]"):
        return Mistake(len(before) - 1, "Found a comma after the last one; expected none there.")
    if text.startswith(("//", "/*", "#"), at):
        return Mistake(at, "Found a comment; expected none, as JSON has no comments.")
    if text.startswith("'", at) and (key or value):
        return Mistake(at, "Found a single quote; expected double quotes, as JSON has no others.")
    word = _WORD.match(text, at)
    if word is not None and key:
        return Mistake(at, f'Found the key {word[0][:60]} without quotes; expected "{word[0][:60]}".')
    if word is not None and value:
        wanted = _WORDS.get(word[0], _VALUE)
        return Mistake(at, f"Found the word {word[0][:60]}; expected {wanted}.")
    begin, number = word_around(text, at)
    if number[:1] in tuple("0123456789+-.") and (value or begin < at):
        return Mistake(begin, f"Found {number}; expected a number as JSON writes it, such as 0.5, -1 or 1e9.")
    expected = next(wanted for start, wanted in _EXPECTED.items() if error.msg.startswith(start))
    return Mistake(at, f"Found {told_character(text, at)}; expected {expected}.")
