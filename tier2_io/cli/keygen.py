"""tier2 keygen: a pair of keys."""

from __future__ import annotations

from typing import Any

from tier2_io.cli.main import DONE
from tier2_io.records.keys import generate
from tier2_io.screen import safe, say, say_json


def execute(options: Any) -> int:
    """Write the keys; neither file may be there."""
    name = generate(options.file)
    if options.json:
        say_json({"key_id": name, "private": options.file, "public": f"{options.file}.pub"})
        return DONE
    say(f"Key {name[:12]}: {safe(options.file)} signs and is for you alone; {safe(options.file)}.pub verifies.")
    return DONE
