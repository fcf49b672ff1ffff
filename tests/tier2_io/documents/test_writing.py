"""Writing: a file is whole or not there, whatever its name, and nothing that was not asked for stays."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.tier2_io.documents.test_outputs import posix
from tier2_io.documents.files import FileProblem
from tier2_io.documents.writing import write_document, write_new, write_tree


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


@pytest.mark.parametrize("name", ["r.json", "r" * 250 + ".json", "報" * 83 + ".json", "-r.json", "r", ".json"])
@pytest.mark.parametrize("new", [False, True])
def test_a_document_is_written_under_any_name_and_alone(here: Path, name: str, new: bool) -> None:
    assert len(name.encode()) <= 255
    write_document(name, {"n": 1}, new=new)
    assert json.loads((here / name).read_text()) == {"n": 1}
    assert names(here) == [name]


def test_what_is_there_is_replaced_or_with_new_left(here: Path) -> None:
    write_document("r.json", 1)
    write_document("r.json", 2)
    with pytest.raises(FileExistsError, match=r"r\.json"):
        write_document("r.json", 3, new=True)
    assert (here / "r.json").read_text() == "2\n"
    assert names(here) == ["r.json"]


@posix
def test_mode_and_link_stay_what_they_are(here: Path) -> None:
    before = os.umask(0o027)
    try:
        write_document("r.json", 1)
        write_document("n.json", 1, new=True)
    finally:
        os.umask(before)
    assert [stat.S_IMODE((here / name).stat().st_mode) for name in ("r.json", "n.json")] == [0o640, 0o640]
    (here / "r.json").chmod(0o664)
    (here / "link.json").symlink_to("r.json")
    write_document("link.json", 2)
    assert (here / "link.json").is_symlink()
    assert ((here / "r.json").read_text(), stat.S_IMODE((here / "r.json").stat().st_mode)) == ("2\n", 0o664)


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only a superuser gives files away")
def test_the_owner_stays_who_it_is(here: Path) -> None:
    write_document("r.json", 1)
    os.chown(here / "r.json", 65534, 65534)
    write_document("r.json", 2)
    assert ((here / "r.json").stat().st_uid, (here / "r.json").stat().st_gid) == (65534, 65534)


@posix
def test_a_read_only_file_stays(here: Path) -> None:
    write_document("r.json", 1)
    (here / "r.json").chmod(0o444)
    with pytest.raises(FileProblem, match="read-only"):
        write_document("r.json", 2)
    assert (here / "r.json").read_text() == "1\n"


def test_several_new_files_are_written_or_none(here: Path) -> None:
    write_new(("a", b"1", 0o600), ("b", b"2", 0o644))
    assert ((here / "a").read_bytes(), (here / "b").read_bytes()) == (b"1", b"2")
    for taken in (("c", "b"), ("b", "c"), ("c", "b", "d")):
        with pytest.raises(FileExistsError) as caught:
            write_new(*((name, b"3", 0o644) for name in taken))
        assert str(caught.value) == "b"
    with pytest.raises(FileProblem, match="file name too long"):
        write_new(("c", b"3", 0o644), ("d" * 256, b"3", 0o644))
    with pytest.raises(FileProblem, match="no/such cannot be written"):
        write_new(("c", b"3", 0o644), ("no/such", b"3", 0o644))
    assert names(here) == ["a", "b"]
    if os.name == "posix":
        assert [stat.S_IMODE((here / name).stat().st_mode) for name in "ab"] == [0o600, 0o644]


def test_a_name_that_is_taken_meanwhile_is_left_and_the_others_are_taken_back(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def late(source: Any, target: Any) -> None:
        if target == "b":
            Path("b").write_text("of somebody else")
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(FileExistsError, match="b"):
        write_new(("a", b"1", 0o644), ("b", b"2", 0o644))
    assert names(here) == ["b"]
    assert (here / "b").read_text() == "of somebody else"


def test_where_there_are_no_links_new_files_are_written_as_well(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(source: Any, target: Any) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    test_a_document_is_written_under_any_name_and_alone(here, "r.json", True)
    with pytest.raises(FileExistsError, match=r"r\.json"):
        write_document("r.json", 3, new=True)
    write_new(("a", b"1", 0o600), ("b", b"2", 0o644))
    assert names(here) == ["a", "b", "r.json"]


@pytest.mark.parametrize("function", ["link", "replace", "fsync"])
def test_what_fails_half_way_leaves_nothing(here: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, function, full)
    if function == "link":
        monkeypatch.setattr(os, "replace", full)
    with pytest.raises(FileProblem, match="no space left"):
        write_document("r.json", 1, new=function == "link")
    assert names(here) == []


def test_what_killed_writes_left_is_removed_a_day_later_and_nothing_else(here: Path) -> None:
    old, young = ".tier2-abcd_123.tmp", ".tier2-efgh_456.tmp"
    others = [".tier2-.tmp", ".tier2-x.tmp.json", "tier2-abcd1234.tmp", ".other-abcd1234.tmp", ".tier2-ABC.tmp"]
    for name in (old, young, *others):
        (here / name).write_text("{}")
        if name != young:
            os.utime(here / name, (0, 0))
    (here / ".tier2-dir.tmp").mkdir()
    os.utime(here / ".tier2-dir.tmp", (0, 0))
    write_document("r.json", 1)
    assert names(here) == sorted([young, *others, ".tier2-dir.tmp", "r.json"])


def test_a_tree_is_written_under_any_name(here: Path) -> None:
    write_tree("t" * 255, {"a/b": "1"})
    assert (here / ("t" * 255) / "a" / "b").read_text() == "1"
    assert names(here) == ["t" * 255]
