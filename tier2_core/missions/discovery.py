"""Plugins: found among the installed distributions, loaded one by one, asked for what they bring.

The only module that reads what is installed. A plugin manager's own loader is not used: of two plugins of one
name it drops one without a word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pluggy
from attrs import frozen

from tier2_core.errors import PluginError, RegistryConflictError, described, did_you_mean
from tier2_core.missions import hookspecs
from tier2_core.missions.mission import Mission
from tier2_core.values.freeze import a_type
from tier2_core.workflow.operations import Operation

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "tier2.missions"
"""The entry-point group under which distributions announce their plugins."""

OWN_DISTRIBUTION = "tier2"

_HOOKS = ("tier2_missions", "tier2_operations")


@frozen
class Plugin:
    """A plugin that was loaded: its name, where it comes from, and what it brings."""

    name: str
    distribution: str
    version: str
    missions: tuple[Mission, ...] = ()
    operations: tuple[Operation, ...] = ()


def installed(block: Collection[str] = ()) -> Iterator[Plugin | PluginError]:
    """The installed plugins, sorted by (name, distribution), but for those named in ``block``.

    Each is loaded when its turn comes. One that cannot be is given as the :class:`PluginError` that says why;
    of several of one name, each is a :class:`RegistryConflictError`.
    """
    points = sorted(_entry_points(), key=lambda found: (found[0].name, found[1]))
    names = [point.name for point, _, _ in points]
    for point, distribution, version in points:
        if point.name in block:
            continue
        # The name of a plugin of this distribution cannot be taken: it is the other that conflicts.
        if names.count(point.name) > 1 and distribution != OWN_DISTRIBUTION:
            owners = ", ".join(f"'{d}'" for p, d, _ in points if p.name == point.name)
            yield RegistryConflictError(
                f"Plugin '{point.name}' is announced by several distributions: {owners}; "
                "uninstall all but one of them, or block the name.",
                plugin=point.name,
                distribution=distribution,
            )
            continue
        try:
            yield loaded(_imported(point, distribution), point.name, distribution, version)
        except PluginError as error:
            yield error


def loaded(plugin: Any, name: str = "", distribution: str = "", version: str = "") -> Plugin:
    """What a module or object with hooks brings; :class:`PluginError` if it has none, or if they are wrong.

    Each plugin gets a fresh manager, so that none sees, wraps or spoils another.
    """
    name = name or plugin_name(plugin)

    def broken(what: str) -> PluginError:
        source = f" of distribution '{distribution}'" if distribution else ""
        return PluginError(f"Plugin '{name}'{source} {what}", plugin=name, distribution=distribution)

    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin, name)
        hooks = manager.get_hookcallers(plugin) or []
        misspelt = sorted(hook.name for hook in hooks if not hook.has_spec())
    except Exception as error:
        raise broken(f"has hooks that do not fit: {described(error)}") from error
    if misspelt:
        close = did_you_mean(misspelt[0], _HOOKS) or "."
        raise broken(
            f"has the unknown hook{'s' if len(misspelt) > 1 else ''} {', '.join(map(repr, misspelt))}; "
            f"the hooks are {' and '.join(_HOOKS)}{close}"
        )
    if not hooks:
        raise broken(
            f"has no hooks; expected a function {' or '.join(_HOOKS)} that is marked with @hookimpl of tier2_core."
        )
    missions = _gathered(manager.hook.tier2_missions, Mission, broken)
    operations = _gathered(manager.hook.tier2_operations, Operation, broken)
    return Plugin(name, distribution, version, missions, operations)


def plugin_name(plugin: Any) -> str:
    """The name of a plugin that was handed over: a module's, a class's, or that of an object's class."""
    name = getattr(plugin, "__name__", None)
    return name if isinstance(name, str) and name else type(plugin).__qualname__


def _entry_points() -> Iterable[tuple[EntryPoint, str, str]]:
    # Imported here: it takes longer than the rest of tier2, and whoever only runs workflows does not need it.
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP):
        # Of a distribution that was half removed there may be no metadata left.
        metadata: Any = (point.dist.metadata if point.dist is not None else None) or {}
        yield point, str(metadata.get("Name") or ""), str(metadata.get("Version") or "")


def _imported(point: EntryPoint, distribution: str) -> Any:
    try:
        return point.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin that exits while it is imported must not end its host
        raise PluginError(
            f"Plugin '{point.name}' of distribution '{distribution}' cannot be imported from '{point.value}': "
            f"{described(error)}",
            plugin=point.name,
            distribution=distribution,
        ) from error


def _gathered(hook: Any, kind: type[Any], broken: Any) -> tuple[Any, ...]:
    try:
        results = hook()
        if hook.get_hookimpls() and not results:  # pluggy leaves None out
            raise broken(f"returns null from {hook.name}; expected a list of {kind.__name__}.")
        items: list[Any] = []
        for result in results:
            if isinstance(result, Mission | Operation | str):
                raise broken(f"returns {a_type(type(result))} from {hook.name}; expected a list of {kind.__name__}.")
            items.extend(result)
    except PluginError:
        raise
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        raise broken(f"broke in {hook.name}: {described(error)}") from error
    for item in items:
        if type(item) is not kind:
            raise broken(f"gives {a_type(type(item))} in {hook.name}; expected {kind.__name__}s.")
    return tuple(items)
