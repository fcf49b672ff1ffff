"""Suites in parallel: the same as in one process, whoever runs them, in whatever order, and whatever dies meanwhile."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.processes import HANG
from tests.scenarios.ledger import Ledger
from tests.site import Site
from tests.strategies import nested, objects
from tests.tier2_io.conftest import TIER2, Tier2, hears_interrupts
from tier2_core import (
    InvalidParamsError,
    InvalidSpecError,
    MissionCall,
    OperationError,
    PluginError,
    Registry,
    ScenarioDefinition,
    ScenarioSuiteDefinition,
    SuiteExpectationsDefinition,
    Tier2Error,
    UnknownMissionError,
    evaluate_expectations,
    load_registry,
    parse_test_document,
    run_suite,
    run_test_run,
)
from tier2_core.workflow.trace import Run
from tier2_io import parallel
from tier2_io.parallel.chunks import Chunk, Known, Reloaded

SPAWN = multiprocessing.get_context("spawn")

BOOM = """
    import os, signal
    from tier2_core import Mission, InvalidParamsError, Operation, StepFailed, StepSpec, WorkflowDefinition, hookimpl

    class Odd(InvalidParamsError):
        def __init__(self, one, two):
            super().__init__(f"odd: {one}, {two}")

    class Terrible(Exception):
        def __init__(self, one, two):
            super().__init__("terrible")

    def plan(params):
        if params.get("how") == "odd":
            raise Odd(1, 2)
        return WorkflowDefinition("wf-boom", [StepSpec("now", "runtime", {"operation": "boom.now", **params})])

    def now(state, call):
        how, path = call.payload.get("how"), call.payload.get("path")
        if how == "die once" and not os.path.exists(path):
            open(path, "w").close()
            os._exit(3)
        if how == "die":
            os._exit(7)
        if how == "be killed":
            os.kill(os.getpid(), 9)
        if how == "divide":
            1 / 0
        if how == "be terrible":
            raise Terrible(1, 2)
        if how == "interrupt":
            raise KeyboardInterrupt
        if how == "hang":
            with open(path + ".begun", "w") as begun:
                begun.write("begun;")
            open(path).read()
        if how == "listen":
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
            hears = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
            return state.set("hears", hears).set("blocked", signal.SIGINT in blocked)
        return state.set("pid", os.getpid()) if how == "be impure" else state

    @hookimpl
    def tier2_missions():
        return [Mission("boom", plan)]

    @hookimpl
    def tier2_operations():
        return [Operation("boom.now", now)]
"""


def suite(*missions: MissionCall | None, name: str = "s") -> ScenarioSuiteDefinition:
    """One scenario for each mission; ``None`` is an echo."""
    return ScenarioSuiteDefinition(
        name,
        [
            ScenarioDefinition(f"at {place}", {"n": place}, [mission or MissionCall("echo")])
            for place, mission in enumerate(missions)
        ],
    )


def boom(how: str, path: Path | str = "") -> MissionCall:
    return MissionCall("boom", {"how": how, "path": str(path)})


class Reversed(Executor):
    """Runs nothing until it has ``count`` calls, and then the last one first, in the submitter's thread."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.calls: list[Callable[[], None]] = []

    def submit(self, fn: Any, /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def call() -> None:
            try:
                future.set_result(fn(*args, **named))
            except Exception as error:
                future.set_exception(error)

        self.calls.append(call)
        if len(self.calls) == self.count:
            while self.calls:
                self.calls.pop()()
        return future


class Slow(Executor):
    """Runs the first call; the others wait for ever."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, fn: Any, /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if not self.futures:
            future.set_result(fn(*args, **named))
        self.futures.append(future)
        return future


@contextmanager
def another_thread() -> Iterator[None]:
    """In a process with two threads, workers are not forked."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


# --- the same bytes -----------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "c", "d"])
CALLS: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    name=st.sampled_from(["echo", "echo", "echo", "daily_loop", "daily_loop", "run_tests", "no_such"]),
    params=st.sampled_from([None, {}, {"requested_steps": 2}, {"target": "b", "strict": True}]),
    decisions=st.sampled_from([None, [], [{"step_id": "daily-confirm-priorities", "value": ["t"]}]]),
)
TESTS = {"b": {"suite_name": "in", "scenarios": [], "expectations": []}}
TASKS = [{"tasks": [{"id": "t", "title": "T"}]}, {"tasks": [1]}, {"suites": TESTS}]
SCENARIOS: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    scenario_name=NAMES,
    initial_state=st.sampled_from(TASKS) | objects(),
    missions=st.lists(CALLS, max_size=3).map(
        lambda calls: [{**call, "label": str(place)} for place, call in enumerate(calls)]
    ),
    chained=st.booleans(),
)
EXPECTATIONS: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    scenario_name=NAMES,
    mission_name=st.sampled_from("0123"),
    path=st.sampled_from(["", "status", "final_state", "final_state.tasks.0.id", "final_state.daily", "no.such"]),
    op=st.sampled_from(["eq", "ne", "gt", "exists", "absent", "contains", "in", "matches"]),
    expected=st.sampled_from([{}, {"type": "string"}]),
)
DOCUMENTS = st.builds(
    lambda scenarios, expectations: {
        "suite_name": "s",
        "scenarios": scenarios,
        "expectations": [{"id": str(place), **one} for place, one in enumerate(expectations)],
    },
    st.lists(SCENARIOS, max_size=7),
    st.lists(EXPECTATIONS, max_size=6),
)


