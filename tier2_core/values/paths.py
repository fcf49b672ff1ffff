"""Places in a document: JSON Pointer (RFC 6901), and the dotted form that is easier to type."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pyrsistent import PMap

from tier2_core.errors import InvalidPathError, cut, described
from tier2_core.values.seal import VECTOR

Tokens = tuple[str, ...]

_INDEX = re.compile(r"0|[1-9][0-9]{0,17}")  # longer ones are beyond any array, and beyond int()'s limits
_name_of: Any = type.__dict__["__name__"].__get__  # of a type, whatever its metaclass says
_BAD_ESCAPE = re.compile(r"~(?![01])")


def parse_path(path: str) -> Tokens:
    """The reference tokens of a path.

    A path that starts with ``/`` is a JSON Pointer (RFC 6901 section 3), an empty one is the whole document,
    any other is dotted. Raises :class:`InvalidPathError` for a ``~`` that is neither ``~0`` nor ``~1``.

    >>> parse_path("executed_steps.0.kind"), parse_path("/a~1b/c"), parse_path("")
    (('executed_steps', '0', 'kind'), ('a/b', 'c'), ())
    """
    if type(path) is not str:
        raise InvalidPathError(f"Found a path of type {_name_of(type(path))}; expected a string.")
    return _parsed(path)


@lru_cache(maxsize=1024)
def _parsed(path: str) -> Tokens:
    if not path:
        return ()
    if not path.startswith("/"):
        return tuple(path.split("."))
    wrong = _BAD_ESCAPE.search(path)
    if wrong:
        raise InvalidPathError(
            f"Path '{cut(path)}' has a '~' at character {wrong.start()} that is neither '~0' nor '~1'; "
            "in a JSON Pointer write '~' as '~0' and '/' as '~1'.",
            path=path,
        )
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in path[1:].split("/"))


def format_pointer(tokens: Iterable[Any]) -> str:
    """The JSON Pointer (RFC 6901) of tokens, an iterable of ``str``; array indices may be ``int``.

    Raises :class:`InvalidPathError` for anything else, one string included: it is a path, not the tokens of one.

    >>> format_pointer(["a/b", 0, "~"])
    '/a~1b/0/~0'
    """
    if issubclass(type(tokens), str | bytes) or not hasattr(type(tokens), "__iter__"):
        raise InvalidPathError("Found no tokens of a path; expected a list of strings and of indices.")
    try:
        return "".join(map(_written, tokens))
    except InvalidPathError:
        raise
    except Exception as error:
        raise InvalidPathError(f"Found tokens of a path that cannot be read: {described(error)}.") from error


def _written(token: Any) -> str:
    if type(token) is not str and type(token) is not int:
        raise InvalidPathError(
            f"Found a token of a path of type {_name_of(type(token))}; expected a string or an index."
        )
    try:
        return "/" + str(token).replace("~", "~0").replace("/", "~1")
    except ValueError:  # str() refuses more than 4,300 digits
        raise InvalidPathError("Found an index of a path beyond any array; expected a smaller one.") from None


def array_index(token: str) -> int | None:
    """The index that a reference token stands for (RFC 6901 section 4), or ``None``: it is none."""
    return int(token) if _INDEX.fullmatch(token) else None


ABSENT: Any = object()
"""Stands for what is not there."""


def part_at(value: Any, token: str) -> Any:
    """What one reference token leads to in ``value``, plain or frozen; ``ABSENT`` if it leads nowhere."""
    kind = type(value)  # what a stranger says of its class is not asked
    if issubclass(kind, dict | PMap):
        return value.get(token, ABSENT)
    if issubclass(kind, list | tuple | VECTOR):
        index = array_index(token)
        if index is not None and index < len(value):
            return value[index]
    return ABSENT


def resolve_path(document: Any, path: str) -> tuple[bool, Any]:
    """What ``path`` leads to in a plain or frozen document: ``(found, value)``.

    Array indices are ASCII ``0`` or ``[1-9][0-9]*``. What is not there is ``(False, None)``; a malformed path
    is an :class:`InvalidPathError`.

    >>> resolve_path({"steps": [{"kind": "human"}]}, "steps.0.kind")
    (True, 'human')
    >>> resolve_path({"a/b": 1}, "/a~1b"), resolve_path([1], "/01"), resolve_path({}, "")
    ((True, 1), (False, None), (True, {}))
    """
    return follow(document, parse_path(path))


def follow(document: Any, tokens: Iterable[str]) -> tuple[bool, Any]:
    """What reference tokens lead to in a plain or frozen document, as :func:`resolve_path` gives it."""
    value = document
    for token in tokens:
        value = part_at(value, token)
        if value is ABSENT:
            return False, None
    return True, value
