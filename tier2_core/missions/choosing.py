"""Which plugins are to be loaded, as a caller says it; one way to read that, whatever the plugins bring."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tier2_core.errors import InvalidSpecError, cut, described
from tier2_core.values.fields import expect
from tier2_core.values.freeze import a_type


def chosen(
    function: str,
    plugins: Iterable[Any],
    entry_points: bool,
    block: Collection[str],
    only: Collection[str] | None,
    strict: bool,
) -> tuple[list[Any], list[str], list[str] | None]:
    """The plugins that were handed over, and the names to block and to load alone.

    :class:`InvalidSpecError`, which names ``function``, for what is none of that.
    """
    for name, names in (("block", block), ("only", only)):
        if issubclass(type(names), str):
            raise InvalidSpecError(
                f"{function}: '{name}' must be a list of names, found the text {cut(str.__str__(names))!r}.",
                field=name,
            )
    for name, flag in (("entry_points", entry_points), ("strict", strict)):
        expect(flag, bool, name)
    blocked = _listed(function, "block", block)
    return _listed(function, "plugins", plugins), blocked, None if only is None else _listed(function, "only", only)


def _listed(function: str, name: str, values: Iterable[Any]) -> list[Any]:
    """What was handed over to be gone through."""
    kind = type(values)
    if not issubclass(kind, str | bytes | Mapping) and hasattr(kind, "__iter__"):
        try:
            return list(values)
        except Exception as error:
            raise InvalidSpecError(
                f"{function}: '{name}' cannot be gone through: {described(error)}.", field=name
            ) from error
    raise InvalidSpecError(f"{function}: '{name}' must be a list, found {a_type(kind)}.", field=name)
