"""Changes of a state as people read them: what is new, what is other than before, what is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tier2_core import format_pointer, make_patch, parse_path, resolve_path, same, thaw
from tier2_io.screen import safe, say_styled, shown

MOST_LINES = 16

NEW, OTHER, GONE = "+", "~", "-"
STYLES = {NEW: "green", OTHER: "yellow", GONE: "red"}


def changes(before: Any, after: Any) -> list[tuple[str, str, str]]:
    """The changes from one document to another, each a sign, a place, and what is there now (and was before)."""
    found: list[tuple[str, str, str]] = []
    document = before
    for op in thaw(make_patch(before, after)):
        found += _told(op, document)
    return found


def say_changes(before: Any, after: Any, indent: str = "    ") -> None:
    """Print the changes, coloured where there are colours; many are cut short."""
    lines = changes(before, after)
    if not lines:
        say_styled((f"{indent}nothing is changed", ""))
    width = min(36, max((len(place) for _, place, _ in lines), default=0))
    for sign, place, text in lines[:MOST_LINES]:
        say_styled((f"{indent}{sign} {place.ljust(width)}  {text}", STYLES[sign]))
    if len(lines) > MOST_LINES:
        say_styled((f"{indent}… and {len(lines) - MOST_LINES} more changes", ""))


def _told(op: dict[str, Any], before: Any) -> Iterator[tuple[str, str, str]]:
    path = op["path"]
    if op["op"] == "remove":
        found, gone = resolve_path(before, path)
        yield GONE, _place(path), shown(gone) if found else ""
    elif op["op"] == "replace":
        found, old = resolve_path(before, path)
        yield from _replaced(path, old if found else None, op["value"])
    elif op["op"] == "add":
        yield from _added(path, op["value"])
    else:
        yield OTHER, _place(path), f"{op['op']} from {_place(op['from'])}"


def _replaced(path: str, old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    """A patch replaces a whole object where that is shorter; people want to know what in it is other."""
    if not isinstance(old, Mapping) or not isinstance(new, dict):
        yield OTHER, _place(path), f"{shown(old, 30)} → {shown(new)}"
        return
    for name in sorted({*old, *new}):
        below = path + format_pointer([name])
        if name not in new:
            yield GONE, _place(below), shown(old[name])
        elif name not in old:
            yield from _added(below, new[name])
        elif not same(old[name], new[name]):
            yield from _replaced(below, old[name], new[name])


def _added(path: str, value: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from _added(path + format_pointer([name]), part)
    else:
        yield NEW, _place(path), shown(value)


def _place(path: str) -> str:
    """The place in its dotted form, which is easier to read, wherever that leads to the same place."""
    dotted = ".".join(parse_path(path))
    return safe(dotted if parse_path(dotted) == parse_path(path) else path) or "the whole state"
