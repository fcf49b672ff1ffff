"""What a document misses of a schema, in words: what was found, and what was expected instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tier2_core.errors import LONGEST_QUOTED, cut
from tier2_core.values.words import counted, quoted, several, told

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

_TYPES = {
    "array": "a list", "boolean": "true or false", "integer": "a whole number", "null": "null", "number": "a number",
    "object": "an object", "string": "a string",
}  # fmt: skip

_Kind = Any  # what jsonschema_rs says of a mistake: an attribute for each part of it


def in_words(error: ValidationError | ValueError, document: Any) -> str:
    """The sentence for a mistake, without the place, which is told in front of it.

    ``document`` is what was judged; not all mistakes say themselves what they are about.
    """
    mistake: Any = error
    kind = mistake.kind
    keyword = next((part for part in reversed(mistake.schema_path) if type(part) is str), "")
    found = _at(document, mistake.instance_path)
    if kind.name == "propertyNames":
        inner = kind.error
        return f"found the key {_text(inner.instance)}; {_expected(inner, '')}, as a key"
    if kind.name == "falseSchema" and keyword in ("additionalProperties", "unevaluatedProperties"):
        keys = sorted(found) if type(found) is dict else []
        return f"found {_keys('key', keys)}; expected none"
    if kind.name in ("additionalProperties", "unevaluatedProperties"):
        return f"found {_keys('unknown key', sorted(kind.unexpected))}; expected none"
    if kind.name == "required":
        return f"found no key {quoted(kind.property)}; expected one"
    if kind.name == "uniqueItems" and type(found) is list:
        return f"found {told(found)}, in which an item comes twice; expected each once"
    if kind.name == "format" and mistake.instance_path[-2:-1] == ["patternProperties"]:
        return f"found the key {_text(mistake.instance_path[-1])}; {_expected(mistake, keyword)}"
    return f"found {told(found)}; {_expected(mistake, keyword)}"


def _at(document: Any, path: list[str | int]) -> Any:
    for token in path:
        document = document[token]
    return document


def _text(value: Any) -> str:
    return quoted(value) if type(value) is str else told(value)


def _keys(what: str, names: list[str]) -> str:
    """The keys that are too many, the first of them by name."""
    return f"the {what}{'s' if len(names) != 1 else ''} {several(names)}" if names else f"a {what}"


def _one_of(values: list[Any]) -> str:
    if len(values) == 1:
        return told(values[0])
    more = len(values) - 20
    return "one of " + ", ".join(told(value) for value in values[:20]) + (f" and {more:,} more" if more > 0 else "")


_EXPECTED: Mapping[str, Callable[[_Kind, str], str]] = {
    "additionalItems": lambda kind, _: f"at most {counted(kind.limit, 'item')}",
    "anyOf": lambda kind, _: "a value that one of the schemas in anyOf allows",
    "const": lambda kind, _: told(kind.expected_value),
    "contains": lambda kind, keyword: {
        "minContains": "more items that the schema in contains allows",
        "maxContains": "fewer items that the schema in contains allows",
    }.get(keyword, "an item that the schema in contains allows"),
    "enum": lambda kind, _: _one_of(kind.options),
    "exclusiveMaximum": lambda kind, _: f"less than {told(kind.limit)}",
    "exclusiveMinimum": lambda kind, _: f"more than {told(kind.limit)}",
    "falseSchema": lambda kind, _: "nothing here",
    "format": lambda kind, _: (
        "a pattern of ECMA-262, without look-around and back-references, as it has to be matched in linear time"
        if kind.format == "regex"
        else f"the format {quoted(kind.format)}"
    ),
    "maxItems": lambda kind, _: f"at most {counted(kind.limit, 'item')}",
    "maxLength": lambda kind, _: f"at most {counted(kind.limit, 'character')}",
    "maxProperties": lambda kind, _: f"at most {counted(kind.limit, 'member')}",
    "maximum": lambda kind, _: f"at most {told(kind.limit)}",
    "minItems": lambda kind, _: f"at least {counted(kind.limit, 'item')}",
    "minLength": lambda kind, _: f"at least {counted(kind.limit, 'character')}",
    "minProperties": lambda kind, _: f"at least {counted(kind.limit, 'member')}",
    "minimum": lambda kind, _: f"at least {told(kind.limit)}",
    "multipleOf": lambda kind, _: f"a multiple of {told(kind.multiple_of)}",
    "not": lambda kind, _: f"something that does not meet the schema {told(kind.schema)}",
    "oneOf": lambda kind, _: "a value that exactly one of the schemas in oneOf allows",
    "pattern": lambda kind, _: f"a string that matches {cut(kind.pattern)}",
    "type": lambda kind, _: " or ".join(_TYPES[name] for name in sorted(kind.types)),
    "unevaluatedItems": lambda kind, _: "no more items than the schema knows of",
    "uniqueItems": lambda kind, _: "each item once",
}


def _expected(mistake: Any, keyword: str) -> str:
    kind = mistake.kind
    alternatives = _alternatives(mistake) if kind.name in ("anyOf", "oneOf") else []
    if alternatives:
        return "expected " + " or ".join(alternatives)
    say = _EXPECTED.get(kind.name)
    return f"expected {say(kind, keyword)}" if say is not None else f"expected what {quoted(kind.name)} allows"


def _alternatives(mistake: Any) -> list[str]:
    """What the alternatives expect, where each of them expects one thing of the value itself."""
    said = []
    for branch in mistake.kind.context:
        if len(branch) != 1 or branch[0].instance_path != mistake.instance_path:
            return []
        say = None if branch[0].kind.name in ("anyOf", "oneOf") else _EXPECTED.get(branch[0].kind.name)
        if say is None:
            return []
        said.append(say(branch[0].kind, ""))
    return said if sum(map(len, said)) <= 3 * LONGEST_QUOTED else []
