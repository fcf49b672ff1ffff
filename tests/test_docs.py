"""What the README and the pages under docs show is what happens: programs, suites, commands and what they print."""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from attrs import frozen

from benchmarks.__main__ import parser as benchmarks_parser
from tests.evidence import ROOT
from tests.processes import HANG
from tier2_core import BUILTINS
from tier2_io.cli.arguments import parser

DOCS = ROOT / "docs"
PAGES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")), *sorted(DOCS.glob("*.md"))]
PROGRAMS = Path(sys.executable).parent


@frozen
class Block:
    """A block of code in a page; ``file`` is the name that stands before it, if it is one of a plugin's files."""

    page: str
    line: int
    language: str
    file: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(path: Path) -> list[Block]:
    text = path.read_text("utf-8")
    found = re.finditer(r"(?:^`([\w./]+)`:\n\n)?^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [Block(path.name, text.count("\n", 0, one.start(3)), one[2], one[1] or "", one[3]) for one in found]


BLOCKS = [block for path in PAGES for block in blocks_of(path)]
# What `tier2 plugins new` writes is the plugin chapter's files: tests/tier2_io/plugins/test_scaffold.py runs them.
PYTHON = [block for block in BLOCKS if block.language == "python" and not block.file]
SUITES = [block for block in BLOCKS if block.language == "toml" and "suite_name" in block.text and not block.file]
CONSOLE = [page.name for page in PAGES if any(block.language == "console" for block in blocks_of(page))]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory as of somebody who has the examples."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "tests").mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\n")  # a project of its own, wherever temporary directories are
    return tmp_path


def shell(command: list[str], place: Path) -> subprocess.CompletedProcess[str]:
    """A command, run where the programs of this environment are found; both outputs in the order of a terminal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    env = {**kept, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
    return subprocess.run(
        command, cwd=place, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False, timeout=HANG,
    )  # fmt: skip


def test_there_is_something_of_everything() -> None:
    assert {block.page for block in PYTHON} == {"README.md", "manual.md", "design.md"}
    assert SUITES
    assert set(CONSOLE) == {"README.md", "manual.md"}


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_a_program_runs(place: Path, block: Block) -> None:
    is_test = "\ndef test_" in f"\n{block.text}"
    (place / "test_shown.py").write_text(block.text, encoding="utf-8")
    command = [sys.executable, *(["-m", "pytest", "-q", "-p", "no:cacheprovider"] if is_test else []), "test_shown.py"]
    done = shell(command, place)
    assert done.returncode == 0, done.stdout
    following = BLOCKS[BLOCKS.index(block) + 1]
    if is_test:
        assert "1 passed" in done.stdout
    elif "print(" in block.text:
        assert done.stdout == following.text
    else:
        assert done.stdout == ""


@pytest.mark.parametrize("block", SUITES, ids=str)
def test_a_suite_passes(place: Path, block: Block) -> None:
    (place / "shown.toml").write_text(block.text, encoding="utf-8")
    done = shell(["tier2", "test", "shown.toml"], place)
    assert (done.returncode, "warning" in done.stdout) == (0, False), done.stdout


@pytest.mark.parametrize("page", CONSOLE)
def test_commands_print_what_the_page_shows(place: Path, page: str) -> None:
    """All commands of a page, one after the other in one directory; ``...`` stands for what is left out.

    ``--seen DIGEST`` is with the digest that was printed last, as a reader has it.
    """
    checker, digest = doctest.OutputChecker(), "DIGEST"
    for block in [block for block in BLOCKS if (block.page, block.language) == (page, "console")]:
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
            done = shell(["sh", "-c", command.replace("--seen DIGEST", f"--seen {digest}")], place)
            digest = ([digest, *re.findall(r"--seen ([0-9a-f]{64})", done.stdout)])[-1]
            code = re.search(r"# .*\bexit code (\d+)", command)
            assert done.returncode == (int(code[1]) if code else 0), f"{command}\n{done.stdout}"
            printed = "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
            wanted, got = (re.sub(r"in \d+\.\d+s", "in a moment", text) for text in (shown, printed))
            assert not shown or checker.check_output(wanted, got, doctest.ELLIPSIS), f"{command}\n{printed}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_whatever_command_is_shown_is_one(path: Path) -> None:
    for block in blocks_of(path):
        for line in block.text.splitlines():
            command = re.match(r"(?:\$ )?(tier2|nox -s bench --) (.*)", line)
            if command is None or block.language not in ("", "sh", "console"):
                continue
            words = shlex.split(re.split(r" {2,}| && |; ", command[2])[0], comments=True)  # then comes what it does
            (parser() if command[1] == "tier2" else benchmarks_parser()).parse_args(words)


def test_the_readme_has_exactly_two_commands_to_set_up() -> None:
    assert [block.page for block in BLOCKS if block.language == "sh"].count("README.md") == 2


def test_the_contents_of_the_manual_are_its_chapters() -> None:
    text = (DOCS / "manual.md").read_text("utf-8")
    chapters = re.findall(r"^## (.+)$", text, re.MULTILINE)
    listed = re.findall(r"^- \[(.+?)\]\(#", text.split("\n## ")[0], re.MULTILINE)
    assert listed == chapters


@pytest.mark.parametrize("path", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text):
        page = path.parent / target if target else path
        assert page.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}, anchor


# --- the page of operations, which is made -------------------------------------------------------


def _reference() -> str:
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.page())


def test_the_page_of_operations_is_what_the_table_says() -> None:
    assert (DOCS / "operations.md").read_text() == _reference()


def test_the_page_tells_of_every_operation_and_of_no_other() -> None:
    told = tomllib.loads((DOCS / "operations.toml").read_text())
    assert sorted(told) == sorted(BUILTINS.operations)
    assert re.findall(r"^## `(.+)`$", (DOCS / "operations.md").read_text(), re.MULTILINE) == sorted(told)
