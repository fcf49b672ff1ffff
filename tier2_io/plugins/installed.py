"""The registry of what is installed, as options and the environment choose it.

``TIER2_BLOCK`` and ``TIER2_ONLY`` hold names of plugins, separated by commas; ``TIER2_STRICT`` is 1 or 0. What an
option blocks is blocked beside what the environment blocks; ``only`` as an option takes the place of the
environment's; strict is what either of them calls strict. Nothing else of tier2 reads them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from contextlib import redirect_stdout
from functools import partial
from importlib import import_module
from typing import Any

import attrs
from attrs import frozen

from tier2_core import CallerError, Handlers, PluginError, Registry
from tier2_core.errors import did_you_mean
from tier2_core.missions.announced import GROUP, OWN_DISTRIBUTION, Announcement
from tier2_core.missions.discovery import installed
from tier2_core.missions.handlers import handlers_of, installed_handlers
from tier2_core.missions.registry import registry_of
from tier2_io.host import call
from tier2_io.plugins.announcing import read_announced


class EnvironmentProblem(CallerError):
    """A variable of the environment holds what tier2 cannot read."""


_LATE = (
    "difflib", "hashlib", "importlib.metadata", "importlib.util", "pathlib", "pickle", "random", "shlex", "tempfile",
    "tomllib", "traceback",
)  # fmt: skip


def _announced() -> list[Announcement | PluginError]:
    """What is announced; if by others, too, then all is loaded that tier2 loads late.

    Plugins may change the path that it is found on, and some count on modules that whoever hosts them has loaded.
    """
    found = read_announced()
    if any(isinstance(one, Announcement) and not one.own for one in found):
        for name in _LATE:
            import_module(name)
    return found


@frozen
class Choice:
    """Which of the installed plugins are loaded; ``only`` is ``None`` if it is all that are not blocked."""

    block: frozenset[str]
    only: frozenset[str] | None
    strict: bool

    def registry(self) -> Registry:
        """What :func:`load_registry` would make of it; what plugins print meanwhile goes to standard error."""
        with redirect_stdout(sys.stderr):  # standard output is for answers, which machines read, too
            return registry_of(installed(self.block, self.only, _announced, call), strict=self.strict)

    def handlers(self) -> Handlers:
        """What :func:`load_handlers` would make of it; missions and operations are not loaded."""
        return handlers_of(installed_handlers(self.block, self.only, call), strict=self.strict)

    def doubts(self, group: str = GROUP) -> list[str]:
        """A warning for each name that chooses nothing, with the closest name of what is announced under a group."""
        if not self.block and self.only is None:
            return []
        names = {one.name if isinstance(one, Announcement) else one.plugin for one in read_announced(group)}
        found = [
            f"plugin '{name}' is to be {what}, and there is none of that name{did_you_mean(name, names) or '.'}"
            for what, chosen in (("blocked", self.block), ("loaded", self.only or ()))
            for name in sorted(set(chosen) - names)
        ]
        both = sorted(names & self.block & (self.only or frozenset()))
        return found + [f"plugin '{name}' is to be loaded, and is blocked, too; it is not loaded." for name in both]


def chosen(*, block: Collection[str] = (), only: Collection[str] = (), strict: bool = False) -> Choice:
    """What is to be loaded by options and environment together; no name in ``only`` means that it is not said."""
    alone = frozenset(only) or _names("TIER2_ONLY")
    return Choice(frozenset(block) | _names("TIER2_BLOCK"), alone or None, _is_set("TIER2_STRICT") or strict)


def installed_registry(*, block: Collection[str] = (), only: Collection[str] = (), strict: bool = False) -> Registry:
    """The registry of the installed plugins that options and environment leave.

    A plugin that is broken is left out and listed in ``failures``; with ``strict`` it is a :class:`PluginError`.
    Raises :class:`EnvironmentProblem` for a variable that cannot be read.
    """
    return chosen(block=block, only=only, strict=strict).registry()


def apart(registry: Registry) -> Registry:
    """The same registry, whose factories, operations and checks are called as :func:`tier2_io.host.call` does."""
    missions = {
        name: entry
        if entry.distribution == OWN_DISTRIBUTION
        else attrs.evolve(entry, mission=attrs.evolve(entry.mission, factory=_apart(entry.factory)))
        for name, entry in registry.missions.items()
    }
    own = {plugin.name for plugin in registry.plugins if plugin.distribution == OWN_DISTRIBUTION} | {"tier2"}
    operations = {
        name: operation
        if operation.plugin in own
        else attrs.evolve(operation, apply=_apart(operation.apply), check=operation.check and _apart(operation.check))
        for name, operation in registry.operations.items()
    }
    return attrs.evolve(registry, missions=missions, operations=operations)


def _apart(function: Callable[..., Any]) -> Callable[..., Any]:
    return partial(call, function)


def _names(variable: str) -> frozenset[str]:
    return frozenset(filter(None, (name.strip() for name in os.environ.get(variable, "").split(","))))


def _is_set(variable: str) -> bool:
    value = os.environ.get(variable, "")
    if value not in ("", "0", "1"):
        raise EnvironmentProblem(f"The environment has {variable}={value!r}; expected 1 or 0.")
    return value == "1"
