"""tier2 test: suites from files, held against their expectations."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tier2_core import (
    Registry,
    TestRunResult,
)
from tier2_core.errors import MOST_TOLD, first_told
from tier2_core.values.words import counted
from tier2_io.cli.inputs import registry
from tier2_io.cli.main import DONE, FAILED
from tier2_io.cli.outcome import check_key
from tier2_io.documents.files import FileProblem
from tier2_io.documents.outputs import check_outputs
from tier2_io.documents.writing import rendered, write_document
from tier2_io.parallel import ScenarioFailed, run_test_runs
from tier2_io.screen import complain, progress, safe, say, say_json
from tier2_io.suites.running import Suite, SuiteMistakes, doubts, failure_lines, read_suite, told_of


def execute(options: Any) -> int:
    """Run every file's suite; exit code 1 if an expectation fails, 2 (and nothing run) if a file is wrong."""
    check_key(options)
    read = [("the suite", path) for path in options.files]
    check_outputs([("--record", options.record)], [*read, ("--sign", options.sign)])
    with _no_collector():
        parsed = _parsed(options.files)
    known = registry(options)
    outcomes = list(zip(parsed, _run(parsed, known, options), strict=True))
    for suite in parsed:
        for doubt in doubts(suite):
            complain(f"warning: {suite.path}: {doubt}")
    if options.record is not None:
        from tier2_io.records.suite_records import record_of, statement_of

        runs = [(suite.definition, suite.expectations, outcome) for suite, outcome in outcomes]
        document = record_of(runs, known)
        if options.sign is not None:
            from tier2_io.records.dsse import envelope_of
            from tier2_io.records.signing import STATEMENT_TYPE

            statement = statement_of(rendered(document))
            document = envelope_of(rendered(statement), STATEMENT_TYPE, options.key)
        write_document(options.record, document)
    if options.json:
        say_json([{"file": suite.path, **outcome.to_dict()} for suite, outcome in outcomes])
    else:
        for suite, outcome in outcomes:
            _tell(suite, outcome)
        if options.record is not None:
            say(f"Written: {safe(options.record)}")
    return DONE if all(outcome.passed for _, outcome in outcomes) else FAILED


@contextmanager
def _no_collector() -> Iterator[None]:
    """Make what will be there to the end: to look for garbage in it, time and again, takes a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _parsed(paths: list[str]) -> list[Suite]:
    """All files, read before anything runs; the mistakes of all of them are reported at once."""
    parsed: list[Suite] = []
    mistakes: list[str] = []
    total = 0
    for path in paths:
        try:
            parsed.append(read_suite(path, complain))
        except SuiteMistakes as error:
            mistakes += error.lines[:MOST_TOLD]
            total += error.total
        except FileProblem as error:
            mistakes.append(str(error))
            total += 1
    if mistakes:
        raise FileProblem("\n".join([f"{counted(total, 'mistake')}; nothing was run:", *first_told(mistakes, total)]))
    return parsed


def _run(parsed: list[Suite], known: Registry, options: Any) -> list[TestRunResult]:
    """The test runs of all files; of what is not printed nothing is kept."""
    names = ", ".join(safe(suite.definition.suite_name) for suite in parsed[:3]) + ", …" * (len(parsed) > 3)
    try:
        return run_test_runs(
            [(suite.definition, suite.expectations) for suite in parsed],
            executor=options.jobs,
            registry=known,
            whole=options.json,
            progress=lambda total: progress(total, names),
        )
    except ScenarioFailed as failed:
        told = told_of(failed.error, parsed[failed.run], failed.scenario, known)
        raise told from (failed.error if told is not failed.error else failed.error.__cause__)


def _tell(suite: Suite, outcome: TestRunResult) -> None:
    metadata = outcome.metadata
    verdict = "passed" if outcome.passed else "FAILED"
    scenarios = len(outcome.suite_result.scenario_results)
    count = f"{metadata['expectations_passed']} of {metadata['expectations_total']} expectations hold"
    count += f", {scenarios} scenario{'s' * (scenarios != 1)}"
    say(f"{verdict}  {safe(suite.path)}: {safe(metadata['suite_name'])}, {count}")
    results = outcome.expectations_result.expectation_results
    for wanted in suite.expectations.expectations:
        if not results[wanted.id].passed:
            for line in failure_lines(wanted, results[wanted.id]):
                say(f"  {line}")
    say(f"  test run  {metadata['test_run_hash']}")
