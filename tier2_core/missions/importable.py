"""What crosses processes: functions that another process can import by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from tier2_core.errors import PluginError
from tier2_core.missions.discovery import Plugin


def check_importable(plugins: Iterable[Plugin]) -> None:
    """:class:`PluginError` for the first function of these plugins that no other process can import."""
    for plugin in plugins:
        for what, function in _called(plugin):
            if not _is_importable(function):
                name = getattr(function, "__qualname__", type(function).__qualname__)
                raise PluginError(
                    f"The registry cannot be pickled: the {what} of plugin '{plugin.name}' is '{name}', which no other "
                    "process can import; expected a function at the top of a module.",
                    plugin=plugin.name,
                    distribution=plugin.distribution,
                )


def _called(plugin: Plugin) -> Iterator[tuple[str, Any]]:
    for mission in plugin.missions:
        yield f"factory of mission '{mission.name}'", mission.factory
    for operation in plugin.operations:
        yield f"function of operation '{operation.name}'", operation.apply
        if operation.check is not None:
            yield f"check of operation '{operation.name}'", operation.check


def _is_importable(function: Any) -> bool:
    try:
        found: Any = import_module(function.__module__)
        for part in function.__qualname__.split("."):
            found = getattr(found, part)
    except (AttributeError, ImportError, TypeError, ValueError):
        return False
    return found is function
