"""Keys in files: a pair of Ed25519 (RFC 8032), in PEM; written whole or not at all, and never overwritten."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tier2_core import CallerError
from tier2_io.documents.files import FileProblem, located, read_bytes
from tier2_io.documents.outputs import check_place
from tier2_io.documents.writing import write_new
from tier2_io.records.dsse import key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_MAX_KEY_BYTES = 64 * 1024


class MissingExtra(CallerError):
    """A library that signing needs is not installed."""


def generate(path: str) -> str:
    """Write a new private key to ``path``, for its owner alone, and its public key to ``path.pub``; gives its id.

    Neither file is ever overwritten, and none is there without the other.
    """
    _needed()
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    check_place(path)
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    try:
        # Where there is a private key, there is its public one: it comes first.
        write_new((f"{path}.pub", public, 0o644), (path, private, 0o600))
    except FileExistsError as error:
        raise FileProblem(f"{error} is there already; keys are never overwritten, so give another name.") from None
    return key_id(key.public_key())


def private_key(path: str) -> Ed25519PrivateKey:
    """The private key in a file; :class:`FileProblem` if there is none."""
    _needed()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private, public = _keys_in(
        read_bytes(path, _MAX_KEY_BYTES, "the file of a private key, which 'tier2 keygen' writes")
    )
    if isinstance(private, Ed25519PrivateKey):
        return private
    if public is not None:
        raise FileProblem(f"{path} holds a public key, which only verifies; expected the private one beside it.")
    raise FileProblem(f"{path} holds no private Ed25519 key without a passphrase; expected what 'tier2 keygen' writes.")


def public_key(path: str) -> Ed25519PublicKey:
    """The public key in a file; :class:`FileProblem` if there is none."""
    return public_key_of(read_bytes(path, _MAX_KEY_BYTES, "the file of a public key, which ends in .pub"), path)


def public_key_of(data: bytes, name: str) -> Ed25519PublicKey:
    """The public key in PEM, which is called ``name`` in messages; :class:`FileProblem` if there is none."""
    _needed()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    private, public = _keys_in(data)
    if isinstance(public, Ed25519PublicKey):
        return public
    if private is not None:
        raise FileProblem(f"{name} holds a private key; expected the public one, the file that ends in .pub.")
    raise FileProblem(f"{name} holds no public Ed25519 key; expected the file that ends in .pub.")


def _keys_in(data: bytes) -> tuple[Any, Any]:
    """The private and the public key in PEM, as far as there are any."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

    return _loaded(lambda: load_pem_private_key(data, None)), _loaded(lambda: load_pem_public_key(data))


def _loaded(load: Callable[[], Any]) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return load()
    except (ValueError, TypeError, UnsupportedAlgorithm):  # of these, a TypeError asks for a passphrase
        return None


def is_exposed(path: str) -> bool:
    """Whether others than its owner can read or change a file, as far as POSIX modes tell."""
    try:
        return os.name == "posix" and bool(stat.S_IMODE(os.stat(located(path)).st_mode) & 0o077)
    except (OSError, ValueError):
        return False  # reading it will say what is wrong


def _needed() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise MissingExtra(
            "signatures need the library cryptography; install it with: pip install 'tier2-missions[signing]'"
        ) from None
