"""The mistakes of a config, all of them, each with the place where it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyrsistent import PMap

from tier2_core.errors import InvalidSpecError, InvalidValueError
from tier2_core.scenarios.as_it_stands import MISTAKES
from tier2_core.values.freeze import freeze, printable
from tier2_core.values.paths import format_pointer
from tier2_core.values.seal import VECTOR
from tier2_core.values.words import several

REQUIRED = object()
BROKEN: Any = object()
"""Stands for what could not be read; its mistake is among the problems."""

LISTS = (list, tuple, VECTOR)

MOST_KEPT = 10_000
"""The mistakes of one config that are kept, at most."""

Kind = tuple[Callable[[Any], Any], "Callable[[Problems, Any, str], Any]"]
"""The two ways to read a mapping of a kind."""


class Problems:
    """Collects mistakes while definitions are read; nothing is built from what has one.

    The first of them are kept, and ``total`` counts all.
    """

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.pointers: list[str] = []
        self.total = 0

    def add(self, path: str, message: str, *inside: Any, below: str = "") -> Any:
        """A mistake at ``path``; ``inside`` it, by these tokens and then the pointer ``below``, is what is wrong."""
        self.total += 1
        if self.total > MOST_KEPT:
            return BROKEN
        self.found.append((printable(path), message))
        self.pointers.append(printable(format_pointer((*filter(None, path.split(".")), *inside))) + below)
        return BROKEN

    def mapping(self, value: Any, path: str, what: str) -> Any:
        """A mapping, or the mistake that ``what`` is none."""
        if type(value) is dict or type(value) is PMap:
            return value
        return self.add(path, f"{what} must be a dict")

    def field(self, config: Any, path: str, name: str, kinds: tuple[type, ...], what: str, default: Any) -> Any:
        """What a mapping has under a name: one of ``kinds``; ``what`` says which these are."""
        if name not in config:
            if default is REQUIRED:
                return self.add(path, f"Missing required field '{name}'")
            return default
        if type(config[name]) not in kinds:
            return self.add(path, f"Field '{name}' must be {what}", name)
        return config[name]

    def text(self, config: Any, path: str, name: str, default: Any = REQUIRED) -> Any:
        """The string under a name."""
        found = config.get(name)
        if type(found) is str and found.isascii():
            return found
        return self.frozen(self.field(config, path, name, (str,), "a string", default), below(path, name))

    def flag(self, config: Any, path: str, name: str, default: bool) -> Any:
        """The boolean under a name."""
        return self.field(config, path, name, (bool,), "a boolean", default)

    def document(self, config: Any, path: str, name: str) -> Any:
        """The JSON document under a name; null if there is none."""
        return self.frozen(config.get(name), below(path, name))

    def frozen(self, value: Any, path: str) -> Any:
        """A value as a frozen document."""
        if value is BROKEN:
            return value
        try:
            return freeze(value)
        except InvalidValueError as error:
            return self.add(path, str(error).rstrip("."), below=error.path)

    def listed(self, config: Any, path: str, name: str, kind: Kind, default: Any) -> Any:
        """What the items of the list under a name are read as."""
        found = self.field(config, path, name, LISTS, "a list", default)
        if found is BROKEN or found is default:
            return found
        as_it_stands, read = kind
        items, broken = [], False
        for place, item in enumerate(found):
            try:
                made = as_it_stands(item)
            except MISTAKES:
                made = read(self, item, below(path, f"{name}.{place}"))
                broken = broken or made is BROKEN
            items.append(made)
        return BROKEN if broken else items

    def built(
        self, path: str, make: Callable[..., Any], *parts: Any, also: tuple[Any, ...] = (), name: str = ""
    ) -> Any:
        """What ``make`` gives, unless a part or what was ``also`` asked is broken, or it refuses that of ``name``."""
        for part in (*parts, *also):
            if part is BROKEN:
                return BROKEN
        try:
            return make(*parts)
        except (InvalidSpecError, InvalidValueError) as error:
            return self.add(path, str(error).rstrip("."), *filter(None, [name or getattr(error, "field", "")]))

    def distinct(self, config: Any, path: str, name: str, keys: tuple[str, ...], what: str) -> Any:
        """``BROKEN`` if two items of a list share a key (the first there of ``keys``), whatever else is wrong."""
        items = config.get(name)
        if type(items) in LISTS and len(items) < 2:
            items = None
        seen: set[str] = set()
        twice: set[str] = set()
        second: tuple[Any, ...] = ()
        for place, item in enumerate(items if type(items) in LISTS else ()):
            if type(item) is not dict and type(item) is not PMap:
                continue
            key = next((key for key in keys if item.get(key)), keys[-1])
            found = item.get(key)
            if type(found) is str and found in seen:
                twice.add(found)
                second = second or (name, place, key)
            elif type(found) is str:
                seen.add(found)
        if not second:
            return None
        return self.add(path, f"Duplicate {what} {several(sorted(twice))}; expected each once", *second)


def below(path: str, name: str) -> str:
    """The dotted path of what is at ``name`` below ``path``."""
    return f"{path}.{name}" if path else name
