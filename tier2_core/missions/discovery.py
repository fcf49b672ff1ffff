"""Plugins: loaded one by one, and asked for what they bring.

A plugin manager's own loader is not used: of two plugins of one name it drops one without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any

import pluggy
from attrs import frozen

from tier2_core.errors import PluginError, RegistryConflictError, cut, described, did_you_mean, place_in
from tier2_core.missions import hookspecs
from tier2_core.missions.announced import GROUP, Announcement, announced
from tier2_core.missions.mission import Mission
from tier2_core.values.freeze import a_type
from tier2_core.workflow.effects import EffectHandler
from tier2_core.workflow.operations import Operation

MISSION_HOOKS = ("tier2_missions", "tier2_operations")
HANDLER_HOOKS = ("tier2_effect_handlers",)
"""The hooks that are asked of plugins of each group; a plugin may have those of both, and be announced under both."""

Call = Callable[..., Any]
"""Calls a function of a plugin with arguments, and gives what it gives."""


def plainly(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function, and nothing else."""
    return function(*arguments)


_being_loaded: ContextVar[str] = ContextVar("tier2_plugin_being_loaded", default="")


@frozen
class Plugin:
    """A plugin that was loaded: its name, where it comes from, and what it brings.

    ``source`` is what its entry point refers to: a module, or ``module:attribute``.
    """

    name: str
    distribution: str
    version: str
    missions: tuple[Mission, ...] = ()
    operations: tuple[Operation, ...] = ()
    source: str = ""
    handlers: tuple[EffectHandler, ...] = ()


def wanted(name: str, block: Collection[str], only: Collection[str] | None) -> bool:
    """Whether a plugin of that name is to be loaded: it is not blocked, and is in ``only`` if that is given."""
    return name not in block and (only is None or name in only)


def installed(
    block: Collection[str] = (),
    only: Collection[str] | None = None,
    announced: Callable[[], Sequence[Announcement | PluginError]] = announced,
    call: Call = plainly,
    hooks: Sequence[str] = MISSION_HOOKS,
) -> Iterator[Plugin | PluginError]:
    """The installed plugins, sorted by (name, distribution), but for those that are not :func:`wanted`.

    Each is loaded when its turn comes. One that cannot be is given as the :class:`PluginError` that says why;
    of several of one name, each is a :class:`RegistryConflictError`. ``call`` is how plugins' code is called: a host
    may stand around it. A plugin that asks for all this while it is
    itself loaded is refused: it would be asked for what it brings again, and again.
    """
    if _being_loaded.get():
        raise PluginError(
            f"Plugin '{_being_loaded.get()}' asks for the installed plugins while it is itself loaded; "
            "expected it to ask later, as an operation can by its call's registry.",
            plugin=_being_loaded.get(),
        )
    found = announced()
    named: dict[str, list[Announcement]] = {}
    for one in found:
        if isinstance(one, Announcement):
            named.setdefault(one.name, []).append(one)
    for one in found:
        if not wanted(one.plugin if isinstance(one, PluginError) else one.name, block, only):
            continue
        if isinstance(one, PluginError):
            yield one
        elif len(named[one.name]) > 1 and not one.own:
            yield _taken(one, named[one.name])
        else:
            try:
                yield loaded(_imported(one, call), one.name, one.distribution, one.version, one.source, call, hooks)
            except PluginError as error:
                yield error


def _taken(one: Announcement, rivals: list[Announcement]) -> RegistryConflictError:
    owners = sorted({f"'{cut(rival.distribution)}'" for rival in rivals})
    if any(rival.own for rival in rivals):  # which cannot be taken
        theirs = f"of distribution '{cut(one.distribution)}'"
        what = f"{theirs} has the name of a plugin of tier2 itself; expected another name."
    elif len(owners) == 1:
        places = ", ".join(f"'{cut(rival.source)}' of version {rival.version}" for rival in rivals)
        what = f"is announced several times by distribution {owners[0]}: {places}; install it anew, or block the name."
    else:
        what = (
            f"is announced by several distributions: {', '.join(owners)}; "
            "uninstall all but one of them, or block the name."
        )
    return RegistryConflictError(f"Plugin '{cut(one.name)}' {what}", plugin=one.name, distribution=one.distribution)


