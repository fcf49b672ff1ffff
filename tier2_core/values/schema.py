"""JSON Schema 2020-12, as far as tier2 asks it: is this a schema, and does a document meet it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tier2_core.errors import InvalidSchemaError
from tier2_core.values.canonical import canonical_json, parse_json
from tier2_core.values.paths import format_pointer
from tier2_core.values.thaw import thaw

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_LONGEST_MESSAGE = 300

_LARGEST_KEPT = 64 * 1024

_followed: ContextVar[set[tuple[int, int]]] = ContextVar("_followed")
"""The references that are being followed, each with the part of the document that it is followed for."""


class _Endless(Exception):
    """A reference is followed for what it is already being followed for."""


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
    token = _followed.set(set())
    try:
        found = {(format_pointer(error.absolute_path), _short(error.message)) for error in validator.iter_errors(plain)}
    except Unresolvable as error:
        raise InvalidSchemaError(
            f"Field '{field}' has a $ref to '{error.ref}' that is not in the schema; expected one inside it.",
            field=field,
        ) from None
    except (_Endless, RecursionError):
        raise _endless(field) from None
    except (re.error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        # The meta-schema does not look at what a $ref leads to, and jsonschema fails on it as it happens to.
        raise InvalidSchemaError(
            f"Field '{field}' is a schema that cannot be evaluated; expected each $ref to lead to a schema.",
            field=field,
        ) from None
    except BaseException as error:
        # What rpds, in Rust, makes of an exhausted stack; it is no Exception and cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise _endless(field) from None
    finally:
        _followed.reset(token)
    return tuple(sorted(found))


def _endless(field: str) -> InvalidSchemaError:
    return InvalidSchemaError(
        f"Field '{field}' is a schema that refers to itself without end; expected one that comes to an end.",
        field=field,
    )


def _validator(schema: Any, field: str) -> Draft202012Validator:
    text = canonical_json(schema)
    # To hold a schema against its meta-schema takes longer than the rest of a run; it is the same every time.
    return (_known_validator if len(text) <= _LARGEST_KEPT else _new_validator)(text, field)


def _new_validator(text: bytes, field: str) -> Draft202012Validator:
    # Imported here: it takes longer than everything else together, and most runs have no schema.
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import best_match
    from referencing import Registry

    plain = thaw(parse_json(text))
    if type(plain) is dict and plain.get("$schema", DIALECT) not in (DIALECT, DIALECT + "#"):
        raise InvalidSchemaError(
            f"Field '{field}' names the dialect {plain['$schema']!r}; expected {DIALECT!r}.", field=field
        )
    if type(plain) is dict:
        plain.pop("$schema", None)  # said and checked; jsonschema would take it for a change of the validator
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
    return _judge()(plain, registry=Registry())


_known_validator = lru_cache(maxsize=128)(_new_validator)


@lru_cache(maxsize=1)
def _judge() -> type[Draft202012Validator]:
    """The validator of jsonschema, but for references that lead back to themselves.

    Left alone it would follow them until the stack is exhausted, which ends differently at each depth of the
    caller's own stack, and within its Rust parts in a panic.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    def once(follow: Callable[..., Any]) -> Callable[..., Any]:
        def followed(validator: Any, reference: Any, instance: Any, schema: Any) -> Iterator[Any]:
            here, under_way = (id(schema), id(instance)), _followed.get()
            if here in under_way:
                raise _Endless
            under_way.add(here)
            try:
                yield from follow(validator, reference, instance, schema) or ()
            finally:
                under_way.discard(here)

        return followed

    keywords = ("$dynamicRef", "$ref")
    judge: type[Draft202012Validator] = extend(
        Draft202012Validator, {name: once(Draft202012Validator.VALIDATORS[name]) for name in keywords}
    )
    return judge


def _is_pattern(value: Any) -> bool:
    """Whether a value is what the meta-schema calls a ``regex``; ``pattern`` and ``patternProperties`` hold them."""
    return not isinstance(value, str) or bool(re.compile(value))


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 1] + "…"
