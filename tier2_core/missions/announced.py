"""What the installed distributions announce: plain data, read from their metadata; nothing is imported.

The only module that reads what is installed. Each distribution is read on its own: one whose metadata are
broken is told of, and the others are there all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from attrs import frozen

from tier2_core.errors import PluginError, described
from tier2_core.version import VERSION

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

GROUP = "tier2.missions"
"""The entry-point group under which distributions announce plugins with missions and operations."""

HANDLERS_GROUP = "tier2.effects"
"""The one under which they announce plugins with handlers of effects."""

OWN_DISTRIBUTION = "tier2-missions"
FORMER_DISTRIBUTION = "tier2"
"""What this distribution was called at first. On the package index, that name is somebody else's."""

_BUILTIN = ("builtin", "tier2_missions")
_ENTRY_POINTS = "entry_points.txt"
_REFERENCE = re.compile(r"\s*\w+(\.\w+)*\s*(:\s*\w+(\.\w+)*\s*)?(\[.*\]\s*)?")


@frozen
class Announcement:
    """A plugin as its distribution announces it: its name, and the reference that it is imported from.

    ``requires`` are the distribution's requirements on tier2-missions, or on its former name, as its metadata has
    them (PEP 508).
    """

    name: str
    distribution: str
    version: str
    source: str
    requires: tuple[str, ...] = ()

    @property
    def own(self) -> bool:
        """Whether it is a plugin of tier2 itself."""
        return self.distribution == OWN_DISTRIBUTION

    @property
    def refers(self) -> bool:
        """Whether the reference is one: a module, or an attribute of one, as packaging tools write it.

        >>> [Announcement("a", "dist-a", "1", text).refers for text in ("a.b", "a:b.c [x]", "a:", ":b", "a b", "")]
        [True, True, False, False, False, False]
        """
        return _REFERENCE.fullmatch(self.source) is not None

    @property
    def unmet(self) -> str:
        """What the plugin needs that this version of tier2-missions does not meet, as the end of a sentence, or ``""``.

        Markers count as they do for pip; what only an extra needs does not count. A requirement on the former name is
        never met: pip would install a stranger's distribution for it.
        Raises :class:`PluginError` for a requirement that cannot be read.

        >>> print(Announcement("a", "dist-a", "1.0", "a", ("tier2-missions>=99", "tier2-missions>0")).unmet)
        ... # doctest: +ELLIPSIS
        needs tier2-missions>=99, but this is tier2-missions ...; install a version of either that fits the other
        """
        if self.own or not self.requires:
            return ""
        from packaging.requirements import InvalidRequirement, Requirement  # few plugins get here

        for text in self.requires:
            try:
                requirement = Requirement(text)
                here = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            except (InvalidRequirement, ValueError) as error:
                raise PluginError(
                    f"Plugin '{self.name}' of distribution '{self.distribution}' needs {text!r}, which cannot be "
                    f"read: {described(error).splitlines()[0]}",
                    plugin=self.name,
                    distribution=self.distribution,
                ) from error
            needed = f"needs {requirement.name}{requirement.specifier}"
            if here and normalised(requirement.name) == FORMER_DISTRIBUTION:
                return (
                    f"{needed}, but on the package index that name is somebody else's, and this is {OWN_DISTRIBUTION}; "
                    f"require {OWN_DISTRIBUTION} instead"
                )
            if here and not requirement.specifier.contains(VERSION, prereleases=True):
                this = f"{OWN_DISTRIBUTION} {VERSION}"
                return f"{needed}, but this is {this}; install a version of either that fits the other"
        return ""


def announced(group: str = GROUP) -> list[Announcement | PluginError]:
    """What is announced under a group, sorted by (name, distribution), after the errors of what cannot be read.

    Of a distribution that is there several times, the one that comes first on the import path is it. What an
    interrupted installer has left behind (a directory whose name begins with ``~``, as pip moves aside what it takes
    away, or one without metadata in it) is no distribution: it hides none, and announces nothing.
    """
    # Imported here: it takes longer than the rest of tier2, and whoever only runs workflows does not need it.
    from importlib.metadata import distributions

    found: set[Announcement] = set()  # a directory that is on the path under two names is read twice
    broken: dict[str, PluginError] = {}
    remains: list[tuple[str, list[EntryPoint]]] = []
    installed = list(distributions())
    for distribution in installed:
        try:
            points = list(_points(distribution, group))
            if points and _moved_aside(distribution):
                remains.append((_directory(distribution), points))
            elif points and not _hidden(distribution, installed):
                for one in _read(distribution, points):
                    if isinstance(one, PluginError):
                        broken[str(one)] = one
                    else:
                        found.add(one)
        except PluginError as error:
            broken[str(error)] = error
    names = {one.name for one in found} | {error.plugin for error in broken.values()}
    for directory, points in remains:
        for left in (_left_over(point.name, directory) for point in points if point.name not in names):
            broken[str(left)] = left
    return [*(broken[text] for text in sorted(broken)), *in_order(found)]


