"""tier2 missions: what is installed."""

from __future__ import annotations

from typing import Any

from tier2_io.cli.inputs import registry
from tier2_io.cli.main import BROKEN, DONE
from tier2_io.screen import say, say_json, say_table


def execute(options: Any) -> int:
    """List the missions; exit code 5 if a plugin was left out."""
    known = registry(options)
    entries = [known.missions[name] for name in sorted(known.missions)]
    if options.json:
        say_json({"fingerprint": known.fingerprint, "missions": [entry.to_dict() for entry in entries]})
    elif entries:
        rows = [
            (entry.name, entry.mission.version, entry.mission.summary, f"{entry.distribution} {entry.version}".strip())
            for entry in entries
        ]
        say_table(("mission", "version", "what it does", "from"), rows)
    else:
        say("No missions are installed.")
    return BROKEN if known.failures else DONE
