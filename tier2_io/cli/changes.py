"""Changes of a state as people read them at a terminal: what is gone, what is other than before, what is new.

Nothing is cut. On a terminal what is long takes several lines; elsewhere each change is one line, for tools to search.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from typing import Any

from tier2_core import thaw
from tier2_io.host import answers
from tier2_io.rows import GONE, KEPT, NEW, OTHER, Row, differences
from tier2_io.screen import safe, say_styled, size

STYLES = {NEW: "green", OTHER: "yellow", GONE: "red", KEPT: ""}
NARROWEST = 20
"""On how few columns a value is laid out at least."""

Line = tuple[tuple[str, str], ...]
"""A line of texts, each with a style, as :func:`say_styled` takes them."""


def changes(before: Any, after: Any) -> list[tuple[str, str, str]]:
    """The changes from one document to another, each a sign, a place, and what is there now (and was before)."""
    return [(row.sign, _place(row), " ".join(_texts(row))) for row in differences(before, after)]


def say_changes(before: Any, after: Any, indent: str = "    ") -> None:
    """Print all changes, coloured where there are colours."""
    say_lines(lines_of(differences(before, after), indent))


def say_lines(lines: Iterable[Line]) -> None:
    """Print lines."""
    for line in lines:
        say_styled(*line)


def columns() -> int | None:
    """How wide the terminal is; ``None`` where there is none."""
    return size()[0] if answers().isatty() else None


def lines_of(rows: Iterable[Row], indent: str = "    ") -> list[Line]:
    """The lines that tell of some rows; they say so if there is none."""
    rows = list(rows)
    if not rows:
        return [((f"{indent}nothing is changed", ""),)]
    width = min(36, max(cells(_place(row)) for row in rows))
    lines: list[Line] = []
    named: set[tuple[str, str]] = set()
    for row in rows:
        lines += _lines(row, indent, width)
        lines += [((f"{indent}    {name}: {title}", "dim"),) for name, title in row.names if (name, title) not in named]
        named |= set(row.names)  # what is known is not told again
    return fitted(lines, indent + "    ")


def fitted(lines: Iterable[Line], indent: str = "    ") -> list[Line]:
    """Lines of one text each, folded to the terminal; others are as they are."""
    room = columns()
    if room is None:
        return list(lines)
    return [
        part
        for line in lines
        for part in (
            [((text, line[0][1]),) for text in folded(safe(line[0][0]), room, indent)] if len(line) == 1 else [line]
        )
    ]


def _lines(row: Row, indent: str, width: int) -> list[Line]:
    place, style, room = _place(row), STYLES[row.sign], columns()
    head = f"{indent}{row.sign} {place}{' ' * (width - cells(place))}  "
    line = head + " ".join(_texts(row))
    below = indent + "    "
    if room is None or cells(line) <= room:
        return [((line, style),)]
    lines: list[Line] = [((one, style),) for one in folded(f"{indent}{row.sign} {place}", room, below)]
    for arrow, value in _values(row):
        at = below + arrow
        for text in laid_out(value, max(NARROWEST, room - len(at))):
            lines.append(((at + text, style),))
            at = " " * len(at)
    return lines


def _place(row: Row) -> str:
    return safe(f"{row.place} {row.label}" if row.label else row.place)


def _values(row: Row) -> list[tuple[str, Any]]:
    """What is told of a row: the value, or that before and that after an arrow."""
    if row.sign == OTHER:
        return [("", row.before), ("→ ", row.after)]
    return [("", row.before if row.sign == GONE else row.after)]


def _texts(row: Row) -> list[str]:
    texts = [arrow + whole(value) for arrow, value in _values(row)]
    return [*texts, "(as before)"] if row.sign == KEPT else texts


# --- values -------------------------------------------------------------------------------------------


def whole(value: Any) -> str:
    """A value as safe JSON on one line, however long."""
    return safe(_json(thaw(value)))


def laid_out(value: Any, width: int) -> list[str]:
    r"""A value as safe JSON on lines of at most ``width`` columns; what has several lines itself goes on with each.

    >>> laid_out({"to": "ada", "text": "Dear Ada,\nall is well."}, 24)
    ['{', '  "text": "Dear Ada,\\n', '    all is well.",', '  "to": "ada"', '}']
    """
    return [line for text, deeper in _outline(thaw(value), "", width) for line in folded(text, width, deeper)]


def _outline(value: Any, indent: str, width: int, head: str = "", tail: str = "") -> Iterable[tuple[str, str]]:
    """The lines of a value before they are folded, each with what stands before what is folded off it."""
    line = f"{indent}{head}{safe(_json(value))}{tail}"
    deeper = indent + "  "
    if cells(line) > width and isinstance(value, dict | list) and not _is_short_list(value):
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        yield f"{indent}{head}{opening}", deeper
        parts = sorted(value.items()) if isinstance(value, dict) else [("", part) for part in value]
        for place, (name, part) in enumerate(parts, start=1):
            key = f"{_json(name)}: " if isinstance(value, dict) else ""
            yield from _outline(part, deeper, width, safe(key), "," if place < len(parts) else "")
        yield f"{indent}{closing}{tail}", deeper
    elif cells(line) > width and isinstance(value, str) and "\n" in value:
        # Each line of a text on one of its own, with the mark that JSON has for its end.
        texts = [safe(_json(text)[1:-1]) for text in value.splitlines(keepends=True)]
        texts = [f'{indent}{head}"{texts[0]}', *(deeper + text for text in texts[1:])]
        texts[-1] += f'"{tail}'
        yield from ((text, deeper) for text in texts)
    else:
        yield line, deeper


def _is_short_list(value: Any) -> bool:
    """Whether a value is a list of numbers and short texts, which are read one after the other, or holds nothing."""
    if isinstance(value, list):
        return not any(isinstance(one, dict | list) or (isinstance(one, str) and len(one) > NARROWEST) for one in value)
    return not value


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def cells(text: str) -> int:
    """How many columns of a terminal a safe text takes (UAX #11; combining characters take none)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def folded(text: str, width: int, indent: str = "") -> list[str]:
    """A safe text on lines of at most ``width`` columns, broken at blanks where that can be; the later are indented."""
    lines: list[str] = []
    start, before = 0, ""
    while True:
        room, end, taken = max(1, width - len(before)), start, 0
        while end < len(text) and taken + (more := cells(text[end])) <= room:
            end, taken = end + 1, taken + more
        if end == len(text):
            return [*lines, before + text[start:]]
        blank = text.rfind(" ", start + room // 2, end)
        end = max(start + 1, end if blank == -1 else blank + 1)
        lines.append(before + text[start:end])
        start, before = end, indent
