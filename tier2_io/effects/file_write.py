"""The handler of ``file.write``: a file below a directory that is given, and nowhere else.

The data of such an effect have ``path``, relative to the directory, with ``/`` between its parts, and ``text`` (written
as UTF-8) or ``document`` (written as JSON). A file is written whole or not at all. What somebody else wrote, or has
changed since, is not replaced: beside the files stands ``.tier2-written.json``, which says what was written here.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tier2_core import WantedEffect, parse_json, thaw
from tier2_io.documents.files import FileProblem
from tier2_io.documents.writing import rendered, write_bytes

KIND = "file.write"
MEMORY = ".tier2-written.json"

MEMBERS = ("document", "path", "text")


class NotWritten(Exception):
    """Why a file was not written: a sentence for people."""


def file_writer(directory: str) -> Callable[[WantedEffect], Any]:
    """The function of the handler that writes below ``directory``; it must exist, or :class:`FileProblem` says so."""
    if not os.path.isdir(directory):
        raise FileProblem(f"{directory or repr(directory)} is no directory; expected one that files are written below.")
    return partial(_write, os.path.realpath(directory))


def _write(directory: str, effect: WantedEffect) -> dict[str, Any]:
    path, content = _wanted(effect.data)
    parts = path.split("/")
    place = _place(directory, parts)
    target = os.path.join(place, parts[-1])
    memory, found = _memory(directory), hashlib.sha256(content).hexdigest()
    there, ours = _there(path, target), memory.get(path, [])
    if there is not None and there != found and there not in ours:
        what = "was changed since it was written" if ours else "is there already, and was not written from here"
        raise NotWritten(f"'{path}' {what}; nothing is replaced but what was written here and stands as it was.")
    if there != found:
        # Remembered before it is written: whatever stands there if this dies in between is known for ours.
        _remember(directory, {**memory, path: [*filter(None, [there]), found]})
        write_bytes(target, content)
        _remember(directory, {**memory, path: [found]})
    return {"bytes": len(content), "path": path, "sha256": found}


def _wanted(data: Mapping[str, Any]) -> tuple[str, bytes]:
    unknown = sorted(set(data) - set(MEMBERS))
    if unknown:
        raise NotWritten(f"its data have the unknown member '{unknown[0]}'; expected path, and text or document.")
    path, text = data.get("path"), data.get("text")
    if type(path) is not str or not path:
        raise NotWritten("its data have no 'path'; expected that of a file, relative to the directory.")
    if ("text" in data) is ("document" in data):
        raise NotWritten("its data have both or neither of 'text' and 'document'; expected one of them.")
    if "document" in data:
        return path, rendered(data["document"])
    if type(text) is not str:
        raise NotWritten("its 'text' is no string; expected one.")
    return path, text.encode()


def _place(directory: str, parts: list[str]) -> str:
    """The directory that the file comes into, made if need be; never one outside."""
    path = "/".join(parts)
    if parts[0] == "" or any(part in ("", ".", "..") or _odd(part) for part in parts):
        raise NotWritten(f"'{path}' is no plain path below the directory; expected names with '/' between them.")
    if parts[0].casefold() == MEMORY or parts[-1].endswith(".tmp"):
        raise NotWritten(f"'{path}' is a name that is taken here; expected another one.")
    here = directory
    for part in parts[:-1]:
        here = os.path.join(here, part)
        try:
            os.mkdir(here)
        except FileExistsError:
            pass
        except OSError as error:
            raise NotWritten(f"'{path}' cannot be written: {(error.strerror or str(error)).lower()}.") from None
        if not stat.S_ISDIR(os.lstat(here).st_mode):  # a link may lead anywhere
            raise NotWritten(f"'{path}' goes through '{part}', which is no directory; expected directories alone.")
    return here


def _odd(part: str) -> bool:
    """Whether a name means something else than itself somewhere: to a shell, another system, or a person's eyes."""
    return not part.isprintable() or "\\" in part or ":" in part or part != part.strip() or len(part.encode()) > 200


def _there(path: str, target: str) -> str | None:
    """The digest of what stands there, if something does."""
    try:
        mode = os.lstat(target).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise NotWritten(f"'{path}' is there already, and is no regular file; expected a free name.")
    with open(target, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _memory(directory: str) -> dict[str, list[str]]:
    """What was written here: by its path the digest of each file, and of what was to take its place."""
    try:
        with open(os.path.join(directory, MEMORY), "rb") as file:
            found = thaw(parse_json(file.read()))
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if type(found) is not dict or not all(type(value) is list for value in found.values()):
        raise NotWritten(f"{MEMORY} is damaged, so that nobody knows what was written here; mend it, or take it away.")
    return found


def _remember(directory: str, memory: Mapping[str, list[str]]) -> None:
    data = (json.dumps(memory, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
    write_bytes(os.path.join(directory, MEMORY), data)
