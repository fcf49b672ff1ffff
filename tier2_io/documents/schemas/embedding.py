"""Schemas of missions inside other schemas: moved there with their references, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from tier2_core import InvalidSpecError, parse_path, thaw
from tier2_core.values.schema import schema_problems

_ONE = (
    "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then",
    "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")
_IMMOVABLE = ("$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveAnchor", "$recursiveRef")

Tokens = tuple[str, ...]


class Definitions:
    """The ``$defs`` of a schema, with schemas from elsewhere; ``warn`` is told of those that cannot be there."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self.made: dict[str, Any] = {}
        self._warn = warn

    def hold(self, schema: Any, name: str, what: str, form: Callable[[Any, str], Any]) -> dict[str, Any] | None:
        """A reference to ``schema`` in a form (:func:`embedded` or :func:`advice`); ``None`` if it is left out."""
        name = re.sub("[^A-Za-z0-9_]", "-", name)  # so that a reference to it needs no escapes
        while name in self.made:
            name += "-"
        try:
            schema_problems(schema, {})
            moved = form(schema, f"#/$defs/{name}")
        except InvalidSpecError as error:
            self._warn(f"{what} is left out: {error}")
            return None
        if moved is None:
            self._warn(f"{what} is left out: it gives names to its parts, or refers to others than its own.")
            return None
        self.made[name] = moved
        return {"$ref": f"#/$defs/{name}"}


def embedded(schema: Any, place: str) -> Any:
    """``schema`` as it has to be written at ``place``, a reference such as ``#/$defs/params``; ``None`` if it cannot.

    References into the schema itself then lead to the same parts at the new place. By their pointers alone, and not by
    an ``$id`` of its own, as editors do not follow those. One with names for its parts, or with references elsewhere,
    is not moved.

    >>> embedded({"items": {"$ref": "#"}}, "#/$defs/tree")
    {'items': {'$ref': '#/$defs/tree'}}
    """
    plain = thaw(schema)
    if type(plain) is not dict:
        return plain
    plain.pop("$schema", None)
    parts = dict(_parts(plain, ()))
    for part in parts.values():
        if any(name in part for name in ("$schema", *_IMMOVABLE)):
            return None
        if "$ref" in part and _target(part["$ref"]) not in parts:
            return None
    for part in parts.values():
        if "$ref" in part:
            part["$ref"] = place + part["$ref"][1:]
    return plain


def _target(reference: Any) -> Tokens | None:
    """The tokens that a reference leads to in its own schema; ``None`` if it leads out of it."""
    if type(reference) is not str or not reference.startswith("#"):
        return None
    pointer = unquote(reference[1:])
    return parse_path(pointer) if pointer[:1] in ("", "/") else None


def _parts(schema: Any, tokens: Tokens) -> Iterator[tuple[Tokens, dict[str, Any]]]:
    """The schema and all that are in it, each with its tokens; what stands in a ``const`` is none.

    One that is a boolean has nothing in it, and comes as an empty one.
    """
    yield tokens, schema if type(schema) is dict else {}
    for name in sorted(schema) if type(schema) is dict else ():
        inner = schema[name]
        if name in _ONE:
            yield from _parts(inner, (*tokens, name))
        elif name in _MANY and type(inner) is list:
            for index, part in enumerate(inner):
                yield from _parts(part, (*tokens, name, str(index)))
        elif name in _NAMED and type(inner) is dict:
            for key in sorted(inner):
                yield from _parts(inner[key], (*tokens, name, key))


def advice(schema: Any, place: str) -> Any:
    """What ``schema`` says to people, and nothing that it refuses: for what it describes but does not bind.

    >>> advice({"required": ["n"], "properties": {"n": {"type": "integer", "description": "How many."}}}, "#")
    {'properties': {'n': {'description': 'How many.'}}}
    """
    if embedded(schema, place) is None:
        return None
    made = _advice(thaw(schema))
    parts = dict(_parts(made, ()))
    for part in parts.values():
        if "$ref" in part and _target(part["$ref"]) not in parts:
            del part["$ref"]  # it leads into what was left out
    return embedded(made, place)


def _advice(schema: Any) -> Any:
    if type(schema) is not dict:
        return {}
    made = {name: schema[name] for name in ("$ref", "default", "description", "examples", "title") if name in schema}
    for name in ("additionalProperties", "items"):
        if type(schema.get(name)) is dict:
            made[name] = _advice(schema[name])
    for name in ("$defs", "definitions", "properties"):
        if type(schema.get(name)) is dict:
            made[name] = {key: _advice(schema[name][key]) for key in sorted(schema[name])}
    return made
