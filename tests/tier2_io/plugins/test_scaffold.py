"""A new plugin: what is written, what is refused, and that it passes its tests; the same by hand, in the manual."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.missions.plugins import source
from tests.processes import HANG
from tests.site import Site
from tests.tier2_io.conftest import Tier2
from tests.wheels import install, wheel_of
from tier2_io.documents.files import FileProblem
from tier2_io.documents.writing import write_tree
from tier2_io.plugins.scaffold import LONGEST, NameProblem, contents, names_of

ROOT = Path(__file__).parents[3]
MANUAL = (ROOT / "docs/manual.md").read_text(encoding="utf-8")
FILES = ["README.md", "pyproject.toml", "src/x_y/__init__.py", "tests/test_x_y.py", "tests/x_y.tier2.toml"]


# --- names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "distribution", "module"),
    [
        ("demo", "demo", "demo"),
        ("Demo.Missions", "demo-missions", "demo_missions"),
        ("a__b-.-c", "a-b-c", "a_b_c"),
        ("x2", "x2", "x2"),
        ("match", "match", "match"),
        ("a" * LONGEST, "a" * LONGEST, "a" * LONGEST),
    ],
)
def test_a_name_is_written_as_tools_compare_it(text: str, distribution: str, module: str) -> None:
    names = names_of(text)
    assert (names.distribution, names.module) == (distribution, module)
    told = tomllib.loads(contents(names)["pyproject.toml"])["project"]
    assert (told["name"], told["entry-points"]) == (distribution, {"tier2.missions": {module: module}})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cannot be the name of a distribution"),
        ("-a", "cannot be the name of a distribution"),
        ("a-", "cannot be the name of a distribution"),
        ("a b", "cannot be the name of a distribution"),
        ("a/b", "cannot be the name of a distribution"),
        ("..", "cannot be the name of a distribution"),
        ("naïve", "cannot be the name of a distribution"),
        ("a\n", "cannot be the name of a distribution"),
        ("a" * (LONGEST + 1), "cannot be the name of a distribution"),
        ("3d-prints", "cannot be imported as '3d_prints'"),
        ("class", "cannot be imported as 'class'"),
        ("Import", "cannot be imported as 'import'"),
        ("json", "taken by a module of Python"),
        ("unittest", "taken by a module of Python"),
        ("test", "taken by a module of Python"),
        ("tier2", "taken by tier2"),
        ("Tier2-Core", "taken by tier2"),
        ("tier2.io", "taken by tier2"),
        ("tier2_missions", "taken by tier2"),
        ("builtin", "taken by tier2"),
        ("daily-loop", "taken by tier2"),
        ("echo", "taken by tier2"),
        ("attrs", "taken by a distribution"),
        ("pluggy", "taken by a distribution"),
        ("pytest", "taken by a distribution"),
        ("tests", "taken by a distribution"),
    ],
)
def test_a_name_that_is_none_or_is_taken_is_refused(text: str, says: str) -> None:
    with pytest.raises(NameProblem, match=re.escape(says)):
        names_of(text)


def test_the_name_of_another_installed_plugin_is_taken_and_one_s_own_is_not(site: Site) -> None:
    site.install("my_missions", source("mine"), distribution="somebody-else")
    with pytest.raises(NameProblem, match="the installed distribution 'somebody-else'"):
        names_of("my-missions")
    site.install("our_missions", source("ours"), distribution="Our.Missions")
    assert names_of("our-missions").module == "our_missions"


def test_what_is_installed_has_its_names(site: Site, tier2: Tier2) -> None:
    site.install("my_missions", source("mine"), distribution="somebody-else")
    env = {"PYTHONPATH": str(site.path)}
    done = tier2("plugins", "new", "mine", env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'mine' is taken by the mission of that name of the installed distribution 'somebody-else'" in done.stderr
    for name, says in (
        ("Somebody.Else", "an installed distribution of that name"),
        ("throwaway-somebody-else-my-missions", f"a module that Python finds already, in {site.path}"),
    ):
        with pytest.raises(NameProblem, match=re.escape(f"is taken by {says}")):
            names_of(name)
    site.install("our_missions", source("our_missions"), distribution="Our.Missions")
    assert tier2("plugins", "new", "our-missions", env=env).returncode == 0


def test_a_directory_of_that_name_is_no_module(site: Site) -> None:
    (site.path / "throwaway_plain").mkdir()
    assert names_of("throwaway-plain").module == "throwaway_plain"


# --- what is written -----------------------------------------------------------------------------------


def test_new_writes_a_directory_and_says_what_to_do_next(tier2: Tier2, tmp_path: Path) -> None:
    done = tier2("plugins", "new", "X.Y")
    assert (done.returncode, done.stderr) == (0, "")
    made = tmp_path / "x-y"
    assert sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()) == FILES
    for path, text in contents(names_of("x-y")).items():
        assert (made / path).read_bytes() == text.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["x-y"]
    assert all(path in done.stdout for path in FILES)
    assert "  cd x-y\n" in done.stdout
    called = re.search(r"  (\S+) -m pip install -e '.\[tests\]'\n", done.stdout)
    assert called is not None
    assert shutil.which(called[1]) == sys.executable
    told = json.loads(tier2("plugins", "new", "other", "--json").stdout)
    assert (told["plugin"], told["directory"], len(told["files"])) == ("other", "other", 5)
    following = json.loads(tier2("plugins", "--json", "new", "another").stdout)["next"]
    assert following[0] == "cd another"
    assert f"tier2 {following[-1].split('tier2 ')[1]}\n" in contents(names_of("another"))["README.md"]


def test_what_is_written_may_be_read_by_whom_the_umask_lets(tier2: Tier2, tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        tier2("plugins", "new", "demo")
    finally:
        os.umask(old)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("demo", "demo/README.md")] == [0o750, 0o640]


def test_nothing_is_overwritten_and_nothing_is_half_written(tier2: Tier2, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to("nowhere")
    before = sorted(tmp_path.rglob("*"))
    for arguments, says in (
        (["there"], "there is there already, and nothing is overwritten"),
        (["file"], "file is there already"),
        (["link"], "link is there already"),
        (["new", "--directory", "nowhere"], "is in a directory that does not exist"),
        (["new", "--directory", "file"], "is in a directory that does not exist"),
        (["no name"], "cannot be the name of a distribution"),
        (["a\x1b[31m"], "cannot be the name"),
    ):
        done = tier2("plugins", "new", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert says in done.stderr
        assert "\x1b" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before
    assert tier2("plugins", "new", "inside", "--directory", "there").returncode == 0
    assert (tmp_path / "there/inside/pyproject.toml").is_file()


def test_a_tree_that_cannot_be_written_whole_is_not_written_at_all(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="cannot be written"):
        write_tree(str(tmp_path / "tree"), {"a": "a file", "a/b": "one below it"})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a", "ab-cd", "a" * LONGEST])
def test_the_code_is_as_wide_as_formatters_have_it(name: str) -> None:
    for path, text in contents(names_of(name)).items():
        assert "$" not in text
        assert text.endswith("\n")
        if path.endswith(".py"):
            compile(text, path, "exec")
            assert max(map(len, text.splitlines())) <= 88


# --- what it is worth ----------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["generated", "the example"])
def test_without_the_plugin_its_tests_say_in_a_sentence_what_to_do(tier2: Tier2, tmp_path: Path, which: str) -> None:
    project = ROOT / "examples/plugin"
    if which == "generated":
        assert tier2("plugins", "new", "demo-missions").returncode == 0
        project = tmp_path / "demo-missions"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider"],
        cwd=project,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    assert done.returncode == 2
    name = next(path.name for path in (project / "src").iterdir())
    says = f"The plugin '{name}' is not installed; install it first: python -m pip install -e '.[tests]'"
    assert says in done.stdout.splitlines()


@pytest.mark.skipif(find_spec("pip") is None, reason="there is no pip")
@pytest.mark.parametrize("which", ["generated", "the example"])
def test_a_plugin_passes_its_tests_and_its_suite_as_it_is(tier2: Tier2, tmp_path: Path, which: str) -> None:
    project = ROOT / "examples/plugin"
    if which == "generated":
        assert tier2("plugins", "new", "demo-missions").returncode == 0
        project = tmp_path / "demo-missions"
    target = tmp_path / "site"
    install(target, wheel_of(project, tmp_path))
    env = {"PYTHONPATH": str(target), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": "-p no:cacheprovider -q"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "pyproject.toml"],
        cwd=project,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"^[1-9][0-9]* passed", done.stdout, re.MULTILINE)
    (suite,) = project.glob("tests/*.tier2.toml")
    assert tier2("test", str(suite), env=env).returncode == 0
    if which == "generated":
        (line,) = re.findall(r"^    tier2 (run .*)$", (project / "README.md").read_text(), re.MULTILINE)
        assert tier2(*line.split(), env=env).returncode == 0
        assert not list(tmp_path.glob("*.json"))
    listed = json.loads(tier2("plugins", "--json", env=env).stdout)
    name = next(path.name for path in (project / "src").iterdir())
    assert [plugin["plugin"] for plugin in listed["plugins"]][1:] == [name]
    checked = tier2("plugins", "check", name, env=env)
    assert checked.returncode == 0, checked.stdout


def test_the_manual_builds_by_hand_what_is_generated() -> None:
    chapter = MANUAL.split("\n## Writing a plugin\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^`([^`\n]+)`:\n\n```[a-z]+\n(.*?)^```$", chapter, re.DOTALL | re.MULTILINE)
    written = contents(names_of("petty-cash"))
    assert dict(blocks) == dict(written)
    assert len(blocks) == len(written)
