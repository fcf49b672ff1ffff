"""Signing decisions on the command line: people see first what they sign, and the whole way over two machines."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.processes import HANG
from tests.tier2_io.conftest import TIER2, Tier2
from tests.tier2_io.records.test_approvals import contents, waiting, write_approvers, write_keys
from tier2_core import resume
from tier2_core.workflow.specs import Decision
from tier2_io.records.saved import only_one, save

FIRST = ("sign-decision", "w.json", "--key", "ada", "--decision", "d.json", "--approve", "--value", '"v7"')
SECOND = ("sign-decision", "w.json", "--key", "bob", "--decision", "d.json")


@pytest.fixture
def at_work(tmp_path: Path) -> Path:
    save(waiting({}), str(tmp_path / "w.json"))
    write_keys(tmp_path, "ada", "bob")
    write_approvers(tmp_path, {"ada": {}, "bob": {}})
    return tmp_path


def shown(tier2: Tier2, at_work: Path, *arguments: str) -> list[str]:
    """What was shown is told, nothing is written, and the command that signs it is given."""
    before = contents(at_work)
    done = tier2(*arguments)
    assert (done.returncode, contents(at_work)) == (3, before), done.stderr
    assert "approving: succeeded" in done.stdout
    assert "rejecting: rejected" in done.stdout
    assert re.search(r"\+ done +true", done.stdout) or "--reject" in arguments
    return shlex.split(done.stderr.splitlines()[-1])[1:]


def signed_by_ada(tier2: Tier2, at_work: Path, *more: str) -> None:
    assert tier2(*shown(tier2, at_work, *FIRST, *more)).returncode == 0


def test_people_see_what_they_sign_and_sign_one_after_the_other(at_work: Path, tier2: Tier2) -> None:
    before = (at_work / "w.json").read_bytes()
    command = shown(tier2, at_work, *FIRST, "--reason", "tested", "--actor", "ada")
    done = tier2(*command)
    assert (done.returncode, "d.json has 1 signature." in done.stdout) == (0, True)
    done = tier2(*SECOND)
    assert "To be signed: 'release' is approved by ada: tested" in done.stdout
    assert "1 signature there, which nobody has checked here" in done.stdout
    assert tier2(*shown(tier2, at_work, *SECOND)).returncode == 0
    assert (at_work / "w.json").read_bytes() == before
    document = json.loads((at_work / "d.json").read_text())
    assert len(document["signatures"]) == 2
    statement = json.loads(base64.b64decode(document["payload"]))
    assert {name: statement[name] for name in ("schema", "step_id", "approved", "value", "actor", "reason")} == {
        "schema": "tier2.decision/1",
        "step_id": "release",
        "approved": True,
        "value": "v7",
        "actor": "ada",
        "reason": "tested",
    }
    again = tier2(*command[:5], "d.json", "--seen", statement["seen"])
    assert (again.returncode, "Signed before" in again.stdout) == (0, True)
    assert json.loads((at_work / "d.json").read_text()) == document
    assert tier2("resume", "w.json", "--decision", "d.json", "--approvers", "approvers.toml").returncode == 0
    done = tier2("verify", "--approvers", "approvers.toml", "w.json")
    assert (done.returncode, "release: approved by ada (signed by ada and bob)" in done.stdout) == (0, True)
    done = tier2("resume", "w.json", "--decision", "d.json", "--approvers", "approvers.toml")
    assert (done.returncode, "decided already" in done.stderr) == (2, True)


def test_a_rejection_is_signed_as_well(at_work: Path, tier2: Tier2) -> None:
    arguments = ("sign-decision", "w.json", "--key", "ada", "--decision", "d.json", "--reject", "--reason=no")
    assert tier2(*shown(tier2, at_work, *arguments)).returncode == 0
    assert tier2(*shown(tier2, at_work, *SECOND)).returncode == 0
    done = tier2("resume", "w.json", "--decision", "d.json", "--approvers", "approvers.toml")
    assert (done.returncode, "rejected" in done.stdout) == (1, True)


def test_machines_are_told_the_same(at_work: Path, tier2: Tier2) -> None:
    done = tier2(*FIRST, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["signed"], told["statement"]["value"]) == (3, False, "v7")
    assert told["statement"]["seen"] == told["consequences"]["digest"] == told["question"]["digest"]
    digest, statement = told["consequences"]["digest"], told["statement"]
    # fmt: off
    told = json.loads(tier2(
        "sign-decision", "w.json", "--key", "ada", "--decision", "d.json", "--json",
        "--approve", "--value", "v7", "--actor", "ada", "--seen", digest,
    ).stdout)
    # fmt: on
    assert (told["signed"], told["signatures"], told["decision"]) == (True, 1, "d.json")
    payload = json.loads((at_work / "d.json").read_text())["payload"]
    assert json.loads(base64.b64decode(payload)) == {**statement, "actor": "ada"}


def altered(at_work: Path, **members: Any) -> None:
    """Words in the envelope are changed by somebody on the way."""
    document = json.loads((at_work / "d.json").read_text())
    statement = {**json.loads(base64.b64decode(document["payload"])), **members}
    text = json.dumps(statement, sort_keys=True, separators=(",", ":"))
    document["payload"] = base64.b64encode(text.encode()).decode()
    (at_work / "d.json").write_text(json.dumps(document))


def test_what_is_not_of_this_run_is_not_signed(at_work: Path, tier2: Tier2) -> None:
    signed_by_ada(tier2, at_work)
    good = (at_work / "d.json").read_bytes()
    for change, message in (
        (lambda: altered(at_work, value="v9"), "saw something else than would happen now"),
        (lambda: altered(at_work, seen=64 * "0"), "saw something else than would happen now"),
        (lambda: altered(at_work, step_id="draft"), "'draft' was decided already"),
        (lambda: altered(at_work, workflow=64 * "0"), "is about another workflow"),
        (lambda: altered(at_work, note="harmless"), "has other members"),
        (lambda: save(waiting({"state": {"version": 8}}), str(at_work / "w.json")), "saw something else"),
        (lambda: (at_work / "d.json").write_text('{"a": 1}'), "d.json holds no signed decision"),
        (lambda: save(resume(waiting({"demands": {}}), Decision("release")), str(at_work / "w.json")), "waits for no"),
    ):
        save(waiting({}), str(at_work / "w.json"))
        (at_work / "d.json").write_bytes(good)
        change()
        before = contents(at_work)
        for seen in ((), ("--seen", 64 * "0")):
            done = tier2(*SECOND, *seen)
            assert (done.returncode, done.stdout, contents(at_work)) == (2, "", before)
            assert message in done.stderr or (seen and "than --seen stands for" in done.stderr)


@pytest.mark.parametrize(
    ("demands", "arguments", "message"),
    [
        ({"not_caller": True}, ("--approve", "--actor", "Carl"), "demands another person than 'Carl', who called"),
        ({"not_same_as": ["draft"]}, ("--approve", "--actor", "dora"), "who decided step 'draft'"),
        ({"actor": True}, ("--approve",), "demands that the decision names who decides"),
        ({"reason": True}, ("--reject",), "demands that a rejection says why"),
        ({}, (), "d.json is not there yet; expected --approve or --reject"),
        ({}, ("--reject", "--value", "1"), "--value goes with --approve"),
        ({}, ("--approve", "--seen", ""), "--seen is empty"),
        ({}, ("--approve", "--seen", 64 * "0"), "something else would happen now than --seen stands for"),
        ({}, ("--approve", "--decision", "w.json"), "the run and --decision name one file"),
        ({}, ("--approve", "--decision", "ada"), "--key and --decision name one file"),
        ({}, ("--approve", "--decision", "no/d.json"), "does not exist"),
        ({}, ("--approve", "--decision", "-"), "signed in files"),
        ({}, ("--approve", "--key", "ada.pub"), "holds a public key"),
    ],
)
def test_what_would_be_refused_is_not_signed(
    at_work: Path, tier2: Tier2, demands: dict[str, Any], arguments: tuple[str, ...], message: str
) -> None:
    save(waiting({"demands": demands}), str(at_work / "w.json"))
    before = contents(at_work)
    done = tier2("sign-decision", "w.json", "--key", "ada", "--decision", "d.json", *arguments)
    assert (done.returncode, done.stdout, message in done.stderr) == (2, "", True), done.stderr
    assert contents(at_work) == before


def test_who_signs_as_well_changes_nothing_that_was_decided(at_work: Path, tier2: Tier2) -> None:
    signed_by_ada(tier2, at_work)
    before = contents(at_work)
    for more in (("--approve",), ("--reject",), ("--value", "1"), ("--reason", "x"), ("--actor", "bob")):
        done = tier2(*SECOND, *more)
        assert (done.returncode, f"expected no {more[0]} to sign it" in done.stderr) == (2, True)
    assert contents(at_work) == before


def test_an_envelope_that_is_full_takes_no_signature(at_work: Path, tier2: Tier2) -> None:
    signed_by_ada(tier2, at_work)
    command = shown(tier2, at_work, *SECOND)
    document = json.loads((at_work / "d.json").read_text())
    document["signatures"] *= 100
    (at_work / "d.json").write_text(json.dumps(document))
    before = contents(at_work)
    done = tier2(*command)
    assert (done.returncode, "it has 100 signatures already, and takes no more" in done.stderr) == (2, True)
    assert contents(at_work) == before


@pytest.mark.skipif(os.name != "posix", reason="advisory locks are of POSIX")
def test_of_two_who_sign_at_the_same_time_one_is_told_so(at_work: Path, tier2: Tier2) -> None:
    signed_by_ada(tier2, at_work)
    before = contents(at_work)
    with only_one(str(at_work / "d.json")):
        done = tier2(*SECOND)
    assert (done.returncode, "d.json is being signed by another process" in done.stderr) == (2, True)
    assert contents(at_work) == before


def test_a_run_that_is_not_true_is_not_signed(at_work: Path, tier2: Tier2) -> None:
    document = json.loads((at_work / "w.json").read_text()) | {"initial_state": {"version": 1}}
    (at_work / "w.json").write_text(json.dumps(document))
    before = contents(at_work)
    done = tier2(*FIRST)
    assert (done.returncode, done.stdout, "w.json is damaged" in done.stderr) == (4, "", True)
    assert contents(at_work) == before


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("no", 3), ("\x04", 3)])
def test_at_a_terminal_people_are_asked_once_all_was_shown(at_work: Path, answer: str, code: int) -> None:
    env = {**os.environ, "TERM": "xterm-256color"}
    child = pexpect.spawn(
        TIER2, list(FIRST), cwd=at_work, env=env, encoding="utf-8", timeout=HANG, dimensions=(8, 120)
    )  # fmt: skip
    child.delaybeforesend = None
    pages = 0
    while child.expect(["Enter shows more, q quits ", "Sign this\\? yes or no: "]) == 0:
        pages += 1
        child.sendline("")
    child.send(answer if answer == "\x04" else f"{answer}\n")
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, (at_work / "d.json").exists(), pages > 1) == (code, code == 0, True)


def test_two_people_on_two_machines_decide_over_one_file(tmp_path: Path, tier2: Tier2) -> None:
    """Each has a home with a key of their own; what goes to and fro is the run and the envelope."""
    for name in ("ada", "bob", "host"):
        (tmp_path / name).mkdir()
    for name in ("ada", "bob"):
        assert tier2("keygen", f"{name}/key", env={"HOME": str(tmp_path / name)}).returncode == 0
    (tmp_path / "host" / "approvers.toml").write_text(
        "\n".join(f'[[approvers]]\nname = "{name}"\nkey = "../{name}/key.pub"\n' for name in ("ada", "bob"))
    )
    save(waiting({}), str(tmp_path / "host" / "w.json"))
    shutil.copy(tmp_path / "host" / "w.json", tmp_path / "ada" / "w.json")

    def sign(name: str, *answer: str) -> None:
        place = ("sign-decision", f"{name}/w.json", "--key", f"{name}/key", "--decision", f"{name}/d.json", *answer)
        done = tier2(*place, "--json", env={"HOME": str(tmp_path / name)})
        seen = json.loads(done.stdout)["statement"]["seen"]
        assert tier2(*place, "--seen", seen, env={"HOME": str(tmp_path / name)}).returncode == 0

    sign("ada", "--approve", "--value=v7", "--actor=ada")
    for name in ("w.json", "d.json"):
        shutil.copy(tmp_path / "ada" / name, tmp_path / "bob" / name)
    sign("bob")
    shutil.copy(tmp_path / "bob" / "d.json", tmp_path / "host" / "d.json")
    resumed = ("resume", "host/w.json", "--decision", "host/d.json", "--approvers", "host/approvers.toml")
    assert tier2(*resumed).returncode == 0
    done = tier2("verify", "host/w.json", "--approvers", "host/approvers.toml")
    assert (done.returncode, "release: approved by ada (signed by ada and bob)" in done.stdout) == (0, True)
