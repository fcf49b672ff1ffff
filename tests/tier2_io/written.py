"""Texts of documents in many styles, with the places of all their parts: whoever writes knows what is where.

``json_texts()`` and ``toml_texts()`` give ``(document, text, spots)``; ``spots`` maps the tokens of each part to two
offsets, of its key and of its value.
"""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import strategies as st

from tests.strategies import documents, texts

Tokens = tuple[str, ...]
Written = tuple[Any, str, dict[Tokens, tuple[int, int]]]


class Writer:
    """A text that grows, and where its parts are."""

    def __init__(self, draw: st.DrawFn, blanks: list[str]) -> None:
        self.draw = draw
        self.text = ""
        self.spots: dict[Tokens, tuple[int, int]] = {}
        self._blanks = st.sampled_from(blanks)

    @property
    def here(self) -> int:
        return len(self.text)

    def put(self, text: str) -> None:
        self.text += text

    def blank(self) -> None:
        self.text += self.draw(self._blanks)

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def listed(self, items: Any, write: Any, last: bool = False) -> None:
        """Items with commas and blanks between them, and one comma more if ``last``."""
        for place, item in enumerate(items):
            self.blank()
            write(item)
            self.blank()
            self.put("," if place < len(items) - 1 or last else "")
        self.blank()


# --- JSON ----------------------------------------------------------------------------------------


@st.composite
def json_texts(draw: st.DrawFn) -> Written:
    document = draw(documents())
    writer = Writer(draw, ["", "", " ", "\n", "\t", "\r\n  ", "\r", "\n\n"])
    writer.blank()
    _json(writer, document, (), writer.here)
    writer.blank()
    return document, writer.text, writer.spots


def _json(writer: Writer, value: Any, path: Tokens, key: int) -> None:
    writer.spots[path] = (key, writer.here)

    def member(name: str) -> None:
        at = writer.here
        writer.put(json.dumps(name, ensure_ascii=writer.one_of(True, False)))
        writer.blank()
        writer.put(":")
        writer.blank()
        _json(writer, value[name], (*path, name), at)

    def item(index: int) -> None:
        _json(writer, value[index], (*path, str(index)), writer.here)

    if type(value) is dict:
        writer.put("{")
        writer.listed(list(value), member)
        writer.put("}")
    elif type(value) in (list, tuple):
        writer.put("[")
        writer.listed(range(len(value)), item)
        writer.put("]")
    else:
        writer.put(json.dumps(value, ensure_ascii=writer.one_of(True, False)))


# --- TOML ----------------------------------------------------------------------------------------

_WORDS = st.sampled_from(["", "a", "a-b", '"', "'", "#", "]", "}", "= 1", "a\nb", "\\", "''", '""', "[[a]]", "é", "\t"])
_SCALARS = st.booleans() | st.integers(-9, 10**6) | st.floats(-9, 9) | texts() | _WORDS
_KEYS = texts() | st.sampled_from(["a", "b", "c", "a.b", "a b", "#", "'", '"', "0", "1"])
_VALUES = st.recursive(
    _SCALARS,
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(_KEYS, parts, max_size=3),
    max_leaves=12,
)


@st.composite
def toml_texts(draw: st.DrawFn) -> Written:
    document = draw(st.dictionaries(_KEYS, _VALUES, max_size=5))
    writer = Writer(draw, ["", "", " ", "  ", "\t"])
    writer.spots[()] = (0, 0)
    _toml_table(writer, document, (), ())
    return document, writer.text, writer.spots


