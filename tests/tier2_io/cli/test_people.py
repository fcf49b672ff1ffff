"""People at a terminal and away from one: asked, saved, resumed, refused."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.processes import HANG
from tests.tier2_io.conftest import TIER2, Tier2, hears_interrupts
from tier2_core import ExecutionContext, StepSpec, WorkflowDefinition, run
from tier2_io.records.saved import save

STATE: dict[str, Any] = {
    "date": "2026-03-02",
    "tasks": [
        {"id": "a", "title": "First", "priority": 1},
        {"id": "b", "title": "Second", "priority": 2},
        {"id": "c", "title": "Third", "priority": 3},
    ],
}
ASK = "yes, no, value or quit\\? "


@pytest.fixture
def at_work(tmp_path: Path) -> Path:
    (tmp_path / "s.json").write_text(json.dumps(STATE))
    return tmp_path


def _terminal(at_work: Path, *arguments: str, env: dict[str, str] | None = None) -> pexpect.spawn[str]:
    env = {**os.environ, "TERM": "xterm-256color", "LOGNAME": "ada", **(env or {})}
    child = pexpect.spawn(
        TIER2, list(arguments), cwd=at_work, env=env, encoding="utf-8", timeout=HANG, dimensions=(60, 120),
        preexec_fn=hears_interrupts,
    )  # fmt: skip
    child.delaybeforesend = None
    return child


def _ended(child: pexpect.spawn[str]) -> tuple[int | None, str]:
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, re.sub(r"\x1b\[[0-9;]*m", "", str(child.before))


def _saved(at_work: Path) -> Path:
    (found,) = at_work.glob("*.run.json")
    return found


def commands_in(text: str) -> list[list[str]]:
    """The commands of tier2 that a message gives, each as its words."""
    return [shlex.split(found) for found in re.findall(r"^ *tier2 (.*?)\r?$", text, re.MULTILINE)]


def test_at_a_terminal_the_person_sees_the_consequences_and_confirms(at_work: Path) -> None:
    child = _terminal(at_work, "run", "daily_loop", "--state", "s.json", "--out", "r.json")
    child.expect(ASK)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", child.before)
    assert "+ daily.priorities" in shown
    assert '["a", "b", "c"]' in shown
    assert "rejecting: rejected" in shown
    assert "\x1b[32m" in child.before, "there are colours"
    child.sendline("y")
    code, _ = _ended(child)
    assert code == 0
    receipt = json.loads((at_work / "r.json").read_text())["receipt"]
    assert receipt["human"]["daily-confirm-priorities"] == {
        "actor": "ada", "decision": "approved", "reason": "", "via": "terminal",
    }  # fmt: skip


def test_a_value_is_shown_with_its_consequences_before_it_is_approved(at_work: Path) -> None:
    child = _terminal(at_work, "run", "daily_loop", "--state", "s.json", "--state-out", "n.json")
    child.expect(ASK)
    child.sendline("v")
    child.expect("value: ")
    child.sendline("c, b")
    child.expect(ASK)
    assert '["c", "b", "a"]' in child.before
    child.sendline("y")
    assert _ended(child)[0] == 0
    assert json.loads((at_work / "n.json").read_text())["daily"]["priorities"] == ["c", "b", "a"]


def test_a_value_that_misses_the_schema_cannot_be_approved(at_work: Path) -> None:
    child = _terminal(at_work, "run", "daily_loop", "--state", "s.json")
    child.expect(ASK)
    child.sendline("v")
    child.expect("value: ")
    child.sendline("[1]")
    child.expect("refused")
    child.expect(ASK)
    child.sendline("y")
    child.expect("cannot be approved")
    child.expect(ASK)
    child.sendline("what?")
    child.expect("y approves")
    child.expect(ASK)
    child.sendline("n")
    child.expect("reason")
    child.sendline("not today")
    code, text = _ended(child)
    assert code == 1
    assert "rejected by ada: not today" in text


@pytest.mark.parametrize("leave", ["q", "\x04", "\x03"], ids=["quit", "end of file", "interrupt"])
def test_leaving_saves_the_run_and_says_how_to_go_on(at_work: Path, tier2: Tier2, leave: str) -> None:
    child = _terminal(at_work, "run", "daily_loop", "--state", "s.json", "--state-out", "n.json")
    child.expect(ASK)
    child.send(leave + ("\n" if leave == "q" else ""))
    code, text = _ended(child)
    assert code == 3
    command = re.search(r"tier2 (resume .*)", text)
    assert command
    assert tier2(*command.group(1).split()).returncode == 0
    assert json.loads((at_work / "n.json").read_text())["daily"]["priorities"] == ["a", "b", "c"]


def test_a_week_at_a_terminal(at_work: Path) -> None:
    for day in range(2, 9):
        child = _terminal(
            at_work, "run", "daily_loop", "--state", "s.json", "--set", f"date=2026-03-0{day}", "--state-out", "s.json"
        )  # fmt: skip
        child.expect(ASK)
        child.sendline("y")
        assert _ended(child)[0] == 0
    log = json.loads((at_work / "s.json").read_text())["log"]
    assert [entry["date"] for entry in log] == [f"2026-03-0{day}" for day in range(2, 9)]


def test_without_a_terminal_the_run_is_saved_and_resumed_to_the_same_bytes(at_work: Path, tier2: Tier2) -> None:
    run = ("run", "daily_loop", "--state", "s.json")
    done = tier2(*run)
    assert done.returncode == 3
    assert "waits for a decision at 'daily-confirm-priorities'" in done.stderr
    file = _saved(at_work).name
    assert f"tier2 resume {file} --approve" in done.stderr
    answer = ("resume", file, "--approve", "--actor", "ada", "--value", '["b"]', "--out", "r.json")
    before = (at_work / file).read_bytes()
    looked = tier2(*answer)
    assert (looked.returncode, (at_work / file).read_bytes()) == (3, before)
    assert "~ daily.priorities" in looked.stdout or "+ daily.priorities" in looked.stdout
    assert "Nothing was decided" in looked.stderr
    done = tier2(*commands_in(looked.stderr)[0])
    assert done.returncode == 0
    result = json.loads((at_work / "r.json").read_text())
    assert result["final_state"]["daily"]["priorities"] == ["b", "a", "c"]
    assert result["receipt"]["human"]["daily-confirm-priorities"]["actor"] == "ada"


def test_a_run_is_decided_once(at_work: Path, tier2: Tier2) -> None:
    tier2("run", "daily_loop", "--state", "s.json")
    file = _saved(at_work).name
    assert tier2("resume", file, "--reject", "--reason", "no").returncode == 1
    before = (at_work / file).read_bytes()
    again = tier2("resume", file, "--approve")
    assert (again.returncode, "decided already" in again.stderr) == (2, True)
    assert (at_work / file).read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--approve", "--value", "[1]"), "does not meet the step's schema"),
        (("--approve", "--seen", "0" * 64), "no longer the ones that were shown"),
        ((), "expected --approve or --reject"),
        (("--value", "1"), "--value goes with"),
        (("--approve", "--reject"), "not allowed with"),
        (("--approve", "--value", "1e400"), "infinite"),
        (("--approve", "--seen", ""), "--seen is empty"),
        (("--approve", "--seen="), "--seen is empty"),
        (("--approve", "--unseen", "--seen", "0" * 64), "contradict each other"),
        (("--unseen",), "--unseen goes with --approve"),
        (("--reject", "--unseen"), "--unseen goes with --approve"),
        (("--reject", "--value", "[]"), "--value goes with --approve"),
        (("--reject", "--value", "null"), "--value goes with --approve"),
        (("--seen", "0" * 64), "--seen goes with"),
        (("--reject", "--seen", "0" * 64), "no longer the ones that were shown"),
    ],
)
def test_an_answer_that_does_not_fit_changes_nothing(
    at_work: Path, tier2: Tier2, arguments: tuple[str, ...], message: str
) -> None:
    tier2("run", "daily_loop", "--state", "s.json")
    file = _saved(at_work)
    before = file.read_bytes()
    done = tier2("resume", file.name, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert file.read_bytes() == before


def test_the_digest_of_what_was_shown_binds_the_answer(at_work: Path, tier2: Tier2) -> None:
    shown = json.loads(tier2("run", "daily_loop", "--state", "s.json", "--json").stdout)
    assert tier2("resume", shown["saved_as"], "--approve", "--seen", shown["consequences"]["digest"]).returncode == 0


@pytest.mark.parametrize(
    ("damage", "code", "message"),
    [
        (lambda run: {**run, "initial_state": {}}, 4, "digest does not fit"),
        (lambda run: {**run, "extra": 1}, 2, "unknown field 'extra'"),
        (lambda run: {name: run[name] for name in run if name != "params"}, 2, "no field 'params'"),
        (lambda run: {**run, "schema": "tier2.record/9"}, 2, "is no record, or it is damaged: Found the schema"),
        (lambda run: [run], 2, "Found an array; expected an object"),
    ],
)
def test_a_damaged_file_is_refused(at_work: Path, tier2: Tier2, damage: Any, code: int, message: str) -> None:
    tier2("run", "daily_loop", "--state", "s.json")
    file = _saved(at_work)
    file.write_text(json.dumps(damage(json.loads(file.read_text()))))
    before = file.read_bytes()
    done = tier2("resume", file.name, "--approve")
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert file.read_bytes() == before


PLUGIN = """
from tier2_core import Mission, Operation, StepSpec, WorkflowDefinition, hookimpl

