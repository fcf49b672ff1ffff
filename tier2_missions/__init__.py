"""The built-in missions, a plugin like any other: it comes in by its entry point and knows only ``tier2_core``.

* ``daily_loop``: confirm priorities, summarise, prioritise, log and archive a day's tasks.
* ``echo``: says back what it was told.
* ``run_tests``: runs test documents that the state holds.

PYTEST_DONT_REWRITE, as in tier2_core.
"""

from tier2_core import Mission, Operation, hookimpl
from tier2_missions import daily_loop, echo, run_tests
from tier2_missions.daily_loop import run_daily_loop

__all__ = ["run_daily_loop", "tier2_missions", "tier2_operations"]


@hookimpl
def tier2_missions() -> list[Mission]:
    """daily_loop, echo and run_tests."""
    return [daily_loop.MISSION, echo.MISSION, run_tests.MISSION]


@hookimpl
def tier2_operations() -> list[Operation]:
    """What the steps of daily_loop and run_tests name."""
    return [*daily_loop.OPERATIONS, *run_tests.OPERATIONS]
