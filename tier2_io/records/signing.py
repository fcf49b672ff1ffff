"""What a file holds, and who signed it: the document itself, or one in an envelope (DSSE) around its stored bytes.

Who signed is told only for keys that were pinned. What is in an envelope that nobody pinned a key for is as good as
unsigned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from tier2_core import InvalidValueError
from tier2_core.values.canonical import read_json
from tier2_core.values.freeze import a_type
from tier2_io.documents.files import FileProblem
from tier2_io.documents.sources import read_object
from tier2_io.records.dsse import InvalidEnvelope, is_envelope, key_id, opened_envelope

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

RECORD_TYPE = "application/vnd.tier2.record+json"
STATEMENT_TYPE = "application/vnd.in-toto+json"

_TYPES = (RECORD_TYPE, STATEMENT_TYPE)


class SignatureProblem(FileProblem):
    """A file is not signed by all keys that were pinned."""


@frozen
class Stored:
    """What a file holds: a document, and what is known of who signed its bytes.

    ``kind`` is the payload's type, ``""`` if the file is no envelope; ``signed_by`` are the ids of the pinned keys,
    all of which signed it.
    """

    document: Any
    kind: str = ""
    signed_by: tuple[str, ...] = ()


def read_stored(path: str, pinned: Mapping[str, Ed25519PublicKey] | None = None) -> Stored:
    """What a file holds, taken out of its envelope if there is one.

    ``pinned`` are public keys by what they are called in messages, such as their files. Raises
    :class:`SignatureProblem` if one of them did not sign it, :class:`FileProblem` for what cannot be read.
    """
    keys = pinned or {}
    document = read_object(path)
    if not is_envelope(document):
        if keys:
            raise SignatureProblem(f"{path} is not signed; expected an envelope that is signed by {_told(keys)}.")
        return Stored(document)
    try:
        envelope = opened_envelope(document)
    except InvalidEnvelope as error:
        raise FileProblem(
            f"{path} is no envelope, or it is damaged: {error}; expected 'payload', 'payloadType' and 'signatures' "
            "of DSSE."
        ) from None
    signed_by = tuple(map(key_id, envelope.signed_by(keys.values())))
    lacking = {name: key for name, key in keys.items() if key_id(key) not in signed_by}
    if lacking:
        raise SignatureProblem(f"{path} is not signed by {_told(lacking)}, or it was altered after it was signed.")
    if envelope.kind not in _TYPES:
        raise FileProblem(f"{path} holds the type {envelope.kind[:80]!r}; expected {' or '.join(_TYPES)}.")
    try:
        inside = read_json(envelope.payload)
    except InvalidValueError as error:
        raise FileProblem(f"{path}: in its envelope: {error}") from None
    if type(inside) is not dict:
        raise FileProblem(f"{path}: in its envelope: Found {a_type(type(inside))}; expected the object of a record.")
    return Stored(inside, envelope.kind, signed_by)


def _told(keys: Mapping[str, Ed25519PublicKey]) -> str:
    return " and ".join(f"the key {name} ({key_id(key)[:12]})" for name, key in keys.items())
