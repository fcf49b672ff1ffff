"""Places in texts: what messages about files begin with, so that editors and people find them."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

from attrs import frozen

Spot = tuple[int, int]
"""Two offsets: where the key of a part begins (that of the part itself, if it has no key), and where the part does."""


class Places(Protocol):
    """Where in a text the parts of its document are; the text was read already, so that it is followed, not judged."""

    def find(self, tokens: Sequence[str]) -> Spot:
        """Where the part with the tokens of a JSON Pointer is; of one that is not there, the innermost around it."""
        ...


_END = re.compile(r"\r\n?|\n")
_WORD = re.compile(r"[\w.+-]++")
_BEFORE = re.compile(r"[\w.+-]*\Z")


@frozen
class Mistake:
    """What keeps a text from being read: the offset, and a sentence."""

    offset: int
    sentence: str


class Lines:
    r"""The lines of a text, which end with LF, CR LF or CR.

    >>> Lines("a\r\n\tb").place(4)
    (2, 2)
    """

    def __init__(self, text: str) -> None:
        self._starts = array("Q", [0])
        self._starts.extend(found.end() for found in _END.finditer(text))

    def place(self, offset: int) -> tuple[int, int]:
        """The line and the column of a character, both from 1; a column is a character, and a tab is one."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def told_character(text: str, offset: int) -> str:
    """The character at an offset, for a message."""
    if offset >= len(text):
        return "the end of the file"
    one = text[offset]
    if one in "\r\n":
        return "the end of the line"
    return f"'{one}'" if one.isprintable() else f"the character U+{ord(one):04X}"


def word_around(text: str, offset: int) -> tuple[int, str]:
    """The letters, digits, dots and signs that a character is one of, and where they begin.

    >>> word_around("x = 01", 5), word_around("x = 01", 6)
    ((4, '01'), (6, ''))
    """
    after = _WORD.match(text, offset)
    before = _BEFORE.search(text[max(offset - 60, 0) : offset])
    if after is None or before is None:
        return offset, ""
    return offset - len(before[0]), before[0] + after[0][:60]
