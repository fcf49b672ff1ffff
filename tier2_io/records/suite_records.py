"""Records of test runs: the suites and expectations as they were run, and the hashes that came out.

A test run is recomputed from its definitions alone. Its hashes are built bottom-up, so that what came out otherwise is
found by walking down: to the first scenario whose hash is another, and the first expectation.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from tier2_core import (
    CallerError,
    ConfigError,
    DecisionError,
    InvalidValueError,
    PluginError,
    Registry,
    ScenarioSuiteDefinition,
    SuiteExpectationsDefinition,
    TestRunResult,
    __version__,
    freeze,
    parse_test_document,
    run_test_run,
    same,
    thaw,
)
from tier2_core.records.installed import contradiction, registry_note
from tier2_core.records.record import registry_parts
from tier2_core.values.canonical import read_json, wrapper_digest
from tier2_io.documents.files import FileProblem
from tier2_io.records.saved import NotVerified, environment

PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
SCHEMA = "tier2.test-record/1"
_TAG = "tier2/test-record/v1"
_HASHED = ("registry", "runs", "schema", "tier2")

Run = tuple[ScenarioSuiteDefinition, SuiteExpectationsDefinition, TestRunResult]


def record_of(runs: Sequence[Run], registry: Registry) -> dict[str, Any]:
    """The document of test runs."""
    made = {
        "registry": thaw(registry_parts(registry)),
        "runs": [
            {"outcome": _outcome(outcome), "test": {**suite.to_dict(), **expectations.to_dict()}}
            for suite, expectations, outcome in runs
        ],
        "schema": SCHEMA,
        "tier2": __version__,
    }
    return {**made, "digest": wrapper_digest(made, tag=_TAG), "environment": environment()}


def _outcome(outcome: TestRunResult) -> dict[str, Any]:
    suite = outcome.suite_result
    return {
        "expectations": {
            name: result.passed for name, result in outcome.expectations_result.expectation_results.items()
        },
        "metadata": outcome.metadata,
        "passed": outcome.passed,
        "scenarios": {
            name: suite.scenario_results[name].metadata["scenario_hash"] for name in sorted(suite.scenario_results)
        },
    }  # fmt: skip


def statement_of(data: bytes) -> dict[str, Any]:
    """The in-toto Statement of a record of test runs, with the predicate test-result/v0.1.

    What was tested is the registry. The configuration is the record itself, byte for byte, so that whoever has the
    statement can run the tests again.
    """
    document = read_json(data)
    tests = [
        (f"{run['test']['suite_name']}: {name}", passed)
        for run in document["runs"]
        for name, passed in sorted(run["outcome"]["expectations"].items())
    ]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "predicate": {
            "configuration": [
                {
                    "content": base64.b64encode(data).decode(),
                    "digest": {"sha256": sha256(data).hexdigest()},
                    "mediaType": "application/vnd.tier2.test-record+json",
                    "name": SCHEMA,
                }
            ],
            "failedTests": [name for name, passed in tests if passed is not True],
            "passedTests": [name for name, passed in tests if passed is True],
            "result": "PASSED" if all(run["outcome"]["passed"] is True for run in document["runs"]) else "FAILED",
        },
        "predicateType": PREDICATE,
        "subject": [{"digest": {"sha256": document["registry"]["fingerprint"]}, "name": "tier2 registry"}],
    }


def record_in(path: str, statement: Any) -> Any:
    """The record of test runs in a statement.

    What the statement says beyond what tier2 writes is passed over, as in-toto asks. Raises :class:`FileProblem` for
    what is no such statement, and :class:`NotVerified` for one that says what does not follow from the record in it.
    """
    try:
        data = base64.b64decode(statement["predicate"]["configuration"][0]["content"], validate=True)
        wanted = statement_of(data)
        if statement["predicateType"] != PREDICATE:
            raise ValueError
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        raise FileProblem(
            f"{path} holds no statement of a test result with a record in it; expected what 'tier2 test --record FILE "
            "--sign KEY' writes."
        ) from None
    if not _says(statement, wanted) or statement["predicate"].get("warnedTests"):
        raise NotVerified(f"{path} holds a statement that does not follow from the record in it")
    return read_json(data)


def verified(path: str, document: Any, registry: Registry) -> dict[str, Any]:
    """Whether the record of test runs is true: the fields of a verification, with ``what`` it is of.

    Raises :class:`FileProblem` for a document that is no such record.
    """
    try:
        parsed, outcomes = _parsed(document)
        hashed = {
            "registry": freeze(document["registry"]),
            "runs": [
                {"outcome": outcome, "test": {**suite.to_dict(), **expectations.to_dict()}}
                for (suite, expectations), outcome in zip(parsed, outcomes, strict=True)
            ],
            "schema": SCHEMA,
            "tier2": freeze(document["tier2"]),
        }
    except (_Damaged, InvalidValueError, ConfigError) as error:
        raise FileProblem(f"{path} is no record, or it is damaged: {error}") from None
    named = {
        "note": registry_note(document["registry"], document["tier2"], registry),
        "what": ", ".join(suite.suite_name for suite, _ in parsed) or "no suites",
    }
    altered = contradiction(document["registry"], document["tier2"], registry)
    if wrapper_digest(hashed, tag=_TAG) != document["digest"]:
        altered = "its digest does not fit what it holds"
    divergence: dict[str, Any] | None = None
    for (suite, expectations), outcome in zip(parsed, outcomes, strict=True):
        divergence = _divergence(suite, expectations, outcome, registry)
        if divergence is not None:
            break
    if not altered and divergence is None:
        return {"verified": True, "cause": "", "message": "", "expected": None, "actual": None, **named}
    found = divergence or {"message": altered, "expected": None, "actual": None}
    cause = "scenario"
    if altered:
        cause = "altered"
        found["message"] = f"the document was altered: {found['message']}"
    elif document["tier2"] != __version__:
        cause = "tier2"
        found["message"] += f"; it was made by tier2 {document['tier2']}, and this is {__version__}"
    elif not same(document["registry"], registry_parts(registry)):
        cause = "plugin"
        found["message"] += "; other plugins are installed than then"
    return {"verified": False, "cause": cause, **named, **found}


class _Damaged(ValueError):
    """The document is no record of test runs; the message says why."""


def _parsed(document: Any) -> tuple[list[tuple[ScenarioSuiteDefinition, SuiteExpectationsDefinition]], list[Any]]:
    """The definitions and the outcomes; nothing may be there that they do not hold."""
    _expect_fields(document, (*_HASHED, "digest"), "it", optional=("environment",))
    if not isinstance(document["digest"], str) or not isinstance(document["tier2"], str):
        raise _Damaged("'digest' and 'tier2' must be text.")
    _expect_registry(document["registry"])
    if not isinstance(document["runs"], list) or not document["runs"]:
        raise _Damaged("'runs' must be an array that is not empty.")
    parsed, outcomes = [], []
    for place, run in enumerate(document["runs"]):
        _expect_fields(run, ("outcome", "test"), f"run {place}")
        suite, expectations = parse_test_document(run["test"])
        # The parser fills in what is left out and passes over what it does not know.
        if not _identical(run["test"], {**suite.to_dict(), **expectations.to_dict()}):
            raise _Damaged(f"the test document of run {place} is not as tier2 writes it.")
        if not isinstance(run["outcome"], dict):
            raise _Damaged(f"the outcome of run {place} must be an object.")
        parsed.append((suite, expectations))
        outcomes.append(freeze(run["outcome"]))
    return parsed, outcomes


def _expect_registry(value: Any) -> None:
    _expect_fields(value, ("fingerprint", "plugins"), "'registry'")
    if not isinstance(value["fingerprint"], str | None) or not isinstance(value["plugins"], list):
        raise _Damaged("'registry' must have a text as its fingerprint, or null, and an array of plugins.")
    for place, plugin in enumerate(value["plugins"]):
        _expect_fields(plugin, ("distribution", "name", "version"), f"plugin {place} of 'registry'")
        if not all(isinstance(text, str) for text in plugin.values()):
            raise _Damaged(f"plugin {place} of 'registry' must hold texts.")


def _expect_fields(value: Any, names: Sequence[str], what: str, optional: Sequence[str] = ()) -> None:
    if not isinstance(value, dict):
        raise _Damaged(f"{what} must be an object.")
    missing = [name for name in names if name not in value]
    unknown = sorted(name for name in value if name not in (*names, *optional))
    if missing or unknown:
        told = f"lacks the field '{missing[0]}'" if missing else f"has the unknown field '{unknown[0]}'"
        raise _Damaged(f"{what} {told}.")


def _says(found: Any, wanted: Any) -> bool:
    """Whether plain data says what was written; it may say more, in members that are not known here."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            name in found and _says(found[name], part) for name, part in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(_says, found, wanted))
    return _identical(found, wanted)


