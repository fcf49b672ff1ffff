"""Files: read with limits, written whole or not at all.

What only writing needs is imported there: most commands write nothing.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Mapping
from typing import Any

from tier2_core import CallerError, thaw

MAX_JSON_BYTES = 64 * 1024 * 1024
MAX_TOML_BYTES = 64 * 1024  # its parser's time grows with the square of some inputs

STDIN = "-"


class FileProblem(CallerError):
    """A file cannot be read or written; the message names it and says what was expected."""


def rendered(document: Any) -> bytes:
    """A document, or plain data with documents in it, as JSON with sorted keys: readable, unless it is too large."""
    data = _json(document, indent=2)
    return data if len(data) <= MAX_JSON_BYTES else _json(document, separators=(",", ":"))


def write_document(path: str, document: Any, *, new: bool = False) -> None:
    """Write a document, or plain data with documents in it, as :func:`rendered` gives it, so that it can be read again.

    An existing file is replaced only by a whole one, and with ``new`` not at all: that is a
    :class:`FileExistsError`. Raises :class:`FileProblem`; what was there before is then still there.
    """
    import tempfile
    from pathlib import Path

    data = rendered(document)
    if len(data) > MAX_JSON_BYTES:
        raise _problem(path, f"would have {len(data)} bytes; at most {MAX_JSON_BYTES} can be read again")
    check_writable(path)
    target = Path(path).resolve()  # a link stays a link
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask())
        if new:
            os.link(temporary, target)  # refuses what is there already, without a moment in between
        else:
            os.replace(temporary, target)
            temporary = ""
    except FileExistsError:
        raise
    except OSError as error:
        raise _problem(path, f"cannot be written: {_why(error)}") from None
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def write_tree(path: str, files: Mapping[str, str]) -> None:
    """Write a new directory with these texts, by their paths in it: all of it, or nothing.

    Raises :class:`FileProblem`, as for what is there already: nothing is overwritten.
    """
    import shutil
    import tempfile
    from pathlib import Path

    target = Path(path)
    temporary = ""
    try:
        if os.path.lexists(target):
            raise _problem(path, "is there already, and nothing is overwritten; expected a new name")
        if not target.parent.is_dir():
            raise _problem(path, "is in a directory that does not exist; make it first")
        temporary = tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
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
        raise _problem(path, f"cannot be written: {_why(error)}") from None
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


def _json(document: Any, **form: Any) -> bytes:
    return (json.dumps(document, sort_keys=True, ensure_ascii=False, default=thaw, **form) + "\n").encode()


def check_writable(path: str) -> None:
    """:class:`FileProblem` if ``path`` is no place for a file, so that this is known before any work is done."""
    from pathlib import Path

    if path == STDIN:
        raise FileProblem("'-' is no file to write; expected a name (--json prints the result).")
    try:
        # A link in these directories leads to an open file, which is not ours to replace.
        if path.startswith(("/dev/", "/proc/")):
            raise _problem(path, "is a device; expected the name of a file to write")
        target = Path(path).resolve()
        if target.exists() and not target.is_file():
            raise _problem(path, f"is {_kind(target.stat().st_mode)}; expected the name of a file to write")
        if not target.parent.is_dir():
            raise _problem(path, "is in a directory that does not exist; make it first")
        if not os.access(target.parent, os.W_OK | os.X_OK):
            raise _problem(path, "is in a directory that cannot be written to; choose another")
    except FileProblem:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise _problem(path, f"cannot be written: {_why(error)}") from None


def read_bytes(path: str, limit: int, expected: str = "a JSON or TOML file") -> bytes:
    """The bytes of a regular file, or of standard input; :class:`FileProblem` for more than ``limit``.

    ``expected`` is what a message says of a file that is not there.
    """
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(limit + 1)
        else:
            mode = os.stat(path).st_mode
            if not stat.S_ISREG(mode):  # a FIFO would be waited for, a device could go on for ever
                raise _problem(path, f"is {_kind(mode)}; expected a regular file, or - for standard input")
            with open(path, "rb") as file:
                data = file.read(limit + 1)
    except FileNotFoundError:
        raise _problem(path, f"does not exist; expected {expected}") from None
    except (OSError, ValueError) as error:
        if isinstance(error, FileProblem):
            raise
        raise _problem(path, f"cannot be read: {_why(error)}") from None
    if len(data) > limit:
        size = f"{limit // 1024**2} MiB" if limit >= 1024**2 else f"{limit // 1024} KiB"
        raise _problem(path, f"is larger than {size}; expected a smaller document")
    return data


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFDIR: "a directory",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "no regular file")


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current


def _why(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def told_name(path: str) -> str:
    """How a file is called in messages."""
    return "standard input" if path == STDIN else path or "''"


def _problem(path: str, what: str) -> FileProblem:
    return FileProblem(f"{told_name(path)} {what}.")
