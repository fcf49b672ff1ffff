"""What a fresh process does: loads the plugins, runs every case, and writes down what it sees, line by line.

The parent is :mod:`tier2_io.trust.replay`. Each line of the reply is JSON and says what has happened so far, so that
when the process hangs or dies it is known where: ``registry`` or ``failed``; ``at`` before a factory or an operation
runs; ``touch``; ``seen`` after each case; ``end``.
"""

from __future__ import annotations

import faulthandler
import json
import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import attrs

from tier2_core import Registry, load_registry
from tier2_core.errors import described
from tier2_core.missions.announced import GROUP
from tier2_io.trust.guard import Place, Touch, Watch, guarded
from tier2_io.trust.observing import Case, Observation, observed


def run_cases(
    registry: Registry,
    cases: Sequence[Case],
    *,
    passes: Sequence[bool],
    entered: Callable[[int, int, Place], None] = lambda number, index, place: None,
    touched: Callable[[int, Touch], None] = lambda index, touch: None,
    seen: Callable[[int, int, Observation], None],
) -> None:
    """Run all cases once a pass, watched; a pass says whether the input is rebuilt."""
    for number, rebuilt in enumerate(passes):
        for index, case in enumerate(cases):
            watch = Watch(case.mission, partial(entered, number, index), partial(touched, index))
            seen(number, index, observed(case, guarded(registry, watch), rebuilt=rebuilt))


def main(job: dict[str, Any]) -> None:
    """Do a job of :mod:`tier2_io.trust.replay`: the plugins to load, the cases to run, and where to write."""
    limit, own = float(job["limit"]), os.getpid()
    trace, reply = open(job["trace"], "w"), open(job["reply"], "w")  # noqa: SIM115 - as long as the process

    def tell(**line: Any) -> None:
        if os.getpid() != own:  # a plugin has forked, and this is what it has made
            os._exit(0)
        reply.write(json.dumps(line) + "\n")
        reply.flush()

    def entered(number: int, index: int, place: Place) -> None:
        faulthandler.dump_traceback_later(limit, exit=True, file=trace)
        tell(at=[number, index, attrs.asdict(place)])

    faulthandler.enable(trace, all_threads=False)
    faulthandler.dump_traceback_later(limit, exit=True, file=trace)
    try:
        registry = _loaded(job["plugins"], job["modules"])
    except Exception as error:  # noqa: BLE001 - whatever a module does when it is imported
        tell(failed=described(error))
        return
    tell(registry=registry.fingerprint)
    run_cases(
        registry,
        [Case(**case) for case in job["cases"]],
        passes=[job["rebuilt"]] * job["passes"],
        entered=entered,
        touched=lambda index, touch: tell(touch=[index, attrs.asdict(touch)]),
        seen=lambda number, index, observation: tell(seen=[number, index, observation]),
    )
    tell(end=True)
    if threading.active_count() > 1:  # a plugin's, which need never end
        os._exit(0)
    faulthandler.dump_traceback_later(limit, exit=True, file=trace)


def _loaded(plugins: Sequence[str], modules: Sequence[str]) -> Registry:
    """The registry of these installed plugins and these modules, and of nothing else that is installed."""
    block = {point.name for point in entry_points(group=GROUP)} - set(plugins)
    return load_registry(
        [import_module(name) for name in modules], entry_points=bool(plugins), block=block, strict=False
    )
