"""tier2 plugins: what is installed, where it is from, and what is broken and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from textwrap import wrap
from typing import Any

from tier2_io.cli.inputs import choice_of
from tier2_io.cli.main import BROKEN, DONE
from tier2_io.plugins.survey import survey
from tier2_io.screen import safe, say, say_json

_WIDTH = 86  # of 100 columns


def execute(options: Any) -> int:
    """List the plugins, or do what the action says; exit code 5 if a plugin is broken."""
    if options.action is not None:
        code: int = import_module(f"tier2_io.cli.plugins_{options.action}").execute(options)
        return code
    told = survey(choice_of(options))
    if options.json:
        say_json(told)
    else:
        _tell(told)
    return BROKEN if told["failures"] else DONE


def _tell(told: Mapping[str, Any]) -> None:
    if not told["plugins"]:
        say("No plugin is loaded.")
    for number, plugin in enumerate(told["plugins"]):
        if number:
            say()
        owner = f"{plugin['distribution']} {plugin['version']}".strip() or "a distribution without metadata"
        say(safe(f"{plugin['plugin']}, of {owner}"))
        _tell_names("missions", plugin["missions"])
        _tell_names("operations", plugin["operations"])
        _tell_origin(plugin)
    for failure in told["failures"]:
        say()
        say(safe(f"BROKEN: {failure['message']}"))
        _tell_origin(failure)
    if told["left_out"]:
        say()
        say(safe(f"Left out, as options or the environment say: {', '.join(told['left_out'])}"))


def _tell_names(what: str, names: Iterable[str]) -> None:
    lines = wrap(", ".join(map(safe, names)), _WIDTH, break_long_words=False, break_on_hyphens=False) or ["none"]
    for line, label in zip(lines, (what, *[""] * len(lines)), strict=False):
        say(f"  {label:<11} {line}")


def _tell_origin(one: Mapping[str, str]) -> None:
    if one["source"]:
        say(safe(f"  {'from':<11} {one['source']}{' in ' if one['location'] else ''}{one['location']}"))
