"""The guard in this process: what it sees, what it leaves alone, and whose line it names."""

from __future__ import annotations

import gc
import inspect
import io
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.missions.plugins import Bringing, registry_of
from tests.vectors.impure import impure
from tier2_core import (
    Mission,
    Operation,
    OperationError,
    Registry,
    StepSpec,
    WorkflowDefinition,
    load_registry,
    run_mission,
)
from tier2_io.trust.guard import FACTORY, Touch, Watch, guarded, is_standard

STEP = StepSpec("it", "runtime", {"operation": "mine.do"})


def doing(action: Callable[[], Any]) -> Registry:
    """The registry of the mission ``mine``, whose one step does ``action``."""

    def apply(state: Any, call: Any) -> Any:
        action()
        return state

    return registry_of(Mission("mine", lambda _: WorkflowDefinition("wf", [STEP])), Operation("mine.do", apply))


def touches(registry: Registry, mission: str = "mine", state: Any = None) -> list[Touch]:
    watch = Watch(mission)
    run_mission(mission, None, state, registry=guarded(registry, watch))
    return watch.touches


def test_a_touch_names_the_step_the_call_and_the_line() -> None:
    def action() -> None:
        Path(os.devnull).read_bytes()

    (touch,) = touches(doing(action))
    assert (touch.place.mission, touch.place.step, touch.place.operation) == ("mine", "it", "mine.do")
    assert (touch.kind, touch.call, touch.witness) == ("file", f"open({os.devnull!r}, 'r')", "audit")
    line = inspect.getsourcelines(action)[1] + 1
    assert touch.where == f"{__file__}:{line} in {action.__qualname__}"
    assert str(touch) == (
        f"step 'it' of mission 'mine' (operation 'mine.do') touched a file or a directory: {touch.call}, "
        f"at {touch.where}"
    )


@pytest.mark.parametrize(
    ("action", "kind", "call"),
    [
        (lambda: os.listdir("."), "file", "os.listdir('.')"),
        (lambda: os.stat("."), "file", "os.stat()"),
        (lambda: socket.getaddrinfo("127.0.0.1", 1), "socket", "socket.getaddrinfo('127.0.0.1', 1)"),
        (lambda: os.system("exit 0"), "process", "os.system("),
        (lambda: time.time(), "clock", "time.time()"),
        (lambda: random.choice([1, 2]), "random", "random.getrandbits()"),
        (lambda: os.getenv("PATH"), "environment", "os.environ['PATH']"),
        (lambda: list(os.environ), "environment", "os.environ"),
    ],
)
def test_what_is_done_by_way_of_the_standard_library_is_seen_in_the_plugin_s_own_line(
    action: Callable[[], Any], kind: str, call: str
) -> None:
    seen = touches(doing(action))
    assert (kind, call) in [(touch.kind, touch.call[: len(call)]) for touch in seen]
    assert {touch.where.partition(":")[0] for touch in seen} == {__file__}


@pytest.mark.parametrize(
    ("read", "call"),
    [
        (lambda: sys.stdin.readline(), "sys.stdin.readline()"),
        (lambda: sys.stdin.buffer.readlines(), "sys.stdin.buffer.readlines()"),
        (lambda: io.StringIO("a").read(), None),
    ],
)
def test_reading_standard_input_is_seen(
    read: Callable[[], Any], call: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"a\nb\n"))))
    expected = [] if call is None else [("input", call)]
    assert [(touch.kind, touch.call) for touch in touches(doing(read))] == expected


def test_a_factory_and_a_check_are_watched_too() -> None:
    def build(params: Any) -> WorkflowDefinition:
        time.time()
        return WorkflowDefinition("wf", [STEP])

    def check(payload: Any) -> None:
        os.getcwd()

    operation = Operation("mine.do", lambda state, call: state, check)
    seen = touches(registry_of(Mission("mine", build), operation))
    assert [(touch.place.step, touch.place.operation, touch.call) for touch in seen] == [
        (FACTORY, "", "time.time()"),
        ("", "mine.do", "os.getcwd()"),
    ]
    assert str(seen[1].place) == "the check of operation 'mine.do'"


