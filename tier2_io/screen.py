"""What people read: safe text, tables, progress; and what machines read: ASCII JSON."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from tier2_core import thaw
from tier2_io.host import answers, complaints

_STYLES = {
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "green": "\x1b[32m",
    "red": "\x1b[31m",
    "yellow": "\x1b[33m",
}  # ECMA-48, SGR

MANY = 50
"""From so many pieces of work on, progress is shown."""


def is_terminal() -> bool:
    """Whether there is somebody who can be shown something, and answer."""
    return sys.stdin.isatty() and answers().isatty()


def size() -> tuple[int, int]:
    """How many columns and lines the terminal has, as far as it says so."""
    try:
        columns, lines = os.get_terminal_size(answers().fileno())
    except (OSError, ValueError, AttributeError):
        columns = lines = 0
    return columns or 80, lines or 24


def safe(text: str) -> str:
    r"""``text`` on one line, with control and bidirectional characters escaped.

    Terminals obey some of them, and libraries that style text pass them through.

    >>> print(safe("a\x1b[31m\u202eb"))
    a\x1b[31m\u202eb
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def say(text: str = "", file: TextIO | None = None) -> None:
    """Print a line that is safe already."""
    print(text, file=file or answers())


def complain(text: str) -> None:
    """Print a message, of one or more lines, on standard error."""
    for line in text.split("\n"):
        say(safe(line), complaints())


def say_json(document: Any) -> None:
    """Print a document, or plain data with documents in it, as JSON in ASCII, which no terminal obeys."""
    say(json.dumps(document, indent=2, sort_keys=True, default=thaw))


def shown(value: Any, width: int = 60) -> str:
    """A value as short safe JSON."""
    text = safe(json.dumps(thaw(value), sort_keys=True, ensure_ascii=False))
    return text if len(text) <= width else text[: width - 1] + "…"


def say_table(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table of texts, which are made safe here; it is as wide as the terminal, or 100 columns."""
    out = answers()
    cells = [[_as_shown(safe(str(cell)), out) for cell in row] for row in rows]
    try:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:  # the extra makes it beautiful, not possible
        widths = [max(map(len, column)) for column in zip(headers, *cells, strict=True)]
        for row in (headers, *cells):
            say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for header in headers:
        table.add_column(Text(header), overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    # Not straight to standard output, where it would not be what we take it for.
    terminal = out.isatty()
    text = io.StringIO()
    Console(file=text, width=Console().width if terminal else 100, force_terminal=terminal, highlight=False).print(
        table
    )
    say(text.getvalue().rstrip("\n"))


def _as_shown(text: str, out: TextIO) -> str:
    """The text as a stream shows it: characters that it lacks take more room as what stands for them."""
    encoding, errors = getattr(out, "encoding", None), getattr(out, "errors", None)
    return text.encode(encoding, errors or "strict").decode(encoding) if encoding and errors != "strict" else text


def ask(question: str) -> str:
    """A line from whoever is at the terminal, asked where answers go; ``EOFError`` if nobody is there (any more)."""
    print(question, end="", file=answers(), flush=True)
    return input()


@contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Show on standard error how many of ``total`` are done, if it is a terminal and there are many.

    What is given is called with the number of those that were done meanwhile.
    """
    if total < MANY or not complaints().isatty():
        yield lambda count: None
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    except ImportError:
        yield lambda count: None
        return

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=complaints()), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)


def say_styled(*parts: tuple[str, str]) -> None:
    """Print a line of texts, which are made safe here, each with a style (a colour, ``bold``) that a terminal shows."""
    terminal = answers().isatty()
    say("".join(f"{_STYLES[style]}{safe(text)}\x1b[0m" if terminal and style else safe(text) for text, style in parts))
