"""Files on the command line: none is lost, none is written that cannot be read, and what cannot be is known before."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.processes import HANG
from tests.tier2_io.conftest import TIER2, Tier2
from tests.tier2_io.documents.test_outputs import posix
from tests.tier2_io.records.test_records import STATE, SUITE


@pytest.fixture
def at_work(tmp_path: Path, tier2: Tier2) -> Path:
    (tmp_path / "s.json").write_text(json.dumps(STATE))
    (tmp_path / "suite.json").write_text(json.dumps(SUITE))
    return tmp_path


def contents(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in place.iterdir() if path.is_file()}


def refused(done: Any, message: str) -> None:
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


RUN = ("run", "daily_loop", "--unattended", "--state", "s.json")


@pytest.mark.parametrize(
    ("arguments", "pair"),
    [
        ((*RUN, "--out", "<s.json>"), "--state and --out"),
        ((*RUN, "--record", "<s.json>"), "--state and --record"),
        ((*RUN, "--record", "r.json", "--sign", "me", "--out", "<me>"), "--sign and --out"),
        ((*RUN, "--record", "<me>", "--sign", "me"), "--sign and --record"),
        ((*RUN, "--record", "r.json", "--sign", "me", "--state-out", "<me>"), "--sign and --state-out"),
        ((*RUN, "--out", "o.json", "--record", "<o.json>"), "--out and --record"),
        ((*RUN, "--out", "o.json", "--state-out", "<o.json>"), "--out and --state-out"),
        ((*RUN, "--record", "o.json", "--state-out", "<o.json>"), "--record and --state-out"),
        (("resume", "w.json", "--reject", "--out", "<w.json>"), "the run and --out"),
        (("resume", "w.json", "--reject", "--state-out", "<w.json>"), "the run and --state-out"),
        (("resume", "w.json", "--reject", "--sign", "me", "--out", "<me>"), "--sign and --out"),
        (("explore", "daily_loop", "--state", "s.json", "--suite", "<s.json>"), "--state and --suite"),
        (("test", "suite.json", "--record", "<suite.json>"), "the suite and --record"),
        (("test", "suite.json", "--sign", "me", "--record", "<me>"), "--sign and --record"),
    ],
)
def test_an_output_never_replaces_an_input_nor_another_output(
    at_work: Path, tier2: Tier2, arguments: tuple[str, ...], pair: str
) -> None:
    assert tier2("run", "daily_loop", "--record", "w.json").returncode == 3
    assert tier2("keygen", "me").returncode == 0
    (at_work / "o.json").write_text("{}")
    (at_work / "other.json").hardlink_to(at_work / next(name[1:-1] for name in arguments if name[0] == "<"))
    before = contents(at_work)
    for other in (lambda name: name, lambda name: "other.json"):
        done = tier2(*(other(name[1:-1]) if name[0] == "<" else name for name in arguments))
        refused(done, f"{pair} name one file")
    assert contents(at_work) == before


@posix
def test_a_state_goes_on_in_its_own_file(at_work: Path, tier2: Tier2) -> None:
    (at_work / "link.json").symlink_to("s.json")
    assert tier2(*RUN, "--state-out", "s.json").returncode == 0
    once = (at_work / "s.json").read_bytes()
    assert json.loads(once)["log"]
    assert tier2(*RUN, "--state-out", "link.json").returncode == 0
    assert (at_work / "link.json").is_symlink()
    assert (at_work / "s.json").read_bytes() == once


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((*RUN, "--out"), "o"),
        ((*RUN, "--state-out"), "o"),
        ((*RUN, "--record"), "o"),
        (("resume", "w.json", "--reject", "--out"), "o"),
        (("resume", "w.json", "--reject", "--state-out"), "o"),
        (("explore", "daily_loop", "--suite"), "o"),
        (("test", "suite.json", "--record"), "o"),
        (("registry", "lock"), "o"),
    ],
)
def test_what_would_be_read_as_toml_is_not_written(
    at_work: Path, tier2: Tier2, arguments: tuple[str, ...], name: str
) -> None:
    assert tier2("run", "daily_loop", "--record", "w.json").returncode == 3
    before = contents(at_work)
    done = tier2(*arguments, f"{name}.toml")
    refused(done, f"{name}.toml would be read as TOML, but JSON is written; expected {name}.json.")
    assert contents(at_work) == before


def test_the_longest_legal_names_are_written(at_work: Path, tier2: Tier2) -> None:
    record, out = "報" * 83 + ".json", "o" * 250 + ".json"
    assert tier2(*RUN, "--record", record, "--out", out).returncode == 0
    assert tier2("verify", record).returncode == 0
    assert sorted(contents(at_work)) == sorted([record, out, "s.json", "suite.json"])
    refused(tier2(*RUN, "--record", f"xx{record}"), "file name too long")


@posix
def test_a_read_only_file_is_no_output(at_work: Path, tier2: Tier2) -> None:
    assert tier2("run", "daily_loop", "--record", "w.json").returncode == 3
    (at_work / "lock.json").write_bytes(b"{}")
    for name in ("w.json", "lock.json", "s.json"):
        (at_work / name).chmod(0o444)
    before = contents(at_work)
    for arguments in (
        (*RUN, "--state-out", "s.json"),
        ("run", "echo", "--record", "lock.json"),
        ("explore", "daily_loop", "--suite", "lock.json"),
        ("test", "suite.json", "--record", "lock.json"),
        ("registry", "lock", "lock.json"),
    ):
        refused(tier2(*arguments), "is read-only, and is not replaced")
    done = tier2("resume", "w.json", "--reject")
    refused(done, "w.json is read-only, and is not replaced")
    assert contents(at_work) == before, "the run is not decided elsewhere"


@posix
def test_what_a_run_came_to_is_written_from_a_record_that_is_read_only_and_stays(at_work: Path, tier2: Tier2) -> None:
    assert tier2(*RUN, "--record", "r.json").returncode == 0
    (at_work / "r.json").chmod(0o444)
    there = (at_work / "r.json").stat()
    assert tier2("resume", "r.json", "--out", "o.json").returncode == 0
    assert (at_work / "o.json").exists()
    after = (at_work / "r.json").stat()
    assert (after.st_ino, after.st_mtime_ns) == (there.st_ino, there.st_mtime_ns)


@posix
def test_where_a_record_cannot_be_rewritten_nobody_is_asked(at_work: Path, tier2: Tier2) -> None:
    assert tier2("run", "daily_loop", "--record", "w.json").returncode == 3
    (at_work / "w.json").chmod(0o444)
    child = pexpect.spawn(TIER2, ["resume", "w.json"], cwd=str(at_work), encoding="utf-8", timeout=HANG)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 2
    assert child.before.startswith("tier2 resume: w.json is read-only")


def test_keys_come_in_pairs(at_work: Path, tier2: Tier2) -> None:
    before = contents(at_work)
    refused(tier2("keygen", "k" * 253), "file name too long")  # with .pub
    refused(tier2("keygen", "-"), "'-' is no file to write")
    refused(tier2("keygen", "no/such"), "in a directory that does not exist")
    assert contents(at_work) == before
    (at_work / "one").touch()
    refused(tier2("keygen", "one"), "one is there already; keys are never overwritten")
    (at_work / "two.pub").touch()
    refused(tier2("keygen", "two"), "two.pub is there already; keys are never overwritten")
    assert sorted(contents(at_work)) == sorted([*before, "one", "two.pub"])
    assert tier2("keygen", "k" * 251).returncode == 0


ELSEWHERE = """
import os
os.chdir("away")

