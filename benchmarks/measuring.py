"""Measuring: contenders take turns, round by round, and what counts is the median of the rounds' ratios.

On a machine that is shared, speed drifts by a factor of two within a minute. Two numbers that were measured one after
the other say little about each other; two that were measured within the same tenth of a second do. So each round
measures every contender of a row once, in an order that rotates, and a ratio is formed within the round. That is why
this is a loop of our own: pyperf, the well-kept library for the rest, gives each contender processes of its own, one
after the other.

The garbage collector stays on, as it is in programs. What a row has built before its first round is moved out of the
collector's sight (``gc.freeze``), and so is what a call is handed, so that a contender pays for the garbage that it
makes, and not for walking the inputs of the others.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter_ns
from typing import Any, Protocol

from attrs import define, frozen

SHORTEST = 0.005
"""How many seconds a sample of short calls lasts at least; a clock tick and a loop are nothing beside it."""


class Contender(Protocol):
    """Something that can be measured: ``warm_up`` once, then ``sample`` once a round."""

    @property
    def name(self) -> str: ...

    @property
    def unit(self) -> str:
        """``s`` or ``B``."""
        ...

    def warm_up(self, shortest: float) -> float:
        """Get going; how many seconds a sample takes, roughly."""
        ...

    def sample(self) -> float:
        """One measurement, for one call."""
        ...


@define
class Call:
    """Calls in this process, in seconds. With ``prepare``, each call gets a value that was made for it beforehand."""

    name: str
    call: Callable[..., Any]
    prepare: Callable[[], Any] | None = None
    unit: str = "s"
    number: int = 1
    per: int = 1

    def warm_up(self, shortest: float) -> float:
        # The first call of all is for caches and lazy imports; it tells of later ones only if it was a long one.
        taken = self._sum()
        if taken < 1_000 * shortest:
            taken = self._sum()
        while taken < shortest and self.number < 1_000_000:
            self.number = max(2 * self.number, int(1.2 * self.number * shortest / max(taken, 1e-9)))
            taken = self._sum()
        return taken

    def sample(self) -> float:
        return self._sum() / self.number / self.per

    def _sum(self) -> float:
        number, call = self.number, self.call
        if self.prepare is None:
            turns = range(number)
            begin = perf_counter_ns()
            for _ in turns:
                call()
            taken = perf_counter_ns() - begin
        else:
            prepared = [self.prepare() for _ in range(number)]
            gc.freeze()
            begin = perf_counter_ns()
            for value in prepared:
                call(value)
            taken = perf_counter_ns() - begin
        return taken / 1e9


@frozen
class Process:
    """A fresh process, in seconds of the wall clock; with ``reported``, the seconds that it prints itself."""

    name: str
    arguments: Sequence[str]
    reported: bool = False
    unit: str = "s"

    def warm_up(self, shortest: float) -> float:
        # The first time writes the .pyc files and gets everything into the cache of the file system.
        self._run()
        return self._run()[0]

    def sample(self) -> float:
        wall, printed = self._run()
        return float(printed) if self.reported else wall

    def _run(self) -> tuple[float, str]:
        # With .pyc files, as after any installation, whatever this process was told about them.
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        begin = perf_counter_ns()
        done = subprocess.run(self.arguments, capture_output=True, text=True, check=False, env=env)
        taken = (perf_counter_ns() - begin) / 1e9
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(self.arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        return taken, done.stdout


@frozen
class Memory:
    """The bytes that a call has beside what it gives back, at its worst moment."""

    name: str
    call: Callable[[], Any]
    unit: str = "B"

    def warm_up(self, shortest: float) -> float:
        return 0.0

    def sample(self) -> float:
        gc.collect()
        tracemalloc.start()
        try:
            kept = self.call()
            _, peak = tracemalloc.get_traced_memory()
            gc.collect()
            now, _ = tracemalloc.get_traced_memory()
            del kept
            return float(peak - now)
        finally:
            tracemalloc.stop()


def python(*arguments: str, name: str = "", reported: bool = False) -> Process:
    """A process of this Python."""
    return Process(name or f"python {' '.join(arguments)}", (sys.executable, *arguments), reported)


def tier2(*arguments: str) -> Process:
    """A process of the command line that is installed beside this Python."""
    return Process(f"tier2 {' '.join(arguments)}", (str(Path(sys.executable).with_name("tier2")), *arguments))


@frozen
class Measured:
    """What the rounds gave for one contender: ``samples``, one a round."""

    name: str
    unit: str
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle of the samples."""
        return median(self.samples)

    @property
    def spread(self) -> float:
        """The interquartile range, as a part of the median."""
        if len(self.samples) < 2 or not self.median:
            return 0.0
        low, _, high = quantiles(self.samples, n=4, method="inclusive")
        return (high - low) / self.median

    def ratio_to(self, yardstick: Measured) -> float:
        """The median of the ratios within each round."""
        return median(
            [mine / other if other else 1.0 for mine, other in zip(self.samples, yardstick.samples, strict=True)]
        )


@frozen
class Effort:
    """How much time a row gets: rounds until ``seconds`` are over, but at least ``fewest`` and at most ``most``."""

    seconds: float = 4.0
    fewest: int = 3
    most: int = 31
    shortest: float = SHORTEST


QUICK = Effort(0.0, 2, 2, 0.0)
"""As little as shows that everything runs."""


def measured(contenders: Sequence[Contender], effort: Effort) -> tuple[Measured, ...]:
    """Measure contenders in turn; the result is in their order."""
    gc.collect()
    gc.freeze()
    try:
        cost = sum(contender.warm_up(effort.shortest) for contender in contenders)
        rounds = max(effort.fewest, min(effort.most, int(effort.seconds / cost) if cost else effort.fewest))
        samples: list[list[float]] = [[] for _ in contenders]
        for turn in range(rounds):
            for place in range(len(contenders)):
                who = (place + turn) % len(contenders)
                samples[who].append(contenders[who].sample())
    finally:
        gc.unfreeze()
    return tuple(
        Measured(contender.name, contender.unit, tuple(values))
        for contender, values in zip(contenders, samples, strict=True)
    )