def _identical(found: Any, wanted: Any) -> bool:
    """Whether plain data is just what was written; as deep as what was written, which is bounded.

    Numbers are, however they are written.
    """
    if {type(found), type(wanted)} <= {int, float}:
        return bool(found == wanted)
    if type(found) is not type(wanted):
        return False
    if isinstance(wanted, dict):
        return set(found) == set(wanted) and all(_identical(found[name], part) for name, part in wanted.items())
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(_identical, found, wanted))
    return bool(found == wanted)


def _divergence(
    suite: ScenarioSuiteDefinition, expectations: SuiteExpectationsDefinition, then: Any, registry: Registry
) -> dict[str, Any] | None:
    try:
        now = _outcome(run_test_run(suite, expectations, registry=registry))
    except (CallerError, DecisionError, PluginError) as error:
        message = f"suite '{suite.suite_name}' cannot be run again: {str(error).rstrip('.')}"
        return {"message": message, "expected": None, "actual": str(error)}
    for part, what in (("scenarios", "scenario"), ("expectations", "expectation"), ("metadata", "hash or count")):
        mine = then.get(part)
        for name, actual in now[part].items():
            expected = thaw(mine.get(name)) if isinstance(mine, Mapping) else None
            if type(expected) is not type(actual) or expected != actual:
                message = f"{what} '{name}' of suite '{suite.suite_name}' comes out other than it did"
                return {"message": message, "expected": expected, "actual": actual}
    if wrapper_digest(then) != wrapper_digest(now):
        message = f"what is recorded of suite '{suite.suite_name}' is not what comes out"
        return {"message": message, "expected": thaw(then.get("passed")), "actual": now["passed"]}
    return None