@hookimpl
def tier2_missions():
    steps = [{first}StepSpec("ask", "human", {{"description": "{asked}"}})]
    return [Mission("passing", lambda params: WorkflowDefinition("w", steps))]

@hookimpl
def tier2_operations():
    return [Operation("passing.mark", lambda state, call: state.set("mark", "{mark}"))]
"""
MARK = 'StepSpec("mark", "runtime", {"operation": "passing.mark"}), '


def test_a_run_whose_mission_changed_or_is_gone_is_refused(at_work: Path, tier2: Tier2) -> None:
    info = at_work / "site" / "passing-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: passing\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tier2.missions]\npassing = passing_plugin\n")
    module = at_work / "site" / "passing_plugin.py"
    env = {"PYTHONPATH": str(at_work / "site"), "PYTHONDONTWRITEBYTECODE": "1"}
    module.write_text(PLUGIN.format(first=MARK, asked="Sure?", mark="old"))
    assert tier2("run", "passing", env=env).returncode == 3
    file = _saved(at_work)
    before = file.read_bytes()
    module.write_text(PLUGIN.format(first=MARK, asked="Really?", mark="old"))
    assert "plans other steps" in tier2("resume", file.name, "--approve", env=env).stderr
    module.write_text(PLUGIN.format(first=MARK, asked="Sure?", mark="new"))
    assert "operation 'passing.mark' has changed" in tier2("resume", file.name, "--approve", env=env).stderr
    gone = tier2("resume", file.name, "--approve")
    assert (gone.returncode, "its mission is gone" in gone.stderr) == (4, True)
    assert file.read_bytes() == before


def test_two_resumes_at_the_same_time_decide_once(at_work: Path, tier2: Tier2) -> None:
    tier2("run", "daily_loop", "--state", "s.json")
    file = _saved(at_work).name
    both = [
        subprocess.Popen(
            [TIER2, "resume", file, *answer.split()], cwd=at_work, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for answer in ("--approve --unseen", "--reject")
    ]
    for process in both:
        process.communicate(timeout=HANG)
    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 2], [1, 2])
    ended = json.loads((at_work / file).read_text())
    assert ended["decisions"][0]["approved"] is (codes[0] == 0)


def test_actor_and_reason_cannot_steer_the_terminal(at_work: Path, tier2: Tier2) -> None:
    tier2("run", "daily_loop", "--state", "s.json")
    evil = "x\x1b]0;y\x07\u202ez"
    done = tier2("resume", _saved(at_work).name, "--reject", "--actor", evil, "--reason", evil)
    assert done.returncode == 1
    assert "x\\x1b]0;y\\x07\\u202ez" in done.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout + done.stderr)


def test_explore_shows_every_path_and_writes_a_suite_that_passes(at_work: Path, tier2: Tier2) -> None:
    done = tier2("explore", "daily_loop", "--state", "s.json", "--suite", "paths.json")
    assert done.returncode == 0
    assert "daily-confirm-priorities approved: succeeded" in done.stdout
    assert "daily-confirm-priorities rejected: rejected" in done.stdout
    assert "passed" in tier2("test", "paths.json").stdout
    value = ("--value", 'daily-confirm-priorities=["c"]')
    paths = json.loads(tier2("explore", "daily_loop", "--state", "s.json", "--json", *value).stdout)
    assert [path["outcome"]["status"] for path in paths] == ["succeeded", "rejected"]
    assert '["c", "a", "b"]' in tier2("explore", "daily_loop", "--state", "s.json", *value).stdout


# --- nothing that somebody answered is lost ---------------------------------------------------------------


def test_an_equal_run_is_saved_beside_one_that_was_decided_and_not_over_it(at_work: Path, tier2: Tier2) -> None:
    tier2("run", "daily_loop", "--state", "s.json")
    first = _saved(at_work)
    tier2("resume", first.name, "--approve", "--unseen")
    before = first.read_bytes()
    again = tier2("run", "daily_loop", "--state", "s.json")
    assert first.read_bytes() == before
    assert f"tier2 resume {first.stem.removesuffix('.run')}-2.run.json --approve --seen" in again.stderr


def test_what_a_decided_run_came_to_is_written_once_more(at_work: Path, tier2: Tier2) -> None:
    tier2("run", "daily_loop", "--state", "s.json")
    file = _saved(at_work).name
    assert tier2("resume", file, "--approve", "--unseen", "--state-out", "a.json").returncode == 0
    assert tier2("resume", file, "--state-out", "b.json", "--out", "c.json").returncode == 0
    assert (at_work / "a.json").read_bytes() == (at_work / "b.json").read_bytes()


@pytest.mark.parametrize("output", ["-", "/dev/stdout", "none/x.json", "."])
def test_an_output_that_cannot_be_is_refused_before_anything_is_decided(
    at_work: Path, tier2: Tier2, output: str
) -> None:
    tier2("run", "daily_loop", "--state", "s.json")
    file = _saved(at_work)
    before = file.read_bytes()
    done = tier2("resume", file.name, "--approve", f"--state-out={output}")
    assert (done.returncode, file.read_bytes()) == (2, before)
    assert ".." not in done.stderr


def test_one_file_is_not_two_things(at_work: Path, tier2: Tier2) -> None:
    tier2("run", "daily_loop", "--state", "s.json")
    file = _saved(at_work).name
    assert tier2("resume", file, "--approve", "--out", f"./{file}").returncode == 2
    assert tier2("run", "echo", "--out", "x.json", "--state-out", "./x.json").returncode == 2
    assert tier2("resume", "-", "--approve", stdin=(at_work / file).read_text()).returncode == 2


BREAKING = """
from tier2_core import Mission, Operation, StepSpec, WorkflowDefinition, hookimpl

