"""What the payloads of the built-in operations must be, checked before any step runs.

Each check raises :class:`InvalidSpecError` with the end of a sentence; the envelope says which step and operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyrsistent import PMap

from tier2_core.errors import InvalidSpecError, InvalidValueError
from tier2_core.values.freeze import a_type
from tier2_core.values.paths import parse_path
from tier2_core.values.predicates import check_predicate
from tier2_core.values.seal import VECTOR
from tier2_core.workflow.effects import data_problem, kind_problem

MAX_PATCH_OPERATIONS = 1_000
"""How many operations a JSON Patch in a payload has at most."""

Check = Callable[[PMap[str, Any]], None]


def _refuse(message: str, key: str) -> InvalidSpecError:
    return InvalidSpecError(message, field=f"payload.{key}")


def checked(*parts: Check) -> Check:
    """The check that asks all of ``parts``, in their order."""

    def check(payload: PMap[str, Any]) -> None:
        for part in parts:
            part(payload)

    return check


def path(payload: PMap[str, Any], key: str = "path") -> None:
    """``path``, dotted or a JSON Pointer; or another ``key`` that holds one."""
    if key not in payload:
        raise _refuse(f"its payload has no '{key}'; expected the path of a place in the state", key)
    if type(payload[key]) is not str:
        raise _refuse(f"its '{key}' is {a_type(type(payload[key]))}; expected a string", key)
    try:
        parse_path(payload[key])
    except InvalidValueError as error:
        raise _refuse(str(error).rstrip("."), key) from None


def path_below_root(payload: PMap[str, Any]) -> None:
    """``path``, and not that of the whole state."""
    path(payload)
    if not payload["path"]:
        raise _refuse("its 'path' is the whole state; expected a place in it", "path")


def value(payload: PMap[str, Any]) -> None:
    """``value``, whatever it is."""
    if "value" not in payload:
        raise _refuse("its payload has no 'value'; expected the value to write", "value")


def object_for_root(payload: PMap[str, Any]) -> None:
    """``value``, an object if it replaces the whole state."""
    if not payload["path"] and type(payload["value"]) is not PMap:
        raise _refuse(
            f"its 'value' is {a_type(type(payload['value']))}; expected an object, as it replaces the whole state",
            "value",
        )


def by(payload: PMap[str, Any]) -> None:
    """``by``, a number, if it is there."""
    if type(payload.get("by", 1)) not in (int, float):
        raise _refuse(f"its 'by' is {a_type(type(payload['by']))}; expected a number", "by")


def reason(payload: PMap[str, Any]) -> None:
    """``reason``, a text, if it is there."""
    if type(payload.get("reason", "")) is not str:
        raise _refuse(f"its 'reason' is {a_type(type(payload['reason']))}; expected a string", "reason")


def merge(payload: PMap[str, Any]) -> None:
    """``patch``, and ``path`` if it is there; what is merged into the whole state must be an object."""
    if "patch" not in payload:
        raise _refuse("its payload has no 'patch'; expected a JSON Merge Patch", "patch")
    if "path" in payload:
        path(payload)
    if not payload.get("path", "") and type(payload["patch"]) is not PMap:
        raise _refuse(
            f"its 'patch' is {a_type(type(payload['patch']))}; expected an object, as it merges into the whole state",
            "patch",
        )


def ops(payload: PMap[str, Any]) -> None:
    """``ops``, a list of operation objects; what they say is found out when they are applied."""
    found: Any = payload.get("ops")
    if type(found) is not VECTOR:
        what = "its payload has no 'ops'" if "ops" not in payload else f"its 'ops' is {a_type(type(found))}"
        raise _refuse(f"{what}; expected a JSON Patch, a list of operations", "ops")
    if len(found) > MAX_PATCH_OPERATIONS:
        raise _refuse(f"its 'ops' has {len(found)} operations; expected at most {MAX_PATCH_OPERATIONS}", "ops")


def expectation(payload: PMap[str, Any]) -> None:
    """``path``, ``op`` and, but for ``exists`` and ``absent``, ``expected``."""
    path(payload)
    if "op" not in payload:
        raise _refuse("its payload has no 'op'; expected an operator of expectations, as 'eq'", "op")
    try:
        check_predicate(payload["op"], payload.get("expected"))
    except InvalidSpecError as error:
        raise _refuse(str(error).rstrip("."), error.field) from None
    if payload["op"] not in ("exists", "absent") and "expected" not in payload:
        raise _refuse(f"its payload has no 'expected'; expected what '{payload['op']}' compares with", "expected")


def effect(payload: PMap[str, Any]) -> None:
    """``effect``, and ``data``, an object, or ``data_from``, the path of one in the state; not both."""
    if "effect" not in payload:
        raise _refuse("its payload has no 'effect'; expected the kind of one, such as 'mail.send'", "effect")
    problem = kind_problem(payload["effect"])
    if problem:
        raise _refuse(f"its 'effect' {problem}", "effect")
    if "data" in payload and "data_from" in payload:
        raise _refuse("its payload has both 'data' and 'data_from'; expected one of them", "data_from")
    if "data_from" in payload:
        path(payload, "data_from")
    if "data" in payload:
        if type(payload["data"]) is not PMap:
            raise _refuse(f"its 'data' is {a_type(type(payload['data']))}; expected an object", "data")
        problem = data_problem(payload["data"])
        if problem:
            raise _refuse(f"its 'data' {problem}", "data")
