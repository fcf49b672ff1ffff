"""Outputs: whatever name an input goes by, it is not written over, and a place that takes no file is known before."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.processes import HANG
from tier2_io.documents.files import FileProblem
from tier2_io.documents.outputs import check_outputs, check_place, check_writable, tells_no_case

posix = pytest.mark.skipif(os.name != "posix", reason="modes and links are of POSIX")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def aliases(of: Path) -> dict[str, str]:
    """Other names of a file that is there."""
    (of.parent / "soft.json").symlink_to(of.name)
    (of.parent / "soft-to-soft.json").symlink_to("soft.json")
    (of.parent / "hard.json").hardlink_to(of)
    (of.parent / "elsewhere").symlink_to(of.parent, target_is_directory=True)
    return {
        "itself": of.name,
        "dotted": f"./{of.name}",
        "up and down": f"../{of.parent.name}/{of.name}",
        "absolute": str(of),
        "soft link": "soft.json",
        "soft link to a soft link": "soft-to-soft.json",
        "hard link": "hard.json",
        "through a linked directory": f"elsewhere/{of.name}",
    }


@posix
def test_an_output_is_no_input_and_no_other_output_by_whatever_name(here: Path) -> None:
    (here / "s.json").write_text("{}")
    for how, name in aliases(here / "s.json").items():
        with pytest.raises(FileProblem, match=r"--state and --out name one file, .*; expected two") as caught:
            check_outputs([("--out", name)], [("--key", None), ("--state", "s.json")])
        assert name in str(caught.value), how
        with pytest.raises(FileProblem, match="--out and --record name one file"):
            check_outputs([("--out", "s.json"), ("--record", name)])
        check_outputs([("--out", name), ("--record", None)], [("--state", "t.json")])


@posix
def test_two_outputs_that_are_not_there_yet_are_one_by_whatever_name(here: Path) -> None:
    (here / "elsewhere").symlink_to(here, target_is_directory=True)
    (here / "dangling.json").symlink_to("o.json")
    for name in ("o.json", "./o.json", str(here / "o.json"), "elsewhere/o.json", "dangling.json"):
        with pytest.raises(FileProblem, match="--out and --record name one file"):
            check_outputs([("--out", "o.json"), ("--record", name)])
    check_outputs([("--out", "o.json"), ("--record", "p.json")])


def test_names_in_other_letters_are_one_where_the_file_system_says_so(here: Path) -> None:
    (here / "a").touch()
    folds = (here / "A").exists()
    assert tells_no_case(str(here)) is folds
    two = [("--out", "Out.json"), ("--record", "out.json")]
    if folds:
        with pytest.raises(FileProblem, match="name one file"):
            check_outputs(two)
    else:
        check_outputs(two)
    assert [path.name for path in here.iterdir()] == ["a"]


def test_standard_input_may_be_a_file_as_well(here: Path) -> None:
    (here / "s.json").write_text("{}")
    script = (
        "import sys; from tier2_io.documents.outputs import check_outputs\n"
        "check_outputs([('--out', sys.argv[1])], [('--state', '-')])"
    )
    for name, message in (("s.json", "--state and --out name one file"), ("o.json", "")):
        with (here / "s.json").open() as file:
            command = [sys.executable, "-c", script, name]
            done = subprocess.run(command, stdin=file, capture_output=True, text=True, timeout=HANG, check=False)
        assert (done.returncode == 0, message in done.stderr) == (not message, True)


@pytest.mark.parametrize("name", ["state.toml", "STATE.TOML", ".toml", "a.json.toml"])
def test_a_name_that_is_read_as_toml_is_refused_with_the_one_to_use(here: Path, name: str) -> None:
    with pytest.raises(FileProblem) as caught:
        check_writable(name)
    wanted = f"{name[:-5]}.json"
    assert str(caught.value) == f"{name} would be read as TOML, but JSON is written; expected {wanted}."
    check_writable(wanted)
    assert list(here.iterdir()) == []


@posix
def test_a_link_to_a_name_that_is_read_as_toml_is_refused(here: Path) -> None:
    (here / "s.json").symlink_to("s.toml")
    with pytest.raises(FileProblem, match="would be read as TOML"):
        check_writable("s.json")


@posix
@pytest.mark.parametrize("mode", [0o444, 0o400, 0o466])
def test_a_read_only_file_is_not_replaced_not_even_by_a_superuser(here: Path, mode: int) -> None:
    file = here / "r.json"
    file.write_text("{}")
    file.chmod(mode)
    with pytest.raises(FileProblem, match=r"r\.json is read-only, and is not replaced; make it writable"):
        check_writable("r.json")
    file.chmod(0o600)
    check_writable("r.json")


@posix
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda place: place.mkdir(), "is a directory"),
        (lambda place: os.mkfifo(place), "is a FIFO"),
        (lambda place: place.symlink_to("/dev/null"), "is a device"),
        (lambda place: place.symlink_to(place), "cannot be written"),
        (lambda place: place.symlink_to("nowhere/r.json"), "is in a directory that does not exist"),
    ],
)
def test_what_is_no_file_to_write_is_refused(here: Path, make: Callable[[Path], Any], message: str) -> None:
    make(here / "r.json")
    with pytest.raises(FileProblem, match=message):
        check_writable("r.json")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("-", "'-' is no file to write"),
        ("", "'' is a directory"),
        ("no/such.json", "is in a directory that does not exist"),
        ("a\0b", "cannot be written"),
        ("報" * 84 + ".json", "cannot be written: file name too long"),
        ("/dev/null", "is a device"),
        ("/dev/stdout", "is a device"),
        ("/dev/fd/1", "is a device"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(name: str, message: str) -> None:
    for check in (check_place, check_writable):
        with pytest.raises(FileProblem, match=message):
            check(name)


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="a superuser may write anywhere")
def test_a_directory_that_takes_no_file_is_refused(here: Path) -> None:
    place = here / "d"
    place.mkdir()
    (place / "r.json").write_text("{}")
    place.chmod(0o555)
    try:
        for name in ("d/r.json", "d/new.json"):
            with pytest.raises(FileProblem, match="is in a directory that cannot be written to"):
                check_writable(name)
    finally:
        place.chmod(0o755)


AS_NOBODY = """
import os, sys
os.setgid(65534); os.setuid(65534)
from tier2_io.documents.files import FileProblem
from tier2_io.documents.outputs import check_writable
for name in sys.argv[1:]:
    try:
        check_writable(name)
        print("writable")
    except FileProblem as error:
        print(error)
"""


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only a superuser can be somebody else")
def test_what_belongs_to_somebody_else_is_known_before() -> None:
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        if not all(above.stat().st_mode & stat.S_IXOTH for above in Path(place).parents):
            pytest.skip("nobody else comes to where temporary files are")
        known_before(Path(place))


def known_before(here: Path) -> None:
    shared, closed = here / "shared", here / "closed"
    for place, mode in ((shared, 0o1777), (closed, 0o755)):
        place.mkdir()
        (place / "r.json").write_text("{}")
        (place / "r.json").chmod(0o666)
        place.chmod(mode)
    names = ["shared/r.json", "shared/new.json", "closed/r.json", "closed/new.json"]
    # The code is read before the user is another: it may not be there for everybody.
    loaded = AS_NOBODY.replace("import os, sys\n", "import os, sys, tempfile, tier2_io.documents.outputs\n", 1)
    command = [sys.executable, "-c", loaded, *names]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, timeout=HANG, check=True)
    told = done.stdout.splitlines()
    assert "belongs to somebody else" in told[0]
    assert told[1] == "writable"
    assert "is in a directory that cannot be written to" in told[2]
    assert "is in a directory that cannot be written to" in told[3]
