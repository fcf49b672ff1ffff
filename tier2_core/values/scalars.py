"""Null, booleans, numbers and strings: which are let in, and how they are written.

Numbers are IEEE-754 doubles (RFC 7493 section 2.2). Each has one representation here: integral values
within ±(2^53-1) are ``int``, all others ``float``. Text follows RFC 8785 section 3.2.2.
"""

from __future__ import annotations

from json.encoder import encode_basestring
from math import inf
from typing import Any

MAX_SAFE_INTEGER = 2**53 - 1
"""The largest integer of which every smaller one is a double too (RFC 7493)."""

# RFC 8785 section 3.2.2.2 and the JSON encoder of the standard library escape exactly the same characters.
quote = encode_basestring


class Refused(Exception):
    """A scalar that no document can hold; the text says what was found."""


def normal_int(value: int) -> int | float:
    """``value`` as documents hold it; :class:`Refused` if it stands for no double.

    Beyond 2^53 an integer stands for a double if it is exactly one, or if it is what RFC 8785 writes for one:
    ``123456789012345680000`` is the canonical text of the double 123456789012345683968, and has to come back.
    """
    if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        return value
    try:
        double = float(value)
    except OverflowError:
        raise Refused("an integer beyond the range of a double") from None
    if int(double) != value and str(value) != scalar_text(double):
        raise Refused(f"the integer {value}, which no double represents exactly")
    return double


def normal_float(value: float) -> int | float:
    """``value`` as documents hold it: ``1.0`` becomes ``1`` and ``-0.0`` becomes ``0``."""
    if value - value != 0.0:  # NaN and infinities, without a call
        raise Refused("an infinite number" if value in (inf, -inf) else "NaN, which is no number")
    if value.is_integer() and -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        return int(value)
    return value


def check_text(value: str) -> None:
    """:class:`Refused` if ``value`` holds a lone surrogate, which UTF-8 cannot carry."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Refused(f"a lone surrogate, U+{ord(value[error.start]):04X}, in a string") from None


def has_plain_text(value: float) -> bool:
    """Whether Python writes this (normal) float as RFC 8785 does.

    It does not with an exponent of one digit, which Python writes as two, nor where only one of the two has an
    exponent: below 1e-4, and for integral values below 1e21.
    """
    size = -value if value < 0 else value
    return (size >= 1e-4 and not value.is_integer()) or size >= 1e21 or size < 1e-9


def scalar_text(value: Any) -> str:
    """The canonical text of a normal scalar (RFC 8785 section 3.2.2)."""
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind is int:
        return str(value)
    if kind is float:
        return repr(value) if has_plain_text(value) else _number_text(value)
    return "null" if value is None else "true" if value else "false"


def _number_text(value: float) -> str:
    """The canonical text of a float that Python writes in another way (RFC 8785 section 3.2.2.3).

    Both find the shortest digits that read back; where the exponent begins, and how it looks, is what differs.
    """
    digits, _, exponent = repr(value).partition("e")
    if not exponent:
        return digits.removesuffix(".0")
    shift = int(exponent)
    if shift < -6:
        return f"{digits}e{shift}"
    whole, _, rest = digits.partition(".")
    if shift > 0:
        return whole + rest + "0" * (shift - len(rest))
    sign = "-" if value < 0 else ""
    return f"{sign}0.{'0' * (-shift - 1)}{whole.removeprefix('-')}{rest}"
