"""The difference of two documents as rows that people read, each exact enough to make the change from.

What is gone or other than before is told at its place in the document before, what is new at its place in the document
after, so that the rows mean the same in whatever order they are read: exchange what is other, then take away what is
gone, the last first, then add what is new, the first first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs
from attrs import frozen
from pyrsistent import PMap, PVector

from tier2_core import format_pointer, freeze, make_patch, parse_path, resolve_path, same, thaw

NEW, OTHER, GONE, KEPT = "+", "~", "-", "="
"""The signs of rows; what is kept is told of where somebody asked for it."""

FEW = 20
"""An array of so many texts is told as a whole where some go and others come: what counts is their order."""

_ORDER = {KEPT: 0, GONE: 1, OTHER: 2, NEW: 3}
_ABSENT: Any = object()


@frozen
class Row:
    """One thing that is new, other than before, gone, or (where it was asked for) kept.

    ``path`` is a JSON Pointer: of what is new into the document after, else into the one before. ``label`` names the
    elements of arrays on the way that have a title or an id; ``names`` has the titles of the ids that stand there.

    >>> (row,) = differences({"tasks": [{"id": "b", "done": False}]}, {"tasks": [{"id": "b", "done": True}]})
    >>> row.sign, row.place, row.label, row.before, row.after
    ('~', 'tasks.0.done', '(b)', False, True)
    """

    sign: str
    path: str
    before: Any = None
    after: Any = None
    label: str = ""
    names: tuple[tuple[str, str], ...] = ()
    highlighted: bool = False

    @property
    def place(self) -> str:
        """The path in its dotted form, which is easier to read, wherever that leads to the same place."""
        tokens = parse_path(self.path)
        dotted = ".".join(tokens)
        return (dotted if parse_path(dotted) == tokens else self.path) or "the whole"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, one key a field."""
        return {
            **{name: thaw(getattr(self, name)) for name in ("after", "before", "highlighted", "label")},
            "names": [list(name) for name in self.names],
            **{name: getattr(self, name) for name in ("path", "place", "sign")},
        }


def differences(before: Any, after: Any, highlights: Iterable[str] = ()) -> tuple[Row, ...]:
    """What makes ``after`` of ``before``: what is highlighted first, then what is gone, what is other, what is new.

    What is at a highlighted path and stays as it is, is told of, too.

    >>> [(row.sign, row.path) for row in differences({"a": 1, "b": [{}, 2]}, {"b": [2], "c": {"d": 3}})]
    [('-', '/a'), ('-', '/b/0'), ('+', '/c/d')]
    """
    before, after = freeze(before), freeze(after)
    top = _Part(before, before)
    for op in make_patch(before, after):
        _apply(top, op)
    titles = titles_of(after) or titles_of(before)
    rows = [attrs.evolve(row, names=_named(row, titles)) for row in _rows(top, (), (), "")]
    wanted = [parse_path(path) for path in highlights]
    rows = [attrs.evolve(row, highlighted=True) if _touches(row, wanted) else row for row in rows]
    for tokens in wanted:
        found, value = resolve_path(after, format_pointer(tokens))
        if found and not any(_touches(row, [tokens]) for row in rows):
            row = Row(KEPT, format_pointer(tokens), value, value, highlighted=True)
            rows.append(attrs.evolve(row, names=_named(row, titles)))
    return tuple(sorted(rows, key=lambda row: (not row.highlighted, _ORDER[row.sign])))


class _Part:
    """A part of a document while a patch is followed: what it was, what it is, and those of its own that were touched.

    ``parts`` of an array has the index of each element that is as it was, and a :class:`_Part` for any other.
    """

    __slots__ = ("index", "now", "parts", "was")

    def __init__(self, was: Any, now: Any, index: int = -1) -> None:
        self.was, self.now, self.index = was, now, index
        self.parts: Any = None


def _apply(top: _Part, op: Any) -> None:
    """One operation of a patch of :func:`make_patch`, at its place in the document as it is by then."""
    tokens, here = parse_path(op["path"]), top
    for token in tokens[:-1]:
        here = _part(here, token)
    value = op.get("value", _ABSENT)
    if type(here.now) is not PMap and tokens and op["op"] != "replace":
        elements = _parts(here)
        if op["op"] == "remove":
            del elements[int(tokens[-1])]
        else:
            elements.insert(len(elements) if tokens[-1] == "-" else int(tokens[-1]), _Part(_ABSENT, value))
        return
    part = _part(here, tokens[-1]) if tokens else top
    part.now, part.parts = value, None


def _parts(here: _Part) -> Any:
    if here.parts is None:
        here.parts = {} if type(here.now) is PMap else list(range(len(here.now)))
    return here.parts


def _part(here: _Part, token: str) -> _Part:
    parts = _parts(here)
    if type(parts) is dict:
        if token not in parts:
            value = here.now.get(token, _ABSENT)
            parts[token] = _Part(value, value)
        return parts[token]  # type: ignore[no-any-return]
    place = int(token)
    if type(parts[place]) is int:
        parts[place] = _Part(here.now[parts[place]], here.now[parts[place]], parts[place])
    return parts[place]  # type: ignore[no-any-return]


