"""The approvers file, which alone says whose keys count for signed decisions.

It is TOML::

    [[approvers]]
    name = "ada"
    key = "keys/ada.pub"      # a public key: a file, from this one on, or its PEM text
    since = 2026-01-01        # the first day on which a signature counts; may be left out
    until = 2026-12-31        # the last; may be left out

A person may have several keys, as after a renewal; a key belongs to one person. Days are those of UTC. No clock is read
here: the day is handed in.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from tier2_core.errors import cut, did_you_mean
from tier2_core.values.freeze import a_type
from tier2_io.documents.files import FileProblem
from tier2_io.documents.sources import read_source
from tier2_io.records.dsse import Envelope, key_id
from tier2_io.records.keys import public_key, public_key_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_MEMBERS = ("key", "name", "since", "until")
_NEEDED = ("key", "name")


@frozen
class Approver:
    """A key, whose it is, and the first and the last day on which what it signs counts (``None``: no such limit)."""

    name: str
    key: Ed25519PublicKey = field(repr=False)
    since: date | None = None
    until: date | None = None

    def doubt(self, day: date) -> str:
        """Why the key does not count on a day, as a clause; ``""`` if it does."""
        if self.since is not None and day < self.since:
            return f"the key of '{self.name}' counts from {self.since} on"
        if self.until is not None and day > self.until:
            return f"the key of '{self.name}' counted until {self.until}"
        return ""


@frozen
class Approvers:
    """The approvers of a file, which is called ``name`` in messages."""

    name: str
    pinned: tuple[Approver, ...]

    def who_signed(self, envelope: Envelope) -> tuple[Approver, ...]:
        """Those whose key has signed an envelope, on whatever day; each key once."""
        signed = {key.public_bytes_raw() for key in envelope.signed_by(one.key for one in self.pinned)}
        return tuple(one for one in self.pinned if one.key.public_bytes_raw() in signed)


def names_of(approvers: Iterable[Approver]) -> tuple[str, ...]:
    """The people whose keys these are, each once, sorted."""
    return tuple(sorted({one.name for one in approvers}))


def person(name: str) -> str:
    """A name as the engine compares it: without regard to case and to blanks around it."""
    return name.strip().casefold()


def read_approvers(path: str) -> Approvers:
    """The approvers in a file; :class:`FileProblem` with all its mistakes, each with its place."""
    if not path.lower().endswith(".toml"):
        raise FileProblem(f"{path or repr(path)} is no approvers file; expected TOML, with a name that ends in .toml.")
    source = read_source(path)
    document = source.object()
    mistakes = [
        (_pointer(name), f"Found '{cut(name)}'; expected 'approvers' alone.")
        for name in sorted(set(document) - {"approvers"})
    ]
    listed = document.get("approvers")
    if type(listed) is not list or not listed:
        what = "nothing" if listed is None else "an empty array" if listed == [] else a_type(type(listed))
        mistakes.append(("/approvers", f"approvers: Found {what}; expected a table [[approvers]] for each key."))
        listed = []
    pinned = [_approver(one, place, os.path.dirname(path), mistakes) for place, one in enumerate(listed)]
    _check_unique([(place, one) for place, one in enumerate(pinned) if one is not None], mistakes)
    if mistakes:
        raise FileProblem("\n".join(source.told_all(mistakes)))
    return Approvers(source.name, tuple(one for one in pinned if one is not None))


def _approver(given: Any, place: int, directory: str, mistakes: list[tuple[str, str]]) -> Approver | None:
    """An approver as it is given; what is wrong with it goes to the mistakes, and then there is none."""
    before = len(mistakes)

    def wrong(member: str, message: str) -> None:
        pointer = f"/approvers/{place}" + (_pointer(member) if member else "")
        mistakes.append((pointer, f"approvers.{place}{'.' if member else ''}{member}: {message}"))

    if type(given) is not dict:
        wrong("", f"Found {a_type(type(given))}; expected a table with {', '.join(_MEMBERS)}.")
        return None
    for member in sorted(set(given) - set(_MEMBERS)):
        wrong(member, f"Found an unknown member; expected {', '.join(_MEMBERS)}{did_you_mean(member, _MEMBERS) or '.'}")
    for member in _NEEDED:
        if member not in given:
            wrong("", f"Missing '{member}'.")
    name, key = given.get("name", "-"), None
    if type(name) is not str or not name or name != name.strip() or not name.isprintable():
        wrong("name", "Found no name; expected a text on one line, without blanks around it.")
    for member in ("since", "until"):
        if member in given and type(given[member]) is not date:
            wrong(member, f"Found {_told(given[member])}; expected a date without quotes and time, as in 2026-03-02.")
    if "key" in given:
        key = _key(given["key"], directory, lambda message: wrong("key", message))
    since, until = given.get("since"), given.get("until")
    if len(mistakes) == before and since is not None and until is not None and since > until:
        wrong("until", f"Found {until}, which is before 'since', {since}.")
    return None if key is None or len(mistakes) > before else Approver(name, key, since, until)


def _key(given: Any, directory: str, wrong: Callable[[str], None]) -> Ed25519PublicKey | None:
    if type(given) is not str or not given:
        wrong("Found no text; expected a public key, as PEM text or as the name of a file.")
        return None
    try:
        if "-----BEGIN" in given:
            return public_key_of(given.encode(), "The text")
        return public_key(os.path.join(directory, given))
    except FileProblem as error:
        wrong(str(error))
        return None


def _check_unique(pinned: list[tuple[int, Approver]], mistakes: list[tuple[str, str]]) -> None:
    """A key is of one person and given once, and a person is written in one way, as the engine compares names."""
    keys: dict[bytes, Approver] = {}
    people: dict[str, str] = {}
    for place, one in pinned:
        other = keys.setdefault(one.key.public_bytes_raw(), one)
        if other is not one:
            told = f"Found the key {key_id(one.key)[:12]} of '{other.name}' once more; expected each key once."
            mistakes.append((f"/approvers/{place}/key", f"approvers.{place}.key: {told}"))
        name = people.setdefault(person(one.name), one.name)
        if name != one.name:
            told = f"Found '{one.name}' beside '{name}', who is the same person; expected one spelling."
            mistakes.append((f"/approvers/{place}/name", f"approvers.{place}.name: {told}"))


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _told(value: Any) -> str:
    kind = type(value).__name__
    return {"datetime": "a date with a time", "str": "a text", "time": "a time"}.get(kind) or a_type(type(value))
