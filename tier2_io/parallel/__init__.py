"""Suites in parallel: the same bytes and hashes as in one process, whatever the executor, the order and the number.

Scenarios are independent of each other, and so are the expectations about each. Both are worked off in chunks, and of a
chunk comes back what the hashes and the expectations need: the results of missions are not kept. They are pure, so that
one that is asked for is computed again, and has to have the hash that it had.

``executor`` is any :class:`concurrent.futures.Executor`, or a number of worker processes that are started for the run
and gone after it (``1``: none, the work is done here).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from typing import Any

from tier2_core import (
    ExpectationResult,
    InvalidSpecError,
    ScenarioResult,
    ScenarioSuiteDefinition,
    ScenarioSuiteResult,
    SuiteExpectationsDefinition,
    TestRunResult,
    aggregate_test_run,
    default_registry,
    scenarios_of,
)
from tier2_core.missions.planning import HasMissions
from tier2_core.scenarios.expectations import aggregate_expectations, evaluations
from tier2_core.scenarios.suite import suite_metadata
from tier2_core.values.fields import expect
from tier2_io.parallel.board import Board, Task
from tier2_io.parallel.chunks import Chunk, Done, Known, came_out, evaluated
from tier2_io.parallel.recomputed import Recomputed

Progress = Callable[[int], AbstractContextManager[Callable[[int], object]]]
"""Is given how many scenarios there are; what it gives is called with the number of those that are done."""

MOST = 250
"""So many scenarios are in a chunk at most."""

LEAST_CHUNKS = 64
"""So many chunks there are, if there are so many scenarios: the last ones should not leave a worker idle for long."""


class ScenarioFailed(Exception):
    """A scenario raised an error: ``run`` is the place of its suite, ``scenario`` its name."""

    def __init__(self, run: int, scenario: str, error: BaseException) -> None:
        super().__init__(f"scenario '{scenario}': {error}")
        self.run = run
        self.scenario = scenario
        self.error = error


def run_suite(
    defn: ScenarioSuiteDefinition,
    *,
    executor: Executor | int,
    registry: HasMissions | None = None,
    chunk: int | None = None,
) -> ScenarioSuiteResult:
    """Run every scenario of a suite; gives and raises what :func:`tier2_core.run_suite` does.

    >>> from tier2_io import parallel
    >>> parallel.run_suite(ScenarioSuiteDefinition("empty"), executor=2).to_dict()["scenario_results"]
    {}
    """
    expect(defn, ScenarioSuiteDefinition, "suite")
    run = run_test_run(defn, SuiteExpectationsDefinition(), executor=executor, registry=registry, chunk=chunk)
    return run.suite_result


def run_test_run(
    suite_def: ScenarioSuiteDefinition,
    expectations_def: SuiteExpectationsDefinition,
    *,
    executor: Executor | int,
    registry: HasMissions | None = None,
    chunk: int | None = None,
) -> TestRunResult:
    """Run a suite and hold it against its expectations; gives and raises what :func:`tier2_core.run_test_run` does.

    ``chunk`` is how many scenarios are handed out at once. A registry goes to other processes as the names of its
    plugins: they have to be installed, or modules.

    >>> suite = ScenarioSuiteDefinition("s", [ScenarioDefinition("one", {}, [MissionCall("echo")])])
    >>> wanted = SuiteExpectationsDefinition([MissionExpectation("ok", "one", "echo", "status", "eq", "succeeded")])
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from tier2_io import parallel
    >>> with ThreadPoolExecutor(2) as executor:
    ...     result = parallel.run_test_run(suite, wanted, executor=executor)
    >>> result.to_dict() == run_test_run(suite, wanted).to_dict()
    True
    """
    try:
        (made,) = run_test_runs([(suite_def, expectations_def)], executor=executor, registry=registry, chunk=chunk)
    except ScenarioFailed as failed:
        raise failed.error from failed.error.__cause__
    return made


def run_test_runs(
    runs: Sequence[tuple[ScenarioSuiteDefinition, SuiteExpectationsDefinition]],
    *,
    executor: Executor | int,
    registry: HasMissions | None = None,
    chunk: int | None = None,
    whole: bool = False,
    progress: Progress = lambda total: nullcontext(lambda count: None),
) -> list[TestRunResult]:
    """Several test runs at once, as :func:`run_test_run`; an error is in a :class:`ScenarioFailed` that says where.

    With ``whole``, all results come back too: from other processes as what their ``to_dict()`` gives.
    """
    known = Known(default_registry() if registry is None else registry)
    made = [_Run(suite, expectations, known, whole) for suite, expectations in runs]
    total = sum(len(run.scenarios) for run in made)
    size = min(MOST, max(1, -(-total // LEAST_CHUNKS))) if chunk is None else _count("chunk", chunk)
    tasks = [
        Task(place, start, min(start + size, len(run.scenarios)))
        for place, run in enumerate(made)
        for start in range(0, len(run.scenarios), size)
    ]
    with ExitStack() as stack:
        board = Board(tasks)

        def chunk_of(task: Task) -> Chunk:
            return made[task.run].chunk(task)

        if isinstance(executor, Executor):
            source = _handed_over(board, chunk_of, executor)
        elif (count := min(_count("executor", executor), len(tasks))) > 1:
            from tier2_io.parallel.workers import Workers  # who needs no processes does not load what they need

            source = stack.enter_context(Workers(count, chunk_of)).done(board)
        else:
            source = _here(board, chunk_of)
        # Closed at once: an error that is held on to holds on to what it came through.
        stack.enter_context(closing(source))
        step = stack.enter_context(progress(total))  # not before there are workers: it may start a thread
        _work_off(board, source, made, step)
    return [run.result() for run in made]


def _count(name: str, value: Any) -> int:
    if type(value) is not int or value < 1:
        also = "an Executor or " if name == "executor" else ""
        raise InvalidSpecError(f"Found {value!r} as {name}; expected {also}a number from 1 on.", field=name)
    return value


def _here(board: Board, chunk_of: Callable[[Task], Chunk]) -> Generator[tuple[Task, Done], None, None]:
    while (task := board.take()) is not None:
        yield task, evaluated(chunk_of(task))


def _handed_over(
    board: Board, chunk_of: Callable[[Task], Chunk], executor: Executor
) -> Generator[tuple[Task, Done], None, None]:
    """What an executor gives back; if its processes break, what has not come back is left to our own."""
    from concurrent.futures.process import BrokenProcessPool

    from tier2_io.parallel.workers import Workers, cores

    futures: dict[Future[Done], Task] = {}
    try:
        while (task := board.take()) is not None:
            try:
                futures[executor.submit(evaluated, chunk_of(task))] = task
            except BrokenProcessPool:
                board.give_back(task, [task])
                break
        for future in as_completed(list(futures)):
            task = futures.pop(future)
            try:
                done = future.result()
            except BrokenProcessPool:
                board.give_back(task, [task])
            else:
                yield task, done
    finally:
        for future in futures:
            future.cancel()
    if not board.over:
        with Workers(min(cores(), board.waiting), chunk_of) as workers:
            yield from workers.done(board)


def _work_off(
    board: Board, source: Iterable[tuple[Task, Done]], runs: Sequence[_Run], step: Callable[[int], object]
) -> None:
    """Take in what comes, in whatever order; the error that is raised is the one that comes first in one process."""
    failures: dict[tuple[int, bool, int], BaseException] = {}
    for task, done in source:
        board.settle(task)
        run = runs[task.run]
        if done.failure is None:
            run.settle(task, done)
        elif done.failure.evaluating:
            # It would have come after all scenarios of its suite.
            failures[task.run, True, run.places(task)[done.failure.place]] = done.failure.error
            board.stop_at(task.run + 1, 0)
        else:
            failures[task.run, False, task.start + done.failure.place] = done.failure.error
            board.stop_at(task.run, task.start + done.failure.place)
        step(task.stop - task.start)
        if board.over:
            break
    if failures:
        (place, evaluating, index), error = min(failures.items(), key=lambda item: item[0])
        if evaluating:
            raise error from error.__cause__
        raise ScenarioFailed(place, runs[place].scenarios[index].scenario_name, error) from error


class _Run:
    """A test run: what is to be done, and what has come back so far."""

    def __init__(
        self, suite: ScenarioSuiteDefinition, expectations: SuiteExpectationsDefinition, known: Known, whole: bool
    ) -> None:
        expect(suite, ScenarioSuiteDefinition, "suite")
        expect(expectations, SuiteExpectationsDefinition, "definition")
        self.scenarios = tuple(scenarios_of(suite).values())
        self._suite = suite
        self._expectations = expectations
        self._known = known
        self._whole = whole
        self._hashes: dict[str, str] = {}
        self._results: dict[str, ScenarioResult] = {}
        self._outcomes: dict[int, ExpectationResult] = {}
        self._about: dict[str, list[int]] = {}
        for place, one in enumerate(expectations.expectations):
            self._about.setdefault(one.scenario_name, []).append(place)

    def places(self, task: Task) -> list[int]:
        """Where the expectations about the scenarios of a task stand."""
        names = [scenario.scenario_name for scenario in self.scenarios[task.start : task.stop]]
        return sorted(place for name in names for place in self._about.get(name, ()))

    def chunk(self, task: Task) -> Chunk:
        """What is to be done for a task."""
        expectations = [self._expectations.expectations[place] for place in self.places(task)]
        return Chunk(self.scenarios[task.start : task.stop], expectations, self._known, self._whole)

    def settle(self, task: Task, done: Done) -> None:
        """Take in what has come back."""
        scenarios = self.scenarios[task.start : task.stop]
        for scenario, scenario_hash in zip(scenarios, done.scenario_hashes, strict=True):
            self._hashes[scenario.scenario_name] = scenario_hash
        for place, outcome in zip(self.places(task), done.outcomes, strict=True):
            wanted = self._expectations.expectations[place]
            self._outcomes[place] = came_out(outcome, wanted)
            wanted.hash  # noqa: B018 - now, while others work: the end asks for all
        for result in done.results or ():
            self._results[result.scenario_name] = result

    def result(self) -> TestRunResult:
        """The parts, put together."""
        names = [scenario.scenario_name for scenario in self.scenarios]
        results: Mapping[str, ScenarioResult] = (
            {name: self._results[name] for name in names}
            if self._whole
            else Recomputed({one.scenario_name: one for one in self.scenarios}, self._hashes, self._known.registry)
        )
        metadata = suite_metadata(self._suite.suite_name, [self._hashes[name] for name in names])
        suite_result = ScenarioSuiteResult(self._suite.suite_name, results, metadata)
        wanted = self._expectations.expectations
        elsewhere = [place for place in range(len(wanted)) if place not in self._outcomes]
        missing = evaluations(ScenarioSuiteResult("", {}), [wanted[place] for place in elsewhere])
        outcomes = self._outcomes | dict(zip(elsewhere, missing, strict=True))
        return aggregate_test_run(
            suite_result, aggregate_expectations(self._expectations, [outcomes[place] for place in range(len(wanted))])
        )
