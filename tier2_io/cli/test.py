"""tier2 test: suites from files, held against their expectations."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tier2_core import (
    CallerError,
    ConfigError,
    DecisionError,
    PluginError,
    Registry,
    ScenarioSuiteDefinition,
    SuiteExpectationsDefinition,
    TestRunResult,
    parse_test_document,
    unknown_fields,
)
from tier2_io.cli.inputs import UsageProblem, registry
from tier2_io.cli.main import DONE, FAILED
from tier2_io.cli.outcome import check_key
from tier2_io.files import (
    FileProblem,
    check_writable,
    expect_object,
    hint,
    read_plain,
    rendered,
    write_document,
)
from tier2_io.parallel import ScenarioFailed, run_test_runs
from tier2_io.screen import complain, progress, safe, say, say_json, shown
from tier2_io.signing import STATEMENT_TYPE, envelope_of
from tier2_io.suite_records import record_of, statement_of

Parsed = tuple[str, ScenarioSuiteDefinition, SuiteExpectationsDefinition]
"""A file, and what is in it."""


def execute(options: Any) -> int:
    """Run every file's suite; exit code 1 if an expectation fails, 2 (and nothing run) if a file is wrong."""
    check_key(options)
    if options.record is not None:
        check_writable(options.record)
        taken = [path for path in (*options.files, options.sign) if path is not None]
        if os.path.realpath(options.record) in map(os.path.realpath, taken):
            raise UsageProblem("--record names a file that is read, too; expected another.")
    with _no_collector():
        parsed = _parsed(options.files)
    known = registry(options)
    outcomes = _run(parsed, known, options)
    if options.record is not None:
        runs = [(suite, wanted, outcome) for (_, suite, wanted), outcome in zip(parsed, outcomes, strict=True)]
        document = record_of(runs, known)
        if options.sign is not None:
            statement = statement_of(rendered(document))
            document = envelope_of(rendered(statement), STATEMENT_TYPE, options.key)
        write_document(options.record, document)
    if options.json:
        say_json([{"file": path, **outcome.to_dict()} for (path, _, _), outcome in zip(parsed, outcomes, strict=True)])
    else:
        for (path, _, expectations), outcome in zip(parsed, outcomes, strict=True):
            _tell(path, outcome, expectations)
        if options.record is not None:
            say(f"Written: {safe(options.record)}")
    return DONE if all(outcome.passed for outcome in outcomes) else FAILED


@contextmanager
def _no_collector() -> Iterator[None]:
    """Make what will be there to the end: to look for garbage in it, time and again, takes a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _parsed(paths: list[str]) -> list[Parsed]:
    """All files, read before anything runs; the mistakes of all of them are reported at once."""
    parsed, mistakes = [], []
    for path in paths:
        try:
            document = expect_object(path, read_plain(path))
            for warning in unknown_fields(document):
                complain(f"warning: {path}: {warning}")
            parsed.append((path, *parse_test_document(document)))
        except ConfigError as error:
            mistakes += [f"{path}: {line}{hint(path, line)}" for line in str(error).split("\n")]
        except FileProblem as error:
            mistakes.append(str(error))
    if mistakes:
        count = f"{len(mistakes)} mistakes; nothing was run:\n" if len(mistakes) > 1 else ""
        raise FileProblem(count + "\n".join(mistakes))
    return parsed


def _run(parsed: list[Parsed], known: Registry, options: Any) -> list[TestRunResult]:
    """The test runs of all files; of what is not printed nothing is kept."""
    names = ", ".join(safe(suite.suite_name) for _, suite, _ in parsed[:3]) + ", …" * (len(parsed) > 3)
    try:
        return run_test_runs(
            [(suite, expectations) for _, suite, expectations in parsed],
            executor=options.jobs,
            registry=known,
            whole=options.json,
            progress=lambda total: progress(total, names),
        )
    except ScenarioFailed as failed:
        message = f"{parsed[failed.run][0]}: scenario '{failed.scenario}': {failed.error}"
        if isinstance(failed.error, PluginError):
            raise PluginError(message) from failed.error
        if isinstance(failed.error, CallerError | DecisionError):
            raise FileProblem(message) from failed.error
        raise failed.error from failed.error.__cause__


def _tell(path: str, outcome: TestRunResult, expectations: SuiteExpectationsDefinition) -> None:
    metadata = outcome.metadata
    verdict = "passed" if outcome.passed else "FAILED"
    scenarios = len(outcome.suite_result.scenario_results)
    count = f"{metadata['expectations_passed']} of {metadata['expectations_total']} expectations hold"
    count += f", {scenarios} scenario{'s' * (scenarios != 1)}"
    say(f"{verdict}  {safe(path)}: {safe(metadata['suite_name'])}, {count}")
    for wanted, result in zip(expectations.expectations, outcome.expectations_result.expectation_results, strict=True):
        if result.passed:
            continue
        details = result.details
        say(f"  {safe(wanted.id)}: {safe(details['reason'])}")
        place = wanted.path or "the whole result"
        say(f"    where     {safe(wanted.scenario_name)} / {safe(wanted.mission_name)} / {safe(place)}")
        operand = "" if wanted.op in ("exists", "absent") else f" {shown(result.expected)}"
        say(f"    expected  {wanted.op}{operand}")
        if details["reason"].endswith(("_mismatch", "_present", "_error")):
            say(f"    actual    {shown(result.actual)}")
        for pointer, problem in details.get("problems", []):
            say(f"              {safe(pointer) or 'it'}: {safe(problem)}")
        if "written_by" in details:
            writer = details["written_by"]
            say(f"    written   {f'by {safe(writer)}' if writer else 'by no step: it is as it was at first'}")
    say(f"  test run  {metadata['test_run_hash']}")
