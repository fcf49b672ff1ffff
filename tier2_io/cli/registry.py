"""tier2 registry: what is installed, written down, and held against what was."""

from __future__ import annotations

import os
from typing import Any

from tier2_core import InvalidValueError, Registry, freeze, same, thaw
from tier2_core.values.canonical import wrapper_digest
from tier2_io.cli.inputs import registry
from tier2_io.cli.main import BROKEN, DONE
from tier2_io.documents.files import FileProblem, located
from tier2_io.documents.outputs import check_writable
from tier2_io.documents.sources import read_object
from tier2_io.documents.writing import write_document
from tier2_io.screen import complain, safe, say, say_json

SCHEMA = "tier2.registry/1"
_KINDS = ("plugins", "missions", "operations")


def execute(options: Any) -> int:
    """Lock or check; exit code 5 if what is installed is broken, or another than was locked."""
    return _lock(options) if options.action == "lock" else _check(options)


def _lock(options: Any) -> int:
    check_writable(options.file)
    if os.path.exists(located(options.file)) and read_object(options.file).get("schema") != SCHEMA:
        raise FileProblem(f"{options.file} is there already and is no lock; expected one, or a new name.")
    known = registry(options)
    if known.failures:
        complain("tier2 registry: nothing was written, as a plugin is broken.")
        return BROKEN
    described = known.to_dict()
    document = {"fingerprint": known.fingerprint, "registry": described, "schema": SCHEMA}
    write_document(options.file, document)
    if options.json:
        say_json(document)
    else:
        counts = ", ".join(f"{kind}: {len(described[kind])}" for kind in _KINDS)
        say(f"Locked {known.fingerprint[:12]} in {safe(options.file)}; {counts}.")
    return DONE


def _check(options: Any) -> int:
    locked = _read(options.file)
    known = registry(options)
    changes = _changes(locked["registry"], known)
    if options.json:
        say_json({"changes": changes, "fingerprint": known.fingerprint, "locked": locked["fingerprint"]})
    elif changes:
        say(f"What is installed is not what {safe(options.file)} has locked:")
        for change in changes:
            say(f"  {safe(change)}")
    else:
        say(f"What is installed is what {safe(options.file)} has locked: {known.fingerprint[:12]}.")
    return BROKEN if changes or known.failures else DONE


def _read(path: str) -> dict[str, Any]:
    document = read_object(path)
    if document.get("schema") != SCHEMA or set(document) != {"fingerprint", "registry", "schema"}:
        raise FileProblem(f"{path} is no lock of a registry; expected what 'tier2 registry lock' writes.")
    try:
        locked = document["registry"]
        parts = {kind: [dict(entry) for entry in locked[kind]] for kind in _KINDS}
        described = {
            **{
                kind: [{name: freeze(part) for name, part in entry.items()} for entry in parts[kind]] for kind in _KINDS
            },
            "tier2": freeze(locked["tier2"]),
        }
        whole = set(locked) == set(described) and all(
            type(entry["name"]) is str for kind in _KINDS for entry in parts[kind]
        )
        fits = whole and wrapper_digest(described, tag="tier2/registry/v1") == document["fingerprint"]
    except (KeyError, TypeError, ValueError, InvalidValueError):
        fits = False
    if not fits:
        raise FileProblem(f"{path} is damaged: its fingerprint does not fit what it holds; lock the registry anew.")
    return {"fingerprint": document["fingerprint"], "registry": described}


def _changes(locked: dict[str, Any], known: Registry) -> list[str]:
    """A line for each thing that is new, gone or other than it was."""
    now = known.to_dict()
    found = []
    if not same(locked["tier2"], now["tier2"]):
        found.append(f"tier2 was {locked['tier2']} and is {now['tier2']}")
    for kind in _KINDS:
        what = kind[:-1]
        before, after = ({entry["name"]: entry for entry in entries[kind]} for entries in (locked, now))
        for name in sorted({*before, *after}):
            if name not in after:
                found.append(f"{what} '{name}' is gone")
            elif name not in before:
                found.append(f"{what} '{name}' is new")
            else:
                found += _fields(f"{what} '{name}'", before[name], after[name])
    return found


def _fields(what: str, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    found = []
    for name in sorted({*before, *after}):
        was, is_ = thaw(before.get(name)), after.get(name)
        if not same(was, is_):
            told = f": was {was!r} and is {is_!r}" if isinstance(was, str) and isinstance(is_, str) else " is another"
            found.append(f"{what}: {name.replace('_', ' ')}{told}")
    return found
