"""Where the time of a row goes: functions for a call in this process, modules for a process that starts."""

from __future__ import annotations

import cProfile
import pstats
import re
import subprocess
import sys
from time import perf_counter

from benchmarks.measuring import Call, Process
from benchmarks.rows import Row


def profile(row: Row, seconds: float, sort: str, lines: int) -> None:
    """Print what takes longest in what a row measures of tier2."""
    ours = row.build().ours
    if isinstance(ours, Call):
        _functions(ours, seconds, sort, lines)
    elif isinstance(ours, Process):
        _modules(ours, lines)
    else:
        print(f"'{row.name}' is about memory; profile the row of the same call that is about time.")


def _functions(ours: Call, seconds: float, sort: str, lines: int) -> None:
    ours.sample()
    profiler = cProfile.Profile()
    calls, begin = 0, perf_counter()
    while perf_counter() - begin < seconds or not calls:
        given = () if ours.prepare is None else (ours.prepare(),)
        profiler.enable()
        ours.call(*given)
        profiler.disable()
        calls += 1
    print(f"{ours.name}: {calls} calls")
    pstats.Stats(profiler).sort_stats(sort).print_stats(lines)


def _modules(ours: Process, lines: int) -> None:
    arguments = ours.arguments if ours.arguments[0] == sys.executable else (sys.executable, *ours.arguments)
    command = [sys.executable, "-X", "importtime", *arguments[1:]]
    subprocess.run(command, capture_output=True, check=True)
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    found = re.findall(r"^import time: +(\d+) \| +(\d+) \| (.+)$", told, re.MULTILINE)
    print(f"{ours.name}: {len(found)} modules, {sum(int(own) for own, _, _ in found) / 1000:.1f} ms")
    print(f"{'own ms':>8} {'all ms':>8}  module")
    for own, whole, name in sorted(found, key=lambda one: -int(one[0]))[:lines]:
        print(f"{int(own) / 1000:8.2f} {int(whole) / 1000:8.2f}  {name.strip()}")
