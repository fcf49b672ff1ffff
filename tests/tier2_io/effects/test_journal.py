"""The journal: what was done is done once, whatever was cut off, and damage is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tier2_io.effects.handling import handlers, wanted
from tier2_core import WantedEffect
from tier2_io.documents.files import FileProblem
from tier2_io.effects.doing import do_effects
from tier2_io.effects.journal import Journal

EFFECTS = wanted(("bell", {"n": 1}), ("bell", {"n": 2}), ("bell", {"n": 3}))


def done(path: Path, effects: tuple[WantedEffect, ...] = EFFECTS, *, fails: frozenset[int] = frozenset()) -> list[Any]:
    """Do the effects: what was handed out, in order."""
    seen: list[Any] = []

    def ring(effect: WantedEffect) -> Any:
        seen.append(effect.data["n"])
        if effect.data["n"] in fails:
            raise ValueError("no bell")
        return {"rung": effect.data["n"]}

    with Journal.opened(str(path), effects) as journal:
        outcomes = list(do_effects(effects, handlers(bell=ring), journal))
    assert [outcome.effect for outcome in outcomes] == list(effects)
    return seen


def test_a_second_run_does_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "e.journal"
    assert done(path) == [1, 2, 3]
    before = path.read_bytes()
    assert done(path) == []
    assert path.read_bytes() == before


def test_what_failed_is_tried_again_and_stops_no_other(tmp_path: Path) -> None:
    path = tmp_path / "e.journal"
    assert done(path, fails=frozenset({1, 3})) == [1, 2, 3]
    assert done(path, fails=frozenset({3})) == [1, 3]
    assert done(path) == [3]
    assert done(path) == []


@given(st.integers(0, 2000))
def test_a_journal_that_was_cut_off_anywhere_is_gone_on_with(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    """Nothing whose 'done' is whole is done again; all the rest is, once."""
    path = tmp_path_factory.mktemp("cut") / "e.journal"
    done(path)
    whole = path.read_bytes()
    left = whole[: cut % (len(whole) + 1)]
    path.write_bytes(left)
    known = {line["id"] for line in map(json.loads, left.split(b"\n")[:-1]) if line.get("event") == "done"}
    assert done(path) == [effect.data["n"] for effect in EFFECTS if effect.id not in known]
    assert done(path) == []


def test_what_was_begun_and_of_which_nothing_is_known_is_done_again_under_the_same_id(tmp_path: Path) -> None:
    path = tmp_path / "e.journal"
    with Journal.opened(str(path), EFFECTS) as journal:
        journal.begun(EFFECTS[0], "bells")  # and here its process died
    assert done(path) == [1, 2, 3]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda lines: [b"{}", *lines[1:]], "is no journal of effects"),
        (lambda lines: [lines[0], b"what?", *lines[1:]], "is damaged in line 2"),
        (lambda lines: [lines[0], b"[]", *lines[1:]], "is damaged in line 2"),
        (lambda lines: [*lines, b'{"event":"done","id":"' + b"0" * 64 + b'"}'], "is damaged in line 8"),
        (lambda lines: [*lines, b'{"event":"undone","id":"x"}'], "is damaged in line 8"),
    ],
)
def test_a_damaged_journal_is_told_and_left_alone(tmp_path: Path, spoil: Any, says: str) -> None:
    path = tmp_path / "e.journal"
    done(path)
    path.write_bytes(b"\n".join(spoil(path.read_bytes().split(b"\n")[:-1])) + b"\n")
    before = path.read_bytes()
    with pytest.raises(FileProblem, match=says):
        done(path)
    with pytest.raises(FileProblem, match=says):
        Journal.looked_at(str(path), EFFECTS)
    assert path.read_bytes() == before


def test_the_journal_of_another_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "e.journal"
    done(path)
    with pytest.raises(FileProblem, match="is the journal of other effects"):
        done(path, wanted(("bell", {"n": 1}), run_id="another"))


def test_one_process_at_a_time(tmp_path: Path) -> None:
    path = str(tmp_path / "e.journal")
    with Journal.opened(path, EFFECTS), pytest.raises(FileProblem, match="is in use"), Journal.opened(path, EFFECTS):
        raise AssertionError
    with Journal.opened(path, EFFECTS):
        pass


def test_to_look_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "e.journal"
    assert Journal.looked_at(str(path), EFFECTS) == frozenset()
    assert not path.exists()
    done(path, fails=frozenset({2}))
    before = path.read_bytes()
    assert Journal.looked_at(str(path), EFFECTS) == {EFFECTS[0].id, EFFECTS[2].id}
    assert path.read_bytes() == before
