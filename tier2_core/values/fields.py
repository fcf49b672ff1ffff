"""What the fields of specs may hold: the converters of every frozen class.

A converter gives the immutable form of what was handed in, or raises :class:`Wrong`. It knows neither its class
nor its field: ``@frozen(field_transformer=named)`` makes that an :class:`InvalidSpecError` which names both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, TypeVar

import attrs
from pyrsistent import PMap

from tier2_core.errors import InvalidFieldValueError, InvalidSpecError, InvalidValueError, Tier2Error
from tier2_core.values.canonical import canonical_json
from tier2_core.values.freeze import a_type, freeze
from tier2_core.values.mapping import FrozenMapping
from tier2_core.values.scalars import Refused, check_text
from tier2_core.values.seal import seal_of
from tier2_core.values.thaw import thaw
from tier2_core.values.words import several

T = TypeVar("T")

exact = canonical_json
"""For ``eq=`` of a field with user data: equal are equal documents, and ``True`` is not ``1``."""


def shown(value: Any) -> str:
    """For ``repr=`` of a field with user data: a ``PMap``'s own repr follows the hash seed."""
    return repr(thaw(value))


class Wrong(Exception):
    """A field holds what it cannot; ``place`` is where in it, as in ``.0``."""

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(message)
        self.place = place


def wrong(expected: str, found: Any, place: str = "") -> Wrong:
    """The error for a field that holds the wrong type of thing."""
    return Wrong(f"must be {expected}, found {a_type(type(found))}", place)


def named(cls: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """The ``field_transformer`` of all specs: errors of converters name the class and the field."""
    return [_named(cls.__name__, field) for field in fields]


def _named(owner: str, field: attrs.Attribute[Any]) -> attrs.Attribute[Any]:
    convert: Any = field.converter
    name = field.name.lstrip("_")
    if convert is None:
        return field

    def converted(value: Any) -> Any:
        try:
            return convert(value)
        except Wrong as error:
            place = name + error.place
            raise InvalidSpecError(f"{owner}: field '{place}' {error}.", field=place) from None
        except InvalidValueError as error:
            message = with_prefix(error, f"{owner}: field '{name}' holds no JSON document")
            raise InvalidFieldValueError(message, field=name, path=error.path) from None

    shortcut = _SHORTCUTS.get(convert)
    return field.evolve(converter=converted if shortcut is None else shortcut(converted))


def text(value: str) -> str:
    """A field that holds text."""
    if type(value) is not str:
        raise wrong("a string", value)
    try:
        check_text(value)
    except Refused as refused:
        raise Wrong(f"must be text, found {refused}") from None
    return value


def flag(value: bool) -> bool:
    """A field that holds a boolean."""
    if type(value) is not bool:
        raise wrong("a boolean", value)
    return value


def function(value: Callable[..., Any]) -> Any:
    """A field that holds a function."""
    if not callable(value):
        raise wrong("a function", value)
    return value


def function_or_none(value: Callable[..., Any] | None) -> Any:
    """A field that holds a function, or none."""
    if value is not None and not callable(value):
        raise wrong("a function or None", value)
    return value


def document(value: Any) -> Any:
    """A field that holds any JSON document."""
    return freeze(value)


def object_(value: Mapping[str, Any]) -> PMap[str, Any]:
    """A field that holds an object."""
    if type(value) is not dict and type(value) is not PMap:
        raise wrong("an object (a dict with string keys)", value)
    return freeze(value)  # type: ignore[return-value]


def object_or_none(value: Mapping[str, Any] | None) -> PMap[str, Any] | None:
    """A field that holds an object, or none."""
    if value is not None and type(value) is not dict and type(value) is not PMap:
        raise wrong("an object (a dict with string keys) or None", value)
    return freeze(value)  # type: ignore[return-value]


def read_only(value: Any) -> Mapping[str, Any]:
    """A field that holds results by name, in their order.

    A mapping of a class that has no setters is held as it is: it may work out what it holds when it is asked for it.
    """
    # What a stranger says of its class is not asked: it may be a lie.
    if not issubclass(type(value), Mapping):
        raise wrong("a mapping", value)
    return FrozenMapping(value) if issubclass(type(value), MutableMapping | MappingProxyType) else value


def tuple_of(kind: type[T], value: Any) -> tuple[T, ...]:
    """A field that holds a list or tuple of ``kind``, as a tuple."""
    if type(value) is not list and type(value) is not tuple:
        raise wrong(f"a list or tuple of {kind.__name__}", value)
    for place, item in enumerate(value):
        if type(item) is not kind:
            raise wrong(f"a {kind.__name__}", item, f".{place}")
    return tuple(value)


Converter = Callable[[Any], Any]


def _text_at_once(convert: Converter) -> Converter:
    return lambda value: value if type(value) is str and value.isascii() else convert(value)


def _flag_at_once(convert: Converter) -> Converter:
    return lambda value: value if type(value) is bool else convert(value)


def _document_at_once(convert: Converter) -> Converter:
    def converted(value: Any) -> Any:
        if value is None or (type(value) is str and value.isascii()) or seal_of(value) is not None:
            return value
        return convert(value)

    return converted


def _object_at_once(convert: Converter) -> Converter:
    return lambda value: value if type(value) is PMap and seal_of(value) is not None else convert(value)


def _object_or_none_at_once(convert: Converter) -> Converter:
    return lambda value: (
        value if value is None or (type(value) is PMap and seal_of(value) is not None) else convert(value)
    )


_SHORTCUTS: dict[Any, Callable[[Converter], Converter]] = {
    text: _text_at_once,
    flag: _flag_at_once,
    document: _document_at_once,
    object_: _object_at_once,
    object_or_none: _object_or_none_at_once,
}
"""What nearly every value of a field is, and what becomes of that: itself. All else goes the whole way."""


def expect(value: Any, kind: type, name: str) -> None:
    """:class:`InvalidSpecError` if what a function was given as ``name`` is not of ``kind``."""
    if not issubclass(type(value), kind):
        raise InvalidSpecError(f"The {name} must be of {kind.__name__}, found {a_type(type(value))}.", field=name)


def unique(values: Iterable[str], what: str) -> None:
    """:class:`Wrong` if a value comes twice; ``what`` says of what there may be one."""
    twice = repeated(values)
    if twice:
        raise Wrong(f"has duplicate {what}: {several(twice)}; expected each once")


def repeated(values: Iterable[str]) -> list[str]:
    """What comes more than once, sorted.

    >>> repeated("banana")
    ['a', 'n']
    """
    listed = list(values)
    if len(set(listed)) == len(listed):
        return []
    return sorted(value for value, count in Counter(listed).items() if count > 1)


def with_prefix(error: Tier2Error, prefix: str) -> str:
    """The sentence of ``error`` as the end of a longer one that begins with ``prefix``."""
    sentence = str(error)
    return f"{prefix}: {sentence[:1].lower()}{sentence[1:]}"
