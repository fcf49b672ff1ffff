"""Files: named, and read with limits. How they are written is in :mod:`tier2_io.documents.writing`."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tier2_core.errors import CallerError

MAX_JSON_BYTES = 64 * 1024 * 1024
MAX_TOML_BYTES = 64 * 1024  # its parser's time grows with the square of some inputs

STDIN = "-"


class FileProblem(CallerError):
    """A file cannot be read or written; the message names it and says what was expected."""


_start: tuple[str, os.stat_result] | None = None


@contextmanager
def anchored() -> Iterator[None]:
    """Within this, relative names mean the present directory, even if a plugin leads the process to another."""
    global _start  # noqa: PLW0603 - the working directory is one for the whole process, too
    before, _start = _start, None
    with suppress(OSError):  # there may be none any more
        _start = (os.getcwd(), os.stat("."))
    try:
        yield
    finally:
        _start = before


def located(path: str) -> str:
    """The name by which a file is reached from where the process is now; see :func:`anchored`."""
    if path == STDIN or _start is None:
        return path
    with suppress(OSError):
        if os.path.samestat(os.stat("."), _start[1]):
            return path
    return os.path.join(_start[0], path)


def read_bytes(path: str, limit: int, expected: str = "a JSON or TOML file") -> bytes:
    """The bytes of a regular file, or of standard input; :class:`FileProblem` for more than ``limit``.

    ``expected`` is what a message says of a file that is not there.
    """
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(limit + 1)
        else:
            mode = os.stat(located(path)).st_mode
            if not stat.S_ISREG(mode):  # a FIFO would be waited for, a device could go on for ever
                raise problem(path, f"is {kind_of(mode)}; expected a regular file, or - for standard input")
            with open(located(path), "rb") as file:
                data = file.read(limit + 1)
    except FileNotFoundError:
        raise problem(path, f"does not exist; expected {expected}") from None
    except (OSError, ValueError) as error:
        if isinstance(error, FileProblem):
            raise
        raise problem(path, f"cannot be read: {why(error)}") from None
    if len(data) > limit:
        size = f"{limit // 1024**2} MiB" if limit >= 1024**2 else f"{limit // 1024} KiB"
        raise problem(path, f"is larger than {size}; expected a smaller document")
    return data


def kind_of(mode: int) -> str:
    """What a file is that is no regular one, by its mode."""
    kinds = {
        stat.S_IFDIR: "a directory",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "no regular file")


def why(error: BaseException) -> str:
    """What an error of the operating system says."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def told_name(path: str) -> str:
    """How a file is called in messages."""
    return "standard input" if path == STDIN else path or "''"


def problem(path: str, what: str) -> FileProblem:
    """The error of a file."""
    return FileProblem(f"{told_name(path)} {what}.")
