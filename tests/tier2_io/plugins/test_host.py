"""The command line as the host of plugins that count on what is loaded, or spoil it, and as a guest of programs."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.processes import HANG
from tests.site import Site
from tests.tier2_io.conftest import TIER2, Tier2
from tier2_io.cli.arguments import parser

MISSION = """
from tier2_core import Mission, StepSpec, WorkflowDefinition, hookimpl
@hookimpl
def tier2_missions():
    steps = [StepSpec(f"s{place}", "runtime") for place in range(COUNT)]
    return [Mission("mine", lambda params: WorkflowDefinition("wf", steps))]
"""

SLOPPY = ["importlib.metadata.version('pluggy')", "importlib.util.find_spec('json')", "importlib.abc.Loader"]


@pytest.mark.parametrize("counted_on", SLOPPY)
def test_a_plugin_may_count_on_modules_that_hosts_of_plugins_have_loaded(
    site: Site, tier2: Tier2, counted_on: str
) -> None:
    site.install("mine", f"import importlib\nFOUND = {counted_on}\nCOUNT = 1\n{MISSION}")
    env = {"PYTHONPATH": str(site.path)}
    listed = tier2("missions", env=env)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "mine" in listed.stdout
    assert tier2("run", "mine", env=env).returncode == 0


@pytest.mark.parametrize("late", ["hashlib", "random", "tempfile", "shlex", "datetime"])
def test_a_plugin_may_hide_modules_of_the_standard_library(site: Site, tier2: Tier2, late: str) -> None:
    (site.path / "vendored").mkdir()
    (site.path / "vendored" / f"{late}.py").write_text("raise ImportError('not that of the standard library')")
    hiding = "import pathlib, sys\nsys.path.insert(0, str(pathlib.Path(__file__).parent / 'vendored'))"
    site.install("mine", f"{hiding}\nCOUNT = 1\n{MISSION}")
    env = {"PYTHONPATH": str(site.path)}
    assert json.loads(tier2("missions", "--json", env=env).stdout)["fingerprint"]
    waiting = tier2("run", "daily_loop", "--record", "run.json", env=env)
    assert (waiting.returncode, waiting.stderr.count("Traceback")) == (3, 0)
    assert tier2("verify", "run.json", env=env).returncode == 0


def test_a_plugin_may_empty_the_path(site: Site, tier2: Tier2) -> None:
    site.install("mine", f"import sys\nsys.path[:] = []\nCOUNT = 1\n{MISSION}")
    done = tier2("missions", "--json", env={"PYTHONPATH": str(site.path)})
    assert done.returncode == 0
    assert json.loads(done.stdout)["fingerprint"]


def test_a_plan_beyond_the_limits_is_its_plugin_s_mistake_in_a_suite_too(
    site: Site, tier2: Tier2, tmp_path: Path
) -> None:
    site.install("mine", f"COUNT = 6\n{MISSION}")
    suite = {
        "suite_name": "s",
        "scenarios": [{"scenario_name": "a", "initial_state": {}, "missions": [{"name": "mine"}]}],
        "expectations": [],
    }
    (tmp_path / "suite.json").write_text(json.dumps(suite))
    for jobs in ("1", "2"):
        done = tier2("test", "suite.json", "-j", jobs, env={"PYTHONPATH": str(site.path)})
        assert done.returncode == 5
        assert "suite.json:1:" in done.stderr
        assert "has 6 steps" in done.stderr


def test_a_program_that_calls_it_keeps_its_collector(site: Site) -> None:
    printed = site.python(
        """
        import gc
        from tier2_io.cli.main import main
        frozen = gc.get_freeze_count()
        gc.disable()
        assert main(["missions"]) == 0
        off = gc.isenabled()
        gc.enable()
        assert main(["run", "echo"]) == 0
        print(off, gc.isenabled(), gc.get_freeze_count() - frozen)
        """
    )
    assert printed.splitlines()[-1] == "False True 0"


def test_the_command_line_as_a_value_can_be_copied() -> None:
    made = copy.deepcopy(parser())
    assert made.parse_args(["run", "echo"]).mission == "echo"
    assert made.format_help() == parser().format_help()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no file that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_written_is_told(unbuffered: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [TIER2, "missions"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=HANG,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert done.returncode == 2
    assert done.stderr.startswith("tier2 missions: ")
    assert done.stderr.count("\n") == 1
