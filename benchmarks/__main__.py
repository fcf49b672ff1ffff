"""Measure, compare, profile: ``python -m benchmarks``, ``... compare OLD.json [NEW.json]``, ``... profile ROW``."""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from benchmarks import report
from benchmarks.measuring import QUICK, Effort, measured
from benchmarks.profiling import profile
from benchmarks.rows import Row, peer_rows, rows


def parser() -> argparse.ArgumentParser:
    """The arguments. No exit code depends on a time."""
    made = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    made.set_defaults(old=None, new=None, profile=False)
    _measuring(made)
    commands = made.add_subparsers(metavar="COMMAND")
    compare = commands.add_parser("compare", help="two results, row by row; without NEW it is measured now")
    compare.add_argument("old", type=Path, metavar="OLD.json")
    compare.add_argument("new", type=Path, metavar="NEW.json", nargs="?")
    _measuring(compare)
    profiling = commands.add_parser("profile", help="where the time of one row goes, by cProfile")
    profiling.set_defaults(profile=True, peers=False)
    profiling.add_argument("rows", metavar="ROW", help="the name of a row, or a pattern; the first that matches")
    profiling.add_argument("--sizes", type=_numbers, default=None, metavar="N,N")
    profiling.add_argument("--seconds", type=float, default=2.0, help="for how long to profile (2)")
    profiling.add_argument("--sort", default="tottime", help="as pstats sorts: tottime (default), cumtime, ncalls")
    profiling.add_argument("--lines", type=int, default=40)
    return made


def _measuring(made: argparse.ArgumentParser) -> None:
    made.add_argument("--rows", default="*", metavar="PATTERN", help="only rows whose name matches, as 'run*'")
    made.add_argument("--sizes", type=_numbers, default=None, metavar="N,N", help="only rows of these sizes")
    made.add_argument("--seconds", type=float, default=4.0, help="how long a row takes turns, about (4)")
    made.add_argument("--quick", action="store_true", help="two rounds of single calls: does it run at all?")
    made.add_argument("--peers", action="store_true", help="other engines too, each installed into its own environment")
    made.add_argument("--markdown", action="store_true", help="the rows that have a target, as a table for a page")
    made.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to a file")


def _numbers(text: str) -> list[int]:
    return [int(float(part)) for part in text.split(",")]


def chosen(options: argparse.Namespace) -> list[Row]:
    """The rows that the arguments ask for."""
    pattern, sizes = options.rows, options.sizes
    known = [*rows(), *(peer_rows() if options.peers else ())]
    return [row for row in known if fnmatch.fnmatchcase(row.name, pattern) and (sizes is None or row.size in sizes)]


def measure(asked: Iterable[Row], effort: Effort) -> dict[str, Any]:
    """Measure rows; before that, each is checked: ours and its yardstick do the same."""
    document: dict[str, Any] = {
        "machine": report.machine(),
        "rows": [],
        "schema": report.SCHEMA,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    for row in asked:
        report.progress(f"{row.name} {row.size or ''}")
        beside = row.build()
        try:
            beside.check()
            taken = effort if row.rounds is None else Effort(0.0, row.rounds, row.rounds, effort.shortest)
            document["rows"].append(report.entry(row, measured((beside.ours, *beside.yardsticks), taken)))
        finally:
            beside.stop()
    report.progress("")
    return document


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; ends with 2 if there is no such row or file."""
    options = parser().parse_args(arguments)
    asked = chosen(options)
    if not asked:
        names = sorted({row.name for row in rows()})
        _refuse(f"No row of these sizes matches '{options.rows}'; there are:\n  " + "\n  ".join(names))
    if options.profile:
        profile(asked[0], options.seconds, options.sort, options.lines)
        return 0
    old = None if options.old is None else _read(options.old)
    if old is not None:
        measured_then = {(one["name"], one["size"]) for one in old["rows"]}
        asked = [row for row in asked if (row.name, row.size) in measured_then]
    if options.new is not None:
        document = _read(options.new)
    else:
        document = measure(asked, QUICK if options.quick else Effort(seconds=options.seconds))
    if options.json is not None:
        options.json.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if old is not None:
        print(report.comparison(old, document))
    else:
        print((report.markdown if options.markdown else report.table)(document["rows"]))
    return 0


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
        schema = document["schema"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        _refuse(f"{path} cannot be read as what --json wrote: {error!r}")
    if schema != report.SCHEMA:
        _refuse(f"{path} has the schema {schema!r}; expected {report.SCHEMA!r}")
    return dict(document)


def _refuse(text: str) -> NoReturn:
    print(text, file=sys.stderr)
    raise SystemExit(2)


if __name__ == "__main__":
    sys.exit(main())
