"""Envelopes: what is signed is bound to its type, and a key counts once."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tier2_io.documents.writing import write_document
from tier2_io.records.dsse import InvalidEnvelope, countersigned, envelope_of, key_id, opened_envelope, pae
from tier2_io.records.keys import generate, private_key, public_key
from tier2_io.records.signing import RECORD_TYPE, read_stored

# The RFC's first test vector, section 7.1: the key, and the signature of the empty message.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([place]) * 32) for place in range(4)]


def test_the_signature_is_that_of_the_rfc() -> None:
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    assert key.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a")
    envelope = envelope_of(b"hello world", "http://example.com/HelloWorld", key)
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    key.public_key().verify(signature, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world")


@given(
    st.tuples(st.text("ab 1", max_size=3), st.binary(max_size=3)),
    st.tuples(st.text("ab 1", max_size=3), st.binary(max_size=3)),
)
def test_no_two_payloads_are_signed_as_the_same_bytes(a: tuple[str, bytes], b: tuple[str, bytes]) -> None:
    assert (pae(*a) == pae(*b)) is (a == b)


def test_url_safe_base64_is_read_as_well(tmp_path: Path) -> None:
    place = str(tmp_path / "key")
    generate(place)
    envelope = envelope_of(b'{"a": "\xc3\xbf\xc3\xbe\xc3\xbf"}', RECORD_TYPE, private_key(place))
    for holder, name in ((envelope, "payload"), (envelope["signatures"][0], "sig")):
        holder[name] = holder[name].replace("+", "-").replace("/", "_")
    write_document(str(tmp_path / "e.json"), envelope)
    assert read_stored(str(tmp_path / "e.json"), {"me": public_key(f"{place}.pub")}).document == {"a": "ÿþÿ"}


places = st.lists(st.sampled_from(range(len(KEYS))), max_size=6)


@given(places, places, st.binary(max_size=5), st.booleans())
def test_those_of_the_given_keys_are_found_that_signed_each_once(
    signing: list[int], pinned: list[int], payload: bytes, at_once: bool
) -> None:
    envelope: dict[str, Any] = envelope_of(payload, "text/x", *(KEYS[place] for place in signing if at_once))
    if not at_once and signing:
        envelope = envelope_of(payload, "text/x", KEYS[signing[0]])
        for place in signing[1:]:
            envelope = countersigned(envelope, KEYS[place])
        assert len(envelope["signatures"]) == len(set(signing))
    if not signing:
        with pytest.raises(InvalidEnvelope, match="'signatures' are no array of 1 to 100"):
            opened_envelope(envelope)
        return
    found = opened_envelope(envelope).signed_by(KEYS[place].public_key() for place in pinned)
    assert list(map(key_id, found)) == [
        key_id(KEYS[place].public_key()) for place in dict.fromkeys(pinned) if place in signing
    ]


def test_a_signature_is_added_to_what_there_is_and_changes_nothing_of_it() -> None:
    one = {**envelope_of(b"x", "text/x", KEYS[0]), "note": 1}
    before = json.dumps(one)
    two = countersigned(one, KEYS[1])
    assert json.dumps(one) == before
    assert {**two, "signatures": two["signatures"][:1]} == one
    assert two["signatures"][1]["keyid"] == key_id(KEYS[1].public_key())
    with pytest.raises(InvalidEnvelope, match="it has no text 'payloadType'"):
        countersigned({"signatures": []}, KEYS[0])


@pytest.mark.parametrize("field", ["payload", "payloadType"])
def test_a_signature_is_of_the_bytes_and_their_type(field: str) -> None:
    envelope = envelope_of(b"xx", "text/x", KEYS[0])
    other = {"payload": base64.b64encode(b"xy").decode(), "payloadType": "text/y"}
    assert opened_envelope({**envelope, field: other[field]}).signed_by([KEYS[0].public_key()]) == []
