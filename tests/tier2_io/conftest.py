"""The command line as people run it: a real process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import HANG
from tests.tier2_io.project import Project

TIER2 = str(Path(sys.executable).with_name("tier2"))


def hears_interrupts() -> None:
    """For a child process: what is started in the background may be deaf to interrupts, and children inherit it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


Tier2 = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def tier2(tmp_path: Path) -> Tier2:
    """Run ``tier2`` in a directory of its own; gives what it printed and its exit code."""

    def run(*arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [TIER2, *arguments],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG,
            env={**os.environ, **(env or {})},
        )

    return run


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of somebody's, in which pytest is run."""
    return Project.begun(tmp_path)
