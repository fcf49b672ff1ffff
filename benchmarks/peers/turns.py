"""The side of a peer: in an environment of its own, it waits for its turn and says how long it took.

Nothing here needs more than the standard library, as nobody knows what a peer's environment has.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchmarks.workloads import plain_plan, plain_state

STATE = plain_state(10)
STEPS: list[dict[str, Any]] = plain_plan()["steps"]


def changed(state: Any, payload: dict[str, Any]) -> dict[str, Any]:
    """What a step makes of the members that it touches, as an update for those who copy nothing deeper."""
    if "operation" not in payload:
        return {}
    first, _, rest = payload["path"].partition(".")
    value = payload["value"]
    if payload["operation"] == "append":
        return {first: [*state[first], value]}
    return {first: {**state[first], rest: value} if rest else value}


def take_turns(run: Callable[[], dict[str, Any]]) -> None:
    """Print the final state; then, for each number that comes in, run as often and print the seconds of one run."""
    print(json.dumps(run(), sort_keys=True), flush=True)
    for line in sys.stdin:
        turns = range(int(line))
        begin = perf_counter()
        for _ in turns:
            run()
        print((perf_counter() - begin) / len(turns), flush=True)
