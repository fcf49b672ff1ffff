"""TOML texts: where their parts are, and what is wrong with one that cannot be read, in words that help.

A table that has a header is where its header begins; one that is only implied by the keys of others is where its name
first stands. Nothing here says what TOML is: texts were read already, or refused.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Sequence

from tier2_io.documents.json_text import too_deep
from tier2_io.documents.places import Mistake, Spot, told_character, word_around

_BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_KEY = re.compile(r'"(?:[^"\\]++|\\.)*+"|\'[^\']*+\'|[^\s.=\]"\']++')
_STRINGS = (
    r'"""(?:[^"\\]++|\\.|"{1,2}(?!"))*+"{3,5}'
    r"|'''(?:[^']++|'{1,2}(?!'))*+'{3,5}"
    r'|"(?!"")(?:[^"\\\n]++|\\.)*+"'
    r"|'(?!'')[^'\n]*+'"
)
_SCALAR = re.compile(_STRINGS + r"|[^,\]}#\r\n]++", re.DOTALL)
_TOKEN = re.compile(_STRINGS + r"|[\[\]{}]|#[^\n]*+|[\"']|[^\s\[\]{},=#\"']++", re.DOTALL)


class _Part:
    """A part of the document, with the parts in it by their tokens."""

    __slots__ = ("at", "grows", "key", "parts")

    def __init__(self, key: int, at: int) -> None:
        self.key = key
        self.at = at
        self.parts: dict[str, _Part] = {}
        self.grows = False  # whether it is a list of tables, of which headers mean the last one

    def add(self, part: _Part) -> _Part:
        """The next item of a list."""
        self.parts[str(len(self.parts))] = part
        return part

    def into(self, token: str, offset: int) -> _Part:
        """The table under a key, which may be implied here for the first time."""
        inner = self.parts.setdefault(token, _Part(offset, offset))
        return inner.parts[str(len(inner.parts) - 1)] if inner.grows else inner


class TomlPlaces:
    """The places of a TOML text, or of the statements in it that begin before ``until``.

    ``statement`` is where the last of them begins.
    """

    def __init__(self, text: str, until: int | None = None) -> None:
        self._text = text
        self._root = _Part(0, 0)
        self.statement = 0
        table, here, end = self._root, self._start(0), len(text) if until is None else until
        while here < end:
            self.statement = here
            if text.startswith("[[", here):
                table, here = self._item(here)
            elif text[here] == "[":
                table, here = self._table(here)
            else:
                here = self._pair(table, here)
            here = self._start(here)

    def find(self, tokens: Sequence[str]) -> Spot:
        """Where the part with these tokens is, or the innermost part around it."""
        part = self._root
        for token in tokens:
            if token not in part.parts:
                break
            part = part.parts[token]
        return part.key, part.at

    def _start(self, offset: int) -> int:
        found = _BLANK.match(self._text, offset)
        assert found is not None
        return found.end()

    def _keys(self, offset: int) -> tuple[list[tuple[str, int]], int]:
        """The parts of a dotted key, each with its offset, and where what follows begins."""
        keys: list[tuple[str, int]] = []
        while True:
            here = self._start(offset)
            found = _KEY.match(self._text, here)
            assert found is not None
            raw = found[0]
            keys.append((next(iter(tomllib.loads(f"{raw} = 0"))) if raw[0] in "\"'" else raw, here))
            offset = self._start(found.end())
            if self._text[offset] != ".":
                return keys, offset
            offset += 1

    def _table(self, here: int) -> tuple[_Part, int]:
        keys, end = self._keys(here + 1)
        table = self._root
        for token, offset in keys:
            table = table.into(token, offset)
        table.key = table.at = here
        return table, end + 1

    def _item(self, here: int) -> tuple[_Part, int]:
        keys, end = self._keys(here + 2)
        table = self._root
        for token, offset in keys[:-1]:
            table = table.into(token, offset)
        items = table.parts.setdefault(keys[-1][0], _Part(here, here))
        items.grows = True
        return items.add(_Part(here, here)), end + 2

    def _named(self, table: _Part, here: int) -> _Part:
        """The part that the key here stands for; ``at`` is where its value begins."""
        keys, equals = self._keys(here)
        for token, offset in keys[:-1]:
            table = table.into(token, offset)
        token, offset = keys[-1]
        part = table.parts[token] = _Part(offset, self._start(equals + 1))
        return part

    def _pair(self, table: _Part, here: int) -> int:
        """Follow a key and its value, which may hold others; gives where it ends.

        It does not recurse: how deep the text is was never asked.
        """
        part = self._named(table, here)
        around: list[_Part] = []
        while True:
            if self._text[part.at] in "[{":
                around.append(part)
                here = self._start(part.at + 1)
            else:
                found = _SCALAR.match(self._text, part.at)
                assert found is not None
                here = found.end()
            while around:
                here = self._start(here)
                if self._text[here] == ",":
                    here = self._start(here + 1)
                if self._text[here] not in "]}":
                    break
                around.pop()
                here += 1
            if not around:
                return here
            outer = around[-1]
            part = outer.add(_Part(here, here)) if self._text[outer.at] == "[" else self._named(outer, here)


# --- what cannot be read -------------------------------------------------------------------------

MOST_KEY_PARTS = 64
"""The parts of one dotted key, at most: as many as documents are deep. ``tomllib`` is quadratic in them."""

_PART = r'(?:"(?:[^"\\\n]++|\\.)*+"|\'[^\'\n]*+\'|[^\s\[\]{},=#"\'.]++)'
_DOTTED = re.compile(
    rf'"""(?:[^"\\]++|\\.|"{{1,2}}(?!"))*+"{{3,5}}|\'\'\'(?:[^\']++|\'{{1,2}}(?!\'))*+\'{{3,5}}|#[^\n]*+'
    rf"|(?P<key>{_PART}(?:[ \t]*+\.[ \t]*+{_PART})*+)",
    re.DOTALL,
)
_ONE_PART = re.compile(_PART, re.DOTALL)


def long_key(text: str) -> Mistake | None:
    """The first dotted key with more parts than may be, in a text that was not read yet."""
    if all(line.count(".") < MOST_KEY_PARTS for line in text.split("\n")):
        return None
    for found in _DOTTED.finditer(text):
        key = found["key"]
        if key is not None and key.count(".") >= MOST_KEY_PARTS:
            parts = sum(1 for _ in _ONE_PART.finditer(key))
            if parts > MOST_KEY_PARTS:
                sentence = f"Found a key with {parts:,} parts; expected at most {MOST_KEY_PARTS}."
                return Mistake(found.start(), sentence)
    return None


_WORD = re.compile(r"[^\s,\]}#=]+")
_WORDS = {
    "True": "true", "TRUE": "true", "yes": "true", "on": "true",
    "False": "false", "FALSE": "false", "no": "false", "off": "false",
}  # fmt: skip
_NULLS = ("None", "null", "nil", "undefined")
_VALUE = "a value (texts stand in quotes)"
_TWICE = ("Cannot overwrite", "Cannot declare", "Cannot mutate", "Cannot redefine")
_EXPECTED = {
    "Invalid value": _VALUE,
    "Expected '='": "'=' and a value after the key",
    "Expected newline": "the end of the line after the value",
    "Expected ']'": "']' at the end of the header",
    "Expected ']]'": "']]' at the end of the header of a list of tables",
    "Unclosed array": "',' before the next one, or ']'",
    "Unclosed inline table": "',' before the next one, or '}', all on one line",
    "Invalid initial character for a key part": "a key",
    "Invalid statement": "a key, a [table], or a comment that begins with #",
}


def toml_mistake(text: str, error: Exception) -> Mistake:
    """What is wrong with a text that ``tomllib`` has refused."""
    if isinstance(error, RecursionError):
        return Mistake(too_deep(_TOKEN, text), "Found nesting deeper than 64; expected a flatter value.")
    if not isinstance(error, tomllib.TOMLDecodeError):  # int() refuses so many digits
        digits = re.compile(rf"[+-]?[0-9_]{{{sys.get_int_max_str_digits() + 1},}}")
        at = next((found.start() for found in _TOKEN.finditer(text) if digits.fullmatch(found[0])), 0)
        return Mistake(at, "Found an integer beyond the range of a double; expected a smaller one.")
    told = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error), re.DOTALL)
    message, line, column = told.groups() if told is not None else (str(error), "1", "1")
    at = len(text) if line is None else _offset(text, int(line), int(column))
    return _syntax(text, message, at)


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start + column - 1


