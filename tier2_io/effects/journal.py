"""The journal of a file of effects: what was done already, so that a second run does nothing twice.

It stands beside the file, as ``FILE.journal``, and is only ever added to, a line of JSON at a time, each on disk
before the next thing happens::

    {"schema": "tier2.effects-journal/1", "effects": DIGEST}       which effects it is of
    {"id": ID, "event": "begun", "handler": PLUGIN}                before a handler is called
    {"id": ID, "event": "done", "acknowledgement": DOCUMENT}       it has done what was wanted
    {"id": ID, "event": "failed", "why": TEXT}                     it has not; it is tried again next time

An effect that was begun and neither done nor failed may have been done: whoever did it died. It is done again, with
the same id, which is why handlers must take the id as an idempotency key. A last line that is not whole is what is
left of a write that was cut off, and is dropped; anything else that cannot be read is damage, and is told.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from attrs import define, field

from tier2_core import InvalidValueError, WantedEffect, canonical_json, digest, parse_json, thaw
from tier2_io.documents.files import FileProblem, told_name

SCHEMA = "tier2.effects-journal/1"
BEGUN, DONE, FAILED = "begun", "done", "failed"
EVENTS = (BEGUN, DONE, FAILED)


def journal_of(path: str) -> str:
    """The journal that stands beside a file of effects."""
    return f"{path}.journal"


@define
class Journal:
    """What became of each effect of a file so far; it is open for adding as long as nobody else has it."""

    path: str
    _file: int
    events: dict[str, dict[str, Any]] = field(factory=dict)

    @classmethod
    @contextmanager
    def opened(cls, path: str, effects: Iterable[WantedEffect]) -> Iterator[Self]:
        """The journal at ``path``, new or gone on with.

        Raises :class:`FileProblem` if it is damaged, is of other effects, or somebody else is at it.
        """
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
        except OSError as error:
            raise _problem(path, f"cannot be written: {(error.strerror or str(error)).lower()}") from None
        try:
            _lock(path, file)
            made = cls(path, file)
            made._begin([effect.id for effect in effects])
            yield made
        finally:
            os.close(file)

    @classmethod
    def looked_at(cls, path: str, effects: Iterable[WantedEffect]) -> frozenset[str]:
        """The ids of the effects that were done, by the journal at ``path`` if there is one; nothing is written."""
        try:
            file = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            raise _problem(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from None
        try:
            made = cls(path, file)
            made._read([effect.id for effect in effects], made._lines()[0])
        finally:
            os.close(file)
        return frozenset(name for name, line in made.events.items() if line["event"] == DONE)

    def is_done(self, effect: WantedEffect) -> bool:
        """Whether the effect was done."""
        return self.events.get(effect.id, {}).get("event") == DONE

    def is_begun(self, effect: WantedEffect) -> bool:
        """Whether it was begun, and nobody knows what became of it."""
        return self.events.get(effect.id, {}).get("event") == BEGUN

    def begun(self, effect: WantedEffect, handler: str) -> None:
        """A handler is about to be called."""
        self._add({"event": BEGUN, "handler": handler, "id": effect.id})

    def done(self, effect: WantedEffect, acknowledgement: Any) -> None:
        """The effect was done."""
        self._add({"acknowledgement": acknowledgement, "event": DONE, "id": effect.id})

    def failed(self, effect: WantedEffect, why: str) -> None:
        """It was not."""
        self._add({"event": FAILED, "id": effect.id, "why": why})

    def _begin(self, ids: list[str]) -> None:
        lines, torn = self._lines()
        if torn:
            os.ftruncate(self._file, torn)
            os.lseek(self._file, 0, os.SEEK_END)
        if lines:
            self._read(ids, lines)
        else:
            os.ftruncate(self._file, 0)
            os.lseek(self._file, 0, os.SEEK_SET)
            self._write(_header(ids))

    def _read(self, ids: list[str], lines: list[Mapping[str, Any]]) -> None:
        """What the lines of a journal say of these effects."""
        if lines and lines[0] != _header(ids):
            if lines[0].get("schema") != SCHEMA:
                raise _problem(self.path, f"is no journal of effects; expected one with the schema {SCHEMA}")
            raise _problem(
                self.path,
                "is the journal of other effects; expected that of this file. Take it away only if nothing of the file "
                "was done yet",
            )
        known = frozenset(ids)
        for number, line in enumerate(lines[1:], 2):
            if line.get("event") not in EVENTS or line.get("id") not in known:
                raise self._damaged(number)
            self._follow(line)

    def _lines(self) -> tuple[list[Mapping[str, Any]], int]:
        """What was written so far, and where a last line begins that was cut off (0: nowhere)."""
        data = b""
        while part := os.read(self._file, 1 << 20):
            data += part
        end = data.rfind(b"\n") + 1
        lines: list[Mapping[str, Any]] = []
        for number, line in enumerate(data[:end].split(b"\n")[:-1], 1):
            try:
                read = thaw(parse_json(line))
            except InvalidValueError:
                raise self._damaged(number) from None
            if type(read) is not dict:
                raise self._damaged(number)
            lines.append(read)
        return lines, end if end < len(data) else 0

    def _add(self, line: dict[str, Any]) -> None:
        self._write(line)
        self._follow(line)

    def _follow(self, line: Mapping[str, Any]) -> None:
        if self.events.get(line["id"], {}).get("event") != DONE:  # what was done stays done
            self.events[line["id"]] = dict(line)

    def _write(self, line: Mapping[str, Any]) -> None:
        try:
            data = canonical_json(line) + b"\n"
            while data:
                data = data[os.write(self._file, data) :]
            os.fsync(self._file)
        except OSError as error:
            raise _problem(self.path, f"cannot be written: {(error.strerror or str(error)).lower()}") from None

    def _damaged(self, number: int) -> FileProblem:
        return _problem(
            self.path,
            f"is damaged in line {number}, so that nobody knows what was done; look at it, and take that line away "
            "if you know",
        )


def _header(ids: list[str]) -> dict[str, str]:
    return {"effects": digest(sorted(ids)), "schema": SCHEMA}


def _lock(path: str, file: int) -> None:
    try:
        import fcntl
    except ImportError:  # where the platform has no advisory locks, nothing is locked
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise _problem(path, "is in use: another process is doing these effects; wait for it, or end it") from None


def _problem(path: str, what: str) -> FileProblem:
    return FileProblem(f"{told_name(path)} {what}.")
