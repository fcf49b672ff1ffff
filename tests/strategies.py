"""Documents for tests: made up by Hypothesis, and written down under ``tests/vectors``.

``documents()`` are plain values that ``freeze`` lets through, ``objects()`` those that are a dict,
``frozen_documents()`` and ``frozen_objects()`` what ``freeze`` makes of them, ``refused_scalars()`` what it refuses.
"""

from __future__ import annotations

import json
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction
from pathlib import Path, PurePosixPath
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pyrsistent import PMap, PVector

from tier2_core.values.freeze import freeze

Place = tuple[str | int, ...]


class Colour(IntEnum):
    RED = 1


class Word(StrEnum):
    YES = "yes"


class Text(str):
    __slots__ = ()


class Pair(NamedTuple):
    left: int
    right: int


REFUSED: tuple[tuple[Any, str], ...] = (
    (math.nan, "found NaN"),
    (math.inf, "found an infinite number"),
    (-math.inf, "found an infinite number"),
    (2**53 + 1, "found the integer 9007199254740993, which no double represents exactly"),
    (-(10**17) - 1, "found the integer -100000000000000001, which no double represents exactly"),
    (10**400, "found an integer beyond the range of a double"),
    (10**5000, "found an integer beyond the range of a double"),
    ("\ud800", "found a lone surrogate, U+D800"),
    ("a\udfffb", "found a lone surrogate, U+DFFF"),
    (Colour.RED, "found a Colour"),
    (Word.YES, "found a Word"),
    (Text("a"), "found a Text"),
    (Pair(1, 2), "found a Pair"),
    (OrderedDict(a=1), "found an OrderedDict"),
    (MappingProxyType({}), "found a mappingproxy"),
    (date(2024, 2, 29), "found a date"),
    (b"a", "found a bytes"),
    (bytearray(b"a"), "found a bytearray"),
    ({1}, "found a set"),
    (frozenset(), "found a frozenset"),
    (deque([1]), "found a deque"),
    (range(2), "found a range"),
    (1j, "found a complex"),
    (Decimal(1), "found a Decimal"),
    (Fraction(1), "found a Fraction"),
    (PurePosixPath("a"), "found a PurePosixPath"),
    (..., "found an ellipsis"),
)
"""What ``freeze`` refuses wherever it stands, with what the message says of it."""

KEYS = (
    *("a", "b", "c", "d", "", "0", "01", "-", "a/b", "~", "~0", "a.b", ".", " ", '"', "\\", "\0", "\n", "\x7f"),
    *("é", "e\u0301", "ß", "€", "\u2028", "\ud7ff", "\ue000", "\uffff", "\U00010000", "😀", "\U0010ffff"),
)
"""Keys that sort, escape or resolve unlike their neighbours."""

NUMBERS = (
    *(0, -0.0, 1.0, -1.0, 0.1, 2.5, 1e-4, 9.999e-5, 1e-5, 1e-6, 1e-7, 5e-324, -1.5e-9, 333333333.33333329),
    *(2**53 - 1, 2**53, -(2**53), 2**53 + 2, 2.0**53, 2**64, 10**20, 10**22, 123456789012345680000),
    *(1e15, 1e16, 1.5e17, 1e20, 999999999999999900000.0, 1e21, 1e22, 1e23, 1.7976931348623157e308, 4503599627370496.5),
)
"""Numbers of which RFC 8785, Python's ``repr`` and Python's equality have different opinions."""


def texts() -> SearchStrategy[str]:
    return st.sampled_from(KEYS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


def numbers() -> SearchStrategy[int | float]:
    return (
        st.integers(-9, 9)
        | st.integers(-(2**53) + 1, 2**53 - 1)
        | st.sampled_from(NUMBERS)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.floats(1e15, 1e22)
    )


def scalars() -> SearchStrategy[Any]:
    return st.none() | st.booleans() | numbers() | texts()


@st.composite
def documents(draw: st.DrawFn, max_leaves: int = 12) -> Any:
    """Plain values that ``freeze`` lets through; one in eight stands deep inside."""
    document = draw(
        st.recursive(
            scalars(),
            lambda parts: (
                st.lists(parts, max_size=4)
                | st.lists(parts, max_size=3).map(tuple)
                | st.dictionaries(texts(), parts, max_size=5)
            ),
            max_leaves=max_leaves,
        )
    )
    return nested(document, draw(st.sampled_from((0, 0, 0, 0, 0, 0, 1, 30))))


def objects(max_leaves: int = 5) -> SearchStrategy[dict[str, Any]]:
    return st.dictionaries(texts(), documents(max_leaves), max_size=5)


def frozen_documents(max_leaves: int = 12) -> SearchStrategy[Any]:
    return documents(max_leaves).map(freeze)


def frozen_objects(max_leaves: int = 5) -> SearchStrategy[PMap[str, Any]]:
    return objects(max_leaves).map(freeze)  # type: ignore[arg-type]


def refused_scalars() -> SearchStrategy[tuple[Any, str]]:
    return st.sampled_from(REFUSED)


def nested(value: Any, levels: int) -> Any:
    """``value`` inside ``levels`` arrays and objects, by turns."""
    for level in range(levels):
        value = {"k": value} if level % 2 else [value]
    return value


def permuted(document: Any, random: Random) -> Any:
    """The same plain document, the keys of its objects in another order."""
    if type(document) is dict:
        names = list(document)
        random.shuffle(names)
        return {name: permuted(document[name], random) for name in names}
    return [permuted(part, random) for part in document] if type(document) in (list, tuple) else document


def places(document: Any, above: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every place of a plain or frozen document, with what is there; the whole comes first."""
    yield above, document
    if isinstance(document, dict | PMap):
        for name in sorted(document):
            yield from places(document[name], (*above, name))
    elif isinstance(document, list | tuple | PVector):
        for index, part in enumerate(document):
            yield from places(part, (*above, index))


def containers() -> SearchStrategy[Callable[[Any], tuple[Any, str]]]:
    """Ways to put a value into something bigger: each gives that, and the JSON Pointer to the value in it."""
    return st.sampled_from(
        (
            lambda value: (value, ""),
            lambda value: ([0, value], "/1"),
            lambda value: ((value,), "/0"),
            lambda value: ({"b": value, "a": 1}, "/b"),
            lambda value: ({"a/b": [{"~": value}]}, "/a~1b/0/~0"),
        )
    )


def vectors(name: str) -> Any:
    """The cases of the file ``tests/vectors/<name>.json``."""
    return json.loads((Path(__file__).parent / "vectors" / f"{name}.json").read_bytes())
