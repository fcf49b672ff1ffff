"""The process as the host of plugins: exit codes never say that all is well when it is not, and answers stay apart."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.processes import HANG
from tests.site import Site
from tests.tier2_io.conftest import TIER2, Tier2

# Where a plugin's code can run, with what it does there as DEED.
PLACES = {
    "import": "do()\n",
    "hook": "@hookimpl\ndef tier2_missions():\n    do()\n    return []\n",
    "factory": (
        "def build(params):\n    do()\n    return plan\n"
        "@hookimpl\ndef tier2_missions(): return [Mission('mine', build)]\n"
    ),
    "operation": (
        "def apply(state, call):\n    do()\n    return state\n"
        "@hookimpl\ndef tier2_missions(): return [Mission('mine', lambda params: plan)]\n"
        "@hookimpl\ndef tier2_operations(): return [Operation('mine.do', apply)]\n"
    ),
    "check": (
        "def check(payload): do()\n"
        "@hookimpl\ndef tier2_missions(): return [Mission('mine', lambda params: plan)]\n"
        "@hookimpl\ndef tier2_operations(): return [Operation('mine.do', lambda state, call: state, check=check)]\n"
    ),
}
WORKS = ["factory", "operation", "check"]


def plugin(place: str, deed: str) -> str:
    return (
        "import os, sys, threading\n"
        "from tier2_core import Mission, Operation, StepSpec, WorkflowDefinition, hookimpl\n"
        f"def do():\n    {deed}\n"
        "plan = WorkflowDefinition('w', [StepSpec('s', 'runtime', {'operation': 'mine.do'})])\n"
        f"{PLACES[place]}"
        + ("@hookimpl\ndef tier2_operations(): return [Operation('mine.do', lambda state, call: state)]\n"
           if place in ("import", "factory") else "")
        + ("@hookimpl\ndef tier2_missions(): return [Mission('mine', lambda params: plan)]\n"
           if place == "import" else "")
    )  # fmt: skip


@pytest.fixture
def mine(tier2: Tier2, site: Site) -> Any:
    """Run a command with the plugin ``mine``, which does something somewhere."""

    def run(place: str, deed: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        site.install("mine", plugin(place, deed))
        return tier2(*(arguments or ("run", "mine", "--json")), env={"PYTHONPATH": str(site.path)})

    return run


# --- ends ----------------------------------------------------------------------------------------------

ENDS = {
    "raise SystemExit": "SystemExit",
    "sys.exit(0)": "SystemExit: 0",
    "raise SystemExit(None)": "SystemExit: None",
    "os._exit(0)": "os._exit(0) was called",
    "import posix; posix._exit(0)": "os._exit(0) was called",
    "os.execv('/bin/true', ['true'])": "os.execv('/bin/true') was called",
    "raise GeneratorExit": "GeneratorExit",
    "raise KeyboardInterrupt": "it raised KeyboardInterrupt",
    "raise BrokenPipeError": "BrokenPipeError",
    "raise BaseException('odd')": "BaseException: odd",
    "sys.setrecursionlimit(60); raise RecursionError": "RecursionError",
}


@pytest.mark.parametrize("deed", ENDS)
@pytest.mark.parametrize("place", WORKS)
def test_a_plugin_s_code_that_ends_the_process_is_its_mistake(mine: Any, site: Site, place: str, deed: str) -> None:
    done = mine(place, deed)
    assert (done.returncode, done.stdout) == (5, "")
    assert ENDS[deed] in done.stderr
    assert f"{site.path / 'throwaway_dist_mine_mine.py'}:4 in do)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("deed", ENDS)
@pytest.mark.parametrize("place", ["import", "hook"])
def test_a_plugin_that_ends_the_process_that_loads_it_is_left_out(mine: Any, place: str, deed: str) -> None:
    done = mine(place, deed, "run", "echo", "--json")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "succeeded")
    assert done.stderr.startswith("warning: a plugin was left out: Plugin 'mine' of distribution 'dist-mine' ")
    assert ENDS[deed] in done.stderr
    assert ":4 in do)" in done.stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("deed", ["os._exit(0)", "sys.exit(0)", "raise KeyboardInterrupt", "raise GeneratorExit"])
@pytest.mark.parametrize("place", ["import", "operation"])
def test_no_suite_passes_as_a_plugin_ends_the_process(
    mine: Any, tmp_path: Path, place: str, deed: str, jobs: str
) -> None:
    scenarios = [{"scenario_name": one, "initial_state": {}, "missions": [{"name": "mine"}]} for one in "ab"]
    (tmp_path / "s.json").write_text(json.dumps({"suite_name": "s", "scenarios": scenarios, "expectations": []}))
    done = mine(place, deed, "test", "s.json", "-j", jobs)
    assert (done.returncode, done.stdout) == (5, "")
    assert "'mine'" in done.stderr


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        ("import atexit; atexit.register(os._exit, 0)", 1),
        ("import atexit; atexit.register(sys.exit, 0)", 1),
        ("threading.Thread(target=threading.Event().wait).start()", 1),
        ("import atexit; atexit.register(setattr, sys, 'stdout', open(os.devnull))", 1),
        ("import atexit; atexit.register(os.close, 1)", 1),
        ("thread = threading.Thread(target=os._exit, args=(0,)); thread.start(); thread.join()", 5),
    ],
)  # fmt: skip
def test_the_exit_code_stays_whatever_is_left_behind(mine: Any, deed: str, code: int) -> None:
    done = mine("import", deed, "run", "daily_loop", "--unattended", "--set", 'tasks=[{"id": "a"}]', "--json")
    assert done.returncode == code
    assert (json.loads(done.stdout)["status"] if code == 1 else done.stdout) == ("failed" if code == 1 else "")
    if code == 5:
        assert "tier2: a plugin has ended the process: os._exit(0) was called.\n" in done.stderr


def test_a_process_that_a_plugin_has_made_ends_as_it_likes_and_gives_no_second_answer(mine: Any) -> None:
    done = mine("operation", "os.fork() or os._exit(0); os.fork()")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "succeeded")


# --- answers and what is printed beside them -----------------------------------------------------------


@pytest.mark.parametrize(
    ("deed", "printed"),
    [
        ("print('beside')", "beside\n"),
        ("print('beside', file=sys.__stdout__)", "beside\n"),
        ("os.write(1, b'beside')", "beside"),
        ("import subprocess; subprocess.run(['echo', 'beside'])", "beside\n"),
        ("threading.Thread(target=print, args=('beside',)).start()", "beside\n"),
        ("import atexit; atexit.register(print, 'beside')", "beside\n"),
        ("sys.stdout = sys.stderr = None", ""),
        ("sys.stdout.close(); sys.stderr.close()", ""),
        ("[os.close(number) for number in (0, 1, 2)]", ""),
    ],
)
@pytest.mark.parametrize("place", PLACES)
def test_what_plugins_print_is_not_among_the_answers(mine: Any, place: str, deed: str, printed: str) -> None:
    done = mine(place, deed, "run", "echo" if place == "hook" else "mine", "--json")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "succeeded")
    assert done.stderr == printed


def test_a_program_that_calls_the_command_line_has_its_output_back(site: Site) -> None:
    site.install("mine", plugin("operation", "print('beside')"))
    printed = site.python(
        """
        import contextlib, io, os, sys
        from tier2_io.cli.main import main
        before, leaving = (sys.stdout, sys.stderr), os._exit
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = main(["run", "mine"])
        assert (sys.stdout, sys.stderr) == before and os._exit is leaving
        print(code, out.getvalue().split(",")[0], repr(err.getvalue()))
        """
    )
    assert printed == "0 mine: succeeded 'beside\\n'\n"


# --- readers who go away -------------------------------------------------------------------------------

FAILING = ("run", "daily_loop", "--unattended", "--set", 'tasks=[{"id": "a"}]')


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("gone", ["stdout", "stderr", "both"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("missions",), 0), (("missions", "--json"), 0), (("--help",), 0), (("run", "--help"), 0), (FAILING, 1),
        ((*FAILING, "--json"), 1), (("verify", "missing"), 2), (("nonsense",), 2), (("run", "daily_loop"), 3),
        (("run", "mine"), 5), (("run", "loud"), 0),
    ],
)  # fmt: skip
def test_a_reader_who_goes_away_does_not_change_the_exit_code(
    site: Site, tmp_path: Path, arguments: tuple[str, ...], code: int, gone: str, unbuffered: str
) -> None:
    site.install("mine", plugin("operation", "raise RuntimeError"))
    site.install(
        "loud", plugin("operation", "print('x' * 100_000); print('y', file=sys.stderr)").replace("mine", "loud")
    )
    streams = {}
    for name in ("stdout", "stderr"):
        reader, writer = os.pipe()
        if gone in (name, "both"):
            os.close(reader)
        else:
            os.close(writer)
            writer = os.open(os.devnull, os.O_WRONLY)
            os.close(reader)
        streams[name] = writer
    environment = {**os.environ, "PYTHONPATH": str(site.path), "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run([TIER2, *arguments], cwd=tmp_path, env=environment, check=False, timeout=HANG, **streams)  # type: ignore[call-overload]
    for writer in streams.values():
        os.close(writer)
    assert done.returncode == code


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no file that is always full")
@pytest.mark.parametrize("arguments", [("missions",), ("--help",), ("plan", "--help"), ("--version",), FAILING])
def test_answers_that_cannot_be_written_are_told_and_complaints_are_not_missed(arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full, open(os.devnull, "w") as nowhere:
        told = subprocess.run(
            [TIER2, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=HANG
        )
        both = subprocess.run([TIER2, *arguments], stdout=full, stderr=full, check=False, timeout=HANG)
        fine = subprocess.run([TIER2, *arguments], stdout=nowhere, stderr=full, check=False, timeout=HANG)
    assert (told.returncode, both.returncode, fine.returncode) == (2, 2, 1 if arguments is FAILING else 0)
    assert told.stderr.count("No space left on device\n") == 1


# --- interrupts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("deafening", ["", "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "])
def test_a_person_s_interrupt_is_told_from_a_plugin_s(site: Site, tmp_path: Path, place: str, deafening: str) -> None:
    waiting = "print('here', flush=True); threading.Event().wait()"
    site.install("deaf", plugin("import", f"{deafening}pass").replace("mine", "deaf"))
    site.install("mine", plugin(place, waiting))
    running = subprocess.Popen(
        [TIER2, "run", "mine"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    assert running.stderr.readline() == "here\n"
    running.send_signal(signal.SIGINT)
    out, told = running.communicate(timeout=HANG)
    assert (running.returncode, out, told) == (130, "", "tier2: interrupted; nothing was written.\n")
