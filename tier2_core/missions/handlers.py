"""Handlers of effects: the functions that do what runs want done in the world, by the kind of effect.

They are plugins of a group of their own, ``tier2.effects``, as they are no part of any mission: a registry of missions
never loads them. A handler does what no mission may; it is called outside, once a run has succeeded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from attrs import field, frozen

from tier2_core.errors import PluginError, RegistryConflictError, cut
from tier2_core.missions.announced import HANDLERS_GROUP, announced
from tier2_core.missions.choosing import chosen
from tier2_core.missions.discovery import HANDLER_HOOKS, Call, Plugin, installed, loaded, plainly, plugin_name, wanted
from tier2_core.values.fields import named, read_only
from tier2_core.workflow.effects import EffectHandler


@frozen
class HandlerEntry:
    """A handler, with the plugin and the distribution (name and version) that it came from.

    >>> HandlerEntry(EffectHandler("bell", lambda effect: None), "bells").plugin
    'bells'
    """

    handler: EffectHandler
    plugin: str
    distribution: str = ""
    version: str = ""


@frozen(eq=False, field_transformer=named)
class Handlers:
    """The handlers that are known, by kind; read-only. ``failures`` are the errors of plugins that were left out.

    >>> Handlers({"bell": HandlerEntry(EffectHandler("bell", lambda effect: None), "bells")}).handlers["bell"].plugin
    'bells'
    """

    handlers: Mapping[str, HandlerEntry] = field(converter=read_only)
    failures: tuple[PluginError, ...] = ()


def load_handlers(
    plugins: Iterable[Any] = (),
    *,
    entry_points: bool = True,
    block: Collection[str] = (),
    only: Collection[str] | None = None,
    strict: bool = True,
) -> Handlers:
    """The handlers of the installed plugins (unless ``entry_points=False``) and of ``plugins``.

    ``plugins`` are modules or objects with the hook ``tier2_effect_handlers``; ``block``, ``only`` and ``strict`` are
    as those of :func:`load_registry`, and so are the errors: two handlers of one kind are a
    :class:`RegistryConflictError`.

    >>> class Bells:
    ...     @hookimpl
    ...     def tier2_effect_handlers(self):
    ...         return [EffectHandler("bell", lambda effect: None, "Rings.")]
    >>> list(load_handlers([Bells()], entry_points=False).handlers)
    ['bell']
    """
    listed, blocked, alone = chosen("load_handlers", plugins, entry_points, block, only, strict)
    found = list(installed_handlers(blocked, alone) if entry_points else ())
    for plugin in listed:
        if wanted(plugin_name(plugin), blocked, alone):
            try:
                found.append(loaded(plugin, hooks=HANDLER_HOOKS))
            except PluginError as error:
                found.append(error)
    return handlers_of(found, strict=strict)


def installed_handlers(
    block: Collection[str] = (), only: Collection[str] | None = None, call: Call = plainly
) -> Iterator[Plugin | PluginError]:
    """The installed plugins with handlers; ``call`` is how their code is called."""
    return installed(block, only, partial(announced, HANDLERS_GROUP), call, HANDLER_HOOKS)


def handlers_of(found: Iterable[Plugin | PluginError], *, strict: bool = True) -> Handlers:
    """The handlers of plugins, as :func:`load_handlers` makes them."""
    handlers: dict[str, HandlerEntry] = {}
    failures: list[PluginError] = []
    for one in found:
        try:
            handlers |= _brought(one, handlers)
        except PluginError as error:
            if strict:
                raise
            failures.append(error.with_traceback(None))
    return Handlers(dict(sorted(handlers.items())), tuple(failures))


def _brought(plugin: Plugin | PluginError, taken: Mapping[str, HandlerEntry]) -> dict[str, HandlerEntry]:
    if isinstance(plugin, PluginError):
        raise plugin
    made: dict[str, HandlerEntry] = {}
    for handler in plugin.handlers:
        other = taken.get(handler.kind) or made.get(handler.kind)
        if other is not None:
            raise RegistryConflictError(
                f"The handler of '{handler.kind}' of plugin '{cut(plugin.name)}' is there already, from plugin "
                f"'{cut(other.plugin)}'; block one of the two.",
                plugin=plugin.name,
                distribution=plugin.distribution,
            )
        made[handler.kind] = HandlerEntry(handler, plugin.name, plugin.distribution, plugin.version)
    return made
