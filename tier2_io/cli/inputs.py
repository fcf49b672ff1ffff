"""What commands are given: params, changes of the state, and the installed missions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tier2_core import (
    CallerError,
    InvalidValueError,
    MissionRegistryEntry,
    PluginError,
    Registry,
    UnknownMissionError,
    format_pointer,
    freeze,
    parse_json,
    parse_path,
    thaw,
)
from tier2_core.errors import cut
from tier2_core.values.edit import set_with_parents
from tier2_io.plugins.installed import Choice, apart, chosen
from tier2_io.screen import complain, safe


class UsageProblem(CallerError):
    """An argument is not what the command takes."""


def choice_of(options: Any) -> Choice:
    """Which plugins are loaded, by options and environment; names that choose nothing are warned of."""
    choice = chosen(block=options.block, only=options.only, strict=options.strict)
    for doubt in choice.doubts():
        complain(f"warning: {doubt}")
    return choice


def registry(options: Any) -> Registry:
    """The plugins that options and environment leave; one that is broken is left out with a warning.

    With ``--strict`` it is a :class:`PluginError`.
    """
    loaded = choice_of(options).registry()
    for failure in loaded.failures:
        complain(f"warning: a plugin was left out: {safe(str(failure))}")
    return apart(loaded)


def entry_of(known: Registry, name: str) -> MissionRegistryEntry:
    """The mission's entry; if there is none and a plugin was left out, that is what is broken."""
    try:
        return known.get(name)
    except UnknownMissionError as error:
        if known.failures:
            raise PluginError(str(error)) from None
        raise


def params(pairs: Iterable[str]) -> Mapping[str, Any]:
    """The params of ``--param KEY=VALUE``."""
    made: dict[str, Any] = {}
    for pair in pairs:
        key, value = _pair("--param", pair, "KEY=VALUE")
        if key in made:
            raise UsageProblem(f"--param {cut(key)} is given twice; expected each param once.")
        made[key] = value
    try:
        return freeze(made)  # type: ignore[return-value]
    except InvalidValueError as error:
        raise UsageProblem(f"--param: {error}") from None


def initial_state(path: str | None, changes: Iterable[str]) -> Any:
    """The state in a file (default: empty) with the changes of ``--set POINTER=VALUE`` made."""
    state: Any = freeze({})
    if path is not None:
        from tier2_io.documents.sources import read_state

        state = read_state(path)
    for change in changes:
        pointer, value = _pair("--set", change, "POINTER=VALUE")
        try:
            state = set_with_parents(state, parse_path(pointer), freeze(value))
        except InvalidValueError as error:
            raise UsageProblem(f"--set {cut(pointer)}: {error}") from None
    return state


def unknown_params(given: Mapping[str, Any], schema: Mapping[str, Any] | None) -> list[str]:
    """A sentence for each param that the mission's schema does not name, if it names any.

    What is a slip of one that it names is refused when the mission is planned.
    """
    from tier2_core.errors import did_you_mean
    from tier2_core.missions.mission import mistyped

    known = thaw(schema or {}).get("properties")
    if not isinstance(known, dict):
        return []
    refused = {path for path, _ in mistyped(schema or {}, given)}
    return [
        f"warning: param '{cut(name)}' is none of the mission's and may be ignored{did_you_mean(name, known) or '.'}"
        for name in sorted(given)
        if name not in known and format_pointer([name]) not in refused
    ]


def _pair(option: str, text: str, form: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageProblem(f"{option} {cut(text)!r} is not of the form {form}.")
    return key, value_of(f"{option} {cut(key)}", value)


def value_of(what: str, text: str) -> Any:
    """The value as JSON if it parses, else as text; what is JSON beyond the limits is refused, not text."""
    try:
        json.loads(text, parse_constant=_no_json)
    except RecursionError:
        pass
    except json.JSONDecodeError:
        return text
    except ValueError as error:
        if isinstance(error, _NoJson):
            return text
    try:
        return parse_json(text)
    except InvalidValueError as error:
        raise UsageProblem(f"{what}: {error}") from None


class _NoJson(ValueError):
    pass


def _no_json(name: str) -> Any:
    raise _NoJson(name)
