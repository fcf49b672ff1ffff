"""Envelopes: DSSE (Dead Simple Signing Envelope, v1) with Ed25519 (RFC 8032), for payloads of any type.

The order matters, and whoever opens an envelope keeps it: first the signatures over the bytes and their type, then the
type, and only then are the very same bytes read. What an envelope says of its keys (``keyid``) is a hint that anybody
can write, so that it is never looked at; members that are not known are passed over, as the protocol asks.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAX_SIGNATURES = 100
"""Each is tried with each key, over the whole payload."""


class InvalidEnvelope(ValueError):
    """A document is no envelope; the message says why, as a clause."""


@frozen
class Envelope:
    """What was signed: a ``payload`` of the type ``kind``, and the signatures of whoever signed it."""

    kind: str
    payload: bytes
    signatures: tuple[bytes, ...]

    def signed_by(self, keys: Iterable[Ed25519PublicKey]) -> list[Ed25519PublicKey]:
        """Those of the keys that signed it, in their order, each once, however often it is given or has signed."""
        message = pae(self.kind, self.payload)
        different = {key.public_bytes_raw(): key for key in keys}
        return [key for key in different.values() if any(_fits(key, one, message) for one in self.signatures)]


def pae(kind: str, payload: bytes) -> bytes:
    """The bytes that are signed: DSSE's pre-authentication encoding.

    >>> pae("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    encoded = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(encoded), encoded, len(payload), payload)


def key_id(key: Ed25519PublicKey) -> str:
    """The SHA-256 of the raw public key: a name for it, and no proof of anything."""
    return sha256(key.public_bytes_raw()).hexdigest()


def envelope_of(payload: bytes, kind: str, *keys: Ed25519PrivateKey) -> dict[str, Any]:
    """The document of an envelope around bytes of a type, signed with each of the keys."""
    document: dict[str, Any] = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": kind,
        "signatures": [],
    }
    for key in keys:
        document = _with_signature(document, pae(kind, payload), key)
    return document


def countersigned(document: Mapping[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """The document of an envelope with one more signature; with the same one, if the key has signed it already.

    What is in it already stays as it is. Raises :class:`InvalidEnvelope`.
    """
    opened = opened_envelope(document)
    if opened.signed_by([key.public_key()]):
        return dict(document)
    if len(opened.signatures) == MAX_SIGNATURES:  # with one more, nobody could open it
        raise InvalidEnvelope(f"it has {MAX_SIGNATURES} signatures already, and takes no more")
    return _with_signature(document, pae(opened.kind, opened.payload), key)


def _with_signature(document: Mapping[str, Any], message: bytes, key: Ed25519PrivateKey) -> dict[str, Any]:
    made = {"keyid": key_id(key.public_key()), "sig": base64.b64encode(key.sign(message)).decode()}
    return {**document, "signatures": [*document["signatures"], made]}


def is_envelope(document: Mapping[str, Any]) -> bool:
    """Whether a document means to be an envelope, whole or not."""
    return "payloadType" in document or "signatures" in document


def opened_envelope(document: Mapping[str, Any]) -> Envelope:
    """The envelope of a document. Raises :class:`InvalidEnvelope`; nothing is verified, and the payload is not read."""
    kind = _text(document, "payloadType", "it")
    try:
        kind.encode()
    except UnicodeEncodeError:
        raise InvalidEnvelope("its 'payloadType' is no text that UTF-8 can carry") from None
    payload = _decoded(document, "payload", "it")
    listed = document.get("signatures")
    if type(listed) is not list or not 0 < len(listed) <= MAX_SIGNATURES:
        raise InvalidEnvelope(f"its 'signatures' are no array of 1 to {MAX_SIGNATURES}")
    return Envelope(
        kind, payload, tuple(_decoded(one, "sig", f"its signature {place}") for place, one in enumerate(listed, 1))
    )


def _text(document: Any, name: str, what: str) -> str:
    text = document.get(name) if type(document) is dict else None
    if type(text) is not str:
        raise InvalidEnvelope(f"{what} has no text '{name}'")
    return text


def _decoded(document: Any, name: str, what: str) -> bytes:
    """Base64, standard or URL-safe: whoever verifies must take both."""
    text = _text(document, name, what)
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/").encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise InvalidEnvelope(f"the '{name}' of {what} is no Base64") from None


def _fits(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
