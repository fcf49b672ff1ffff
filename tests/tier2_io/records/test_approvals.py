"""Signed decisions, and what an adversary would try with them: a reason, an exit code, and nothing written."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.evidence import TESTS
from tests.tier2_io.conftest import Tier2
from tests.workflow.plans import ask, do, plan
from tier2_core import (
    Decision,
    ExecutionContext,
    OrchestrationResult,
    canonical_json,
    consequences,
    decision_statement,
    freeze,
    resume,
    run,
)
from tier2_io.documents.files import FileProblem
from tier2_io.documents.writing import write_document
from tier2_io.records.approvals import DECISION_TYPE
from tier2_io.records.approvers import read_approvers
from tier2_io.records.dsse import envelope_of, key_id
from tier2_io.records.saved import save

ROWS: dict[str, list[dict[str, Any]]] = json.loads((TESTS / "vectors" / "approvals.json").read_text("utf-8"))
PEOPLE = ("ada", "bob", "carl", "cleo", "dora", "eve", "mallory", "new")
KEYS = {name: Ed25519PrivateKey.from_private_bytes(bytes([place]) * 32) for place, name in enumerate(PEOPLE, 1)}


def public(name: str) -> str:
    key = KEYS[name].public_key()
    return key.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo).decode()


def write_keys(place: Path, *names: str) -> None:
    for name in names:
        private = KEYS[name].private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
        (place / name).write_bytes(private)
        (place / name).chmod(0o600)
        (place / f"{name}.pub").write_text(public(name))


def write_approvers(place: Path, approvers: dict[str, dict[str, str]]) -> None:
    tables = []
    for key, member in approvers.items():
        dates = "".join(f"{name} = {member[name]}\n" for name in ("since", "until") if name in member)
        tables.append(f'[[approvers]]\nname = "{member.get("name", key)}"\nkey = """{public(key)}"""\n{dates}')
    (place / "approvers.toml").write_text("\n".join(tables))


def waiting(row: dict[str, Any]) -> OrchestrationResult:
    """A run that waits at the step 'release', called for by carl; dora has decided the step before."""
    release = ask("release", into="released", demands=row.get("demands", {"signatures": 2}))
    steps = ask("draft", description=row.get("title", "Ready?")), release, do("set", path="done", value=True)
    context = ExecutionContext(row.get("state", {"version": 7}), {"caller": "carl"}, [])
    return resume(run(plan(*steps), context), Decision("draft", actor="dora"))


def decided(row: dict[str, Any]) -> Decision:
    """The decision that people sign in a row."""
    of = waiting({**row, **row.get("of", {})})
    given = {"value": "v7", **row.get("decision", {})}
    seen = consequences(of, "v7" if given["value"] == "v9" else given["value"]).digest
    return Decision(**{"step_id": "release", "seen": seen, **given})


def envelope(row: dict[str, Any]) -> dict[str, Any]:
    """The envelope of a row, as honest people or adversaries make it."""
    of = waiting({**row, **row.get("of", {})})
    statement = {**decision_statement(of.run.workflow, decided(row)), **row.get("statement", {})}
    payload = canonical_json(freeze(statement))
    if row.get("form") == "spaced":
        payload = json.dumps(statement, sort_keys=True).encode()
    keys = [KEYS[name] for name in row["signed"]]
    document = envelope_of(payload, row.get("type", DECISION_TYPE), *keys)
    if "altered" in row:
        other = canonical_json(freeze({**statement, **row["altered"]}))
        document["payload"] = envelope_of(other, DECISION_TYPE)["payload"]
    if row.get("again"):
        document["signatures"] *= 2
    if "keyid" in row:
        document["signatures"][-1]["keyid"] = key_id(KEYS[row["keyid"]].public_key())
    return {**document, **row.get("envelope", {})}


def contents(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in place.iterdir()}


def ids(row: dict[str, Any]) -> str:
    return str(row["what"])


# --- answers -------------------------------------------------------------------------------------

ANSWER = ("resume", "w.json", "--decision", "d.json", "--approvers", "approvers.toml")


@pytest.mark.parametrize("row", ROWS["answers"], ids=ids)
def test_an_answer_counts_as_far_as_it_was_signed(tmp_path: Path, tier2: Tier2, row: dict[str, Any]) -> None:
    save(waiting(row), str(tmp_path / "w.json"))
    write_approvers(tmp_path, row.get("approvers", {"ada": {}, "bob": {}}))
    write_document(str(tmp_path / "d.json"), envelope(row))
    before = contents(tmp_path)
    done = tier2(*ANSWER)
    assert (done.returncode, row["message"] in done.stderr) == (row["code"], True), done.stderr
    if row["code"] == 2:
        assert (done.stdout, contents(tmp_path)) == ("", before)
        assert "Traceback" not in done.stderr
        return
    made = json.loads((tmp_path / "w.json").read_text())["decisions"][-1]
    assert (made["signed_by"], made["via"], made["envelope"]) == (["ada", "bob"], "file", envelope(row))
    assert tier2("verify", "w.json", "--approvers", "approvers.toml").returncode == 0


def test_an_envelope_in_the_other_base64_is_kept_in_the_one_that_the_engine_takes(tmp_path: Path, tier2: Tier2) -> None:
    row = {"signed": ["ada", "bob"], "decision": {"reason": "???>>>~~~"}}
    document = envelope(row)
    other = {**document, "payload": document["payload"].replace("+", "-").replace("/", "_"), "note": [1]}
    assert other["payload"] != document["payload"]
    save(waiting(row), str(tmp_path / "w.json"))
    write_approvers(tmp_path, {"ada": {}, "bob": {}})
    write_document(str(tmp_path / "d.json"), other)
    assert tier2(*ANSWER).returncode == 0
    kept = json.loads((tmp_path / "w.json").read_text())["decisions"][-1]["envelope"]
    assert kept == {**document, "note": [1]}


@pytest.mark.parametrize(
    ("beside", "message"),
    [
        (("--decision", "d.json"), "--decision goes with --approvers FILE"),
        (("--approvers", "approvers.toml", "--reject"), "--approvers goes with --decision"),
        ((*ANSWER[2:], "--approve"), "--approve does not go with --decision"),
        ((*ANSWER[2:], "--reject"), "--reject does not go with --decision"),
        ((*ANSWER[2:], "--value", "1"), "--value goes with --approve"),
        ((*ANSWER[2:], "--unseen"), "--unseen does not go with --decision"),
        ((*ANSWER[2:], "--out", "d.json"), "--decision and --out name one file"),
        ((*ANSWER[2:], "--out", "approvers.toml"), "--approvers and --out name one file"),
        (("--decision", "none.json", "--approvers", "approvers.toml"), "none.json does not exist"),
        (("--decision", "w.json", "--approvers", "approvers.toml"), "w.json holds no signed decision"),
        (("--decision", "d.json", "--approvers", "d.json"), "d.json is no approvers file"),
    ],
)
def test_nothing_else_goes_with_a_signed_answer(
    tmp_path: Path, tier2: Tier2, beside: tuple[str, ...], message: str
) -> None:
    row = {"signed": ["ada", "bob"]}
    save(waiting(row), str(tmp_path / "w.json"))
    write_approvers(tmp_path, {"ada": {}, "bob": {}})
    write_document(str(tmp_path / "d.json"), envelope(row))
    before = contents(tmp_path)
    done = tier2("resume", "w.json", *beside)
    assert (done.returncode, done.stdout, message in done.stderr) == (2, "", True), done.stderr
    assert contents(tmp_path) == before


# --- records -------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS["records"], ids=ids)
def test_a_record_says_no_more_than_was_signed(tmp_path: Path, tier2: Tier2, row: dict[str, Any]) -> None:
    made: dict[str, Any] = {"envelope": envelope(row), "via": "file", **row["made"]}
    save(resume(waiting(row), evolve(decided(row), **made)), str(tmp_path / "r.json"))
    write_approvers(tmp_path, row.get("approvers", {"ada": {}, "bob": {}}))
    done = tier2("verify", "r.json", "--approvers", "approvers.toml")
    assert (done.returncode, row["message"] in done.stdout) == (row["code"], True), done.stdout
    assert done.stderr == ""
    (told,) = json.loads(tier2("verify", "r.json", "--approvers", "approvers.toml", "--json").stdout)
    assert (told["cause"], told["step_id"]) == (("approval", "release") if row["code"] else ("", None))
    # Without the file nobody has checked anything, and that is said.
    unchecked = tier2("verify", "r.json")
    assert unchecked.returncode == 0
    if made["envelope"] is not None or "signed_by" in made:
        assert "signatures that nobody checked; --approvers FILE does" in unchecked.stdout
    assert "draft: approved by dora (claimed)" in unchecked.stdout


def test_a_story_does_not_say_that_signatures_were_checked(tmp_path: Path, tier2: Tier2) -> None:
    row = {"signed": ["ada", "bob"]}
    made: dict[str, Any] = {"envelope": envelope(row), "signed_by": ["ada", "bob"]}
    save(resume(waiting(row), evolve(decided(row), **made)), str(tmp_path / "r.json"))
    assert "signed by ada and bob, which nobody checked" in tier2("show", "r.json").stdout


# --- approvers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS["approvers"], ids=ids)
def test_what_is_wrong_with_an_approvers_file_is_told_with_its_place(
    tmp_path: Path, row: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_keys(tmp_path, "ada", "bob")
    (tmp_path / "a.toml").write_text(row["text"])
    with pytest.raises(FileProblem) as error:
        read_approvers("a.toml")
    assert row["message"] in str(error.value)


def test_keys_are_found_beside_the_file_and_count_from_their_first_to_their_last_day(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    write_keys(tmp_path / "keys", "ada")
    (tmp_path / "a.toml").write_text(
        '[[approvers]]\nname = "ada"\nkey = "keys/ada.pub"\nsince = 2026-01-02\nuntil = 2026-01-03'
    )
    (ada,) = read_approvers(str(tmp_path / "a.toml")).pinned
    assert ada.key.public_bytes_raw() == KEYS["ada"].public_key().public_bytes_raw()
    assert [bool(ada.doubt(date(2026, 1, day))) for day in (1, 2, 3, 4)] == [True, False, False, True]
