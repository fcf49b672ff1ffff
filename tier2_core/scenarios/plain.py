"""Definitions and results as plain JSON data: the one way in which the classes of this room say what they hold.

A class takes both as attributes: ``to_dict = plain.to_dict``, and ``metadata = plain.Fresh[...]("...")`` for a field
``_metadata`` that it holds frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import NoneType
from typing import Any, Generic, Never, Self, TypeVar, overload

import attrs
from pyrsistent import PMap

from tier2_core.values.thaw import thaw

T = TypeVar("T")

_SCALARS = (str, bool, NoneType)


class Fresh(Generic[T]):
    """A field that is held frozen under its name with an underscore, handed out as fresh plain data at each access."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.held = f"_{name}"

    @overload
    def __get__(self, result: None, owner: type) -> Self: ...
    @overload
    def __get__(self, result: object, owner: type) -> T: ...
    def __get__(self, result: object | None, owner: type) -> Any:
        return self if result is None else thaw(getattr(result, self.held))

    def __set__(self, result: object, value: Never) -> None:
        raise AttributeError  # it makes help() list it; what is frozen never comes here


def to_dict(self: object) -> dict[str, Any]:
    """Plain JSON data, one key a field."""
    cls: Any = type(self)
    return {name: _plain(getattr(self, held)) for name, held in _fields(cls)}


@cache
def _fields(cls: type) -> tuple[tuple[str, str], ...]:
    """The name of each field in the plain data, sorted, and the one under which it is held."""
    return tuple(sorted((name.lstrip("_"), name) for name in attrs.fields_dict(cls)))


def _plain(value: Any) -> Any:
    if type(value) in _SCALARS:
        return value
    if type(value) is tuple:
        return [part.to_dict() for part in value]
    if isinstance(value, Mapping) and type(value) is not PMap:
        return {name: value[name].to_dict() for name in sorted(value)}
    return value.to_dict() if attrs.has(type(value)) else thaw(value)
