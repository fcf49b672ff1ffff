"""JSON Schema 2020-12, as far as tier2 asks it: is this a schema, and does a document meet it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tier2_core.errors import InvalidSchemaError
from tier2_core.values.freeze import thaw
from tier2_core.values.paths import format_pointer

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_LONGEST_MESSAGE = 300


def check_schema(schema: Any, *, field: str = "schema") -> None:
    """:class:`InvalidSchemaError` if ``schema`` is no JSON Schema 2020-12; ``field`` is what holds it.

    >>> check_schema({"type": "strin"})
    Traceback (most recent call last):
    tier2_core.errors.InvalidSchemaError: Field 'schema' is no JSON Schema (2020-12): at '/type', 'strin' is not \
valid under any of the given schemas.
    """
    _validator(schema, field)


def schema_problems(schema: Any, document: Any, *, field: str = "schema") -> tuple[tuple[str, str], ...]:
    """How ``document`` misses ``schema``: a ``(JSON Pointer, message)`` for each, sorted; empty if it meets it.

    References outside the schema are not followed: nothing is fetched. ``format`` is not asserted.

    >>> schema_problems({"type": "array", "items": {"type": "string"}}, ["a", 1])
    (('/1', "1 is not of type 'string'"),)
    """
    validator = _validator(schema, field)
    from referencing.exceptions import Unresolvable

    plain = thaw(document)
    try:
        found = {(format_pointer(error.absolute_path), _short(error.message)) for error in validator.iter_errors(plain)}
    except Unresolvable as error:
        raise InvalidSchemaError(
            f"Field '{field}' has a $ref to '{error.ref}' that is not in the schema; expected one inside it.",
            field=field,
        ) from None
    except RecursionError:
        raise InvalidSchemaError(
            f"Field '{field}' is a schema that refers to itself without end; expected one that comes to an end.",
            field=field,
        ) from None
    except (re.error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        # The meta-schema does not look at what a $ref leads to, and jsonschema fails on it as it happens to.
        raise InvalidSchemaError(
            f"Field '{field}' is a schema that cannot be evaluated; expected each $ref to lead to a schema.",
            field=field,
        ) from None
    return tuple(sorted(found))


def _validator(schema: Any, field: str) -> Draft202012Validator:
    # Imported here: it takes longer than everything else together, and most runs have no schema.
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import best_match
    from referencing import Registry

    plain = thaw(schema)
    if type(plain) is dict and plain.get("$schema", DIALECT) not in (DIALECT, DIALECT + "#"):
        raise InvalidSchemaError(
            f"Field '{field}' names the dialect {plain['$schema']!r}; expected {DIALECT!r}.", field=field
        )
    formats = FormatChecker(formats=())
    formats.checks("regex", raises=(re.error, OverflowError, RecursionError))(_is_pattern)
    try:
        problems = list(
            Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=formats).iter_errors(plain)
        )
    except RecursionError as error:
        raise InvalidSchemaError(f"Field '{field}' is no JSON Schema (2020-12): {error}.", field=field) from None
    problem = best_match(problems)
    if problem is not None:
        where = format_pointer(problem.absolute_path)
        raise InvalidSchemaError(
            f"Field '{field}' is no JSON Schema (2020-12): {f'at {where!r}, ' if where else ''}"
            f"{_short(problem.message)}.",
            field=field,
        )
    return Draft202012Validator(plain, registry=Registry())


def _is_pattern(value: Any) -> bool:
    """Whether a value is what the meta-schema calls a ``regex``; ``pattern`` and ``patternProperties`` hold them."""
    return not isinstance(value, str) or bool(re.compile(value))


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 1] + "…"
