"""What the fields of specs may hold: the converters of every frozen class, and the class decorator itself.

A converter gives the immutable form of what was handed in or raises :class:`InvalidSpecError`, naming the
class, the field and what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import attrs
from pyrsistent import PMap

from tier2_core.errors import InvalidFieldValueError, InvalidSpecError, InvalidValueError, Tier2Error
from tier2_core.values.canonical import canonical_json
from tier2_core.values.freeze import a_type, freeze, thaw
from tier2_core.values.scalars import Refused, check_text

T = TypeVar("T")

frozen = attrs.frozen
"""The one decorator of all specs and results: immutable, slotted, compared by value."""

exact = canonical_json
"""For ``eq=`` of a field with user data: equal are equal documents, and ``True`` is not ``1``."""


def shown(value: Any) -> str:
    """For ``repr=`` of a field with user data: a ``PMap``'s own repr follows the hash seed."""
    return repr(thaw(value))


def wrong(owner: str, field: str, expected: str, found: Any) -> InvalidSpecError:
    """The error for a field that holds the wrong type of thing."""
    return InvalidSpecError(f"{owner}: field '{field}' must be {expected}, found {a_type(type(found))}.", field=field)


def _converter(function: Callable[[Any, str, str], T]) -> Callable[[Any], T]:
    def convert(value: Any, instance: Any, field: attrs.Attribute[Any]) -> T:
        return function(value, type(instance).__name__, field.alias or field.name)

    # attrs hands the instance and the field over; for a type checker it is a function of the value.
    return attrs.Converter(convert, takes_self=True, takes_field=True)  # type: ignore[return-value]


def _text(value: Any, owner: str, field: str) -> str:
    if type(value) is not str:
        raise wrong(owner, field, "a string", value)
    try:
        check_text(value)
    except Refused as refused:
        raise InvalidSpecError(f"{owner}: field '{field}' must be text, found {refused}.", field=field) from None
    return value


def _flag(value: Any, owner: str, field: str) -> bool:
    if type(value) is not bool:
        raise wrong(owner, field, "a boolean", value)
    return value


def _document(value: Any, owner: str, field: str) -> Any:
    try:
        return freeze(value)
    except InvalidValueError as error:
        message = f"{owner}: field '{field}' holds no JSON document: {str(error)[0].lower()}{str(error)[1:]}"
        raise InvalidFieldValueError(message, field=field, path=error.path) from None


def _object(value: Any, owner: str, field: str) -> PMap[str, Any]:
    if type(value) is not dict and type(value) is not PMap:
        raise wrong(owner, field, "an object (a dict with string keys)", value)
    document: PMap[str, Any] = _document(value, owner, field)
    return document


def _object_or_none(value: Any, owner: str, field: str) -> PMap[str, Any] | None:
    if value is None:
        return None
    if type(value) is not dict and type(value) is not PMap:
        raise wrong(owner, field, "an object (a dict with string keys) or None", value)
    return _object(value, owner, field)


text = _converter(_text)
flag = _converter(_flag)
document = _converter(_document)
object_ = _converter(_object)
object_or_none = _converter(_object_or_none)


def tuple_of(kind: type[T]) -> Callable[[Any], tuple[T, ...]]:
    """The converter for a list or tuple of ``kind``, held as a tuple."""

    def convert(value: Any, owner: str, field: str) -> tuple[T, ...]:
        if type(value) is not list and type(value) is not tuple:
            raise wrong(owner, field, f"a list or tuple of {kind.__name__}", value)
        for place, item in enumerate(value):
            if type(item) is not kind:
                raise wrong(owner, f"{field}.{place}", f"a {kind.__name__}", item)
        return tuple(value)

    return _converter(convert)


def with_prefix(error: Tier2Error, prefix: str) -> str:
    """The sentence of ``error`` as the end of a longer one that begins with ``prefix``."""
    sentence = str(error)
    return f"{prefix}: {sentence[:1].lower()}{sentence[1:]}"


def _read_only(value: Any, owner: str, field: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise wrong(owner, field, "a mapping", value)
    return MappingProxyType(dict(value))


read_only: Callable[[Any], Mapping[str, Any]] = _converter(_read_only)