@hookimpl
def tier2_missions():
    steps = [
        StepSpec("number", "human", {"into": "v"}),
        StepSpec("divide", "runtime", {"operation": "breaking.divide"}),
    ]
    return [Mission("breaking", lambda params: WorkflowDefinition("w", steps))]

@hookimpl
def tier2_operations():
    return [Operation("breaking.divide", lambda state, call: state.set("q", 6 / state["v"]))]
"""


@pytest.fixture
def breaking(at_work: Path) -> dict[str, str]:
    """A plugin whose operation breaks on some of the answers."""
    info = at_work / "site" / "breaking-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: breaking\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tier2.missions]\nbreaking = breaking_plugin\n")
    (at_work / "site" / "breaking_plugin.py").write_text(BREAKING)
    return {"PYTHONPATH": str(at_work / "site")}


def test_an_operation_that_breaks_on_one_answer_leaves_the_others(
    at_work: Path, tier2: Tier2, breaking: dict[str, str]
) -> None:
    done = tier2("run", "breaking", env=breaking)
    assert done.returncode == 3
    assert "approving: broken" in done.stdout
    assert "--approve --value VALUE" in done.stderr
    assert "--seen" not in done.stderr, "nothing that could be approved was shown"
    file = _saved(at_work)
    before = file.read_bytes()
    assert tier2("resume", file.name, "--approve", "--value", "0", env=breaking).returncode == 5
    assert file.read_bytes() == before
    assert tier2("resume", file.name, "--approve", "--unseen", "--value", "3", env=breaking).returncode == 0


def test_explore_takes_params_and_changes_of_the_state(tier2: Tier2) -> None:
    task = 'tasks=[{"id": "tea", "title": "Buy tea"}]'
    done = tier2("explore", "daily_loop", "--set", task, "--param", "requested_steps=2", "--json")
    approved, rejected = (path["outcome"] for path in json.loads(done.stdout))
    assert approved["patch"][0]["value"]["summary"]["carried_over"] == ["tea"]
    assert "priorities" not in approved["patch"][0]["value"]  # which would be the third step
    assert rejected["status"] == "rejected"


def test_explore_takes_values_for_human_steps_only(at_work: Path, tier2: Tier2) -> None:
    assert "no such human step" in tier2("explore", "daily_loop", "--value", "typo=1").stderr
    value = ("--value", "daily-confirm-priorities=null")
    assert "given twice" in tier2("explore", "daily_loop", *value, *value).stderr


def test_show_tells_its_story_at_a_terminal_too(at_work: Path, tier2: Tier2) -> None:
    tier2("run", "daily_loop", "--unattended", "--state", "s.json", "--record", "r.json")
    child = _terminal(at_work, "show", "r.json")
    code, text = _ended(child)
    assert code == 0
    assert "daily-summarise-yesterday" in text


def test_a_key_is_no_place_to_write_to(at_work: Path, tier2: Tier2) -> None:
    tier2("keygen", "me")
    key = (at_work / "me").read_bytes()
    run = ("run", "echo", "--sign", "me")
    (at_work / "t.json").write_text('{"suite_name": "s", "scenarios": [], "expectations": []}')
    for arguments in (
        (*run, "--record", "./me"),
        (*run, "--record", "r.json", "--out", "me"),
        ("test", "t.json", "--record", "me", "--sign", "me"),
        ("test", "t.json", "--record", "t.json"),
        ("registry", "lock", "me"),
        ("run", "echo", "--record", "r.json", "--sign", "-"),
    ):
        assert tier2(*arguments).returncode == 2, arguments
    assert (at_work / "me").read_bytes() == key


@pytest.mark.parametrize("where", [("--record", "r.json", "--out", "sub/o.json"), ("--record", "sub/r.json")])
def test_what_was_answered_outlives_a_place_that_is_gone(at_work: Path, tier2: Tier2, where: tuple[str, ...]) -> None:
    (at_work / "sub").mkdir()
    child = _terminal(at_work, "run", "daily_loop", "--state", "s.json", *where)
    child.expect(ASK)
    (at_work / "sub").rmdir()
    child.sendline("y")
    code, text = _ended(child)
    assert code == 2
    found = re.search(r"The run is in (\S+);", text)
    assert found
    assert tier2("resume", found.group(1), "--out", "again.json").returncode == 0
    assert json.loads((at_work / "again.json").read_text())["status"] == "succeeded"


# --- nobody approves what they were not shown -------------------------------------------------------------


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\r", "")


def many(at_work: Path, count: int) -> None:
    tasks = [{"id": f"t{n}", "title": f"Task number {n}", "done": n % 2 == 0} for n in range(count)]
    (at_work / "s.json").write_text(json.dumps({"date": "2026-03-02", "tasks": tasks}))


def test_a_yes_counts_when_all_of_it_was_shown(at_work: Path) -> None:
    many(at_work, 90)
    child = _terminal(
        at_work, "run", "daily_loop", "--state", "s.json", "--param", "requested_steps=5", "--out", "r.json"
    )
    child.expect("more, " + ASK)
    text, pages = plain(child.before), 1
    assert "rejecting" not in text
    while True:
        child.sendline("y" if pages % 2 else "m")
        if child.expect(["more, " + ASK, "value or quit\\? "]) == 1:
            break
        text, pages = text + plain(child.before), pages + 1
    text += plain(child.before)
    assert pages > 2
    assert "A yes counts when all of it was shown" in text
    assert not (at_work / "r.json").exists()
    for number in range(0, 90, 2):
        assert f"- tasks.{number} 'Task number {number}' (t{number})" in text
    child.sendline("y")
    code, _ = _ended(child)
    assert code == 0
    assert json.loads((at_work / "r.json").read_text())["status"] == "succeeded"


def test_no_page_has_more_lines_than_the_terminal(at_work: Path) -> None:
    many(at_work, 40)
    child = _terminal(at_work, "run", "daily_loop", "--state", "s.json")
    child.setwinsize(24, 60)
    while child.expect(["more, " + ASK, "value or quit\\? "]) == 0:
        lines = plain(child.before).split("\n")
        assert len(lines) <= 24
        assert max(map(len, lines)) <= 60
        child.sendline("m")
    child.sendline("q")
    _ended(child)


def test_the_proposed_priorities_are_told_by_title_on_a_day_that_changes_none(at_work: Path, tier2: Tier2) -> None:
    day = ("run", "daily_loop", "--state", "s.json")
    tier2(*day, "--unattended", "--state-out", "s.json")
    text = tier2(*day, "--set", "date=2026-03-03").stdout
    assert text.index("= daily.priorities") < text.index("+ daily.confirmed")
    assert '["a", "b", "c"] (as before)' in text
    assert "a: First\n" in text


def test_what_a_no_leads_to_is_told_of_the_run(at_work: Path, tier2: Tier2, two: dict[str, str]) -> None:
    text = tier2("run", "twice", env=two).stdout
    assert "rejecting: rejected\n    nothing is changed\n    what the steps before have changed stays:" in text
    assert '      + mark  "old"' in text
    assert "  the steps after this one:\n    3  second: Really?\n" in text
    done = tier2("run", "twice", "--unattended", "--record", "r.json", env=two)
    for told in (done.stdout, tier2("show", "r.json").stdout):
        assert "Wanted done in the world:" in told
        assert '"text": "Dear Ada,\\nso it is ' in told


def test_an_id_that_nothing_has_is_told_before_the_answer_counts(at_work: Path) -> None:
    child = _terminal(at_work, "run", "daily_loop", "--state", "s.json")
    child.expect(ASK)
    child.sendline("v")
    child.expect("value: ")
    child.sendline("b, nope")
    child.expect(ASK)
    assert "b: Second" in plain(child.before)
    assert "nope: nothing has this id" in plain(child.before)
    child.sendline("q")
    code, text = _ended(child)
    assert code == 3
    (command,) = commands_in(plain(text))
    assert command[command.index("--value") + 1] == '["b", "nope"]', "the value is kept"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ('["a"', "does not meet the step's schema"),
        ("[NaN]", "does not meet the step's schema"),
        ('[{"a": 1, "a": 2}]', "found the key 'a' twice"),
        ("1e400", "infinite"),
    ],
)
def test_a_value_is_refused_at_the_terminal_as_it_is_on_the_command_line(
    at_work: Path, tier2: Tier2, typed: str, told: str
) -> None:
    child = _terminal(at_work, "run", "daily_loop", "--state", "s.json", "--record", "r.json")
    child.expect(ASK)
    child.sendline("v")
    child.expect("value: ")
    child.sendline(typed)
    child.expect(ASK)
    assert told in " ".join(plain(child.before).split())
    child.sendline("q")
    _ended(child)
    done = tier2("resume", "r.json", "--approve", f"--value={typed}")
    assert (done.returncode, told in done.stderr) == (2, True)


@pytest.fixture
def two(at_work: Path) -> dict[str, str]:
    """A plugin whose mission asks twice; the first answer changes the state, the second demands a reason for a no."""
    info = at_work / "site" / "twice-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: twice\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tier2.missions]\ntwice = twice_plugin\n")
    (at_work / "site" / "twice_plugin.py").write_text(
        "from tier2_core import Mission, StepSpec, WorkflowDefinition, hookimpl\n"
        "@hookimpl\n"
        "def tier2_missions():\n"
        "    steps = [\n"
        "        StepSpec('mark', 'runtime', {'operation': 'set', 'path': 'mark', 'value': 'old'}),\n"
        "        StepSpec('first', 'human', {'into': 'name', 'description': 'Sure?'}),\n"
        "        StepSpec('second', 'human', {'description': 'Really?', 'demands': {'reason': True}}),\n"
        "    ]\n"
        "    data = {'to': 'ada', 'text': 'Dear Ada,\\n' + 'so it is ' * 30}\n"
        "    steps.append(StepSpec('mail', 'runtime', {'operation': 'emit', 'effect': 'mail.send', 'data': data}))\n"
        "    steps.append(StepSpec('done', 'runtime', {'operation': 'set', 'path': 'done', 'value': True}))\n"
        "    return [Mission('twice', lambda params: WorkflowDefinition('twice', steps))]\n"
    )
    return {"PYTHONPATH": str(at_work / "site")}


@pytest.mark.parametrize("how", ["hang-up", "ended", "gone"])
def test_a_terminal_that_hangs_up_at_the_second_question_keeps_the_first_answer(
    at_work: Path, tier2: Tier2, two: dict[str, str], how: str
) -> None:
    child = _terminal(at_work, "run", "twice", "--record", "r.json", env=two)
    child.expect(ASK)
    child.sendline("y")
    child.expect(ASK)
    if how == "gone":
        os.close(child.child_fd)
    else:
        os.kill(child.pid, signal.SIGHUP if how == "hang-up" else signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1]) == 3
    child.closed = True
    shown = tier2("show", "r.json", env=two).stdout
    assert "first  approved by ada (claimed, at a terminal)" in shown
    assert "waits for a decision at 'second'" in shown


def test_an_answer_that_misses_what_is_demanded_is_asked_for_again(at_work: Path, two: dict[str, str]) -> None:
    child = _terminal(at_work, "run", "twice", env=two)
    child.expect(ASK)
    child.sendline("y")
    child.expect(ASK)
    asked = plain(child.before)
    assert "demanded is a reason for a rejection" in asked
    assert asked.index("! mail.send") < asked.index("+ done"), "what is wanted done in the world comes first"
    assert asked.count("so it is") == 30
    child.sendline("n")
    child.expect("reason")
    child.sendline("")
    child.expect("demands that a rejection says why")
    child.expect(ASK)
    child.sendline("n")
    child.expect("reason")
    child.sendline("too late")
    assert _ended(child)[0] == 1


def test_show_tells_a_waiting_run_with_its_question_and_the_digest_to_approve_it_with(
    at_work: Path, tier2: Tier2, two: dict[str, str]
) -> None:
    tier2("run", "twice", "--record", "r.json", env=two)
    shown = tier2("show", "r.json", env=two)
    assert (shown.returncode, shown.stderr) == (0, "")
    for told in ("Sure?", "approving: suspended, then 'second' is asked", "+ name  null", "rejecting: rejected"):
        assert told in shown.stdout
    seen = re.search(r"--approve (--seen [0-9a-f]{64})\n", shown.stdout)
    assert seen
    assert tier2("resume", "r.json", "--approve", *seen[1].split(), env=two).returncode == 3
    gone = tier2("show", "r.json").stdout
    assert "What an answer leads to cannot be told: its mission is gone" in gone
    assert "--seen" not in gone


def test_an_approval_at_a_terminal_that_says_nothing_of_what_was_seen_asks(at_work: Path, tier2: Tier2) -> None:
    tier2("run", "daily_loop", "--state", "s.json", "--record", "r.json")
    child = _terminal(at_work, "resume", "r.json", "--approve", "--value", '["c"]', "--actor", "eve")
    child.expect(ASK)
    assert '["c", "a", "b"]' in plain(child.before)
    child.sendline("y")
    assert _ended(child)[0] == 0
    assert "approved by eve (claimed, at a terminal)" in tier2("show", "r.json").stdout


def test_who_forgoes_looking_says_so_and_the_receipt_does(at_work: Path, tier2: Tier2) -> None:
    tier2("run", "daily_loop", "--state", "s.json", "--record", "r.json")
    assert tier2("resume", "r.json", "--approve", "--unseen", "--out", "o.json").returncode == 0
    assert (
        json.loads((at_work / "o.json").read_text())["receipt"]["human"]["daily-confirm-priorities"]["unseen"] is True
    )


# --- no workflow passes for a mission ---------------------------------------------------------------------


EVIL = "\x1b[2J\u202eevil"


@pytest.mark.parametrize(("metadata", "name"), [({"mission_type": "daily_loop", "params": {}}, "x"), ({}, "run_tests")])
def test_a_workflow_that_calls_itself_a_mission_is_told_as_one_of_none(
    at_work: Path, tier2: Tier2, metadata: dict[str, Any], name: str
) -> None:
    steps = [
        StepSpec("go", "human"),
        StepSpec("daily-summarise-yesterday", "runtime"),
        StepSpec("tests-report", "runtime"),
    ]
    workflow = WorkflowDefinition(name, steps, metadata)
    save(run(workflow, ExecutionContext({"date": EVIL, "daily": EVIL}, decisions=[])), str(at_work / "w.json"))
    for command in (("show", "w.json"), ("resume", "w.json", "--approve", "--unseen"), ("show", "w.json")):
        done = tier2(*command)
        assert done.returncode == 0
        assert done.stdout.startswith(f"the workflow '{name}' of no mission: ")
        assert all(one.isprintable() or one == "\n" for one in done.stdout)


def test_the_view_of_a_day_takes_what_it_finds(at_work: Path, tier2: Tier2) -> None:
    state = {
        "date": "2026-03-02", "tasks": [{"id": "a", "title": EVIL, "tags": [EVIL]}],
        "daily": {"confirmed": [{}, 1, EVIL]}, "archive": [{"id": ["x"]}, EVIL, {"id": "z"}],
        "log": [{"date": "2026-03-01", "summary": {"completed": ["z"]}}],
    }  # fmt: skip
    (at_work / "s.json").write_text(json.dumps(state))
    for steps in (1, 2, 3, 4):
        day = ("run", "daily_loop", "--unattended", "--state", "s.json", "--param", "requested_human_steps=0")
        done = tier2(*day, "--param", f"requested_steps={steps}")
        assert done.returncode in (0, 1)
        assert "Traceback" not in done.stderr
        assert all(one.isprintable() or one == "\n" for one in done.stdout)
