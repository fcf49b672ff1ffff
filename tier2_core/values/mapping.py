"""Mappings by name that nobody can change, not even by what they hand out.

``types.MappingProxyType`` is not that: ``proxy | other`` calls ``other.__ror__`` with the dict inside, and so do the
views of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn, TypeVar

V = TypeVar("V")


class FrozenMapping(Mapping[str, V]):
    """A read-only mapping in the order in which it was given; its dict is its own, and it hands out none.

    Two are equal as two dicts are. It can be hashed if its values can, and pickled if they can be. ``|`` gives a plain
    new dict.

    >>> ages = FrozenMapping({"ada": 36, "bob": 7})
    >>> ages["ada"], list(ages), ages | {"eve": 1}
    (36, ['ada', 'bob'], {'ada': 36, 'bob': 7, 'eve': 1})
    >>> ages["eve"] = 1
    Traceback (most recent call last):
    TypeError: 'FrozenMapping' object does not support item assignment
    """

    __slots__ = ("__held",)
    __held: dict[str, V]

    def __init__(self, items: Mapping[str, V] | Iterable[tuple[str, V]] = ()) -> None:
        if hasattr(self, "_FrozenMapping__held"):  # it was made before
            raise TypeError("A FrozenMapping does not change.")
        object.__setattr__(self, "_FrozenMapping__held", dict(items))

    def __getitem__(self, name: str) -> V:
        return self.__held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.__held)

    def __len__(self) -> int:
        return len(self.__held)

    def __contains__(self, name: object) -> bool:
        return name in self.__held

    def __reversed__(self) -> Iterator[str]:
        return reversed(self.__held)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrozenMapping):
            return self.__held == other.__held
        # A stranger is asked with a copy, whatever it does to that.
        return dict(self.__held) == dict(other) if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self.__held.items()))

    def __or__(self, other: object) -> dict[str, Any]:
        return {**self.__held, **other} if isinstance(other, Mapping) else NotImplemented

    def __ror__(self, other: object) -> dict[str, Any]:
        return {**other, **self.__held} if isinstance(other, Mapping) else NotImplemented

    def __repr__(self) -> str:
        return repr(self.__held)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"A FrozenMapping does not change: '{name}' cannot be set.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"A FrozenMapping does not change: '{name}' cannot be deleted.")

    def __copy__(self) -> FrozenMapping[V]:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenMapping, (dict(self.__held),)
