"""A JSON Schema, ready to judge: what it costs is counted, and what is missed is told.

This is where jsonschema-rs is known. It matches patterns as ECMA-262 has them, in linear time, fetches nothing, and
follows references that lead back to themselves; but references that multiply it follows as often as they say.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from attrs import frozen
from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError, bundle, meta

from tier2_core.errors import InvalidSchemaError, cut
from tier2_core.values.canonical import parse_json
from tier2_core.values.paths import format_pointer
from tier2_core.values.schema_graph import NowhereError, dialects
from tier2_core.values.schema_reach import Asked, EndlessError, Reach, TooLargeError
from tier2_core.values.schema_words import in_words
from tier2_core.values.thaw import thaw
from tier2_core.values.words import told

MOST_ASKED = 10_000_000
"""How often subschemas may be asked of a document, where that is more than :data:`MOST_FOR_EACH` times its parts."""

MOST_FOR_EACH = 1_000

MOST_NESTED = 1_500
"""How deep subschemas may be nested in each other while they are asked: the stack is finite."""

_QUICKLY = 300_000
"""So often subschemas may be asked that all mistakes are looked for, which takes up to 50 times as long as one."""


@frozen
class Judge:
    """A schema that is one, ready to judge."""

    validator: Draft202012Validator
    reach: Reach
    small: bool
    """Whether it is so small that no document is asked too much."""

    def problems(self, plain: Any, field: str) -> tuple[tuple[str, str], ...]:
        """How a plain document misses the schema."""
        asked = None if self.small else self._asked(plain, field)
        if self.validator.is_valid(plain):
            return ()
        asked = asked or self._asked(plain, field)
        if asked.times <= _QUICKLY and asked.copied <= 50 * _QUICKLY:
            errors = self.validator.iter_errors(plain)
            return tuple(sorted({(format_pointer(error.instance_path), in_words(error, plain)) for error in errors}))
        if asked.most <= 1_000 and asked.copied <= 500 * _QUICKLY:
            try:
                self.validator.validate(plain)
            except ValidationError as error:
                message = f"{in_words(error, plain)} (of so large a document, only one mistake is told)"
                return ((format_pointer(error.instance_path), message),)
        return (("", f"found {told(plain)}, which does not meet the schema; they are too large to say where"),)

    def _asked(self, plain: Any, field: str) -> Asked:
        try:
            asked = self.reach.asked(plain)
        except TooLargeError:
            raise _too_large(field) from None
        _refuse_too_much(asked, field)
        return asked


def _refuse_too_much(asked: Asked, field: str) -> None:
    if asked.nested > MOST_NESTED:
        what = f"nest its subschemas {asked.nested:,} deep; expected at most {MOST_NESTED:,}"
    elif asked.times > max(MOST_ASKED, MOST_FOR_EACH * asked.parts):
        times = f"{asked.times:,}" if asked.times < 10**15 else "more than 10^15"
        what = f"ask its subschemas {times} times of one document; expected at most {MOST_ASKED:,}"
    else:
        return
    raise InvalidSchemaError(f"Field '{field}' is a schema whose references multiply: it would {what}.", field=field)


def _too_large(field: str) -> InvalidSchemaError:
    return InvalidSchemaError(
        f"Field '{field}' is a schema too large to count what it would ask; expected a smaller one, or fewer "
        "references in it.",
        field=field,
    )


def judge_of(text: bytes, field: str, dialect: str) -> Judge:
    """What judges by the schema with this canonical text; :class:`InvalidSchemaError` if it is none."""
    plain = thaw(parse_json(text))
    for said in dialects(plain):
        if said not in (dialect, dialect + "#"):
            raise InvalidSchemaError(
                f"Field '{field}' names the dialect {told(said)}; expected {dialect!r}.", field=field
            )
    if type(plain) not in (dict, bool):
        raise InvalidSchemaError(
            f"Field '{field}' is no JSON Schema (2020-12): found {told(plain)}; expected an object, true or false.",
            field=field,
        )
    looked_at = plain
    try:
        validator = _ready(plain)
        reach = Reach(plain, _held(dialect), _matching)
        unfolded = reach.unfolded()
        for part in reach.elsewhere:
            looked_at = part
            meta.validate(part)
    except ValidationError as error:
        if error.kind.name == "$ref":
            raise _nowhere(plain, field, dialect) from None
        where = format_pointer(error.instance_path)
        raise InvalidSchemaError(
            f"Field '{field}' is no JSON Schema (2020-12): {f'at {cut(where)!r}, ' if where else ''}"
            f"{in_words(error, looked_at)}.",
            field=field,
        ) from None
    except NowhereError:
        raise _nowhere(plain, field, dialect) from None
    except EndlessError:
        raise InvalidSchemaError(
            f"Field '{field}' is a schema that refers to itself without end; expected one that comes to an end.",
            field=field,
        ) from None
    except TooLargeError:
        raise _too_large(field) from None
    _refuse_too_much(reach.of_one(), field)
    return Judge(validator, reach, unfolded is not None and unfolded <= MOST_FOR_EACH)


def _ready(schema: Any) -> Draft202012Validator:
    return Draft202012Validator(schema, validate_formats=False, pattern_options=RegexOptions(), offline=True)


def _matching(pattern: str) -> Callable[[str], bool]:
    return _ready({"pattern": pattern}).is_valid


def _nowhere(schema: Any, field: str, dialect: str) -> InvalidSchemaError:
    try:
        Reach(schema, _held(dialect), _matching)
    except NowhereError as error:
        reference = f"'{cut(str(error))}'"
    except (EndlessError, TooLargeError):
        reference = "something"
    else:
        reference = "something"
    return InvalidSchemaError(
        f"Field '{field}' has a $ref to {reference} that is not in the schema; expected one inside it.", field=field
    )


@lru_cache(maxsize=1)
def _held(dialect: str) -> dict[str, Any]:
    """The schemas of the dialect itself, by their addresses: a schema may refer to them, too."""
    bundled: dict[str, Any] = bundle({"$ref": dialect}, offline=True)
    held: dict[str, Any] = bundled["$defs"]
    return held
