"""Small JSON documents made from a JSON Schema: always the same ones for the same schema.

What a schema says is taken as a hint; :func:`candidates` then asks the validator about each document, so that
what it gives is never wrong, only not everything. ``examples`` and ``default`` in a schema are taken as they are,
which is how an author helps where hints are not enough, as with a ``pattern``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice, zip_longest
from typing import Any

from tier2_core import canonical_json, freeze, resolve_path, thaw
from tier2_core.errors import InvalidSchemaError, InvalidValueError
from tier2_core.values.schema import check_schema, schema_problems

MOST = 24
"""How many documents are made of one schema."""

_EACH = 8
_DEPTH = 5
_LARGEST = 1_000
_ODD_TEXT = "é\u2028😀"
_WORDS = (
    "a", "", "A", "0", "1", "ab", "abc", "abcdef", "a1", "a-b", "a_b", "a.b", "A1", "AB", "ABC", "en-GB", "1.0.0", "v1",
    "2026-03-02", "12:00", "12:00:00", "2026-03-02T12:00:00Z", "a@example.org", "https://example.org/", "#00ff00",
    "/a", "a/b", "10", "100", "12345", "00000000-0000-4000-8000-000000000000", "abc123", "a b", "A b", _ODD_TEXT,
)  # fmt: skip
_FORMATS = {
    "date": ["2026-03-02", "2024-02-29"],
    "date-time": ["2026-03-02T12:00:00Z"],
    "duration": ["P1D"],
    "email": ["a@example.org"],
    "hostname": ["example.org"],
    "ipv4": ["192.0.2.1"],
    "ipv6": ["2001:db8::1"],
    "json-pointer": ["/a", ""],
    "regex": ["a*"],
    "time": ["12:00:00Z"],
    "uri": ["https://example.org/"],
    "uuid": ["00000000-0000-4000-8000-000000000000"],
}
_OTHERS: tuple[Any, ...] = (None, True, -1, 0.5, "", "a", [], [None], {}, {"a": 1})
_KEYWORDS = {
    "array": ("items", "prefixItems", "minItems", "maxItems", "contains", "uniqueItems"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties"),
    "string": ("minLength", "maxLength", "pattern", "format"),
}


def candidates(schema: Any, extra: Iterable[Any] = (), most: int = MOST) -> list[Any]:
    """Plain documents that meet a schema, the simplest first, at most ``most``; ``extra`` come before them.

    Raises :class:`InvalidSchemaError` for what is no schema.

    >>> candidates({"type": "integer", "minimum": 3}, most=3)
    [3, 4, 5]
    >>> candidates({"type": "object", "properties": {"n": {"enum": [1, 2]}}, "required": ["n"]}, most=2)
    [{'n': 1}, {'n': 2}]
    """
    plain = thaw(schema)
    check_schema(plain)
    made = _distinct(chain(extra, _careful(_values(plain, plain, 0))))
    return list(islice((value for value in made if not schema_problems(plain, value)), most))


def others(documents: Iterable[Any], most: int = 4 * MOST) -> list[Any]:
    """The documents, each with one place at a time holding something else; what a schema would mostly refuse.

    >>> others([{"n": 1, "m": 2}], most=2)
    [{'m': None, 'n': 1}, {'m': 2, 'n': True}]
    """
    given = list(documents)
    known = set(map(canonical_json, given))
    made = _distinct(_in_turn(map(_with_others, given)))
    return list(islice((value for value in made if canonical_json(value) not in known), most))


def _with_others(document: Any) -> Iterator[Any]:
    places = [place for place in _places(document) if place]
    for turn in range(len(_OTHERS)):
        for at, place in enumerate(places):
            yield _replaced(document, place, _OTHERS[(turn + at) % len(_OTHERS)])


def _careful(values: Iterator[Any]) -> Iterator[Any]:
    """The values as far as they go: a reference may lead to what nobody has checked to be a schema."""
    try:
        yield from values
    except (re.error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return


def _distinct(values: Iterable[Any]) -> Iterator[Any]:
    seen = set()
    for value in values:
        try:
            key = canonical_json(value)
        except InvalidValueError:
            continue
        if key not in seen:
            seen.add(key)
            yield thaw(freeze(value))


def _values(schema: Any, root: Any, depth: int) -> Iterator[Any]:
    if not isinstance(schema, dict):
        if schema is not False:
            yield from _OTHERS
        return
    if "const" in schema:
        yield schema["const"]
        return
    yield from schema.get("examples", ())
    if "default" in schema:
        yield schema["default"]
    if "enum" in schema:
        yield from schema["enum"]
        return
    if depth > _DEPTH:
        return
    for name in ("anyOf", "oneOf"):
        if name in schema:
            rest = {key: value for key, value in schema.items() if key not in (name, "examples", "default")}
            yield from _in_turn(_values(_both(rest, branch), root, depth + 1) for branch in schema[name])
            return
    if "allOf" in schema:
        whole = {key: value for key, value in schema.items() if key not in ("allOf", "examples", "default")}
        for branch in schema["allOf"]:
            whole = _both(whole, _followed(branch, root))
        yield from _values(whole, root, depth + 1)
        return
    if "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key not in ("$ref", "examples", "default")}
        yield from _values(_both(rest, _followed(schema, root)), root, depth + 1)
        return
    kinds = schema.get("type") or [kind for kind, words in _KEYWORDS.items() if any(word in schema for word in words)]
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not kinds:
        yield from _OTHERS
    yield from _in_turn(_of_kind(kind, schema, root, depth) for kind in kinds)


def _of_kind(kind: str, schema: dict[str, Any], root: Any, depth: int) -> Iterator[Any]:
    if kind == "null":
        yield None
    elif kind == "boolean":
        yield from (False, True)
    elif kind in ("integer", "number"):
        yield from _numbers(schema, whole=kind == "integer")
    elif kind == "string":
        yield from _texts(schema)
    elif kind == "array":
        yield from _arrays(schema, root, depth)
    elif kind == "object":
        yield from _objects(schema, root, depth)


def _numbers(schema: dict[str, Any], *, whole: bool) -> Iterator[Any]:
    step = schema.get("multipleOf", 1 if whole else 0.5)
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and "exclusiveMinimum" in schema:
        low = schema["exclusiveMinimum"] + step
    if high is None and "exclusiveMaximum" in schema:
        high = schema["exclusiveMaximum"] - step
    near = [low, low + step, low + 2 * step] if low is not None else []
    near += [high, high - step, high - 2 * step] if high is not None else []
    for number in (*near, 1, 0, 2, -1, 5, 6, 100, step, -step, 2**53 - 1, -(2**53) + 1, 0.5, 1e300):
        yield int(number) if whole and float(number).is_integer() else number


def _texts(schema: dict[str, Any]) -> Iterator[str]:
    if schema.get("format") in _FORMATS and "pattern" not in schema:
        yield from _FORMATS[schema["format"]]
        return
    least = min(schema.get("minLength", 0), _LARGEST + 1)
    longest = min(schema.get("maxLength", max(least, 300)), _LARGEST)
    words = [*_WORDS, "a" * least, "a" * longest]
    pattern = schema.get("pattern")
    if pattern is None and least <= 1:
        words = ["a", "", "é\u2028😀", "a b", "a" * longest, "0"]
    yield from (word for word in words if least <= len(word) and (pattern is None or re.search(pattern, word)))


def _arrays(schema: dict[str, Any], root: Any, depth: int) -> Iterator[list[Any]]:
    fixed = [_some(part, root, depth, 1) for part in schema.get("prefixItems", ())]
    if not all(fixed):
        return
    head = [part for (part,) in fixed]
    items = _some(schema.get("items", True), root, depth)
    if "contains" in schema:
        items = [*_some(schema["contains"], root, depth, 2), *items]
    least = max(schema.get("minItems", 0) - len(head), 0)
    if not items or least > _LARGEST:
        yield head
        return
    enough = (items * (least // len(items) + 1))[:least]
    yield head + enough
    yield head + enough + items[:1]
    yield head + items[: max(least, 2)]
    for item in items[1:]:
        yield [*head, item, *items[1:least]]
    yield head + items
    yield head + items[:1] * max(least, 3)


def _objects(schema: dict[str, Any], root: Any, depth: int) -> Iterator[dict[str, Any]]:
    properties = {name: _some(part, root, depth) for name, part in schema.get("properties", {}).items()}
    loose = schema.get("additionalProperties", True)
    for name in schema.get("required", ()):
        properties.setdefault(name, _some(loose, root, depth))
    required = {name: properties[name][0] for name in schema.get("required", ()) if properties[name]}
    full = {name: values[0] for name, values in properties.items() if values}
    yield required
    yield full
    yield {name: next(filter(None, values), values[0]) for name, values in properties.items() if values}
    yield {
        name: max(values, key=lambda value: len(canonical_json(value))) for name, values in properties.items() if values
    }
    # One property at a time through its values, all properties in turn.
    for name, value in _in_turn(((name, value) for value in values) for name, values in properties.items()):
        yield {**(full if depth else required), name: value}
    yield {name: values[-1] for name, values in properties.items() if values}
    for name in properties:
        yield {other: value for other, value in full.items() if other != name}
    if loose is not False:
        yield {**required, "something-else": next(_values(loose, root, depth + 1), None)}


def _some(schema: Any, root: Any, depth: int, most: int = _EACH) -> list[Any]:
    """The first few documents for a part of a schema, each of which meets that part."""
    if schema is True:
        return list(_OTHERS[:most])
    named = {name: root[name] for name in ("$defs", "definitions") if isinstance(root, dict) and name in root}
    whole = {**named, **schema} if isinstance(schema, dict) else schema
    made = islice(_distinct(_values(schema, root, depth + 1)), 2 * _EACH)
    return list(islice((value for value in made if _fits(whole, value)), most))


def _fits(schema: Any, value: Any) -> bool:
    try:
        return not schema_problems(schema, value)
    except InvalidSchemaError:  # of a part that refers to another; the whole is asked again
        return True


def _followed(schema: Any, root: Any) -> Any:
    """What a ``$ref`` inside the schema leads to; ``{}`` for any other, of which nothing is known."""
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    if not isinstance(reference, str):
        return schema
    if reference == "#":
        return root
    found, target = resolve_path(root, reference[1:]) if reference.startswith("#/") else (False, None)
    return thaw(target) if found else {}


def _both(rest: dict[str, Any], branch: Any) -> Any:
    if not isinstance(branch, dict):
        return False if branch is False else rest
    merged = {**rest, **branch}
    if "properties" in rest and "properties" in branch:
        merged["properties"] = {**rest["properties"], **branch["properties"]}
    if "required" in rest and "required" in branch:
        merged["required"] = [*rest["required"], *branch["required"]]
    return merged


def _in_turn(streams: Iterable[Iterator[Any]]) -> Iterator[Any]:
    """One of each stream, then another of each, until all are empty."""
    nothing = object()
    for values in zip_longest(*streams, fillvalue=nothing):
        yield from (value for value in values if value is not nothing)


def _places(document: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a plain document, the outer ones first."""
    found, level = [above], [(above, document)]
    while level:
        below = []
        for place, value in level:
            if isinstance(value, Mapping):
                below += [((*place, name), value[name]) for name in sorted(value)]
            elif isinstance(value, list):
                below += [((*place, index), part) for index, part in enumerate(value[:2])]
        found += [place for place, _ in below]
        level = below
    return found


def _replaced(document: Any, place: tuple[Any, ...], other: Any) -> Any:
    if not place:
        return other
    if isinstance(document, list):
        return [_replaced(part, place[1:], other) if at == place[0] else part for at, part in enumerate(document)]
    return {name: _replaced(part, place[1:], other) if name == place[0] else part for name, part in document.items()}
