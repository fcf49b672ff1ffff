"""file.write: below the directory and nowhere else, whole or not at all, never over what was not written from here."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.tier2_io.effects.handling import wanted
from tier2_io.documents.files import FileProblem
from tier2_io.effects.file_write import MEMORY, NotWritten, file_writer


def write(directory: Path, **data: Any) -> Any:
    (effect,) = wanted(("file.write", data))
    return file_writer(str(directory))(effect)


def listing(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()
    }


def test_a_file_is_written_and_the_answer_says_what(tmp_path: Path) -> None:
    made = write(tmp_path, path="reports/week.txt", text="All done. ✓\n")
    assert (tmp_path / "reports/week.txt").read_text("utf-8") == "All done. ✓\n"
    assert made["path"] == "reports/week.txt"
    assert made["bytes"] == len("All done. ✓\n".encode())
    write(tmp_path, path="settings.toml", text="a = 1\n")
    write(tmp_path, path="week.json", document={"b": [1], "a": None})
    assert json.loads((tmp_path / "week.json").read_text()) == {"a": None, "b": [1]}


def test_the_same_effect_again_changes_nothing(tmp_path: Path) -> None:
    first = write(tmp_path, path="a.txt", text="one")
    before, stamp = listing(tmp_path), (tmp_path / "a.txt").stat().st_mtime_ns
    assert write(tmp_path, path="a.txt", text="one") == first
    assert (listing(tmp_path), (tmp_path / "a.txt").stat().st_mtime_ns) == (before, stamp)


def test_what_was_written_from_here_is_replaced(tmp_path: Path) -> None:
    write(tmp_path, path="a.txt", text="one")
    write(tmp_path, path="a.txt", text="two")
    assert (tmp_path / "a.txt").read_text() == "two"


def test_what_somebody_else_wrote_or_changed_is_not(tmp_path: Path) -> None:
    (tmp_path / "theirs.txt").write_text("theirs")
    with pytest.raises(NotWritten, match="was not written from here"):
        write(tmp_path, path="theirs.txt", text="ours")
    write(tmp_path, path="ours.txt", text="ours")
    (tmp_path / "ours.txt").write_text("changed by hand")
    with pytest.raises(NotWritten, match="was changed since"):
        write(tmp_path, path="ours.txt", text="newer")
    assert (tmp_path / "theirs.txt").read_text() == "theirs"
    assert (tmp_path / "ours.txt").read_text() == "changed by hand"


def test_what_happens_to_be_the_same_already_is_still_somebody_else_s(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("same")
    write(tmp_path, path="a.txt", text="same")
    with pytest.raises(NotWritten, match="was not written from here"):
        write(tmp_path, path="a.txt", text="other")


@pytest.mark.parametrize(
    "path",
    [
        "../out.txt", "a/../../out.txt", "/etc/passwd", "", ".", "..", "a//b", "./a", "a/", "a\\b", "c:\\a", "c:a",
        "a\nb", "a\x00b", "\u202ea", " a", "a ", "a/\u200bb", "x" * 300, MEMORY, MEMORY.upper(), ".a.txt.tmp",
    ],
)  # fmt: skip
def test_never_outside_nor_under_a_name_that_means_something_else(tmp_path: Path, path: str) -> None:
    directory = tmp_path / "in"
    directory.mkdir()
    with pytest.raises(NotWritten):
        write(directory, path=path, text="x")
    assert listing(tmp_path) == {}


def test_never_through_a_link(tmp_path: Path) -> None:
    directory, outside = tmp_path / "in", tmp_path / "out"
    directory.mkdir()
    outside.mkdir()
    (directory / "link").symlink_to(outside)
    (directory / "file").symlink_to(outside / "a.txt")
    for path in ("link/a.txt", "file"):
        with pytest.raises(NotWritten):
            write(directory, path=path, text="x")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "data",
    [
        {"text": "x"}, {"path": "a"}, {"path": "a", "text": "x", "document": 1}, {"path": "a", "text": 1},
        {"path": 1, "text": "x"}, {"path": "a", "text": "x", "mode": 511},
    ],
)  # fmt: skip
def test_data_that_say_something_else_are_refused(tmp_path: Path, data: dict[str, Any]) -> None:
    with pytest.raises(NotWritten):
        write(tmp_path, **data)
    assert listing(tmp_path) == {}


@pytest.mark.parametrize("damaged", ["{", "[]", '{"a": 1}', '{"a": "x", "a": "y"}'])
def test_a_damaged_memory_is_told_and_nothing_is_written(tmp_path: Path, damaged: str) -> None:
    (tmp_path / MEMORY).write_text(damaged)
    with pytest.raises(NotWritten, match="is damaged"):
        write(tmp_path, path="a.txt", text="x")
    assert listing(tmp_path) == {MEMORY: damaged.encode()}


def test_a_death_between_writing_and_remembering_is_no_matter(tmp_path: Path) -> None:
    write(tmp_path, path="a.txt", text="one")
    memory = json.loads((tmp_path / MEMORY).read_text())
    write(tmp_path, path="a.txt", text="two")
    two = json.loads((tmp_path / MEMORY).read_text())["a.txt"]
    (tmp_path / MEMORY).write_text(json.dumps({"a.txt": [*memory["a.txt"], *two]}))  # as it is in between
    write(tmp_path, path="a.txt", text="three")
    assert (tmp_path / "a.txt").read_text() == "three"


def test_the_directory_must_be_there(tmp_path: Path) -> None:
    for place in (tmp_path / "none", tmp_path / "file"):
        (tmp_path / "file").write_text("")
        with pytest.raises(FileProblem, match="is no directory"):
            file_writer(str(place))
    assert os.listdir(tmp_path) == ["file"]
