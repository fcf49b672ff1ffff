"""release_checklist: a checklist that is ticked off, and releases that somebody says yes to."""

from release_checklist.operations import OPERATIONS
from release_checklist.plans import MISSIONS
from tier2_core import Mission, Operation, hookimpl


@hookimpl
def tier2_missions() -> list[Mission]:
    """``release_check`` and ``release``."""
    return MISSIONS


@hookimpl
def tier2_operations() -> list[Operation]:
    """Each is named after the mission that it belongs to."""
    return OPERATIONS
