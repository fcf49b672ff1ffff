"""What was measured, as a document, a table, and a comparison of two documents."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from typing import Any

from benchmarks.measuring import Measured
from benchmarks.rows import Row

SCHEMA = "tier2.benchmarks/1"


def machine() -> dict[str, Any]:
    """Where the numbers come from."""
    import pyrsistent

    return {
        "attrs": version("attrs"),
        "cpus": os.cpu_count(),
        "implementation": platform.python_implementation(),
        "platform": f"{platform.system()} {platform.machine()}",
        "pyrsistent": version("pyrsistent"),
        "pyrsistent_c_extension": not type(pyrsistent.pvector()).__module__.startswith("pyrsistent."),
        "python": platform.python_version(),
        "tier2": version("tier2-missions"),
    }


def entry(row: Row, measured: Sequence[Measured]) -> dict[str, Any]:
    """One row as plain data; times are seconds, memory is bytes, for one call."""
    ours, *yardsticks = measured
    return {
        "at_most": row.at_most,
        "name": row.name,
        "ours": _one(ours),
        "rounds": len(ours.samples),
        "size": row.size,
        "yardsticks": [{**_one(yardstick), "ratio": ours.ratio_to(yardstick)} for yardstick in yardsticks],
    }


def _one(measured: Measured) -> dict[str, Any]:
    return {"median": measured.median, "name": measured.name, "spread": measured.spread, "unit": measured.unit}


HEADINGS = ("row", "size", "tier2", "±", "yardstick", "its", "ratio", "target", "")


def table(entries: Iterable[dict[str, Any]]) -> str:
    """All rows, one line for each yardstick, for a screen."""
    return "\n".join(_aligned([HEADINGS, *(line for one in entries for line in lines(one))]))


def markdown(entries: Iterable[dict[str, Any]]) -> str:
    """The rows that have a target, for a page."""
    cells = [HEADINGS, ("---",) * len(HEADINGS)]
    cells += [next(lines(one)) for one in entries if one["at_most"] is not None]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def lines(one: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """The cells of one row."""
    ours = one["ours"]
    for place, yardstick in enumerate(one["yardsticks"]):
        first = place == 0
        limit = one["at_most"] if first else None
        yield (
            one["name"] if first else "",
            _size(one["size"]) if first else "",
            amount(ours["median"], ours["unit"]) if first else "",
            f"{ours['spread']:.0%}" if first else "",
            yardstick["name"],
            amount(yardstick["median"], yardstick["unit"]),
            f"{yardstick['ratio']:.3g}",
            "" if limit is None else f"≤ {limit:g}",
            "" if limit is None else "ok" if yardstick["ratio"] <= limit else "over",
        )


def comparison(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Two documents, row by row: the times, and the ratios to the first yardstick, which no machine's mood changes."""
    before = {(one["name"], one["size"]): one for one in old["rows"]}
    cells = [("row", "size", "old", "new", "new/old", "old ratio", "new ratio", "new/old", "target", "")]
    for one in new["rows"]:
        was = before.get((one["name"], one["size"]))
        if was is None:
            continue
        mine, ratio = one["ours"], one["yardsticks"][0]["ratio"]
        old_median, old_ratio = was["ours"]["median"], was["yardsticks"][0]["ratio"]
        limit = one["at_most"]
        cells.append(
            (
                one["name"],
                _size(one["size"]),
                amount(old_median, mine["unit"]),
                amount(mine["median"], mine["unit"]),
                f"{mine['median'] / old_median:.2f}" if old_median else "",
                f"{old_ratio:.3g}",
                f"{ratio:.3g}",
                f"{ratio / old_ratio:.2f}" if old_ratio else "",
                "" if limit is None else f"≤ {limit:g}",
                "" if limit is None else "ok" if ratio <= limit else "over",
            )
        )
    notes = [
        f"{name}: {old['machine'].get(name)} then, {new['machine'].get(name)} now"
        for name in sorted(new["machine"])
        if old["machine"].get(name) != new["machine"].get(name)
    ]
    return "\n".join([*_aligned(cells), *notes])


_SCALES = {
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
    "B": ((1e6, "MB"), (1e3, "kB"), (1.0, "B")),
}


def amount(value: float, unit: str) -> str:
    """A time or a number of bytes with three digits and a unit that suits it."""
    scales = _SCALES[unit]
    scale, name = next((one for one in scales if abs(value) >= one[0]), scales[-1])
    scaled = value / scale
    return f"{scaled:.0f} {name}" if abs(scaled) >= 100 else f"{scaled:.3g} {name}"


def _size(size: int) -> str:
    return f"{size:,}" if size else ""


def _aligned(cells: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    numeric = [
        all(line[column][:1].isdigit() or line[column][:1] in "-≤" for line in cells[1:] if line[column])
        for column in range(len(cells[0]))
    ]
    return [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in cells
    ]


def progress(text: str) -> None:
    """What is being measured, on standard error when somebody is looking."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()
