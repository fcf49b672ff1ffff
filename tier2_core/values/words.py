"""How values are told of in messages: in the words of JSON, and never at length."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tier2_core.errors import LONGEST_QUOTED, cut
from tier2_core.values.scalars import Refused, normal_float, normal_int, scalar_text


def told(value: Any, most: int = LONGEST_QUOTED) -> str:
    """A document as JSON writes it, the keys in their order; what is longer than ``most`` is cut.

    It costs what is told, however large the document.

    >>> told({"b": True, "a": [None, 1.0, "x"]}), told("x" * 100, 6)
    ('{"a": [null, 1, "x"], "b": true}', '"xxxx…')
    """
    parts: list[str] = []
    room = most + 1
    for part in _parts(value, most):
        parts.append(part)
        room -= len(part)
        if room <= 0:
            break
    return cut("".join(parts), most)


def _parts(value: Any, most: int) -> Iterator[str]:
    if isinstance(value, str):
        yield json.dumps(value[: most + 1], ensure_ascii=False)
    elif value is None or isinstance(value, bool):
        yield scalar_text(value)
    elif isinstance(value, int | float):
        yield _number(value)
    elif isinstance(value, Mapping):
        yield "{"
        # A key beyond the first ones in their order would not be told.
        for place, key in enumerate(sorted(value)):
            yield f"{', ' if place else ''}{json.dumps(key[: most + 1], ensure_ascii=False)}: "
            yield from _parts(value[key], most)
        yield "}"
    elif isinstance(value, Sequence):
        yield "["
        for place, item in enumerate(value):
            if place:
                yield ", "
            yield from _parts(item, most)
        yield "]"
    else:  # no document
        yield cut(repr(value), most)


def _number(value: float) -> str:
    """A number as documents hold it; one that none holds as Python writes it."""
    try:
        return scalar_text(normal_int(value) if isinstance(value, int) else normal_float(value))
    except Refused:
        return str(value)


def quoted(text: str) -> str:
    """A name or a key in single quotes, cut where it is long.

    >>> quoted("daily_loop")
    "'daily_loop'"
    """
    return f"'{cut(text)}'"


def several(names: Sequence[str], most: int = 5) -> str:
    """The first of some names, in quotes, and how many more there are.

    >>> several(["a", "b", "c"], 2)
    "'a', 'b' and 1 more"
    """
    more = len(names) - most
    return ", ".join(map(quoted, names[:most])) + (f" and {more:,} more" if more > 0 else "")


def counted(number: int, what: str) -> str:
    """How many there are of something that takes an ``s`` in the plural.

    >>> counted(1, "item"), counted(2, "item")
    ('1 item', '2 items')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"