from tier2_core import Mission, Operation, StepSpec, WorkflowDefinition, hookimpl

def go(state, call):
    os.chdir("/")
    return state

@hookimpl
def tier2_missions():
    steps = [StepSpec("go", "runtime", {"operation": "going.go"})]
    return [Mission("going", lambda params: WorkflowDefinition("wf", steps))]

@hookimpl
def tier2_operations():
    return [Operation("going.go", go)]
"""


def test_names_mean_where_it_was_started_wherever_a_plugin_goes(at_work: Path, tier2: Tier2) -> None:
    info = at_work / "site" / "going-1.0.dist-info"
    info.mkdir(parents=True)
    (at_work / "away").mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: going\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tier2.missions]\ngoing = going_plugin\n")
    (at_work / "site" / "going_plugin.py").write_text(ELSEWHERE)
    env = {"PYTHONPATH": str(at_work / "site"), "PYTHONDONTWRITEBYTECODE": "1"}
    before = {path.name for path in at_work.iterdir()}
    outputs = ("--out", "o.json", "--state-out", "t.json", "--record", "r.json")
    done = tier2("run", "going", "--state", "s.json", *outputs, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert tier2("verify", "r.json", env=env).returncode == 0
    assert tier2("registry", "lock", "l.json", env=env).returncode == 0
    assert tier2("registry", "check", "l.json", env=env).returncode == 0
    assert tier2("run", "daily_loop", env=env).returncode == 3
    (saved,) = (path.name for path in at_work.glob("*.run.json"))
    assert tier2("resume", saved, "--reject", env=env).returncode == 1
    assert tier2("test", "suite.json", "--record", "u.json", env=env).returncode == 0
    written = {"o.json", "t.json", "r.json", "l.json", "u.json", saved}
    assert {path.name for path in at_work.iterdir()} == before | written
    assert list((at_work / "away").iterdir()) == []


@posix
def test_devices_and_pipes_are_no_outputs_and_nothing_waits_for_them(at_work: Path, tier2: Tier2) -> None:
    os.mkfifo(at_work / "pipe")
    for name, message in (("/dev/null", "is a device"), ("/dev/stdout", "is a device"), ("pipe", "is a FIFO")):
        refused(tier2(*RUN, "--out", name), message)
