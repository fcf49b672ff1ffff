"""Names of files: relative ones mean the directory in which the command was started."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tier2_io.documents.files import anchored, located, read_bytes
from tier2_io.documents.outputs import check_writable
from tier2_io.documents.writing import write_document, write_new, write_tree


def test_a_relative_name_means_where_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert located("a") == "a"
    with anchored():
        assert located("a") == "a"
        os.chdir(tmp_path / "there")
        assert (located("a"), located("-")) == (str(tmp_path / "here" / "a"), "-")
        assert located(str(tmp_path)) == str(tmp_path)
        check_writable("a.json")
        write_document("a.json", 1)
        write_document("b.json", 1, new=True)
        write_new(("c", b"1", 0o600))
        write_tree("d", {"e": "1"})
        assert read_bytes("a.json", 9) == b"1\n"
        os.chdir(tmp_path / "here")
        assert located("a") == "a"
        os.chdir(tmp_path / "there")
    assert located("a") == "a"
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == ["a.json", "b.json", "c", "d"]
    assert list((tmp_path / "there").iterdir()) == []


def test_without_a_directory_to_begin_in_names_mean_what_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with anchored():
        os.chdir(tmp_path)
        assert located("a") == "a"