def _rows(part: _Part, old: tuple[str, ...], new: tuple[str, ...], label: str) -> Iterator[Row]:
    """The rows of a part that was at ``old`` and is at ``new``."""
    if part.parts is None:
        if part.was is _ABSENT:
            yield from _added(new, part.now, label)
        elif part.now is _ABSENT:
            yield Row(GONE, format_pointer(old), part.was, None, label)
        elif part.was is not part.now:
            yield Row(OTHER, format_pointer(old), part.was, part.now, label)
    elif type(part.parts) is dict:
        for name in sorted(part.parts):
            yield from _rows(part.parts[name], (*old, name), (*new, name), label)
    else:
        yield from _elements(part, old, new, label)


def _elements(part: _Part, old: tuple[str, ...], new: tuple[str, ...], label: str) -> Iterator[Row]:
    kept = {one if type(one) is int else one.index for one in part.parts if type(one) is int or not _is_another(one)}
    untouched = sum(type(one) is int for one in part.parts)
    if untouched < min(len(part.was), len(part.parts)) <= FEW and texts_of(part.was) and texts_of(after := _now(part)):
        yield Row(OTHER, format_pointer(old), part.was, after, label)
        return
    for place, value in enumerate(part.was):
        if place not in kept:
            yield Row(GONE, format_pointer((*old, str(place))), value, None, _labelled(label, value))
    for place, one in enumerate(part.parts):
        if type(one) is int:
            continue
        if _is_another(one):
            now = _now(one)
            yield Row(NEW, format_pointer((*new, str(place))), None, now, _labelled(label, now))
        else:
            yield from _rows(one, (*old, str(one.index)), (*new, str(place)), _labelled(label, one.was))


def _is_another(element: _Part) -> bool:
    """Whether an element is new, or has another id than before: to people, one thing is gone, and another is there."""
    old, new = element.was, _now(element)
    if type(old) is not PMap or type(new) is not PMap:
        return old is _ABSENT
    return not same(old.get("id"), new.get("id"))


def _now(part: _Part) -> Any:
    """What a part is in the end."""
    if part.parts is None:
        return part.now
    if type(part.parts) is list:
        return freeze([part.now[one] if type(one) is int else _now(one) for one in part.parts])
    changes = {name: _now(one) for name, one in part.parts.items()}
    kept = {name: value for name, value in part.now.items() if name not in changes}
    return freeze({**kept, **{name: value for name, value in changes.items() if value is not _ABSENT}})


def _added(path: tuple[str, ...], value: Any, label: str) -> Iterator[Row]:
    """What is new in an object is told member by member; a new element of an array is told as it is."""
    if type(value) is PMap and value:
        for name in sorted(value):
            yield from _added((*path, name), value[name], label)
    else:
        yield Row(NEW, format_pointer(path), None, value, label)


def _labelled(label: str, element: Any) -> str:
    """The label of an element, behind that of the one that it is in."""
    if type(element) is not PMap:
        return label
    title, name = element.get("title"), element.get("id")
    words = [f"'{title}'"] if type(title) is str else []
    words += [f"({name})"] if type(name) in (str, int) else []
    return ", ".join(filter(None, (label, " ".join(words))))


def _touches(row: Row, wanted: Sequence[tuple[str, ...]]) -> bool:
    tokens = parse_path(row.path)
    return any(tokens[: len(path)] == path[: len(tokens)] for path in wanted)


# --- ids and titles -----------------------------------------------------------------------------------


def titles_of(document: Any, path: str | None = None) -> dict[str, str]:
    """The titles of what has an id in the arrays of a document, or in the one at ``path``; not if an id has two."""
    arrays = [document[name] for name in sorted(document)] if type(document) is PMap else []
    if path is not None:
        arrays = [resolve_path(document, path)[1]]
    found: dict[str, str] = {}
    twice = set()
    for array in arrays:
        for element in array if isinstance(array, PVector) else ():
            name, title = (element.get("id"), element.get("title")) if type(element) is PMap else (None, None)
            if type(name) is str and type(title) is str and found.setdefault(name, title) != title:
                twice.add(name)
    return {name: title for name, title in found.items() if name not in twice}


def _named(row: Row, titles: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The titles of the ids in an array, or of one that is an element of an array; a text elsewhere may be anything."""
    is_element = any(token.isdecimal() for token in parse_path(row.path)[-1:])
    texts: list[str] = []
    for value in (row.before, row.after):
        texts += [value] if is_element and type(value) is str else texts_of(value)
    return names_of(texts, titles)


def names_of(texts: Iterable[str], titles: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Each of the texts that is an id, with its title."""
    return tuple((text, titles[text]) for text in dict.fromkeys(texts) if text in titles)


def texts_of(value: Any) -> tuple[str, ...]:
    """The texts of an array that holds nothing else."""
    texts = tuple(value) if isinstance(value, PVector) else ()
    return texts if all(type(one) is str for one in texts) else ()
