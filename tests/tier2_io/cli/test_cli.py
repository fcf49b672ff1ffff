"""The command line through a real process: what it prints, writes, refuses, and its exit codes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.processes import HANG
from tests.site import Site
from tests.tier2_io.conftest import TIER2, Tier2
from tier2_io.cli import missions
from tier2_io.cli.main import main

ROOT = Path(__file__).parents[3]
REFUSED = json.loads((ROOT / "tests/vectors/cli/refused.json").read_text())
SUITE: dict[str, Any] = {
    "suite_name": "s",
    "scenarios": [{"scenario_name": "one", "initial_state": {"n": True}, "missions": [{"name": "echo"}]}],
    "expectations": [
        {"id": "n", "scenario_name": "one", "mission_name": "echo", "path": "final_state.n", "op": "eq", "expected": 1}
    ],
}


def _filled(text: str) -> str:
    fillers = {"<digits>": "9" * 5000, "<deep>": "[" * 50_000 + "]" * 50_000, "<large>": "x = 1\n" * 20_000}
    for name, value in fillers.items():
        text = text.replace(name, value)
    return text


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: str(case["what"]))
def test_bad_input_is_one_message_and_its_exit_code(tier2: Tier2, tmp_path: Path, case: dict[str, Any]) -> None:
    for name, text in case.get("files", {}).items():
        (tmp_path / name).write_text(_filled(text))
    before = sorted(path.name for path in tmp_path.iterdir())
    done = tier2(*map(_filled, case["arguments"]))
    assert (done.returncode, done.stdout) == (case["code"], "")
    assert case["stderr"] in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before


SUITES_BAD = ROOT / "tests/vectors/suites-bad"


@pytest.mark.parametrize("name", sorted(path.stem for path in SUITES_BAD.glob("*.txt")))
def test_every_mistake_in_a_suite_file_is_told_with_its_line_and_column(
    tier2: Tier2, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes((SUITES_BAD / name).read_bytes())
    done = tier2("test", name, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (SUITES_BAD / f"{name}.txt").read_text("utf-8")
    assert f"{name}:" in done.stderr


def test_of_many_mistakes_in_suites_the_first_are_told_with_the_number_of_all(tier2: Tier2, tmp_path: Path) -> None:
    """However many files they are in; fields that are ignored, and names that come twice, are no exception."""
    (tmp_path / "a.json").write_text('{"suite_name": 1, "scenarios": [], "expectations": []}', "utf-8")
    many = {"suite_name": "s", "scenarios": [{}] * 500, "expectations": []}
    (tmp_path / "b.json").write_text(json.dumps(many), "utf-8")
    (tmp_path / "c.json").write_text("{", "utf-8")
    done = tier2("test", "a.json", "b.json", "c.json")
    lines = done.stderr.splitlines()
    assert (done.returncode, len(lines)) == (2, 22)
    assert lines[0] == "tier2 test: 1,002 mistakes; nothing was run:"
    assert lines[1] == "a.json:1:16: Field 'suite_name' must be a string"
    assert lines[-1] == "… and 982 more mistakes"
    names = [f"s{place:03}" for place in range(100)] * 2
    scenarios = [{"scenario_name": name, "initial_state": {}, "x" * 200: 1} for name in names]
    (tmp_path / "d.json").write_text(
        json.dumps({"suite_name": "d", "scenarios": scenarios, "expectations": []}), "utf-8"
    )
    lines = tier2("test", "d.json").stderr.splitlines()
    assert sum("is no field of a scenario and is ignored" in line for line in lines) == 20
    assert "d.json: warning: … and 180 more fields that are ignored." in lines
    assert sum("is there more than once; the last one is run." in line for line in lines) == 20
    assert sum("80 more names of scenarios are there more than once." in line for line in lines) == 1


def test_every_bad_suite_has_what_is_expected_of_it_beside_it() -> None:
    names = {path.name for path in SUITES_BAD.iterdir()}
    assert names == {name for one in names if one.endswith(".txt") for name in (one, one.removesuffix(".txt"))}


def test_the_version_and_the_help_are_printed(tier2: Tier2) -> None:
    assert tier2("--version").stdout.startswith("tier2 ")
    for arguments in ((), ("missions",), ("plan",), ("run",), ("test",)):
        done = tier2(*arguments, "--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert "usage: tier2" in done.stdout


def test_a_bug_is_exit_code_70_and_asks_for_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(options: Any) -> int:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(missions, "execute", broken)
    assert main(["missions"]) == 70
    told = capsys.readouterr()
    assert told.out == ""
    assert "ZeroDivisionError: ours\ntier2 missions: this is a bug of tier2" in told.err


def test_missions_lists_the_built_in_ones(tier2: Tier2) -> None:
    done = tier2("missions")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in ("daily_loop", "echo", "run_tests"))
    listed = json.loads(tier2("missions", "--json").stdout)
    assert [mission["name"] for mission in listed["missions"]] == ["daily_loop", "echo", "run_tests"]


def test_plan_shows_the_steps_and_runs_nothing(tier2: Tier2) -> None:
    done = tier2("plan", "daily_loop", "--param", "requested_steps=2")
    assert done.returncode == 0
    assert "daily-confirm-priorities" in done.stdout
    assert "daily-log-summary" not in done.stdout
    plan = json.loads(tier2("plan", "daily_loop", "--json").stdout)
    assert plan["steps"][0]["id"] == "daily-confirm-priorities"


def test_run_plans_the_monday_of_the_examples(tier2: Tier2) -> None:
    done = tier2("run", "daily_loop", "--unattended", "--state", str(ROOT / "examples/monday.json"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 completed since 2026-02-27, 10 open, 2 overdue" in done.stdout
    order = [done.stdout.index(title) for title in ("Send the tax form  ", "Call the dentist  ", "Write the February")]
    assert order == sorted(order)


def test_the_final_state_of_a_day_is_the_input_of_the_next(tier2: Tier2, tmp_path: Path) -> None:
    first = ("run", "daily_loop", "--unattended", "--state", str(ROOT / "examples/monday.json"))
    assert tier2(*first, "--state-out", "day.json").returncode == 0
    again = ("run", "daily_loop", "--unattended", "--state", "day.json", "--set", "date=2026-03-03")
    assert tier2(*again, "--state-out", "day.json", "--set", "/tasks/0/done=true").returncode == 0
    day = json.loads((tmp_path / "day.json").read_text())
    assert [entry["date"] for entry in day["log"]] == ["2026-02-27", "2026-03-02", "2026-03-03"]
    assert day["log"][-1]["summary"]["completed"] == ["tax"]


def test_values_are_json_if_they_parse_and_text_if_not(tier2: Tier2) -> None:
    pairs = {
        "n": "1.0",
        "t": "true",
        "o": '{"a": [null]}',
        "w": "word",
        "d": "2026-03-02",
        "q": "NaN",
        "e": "",
        "eq": "a=b",
    }
    arguments = [part for name, value in pairs.items() for part in ("--param", f"{name}={value}")]
    done = json.loads(tier2("run", "echo", "--json", *arguments).stdout)
    assert done["executed_steps"][0]["payload"]["params"] == {
        "n": 1, "t": True, "o": {"a": [None]}, "w": "word", "d": "2026-03-02", "q": "NaN", "e": "", "eq": "a=b",
    }  # fmt: skip


def test_a_state_comes_from_standard_input_and_from_toml(tier2: Tier2, tmp_path: Path) -> None:
    assert json.loads(tier2("run", "echo", "--json", "--state", "-", stdin='{"a": 1}').stdout)["final_state"] == {
        "a": 1
    }
    (tmp_path / "s.toml").write_text("[a]\nb = [1, 2]\n")
    done = tier2("run", "echo", "--json", "--state", "s.toml", "--set", "/a/b/0=9", "--set", "new.er=1")
    assert json.loads(done.stdout)["final_state"] == {"a": {"b": [9, 2]}, "new": {"er": 1}}


def test_a_failed_mission_is_exit_code_1_and_leaves_the_state_file_alone(tier2: Tier2, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"tasks": [{"id": "a"}]}')
    done = tier2("run", "daily_loop", "--unattended", "--state", "s.json", "--state-out", "s.json", "--out", "r.json")
    assert done.returncode == 1
    assert "'title' of task 'a'" in done.stdout
    assert "s.json was not written" in done.stdout
    assert (tmp_path / "s.json").read_text() == '{"tasks": [{"id": "a"}]}'
    assert json.loads((tmp_path / "r.json").read_text())["failed_step_id"] == "daily-summarise-yesterday"


def test_files_are_replaced_whole_and_keep_their_mode_and_links(tier2: Tier2, tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    assert tier2("run", "echo", "--out", "link.json").returncode == 0
    assert link.is_symlink()
    assert json.loads(target.read_text())["status"] == "succeeded"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "target.json"]


def test_a_fifo_is_refused_at_once(tier2: Tier2, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    done = tier2("run", "echo", "--state", "fifo")
    assert (done.returncode, "is a FIFO" in done.stderr) == (2, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_an_unreadable_file_is_refused(tier2: Tier2, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text("{}")
    (tmp_path / "s.json").chmod(0)
    done = tier2("run", "echo", "--state", "s.json")
    assert (done.returncode, "cannot be read" in done.stderr) == (2, True)


def test_what_came_from_a_file_cannot_steer_the_terminal(tier2: Tier2, tmp_path: Path) -> None:
    evil = "a\x1b]52;c;eA==\x07\u202e\u0085b"
    state = {"date": "2026-03-02", "tasks": [{"id": evil, "title": evil, "tags": [evil]}]}
    (tmp_path / "s.json").write_text(json.dumps(state))
    for extra in ((), ("--json",)):
        done = tier2("run", "daily_loop", "--state", "s.json", "--unattended", *extra)
        assert done.returncode == 0
        assert not {"\x1b", "\x07", "\u202e", "\u0085"} & set(done.stdout + done.stderr)
    assert "a\\u001b]52;c;eA==" in tier2("plan", "echo", "--param", f"a={evil}").stdout


def test_test_tells_of_every_failing_expectation(tier2: Tier2, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps(SUITE))
    done = tier2("test", "s.json")
    assert done.returncode == 1
    assert "FAILED  s.json: s, 0 of 1 expectations hold, 1 scenario" in done.stdout
    assert "n: eq_mismatch" in done.stdout
    assert "where     one / echo / final_state.n" in done.stdout
    assert "expected  eq 1" in done.stdout
    assert "actual    true" in done.stdout
    assert "by no step" in done.stdout
    outcome = json.loads(tier2("test", "--json", "s.json").stdout)
    assert (outcome[0]["file"], outcome[0]["passed"]) == ("s.json", False)


def test_unknown_fields_are_warned_of_with_the_closest_name(tier2: Tier2, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps({**SUITE, "expectations": [], "expectation": []}))
    done = tier2("test", "s.json")
    assert done.returncode == 0
    assert "'expectation' is no field of a test document and is ignored; did you mean 'expectations'?" in done.stderr
    done = tier2("run", "daily_loop", "--param", "max_prioritys=1")
    assert "did you mean 'max_priorities'?" in done.stderr


def test_the_example_suites_pass(tier2: Tier2) -> None:
    done = tier2("test", str(ROOT / "examples/suite.toml"), str(ROOT / "examples/suite.json"))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_example_suites_print_the_same_under_many_hash_seeds(tier2: Tier2) -> None:
    files = [str(ROOT / "examples/suite.toml"), str(ROOT / "examples/suite.json")]
    printed = {tier2("test", "--json", *files, env={"PYTHONHASHSEED": str(seed)}).stdout for seed in range(4)}
    assert len(printed) == 1


def test_a_broken_plugin_stops_neither_the_others_nor_the_list(tier2: Tier2, tmp_path: Path) -> None:
    info = tmp_path / "site" / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tier2.missions]\nbroken = broken_plugin\n")
    (tmp_path / "site" / "broken_plugin.py").write_text("raise SystemExit(7)\n")
    env = {"PYTHONPATH": str(tmp_path / "site")}
    done = tier2("run", "echo", env=env)
    assert done.returncode == 0
    assert "a plugin was left out: Plugin 'broken' of distribution 'broken'" in done.stderr
    listed = tier2("missions", env=env)
    assert (listed.returncode, "daily_loop" in listed.stdout) == (5, True)
    assert tier2("run", "no_such", env=env).returncode == 5


def test_a_closed_pipe_is_no_error(tier2: Tier2) -> None:
    done = tier2("missions")
    assert done.returncode == 0
    shell = subprocess.run(
        ["sh", "-c", f'"{TIER2}" missions --json | true'], capture_output=True, text=True, check=False, timeout=HANG
    )
    assert shell.stderr == ""


def test_a_terminal_that_lacks_characters_is_no_error(tier2: Tier2, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps({"tasks": [{"id": "é", "title": "日本"}]}, ensure_ascii=False))
    done = tier2("run", "daily_loop", "--unattended", "--state", "s.json", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "\\u65e5\\u672c" in done.stdout


def test_run_tests_tells_the_verdict_and_what_failed(tier2: Tier2, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps({"suites": {"mine": SUITE}}))
    done = tier2("run", "run_tests", "--state", "s.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Verdict   failed: 0 of 1 passed" in done.stdout
    assert "mine: n: eq_mismatch" in done.stdout
    assert tier2("run", "run_tests", "--state", "s.json", "--param", "strict=true").returncode == 1


def test_a_mission_without_a_view_shows_its_changes(tier2: Tier2) -> None:
    done = tier2("run", "daily_loop", "--unattended", "--param", "requested_steps=1", "--set", "a=1")
    assert "nothing is changed" in done.stdout


def test_a_suite_that_expects_a_schema_tells_where_it_is_missed(tier2: Tier2, tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    wanted = {**SUITE["expectations"][0], "path": "final_state", "op": "matches", "expected": schema}
    gone = {**wanted, "id": "gone", "path": "final_state.m", "op": "exists"}
    (tmp_path / "s.json").write_text(json.dumps({**SUITE, "expectations": [wanted, gone]}))
    told = tier2("test", "s.json").stdout
    assert "/n: found true; expected a whole number" in told
    assert "gone: path_missing" in told
    assert "expected  exists\n" in told


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
@pytest.mark.parametrize("arguments", ["missions", "plugins", "run echo --unattended", "plan echo", "run daily_loop"])
def test_a_closed_stream_is_no_error(tmp_path: Path, arguments: str, closed: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"{TIER2}" {arguments} {closed}'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    assert done.returncode in (0, 3)
    assert "Traceback" not in done.stderr


def test_a_pipe_that_is_closed_early_is_no_failure(tmp_path: Path) -> None:
    script = f'"{TIER2}" missions | true; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=HANG
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_without_the_extra_everything_is_there_but_the_lines(tier2: Tier2, tmp_path: Path) -> None:
    (tmp_path / "norich").mkdir()
    (tmp_path / "norich" / "rich.py").write_text("raise ImportError('not installed')")
    done = tier2("missions", env={"PYTHONPATH": str(tmp_path / "norich")})
    assert (done.returncode, done.stderr) == (0, "")
    assert "daily_loop  2" in done.stdout


def test_a_date_of_toml_is_told_to_be_put_in_quotes(tier2: Tier2, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("date = 2026-03-02\n")
    assert 'put it in quotes, as in "2026-03-02"' in tier2("run", "daily_loop", "--state", "s.toml").stderr
    text = 'suite_name = "s"\nexpectations = []\n[[scenarios]]\nscenario_name = "a"\ninitial_state = {d = 2026-03-02}\n'
    (tmp_path / "t.toml").write_text(text)
    assert "put it in quotes" in tier2("test", "t.toml").stderr


def test_what_goes_wrong_in_a_scenario_is_told_with_its_file_and_name(tier2: Tier2, tmp_path: Path) -> None:
    call = {"name": "daily_loop", "decisions": [{"step_id": "typo"}]}
    scenario = {"scenario_name": "mine", "initial_state": {}, "missions": [call]}
    (tmp_path / "s.json").write_text(json.dumps({"suite_name": "s", "scenarios": [scenario], "expectations": []}))
    done = tier2("test", "s.json")
    assert done.returncode == 2
    assert "s.json:1:" in done.stderr
    assert ": scenario 'mine': " in done.stderr


def test_a_large_state_can_be_read_again(tier2: Tier2, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"a":[' + ",".join(["[" * 60 + "]" * 60] * 10_000) + "]}")
    assert tier2("run", "echo", "--state", "s.json", "--state-out", "t.json").returncode == 0
    assert (tmp_path / "t.json").stat().st_size <= 64 * 1024 * 1024


NOISY = """
    from tier2_core import Mission, Operation, StepSpec, WorkflowDefinition, hookimpl

    def build(params):
        print("planned")
        return WorkflowDefinition("wf-noisy", [StepSpec("s", "runtime", {"operation": "noisy.do"})])

    def do(state, call):
        print("\\x1b[31mdone")
        return state.set("n", 1)

    @hookimpl
    def tier2_missions():
        return [Mission("noisy", build)]

    @hookimpl
    def tier2_operations():
        return [Operation("noisy.do", do, lambda payload: print("checked"))]
