"""Where the time of a row goes."""

from __future__ import annotations

import cProfile
import pstats
from time import perf_counter

from benchmarks.measuring import Call
from benchmarks.rows import Row


def profile(row: Row, seconds: float, sort: str, lines: int) -> None:
    """Call what a row measures for some seconds under cProfile, and print what took longest."""
    ours = row.build().ours
    if not isinstance(ours, Call):
        print(f"'{row.name}' is measured from outside; try python -X importtime, or -m tracemalloc.")
        return
    ours.sample()
    profiler = cProfile.Profile()
    calls, begin = 0, perf_counter()
    while perf_counter() - begin < seconds or not calls:
        given = () if ours.prepare is None else (ours.prepare(),)
        profiler.enable()
        ours.call(*given)
        profiler.disable()
        calls += 1
    print(f"{row.name}, size {row.size}: {calls} calls")
    pstats.Stats(profiler).sort_stats(sort).print_stats(lines)
