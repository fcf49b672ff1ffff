"""How far a mission can be trusted, on the command line: ``plugins check`` and ``--guard``."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.missions.plugins import source
from tests.site import Site
from tests.tier2_io.conftest import Tier2
from tests.vectors.impure import impure

CLEAN = (
    source("greet", "greet.wave").replace("build)", "build, 'Greets.')").replace("state)]", "state, summary='Waves.')]")
)
ASKS = """
    import time
    from tier2_core import Mission, Operation, StepSpec, WorkflowDefinition, hookimpl
    def build(params):
        steps = [StepSpec("go", "human", {"into": "n"}), StepSpec("stamp", "runtime", {"operation": "asks.stamp"})]
        return WorkflowDefinition("wf-asks", steps)
    def stamp(state, call):
        return state.set("t", time.time()) if state.get("n") == 1 else state
    @hookimpl
    def tier2_missions():
        return [Mission("asks", build, "Asks.")]
    @hookimpl
    def tier2_operations():
        return [Operation("asks.stamp", stamp, summary="Stamps.")]
"""


@pytest.fixture
def env(site: Site) -> dict[str, str]:
    """An environment with three plugins: one is impure, one is clean, one asks before it is impure."""
    shutil.copy(impure.__file__, site.path / "throwaway_impure.py")
    site.announce("dist-impure", impure="throwaway_impure")
    site.install("clean", CLEAN)
    site.install("asks", ASKS)
    return {"PYTHONPATH": str(site.path)}


def test_a_clean_plugin_is_exit_code_0_and_it_is_said_what_was_not_seen(tier2: Tier2, env: dict[str, str]) -> None:
    done = tier2("plugins", "check", "clean", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Plugin 'clean': nothing was found\n")
    assert "greet       2 params, 2 states, 5 runs" in done.stdout
    assert "What it cannot see:" in done.stdout
    for arguments in (("check", "clean", "--json"), ("--json", "check", "clean")):
        report = json.loads(tier2("plugins", *arguments, env=env).stdout)
        assert (report["passed"], report["findings"], report["subject"]) == (True, [], "Plugin 'clean'")


def test_a_plugin_with_findings_is_exit_code_5(tier2: Tier2, site: Site) -> None:
    site.install("late", ASKS.replace("if state", "if not state").replace("import time", "import time; print(7)"))
    done = tier2("plugins", "check", "late", env={"PYTHONPATH": str(site.path)})
    assert (done.returncode, done.stderr) == (5, "7\n")  # what a plugin prints is no part of the answer
    assert "Plugin 'late': 2 findings\n" in done.stdout
    touch = done.stdout.partition("\nimpure:clock\n")[2].splitlines()
    assert touch[0].startswith(
        "  Step 'stamp' of mission 'asks' (operation 'asks.stamp') read a clock, or waited for one:"
    )
    assert "throwaway_dist_late_late.py:" in touch[2]
    assert touch[3] == "  with  params {}, state {}"


def test_a_plugin_that_is_not_there_is_exit_code_2_and_a_broken_one_5(
    tier2: Tier2, site: Site, env: dict[str, str]
) -> None:
    done = tier2("plugins", "check", "claen", env=env)
    assert (done.returncode, done.stdout) == (2, "")
    known = "there are asks, builtin, clean, impure; did you mean 'clean'?"
    assert done.stderr == f"tier2 plugins: No plugin 'claen' is there; {known}\n"
    site.install("bad", "raise RuntimeError('no')")
    done = tier2("plugins", "check", "bad", env=env)
    assert (done.returncode, done.stdout) == (5, "")
    assert "RuntimeError: no" in done.stderr


def test_a_guarded_run_of_what_is_pure_is_a_run(tier2: Tier2, tmp_path: Path) -> None:
    state = tmp_path / "s.json"
    state.write_text('{"date": "2026-03-02", "tasks": [{"id": "a", "title": "A"}]}')
    plain = tier2("run", "daily_loop", "--state", "s.json", "--unattended", "--record", "plain.json")
    done = tier2("run", "daily_loop", "--state", "s.json", "--unattended", "--guard", "--record", "guarded.json")
    assert done.returncode == 0
    assert done.stdout.replace("guarded.json", "plain.json") == plain.stdout
    assert done.stderr == "tier2 run: the guard saw nothing touched; what it cannot see is in the manual.\n"
    assert (tmp_path / "guarded.json").read_bytes() == (tmp_path / "plain.json").read_bytes()
    document = json.loads(tier2("run", "echo", "--guard", "--json").stdout)
    guard = document.pop("guard")
    assert document == json.loads(tier2("run", "echo", "--json").stdout)
    assert guard["touches"] == []
    assert guard["blind"]


@pytest.mark.parametrize(
    ("mission", "told"),
    [
        ("clock", "The factory of mission 'clock' read a clock, or waited for one: time.time(), at "),
        ("writes", "Step 'only' of mission 'writes' (operation 'writes.do') touched a file or a directory: open("),
        ("network", "used the network: socket("),
        ("command", "dealt with a process: subprocess.Popen("),
    ],
)
def test_a_guarded_run_that_touches_the_world_is_exit_code_5_and_writes_nothing(
    tier2: Tier2, tmp_path: Path, env: dict[str, str], mission: str, told: str
) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    outputs = ("--out", "o.json", "--state-out", "s.json", "--record", "r.json")
    done = tier2("run", mission, "--guard", *outputs, env={**env, "PYTHONDONTWRITEBYTECODE": "1"})
    assert (done.returncode, done.stdout) == (5, "")
    first, last = done.stderr.splitlines()
    assert told in first
    assert "throwaway_impure.py:" in first
    assert last == "tier2 run: the guard has seen it, not prevented it; the result is withheld and nothing was written."
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert tier2("run", mission, "--out", "o.json", env=env).returncode == 0


def test_in_json_a_guarded_run_that_touches_the_world_is_its_touches_alone(tier2: Tier2, env: dict[str, str]) -> None:
    done = tier2("run", "clock", "--guard", "--json", env=env)
    assert done.returncode == 5
    document = json.loads(done.stdout)
    assert list(document) == ["guard"]
    (touch,) = document["guard"]["touches"]
    assert {**touch, "where": ""} == {
        "call": "time.time()",
        "kind": "clock",
        "mission": "clock",
        "operation": "",
        "step": "factory",
        "where": "",
        "witness": "calls",
    }


def test_a_run_that_breaks_is_told_of_with_what_it_touched(tier2: Tier2, site: Site) -> None:
    site.install("bad", "import time\n" + source("bad").replace("return Work", "time.time(); {}['n']; return Work"))
    done = tier2("run", "bad", "--guard", env={"PYTHONPATH": str(site.path)})
    assert done.returncode == 5
    touched, broke = done.stderr.splitlines()
    assert "time.time()" in touched
    assert "KeyError: 'n'" in broke


def test_a_guarded_run_that_waits_is_resumed_guarded(tier2: Tier2, tmp_path: Path, env: dict[str, str]) -> None:
    done = tier2("run", "asks", "--guard", "--record", "r.json", env=env)
    assert done.returncode == 3
    assert re.search("tier2 resume r.json --approve --seen [0-9a-f]{64} --guard\n", done.stderr)
    waiting = (tmp_path / "r.json").read_bytes()
    done = tier2("resume", "r.json", "--approve", "--value", "1", "--guard", "--out", "o.json", env=env)
    assert (done.returncode, done.stdout) == (5, "")
    assert "tier2 resume: Step 'stamp' (operation 'asks.stamp') read a clock" in done.stderr
    assert (tmp_path / "r.json").read_bytes() == waiting
    assert not (tmp_path / "o.json").exists()
    done = tier2("resume", "r.json", "--approve", "--unseen", "--value", "2", "--guard", "--out", "o.json", env=env)
    assert done.returncode == 0
    assert json.loads((tmp_path / "o.json").read_text())["final_state"] == {"n": 2}
