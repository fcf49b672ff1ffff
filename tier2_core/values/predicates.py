"""The operators of expectations and guards: what is asked of a value, and how it can miss.

Each is a pure function from ``(actual, expected)`` to ``None`` (it holds) or the reason why not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyrsistent import PMap

from tier2_core.errors import InvalidSpecError, did_you_mean
from tier2_core.values.canonical import short_text
from tier2_core.values.freeze import freeze, same
from tier2_core.values.mapping import FrozenMapping
from tier2_core.values.schema import check_schema, schema_problems
from tier2_core.values.seal import CONTAINERS, VECTOR
from tier2_core.values.words import quoted, told

Predicate = Callable[[Any, Any], str | None]

TYPE_ERROR = "type_error"


def _mismatch(name: str, holds: bool) -> str | None:
    return None if holds else f"{name}_mismatch"


def _ordered(name: str, compare: Callable[[Any, Any], bool]) -> Predicate:
    """Order is between two numbers (a boolean is none) or between two strings, by code points."""

    def holds(actual: Any, expected: Any) -> str | None:
        numbers = type(actual) in (int, float) and type(expected) in (int, float)
        if not numbers and not (type(actual) is str and type(expected) is str):
            return TYPE_ERROR
        return _mismatch(name, compare(actual, expected))

    return holds


def _same(actual: Any, expected: Any) -> bool:
    """:func:`same` of two frozen documents; most of them are scalars."""
    if type(actual) in CONTAINERS:
        return same(actual, expected)
    return type(actual) is type(expected) and bool(actual == expected)


def _has(whole: Any, part: Any) -> bool | None:
    """Whether an array has an element, a string a substring, an object a key; ``None``: it is none of them."""
    if type(whole) is VECTOR:
        return any(_same(item, part) for item in whole)
    if type(whole) in (str, PMap) and type(part) is str:
        return part in whole
    return None


def _contains(actual: Any, expected: Any) -> str | None:
    has = _has(actual, expected)
    return TYPE_ERROR if has is None else _mismatch("contains", has)


def _in(actual: Any, expected: Any) -> str | None:
    has = _has(expected, actual)
    return TYPE_ERROR if has is None else _mismatch("in", has)


def _matches(actual: Any, expected: Any) -> str | None:
    return _mismatch("matches", not schema_problems(expected, actual, field="expected"))


_COMPARISONS: Mapping[str, Predicate] = {
    "contains": _contains,
    "eq": lambda actual, expected: _mismatch("eq", _same(actual, expected)),
    "ge": _ordered("ge", lambda actual, expected: actual >= expected),
    "gt": _ordered("gt", lambda actual, expected: actual > expected),
    "in": _in,
    "le": _ordered("le", lambda actual, expected: actual <= expected),
    "lt": _ordered("lt", lambda actual, expected: actual < expected),
    "matches": _matches,
    "ne": lambda actual, expected: _mismatch("ne", not _same(actual, expected)),
}

PREDICATES: Mapping[str, str] = FrozenMapping(
    {
        "absent": "nothing is at the path",
        "contains": "the array has the element, the string the substring, the object the key",
        "eq": "both are the same JSON document",
        "exists": "something is at the path",
        "ge": "the value is greater or equal (two numbers or two strings)",
        "gt": "the value is greater (two numbers or two strings)",
        "in": "the value is an element of the array, a substring of the string, a key of the object",
        "le": "the value is less or equal (two numbers or two strings)",
        "lt": "the value is less (two numbers or two strings)",
        "matches": "the value meets the JSON Schema (2020-12)",
        "ne": "both are different JSON documents",
    }
)
"""The operators by name, each with what it says of the value at the path."""


def check_predicate(op: Any, expected: Any) -> None:
    """:class:`InvalidSpecError` for an operator that there is not, or something that it cannot expect."""
    if not isinstance(op, str) or op not in PREDICATES:
        hint = did_you_mean(op, PREDICATES) if isinstance(op, str) else ""
        found = quoted(op) if isinstance(op, str) else told(op)
        raise InvalidSpecError(
            f"Invalid value for 'op': {found}; expected one of {', '.join(PREDICATES)}{hint or '.'}",
            field="op",
        )
    if op == "matches":
        check_schema(expected, field="expected")


def missed(op: str, found: bool, actual: Any, expected: Any) -> str | None:
    """Why a value misses an expectation, or ``None`` if it meets it.

    The reason is ``path_missing``, ``path_present``, ``type_error`` or ``<op>_mismatch``.

    >>> missed("eq", True, True, 1), missed("gt", True, 3, 2), missed("lt", True, "a", 1)
    ('eq_mismatch', None, 'type_error')
    """
    if op == "absent":
        return "path_present" if found else None
    if not found:
        return "path_missing"
    return None if op == "exists" else _COMPARISONS[op](freeze(actual), freeze(expected))


_HOLDS = "an array, or a string or an object where the other is a string"
_TAKES = {"contains": f"as the actual value {_HOLDS}", "in": f"as the expected value {_HOLDS}"}


def type_error_message(op: str, actual: Any, expected: Any) -> str:
    """What an operator that missed with a ``type_error`` takes, and what it was given.

    >>> type_error_message("gt", None, 3)
    "'gt' takes two numbers or two strings, found null and 3"
    """
    takes = _TAKES.get(op, "two numbers or two strings")
    return f"'{op}' takes {takes}, found {short_text(freeze(actual))} and {short_text(freeze(expected))}"