def test_one_line_is_told_of_once() -> None:
    def action() -> None:
        for _ in range(3):
            time.time()
        time.time()

    assert len(touches(doing(action))) == 2


def test_who_is_called_by_the_collector_is_not_the_plugin() -> None:
    def timed(phase: str, information: dict[str, int]) -> None:
        time.perf_counter()

    gc.callbacks.append(timed)
    try:
        assert touches(doing(gc.collect)) == []
    finally:
        gc.callbacks.remove(timed)


def test_how_an_event_came_about_is_not_told_beside_it() -> None:
    (touch,) = touches(doing(lambda: subprocess.run([sys.executable, "-S", "-c", ""], check=True)))
    assert (touch.kind, touch.witness) == ("process", "audit")


def test_secrets_are_not_shown() -> None:
    def action() -> None:
        os.putenv("THROWAWAY_NAME", "hunter2")
        os.unsetenv("THROWAWAY_NAME")
        subprocess.run([sys.executable, "-S", "-c", ""], check=True, env={**os.environ, "PASSWORD": "hunter2"})

    seen = touches(doing(action))
    assert [touch.kind for touch in seen] == ["environment", "environment", "process"]
    assert "THROWAWAY_NAME" in seen[0].call
    assert "hunter2" not in str(seen)


def test_the_repr_of_an_argument_is_nobody_s_chance_to_run() -> None:
    class Loud(os.PathLike[str]):
        def __fspath__(self) -> str:
            return os.devnull

        def __repr__(self) -> str:
            raise AssertionError

    def action() -> None:
        sys.audit("os.listdir", Loud())

    assert [touch.call for touch in touches(doing(action))] == ["os.listdir()"]


def test_nobody_is_watched_before_and_after() -> None:
    watch = Watch("mine")
    registry = guarded(doing(lambda: None), watch)
    before = sys.getprofile()
    Path(os.devnull).read_bytes()
    run_mission("mine", registry=registry)
    Path(os.devnull).read_bytes()
    time.time()
    assert watch.touches == []
    assert sys.getprofile() is before


def test_a_step_that_breaks_leaves_nothing_behind() -> None:
    def action() -> None:
        time.time()
        raise KeyError("n")

    watch = Watch("mine")
    before = sys.getprofile()
    with pytest.raises(OperationError):
        run_mission("mine", registry=guarded(doing(action), watch))
    assert [touch.call for touch in watch.touches] == ["time.time()"]
    assert sys.getprofile() is before


def test_a_guarded_registry_is_the_same_registry_and_gives_the_same_results() -> None:
    plain = load_registry()
    watched = guarded(plain, Watch("daily_loop"))
    state = {"date": "2026-03-02", "tasks": [{"id": "a", "title": "A", "due": "2026-03-01"}]}
    assert watched.fingerprint == plain.fingerprint
    assert run_mission("daily_loop", None, state, registry=watched) == run_mission(
        "daily_loop", None, state, registry=plain
    )


def test_in_a_run_inside_a_run_the_inner_step_is_named() -> None:
    inner = {
        "suite_name": "s",
        "scenarios": [{"scenario_name": "a", "initial_state": {}, "missions": [{"name": "mine"}]}],
        "expectations": [],
    }

    def apply(state: Any, call: Any) -> Any:
        time.time()
        return state

    mine = Mission("mine", lambda _: WorkflowDefinition("wf", [STEP]))
    registry = load_registry([Bringing(mine, Operation("mine.do", apply))])
    (touch,) = touches(registry, "run_tests", {"suites": {"s": inner}})
    assert (touch.place.step, touch.place.operation) == ("it", "mine.do")


@pytest.mark.parametrize("name", [mission.name for mission in impure.MISSIONS if mission.name.startswith("innocent")])
def test_what_only_looks_like_a_touch_is_none(name: str) -> None:
    registry = load_registry([impure], entry_points=False)
    with pytest.warns() if name == "innocent_warning" else nullcontext():
        assert touches(registry, name) == []


def test_what_is_installed_is_not_the_standard_library() -> None:
    assert is_standard(inspect.getsourcefile(subprocess) or "")
    assert not is_standard(inspect.getsourcefile(pytest) or "")
    assert not is_standard(__file__)