def _left_over(plugin: str, directory: str) -> PluginError:
    return PluginError(
        f"Plugin '{plugin}' is announced by '{directory}' alone, which an interrupted installation has left behind; "
        "install its distribution anew, or delete that directory.",
        plugin=plugin,
    )


def in_order(found: Iterable[Announcement]) -> list[Announcement]:
    """Announcements in the order in which :func:`announced` gives them."""
    return sorted(found, key=lambda one: (one.name, one.distribution, one.version, one.source))


def announcements(
    points: Iterable[tuple[str, str]], name: str, version: str, requires: Iterable[str]
) -> Iterator[Announcement]:
    """What a distribution of that name and version announces: its entry points, each a name and a reference."""
    points = list(points)
    if normalised(name) == OWN_DISTRIBUTION or (normalised(name) == FORMER_DISTRIBUTION and points == [_BUILTIN]):
        # What runs, whatever an older installation has left behind, under the former name, too.
        name, version = OWN_DISTRIBUTION, VERSION
    on_tier2 = tuple(sorted(filter(_on_tier2, requires)))
    for point, source in points:
        yield Announcement(point, name, version, source, on_tier2)


def normalised(name: str) -> str:
    """The name of a distribution as tools compare it (PEP 503).

    >>> normalised("My.Missions__2")
    'my-missions-2'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def _points(distribution: Distribution, group: str) -> Iterator[EntryPoint]:
    try:
        for point in distribution.entry_points:
            if point.group == group:
                yield point
    except Exception as error:
        # Whoever announces nothing to us may be as broken as it likes.
        if isinstance(error, UnicodeDecodeError):
            ours = group.encode() in error.object
        else:
            ours = group in (distribution.read_text(_ENTRY_POINTS) or "")
        if ours:
            name = _metadata(distribution)[0]
            raise PluginError(
                f"Distribution '{name}' announces plugins in {_ENTRY_POINTS}, which cannot be read: "
                f"{described(error)}; install it anew, or uninstall it.",
                distribution=name,
            ) from error


def _read(distribution: Distribution, points: Iterable[EntryPoint]) -> Iterator[Announcement | PluginError]:
    try:
        name, version, requires = _metadata(distribution)
    except Exception as error:  # noqa: BLE001 - it is told of
        for point in points:
            yield PluginError(
                f"Plugin '{point.name}' is announced by a distribution whose metadata cannot be read: "
                f"{described(error)}; install it anew, or uninstall it.",
                plugin=point.name,
            )
        return
    yield from announcements([(point.name, point.value) for point in points], name, version, requires)


def _metadata(distribution: Distribution) -> tuple[str, str, list[str]]:
    """Name, version and requirements; empty for a distribution that was half removed."""
    try:
        metadata: Any = distribution.metadata or {}
        requires = distribution.requires or []
    except FileNotFoundError:
        return "", "", []
    return str(metadata.get("Name") or ""), str(metadata.get("Version") or ""), requires


def _on_tier2(requirement: str) -> bool:
    name = re.match(r"\s*([A-Za-z0-9._-]+)", requirement)
    return name is not None and normalised(name.group(1)) in (OWN_DISTRIBUTION, FORMER_DISTRIBUTION)


def _hidden(distribution: Distribution, installed: Iterable[Distribution]) -> bool:
    """Whether another distribution of the same name comes first on the import path."""
    name = _name(distribution)
    first = next((one for one in installed if _name(one) == name and not _moved_aside(one) and _is_whole(one)), None)
    # As text: not all kinds of paths, such as those into archives, are equal to one like them.
    return first is not None and str(first.locate_file("")) != str(distribution.locate_file(""))


def _name(distribution: Distribution) -> str:
    """The name that tools compare: of its directory, as to read all that is installed would take long."""
    directory = _directory(distribution)
    if directory.endswith((".dist-info", ".egg-info")):
        return normalised(directory.rpartition(".")[0].partition("-")[0])
    try:
        return normalised(_metadata(distribution)[0])
    except Exception:  # noqa: BLE001 - what is wrong with its metadata is told when they are read
        return ""


def _directory(distribution: Distribution) -> str:
    """The name of the directory, or file, of its metadata, if it has one."""
    return str(getattr(getattr(distribution, "_path", None), "name", ""))


def _moved_aside(distribution: Distribution) -> bool:
    return _directory(distribution).startswith("~")


def _is_whole(distribution: Distribution) -> bool:
    """Whether there are metadata at all, be they readable or not."""
    try:
        return bool(
            distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or _metadata(distribution)[0]
        )
    except Exception:  # noqa: BLE001 - there are some
        return True