def outcome(run: Callable[[], Any]) -> Any:
    """The bytes that come out, or the error."""
    try:
        result = run()
    except (Tier2Error, parallel.ScenarioFailed) as caught:
        error = caught.error if isinstance(caught, parallel.ScenarioFailed) else caught
        return type(error), str(error), vars(error), type(error.__cause__)
    return json.dumps(result.to_dict()), result.metadata, result.suite_result.metadata


def check_same(document: Any, chunk: int, executor: Any) -> None:
    definitions = parse_test_document(document)
    if executor is Reversed:
        scenarios = len({scenario.scenario_name for scenario in definitions[0].scenarios})
        executor = Reversed(-(-scenarios // chunk))
    expected = outcome(lambda: run_test_run(*definitions))
    assert outcome(lambda: parallel.run_test_run(*definitions, executor=executor, chunk=chunk)) == expected
    (whole,) = [outcome(lambda: parallel.run_test_runs([definitions], executor=executor, chunk=chunk, whole=True)[0])]
    assert whole == expected


@given(DOCUMENTS, st.integers(1, 3), st.integers(1, 4))
def test_threads_give_the_same(document: Any, chunk: int, workers: int) -> None:
    with ThreadPoolExecutor(workers) as executor:
        check_same(document, chunk, executor)


@given(DOCUMENTS, st.integers(1, 3), st.sampled_from([1, Reversed]))
def test_one_thread_gives_the_same_in_whatever_order(document: Any, chunk: int, executor: Any) -> None:
    check_same(document, chunk, executor)


@settings(max_examples=25)
@given(DOCUMENTS, st.integers(1, 3), st.integers(2, 3))
def test_worker_processes_give_the_same(document: Any, chunk: int, workers: int) -> None:
    check_same(document, chunk, workers)


def test_processes_that_know_only_what_they_are_sent_give_the_same() -> None:
    with ProcessPoolExecutor(2, SPAWN) as executor:

        @given(DOCUMENTS, st.integers(1, 3))
        def same(document: Any, chunk: int) -> None:
            check_same(document, chunk, executor)

        same()


def test_several_test_runs_share_the_workers_and_come_back_in_their_order() -> None:
    names = ["one", "two", "three"]
    runs = [(suite(*[None] * place, name=name), SuiteExpectationsDefinition()) for place, name in enumerate(names)]
    made = parallel.run_test_runs(runs, executor=2)
    assert [one.to_dict() for one in made] == [run_test_run(*run).to_dict() for run in runs]


def test_how_many_are_done_is_told_as_they_come() -> None:
    totals: list[int] = []
    counts: list[int] = []

    @contextmanager
    def progress(total: int) -> Iterator[Callable[[int], None]]:
        totals.append(total)
        yield counts.append

    run = (suite(*[None] * 7), SuiteExpectationsDefinition())
    for executor in (1, 2):
        parallel.run_test_runs([run, run], executor=executor, chunk=3, progress=progress)
    assert totals == [14, 14]
    assert sorted(counts) == sorted([3, 3, 1] * 4)


# --- errors -------------------------------------------------------------------------------------

FAR = [None, MissionCall("first"), None, MissionCall("second"), None]


@pytest.mark.parametrize("executor", [1, 2, Reversed(5)], ids=["here", "processes", "last one first"])
def test_the_error_is_that_of_the_first_scenario_whoever_was_first(executor: Any) -> None:
    with pytest.raises(UnknownMissionError, match=r"^Unknown mission 'first'; registered are"):
        parallel.run_suite(suite(*FAR), executor=executor, chunk=1)
    runs = [(suite(None), SuiteExpectationsDefinition()), (suite(*FAR[2:]), SuiteExpectationsDefinition())]
    if executor in (1, 2):
        with pytest.raises(parallel.ScenarioFailed) as caught:
            parallel.run_test_runs(runs, executor=executor, chunk=1)
        assert (caught.value.run, caught.value.scenario) == (1, "at 1")


def test_once_the_error_is_known_nothing_is_waited_for_and_the_rest_is_cancelled() -> None:
    executor = Slow()
    with pytest.raises(UnknownMissionError, match="'first'"):
        parallel.run_suite(suite(MissionCall("first"), None, None), executor=executor, chunk=1)
    assert [future.cancelled() for future in executor.futures] == [False, True, True]


@pytest.mark.parametrize(
    "executor",
    [lambda count, chunk: 1, lambda count, chunk: 2, lambda count, chunk: Reversed(-(-count // chunk))],
    ids=["here", "processes", "last one first"],
)
def test_what_breaks_an_expectation_comes_after_all_scenarios(executor: Any) -> None:
    deep = [{name: nested(0, 63)} for name in "abc"]
    scenarios = [ScenarioDefinition(str(place), deep[place], [MissionCall("echo")]) for place in range(3)]
    document = {
        "suite_name": "s",
        "scenarios": [scenario.to_dict() for scenario in scenarios],
        "expectations": [
            {"id": str(place), "scenario_name": str(place), "mission_name": "echo", "path": "", "op": "exists"}
            for place in (2, 1)
        ],
    }
    definitions = parse_test_document(document)
    expected = outcome(lambda: run_test_run(*definitions))
    assert "no JSON document: at '/final_state/c/" in expected[1]
    assert outcome(lambda: parallel.run_test_run(*definitions, executor=executor(3, 1), chunk=1)) == expected
    assert outcome(lambda: parallel.run_test_run(*definitions, executor=executor(3, 3), chunk=3)) == expected
    document["scenarios"][2]["missions"] = [{"name": "no_such"}]  # type: ignore[index]
    definitions = parse_test_document(document)
    with pytest.raises(UnknownMissionError):
        parallel.run_test_run(*definitions, executor=executor(3, 1), chunk=1)


@pytest.mark.parametrize(
    ("how", "error", "cause"),
    [("divide", OperationError, ZeroDivisionError), ("be terrible", OperationError, RuntimeError)],
)
def test_an_error_of_a_plugin_is_the_same_with_its_cause(
    site: Site, how: str, error: type[Exception], cause: type[Exception]
) -> None:
    site.install("boom", BOOM)
    registry = load_registry()
    definition = suite(None, boom(how), None)
    with pytest.raises(error) as here:
        run_suite(definition, registry=registry)
    with pytest.raises(error) as there:
        parallel.run_suite(definition, registry=registry, executor=2)
    assert str(there.value) == str(here.value)
    assert vars(there.value) == vars(here.value)
    assert type(there.value.__cause__) is cause
    assert "in now\n" in there.value.__cause__.__notes__[0], "where it was raised is told"


def test_an_error_of_a_class_that_cannot_be_sent_arrives_as_one_of_tier2(site: Site) -> None:
    site.install("boom", BOOM)
    with pytest.raises(InvalidParamsError) as caught:
        parallel.run_suite(suite(None, boom("odd")), registry=load_registry(), executor=2)
    assert type(caught.value) is InvalidParamsError
    assert str(caught.value) == "odd: 1, 2"


def test_an_interrupt_that_a_plugin_raises_is_one(site: Site) -> None:
    site.install("boom", BOOM)
    with pytest.raises(KeyboardInterrupt):
        parallel.run_suite(suite(None, boom("interrupt")), registry=load_registry(), executor=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"executor": 0}, "Found 0 as executor; expected an Executor or a number from 1 on."),
        ({"executor": True}, "Found True as executor"),
        ({"executor": "2"}, "Found '2' as executor"),
        ({"executor": 2, "chunk": 0}, "Found 0 as chunk; expected a number from 1 on."),
    ],
)
def test_a_wrong_argument_is_told_of(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSpecError, match=re.escape(message)):
        parallel.run_suite(suite(None, None), **arguments)
    with pytest.raises(InvalidSpecError, match="The suite must be of ScenarioSuiteDefinition"):
        parallel.run_suite({}, executor=1)  # type: ignore[arg-type]


# --- workers that die ---------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 5])
def test_of_a_worker_that_dies_nothing_is_lost(site: Site, tmp_path: Path, chunk: int) -> None:
    site.install("boom", BOOM)
    registry = load_registry()
    definition = suite(*[None] * 7, boom("die once", tmp_path / "died"), *[None] * 7)
    made = parallel.run_suite(definition, registry=registry, executor=2, chunk=chunk)
    assert (tmp_path / "died").exists()
    assert made.to_dict() == run_suite(definition, registry=registry).to_dict()


def test_where_there_are_threads_workers_are_spawned_and_nothing_is_lost_either(site: Site, tmp_path: Path) -> None:
    site.install("boom", BOOM)
    registry = load_registry()
    definition = suite(*[None] * 3, boom("die once", tmp_path / "died"))
    with another_thread():
        made = parallel.run_suite(definition, registry=registry, executor=2, chunk=2)
    assert (tmp_path / "died").exists()
    assert made.to_dict() == run_suite(definition, registry=registry).to_dict()


def test_what_a_broken_pool_has_not_given_back_is_run_by_other_processes(site: Site, tmp_path: Path) -> None:
    site.install("boom", BOOM)
    registry = load_registry()
    definition = suite(None, boom("die once", tmp_path / "died"), None, None)
    with ProcessPoolExecutor(1, SPAWN) as executor:
        made = parallel.run_suite(definition, registry=registry, executor=executor, chunk=1)
        again = parallel.run_suite(definition, registry=registry, executor=executor, chunk=1)
    assert (tmp_path / "died").exists()
    assert made.to_dict() == again.to_dict() == run_suite(definition, registry=registry).to_dict()


@pytest.mark.parametrize(("how", "told"), [("die", "exit code 7"), ("be killed", "signal 9, as the system does")])
def test_a_mission_that_ends_its_process_again_is_named(site: Site, how: str, told: str) -> None:
    site.install("boom", BOOM)
    registry = load_registry()
    definition = suite(*[None] * 3, boom(how), None, MissionCall("no_such"))
    with pytest.raises(PluginError) as caught:
        parallel.run_suite(definition, registry=registry, executor=2, chunk=2)
    assert caught.value.plugin == "boom"
    assert str(caught.value).startswith(
        f"Mission 'boom' of plugin 'boom' ended the process that ran scenario 'at 3', twice: {told}"
    )


def test_of_several_that_end_their_process_the_first_is_named(site: Site) -> None:
    site.install("boom", BOOM)
    definition = suite(None, *[boom("die")] * 4)
    with pytest.raises(PluginError, match="that ran scenario 'at 1', twice"):
        parallel.run_suite(definition, registry=load_registry(), executor=3, chunk=1)


def test_workers_that_are_killed_before_they_have_anything_are_replaced() -> None:
    @contextmanager
    def progress(total: int) -> Iterator[Callable[[int], None]]:
        for worker in multiprocessing.active_children():
            worker.kill()
            worker.join()
        yield lambda count: None

    run = (suite(*[None] * 5), SuiteExpectationsDefinition())
    (made,) = parallel.run_test_runs([run], executor=3, progress=progress)
    assert made.to_dict() == run_test_run(*run).to_dict()


def test_a_plugin_that_ends_its_process_while_it_is_loaded_is_told_of(site: Site) -> None:
    site.install("boom", BOOM + "\n    if __import__('multiprocessing').parent_process(): os._exit(4)\n")
    with another_thread(), pytest.raises(PluginError) as caught:
        parallel.run_suite(suite(None, None), registry=load_registry(), executor=2)
    told = "The process that was to run scenario 'at 0' ended while it loaded plugins: exit code 4."
    assert str(caught.value) == told


def test_a_script_that_spawned_workers_cannot_import_is_told_that_they_do_not_begin(tmp_path: Path) -> None:
    script = """
        import threading
        from tier2_core import MissionCall, ScenarioDefinition, ScenarioSuiteDefinition
        from tier2_io import parallel

        threading.Thread(target=threading.Event().wait, daemon=True).start()
        scenarios = [ScenarioDefinition(name, {}, [MissionCall("echo")]) for name in "abc"]
        try:
            parallel.run_suite(ScenarioSuiteDefinition("s", scenarios), executor=2)
        except ChildProcessError as error:
            print(error)
    """
    path = tmp_path / "script.py"
    path.write_text(dedent(script))
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True, timeout=HANG)
    assert done.stdout == "Worker processes end before they begin: exit code 1.\n"
    assert "if __name__ == '__main__':" in done.stderr, "Python says why"


# --- what is not kept ---------------------------------------------------------------------------


def alive() -> int:
    gc.collect()
    return sum(type(one) is Run for one in gc.get_objects())


@pytest.mark.parametrize("executor", [1, 2])
def test_results_that_nobody_asks_for_are_not_kept(executor: int) -> None:
    before = alive()
    most = []

    @contextmanager
    def progress(total: int) -> Iterator[Callable[[int], None]]:
        yield lambda count: most.append(alive())

    run = (suite(*[None] * 60), SuiteExpectationsDefinition())
    (made,) = parallel.run_test_runs([run], executor=executor, chunk=6, progress=progress)
    assert len(most) == 10
    assert max(most) <= before + 6
    assert len(made.suite_result.scenario_results) == 60
    kept = run_test_run(*run)
    assert alive() >= 60
    assert kept.metadata == made.metadata


def test_a_result_that_is_asked_for_is_computed_again_and_is_a_real_one() -> None:
    definition = suite(MissionCall("echo", {"x": 1}, "first"), None)
    made = parallel.run_suite(definition, executor=2)
    expected = run_suite(definition)
    assert list(made.scenario_results) == ["at 0", "at 1"]
    missions = made.scenario_results["at 0"].mission_results
    assert (list(missions), len(missions)) == (["first"], 1)
    assert missions["first"] == expected.scenario_results["at 0"].mission_results["first"]
    assert missions["first"] is made.scenario_results["at 0"].mission_results["first"], "the last ones are at hand"
    with pytest.raises(KeyError):
        missions["other"]
    with pytest.raises(KeyError):
        made.scenario_results["at 2"]
    with pytest.raises(TypeError):
        made.scenario_results["at 0"] = made.scenario_results["at 1"]  # type: ignore[index]
    wanted = parse_test_document(
        {
            "suite_name": "s",
            "scenarios": [],
            "expectations": [
                {"id": "e", "scenario_name": "at 1", "mission_name": "echo", "path": "final_state.n", "op": "absent"}
            ],
        }
    )[1]
    assert evaluate_expectations(made, wanted) == evaluate_expectations(expected, wanted)


def test_a_result_that_comes_out_otherwise_the_second_time_is_told_of(site: Site) -> None:
    site.install("boom", BOOM)
    made = parallel.run_suite(suite(None, boom("be impure")), registry=load_registry(), executor=2)
    assert len(made.metadata["suite_hash"]) == 64
    with pytest.raises(PluginError, match="Scenario 'at 1' came out otherwise when it was run again"):
        made.to_dict()


# --- what is sent -------------------------------------------------------------------------------


def sent(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


def test_a_state_that_scenarios_share_is_sent_once() -> None:
    one = ScenarioDefinition("one", {"text": "x" * 10_000}, [MissionCall("echo")])
    shared = [ScenarioDefinition(str(place), one.initial_state, [MissionCall("echo")]) for place in range(50)]
    chunk = Chunk(shared, [], Known(load_registry()))
    assert len(pickle.dumps(chunk)) < 20_000
    received = sent(chunk)
    assert [scenario.to_dict() for scenario in received.scenarios] == [scenario.to_dict() for scenario in shared]
    assert len({id(scenario.initial_state) for scenario in received.scenarios}) == 1


def test_the_registry_of_another_process_has_the_same_plugins(site: Site) -> None:
    site.install("boom", BOOM)
    site.install("other", BOOM.replace("boom", "other"))
    site.install("broken", "import no_such_module")
    site.module("throwaway_handed_over", BOOM.replace("boom", "third"))
    import throwaway_handed_over  # type: ignore[import-not-found]

    registry = load_registry([throwaway_handed_over], block=["other"], strict=False)
    received = sent(Known(registry)).registry
    assert received is not registry
    assert received.fingerprint == registry.fingerprint
    assert list(received.missions) == ["boom", "daily_loop", "echo", "run_tests", "third"]
    assert [failure.plugin for failure in received.failures] == ["broken"]


def test_a_plugin_that_was_handed_over_as_an_object_stays_in_its_process() -> None:
    registry = load_registry([Ledger()])
    definition = suite(MissionCall("add"), None)
    expected = run_suite(definition, registry=registry).to_dict()
    with ThreadPoolExecutor(2) as executor:
        assert parallel.run_suite(definition, registry=registry, executor=executor).to_dict() == expected
    assert parallel.run_suite(definition, registry=registry, executor=2).to_dict() == expected, "it is forked"
    with another_thread(), pytest.raises(InvalidSpecError, match="'Ledger' was handed over as an object"):
        parallel.run_suite(definition, registry=registry, executor=2)
    with ProcessPoolExecutor(1, SPAWN) as pool, pytest.raises(InvalidSpecError, match="use an executor of threads"):
        parallel.run_suite(definition, registry=registry, executor=pool)


def test_a_worker_that_finds_other_plugins_says_so(site: Site) -> None:
    site.install("boom", BOOM.replace('Mission("boom", plan)', 'Mission("boom", plan, version=str(os.getpid()))'))
    registry = load_registry()
    with another_thread(), pytest.raises(PluginError, match="A worker process has found other plugins"):
        parallel.run_suite(suite(None, None), registry=registry, executor=2)
    with pytest.raises(PluginError, match="expected the same"):
        Reloaded(("builtin",), (), registry.fingerprint).registry


def test_a_registry_of_another_kind_is_sent_as_it_is() -> None:
    known = Half(load_registry(entry_points=True))
    assert parallel.run_suite(suite(None, None), registry=known, executor=2).to_dict()
    assert sent(Known(HALF)).registry.get("echo") == "echo"


class Half:
    """A registry of one's own."""

    def __init__(self, registry: Registry | None = None) -> None:
        self.registry = registry
        self.operations = registry.operations if registry else {}

    def get(self, name: str) -> Any:
        return self.registry.get(name) if self.registry else name


HALF = Half()


# --- the command line ---------------------------------------------------------------------------


def document(*missions: MissionCall | None) -> dict[str, Any]:
    return {
        **suite(*missions).to_dict(),
        "expectations": [
            {
                "id": str(place),
                "scenario_name": f"at {place}",
                "mission_name": mission.name if mission else "echo",
                "path": "final_state.n",
                "op": "lt",
                "expected": 5,
            }
            for place, mission in enumerate(missions)
        ],
    }


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_the_command_line_prints_and_records_the_same(tier2: Tier2, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "one.json").write_text(json.dumps(document(*[None] * 7)))
    (tmp_path / "two.json").write_text(json.dumps({**document(None, None), "suite_name": "t"}))
    printed = set()
    for jobs in ("1", "2", "auto"):
        done = tier2("test", "one.json", "two.json", "-j", jobs, "--record", "r.json", *arguments)
        assert (done.returncode, done.stderr) == (1, "")
        printed.add((done.stdout, (tmp_path / "r.json").read_text()))
    assert len(printed) == 1
    if arguments:
        expected = run_test_run(*parse_test_document(document(*[None] * 7))).to_dict()
        assert json.loads(done.stdout)[0] == {"file": "one.json", **expected}


@pytest.mark.parametrize(
    ("mission", "code", "message"),
    [
        (MissionCall("ecko"), 2, "scenario 'at 1': Unknown mission 'ecko'; registered are"),
        (boom("divide"), 5, "scenario 'at 1': Operation 'boom.now' of plugin 'boom' broke"),
        (boom("die"), 5, "scenario 'at 1': Mission 'boom' of plugin 'boom' ended the process"),
    ],
)
def test_the_command_line_tells_of_an_error_as_in_one_process(
    tier2: Tier2, site: Site, mission: MissionCall, code: int, message: str
) -> None:
    site.install("boom", BOOM)
    text = json.dumps(document(None, mission, None, mission))
    (site.path / "s.json").write_text(text)
    second = text.index('{"chained"', text.index('"at 0"'))
    place = second if code == 5 else text.index('"name": "ecko"') + len('"name": ')
    for jobs in ("1", "2"):
        if (jobs, mission) == ("1", boom("die")):
            continue  # nobody would be left to tell of it
        done = tier2("test", "s.json", "--jobs", jobs, env={"PYTHONPATH": str(site.path)})
        assert (done.returncode, done.stdout) == (code, "")
        assert done.stderr.startswith(f"tier2 test: s.json:1:{place + 1}: {message}")
        assert done.stderr.count("\n") == 1


def started(site: Site, *arguments: str) -> subprocess.Popen[str]:
    """A test run of which one scenario hangs until somebody opens a pipe; as a process group, as at a terminal."""
    site.install("boom", BOOM)
    os.mkfifo(site.path / "pipe")
    os.mkfifo(site.path / "pipe.begun")
    test = document(None, boom("hang", site.path / "pipe"), None)
    (site.path / "s.json").write_text(json.dumps(test))
    process = subprocess.Popen(
        [TIER2, "test", "s.json", *arguments],
        cwd=site.path,
        env={**os.environ, "PYTHONPATH": str(site.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hears_interrupts,
    )
    assert (site.path / "pipe.begun").read_text() == "begun;"
    return process


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_all_processes_and_leaves_nothing(site: Site, jobs: str) -> None:
    process = started(site, "-j", jobs, "--record", "r.json")
    os.killpg(process.pid, signal.SIGINT)
    told = process.communicate(timeout=HANG)
    assert (process.returncode, *told) == (130, "", "tier2: interrupted; nothing was written.\n")
    assert not (site.path / "r.json").exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_worker_does_not_hear_an_interrupt(site: Site) -> None:
    site.install("boom", BOOM)
    run = (suite(None, boom("listen")), SuiteExpectationsDefinition())
    (made,) = parallel.run_test_runs([run], registry=load_registry(), executor=2, whole=True)
    state = made.suite_result.scenario_results["at 1"].mission_results["boom"].to_dict()["final_state"]
    assert state == {"n": 1, "hears": False, "blocked": False}


def test_workers_whose_parent_is_gone_end_by_themselves(site: Site) -> None:
    process = started(site, "-j", "2")
    process.kill()
    (site.path / "pipe").write_text("go on")
    assert process.communicate(timeout=HANG) == ("", ""), "whoever is left would hold the other ends"
    assert process.returncode == -signal.SIGKILL
