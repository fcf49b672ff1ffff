"""Signatures: who signed is told only for a key that was pinned, and nothing is read before it was checked."""

from __future__ import annotations

import base64
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.processes import HANG
from tests.tier2_io.conftest import Tier2
from tests.tier2_io.records.test_records import SUITE, edit
from tier2_io.documents.writing import write_document
from tier2_io.records.dsse import countersigned, envelope_of
from tier2_io.records.keys import private_key, public_key
from tier2_io.records.signing import RECORD_TYPE, read_stored


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
    assert "expected  " not in done.stdout
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
        lambda envelope: envelope.pop("signatures"),
        lambda envelope: envelope.update(signatures={"sig": ""}),
        lambda envelope: envelope.update(signatures=envelope["signatures"] * 101),
        lambda envelope: envelope["signatures"].append({"keyid": "", "sig": "*"}),
        lambda envelope: envelope.pop("payloadType"),
        lambda envelope: envelope.update(payloadType=None),
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
    assert done.returncode == 3
    assert re.search("tier2 resume r.json --approve --seen [0-9a-f]{64} --sign=me\n", done.stderr)
    done = tier2("resume", "r.json", "--approve")
    assert (done.returncode, "r.json is signed; expected --sign KEY" in done.stderr) == (2, True)
    assert tier2("resume", "r.json", "--approve", "--unseen", "--sign", "me").returncode == 0
    assert "succeeded, 4 steps" in tier2("verify", "--key", "me.pub", "r.json").stdout


def test_a_test_run_is_attested_by_an_in_toto_statement(at_work: Path, tier2: Tier2) -> None:
    assert tier2("test", "suite.json", "--record", "t.json", "--sign", "me").returncode == 0
    statement = read_stored(str(at_work / "t.json"), {"me": public_key(str(at_work / "me.pub"))}).document
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
    assert (done.returncode, done.stderr) == (4, "")
    assert "FAILED    t.json: a statement of test runs" in done.stdout
    assert "altered: t.json holds a statement that does not follow from the record in it" in done.stdout


def test_a_key_that_is_none_is_refused_before_any_work(at_work: Path, tier2: Tier2) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    for name, form in (("curve", NoEncryption()), ("locked", BestAvailableEncryption(b"secret"))):
        key = generate_private_key(SECP256R1()) if name == "curve" else private_key(str(at_work / "me"))
        (at_work / name).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, form))
    for name, message in (
        ("me.pub", "me.pub holds a public key, which only verifies; expected the private one beside it."),
        ("suite.json", "suite.json holds no private Ed25519 key without a passphrase"),
        ("curve", "curve holds no private Ed25519 key"),
        ("locked", "locked holds no private Ed25519 key without a passphrase"),
        ("none", "none does not exist; expected the file of a private key, which 'tier2 keygen' writes."),
    ):
        done = tier2("run", "echo", "--record", "r.json", "--sign", name)
        assert (done.returncode, done.stdout, (at_work / "r.json").exists()) == (2, "", False)
        assert done.stderr.startswith(f"tier2 run: {message}")
    for name, message in (
        ("me", "me holds a private key; expected the public one, the file that ends in .pub."),
        ("suite.json", "suite.json holds no public Ed25519 key; expected the file that ends in .pub."),
        ("none.pub", "none.pub does not exist; expected the file of a public key, which ends in .pub."),
    ):
        done = tier2("verify", "--key", name, "suite.json")
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"tier2 verify: {message}\n")
    done = tier2("test", "suite.json", "--sign", "me")
    assert (done.returncode, "--sign goes with --record" in done.stderr) == (2, True)


def test_without_the_library_the_message_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from tier2_io.cli.main import main\nsys.exit(main(['keygen', 'me']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=HANG
    )
    assert (done.returncode, "pip install 'tier2-missions[signing]'" in done.stderr) == (2, True)


def test_a_statement_may_say_more_than_is_known_but_not_that_tests_came_out_otherwise(
    at_work: Path, tier2: Tier2
) -> None:
    assert tier2("test", "suite.json", "--record", "t.json", "--sign", "me").returncode == 0
    key = private_key(str(at_work / "me"))

    def verified(change: Any) -> int:
        statement = read_stored(str(at_work / "t.json")).document
        change(statement)
        kind = "application/vnd.in-toto+json"
        write_document(str(at_work / "u.json"), envelope_of(json.dumps(statement).encode(), kind, key))
        return tier2("verify", "--key", "me.pub", "u.json").returncode

    assert verified(lambda statement: statement.update(note="by an archive")) == 0
    assert verified(lambda statement: statement["predicate"].update(url="https://example.org", warnedTests=[])) == 0
    assert verified(lambda statement: statement["subject"][0]["digest"].update(sha512="00")) == 0
    assert verified(lambda statement: statement["predicate"].update(warnedTests=["counting: n"])) == 4
    assert verified(lambda statement: statement["predicate"].pop("passedTests")) == 4
    assert verified(lambda statement: statement["subject"].append({})) == 4
    assert verified(lambda statement: statement.update(subject={})) == 4
    assert verified(lambda statement: statement["predicate"].pop("configuration")) == 2
    assert verified(lambda statement: statement.update(predicateType="https://example.org")) == 2


def test_all_keys_that_are_given_must_have_signed(at_work: Path, tier2: Tier2) -> None:
    signed(tier2)
    assert tier2("keygen", "auditor").returncode == 0
    both = ("verify", "--key", "auditor.pub", "--key", "me.pub")
    done = tier2(*both, "r.json")
    assert (done.returncode, "FAILED    r.json: not signed by all pinned keys" in done.stdout) == (4, True)
    assert "r.json is not signed by the key auditor.pub (" in done.stdout
    assert "me.pub" not in done.stdout
    auditor = private_key(str(at_work / "auditor"))
    write_document(str(at_work / "r.json"), countersigned(json.loads((at_work / "r.json").read_text()), auditor))
    done = tier2(*both, "r.json")
    assert (done.returncode, "signed by the keys" in done.stdout) == (0, True)
    (told,) = json.loads(tier2(*both, "--json", "r.json").stdout)
    assert (told["proven"], len(told["signed_by"])) == ("integrity and origin", 2)
    for one in ("me.pub", "auditor.pub"):
        assert tier2("verify", "--key", one, "r.json").returncode == 0
    again = tier2("verify", "--key", "me.pub", "--key", "me.pub", "r.json")
    assert (again.returncode, "signed by the key " in again.stdout) == (0, True)


def test_what_an_envelope_says_beyond_the_protocol_is_passed_over(at_work: Path, tier2: Tier2) -> None:
    signed(tier2)

    def more(envelope: dict[str, Any]) -> None:
        envelope["note"] = "added by an archive"
        envelope["signatures"][0] |= {"keyid": 7, "cert": []}
        envelope["signatures"].insert(0, {"sig": ""})  # of somebody else, with another algorithm

    edit(at_work / "r.json", more)
    assert tier2("verify", "--key", "me.pub", "r.json").returncode == 0
    edit(at_work / "r.json", lambda envelope: envelope["signatures"][1].pop("keyid"))
    assert tier2("verify", "--key", "me.pub", "r.json").returncode == 0
