"""What the README and the manual show is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MANUAL = (ROOT / "docs/manual.md").read_text()


def _blocks(language: str, text: str = README) -> list[str]:
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for name, block in fences if name == language]


def test_the_first_mission_prints_what_the_readme_says(tmp_path: Path) -> None:
    program, printed = _blocks("python")[0], _blocks("")[1]
    (tmp_path / "greetings.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "greetings.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == (printed, "")


@pytest.mark.parametrize("program", _blocks("python", MANUAL))
def test_the_programs_of_the_manual_run(program: str) -> None:
    exec(compile(program, "manual.md", "exec"), {"__name__": "manual"})


def test_there_are_exactly_two_set_up_commands() -> None:
    assert len(_blocks("sh")) == 2
