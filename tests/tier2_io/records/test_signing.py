"""Signatures: who signed is told only for a key that was pinned, and nothing is read before it was checked."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.processes import HANG
from tests.tier2_io.conftest import Tier2
from tests.tier2_io.records.test_records import SUITE, edit
from tier2_io.documents.files import FileProblem, write_document
from tier2_io.records.signing import RECORD_TYPE, envelope_of, generate, pae, private_key, public_key, read_stored

# The RFC's first test vector, section 7.1: the key, and the signature of the empty message.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")


@pytest.fixture
def at_work(tmp_path: Path, tier2: Tier2) -> Path:
    (tmp_path / "suite.json").write_text(json.dumps(SUITE))
    assert tier2("keygen", "me").returncode == 0
    return tmp_path


def signed(tier2: Tier2) -> None:
    assert tier2("run", "echo", "--record", "r.json", "--sign", "me").returncode == 0


def test_keys_are_for_their_owner_alone_and_never_overwritten(at_work: Path, tier2: Tier2) -> None:
    assert stat.S_IMODE((at_work / "me").stat().st_mode) == 0o600
    before = (at_work / "me").read_bytes(), (at_work / "me.pub").read_bytes()
    assert tier2("keygen", "me").returncode == 2
    (at_work / "me").rename(at_work / "mine")
    done = tier2("keygen", "me")
    assert (done.returncode, "me.pub is there already" in done.stderr) == (2, True)
    assert not (at_work / "me").exists()
    assert ((at_work / "mine").read_bytes(), (at_work / "me.pub").read_bytes()) == before
    (at_work / "link").symlink_to(at_work / "elsewhere")
    assert tier2("keygen", "link").returncode == 2
    assert tier2("keygen", "no/such").returncode == 2
    told = json.loads(tier2("keygen", "other", "--json").stdout)
    assert (len(told["key_id"]), told["public"]) == (64, "other.pub")


def test_a_signed_record_proves_integrity_and_with_the_key_origin(at_work: Path, tier2: Tier2) -> None:
    signed(tier2)
    done = tier2("verify", "r.json")
    assert (done.returncode, "integrity only" in done.stdout) == (0, True)
    done = tier2("verify", "--key", "me.pub", "r.json")
    assert (done.returncode, "integrity and origin: signed by the key" in done.stdout) == (0, True)
    assert (
        json.loads(tier2("verify", "--json", "--key", "me.pub", "r.json").stdout)[0]["proven"] == "integrity and origin"
    )
    assert "echo-step" in tier2("show", "r.json").stdout
    assert tier2("diff", "r.json", "r.json").returncode == 0
    envelope = json.loads((at_work / "r.json").read_text())
    assert envelope["payloadType"] == RECORD_TYPE
    assert json.loads(base64.b64decode(envelope["payload"]))["schema"] == "tier2.record/1"


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_a_private_key_that_others_can_read_is_warned_of(at_work: Path, tier2: Tier2) -> None:
    assert tier2("run", "echo", "--record", "r.json", "--sign", "me").stderr == ""
    (at_work / "me").chmod(0o640)
    done = tier2("run", "echo", "--record", "r.json", "--sign", "me")
    assert done.returncode == 0
    assert done.stderr == (
        "warning: others can read the private key me, and sign with it; chmod 600 would stop them.\n"
    )


def test_another_key_or_none_or_an_altered_byte_is_exit_code_4(at_work: Path, tier2: Tier2) -> None:
    signed(tier2)
    assert tier2("keygen", "other").returncode == 0
    assert tier2("run", "echo", "--record", "plain.json").returncode == 0
    done = tier2("verify", "--key", "other.pub", "r.json", "plain.json")
    assert done.returncode == 4
    assert done.stdout.count("likely cause          signature") == 2
    assert json.loads(tier2("verify", "--json", "--key", "other.pub", "r.json").stdout)[0]["cause"] == "signature"
    assert "plain.json is not signed" in done.stdout

    def space(envelope: dict[str, Any]) -> None:
        envelope["payload"] = base64.b64encode(base64.b64decode(envelope["payload"]) + b" ").decode()

    edit(at_work / "r.json", space)  # the document is the same; the bytes are not
    assert tier2("verify", "r.json").returncode == 0
    assert tier2("verify", "--key", "me.pub", "r.json").returncode == 4


def test_what_was_signed_and_is_not_true_is_not_verified(at_work: Path, tier2: Tier2) -> None:
    assert tier2("run", "echo", "--record", "r.json").returncode == 0
    document = json.loads((at_work / "r.json").read_text()) | {"initial_state": {"n": 1}}
    key = private_key(str(at_work / "me"))
    write_document(str(at_work / "r.json"), envelope_of(json.dumps(document).encode(), RECORD_TYPE, key))
    done = tier2("verify", "--key", "me.pub", "r.json")
    assert (done.returncode, "altered" in done.stdout, "origin" in done.stdout) == (4, True, False)


def test_the_type_is_bound_and_must_be_known(at_work: Path, tier2: Tier2) -> None:
    signed(tier2)
    edit(at_work / "r.json", lambda envelope: envelope.update(payloadType="application/vnd.in-toto+json"))
    assert tier2("verify", "--key", "me.pub", "r.json").returncode == 4
    done = tier2("verify", "r.json")
    assert (done.returncode, "holds no statement of a test result" in done.stderr) == (2, True)
    key = private_key(str(at_work / "me"))
    write_document(str(at_work / "r.json"), envelope_of(b"{}", "text/x\x1b", key))
    done = tier2("verify", "--key", "me.pub", "r.json")
    assert (done.returncode, "holds the type" in done.stderr, "\x1b" in done.stderr) == (2, True, False)


@pytest.mark.parametrize(
    "change",
    [
        lambda envelope: envelope.pop("payload"),
        lambda envelope: envelope.update(payload="*"),
        lambda envelope: envelope.update(payload="é"),
        lambda envelope: envelope.update(payload=1),
        lambda envelope: envelope.update(payloadType="\ud800"),
        lambda envelope: envelope.update(signatures=[]),
        lambda envelope: envelope.update(signatures=[1]),
        lambda envelope: envelope.update(signatures=[{"sig": None}]),
        lambda envelope: envelope.update(extra=1),
        lambda envelope: envelope.pop("payloadType"),
    ],
)
def test_a_damaged_envelope_is_refused(at_work: Path, tier2: Tier2, change: Any) -> None:
    signed(tier2)
    edit(at_work / "r.json", change)
    for more in ((), ("--key", "me.pub")):
        done = tier2("verify", "r.json", *more)
        assert (done.returncode, done.stdout) == (2, "")
        assert "is no envelope, or it is damaged" in done.stderr


def test_a_signed_waiting_run_goes_on_signed(at_work: Path, tier2: Tier2) -> None:
    done = tier2("run", "daily_loop", "--record", "r.json", "--sign", "me")
    assert (done.returncode, "tier2 resume r.json --approve --sign=me" in done.stderr) == (3, True)
    done = tier2("resume", "r.json", "--approve")
    assert (done.returncode, "r.json is signed; expected --sign KEY" in done.stderr) == (2, True)
    assert tier2("resume", "r.json", "--approve", "--sign", "me").returncode == 0
    assert "succeeded, 4 steps" in tier2("verify", "--key", "me.pub", "r.json").stdout


def test_a_test_run_is_attested_by_an_in_toto_statement(at_work: Path, tier2: Tier2) -> None:
    assert tier2("test", "suite.json", "--record", "t.json", "--sign", "me").returncode == 0
    statement = read_stored(str(at_work / "t.json"), public_key(str(at_work / "me.pub"))).document
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert (statement["predicate"]["result"], statement["predicate"]["passedTests"]) == ("PASSED", ["counting: n"])
    assert statement["subject"][0]["digest"]["sha256"] == json.loads(tier2("missions", "--json").stdout)["fingerprint"]
    done = tier2("verify", "--key", "me.pub", "t.json")
    assert (done.returncode, "verified  t.json: counting" in done.stdout) == (0, True)
    statement["predicate"]["result"] = "FAILED"
    key = private_key(str(at_work / "me"))
    kind = "application/vnd.in-toto+json"
    write_document(str(at_work / "t.json"), envelope_of(json.dumps(statement).encode(), kind, key))
    done = tier2("verify", "--key", "me.pub", "t.json")
    assert (done.returncode, "that follows from the record in it" in done.stderr) == (2, True)


def test_a_key_that_is_none_is_refused_before_any_work(at_work: Path, tier2: Tier2) -> None:
    for key in ("me.pub", "suite.json", "none"):
        done = tier2("run", "echo", "--record", "r.json", "--sign", key)
        assert (done.returncode, done.stdout, (at_work / "r.json").exists()) == (2, "", False)
        assert "Traceback" not in done.stderr
    done = tier2("test", "suite.json", "--sign", "me")
    assert (done.returncode, "--sign goes with --record" in done.stderr) == (2, True)
    assert tier2("verify", "--key", "me", "suite.json").returncode == 2


def test_without_the_library_the_message_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from tier2_io.cli.main import main\nsys.exit(main(['keygen', 'me']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=HANG
    )
    assert (done.returncode, "pip install 'tier2-missions[signing]'" in done.stderr) == (2, True)


def test_the_signature_is_that_of_the_rfc() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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
    for name in ("payload",):
        envelope[name] = envelope[name].replace("+", "-").replace("/", "_")
    signature = envelope["signatures"][0]
    signature["sig"] = signature["sig"].replace("+", "-").replace("/", "_")
    write_document(str(tmp_path / "e.json"), envelope)
    assert read_stored(str(tmp_path / "e.json"), public_key(f"{place}.pub")).document == {"a": "ÿþÿ"}
    with pytest.raises(FileProblem, match="no private Ed25519 key"):
        private_key(f"{place}.pub")
