"""The operations: pure functions from state to state. What the state holds, each looks at before it believes it.

A state is a persistent map: ``state.set(...)`` gives a new one, which shares with the old what is the same.
"""

import re
from collections.abc import Mapping
from typing import Any

from tier2_core import Operation, OperationCall, StepFailed, freeze, thaw

_VERSION = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)", re.ASCII)
_LEVELS = ("major", "minor", "patch")


def tick(state: Any, call: OperationCall) -> Any:
    """Write down who has looked at the check, at ``checks.<n>.by``."""
    wanted, checks = call.payload["id"], _list(state, "checks")
    for place, check in enumerate(_checks(checks)):
        if check["id"] == wanted:
            return state.set("checks", checks.set(place, checks[place].set("by", call.payload["by"])))
    known = ", ".join(sorted(repr(check["id"]) for check in _checks(checks)))
    raise StepFailed(f"there is no check {wanted!r}; there are {known or 'none'}")


def check_tick(payload: Mapping[str, Any]) -> str | None:
    """Both are texts."""
    wrong = sorted(name for name in ("id", "by") if not isinstance(payload.get(name), str))
    return f"'{wrong[0]}' is no text" if wrong else None


def ready(state: Any, call: OperationCall) -> Any:
    """Change nothing, and fail unless every check is ticked and there is something to release."""
    open_ = [repr(check["id"]) for check in _checks(_list(state, "checks")) if not check.get("by")]
    if open_:
        raise StepFailed(f"nobody has ticked {', '.join(open_)}")
    if not _list(state, "changes"):
        raise StepFailed("there is nothing to release: 'changes' is empty")
    _version(state)
    return state


def number(state: Any, call: OperationCall) -> Any:
    """Work out the next version, at ``draft.version``: semantic versioning, whatever the level says."""
    version, place = _version(state), _LEVELS.index(call.payload["level"])
    following = [*version[:place], version[place] + 1, *[0] * (2 - place)]
    draft = state.get("draft", freeze({}))
    return state.set("draft", draft.set("version", ".".join(map(str, following))))


def check_number(payload: Mapping[str, Any]) -> str | None:
    """The level is one that there is."""
    if payload.get("level") in _LEVELS:
        return None
    return f"'level' is {payload.get('level')!r}; expected one of {', '.join(_LEVELS)}"


def enter(state: Any, call: OperationCall) -> Any:
    """Enter the draft as a release, and begin the next one: no changes, no ticks, no draft."""
    draft, changes, releases = thaw(state.get("draft", {})), _list(state, "changes"), _list(state, "releases")
    if not isinstance(draft.get("version"), str):
        raise StepFailed("the draft has no version")
    notes = draft.get("notes", "; ".join(map(str, changes)))
    release = {"changes": changes, "notes": notes, "version": draft["version"]}
    checks = [{**check, "by": None} for check in _checks(_list(state, "checks"))]
    new = {"changes": [], "checks": checks, "releases": releases.append(freeze(release)), "version": draft["version"]}
    return state.update(freeze(new)).discard("draft")


def _list(state: Any, name: str) -> Any:
    found = state.get(name)
    if not isinstance(thaw(found), list):
        raise StepFailed(f"'{name}' is no list")
    return found


def _checks(found: Any) -> list[dict[str, Any]]:
    checks: list[Any] = thaw(found)
    for place, check in enumerate(checks):
        if not isinstance(check, dict) or not isinstance(check.get("id"), str):
            raise StepFailed(f"'checks.{place}' is no check with an 'id'")
    return checks


def _version(state: Any) -> list[int]:
    found = state.get("version")
    match = _VERSION.fullmatch(found) if isinstance(found, str) else None
    if match is None:
        raise StepFailed(f"'version' is {found!r}; expected one as in '1.4.2'")
    return [int(part) for part in match.groups()]


OPERATIONS = [
    Operation("release_check.tick", tick, check_tick, "Ticks a check off."),
    Operation("release.ready", ready, None, "Fails unless all is ready for a release."),
    Operation("release.number", number, check_number, "Works out the next version."),
    Operation("release.enter", enter, None, "Enters the release, and begins the next one."),
]
