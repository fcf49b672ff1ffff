"""The engine a second time, as plainly as can be: dicts, lists and deep copies.

It knows nothing of the product, not its paths, numbers or persistent maps, so that what both agree on is what
the contract says.
"""

from __future__ import annotations

import re
from copy import deepcopy
from fractions import Fraction
from typing import Any


class Failed(Exception):
    """The step fails."""


def model_run(payloads: list[dict[str, Any]], initial: dict[str, Any]) -> tuple[dict[str, Any], str, int]:
    """The state after the steps of these payloads, the status, and how many steps were executed."""
    state: Any = deepcopy(initial)
    for place, payload in enumerate(payloads):
        before = deepcopy(state)
        try:
            state = _apply(state, deepcopy(payload))
        except Failed:
            return before, "failed", place + 1
    return state, "succeeded", len(payloads)


def _apply(state: Any, payload: dict[str, Any]) -> Any:
    operation = payload.get("operation", "noop")
    if operation == "noop":
        return state
    if operation == "fail":
        raise Failed
    if operation == "emit":
        if "data_from" in payload and not isinstance(_looked_up(state, _tokens(payload["data_from"])), dict):
            raise Failed
        return state
    tokens = _tokens(payload["path"])
    if not tokens:
        return payload["value"]
    parent, key = _place(state, tokens)
    exists = key in parent if isinstance(parent, dict) else True
    if operation == "set":
        parent[key] = payload["value"]
        return state
    if not exists:
        raise Failed
    if operation == "delete":
        del parent[key]
    elif operation == "append":
        if not isinstance(parent[key], list):
            raise Failed
        parent[key].append(payload["value"])
    else:
        parent[key] = _sum(parent[key], payload.get("by", 1))
    return state


def _looked_up(state: Any, tokens: list[str]) -> Any:
    if not tokens:
        return state
    parent, key = _place(state, tokens)
    return parent[key] if isinstance(parent, list) else parent.get(key)


def _tokens(path: str) -> list[str]:
    if path.startswith("/"):
        return [token.replace("~1", "/").replace("~0", "~") for token in path[1:].split("/")]
    return path.split(".") if path else []


def _place(state: Any, tokens: list[str]) -> tuple[Any, Any]:
    """The container of the last token, and the key in it; in an array the element must exist."""
    here = state
    for place, token in enumerate(tokens):
        key: Any = token
        if isinstance(here, list):
            if not re.fullmatch("0|[1-9][0-9]*", token, re.ASCII) or int(token) >= len(here):
                raise Failed
            key = int(token)
        elif not isinstance(here, dict):
            raise Failed
        if place == len(tokens) - 1:
            return here, key
        if isinstance(here, dict) and key not in here:
            raise Failed
        here = here[key]
    raise AssertionError


def _sum(number: Any, by: Any) -> int | float:
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise Failed
    exact = Fraction(number) + Fraction(by)
    try:
        total = float(exact)
    except OverflowError:
        raise Failed from None
    # Fractions round, as everywhere; between whole numbers nothing may get lost.
    if Fraction(number).denominator == Fraction(by).denominator == 1 and Fraction(total) != exact:
        raise Failed
    return total
