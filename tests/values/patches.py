"""JSON Patch and Merge Patch on plain data, as models, and strategies for patches.

The models read like the RFCs: documents are deep-copied and changed in place, values are compared by their canonical
bytes. They share no code with what they are models of.
"""

from __future__ import annotations

import re
from contextlib import suppress
from copy import deepcopy
from typing import Any

import rfc8785
from hypothesis import strategies as st

from tests.strategies import documents, places, texts

Plain = Any


# --- RFC 6902 ----------------------------------------------------------------------------------------


def pointer(place: tuple[str | int, ...]) -> str:
    return "".join(f"/{str(token).replace('~', '~0').replace('/', '~1')}" for token in place)


def tokens_of(op: dict[str, Plain], member: str) -> list[str]:
    text = op[member]
    if not isinstance(text, str) or not re.fullmatch(r"(/([^~/]|~[01])*)*", text, re.DOTALL):
        raise ValueError
    return [token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:]]


def place_in(parent: Plain, token: str, *, end: bool = False) -> str | int:
    """The key of a part that exists, or, with ``end``, of a place to add one at."""
    if isinstance(parent, dict):
        if not end and token not in parent:
            raise LookupError
        return token
    if not isinstance(parent, list):
        raise LookupError
    if end and token == "-":
        return len(parent)
    if token not in [str(index) for index in range(len(parent) + end)]:
        raise LookupError
    return int(token)


def value_of(document: Plain, tokens: list[str]) -> Plain:
    for token in tokens:
        document = document[place_in(document, token)]
    return document


def add(holder: list[Plain], tokens: list[str], value: Plain) -> None:
    if not tokens:
        holder[0] = value
        return
    parent = value_of(holder[0], tokens[:-1])
    place: Any = place_in(parent, tokens[-1], end=True)
    if isinstance(parent, list):
        parent.insert(place, value)
    else:
        parent[place] = value


def remove(holder: list[Plain], tokens: list[str]) -> None:
    if not tokens:
        raise LookupError
    parent = value_of(holder[0], tokens[:-1])
    del parent[place_in(parent, tokens[-1])]


def apply_one(holder: list[Plain], op: Plain) -> None:
    path = tokens_of(op, "path")
    match op["op"]:
        case "add":
            add(holder, path, deepcopy(op["value"]))
        case "remove":
            remove(holder, path)
        case "replace":
            value = deepcopy(op["value"])
            value_of(holder[0], path)
            if path:
                remove(holder, path)
            add(holder, path, value)
        case "copy":
            add(holder, path, deepcopy(value_of(holder[0], tokens_of(op, "from"))))
        case "move":
            source = tokens_of(op, "from")
            value = value_of(holder[0], source)
            if path[: len(source)] == source and path != source:
                raise LookupError
            if path != source:
                remove(holder, source)
                add(holder, path, value)
        case "test":
            if rfc8785.dumps(op["value"]) != rfc8785.dumps(value_of(holder[0], path)):
                raise LookupError
        case _:
            raise ValueError


def depth_of(document: Plain) -> int:
    if not isinstance(document, dict | list | tuple):
        return 0
    return 1 + max(map(depth_of, document.values() if isinstance(document, dict) else document), default=0)


def model_patch(document: Plain, patch: Plain) -> tuple[Plain, int | None]:
    """``document``, normal and plain, after ``patch``, and ``None``; or itself, and the index of what is refused."""
    holder = [deepcopy(document)]
    for index, op in enumerate(patch):
        try:
            apply_one(holder, op)
        except (LookupError, ValueError, TypeError):
            return document, index
        if depth_of(holder[0]) > 64:
            return document, index
    return holder[0], None


# --- RFC 7396 ----------------------------------------------------------------------------------------


def model_merge(target: Plain, patch: Plain) -> Plain:
    """Section 2 of the RFC, line by line; ``target`` is changed."""
    if isinstance(patch, dict):
        if not isinstance(target, dict):
            target = {}
        for name, value in patch.items():
            if value is None:
                if name in target:
                    del target[name]
            else:
                target[name] = model_merge(target.get(name), value)
        return target
    return patch


# --- strategies --------------------------------------------------------------------------------------


JUNK = ("a", "/~", "/~2/a", "/nowhere/at/all", "/-", "//", "/00", "/٣", "/1\n", "a.b", "#/a", None, 0)


@st.composite
def pointers(draw: st.DrawFn, document: Plain) -> Plain:
    """Pointers that mostly lead somewhere in ``document``, or to a place beside what is there."""
    place, part = draw(st.sampled_from(list(places(document))[:60]))
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.sampled_from(JUNK))
    if kind <= 4:
        if isinstance(part, list):
            return pointer((*place, draw(st.sampled_from(("-", f"{len(part)}", "0", "01", f"{len(part) + 1}")))))
        if isinstance(part, dict):
            return pointer((*place, draw(texts())))
    return pointer(place)


@st.composite
def operations(draw: st.DrawFn, document: Plain) -> Plain:
    """One operation for ``document``, malformed now and then."""
    op: dict[str, Any] = {
        "op": draw(st.sampled_from(("add", "add", "remove", "replace", "move", "copy", "test"))),
        "path": draw(pointers(document)),
    }
    if op["op"] in ("add", "replace"):
        op["value"] = draw(documents(4))
    elif op["op"] == "test":
        op["value"] = draw(documents(2))
        with suppress(LookupError, ValueError, TypeError):
            op["value"] = draw(st.sampled_from((value_of(document, tokens_of(op, "path")), op["value"])))
    elif op["op"] in ("move", "copy"):
        op["from"] = draw(pointers(document))
    match draw(st.integers(0, 39)):
        case 0:
            del op[draw(st.sampled_from(sorted(op)))]
        case 1:
            op[draw(texts())] = draw(documents(1))
        case 2:
            return draw(documents(2))
    return op


@st.composite
def patches(draw: st.DrawFn, document: Plain, *, fine: bool = False) -> list[Plain]:
    """Operations one after the other, each made for what the ones before have left; with ``fine`` all can be applied.

    ``document`` is plain and normal, as ``thaw`` gives it.
    """
    patch: list[Plain] = []
    for _ in range(draw(st.integers(0, 8))):
        op = draw(operations(document))
        after, refused = model_patch(document, [op])
        if refused is None:
            patch.append(op)
            document = after
        elif not fine and draw(st.booleans()):
            return [*patch, op, *draw(st.lists(operations(document), max_size=1))]
    return patch


@st.composite
def merge_patches(draw: st.DrawFn, document: Plain) -> Plain:
    """A merge patch: partly what ``document`` has, partly something else, partly nulls."""
    if not isinstance(document, dict) or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from((document, draw(documents(6)))))
    patch = {}
    for name in draw(st.lists(st.sampled_from(sorted(document)) | texts(), max_size=4) if document else st.just([])):
        patch[name] = draw(st.none() | merge_patches(document.get(name)))
    return patch


def deep(levels: int, leaf: Plain = 0) -> Plain:
    """Arrays and objects, ``levels`` deep, with something else beside at each level."""
    for level in range(levels):
        leaf = {"k": leaf, "other": level} if level % 2 else [level, leaf]
    return leaf
