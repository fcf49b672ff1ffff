"""tier2 plugins check: how far a plugin can be trusted."""

from __future__ import annotations

import sys
from typing import Any

from tier2_io.cli.inputs import registry
from tier2_io.cli.main import BROKEN, DONE
from tier2_io.screen import complain, say, say_json
from tier2_io.testing import check_plugin


def execute(options: Any) -> int:
    """Check the plugin: exit code 5 if there is anything that its author should look at."""
    known = registry(options)
    if sys.stderr.isatty():
        complain(f"Running the missions of plugin '{options.name}' in fresh processes; this takes some seconds.")
    report = check_plugin(options.name, registry=known)
    if options.json:
        say_json(report.to_dict())
    else:
        say(str(report))  # which is safe
    return DONE if report.passed else BROKEN