def _syntax(text: str, message: str, at: int) -> Mistake:
    """The mistake that Python's reader has found, told by what stands there."""
    here = told_character(text, at)
    if text.startswith("\r", at) and not text.startswith("\r\n", at):
        return Mistake(at, "Found a carriage return alone; expected LF or CR LF where a line ends.")
    word = _WORD.match(text, at)
    begin, number = word_around(text, at)
    if message.startswith("Expected newline") and begin < at:
        return Mistake(begin, f"Found {number}; expected {_VALUE}.")
    if message.startswith("Invalid value") and word is not None:
        if word[0] in _NULLS:
            return Mistake(at, f"Found {word[0]}; expected no such key, as TOML has no null.")
        return Mistake(at, f"Found {word[0][:60]}; expected {_WORDS.get(word[0], _VALUE)}.")
    if message.startswith(_TWICE):
        at = TomlPlaces(text, at).statement
        if text[at] == "[":
            return Mistake(
                at, "Found a table that is there already; expected each once, or [[so]] in a list of tables."
            )
        return Mistake(at, "Found a key that is there already; expected each once.")
    if message.startswith("Duplicate inline"):
        return Mistake(at, "Found a key twice in one inline table; expected each once.")
    if message.startswith(("Unterminated string", "Expected \"'")):
        at = next((found.start() for found in _TOKEN.finditer(text) if found[0] in ('"', "'")), at)
        return Mistake(at, "Found a text that does not end; expected a closing quote.")
    if message.startswith(("Illegal character", "Found invalid character")):
        if text[at] not in "\r\n":
            return Mistake(at, f"Found {here}; expected no control characters.")
        return Mistake(at, "Found the end of the line in a text; expected a closing quote, or three for many lines.")
    if message.startswith(("Unescaped", "Invalid hex")):
        at = max(text.rfind("\\", 0, at), 0)
        return Mistake(at, f"Found the escape {text[at : at + 2]}; expected \\\\ for a backslash, or single quotes.")
    if message.startswith("Invalid initial character") and here == "the end of the line":
        return Mistake(at, "Found the end of the line; expected a key, as an inline { table } is on one line.")
    expected = next((wanted for start, wanted in _EXPECTED.items() if message.startswith(start)), None)
    if expected is None:
        return Mistake(at, f"Found no TOML: {message[:1].lower()}{message[1:]}.")
    return Mistake(at, f"Found {here}; expected {expected}.")
