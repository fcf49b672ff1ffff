"""Measure, compare, profile: ``python -m benchmarks``, ``... compare OLD.json [NEW.json]``, ``... profile ROW``."""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.measuring import QUICK, Effort, measured
from benchmarks.profiling import profile
from benchmarks.rows import Row, rows


def parser() -> argparse.ArgumentParser:
    """The arguments. No exit code depends on a time."""
    made = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    made.set_defaults(old=None, profile=None)
    _measuring(made)
    commands = made.add_subparsers(metavar="COMMAND")
    compare = commands.add_parser("compare", help="two results, row by row; without NEW it is measured now")
    compare.add_argument("old", type=Path, metavar="OLD.json")
    compare.add_argument("new", type=Path, metavar="NEW.json", nargs="?")
    _measuring(compare)
    profiling = commands.add_parser("profile", help="where the time of one row goes, by cProfile")
    profiling.add_argument("profile", metavar="ROW", help="the name of a row, or a pattern")
    profiling.add_argument("--sizes", type=_numbers, default=None, metavar="N,N")
    profiling.add_argument("--seconds", type=float, default=2.0, help="for how long to profile")
    profiling.add_argument("--sort", default="tottime", help="as pstats sorts: tottime (default), cumtime, ncalls")
    profiling.add_argument("--lines", type=int, default=40)
    return made


def _measuring(made: argparse.ArgumentParser) -> None:
    made.add_argument("--rows", default="*", metavar="PATTERN", help="only rows whose name matches, as 'run*'")
    made.add_argument("--sizes", type=_numbers, default=None, metavar="N,N", help="only rows of these sizes")
    made.add_argument("--seconds", type=float, default=4.0, help="how long a row takes turns, about (4)")
    made.add_argument("--quick", action="store_true", help="two rounds of single calls: does it run at all?")
    made.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to a file")


def _numbers(text: str) -> list[int]:
    return [int(float(part)) for part in text.split(",")]


def chosen(pattern: str, sizes: Sequence[int] | None) -> list[Row]:
    """The rows whose name matches, of these sizes."""
    return [row for row in rows() if fnmatch.fnmatchcase(row.name, pattern) and (sizes is None or row.size in sizes)]


def measure(pattern: str, sizes: Sequence[int] | None, effort: Effort) -> dict[str, Any]:
    """Measure rows; each is checked before: ours and its yardstick do the same."""
    document: dict[str, Any] = {
        "machine": report.machine(),
        "rows": [],
        "schema": report.SCHEMA,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    for row in chosen(pattern, sizes):
        report.progress(f"{row.name} {row.size or ''}")
        beside = row.build()
        beside.check()
        taken = effort if row.rounds is None else Effort(0.0, row.rounds, row.rounds, effort.shortest)
        document["rows"].append(report.entry(row, measured((beside.ours, *beside.yardsticks), taken)))
    report.progress("")
    return document


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; 2 if there is no such row or file."""
    options = parser().parse_args(arguments)
    pattern = options.profile if options.profile is not None else options.rows
    if not chosen(pattern, options.sizes):
        print(f"No row matches '{pattern}'; there are:", *sorted({row.name for row in rows()}), sep="\n  ")
        return 2
    if options.profile is not None:
        profile(chosen(pattern, options.sizes)[0], options.seconds, options.sort, options.lines)
        return 0
    old = None if options.old is None else json.loads(options.old.read_text(encoding="utf-8"))
    if old is not None and options.new is not None:
        document = json.loads(options.new.read_text(encoding="utf-8"))
    else:
        effort = QUICK if options.quick else Effort(seconds=options.seconds)
        document = measure(pattern, options.sizes, effort)
    if options.json is not None:
        options.json.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(report.table(document["rows"]) if old is None else report.comparison(old, document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
