"""Records of test runs: whatever is changed in them is found, and put down to the likely cause."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tier2_io.records.test_records import SUITE
from tests.workflow.plans import nested
from tier2_core import InvalidValueError, Mission, Registry, hookimpl, load_registry, parse_test_document, run_test_run
from tier2_core.values.canonical import read_json, wrapper_digest
from tier2_io.documents.files import FileProblem
from tier2_io.documents.writing import rendered
from tier2_io.records.suite_records import record_of, verified

REGISTRY = load_registry(entry_points=True)
DEEP = {
    **SUITE,
    "scenarios": [{**scenario, "initial_state": {"n": 1, "deep": nested(63)}} for scenario in SUITE["scenarios"]],
}


class Elsewhere:
    """A plugin of somebody's, with nothing that the suite needs."""

    @hookimpl
    def tier2_missions(self) -> list[Mission]:
        return []


def made(test: Any, registry: Registry = REGISTRY) -> Any:
    suite, expectations = parse_test_document(test)
    document = record_of([(suite, expectations, run_test_run(suite, expectations, registry=registry))], registry)
    return read_json(rendered(document))


def refitted(document: Any) -> Any:
    hashed = {name: document[name] for name in ("registry", "runs", "schema", "tier2")}
    return document | {"digest": wrapper_digest(hashed, tag="tier2/test-record/v1")}


def test_another_registry_is_worth_a_note_even_if_all_comes_out_as_it_did() -> None:
    assert verified("t.json", made(SUITE), REGISTRY)["note"] == ""
    then = load_registry([Elsewhere()])
    told = verified("t.json", made(SUITE, then), REGISTRY)
    assert told["verified"]
    assert told["note"] == ("The registry is another than then; plugin 'Elsewhere' was there then, and is not now.")


def test_a_record_is_verified_however_deep_its_states_are() -> None:
    for test in (SUITE, DEEP):
        assert verified("t.json", made(test), REGISTRY)["verified"]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda document: None, "scenario"),
        (lambda document: document["registry"].update(fingerprint="0" * 64), "plugin"),
        (
            lambda document: document.update(tier2="0.0.1", registry={**document["registry"], "fingerprint": "0" * 64}),
            "tier2",
        ),
    ],
)
def test_a_forged_outcome_is_put_down_to_the_likely_cause(change: Any, cause: str) -> None:
    document = made(SUITE)
    change(document)
    assert verified("t.json", refitted(document), REGISTRY)["verified"], "nothing else comes out"
    document["runs"][0]["outcome"]["scenarios"]["two"] = "0" * 64
    outcome = verified("t.json", refitted(document), REGISTRY)
    assert (outcome["verified"], outcome["cause"]) == (False, cause)
    assert "scenario 'two' of suite 'counting' comes out other than it did" in outcome["message"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: document.update(tier2="99.9"), "it says that tier2 99.9 made it"),
        (lambda document: document["registry"].update(plugins=[]), "the plugins that it names are not those"),
        (lambda document: document["registry"].update(fingerprint=None), "it names plugins of a registry that has no"),
    ],
)
def test_a_record_that_contradicts_itself_about_its_registry_is_not_verified(change: Any, message: str) -> None:
    document = made(SUITE)
    change(document)
    outcome = verified("t.json", refitted(document), REGISTRY)
    assert (outcome["verified"], outcome["cause"]) == (False, "altered")
    assert outcome["message"].startswith(f"the document was altered: {message}")


def test_a_number_is_the_same_number_however_it_is_written() -> None:
    document = made(SUITE)
    text = json.dumps(document)
    for mine, other in (('"n": 1', '"n": 1.0'), ('"n": 0', '"n": 0e0'), ('"expected": 1', '"expected": 1.00')):
        assert mine in text
        text = text.replace(mine, other)
    assert verified("t.json", read_json(text), REGISTRY)["verified"]
    for mine, other in (('"n": 1', '"n": true'), ('"n": 1', '"n": 1.5')):
        changed = read_json(json.dumps(document).replace(mine, other))
        assert verified("t.json", changed, REGISTRY)["cause"] == "altered"


HASHED = json.dumps({name: part for name, part in made(SUITE).items() if name != "environment"}).encode()


@given(st.integers(0, len(HASHED) - 1), st.integers(0, 255) | st.sampled_from(b'"{}[],:0123456789eE+-.\\ tfn'))
def test_no_byte_can_be_changed(place: int, byte: int) -> None:
    data = HASHED[:place] + bytes([byte]) + HASHED[place + 1 :]
    try:
        document = read_json(data)
        if not isinstance(document, dict) or document.get("schema") != "tier2.test-record/1":
            return
        outcome = verified("t.json", document, REGISTRY)
    except (InvalidValueError, FileProblem):
        return
    assert not outcome["verified"] or document == read_json(HASHED)
