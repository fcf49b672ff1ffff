"""The registry: what missions and operations there are, as a frozen value.

It is built by a pure fold over plugins: each brings its missions and operations, and a name that is taken is
refused. A build that fails leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any

import attrs
from attrs import field, frozen

from tier2_core.errors import (
    PluginError,
    RegistryConflictError,
    UnknownMissionError,
    cut,
    did_you_mean,
)
from tier2_core.missions.announced import OWN_DISTRIBUTION
from tier2_core.missions.choosing import chosen
from tier2_core.missions.discovery import Plugin, installed, loaded, plugin_name, wanted
from tier2_core.missions.importable import check_importable
from tier2_core.missions.mission import MissionRegistryEntry
from tier2_core.values.canonical import wrapper_digest
from tier2_core.values.fields import expect, named, read_only
from tier2_core.values.freeze import a_type
from tier2_core.version import VERSION
from tier2_core.workflow.operations import BUILTINS, Operation


def _names(mapping: Mapping[str, Any]) -> str:
    return f"[{', '.join(sorted(mapping))}]"


@frozen(eq=False, field_transformer=named)
class Registry:
    """The missions and operations that are known, by name; read-only.

    Two are equal if their fingerprints are. In another process a registry is put together anew from its plugins; their
    functions must be such as can be imported there.

    ``plugins`` are those that brought them; ``failures`` are the :class:`PluginError` of those that were left
    out (only with ``load_registry(strict=False)``).

    >>> registry = load_registry()
    >>> registry.get("echo").plugin, "set" in registry.operations, registry.failures
    ('builtin', True, ())
    """

    missions: Mapping[str, MissionRegistryEntry] = field(repr=_names)
    operations: Mapping[str, Operation] = field(repr=False)
    plugins: tuple[Plugin, ...] = field(default=(), repr=False)
    failures: tuple[PluginError, ...] = ()

    def __attrs_post_init__(self) -> None:
        # No converters: pyright takes a field that has one for no member of a protocol.
        for name, held in (("missions", self.missions), ("operations", self.operations)):
            expect(held, Mapping, name)
            object.__setattr__(self, name, read_only(held))

    def get(self, name: Any) -> MissionRegistryEntry:
        """The entry of a mission; :class:`UnknownMissionError` lists what there is and the closest name."""
        if issubclass(type(name), str):
            name = str.__str__(name)  # of a subclass, the text
        entry = self.missions.get(name) if type(name) is str else None
        if entry is None:
            known = ", ".join(sorted(self.missions)) or "none"
            hint = did_you_mean(name, self.missions) if type(name) is str else ""
            found = repr(cut(name)) if type(name) is str else f"({a_type(type(name))})"
            failed = ", ".join(sorted({failure.plugin or failure.distribution for failure in self.failures}))
            note = f" (Plugins that could not be loaded: {failed}.)" if failed else ""
            raise UnknownMissionError(f"Unknown mission {found}; registered are: {known}{hint or '.'}{note}")
        return entry

    @cached_property
    def fingerprint(self) -> str:
        """The digest of what is registered: names, versions, owners and schemas, and tier2's version."""
        return wrapper_digest(self.to_dict(), tag="tier2/registry/v1")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data that describes what is registered; no code in it."""
        return {
            "missions": [self.missions[name].to_dict() for name in sorted(self.missions)],
            "operations": [
                {"name": name, "plugin": self.operations[name].plugin, "version": self.operations[name].version}
                for name in sorted(self.operations)
            ],
            "plugins": [
                {"distribution": plugin.distribution, "name": plugin.name, "version": plugin.version}
                for plugin in sorted(self.plugins, key=lambda plugin: plugin.name)
            ],
            "tier2": VERSION,
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Registry):
            return NotImplemented
        return self is other or self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __copy__(self) -> Registry:
        return self

    def __deepcopy__(self, memo: Any) -> Registry:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        if default_registry.cache_info().currsize and default_registry() is self:
            return _installed_there, (self.fingerprint,)
        check_importable(self.plugins)
        return _put_together, (self.plugins, self.failures, self.fingerprint)


def _put_together(plugins: tuple[Plugin, ...], failures: tuple[PluginError, ...], fingerprint: str) -> Registry:
    """The registry of these plugins in another process."""
    return _checked(attrs.evolve(registry_of(plugins), failures=failures), fingerprint)


def _installed_there(fingerprint: str) -> Registry:
    """The registry of what is installed where it comes to; that must be the same as where it comes from."""
    return _checked(default_registry(), fingerprint)


def _checked(made: Registry, fingerprint: str) -> Registry:
    if made.fingerprint != fingerprint:
        raise PluginError(
            "The registry that was pickled is another than the one of the same plugins here; expected tier2 and all "
            "plugins in the same versions on both sides."
        )
    return made


_EMPTY = Registry({}, BUILTINS.operations)


def load_registry(
    plugins: Iterable[Any] = (),
    *,
    entry_points: bool = True,
    block: Collection[str] = (),
    only: Collection[str] | None = None,
    strict: bool = True,
) -> Registry:
    """The registry of the installed plugins (unless ``entry_points=False``) and of ``plugins``.

    ``plugins`` are modules or objects with hooks; ``block`` names plugins that are not loaded, nor imported, and
    ``only``, if it is given, the only ones that are; tier2's own, ``builtin``, is no exception. Raises
    :class:`PluginError` for one that cannot be imported, needs another version of tier2, has misspelt hooks or
    brings the wrong things, and :class:`RegistryConflictError`, naming both owners, for two plugins, missions or
    operations of one name. With ``strict=False`` such a plugin is left out, and its error listed in ``failures``.

    >>> class Greetings:
    ...     @hookimpl
    ...     def tier2_missions(self):
    ...         return [Mission("greet", lambda params: WorkflowDefinition("wf-greet"))]
    >>> list(load_registry([Greetings()], entry_points=False).missions)
    ['greet']
    """
    listed, blocked, alone = chosen("load_registry", plugins, entry_points, block, only, strict)
    handed_over = (_handed_over(plugin) for plugin in listed if wanted(plugin_name(plugin), blocked, alone))
    return registry_of(installed(blocked, alone) if entry_points else (), handed_over, strict=strict)


def registry_of(
    found: Iterable[Plugin | PluginError], handed_over: Iterable[Plugin | PluginError] = (), *, strict: bool = True
) -> Registry:
    """The registry of installed plugins and of others, as :func:`load_registry` makes it of them."""
    # The missions of this distribution come first, so that with strict=False no stranger can take their names.
    first = sorted(found, key=lambda plugin: plugin.distribution != OWN_DISTRIBUTION)
    registry = _EMPTY
    for plugin in chain(first, list(handed_over)):
        try:
            if isinstance(plugin, PluginError):
                raise plugin
            registry = _with_plugin(registry, plugin)
        except PluginError as error:
            if strict:
                raise
            registry = attrs.evolve(registry, failures=(*registry.failures, error.with_traceback(None)))
    return attrs.evolve(
        registry,
        missions=dict(sorted(registry.missions.items())),
        operations=dict(sorted(registry.operations.items())),
    )


def _handed_over(plugin: Any) -> Plugin | PluginError:
    try:
        return loaded(plugin)
    except PluginError as error:
        return error


def _with_plugin(registry: Registry, plugin: Plugin) -> Registry:
    for other in registry.plugins:
        if other.name == plugin.name:
            raise _conflict("plugin", plugin.name, _owner(other), plugin)
    missions, operations = dict(registry.missions), dict(registry.operations)
    for mission in plugin.missions:
        if mission.name in missions:
            taken = missions[mission.name]
            raise _conflict("mission", mission.name, _owner_text(taken.plugin, taken.distribution), plugin)
        missions[mission.name] = MissionRegistryEntry(
            mission.name, mission, plugin.name, plugin.distribution, plugin.version
        )
    for operation in plugin.operations:
        if operation.name in operations:
            owner = operations[operation.name].plugin
            taken_by = next((_owner(other) for other in (*registry.plugins, plugin) if other.name == owner), "tier2")
            raise _conflict("operation", operation.name, taken_by, plugin)
        operations[operation.name] = attrs.evolve(operation, plugin=plugin.name)
    return Registry(missions, operations, (*registry.plugins, plugin), registry.failures)


def _conflict(what: str, name: str, taken_by: str, plugin: Plugin) -> RegistryConflictError:
    return RegistryConflictError(
        f"The {what} '{cut(name)}' of {_owner(plugin)} is there already, from {taken_by}; "
        "rename one of the two, or block a plugin.",
        plugin=plugin.name,
        distribution=plugin.distribution,
    )


def _owner(plugin: Plugin) -> str:
    return _owner_text(plugin.name, plugin.distribution)


def _owner_text(plugin: str, distribution: str) -> str:
    return f"plugin '{cut(plugin)}'" + (f" (distribution '{cut(distribution)}')" if distribution else "")


@lru_cache(maxsize=1)
def default_registry() -> Registry:
    """The registry of the installed plugins, loaded once, at first use; raises as :func:`load_registry` does.

    >>> default_registry() is default_registry()
    True
    """
    return load_registry()


class _InstalledMissions(Mapping[str, MissionRegistryEntry]):
    """The missions of the default registry, by name; read-only, and loaded when something is first asked of it.

    >>> MISSION_REGISTRY["echo"].plugin
    'builtin'
    >>> MISSION_REGISTRY["mine"] = MISSION_REGISTRY["echo"]
    Traceback (most recent call last):
    TypeError: '_InstalledMissions' object does not support item assignment
    """

    def __getitem__(self, name: str) -> MissionRegistryEntry:
        return default_registry().missions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(default_registry().missions)

    def __len__(self) -> int:
        return len(default_registry().missions)

    def __repr__(self) -> str:
        return f"MISSION_REGISTRY({', '.join(self)})"


MISSION_REGISTRY: Mapping[str, MissionRegistryEntry] = _InstalledMissions()
"""The installed missions by name, as a mapping that cannot be assigned to."""


def list_missions() -> list[str]:
    """The sorted names of the installed missions.

    >>> list_missions()
    ['daily_loop', 'echo', 'run_tests']
    """
    return sorted(default_registry().missions)


def get_mission(name: str) -> MissionRegistryEntry:
    """The entry of an installed mission; :class:`UnknownMissionError` lists what there is.

    >>> get_mission("echo").distribution
    'tier2-missions'
    """
    return default_registry().get(name)
