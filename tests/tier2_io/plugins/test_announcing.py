"""What is read without importlib.metadata is what importlib.metadata gives."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from tests.missions.plugins import source
from tests.site import Site
from tier2_core.missions.announced import Announcement, announced
from tier2_io.plugins.announcing import OutOfTheOrdinary, plainly_announced, read_announced


@frozen
class Info:
    """A directory of metadata, with the texts of its files; ``None`` is no file."""

    name: str
    points: bytes | None
    metadata: bytes | None
    requires: bytes | None = None

    def write(self, root: Path) -> None:
        path = root / self.name
        path.mkdir(exist_ok=True)
        for name, data in (
            ("entry_points.txt", self.points), ("METADATA", self.metadata), ("requires.txt", self.requires),
        ):  # fmt: skip
            if data is not None:
                (path / name).write_bytes(data)


def lines(parts: st.SearchStrategy[str], ends: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    """A file of lines, most of which end as they should."""
    line = st.tuples(parts, ends).map("".join)
    return st.lists(line, max_size=7).map(lambda all_: "".join(all_).encode())


mostly_lf = st.sampled_from(["\n"] * 40 + ["\r\n", "\r", "\v", "\x85", "", "\n\n"])
points = lines(
    st.sampled_from(
        ["[tier2.missions]"] * 4
        + ["a = mod", "b=mod:attr", "b = mod:attr.deep", "a = mod", "[console_scripts]", "", "# tier2.missions"]
        + [
            "c = mod [extra]",
            "d= mod : attr",
            " e = mod",
            "[ tier2.missions ]",
            "[[tier2.missions]]",
            "nonsense",
            "ö = mod",
        ]
    ),
    mostly_lf,
)
headers = lines(
    st.sampled_from(
        [
            "Name: dist-a",
            "Version: 1.0",
            "Requires-Dist: tier2>=0.0.1",
            "Summary: what it does",
            "",
            "Author: Zoë",
            "Requires-Dist: tier2-missions>=0.0.1",
            "requires-dist:tier2<9 ",
            "Requires-Dist: other",
            "Name: Dist.A",
            "NAME: dist_b",
            "version:\t2",
            "Name:",
            "  goes on",
            "\tName: tier2",
            " ",
            "Name: tier2",
            "no header",
            "From me",
            "Description: Name: x",
            "\ufeff",
        ]
    ),
    mostly_lf,
)
wild = st.builds(
    Info,
    st.sampled_from(
        [
            "dist_a-1.0.dist-info",
            "Dist.A-2.0.dist-info",
            "dist_b-1.0.dist-info",
            "dist_b-2.0.DIST-INFO",
            "tier2-0.0.1.dist-info",
            "tier2_missions-0.0.1.dist-info",
            "dist_a.egg-info",
            "dist_a-1.0-py3.egg-info",
            "dist-info",
            "x.dist-info",
        ]
    ),
    st.none() | points,
    st.none() | headers,
    st.none() | st.just(b"tier2>=1\n"),
)


@st.composite
def nearly_ordinary(draw: st.DrawFn) -> Info:
    """What an installer writes, with lines in it that may or may not be of the kind that is expected."""
    name = draw(st.sampled_from(["dist-a", "Dist.B", "tier2", "tier2-missions", "c"]))
    more = draw(st.just(b"") | points)
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
    return Info(
        f"{name.lower().replace('-', '_').replace('.', '_')}-1.0.dist-info",
        b"[console_scripts]\nrun = mod:main\n\n[tier2.missions]\n" + b"a = mod\n" + more,
        head + draw(st.just(b"Requires-Dist: tier2>0; extra == 'a'\n\nName: text\n") | headers),
    )


infos = nearly_ordinary() | wild


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> None:
    announced()  # some of importlib.metadata is loaded late, which needs the path as it is


@contextmanager
def path_of(*roots: Path | str) -> Iterator[None]:
    before = sys.path[:]
    sys.path[:] = [*map(str, roots)]
    try:
        yield
    finally:
        sys.path[:] = before


def plain() -> list[Announcement] | None:
    try:
        return plainly_announced()
    except OutOfTheOrdinary:
        return None


@given(st.lists(st.lists(infos, max_size=3), min_size=1, max_size=2))
def test_what_is_read_plainly_is_what_is_announced(roots: list[list[Info]]) -> None:
    with TemporaryDirectory() as place:
        paths = [Path(place, str(number)) for number in range(len(roots))]
        for path, installed in zip(paths, roots, strict=True):
            path.mkdir()
            for info in installed:
                info.write(path)
        with path_of(*paths, Path(place, "nowhere")):
            found = plain()
            if found is not None:
                assert found == announced()


def test_what_installers_write_is_read_plainly(site: Site) -> None:
    site.install("mine", source("mine"))
    site.require("dist-mine", "attrs", "tier2-missions>=0.0.1; python_version >= '3'")
    found = plain()
    assert found == announced()
    assert [(one.name, one.requires) for one in found] == [
        ("builtin", ()), ("mine", ("tier2-missions>=0.0.1; python_version >= '3'",)),
    ]  # fmt: skip


def test_this_environment_is_read_plainly() -> None:
    assert plain() == announced()


# --- what is out of the ordinary -----------------------------------------------------------------------

POINTS = b"[tier2.missions]\na = mod\n"
HEADERS = b"Name: dist-a\nVersion: 1.0\n"


@pytest.mark.parametrize(
    "data", [b"a = mod [extra]", b"a : mod", b" a = mod", b"a = mod\r\n", b"\xc3\xb6 = mod", b"\xe9"]
)
def test_entry_points_that_are_written_otherwise(tmp_path: Path, data: bytes) -> None:
    Info("dist_a-1.0.dist-info", POINTS + data, HEADERS).write(tmp_path)
    with path_of(tmp_path):
        assert plain() is None


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"Name: dist-a\n",
        b"Version: 1.0\n",
        b"\n" + HEADERS,
        HEADERS + b"Name: dist-a\n",
        HEADERS + b"Version: 2.0\n",
        HEADERS + b"Requires-Dist: tier2\n >9\n",
        HEADERS + b"Summary: some\rRequires-Dist: tier2>9\n",
        HEADERS + b"no header\nRequires-Dist: tier2>9\n",
        HEADERS + b"Requires-Dist:\n",
        HEADERS + b"Author: \xe9\n",
        b" begins as a line goes on\n" + HEADERS,
        b"Name: dist-b\nVersion: 1.0\n",
    ],
)
def test_metadata_that_are_written_otherwise(tmp_path: Path, data: bytes | None) -> None:
    Info("dist_a-1.0.dist-info", POINTS, data).write(tmp_path)
    with path_of(tmp_path):
        assert plain() is None


def test_requirements_that_stand_elsewhere(tmp_path: Path) -> None:
    Info("dist_a-1.0.dist-info", POINTS, HEADERS, b"tier2>9\n").write(tmp_path)
    with path_of(tmp_path):
        assert plain() is None


def test_the_same_distribution_twice(site: Site, tmp_path: Path) -> None:
    site.install("mine", source("mine"))
    other = Site(tmp_path / "other")
    other.path.mkdir()
    other.announce("dist-mine", "2.0", mine="gone")
    with path_of(tmp_path, other.path):
        assert plain() is None


def test_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("dist_a-1.0.dist-info/METADATA", "Name: dist-a\nVersion: 1.0\n")
        archive.writestr("dist_a-1.0.dist-info/entry_points.txt", "[tier2.missions]\na = mod\n")
    with path_of(tmp_path / "some.zip"):
        assert plain() is None
        assert [one.name for one in announced() if isinstance(one, Announcement)] == ["a"]
        assert read_announced() == announced()


def test_an_egg(tmp_path: Path) -> None:
    egg = tmp_path / "dist_a-1.0-py3.11.egg"
    (egg / "EGG-INFO").mkdir(parents=True)
    with path_of(egg):
        assert plain() is None


def test_the_metadata_of_a_develop_installation(tmp_path: Path) -> None:
    Info("dist_a.egg-info", b"[tier2.missions]\na = mod\n", b"").write(tmp_path)
    (tmp_path / "dist_a.egg-info" / "PKG-INFO").write_text("Name: dist-a\nVersion: 1.0\n")
    with path_of(tmp_path):
        assert plain() is None
        assert [one.name for one in announced() if isinstance(one, Announcement)] == ["a"]


def test_a_finder_of_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        @staticmethod
        def find_spec(*_: object) -> None: ...

        @staticmethod
        def find_distributions(_: object) -> list[object]:
            return []

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert plain() is None


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "some.txt").write_text("text")
    with path_of(tmp_path / "some.txt"):
        assert plain() is None
        assert read_announced() == announced() == []


@pytest.mark.parametrize("stranger", [False, True])
def test_the_other_way_is_loaded_for_plugins_of_others_alone(site: Site, stranger: bool) -> None:
    if stranger:
        site.install("mine", source("mine"))
    script = """
        import sys
        from tier2_io.plugins.installed import installed_registry
        print(*sorted(installed_registry().missions), "importlib.metadata" in sys.modules)
    """
    mine = "mine " if stranger else ""
    assert site.python(script) == f"daily_loop echo {mine}run_tests {stranger}\n"
