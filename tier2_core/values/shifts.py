"""Elements of one array inserted and removed, many times in a row.

Each such operation on a persistent array makes the array anew, so that a long patch would take time in the square of
the array's length. A run of them is done in a buffer with a gap, which costs what the places are apart: next to nothing
in a patch of :func:`tier2_core.make_patch`, whose places fall and then rise.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from pyrsistent import PMap

from tier2_core.errors import InvalidPathError
from tier2_core.values.edit import set_at, value_at
from tier2_core.values.freeze import freeze
from tier2_core.values.paths import array_index, parse_path
from tier2_core.values.seal import CONTAINERS, MAX_DEPTH, MAX_DOCUMENT_BYTES, VECTOR, canonical_size, sealed

MIN_RUN = 8
"""How many operations a run has at least; for fewer the buffer is not worth filling."""


def shifted(document: Any, operations: list[Any], first: int) -> tuple[Any, int]:
    """The document after the run of operations that begins at ``first``, and how many these are, if there is one.

    It ends before an operation that may have to be refused: who applies that by itself finds out, and says why.
    """
    parent = _parent(operations[first]) if len(operations) - first >= MIN_RUN else None
    if parent is None or any(_parent(op) != parent for op in operations[first + 1 : first + MIN_RUN]):
        return document, 0
    try:
        tokens = parse_path(parent)
        array = value_at(document, tokens)
    except InvalidPathError:
        return document, 0
    if type(array) is not VECTOR:
        return document, 0
    buffer, size, done = _Buffer(array.tolist()), canonical_size(document), 0
    for op in islice(operations, first, None):
        if _parent(op) != parent:
            break
        index: Any = array_index(op["path"][len(parent) + 1 :])
        if op["op"] == "remove":
            if index >= len(buffer):
                break
            size -= canonical_size(buffer.remove(index)) + (len(buffer) > 0)  # a comma stands between elements
        else:
            value = op["value"]
            size += canonical_size(value) + (len(buffer) > 0)
            is_deep = type(value) in CONTAINERS and len(tokens) + 1 + sealed(value).depth > MAX_DEPTH
            if index > len(buffer) or is_deep or size > MAX_DOCUMENT_BYTES:
                break
            buffer.insert(index, value)
        done += 1
    return set_at(document, tokens, freeze(buffer.elements())) if done else document, done


def _parent(op: Any) -> str | None:
    """The pointer to the array that an operation adds an element to or removes one from, if it may be such a one."""
    if type(op) is not PMap or type(op.get("path")) is not str:
        return None
    parent, slash, token = op["path"].rpartition("/")
    if not slash or (parent and not parent.startswith("/")) or array_index(token) is None:
        return None
    name = op.get("op")
    return parent if name == "remove" or (name == "add" and "value" in op) else None


class _Buffer:
    """A list with a gap, at which inserting and removing take no time."""

    __slots__ = ("_left", "_right")

    def __init__(self, elements: list[Any]) -> None:
        self._left = elements
        self._right: list[Any] = []  # what is behind the gap, the last element first

    def __len__(self) -> int:
        return len(self._left) + len(self._right)

    def insert(self, index: int, value: Any) -> None:
        self._move(index)
        self._left.append(value)

    def remove(self, index: int) -> Any:
        self._move(index + 1)
        return self._left.pop()

    def elements(self) -> list[Any]:
        self._move(len(self))
        return self._left

    def _move(self, index: int) -> None:
        """Put the gap before the element at ``index``."""
        apart = index - len(self._left)
        if apart < 0:
            self._right += self._left[: index - 1 if index else None : -1]
            del self._left[index:]
        elif apart > 0:
            self._left += self._right[: -apart - 1 : -1]
            del self._right[-apart:]
