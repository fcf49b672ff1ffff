"""Outputs: before any work is done, they are known to be no input, and to be in a place that takes them."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import frozen

from tier2_io.documents.files import STDIN, FileProblem, kind_of, located, problem, told_name, why

PREFIX, SUFFIX = ".tier2-", ".tmp"
"""How temporary names begin and end: no document, suite or record is called like that."""

Named = tuple[str, str | None]
"""A file, or none, and what it is called: ``("--out", "out.json")``."""


# --- before any work ------------------------------------------------------------------------------


def check_outputs(outputs: Iterable[Named], inputs: Iterable[Named] = ()) -> None:
    """:class:`FileProblem` if an output is an input, or another output, or cannot be written.

    One file may have many names: links of both kinds, and, where the file system does not tell them apart, names in
    other letters.
    """
    taken = [(what, _Place.of(path)) for what, path in inputs if path is not None]
    for what, path in outputs:
        if path is None:
            continue
        here = _Place.of(path)
        for other, place in taken:
            if here.is_(place):
                raise FileProblem(f"{other} and {what} name one file, {told_name(path)}; expected two.")
        taken.append((what, here))
        check_writable(path)


@frozen
class _Place:
    """Where a name leads to, and what is there, if there is something."""

    name: str
    there: os.stat_result | None

    @classmethod
    def of(cls, path: str) -> _Place:
        with suppress(OSError, ValueError):
            if path == STDIN:
                return cls("", os.fstat(sys.stdin.fileno()))
            name = os.path.realpath(located(path))
            return cls(name, os.stat(name) if os.path.exists(name) else None)
        return cls("", None)

    def is_(self, other: _Place) -> bool:
        if self.there is not None and other.there is not None:
            return os.path.samestat(self.there, other.there)
        if not self.name or not other.name:
            return False
        return self.name == other.name or (
            _folded(self.name) == _folded(other.name) and tells_no_case(os.path.dirname(self.name))
        )


def _folded(name: str) -> str:
    from unicodedata import normalize

    return normalize("NFC", name).casefold()


def tells_no_case(directory: str) -> bool:
    """Whether ``a`` and ``A`` are one name in a directory."""
    import tempfile

    with suppress(OSError), tempfile.NamedTemporaryFile(suffix=SUFFIX, prefix=PREFIX, dir=directory) as file:
        return os.path.exists(os.path.join(directory, os.path.basename(file.name).upper()))
    return False


def check_writable(path: str, *, document: bool = True) -> None:
    """:class:`FileProblem` if no file, or no ``document`` that could be read again, can be written to ``path``.

    That is tried out, as far as it can be known, so that it is said before any work is done and anybody is asked.
    """
    with telling(path):
        check_place(path)
        target = target_of(path)
        for name in (path, str(target)):
            if document and name.lower().endswith(".toml"):
                raise problem(path, f"would be read as TOML, but JSON is written; expected {path[:-5]}.json")
        if target.exists():
            _check_replaceable(path, target)


def _check_replaceable(path: str, target: Path) -> None:
    there, around = target.stat(), target.parent.stat()
    if not stat.S_ISREG(there.st_mode):
        raise problem(path, f"is {kind_of(there.st_mode)}; expected the name of a file to write")
    # The mode itself is looked at: to a superuser, everything is writable.
    if not there.st_mode & stat.S_IWUSR or not os.access(target, os.W_OK):
        raise problem(path, "is read-only, and is not replaced; make it writable, or give another name")
    user = os.geteuid() if hasattr(os, "geteuid") else 0
    if around.st_mode & stat.S_ISVTX and user not in (0, around.st_uid, there.st_uid):
        raise problem(path, "belongs to somebody else, in a directory where nobody else may replace it")


def check_place(path: str) -> None:
    """:class:`FileProblem` if ``path`` is no place for a file at all."""
    import tempfile

    if path == STDIN:
        raise FileProblem("'-' is no file to write; expected a name (--json prints the result).")
    with telling(path):
        # A link in these directories leads to an open file, which is not ours to replace.
        if path.startswith(("/dev/", "/proc/")):
            raise problem(path, "is a device; expected the name of a file to write")
        target = target_of(path)
        with suppress(FileNotFoundError):
            if stat.S_ISLNK(os.lstat(target).st_mode):  # its name may be too long, too
                raise problem(path, "cannot be written: it is a link that leads back to itself")
        if target.is_dir():
            raise problem(path, "is a directory; expected the name of a file to write")
        if not target.parent.is_dir():
            raise problem(path, "is in a directory that does not exist; make it first")
        if not os.access(target.parent, os.W_OK | os.X_OK):
            raise problem(path, "is in a directory that cannot be written to; choose another")
        try:
            with tempfile.TemporaryFile(suffix=SUFFIX, prefix=PREFIX, dir=target.parent) as file:
                file.write(bytes(4096))  # a full disk takes an empty file
        except OSError as error:
            raise problem(path, f"is in a directory that takes no file: {why(error)}; choose another") from None


@contextmanager
def telling(path: str) -> Iterator[None]:
    """An error of the operating system is told as one of the file."""
    try:
        yield
    except (FileProblem, FileExistsError):
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise problem(path, f"cannot be written: {why(error)}") from None


def target_of(path: str) -> Path:
    """What a write replaces: a link stays a link."""
    return Path(located(path)).resolve()