"""


@pytest.mark.parametrize(
    "arguments",
    [("run", "noisy"), ("plan", "noisy"), ("explore", "noisy"), ("test", "s.json"), ("test", "s.json", "-j", "2")],
)
def test_what_a_plugin_prints_is_no_part_of_the_answer(
    tier2: Tier2, site: Site, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    site.install("noisy", NOISY)
    scenarios = [{"scenario_name": str(n), "initial_state": {}, "missions": [{"name": "noisy"}]} for n in range(3)]
    (tmp_path / "s.json").write_text(json.dumps({"suite_name": "s", "scenarios": scenarios, "expectations": []}))
    done = tier2(*arguments, "--json", env={"PYTHONPATH": str(site.path)})
    assert done.returncode == 0
    json.loads(done.stdout)
    assert "planned\n" in done.stderr


def test_a_suite_that_cannot_fail_or_runs_less_than_it_shows_is_doubted(tier2: Tier2, tmp_path: Path) -> None:
    scenario = {"scenario_name": "twice", "initial_state": {}, "missions": []}
    (tmp_path / "s.json").write_text(
        json.dumps({"suite_name": "s", "scenarios": [scenario, scenario], "expectations": []})
    )
    done = tier2("test", "s.json")
    assert (done.returncode, done.stderr.splitlines()) == (
        0,
        [
            "warning: s.json: scenario 'twice' is there more than once; the last one is run.",
            "warning: s.json: nothing is expected, so that nothing can fail.",
        ],
    )


def test_options_that_choose_plugins_may_stand_after_the_action(tier2: Tier2, site: Site) -> None:
    site.install("noisy", NOISY)
    env = {"PYTHONPATH": str(site.path)}
    assert tier2("plugins", "check", "noisy", "--block", "noisy", env=env).returncode == 2
    assert tier2("plugins", "--block", "noisy", "check", "noisy", env=env).returncode == 2


@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_param_that_is_misspelt_is_refused_as_it_is_in_python_and_another_is_warned_of(
    tier2: Tier2, command: str
) -> None:
    refused = tier2(command, "daily_loop", "--param", "requested_stps=3")
    assert refused.returncode == 2
    assert "'/requested_stps'" in refused.stderr
    assert "did you mean 'requested_steps'?" in refused.stderr
    assert "warning" not in refused.stderr
    warned = tier2(command, "daily_loop", "--param", "steps=3", "--json")
    assert warned.returncode in (0, 3)
    assert "warning: param 'steps' is none of the mission's" in warned.stderr
