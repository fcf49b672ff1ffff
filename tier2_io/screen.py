"""What people read: safe text, tables, progress; and what machines read: ASCII JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from tier2_core import CallerError, thaw

MANY = 50
"""From so many pieces of work on, progress is shown."""


class MissingExtra(CallerError):
    """A library that the command line needs is not installed."""


def safe(text: str) -> str:
    r"""``text`` on one line, with control and bidirectional characters escaped.

    Terminals obey some of them, and libraries that style text pass them through.

    >>> print(safe("a\x1b[31m\u202eb"))
    a\x1b[31m\u202eb
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def say(text: str = "", file: TextIO | None = None) -> None:
    """Print a line that is safe already."""
    print(text, file=file or sys.stdout)


def complain(text: str) -> None:
    """Print a message, of one or more lines, on standard error."""
    for line in text.split("\n"):
        say(safe(line), sys.stderr)


def say_json(document: Any) -> None:
    """Print a document, or plain data with documents in it, as JSON in ASCII, which no terminal obeys."""
    say(json.dumps(document, indent=2, sort_keys=True, default=thaw))


def shown(value: Any, width: int = 60) -> str:
    """A value as short safe JSON."""
    text = safe(json.dumps(thaw(value), sort_keys=True, ensure_ascii=False))
    return text if len(text) <= width else text[: width - 1] + "…"


def say_table(headers: Sequence[str], rows: Sequence[Sequence[Any]], title: str = "") -> None:
    """Print a table of texts, which are made safe here; it is as wide as the terminal, or 100 columns."""
    try:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        raise MissingExtra("tables need the library rich; install it with: pip install 'tier2[cli]'") from None
    table = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False, show_edge=False)
    for header in headers:
        table.add_column(Text(header), overflow="fold")
    for row in rows:
        table.add_row(*(Text(safe(str(cell))) for cell in row))
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 100, highlight=False).print(table)


@contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[], None]]:
    """Show on standard error how many of ``total`` are done, if it is a terminal and there are many."""
    if total < MANY or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def say_styled(*parts: tuple[str, str]) -> None:
    """Print a line of texts, which are made safe here, each with a style that a terminal shows."""
    if not sys.stdout.isatty():
        say("".join(safe(text) for text, _ in parts))
        return
    from rich.console import Console
    from rich.text import Text

    line = Text()
    for text, style in parts:
        line.append(safe(text), style=style or None)
    Console(file=sys.stdout, highlight=False, soft_wrap=True).print(line)
