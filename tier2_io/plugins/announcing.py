"""What the installed distributions announce, read without :mod:`importlib.metadata`.

To import that module takes longer than all else that a short command does. What is installed the way installers do
it can be read without it; about whatever is out of the ordinary (archives, eggs, foreign finders, several
distributions of one name, files that are written otherwise) nothing is supposed here: then the core reads all of it
as ever. Whichever of the two has read it, the answer is the same.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder

from tier2_core import PluginError
from tier2_core.missions.announced import GROUP, Announcement, announced, announcements, in_order, normalised

_POINT = re.compile(
    r"\[(?P<group>[\w.-]+)\]|(?P<name>[\w.-]+) ?= ?(?P<source>[\w.]+(?::[\w.]+)?)|(?:#[ -~]*)?", re.ASCII
)
_HEADER = re.compile(r"([!-9;-~]+):[ \t]*(.*)")
_VALUES = {
    "name": re.compile(r"[\w.-]+", re.ASCII),
    "version": re.compile("[!-~]+"),
    "requires-dist": re.compile("[ -~]+"),
}


class OutOfTheOrdinary(Exception):
    """Something is not as installers write it."""


def read_announced(group: str = GROUP) -> list[Announcement | PluginError]:
    """What :func:`tier2_core.missions.announced.announced` gives."""
    if "importlib.metadata" not in sys.modules:
        try:
            return [*plainly_announced(group)]
        except OutOfTheOrdinary:
            pass
    return announced(group)


def plainly_announced(group: str = GROUP) -> list[Announcement]:
    """The same; :class:`OutOfTheOrdinary` if it takes more than reading directories and lines."""
    finders = [finder for finder in sys.meta_path if getattr(finder, "find_distributions", None)]
    if finders != [PathFinder]:
        raise OutOfTheOrdinary
    names, announcing = [], []
    for root, child in _infos():
        name = _comparable(child.rpartition(".")[0].partition("-")[0])
        names.append(name)
        points = _read(os.path.join(root, child, "entry_points.txt"))
        if points is not None and group.encode() in points:
            announcing.append((name, os.path.join(root, child), points))
    found: set[Announcement] = set()
    for name, path, points in announcing:
        listed = list(_points(points, group))
        if listed:
            distribution, version, requires = _metadata(path)
            if names.count(name) > 1 or name != _comparable(distribution):
                raise OutOfTheOrdinary
            found.update(announcements(listed, distribution, version, requires))
    return in_order(found)


def _infos() -> Iterator[tuple[str, str]]:
    """Every directory, or file, of metadata on the import path."""
    for root in dict.fromkeys(sys.path):
        if type(root) is not str or root.lower().endswith(".egg"):
            raise OutOfTheOrdinary
        try:
            children = os.listdir(root or ".")
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            raise OutOfTheOrdinary from None  # it may be an archive
        for child in children:
            if child.lower().endswith((".dist-info", ".egg-info")):
                yield root, child


def _comparable(name: str) -> str:
    return normalised(name).replace("-", "_")


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError):
        return None
    except OSError:
        raise OutOfTheOrdinary from None


def _points(data: bytes, wanted: str) -> Iterator[tuple[str, str]]:
    """The entry points of a group: name and reference."""
    group = None
    for line in _text(data).split("\n"):
        found = _POINT.fullmatch(line)
        if found is None:
            raise OutOfTheOrdinary
        group = found["group"] or group
        if found["name"] is not None and group == wanted:
            yield found["name"], found["source"]


def _metadata(path: str) -> tuple[str, str, list[str]]:
    """Name, version and requirements, from the headers of a file ``METADATA``."""
    values: dict[str, list[str]] = {name: [] for name in _VALUES}
    name = ""
    for line in _text(_read(os.path.join(path, "METADATA")) or b"").partition("\n\n")[0].removesuffix("\n").split("\n"):
        header = _HEADER.fullmatch(line)
        if line.startswith((" ", "\t")):  # it goes on with the one before
            if not name or name in _VALUES:
                raise OutOfTheOrdinary
        elif header is None:
            raise OutOfTheOrdinary
        else:
            name = header[1].lower()
            if name in _VALUES:
                if not _VALUES[name].fullmatch(header[2]):
                    raise OutOfTheOrdinary
                values[name].append(header[2])
    names, versions, requires = values.values()
    if len(names) != 1 or len(versions) != 1 or (not requires and os.path.lexists(os.path.join(path, "requires.txt"))):
        raise OutOfTheOrdinary
    return names[0], versions[0], requires


def _text(data: bytes) -> str:
    """The text of a file whose lines end with LF alone."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise OutOfTheOrdinary from None
    if "\r" in text:
        raise OutOfTheOrdinary
    return text
