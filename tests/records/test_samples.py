"""Records that were made once: every later version computes the same, and finds what was done to their twins."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.samples import MADE, PLACE, TAMPERED, read
from tier2_core import CallerError, default_registry, load_record, same, verify_record
from tier2_core.records.installed import registry_note
from tier2_core.values.canonical import read_json
from tier2_core.version import VERSION


def _hashed(name: str) -> bytes:
    """The hashed part of a sample, as small as JSON is."""
    document = read(name).to_dict()
    del document["environment"]
    return json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


HASHED = {name: _hashed(name) for name in MADE}


def test_every_sample_and_its_twin_are_there() -> None:
    names = {path.name.removesuffix(".json") for path in PLACE.glob("*.json")}
    assert names == {*MADE, *(f"{name}.tampered" for name in MADE)}
    assert set(TAMPERED) == set(MADE)


@pytest.mark.parametrize("name", MADE)
def test_a_sample_is_verified(name: str) -> None:
    verification = verify_record(read(name))
    assert verification.verified, verification.message
    assert verification.result == MADE[name]()


@pytest.mark.parametrize("name", MADE)
def test_its_tampered_twin_is_not_and_for_the_right_reason(name: str) -> None:
    _, cause, step = TAMPERED[name]
    twin = read(f"{name}.tampered")
    verification = verify_record(twin)
    assert not verification.verified
    # What comes out otherwise of a record of another version is first of all put down to that.
    expected = cause if cause == "altered" or twin.tier2 == VERSION else "tier2"
    assert (verification.cause, verification.step_id) == (expected, step)


EARLIER = sorted(path.stem for path in (PLACE / "earlier").glob("*.json"))


@pytest.mark.parametrize("name", EARLIER)
def test_a_record_of_a_mission_of_an_earlier_version_is_refused_and_says_so(name: str) -> None:
    """Version 1 of the built-in missions described no runtime steps, nor what to show of the human one."""
    record = read(f"earlier/{name}")
    verification = verify_record(record)
    assert (verification.verified, verification.cause) == (False, "plan" if record.tier2 == VERSION else "tier2")
    assert f"mission '{record.mission}' plans other steps now, in its version 2" in verification.message
    then, now = verification.expected["payload"], verification.actual["payload"]
    added = {"highlights", "ids_of"} if verification.step_id == "daily-confirm-priorities" else {"description"}
    assert now == {**then, **{name: now[name] for name in added}}
    assert not added & set(then)
    owners = f"was of tier2 0.1.0, and is of tier2-missions {VERSION} now"
    told = f"The registry is another than then; plugin 'builtin' {owners}."
    assert registry_note(record.registry, VERSION, default_registry()) == told


def test_that_a_mere_table_of_operations_was_used_is_said() -> None:
    told = "Which plugins were installed then is not recorded."
    assert registry_note(read("workflow").registry, VERSION, default_registry()) == told


def changed_is_found(name: str, data: bytes) -> None:
    """Bytes other than a sample's are no record, or none that is verified, or stand for the very same document."""
    try:
        found = read_json(data)
        record = load_record(found)
    except CallerError:
        return
    if not verify_record(record).verified:
        return
    assert same(record.to_dict(), read(name).to_dict() | {"environment": {}})


@given(st.sampled_from(sorted(MADE)), st.data())
def test_no_byte_of_the_hashed_part_can_be_changed(name: str, data: st.DataObject) -> None:
    old = HASHED[name]
    place = data.draw(st.integers(0, len(old) - 1))
    byte = data.draw(st.integers(0, 255) | st.sampled_from(b'"{}[],:0123456789eE+-.\\ tfn'))
    changed_is_found(name, old[:place] + bytes([byte]) + old[place + 1 :])


@given(st.sampled_from(sorted(MADE)), st.data())
def test_no_part_of_it_can_be_cut_out_or_repeated(name: str, data: st.DataObject) -> None:
    old = HASHED[name]
    start = data.draw(st.integers(0, len(old) - 1))
    end = data.draw(st.integers(start, min(start + 40, len(old))))
    changed_is_found(name, old[:start] + old[end:])
    changed_is_found(name, old[:end] + old[start:])


def test_every_byte_of_a_small_record_is_bound() -> None:
    old = HASHED["echo"]
    for place in range(len(old)):
        for bit in (1, 32):
            changed_is_found("echo", old[:place] + bytes([old[place] ^ bit]) + old[place + 1 :])