def loaded(
    plugin: Any,
    name: str = "",
    distribution: str = "",
    version: str = "",
    source: str = "",
    call: Call = plainly,
    hooks: Sequence[str] = MISSION_HOOKS,
) -> Plugin:
    """What a module or object brings in these hooks; :class:`PluginError` if it has none of them, or if they are wrong.

    Each plugin gets a fresh manager, so that none sees, wraps or spoils another.
    """
    name = name or plugin_name(plugin)

    def broken(what: str, error: BaseException | None = None) -> PluginError:
        owner = f" of distribution '{cut(distribution)}'" if distribution else ""
        return PluginError(
            f"Plugin '{cut(name)}'{owner} {what}", plugin=name, distribution=distribution, where=place_in(error)
        )

    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        call(manager.register, plugin, name)
        found = manager.get_hookcallers(plugin) or []
        misspelt = sorted(hook.name for hook in found if not hook.has_spec())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever its attributes do when they are looked at
        raise broken(f"has hooks that do not fit: {described(error)}", error) from error
    if misspelt:
        close = did_you_mean(misspelt[0], (*MISSION_HOOKS, *HANDLER_HOOKS)) or "."
        raise broken(
            f"has the unknown hook{'s' if len(misspelt) > 1 else ''} {', '.join(map(repr, misspelt))}; "
            f"the hooks are {' and '.join(hooks)}{close}"
        )
    if not {hook.name for hook in found} & {*hooks}:
        raise broken(
            f"has no hooks; expected a function {' or '.join(hooks)} that is marked with @hookimpl of tier2_core."
        )
    with _loading(name):
        brought = {
            hook: _gathered(getattr(manager.hook, hook), kind, broken, call) if hook in hooks else ()
            for hook, kind in _KINDS.items()
        }
    return Plugin(
        name,
        distribution,
        version,
        brought["tier2_missions"],
        brought["tier2_operations"],
        source,
        brought["tier2_effect_handlers"],
    )


_KINDS: dict[str, type[Any]] = {
    "tier2_missions": Mission,
    "tier2_operations": Operation,
    "tier2_effect_handlers": EffectHandler,
}


_QUALIFIED: Any = type.__dict__["__qualname__"]  # of a type, whatever its metaclass says


def plugin_name(plugin: Any) -> str:
    """The name of a plugin that was handed over: a module's, a class's, or that of an object's class."""
    try:
        name = getattr(plugin, "__name__", None)
    except Exception:  # noqa: BLE001 - what is wrong with it is told when it is loaded
        name = None
    return name if type(name) is str and name else _QUALIFIED.__get__(type(plugin))


@contextmanager
def _loading(name: str) -> Iterator[None]:
    token = _being_loaded.set(name)
    try:
        yield
    finally:
        _being_loaded.reset(token)


def _imported(one: Announcement, call: Call) -> Any:
    def broken(what: str, error: BaseException | None = None) -> PluginError:
        return PluginError(
            f"Plugin '{cut(one.name)}' of distribution '{cut(one.distribution)}' {what}",
            plugin=one.name,
            distribution=one.distribution,
            where=place_in(error),
        )

    if not one.refers:
        raise broken(
            f"announces '{cut(one.source)}', which is no reference to a module; expected 'module' or "
            "'module:attribute' in the entry points of its distribution."
        )
    if one.unmet:
        raise broken(f"{one.unmet}, or block the plugin.")
    try:
        with _loading(one.name):
            return call(_referred, one)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin that exits while it is imported must not end its host
        raise broken(f"cannot be imported from '{cut(one.source)}': {described(error)}", error) from error


def _referred(one: Announcement) -> Any:
    if one.own and one.source.isidentifier():
        return import_module(one.source)  # what follows takes longer to import than all of this
    # The first, now: a plugin may spoil the path that it is found on. Some count on their host to have the other.
    import hashlib  # noqa: F401
    from importlib.metadata import EntryPoint

    return EntryPoint(one.name, one.source, GROUP).load()


def _gathered(hook: Any, kind: type[Any], broken: Any, call: Call) -> tuple[Any, ...]:
    try:
        items: tuple[Any, ...] = call(_brought, hook, kind, broken)
    except PluginError:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise broken(f"broke in {hook.name}: {described(error)}", error) from error
    for item in items:
        if type(item) is not kind:
            raise broken(f"gives {a_type(type(item))} in {hook.name}; expected {kind.__name__}s.")
    return items


def _brought(hook: Any, kind: type[Any], broken: Any) -> tuple[Any, ...]:
    results = hook()
    if hook.get_hookimpls() and not results:  # pluggy leaves None out
        raise broken(f"returns null from {hook.name}; expected a list of {kind.__name__}.")
    items: list[Any] = []
    for result in results:
        if isinstance(result, Mission | Operation | EffectHandler | str):
            raise broken(f"returns {a_type(type(result))} from {hook.name}; expected a list of {kind.__name__}.")
        items.extend(result)
    return tuple(items)
