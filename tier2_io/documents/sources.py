"""Documents in files, JSON or TOML: what is wrong with one is told with the line and the column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import frozen

from tier2_core import InvalidValueError, freeze, parse_path
from tier2_core.values.canonical import read_json
from tier2_core.values.freeze import a_type
from tier2_io.documents.files import MAX_JSON_BYTES, MAX_TOML_BYTES, STDIN, FileProblem, read_bytes, told_name
from tier2_io.screen import safe

if TYPE_CHECKING:
    from tier2_io.documents.places import Lines, Places

_DATED = tuple(f"ound a {kind};" for kind in ("date", "datetime", "time"))


@frozen
class Source:
    """The text of a file, or of a part of it that could be read: what it says, and where it says what."""

    name: str
    text: str
    toml: bool

    @cached_property
    def _lines(self) -> Lines:
        from tier2_io.documents.places import Lines  # as below: most texts have no mistake

        return Lines(self.text)

    @cached_property
    def _places(self) -> Places:
        """Where the parts of the document are; only of a text that could be read."""
        if self.toml:
            from tier2_io.documents.toml_text import TomlPlaces

            return TomlPlaces(self.text)
        from tier2_io.documents.json_text import JsonPlaces

        return JsonPlaces(self.text)

    def plain(self) -> Any:
        """The document as plain data, not frozen yet: it may hold documents, each as deep as any."""
        return self._toml() if self.toml else self._json()

    def _json(self) -> Any:
        try:
            return read_json(self.text)
        except InvalidValueError as error:
            from tier2_io.documents.json_text import json_mistake

            mistake = json_mistake(self.text, error)
        raise self.problem(mistake.offset, mistake.sentence)

    def _toml(self) -> Any:
        import tomllib

        from tier2_io.documents.toml_text import long_key, toml_mistake

        mistake = long_key(self.text)
        if mistake is None:
            try:
                return tomllib.loads(self.text)
            except (ValueError, RecursionError) as error:
                mistake = toml_mistake(self.text, error)
        raise self.problem(mistake.offset, mistake.sentence)

    def object(self) -> dict[str, Any]:
        """The same, if it is an object at the top."""
        document = self.plain()
        if type(document) is dict:
            return document
        found = a_type(type(document))
        raise FileProblem(self.told("", f"Found {found}; expected an object at the top."))

    def told(self, pointer: str, message: str, *, key: bool = False) -> str:
        """A message about the part that a JSON Pointer names, or about its key, with the place in front.

        Of a part that is not there, the place is that of the innermost part around it.
        """
        return self._at(self._offset(pointer, key), message)

    def told_all(self, problems: Iterable[tuple[str, str]]) -> list[str]:
        """Messages about parts, each with its JSON Pointer, in the order in which the parts stand in the text."""
        found = [(self._offset(pointer), message) for pointer, message in problems]
        return [self._at(offset, message) for offset, message in sorted(found, key=lambda one: one[0])]

    def problem(self, offset: int, message: str) -> FileProblem:
        """The error for what stands at an offset."""
        return FileProblem(self._at(offset, message))

    def _offset(self, pointer: str, key: bool = False) -> int:
        return self._places.find(parse_path(pointer))[0 if key else 1]

    def _at(self, offset: int, message: str) -> str:
        line, column = self._lines.place(offset)
        dated = self.toml and any(words in message for words in _DATED)
        # On one line, whatever the keys and texts of the file hold.
        advice = ' A date has to be a text: put it in quotes, as in "2026-03-02".' if dated else ""
        return safe(f"{self.name}:{line}:{column}: {message}{'.' if advice and message[-1] != '.' else ''}{advice}")


def read_source(path: str) -> Source:
    """The text of a JSON or (by its ending) TOML file; ``-`` is JSON from standard input.

    Raises :class:`FileProblem` for what is missing, unreadable, empty, too large, no regular file, or no UTF-8.
    """
    toml = path != STDIN and path.lower().endswith(".toml")
    data = read_bytes(path, MAX_TOML_BYTES if toml else MAX_JSON_BYTES)
    name, form = told_name(path), "TOML" if toml else "JSON"
    try:
        source = Source(name, data.decode("utf-8"), toml)
    except UnicodeDecodeError as error:
        source = Source(name, data[: error.start].decode("utf-8"), toml)
        raise source.problem(len(source.text), f"Found a byte that is no UTF-8; expected {form} in UTF-8.") from None
    if not source.text or source.text.isspace():
        raise source.problem(0, f"Found an empty file; expected a {form} document.")
    if source.text.startswith("\ufeff"):
        raise source.problem(0, f"Found a byte-order mark; expected {form} in UTF-8 without one.")
    return source


def read_object(path: str) -> dict[str, Any]:
    """The object in a file as plain data; :class:`FileProblem` for what is none."""
    return read_source(path).object()


def read_state(path: str) -> Mapping[str, Any]:
    """The frozen object in a file; :class:`FileProblem` for what is none."""
    source = read_source(path)
    document = source.object()
    try:
        return freeze(document)  # type: ignore[return-value]
    except InvalidValueError as error:
        raise FileProblem(source.told(error.path, str(error))) from None
