"""Records on the command line: written, verified, compared, told; and what is installed, locked and checked."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.tier2_io.cli.test_people import MARK, PLUGIN
from tests.tier2_io.conftest import Tier2

STATE = {"date": "2026-03-02", "tasks": [{"id": "a", "title": "First"}]}
SUITE: dict[str, Any] = {
    "suite_name": "counting",
    "scenarios": [
        {"scenario_name": name, "initial_state": {"n": n}, "missions": [{"name": "echo"}]}
        for n, name in enumerate(("one", "two"))
    ],
    "expectations": [
        {"id": "n", "scenario_name": "two", "mission_name": "echo", "path": "final_state.n", "op": "eq", "expected": 1}
    ],
}


@pytest.fixture
def at_work(tmp_path: Path) -> Path:
    (tmp_path / "s.json").write_text(json.dumps(STATE))
    (tmp_path / "suite.json").write_text(json.dumps(SUITE))
    return tmp_path


def record(tier2: Tier2, name: str, *arguments: str) -> None:
    assert tier2("run", "daily_loop", "--state", "s.json", "--record", name, *arguments).returncode in (0, 3)


def edit(path: Path, change: Any) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_a_run_is_recorded_and_verified(at_work: Path, tier2: Tier2) -> None:
    done = tier2("run", "daily_loop", "--state", "s.json", "--unattended", "--record", "r.json")
    assert (done.returncode, "Written: r.json" in done.stdout) == (0, True)
    assert set(json.loads((at_work / "r.json").read_text())["environment"]) == {"machine", "python", "system"}
    done = tier2("verify", "r.json", "r.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("verified  r.json: daily_loop, succeeded, 4 steps") == 2
    assert "integrity only" in done.stdout
    (told,) = json.loads(tier2("verify", "--json", "r.json").stdout)
    assert (told["verified"], told["proven"], told["cause"], told["note"]) == (True, "integrity", "", "")


def test_a_run_that_failed_is_recorded_as_well(at_work: Path, tier2: Tier2) -> None:
    (at_work / "s.json").write_text('{"tasks": [{"id": "a"}]}')
    done = tier2("run", "daily_loop", "--unattended", "--state", "s.json", "--record", "r.json")
    assert done.returncode == 1
    assert "failed, 2 steps" in tier2("verify", "r.json").stdout
    assert "'title' of task 'a'" in tier2("show", "r.json").stdout


def test_show_tells_of_a_record_that_is_not_true_and_says_that_nothing_is_verified(at_work: Path, tier2: Tier2) -> None:
    tier2("run", "daily_loop", "--unattended", "--state", "s.json", "--record", "r.json")
    edit(at_work / "r.json", lambda document: document["chain"][1].update(outcome="con\x1bjured"))
    done = tier2("show", "r.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "daily_loop.summarise: con\\x1bjured" in done.stdout
    assert "Nothing of this is verified" in done.stdout


def test_a_waiting_run_is_its_record_and_resumed_from_it(at_work: Path, tier2: Tier2) -> None:
    record(tier2, "r.json")
    assert sorted(path.name for path in at_work.iterdir()) == ["r.json", "s.json", "suite.json"]
    assert "suspended, 0 steps" in tier2("verify", "r.json").stdout
    assert "waits for a decision at 'daily-confirm-priorities'" in tier2("show", "r.json").stdout
    assert tier2("resume", "r.json", "--approve", "--unseen", "--actor", "ada", "--reason", "fine").returncode == 0
    assert "succeeded, 4 steps" in tier2("verify", "r.json").stdout
    assert "approved by ada (claimed, without having looked, by a program): fine" in tier2("show", "r.json").stdout


def test_what_was_altered_is_exit_code_4_with_step_expected_and_actual(at_work: Path, tier2: Tier2) -> None:
    record(tier2, "good.json", "--unattended")
    record(tier2, "r.json", "--unattended")

    def change(document: dict[str, Any]) -> None:
        document["chain"][2]["patch"][0]["value"] = ["b"]

    edit(at_work / "r.json", change)
    done = tier2("verify", "good.json", "r.json")
    assert done.returncode == 4
    assert "verified  good.json" in done.stdout
    assert "FAILED    r.json" in done.stdout
    assert "first divergent step  daily-generate-priorities (number 3)" in done.stdout
    assert re.search(r'expected +\{.*"b"', done.stdout)
    assert re.search(r'actual +\{.*"a"', done.stdout)
    assert "likely cause          altered: the document was altered: the hash of step" in done.stdout
    told = json.loads(tier2("verify", "--json", "good.json", "r.json").stdout)
    assert [(one["file"], one["cause"], one["proven"]) for one in told] == [
        ("good.json", "", "integrity"),
        ("r.json", "altered", None),
    ]


def test_what_is_no_record_is_exit_code_2_and_the_others_are_told_of(at_work: Path, tier2: Tier2) -> None:
    record(tier2, "r.json", "--unattended")
    done = tier2("verify", "s.json", "r.json", "none.json")
    assert done.returncode == 2
    assert "s.json is no record, or it is damaged: Found no schema" in done.stderr
    assert "none.json does not exist" in done.stderr
    assert "verified  r.json" in done.stdout
    for command in (("show", "s.json"), ("diff", "r.json", "s.json"), ("resume", "s.json", "--approve")):
        done = tier2(*command)
        assert (done.returncode, done.stdout) == (2, "")
        assert "s.json is no record" in done.stderr


def test_a_plugin_that_changed_is_the_likely_cause(at_work: Path, tier2: Tier2) -> None:
    info = at_work / "site" / "passing-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: passing\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tier2.missions]\npassing = passing_plugin\n")
    env = {"PYTHONPATH": str(at_work / "site"), "PYTHONDONTWRITEBYTECODE": "1"}
    module = at_work / "site" / "passing_plugin.py"
    module.write_text(PLUGIN.format(first=MARK, asked="Sure?", mark="old"))
    assert tier2("run", "passing", "--unattended", "--record", "r.json", env=env).returncode == 0
    assert tier2("registry", "lock", "lock.json", env=env).returncode == 0
    assert tier2("registry", "check", "lock.json", env=env).returncode == 0
    module.write_text(PLUGIN.format(first=MARK, asked="Sure?", mark="new"))
    done = tier2("verify", "r.json", env=env)
    assert (done.returncode, "likely cause          operation:" in done.stdout) == (4, True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: passing\nVersion: 1.1\n")
    done = tier2("verify", "r.json", env=env)
    assert "plugin 'passing' was of passing 1.0, and is of passing 1.1 now" in done.stdout
    module.write_text(PLUGIN.format(first=MARK, asked="Sure?", mark="old"))
    done = tier2("verify", "r.json", env=env)
    assert (done.returncode, "The registry is another than then" in done.stdout) == (0, True)
    done = tier2("registry", "check", "lock.json", env=env)
    assert (done.returncode, "plugin 'passing': version: was '1.0' and is '1.1'" in done.stdout) == (5, True)
    done = tier2("registry", "check", "lock.json")
    assert "mission 'passing' is gone\n  operation 'passing.mark' is gone" in done.stdout
    assert len(json.loads(tier2("registry", "check", "lock.json", "--json").stdout)["changes"]) == 3
    done = tier2("verify", "r.json")
    assert (done.returncode, "its mission is gone" in done.stdout) == (4, True)


@pytest.mark.parametrize(
    "change",
    [
        lambda lock: lock.update(fingerprint="0"),
        lambda lock: lock["registry"].update(missions=[]),
        lambda lock: lock["registry"].update(missions=[1]),
        lambda lock: lock["registry"].update(extra=[]),
        lambda lock: lock["registry"].pop("tier2"),
        lambda lock: lock.update(registry=None),
        lambda lock: lock.pop("schema"),
        lambda lock: lock["registry"]["missions"][0].update(name=[]),
    ],
)
def test_a_damaged_lock_is_refused(at_work: Path, tier2: Tier2, change: Any) -> None:
    assert tier2("registry", "lock", "lock.json", "--json").returncode == 0
    edit(at_work / "lock.json", change)
    done = tier2("registry", "check", "lock.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "lock.json is" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_plugin_is_not_locked(at_work: Path, tier2: Tier2) -> None:
    info = at_work / "site" / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tier2.missions]\nbroken = broken_plugin\n")
    done = tier2("registry", "lock", "lock.json", env={"PYTHONPATH": str(at_work / "site")})
    assert (done.returncode, (at_work / "lock.json").exists()) == (5, False)


def test_differences_are_ranked_by_cause(at_work: Path, tier2: Tier2) -> None:
    record(tier2, "a.json", "--unattended")
    record(tier2, "b.json", "--unattended", "--set", "date=2026-03-03")
    done = tier2("diff", "a.json", "b.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith('initial state:\n  initial state\n    ~ date  "2026-03-02" → "2026-03-03"\nstates:\n')
    assert "the reason for what follows" in done.stdout
    assert json.loads(tier2("diff", "--json", "a.json", "b.json").stdout)[0]["cause"] == "initial state"
    assert "nothing differs" in tier2("diff", "a.json", "a.json").stdout


def test_show_tells_the_story(at_work: Path, tier2: Tier2) -> None:
    record(tier2, "r.json", "--unattended")
    story = tier2("show", "r.json").stdout
    document = json.loads((at_work / "r.json").read_text())
    assert story.startswith("daily_loop: succeeded, 4 of 4 steps")
    assert document["digest"][:12] in story
    assert document["digest"] not in story
    assert "daily-generate-priorities  daily_loop.prioritise: done" in story
    assert '+ daily.priorities  ["a"]' in story
    assert json.loads(tier2("show", "--json", "r.json").stdout) == document


def test_what_a_record_says_cannot_steer_the_terminal(at_work: Path, tier2: Tier2) -> None:
    evil = "x\x1b]0;y\x07\u202ez"
    record(tier2, "r.json")
    assert tier2("resume", "r.json", "--reject", "--actor", evil, "--reason", evil).returncode == 1
    record(tier2, "e.json", "--unattended", "--set", f"{evil}={evil}")

    def change(document: dict[str, Any]) -> None:
        document["tier2"] = document["environment"]["python"] = document["chain"][0]["step_id"] = evil
        document["workflow"]["steps"][1]["id"] = document["mission"] = evil

    damaged = json.loads((at_work / "e.json").read_text())
    change(damaged)
    (at_work / "d.json").write_text(json.dumps(damaged))
    for command in (
        ("show", "r.json"),
        ("show", "d.json"),
        ("diff", "r.json", "d.json"),
        ("verify", "d.json", "r.json"),
    ):
        for extra in ((), ("--json",)):
            done = tier2(*command, *extra)
            assert "Traceback" not in done.stderr
            assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout + done.stderr)


def test_two_outputs_in_one_file_are_refused(at_work: Path, tier2: Tier2) -> None:
    done = tier2("run", "echo", "--out", "o.json", "--record", "o.json")
    assert (done.returncode, "--out and --record name one file" in done.stderr) == (2, True)
    assert tier2("test", "suite.json", "--record", "no/such.json").returncode == 2


# --- records of test runs --------------------------------------------------------------------------


def test_test_runs_are_recorded_and_verified(at_work: Path, tier2: Tier2) -> None:
    done = tier2("test", "suite.json", "suite.json", "--record", "t.json")
    assert (done.returncode, "Written: t.json" in done.stdout) == (0, True)
    done = tier2("verify", "t.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "verified  t.json: counting, counting" in done.stdout
    done = tier2("show", "t.json")
    assert (done.returncode, "is the record of test runs" in done.stderr) == (2, True)


def test_a_failed_test_run_is_recorded_as_failed(at_work: Path, tier2: Tier2) -> None:
    failing = copy.deepcopy(SUITE)
    failing["expectations"][0]["expected"] = 2
    (at_work / "suite.json").write_text(json.dumps(failing))
    assert tier2("test", "suite.json", "--record", "t.json").returncode == 1
    assert json.loads((at_work / "t.json").read_text())["runs"][0]["outcome"]["passed"] is False
    assert tier2("verify", "t.json").returncode == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda run: run["test"]["scenarios"][1].update(initial_state={"n": 1.5}), "scenario 'two'"),
        (lambda run: run["outcome"]["scenarios"].update(one="0" * 64), "scenario 'one'"),
        (lambda run: run["outcome"]["expectations"].update(n=1), "expectation 'n'"),
        (lambda run: run["outcome"]["metadata"].update(suite_hash="0"), "hash or count 'suite_hash'"),
        (lambda run: run["outcome"].update(passed=False), "is not what comes out"),
        (lambda run: run["outcome"].update(extra=1), "is not what comes out"),
        (lambda run: run["test"]["scenarios"][1]["missions"][0].update(name="ecko"), "cannot be run again"),
    ],
)
def test_an_altered_record_of_test_runs_is_told_with_its_place(
    at_work: Path, tier2: Tier2, change: Any, message: str
) -> None:
    tier2("test", "suite.json", "--record", "t.json")
    edit(at_work / "t.json", lambda document: change(document["runs"][0]))
    done = tier2("verify", "t.json")
    assert done.returncode == 4
    assert "likely cause          altered" in done.stdout
    assert message in done.stdout


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.update(extra=1),
        lambda document: document.pop("tier2"),
        lambda document: document.update(tier2="\ud800"),
        lambda document: document.update(digest=1),
        lambda document: document.update(runs={}),
        lambda document: document.update(runs=[1]),
        lambda document: document["runs"][0].update(outcome=1),
        lambda document: document["runs"][0]["test"].update(extra=1),
        lambda document: document["runs"][0]["test"].update(description="x"),
        lambda document: document["runs"][0]["test"].pop("suite_name"),
        lambda document: document["runs"][0]["test"]["scenarios"][0].pop("chained"),
    ],
)
def test_what_is_no_record_of_test_runs_is_refused(at_work: Path, tier2: Tier2, change: Any) -> None:
    tier2("test", "suite.json", "--record", "t.json")
    edit(at_work / "t.json", change)
    done = tier2("verify", "t.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "t.json is no record, or it is damaged" in done.stderr


@pytest.mark.parametrize(
    "registry",
    [
        "hello",
        {},
        {"fingerprint": "f", "plugins": [], "more": 1},
        {"fingerprint": 1, "plugins": []},
        {"fingerprint": "f", "plugins": {}},
        {"fingerprint": "f", "plugins": [{"name": "builtin"}]},
        {"fingerprint": "f", "plugins": [{"name": "builtin", "distribution": "tier2", "version": 1}]},
    ],
)
def test_the_registry_of_a_test_record_is_what_it_can_be(at_work: Path, tier2: Tier2, registry: object) -> None:
    (at_work / "t.json").write_text('{"suite_name": "s", "scenarios": [], "expectations": []}')
    assert tier2("test", "t.json", "--record", "tr.json").returncode == 0
    (at_work / "tr.json").write_text(
        json.dumps({**json.loads((at_work / "tr.json").read_text()), "registry": registry})
    )
    done = tier2("verify", "tr.json")
    assert (done.returncode, "'registry'" in done.stderr) == (2, True)