def _toml_table(writer: Writer, table: dict[str, Any], path: Tokens, header: Tokens) -> None:
    """The body of a table whose own header is written already: first its values, then what has headers itself."""
    later = [
        name
        for name, value in table.items()
        if (type(value) is dict or _is_list_of_tables(value)) and writer.one_of(True, True, False)
    ]
    for name, value in table.items():
        if name not in later:
            _toml_pair(writer, name, value, path)
            _line_end(writer)
    for name in later:
        value, below = table[name], (*path, name)
        if type(value) is dict:
            headed = [part for part in value.values() if type(part) is dict and part] if value else []
            if headed and len(headed) == len(value) and writer.one_of(True, False):
                for inner, part in value.items():  # the table itself is only implied
                    at = _toml_header(writer, "[", (*header, name, inner), "]", below)
                    writer.spots[(*below, inner)] = (at, at)
                    _toml_table(writer, part, (*below, inner), (*header, name, inner))
                continue
            at = _toml_header(writer, "[", (*header, name), "]")
            writer.spots[below] = (at, at)
            _toml_table(writer, value, below, (*header, name))
        else:
            for index, item in enumerate(value):
                at = _toml_header(writer, "[[", (*header, name), "]]")
                writer.spots.setdefault(below, (at, at))
                writer.spots[(*below, str(index))] = (at, at)
                _toml_table(writer, item, (*below, str(index)), (*header, name))


def _is_list_of_tables(value: Any) -> bool:
    return type(value) is list and bool(value) and all(type(item) is dict for item in value)


def _line_end(writer: Writer) -> None:
    writer.blank()
    writer.put(writer.one_of("\n", "\r\n", " # a ] comment = '\n", "\n\n"))


def _toml_header(writer: Writer, opening: str, header: Tokens, closing: str, implied: Tokens | None = None) -> int:
    """A header line, and where it begins; the last name but one may be the first word of the table ``implied``."""
    writer.blank()
    at = writer.here
    writer.put(opening)
    for place, name in enumerate(header):
        writer.blank()
        if implied is not None and place == len(header) - 2:
            writer.spots.setdefault(implied, (writer.here, writer.here))
        writer.put(_toml_key(writer, name))
        writer.blank()
        writer.put("." if place < len(header) - 1 else closing)
    _line_end(writer)
    return at


def _toml_key(writer: Writer, name: str) -> str:
    forms = [_basic(name)]
    if re.fullmatch(r"[A-Za-z0-9_-]+", name):
        forms += [name, name]
    if "'" not in name and not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", name):
        forms.append(f"'{name}'")
    return str(writer.one_of(*forms))


def _basic(text: str) -> str:
    return '"' + re.sub(r'["\\\x00-\x1f\x7f]', lambda found: f"\\u{ord(found[0]):04x}", text) + '"'


def _toml_pair(writer: Writer, name: str, value: Any, path: Tokens) -> None:
    """A key and its value; a table with one key may be written as a dotted key."""
    key = writer.here
    writer.put(_toml_key(writer, name))
    writer.blank()
    while type(value) is dict and len(value) == 1 and writer.one_of(True, False):
        path = (*path, name)
        writer.spots[path] = (key, key)
        writer.put(".")
        writer.blank()
        ((name, value),) = value.items()
        key = writer.here
        writer.put(_toml_key(writer, name))
        writer.blank()
    writer.put("=")
    writer.blank()
    _toml_value(writer, value, (*path, name), key)


def _toml_value(writer: Writer, value: Any, path: Tokens, key: int) -> None:
    writer.spots[path] = (key, writer.here)
    if type(value) is dict:
        writer.put("{")
        writer.listed(list(value), lambda name: _toml_pair(writer, name, value[name], path))
        writer.put("}")
    elif type(value) is list:
        writer.put("[" + writer.one_of("", "\n", " # [ a comment\n"))
        writer.listed(
            range(len(value)),
            lambda index: _toml_value(writer, value[index], (*path, str(index)), writer.here),
            last=bool(value) and writer.one_of(True, False),
        )
        writer.put("]")
    elif type(value) is str:
        forms = [_basic(value)]
        if not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", value):
            if "'" not in value and "\n" not in value:
                forms.append(f"'{value}'")
            if "'''" not in value:
                forms.append(f"'''\n{value}'''")
            forms.append('"""\n' + value.replace("\\", "\\\\").replace('"""', '""\\"') + '"""')
        writer.put(writer.one_of(*forms))
    else:
        writer.put(str(value).lower())
