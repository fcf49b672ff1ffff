"""Files, written whole or not at all.

What is written goes to a temporary name first, which nothing that reads documents, suites or records takes for one.
What a killed process has left of that is removed by a later write in the same directory.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from tier2_core import thaw
from tier2_io.documents.files import MAX_JSON_BYTES, FileProblem, located, problem, why
from tier2_io.documents.outputs import PREFIX, SUFFIX, check_writable, target_of, telling

_LEFT = re.compile(rf"{re.escape(PREFIX)}[a-z0-9_]+{re.escape(SUFFIX)}")
_OLD = 24 * 60 * 60  # seconds: no write takes that long
_MANY = 10_000  # so many names of a directory are looked at


def rendered(document: Any) -> bytes:
    """A document, or plain data with documents in it, as JSON with sorted keys: readable, unless it is too large."""
    data = _json(document, indent=2)
    return data if len(data) <= MAX_JSON_BYTES else _json(document, separators=(",", ":"))


def _json(document: Any, **form: Any) -> bytes:
    return (json.dumps(document, sort_keys=True, ensure_ascii=False, default=thaw, **form) + "\n").encode()


def write_document(path: str, document: Any, *, new: bool = False) -> None:
    """Write a document, or plain data with documents in it, as :func:`rendered` gives it, so that it can be read again.

    Raises what :func:`write_bytes` raises.
    """
    data = rendered(document)
    if len(data) > MAX_JSON_BYTES:
        raise problem(path, f"would have {len(data)} bytes; at most {MAX_JSON_BYTES} can be read again")
    check_writable(path)
    write_bytes(path, data, new=new)


def write_bytes(path: str, data: bytes, *, new: bool = False) -> None:
    """Write a file, whole or not at all.

    An existing file is replaced only by a whole one, and with ``new`` not at all: that is a
    :class:`FileExistsError`. Raises :class:`FileProblem`; what was there before is then still there.
    """
    check_writable(path, document=False)
    if new:
        write_new((path, data, 0o666 & ~_umask()))
        return
    temporary = ""
    with telling(path):
        target = target_of(path)
        try:
            there = target.stat() if target.exists() else None
            temporary = _temporary(target.parent, data, 0o666 & ~_umask() if there is None else there.st_mode)
            if there is not None and hasattr(os, "chown"):
                with suppress(OSError):  # it is ours then, as far as we may not give it away
                    os.chown(temporary, there.st_uid, there.st_gid)
            os.replace(temporary, target)
            temporary = ""
        finally:
            if temporary:
                os.unlink(temporary)
        _settle(target.parent)


def write_new(*files: tuple[str, bytes, int]) -> None:
    """Write files, each with its bytes and its mode, that must not be there yet: all of them, or none.

    Raises :class:`FileExistsError` with the name of one that is there, as a link as well, and :class:`FileProblem`.
    """
    temporaries: list[str] = []
    placed: list[str] = []
    try:
        for path, data, mode in files:
            with telling(path):
                if os.path.lexists(located(path)):
                    raise FileExistsError(path)
                temporaries.append(_temporary(Path(located(path)).parent, data, mode))
        for (path, _, _), temporary in zip(files, temporaries, strict=True):
            with telling(path):
                _place_new(temporary, path)
                placed.append(located(path))
    except BaseException:
        for path in placed:
            with suppress(OSError):
                os.unlink(path)
        raise
    finally:
        for temporary in temporaries:
            with suppress(OSError):
                os.unlink(temporary)
    for path, _, _ in files:
        _settle(Path(located(path)).parent)


def _place_new(temporary: str, path: str) -> None:
    """Give a file its name, without a moment in which another could get it."""
    target = located(path)
    try:
        try:
            os.link(temporary, target)
        except FileExistsError:
            raise
        except OSError:  # a file system without links: the name is taken first, and then replaced
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            try:
                os.replace(temporary, target)
            except BaseException:
                os.unlink(target)
                raise
    except FileExistsError:
        raise FileExistsError(path) from None


def _temporary(directory: Path, data: bytes, mode: int) -> str:
    """A file with these bytes, on the disk; nobody else can read it before it has its mode."""
    import tempfile

    handle, name = tempfile.mkstemp(suffix=SUFFIX, prefix=PREFIX, dir=directory)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, stat.S_IMODE(mode))
    except BaseException:
        os.unlink(name)
        raise
    return name


def _settle(directory: Path) -> None:
    """Have the names of a directory on the disk, and no old leftovers among them."""
    import time

    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    with suppress(OSError), os.scandir(directory) as entries:
        for entry in islice(entries, _MANY):
            if _LEFT.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > _OLD:
                        os.unlink(entry.path)


def write_tree(path: str, files: Mapping[str, str]) -> None:
    """Write a new directory with these texts, by their paths in it: all of it, or nothing.

    Raises :class:`FileProblem`, as for what is there already: nothing is overwritten.
    """
    import shutil
    import tempfile

    target = Path(located(path))
    temporary = ""
    try:
        if os.path.lexists(target):
            raise problem(path, "is there already, and nothing is overwritten; expected a new name")
        if not target.parent.is_dir():
            raise problem(path, "is in a directory that does not exist; make it first")
        temporary = tempfile.mkdtemp(suffix=SUFFIX, prefix=PREFIX, dir=target.parent)
        for name, text in sorted(files.items()):
            file = Path(temporary, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        os.chmod(temporary, 0o777 & ~_umask())
        os.rename(temporary, target)
        temporary = ""
    except (OSError, ValueError) as error:
        if isinstance(error, FileProblem):
            raise
        raise problem(path, f"cannot be written: {why(error)}") from None
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current
