"""What no test may depend on: whose machine it runs on, and how busy that is."""

from __future__ import annotations

import ast
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evidence import TESTS
from tests.evidence import tests as modules
from tests.processes import HANG, neutral

# What is run there is not waited for, but watched.
WATCHED = {Path("tier2_io/trust/test_guard.py"), Path("vectors/impure/impure.py")}
STARTING = {"run", "call", "check_call", "check_output", "communicate", "spawn", "wait"}


def called(tree: ast.Module) -> list[tuple[str, ast.Call]]:
    """Every call, with the name of what is called: ``subprocess.run``, ``process.communicate``."""
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def starts(name: str) -> bool:
    """Whether a call waits for a process."""
    module, _, function = name.rpartition(".")
    return function in STARTING and (module == "subprocess" or name == "pexpect.spawn" or function == "communicate")


def test_every_process_is_waited_for_as_long_as_a_busy_machine_takes() -> None:
    found = 0
    for path, tree in modules().items():
        for name, call in called(tree):
            if starts(name) and path.relative_to(TESTS) not in WATCHED:
                limits = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg == "timeout"]
                assert limits == ["HANG"], f"{path}:{call.lineno}: {name} with the limits {limits}"
                found += 1
    assert found > 10
    assert HANG == 600


def test_no_test_sleeps_or_reads_a_clock() -> None:
    clocks = {"sleep", "time", "monotonic", "perf_counter", "process_time"}
    for path, tree in modules().items():
        if "impure" in path.parts or path.parent.name == "trust":  # of which these are the subject
            continue
        for name, call in called(tree):
            module, _, function = name.rpartition(".")
            assert not (module == "time" and function in clocks), f"{path}:{call.lineno}: {name}"


def test_the_environment_is_that_of_nobody_s_machine() -> None:
    assert os.environ == neutral(os.environ, Path(os.environ["HOME"]))
    assert Path(os.environ["HOME"]).name.startswith("home")


@pytest.mark.parametrize("name", ["COLUMNS", "LC_ALL", "LC_CTYPE", "NO_COLOR", "TZ", "TIER2_ONLY", "PYTHONUTF8"])
def test_settings_of_somebody_are_left_out(name: str) -> None:
    assert name not in neutral({name: "1", "PATH": "/bin"}, Path("/nowhere"))


@pytest.mark.parametrize("name", ["PATH", "TIER2_TESTED", "TIER2_EXAMPLES", "PYTHONPATH", "PYTHONHASHSEED", "COV_CORE"])
def test_what_the_tests_need_is_left(name: str) -> None:
    assert neutral({name: "1"}, Path("/nowhere"))[name] == "1"


def test_new_files_have_the_usual_mode(tmp_path: Path) -> None:
    program = "import sys; open(sys.argv[1], 'w').close()"
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "new")], check=True, timeout=HANG)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o644
