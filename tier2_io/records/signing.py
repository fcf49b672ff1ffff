"""Signatures: DSSE envelopes (Dead Simple Signing Envelope, v1) with Ed25519 (RFC 8032) over the stored bytes.

The order matters and is kept here: first the signature over the bytes and their type, then the type, and only then are
the very same bytes read. What is inside an envelope that nobody pinned a key for is as good as unsigned.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from attrs import frozen

from tier2_core import CallerError, InvalidValueError
from tier2_core.values.canonical import read_json
from tier2_core.values.freeze import a_type
from tier2_io.documents.files import FileProblem, read_bytes
from tier2_io.documents.sources import read_object

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

RECORD_TYPE = "application/vnd.tier2.record+json"
STATEMENT_TYPE = "application/vnd.in-toto+json"

_MAX_KEY_BYTES = 64 * 1024


class MissingExtra(CallerError):
    """A library that signing needs is not installed."""


class SignatureProblem(FileProblem):
    """A file is not signed by the key that was pinned."""


@frozen
class Stored:
    """What a file holds: a document, and what is known of who signed its bytes.

    ``kind`` is the payload's type, ``""`` if the file is no envelope; ``key`` is the id of the pinned key that the
    signature fits, ``""`` if no key was pinned.
    """

    document: Any
    kind: str = ""
    key: str = ""


def pae(kind: str, payload: bytes) -> bytes:
    """The bytes that are signed: DSSE's pre-authentication encoding.

    >>> pae("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    encoded = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(encoded), encoded, len(payload), payload)


def envelope_of(payload: bytes, kind: str, key: Ed25519PrivateKey) -> dict[str, Any]:
    """The signed envelope of bytes of a type."""
    signature = key.sign(pae(kind, payload))
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": kind,
        "signatures": [{"keyid": key_id(key.public_key()), "sig": base64.b64encode(signature).decode()}],
    }


def read_stored(path: str, key: Ed25519PublicKey | None = None) -> Stored:
    """What a file holds, taken out of its envelope if there is one.

    Raises :class:`SignatureProblem` if a key is pinned and did not sign it, :class:`FileProblem` for what cannot be
    read.
    """
    document = read_object(path)
    if "payloadType" not in document and "signatures" not in document:
        if key is not None:
            raise SignatureProblem(f"{path} is not signed; expected an envelope that is signed by the pinned key.")
        return Stored(document)
    kind, payload, signatures = _opened(path, document)
    if key is not None and not any(_fits(key, signature, pae(kind, payload)) for signature in signatures):
        raise SignatureProblem(
            f"{path} is not signed by the pinned key {key_id(key)[:12]}, or it was altered after it was signed."
        )
    if kind not in (RECORD_TYPE, STATEMENT_TYPE):
        raise FileProblem(f"{path} holds the type {kind[:80]!r}; expected {RECORD_TYPE} or {STATEMENT_TYPE}.")
    try:
        inside = read_json(payload)
    except InvalidValueError as error:
        raise FileProblem(f"{path}: in its envelope: {error}") from None
    if type(inside) is not dict:
        raise FileProblem(f"{path}: in its envelope: Found {a_type(type(inside))}; expected the object of a record.")
    return Stored(inside, kind, "" if key is None else key_id(key))


def _opened(path: str, document: Any) -> tuple[str, bytes, list[bytes]]:
    try:
        if set(document) != {"payload", "payloadType", "signatures"} or type(document["payloadType"]) is not str:
            raise ValueError
        kind = document["payloadType"]
        kind.encode()
        payload = _decoded(document["payload"])
        if not document["signatures"]:
            raise ValueError
        return kind, payload, [_decoded(signature["sig"]) for signature in document["signatures"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise FileProblem(
            f"{path} is no envelope, or it is damaged; expected 'payload', 'payloadType' and 'signatures' of DSSE."
        ) from None


def _decoded(text: Any) -> bytes:
    """Base64, standard or URL-safe: DSSE allows both."""
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/").encode("ascii"), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _fits(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


# --- keys ----------------------------------------------------------------------------------------


def key_id(key: Ed25519PublicKey) -> str:
    """The SHA-256 of the raw public key: a name for it, and no proof of anything."""
    return sha256(key.public_bytes_raw()).hexdigest()


def generate(path: str) -> str:
    """Write a new private key to ``path``, for its owner alone, and its public key to ``path.pub``; gives its id.

    Neither file is ever overwritten.
    """
    _needed()
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if os.path.lexists(f"{path}.pub"):
        raise FileProblem(f"{path}.pub is there already; keys are never overwritten, so give another name.")
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    _write_new(path, private, 0o600)
    _write_new(f"{path}.pub", public, 0o644)
    return key_id(key.public_key())


def private_key(path: str) -> Ed25519PrivateKey:
    """The private key in a file; :class:`FileProblem` if there is none."""
    _needed()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = read_bytes(path, _MAX_KEY_BYTES)
    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise FileProblem(f"{path} holds no private Ed25519 key; expected what 'tier2 keygen' writes.")
    return key


def is_exposed(path: str) -> bool:
    """Whether others than its owner can read or change a file, as far as POSIX modes tell."""
    try:
        return os.name == "posix" and bool(stat.S_IMODE(os.stat(path).st_mode) & 0o077)
    except (OSError, ValueError):
        return False  # reading it will say what is wrong


def public_key(path: str) -> Ed25519PublicKey:
    """The public key in a file; :class:`FileProblem` if there is none."""
    _needed()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    data = read_bytes(path, _MAX_KEY_BYTES)
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise FileProblem(f"{path} holds no public Ed25519 key; expected the file that ends in .pub.")
    return key


def _needed() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise MissingExtra(
            "signatures need the library cryptography; install it with: pip install 'tier2-missions[signing]'"
        ) from None


def _write_new(path: str, data: bytes, mode: int) -> None:
    try:
        # The mode is given when the file is made: there is no moment at which others can read it.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise FileProblem(f"{path} is there already; keys are never overwritten, so give another name.") from None
    except (OSError, ValueError) as error:
        raise FileProblem(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}.") from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
