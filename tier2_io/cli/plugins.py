"""tier2 plugins: what is installed, and what can be said of it."""

from __future__ import annotations

from typing import Any

from tier2_io.cli.inputs import UsageProblem


def execute(options: Any) -> int:
    """Do what the action says."""
    if options.action == "check":
        from tier2_io.cli.plugin_check import execute as check

        return check(options)
    raise UsageProblem("expected an action: check NAME.")
