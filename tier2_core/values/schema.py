"""JSON Schema 2020-12, as far as tier2 asks it: is this a schema, and does a document meet it.

Schemas come from documents, so that both questions end, whatever the schema: patterns are matched in linear time,
nothing is fetched, and how often the subschemas are asked of a document is counted before they are.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tier2_core.errors import cut, first_told
from tier2_core.values.canonical import canonical_json
from tier2_core.values.thaw import thaw

if TYPE_CHECKING:
    from tier2_core.values.schema_judge import Judge

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_LARGEST_KEPT = 64 * 1024


def check_schema(schema: Any, *, field: str = "schema") -> None:
    """:class:`InvalidSchemaError` if ``schema`` is no JSON Schema 2020-12; ``field`` is what holds it.

    A pattern is one of ECMA-262 without look-around and back-references. A ``$ref`` leads to something in the schema,
    and not back to itself for the same part of a document.

    >>> check_schema({"type": "strin"})
    Traceback (most recent call last):
    tier2_core.errors.InvalidSchemaError: Field 'schema' is no JSON Schema (2020-12): at '/type', found "strin"; \
expected one of "array", "boolean", "integer", "null", "number", "object", "string" or a list.
    """
    _judge(schema, field)


def schema_problems(schema: Any, document: Any, *, field: str = "schema") -> tuple[tuple[str, str], ...]:
    """How ``document`` misses ``schema``: a ``(JSON Pointer, message)`` for each, sorted; empty if it meets it.

    References outside the schema are not followed: nothing is fetched. ``format`` is not asserted. Of what is so
    large that it would take long to find all mistakes, the first is told.

    >>> schema_problems({"type": "array", "items": {"type": "string"}}, ["a", 1])
    (('/1', 'found 1; expected a string'),)
    """
    judge = _judge(schema, field)
    return judge.problems(thaw(document), field)


def told_problems(problems: tuple[tuple[str, str], ...]) -> str:
    """The first of the problems as the end of a sentence, and how many more there are.

    >>> told_problems((("", "found 1; expected a list"), ("/a", "found 2; expected null")))
    "found 1; expected a list; at '/a', found 2; expected null"
    """
    return "; ".join(first_told([f"at '{cut(path)}', {message}" if path else message for path, message in problems]))


def _judge(schema: Any, field: str) -> Judge:
    text = canonical_json(schema)
    # To hold a schema against its meta-schema takes longer than the rest of a run; it is the same every time.
    return (_known_judge if len(text) <= _LARGEST_KEPT else _new_judge)(text, field)


def _new_judge(text: bytes, field: str) -> Judge:
    # Imported here: it takes longer than everything else together, and most runs have no schema.
    from tier2_core.values.schema_judge import judge_of

    return judge_of(text, field, DIALECT)


_known_judge = lru_cache(maxsize=128)(_new_judge)
