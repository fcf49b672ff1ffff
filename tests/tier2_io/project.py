"""A project of somebody's, and pytest run in it: a real process that knows nothing of our own settings."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import attrs

from tests.processes import HANG
from tests.site import Site

Done = subprocess.CompletedProcess[str]


@attrs.frozen
class Project:
    """A directory with files, and a ``site`` with what is installed beside tier2."""

    path: Path
    site: Site

    @classmethod
    def begun(cls, place: Path) -> Project:
        """A project below ``place``, with nothing in it but the settings that make it one."""
        made = cls(place / "project", Site(place / "site"))
        made.path.mkdir()
        made.site.path.mkdir()
        made.write("pytest.ini", "[pytest]\n")
        return made

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.path / name
        path.write_text(dedent(text))
        return path

    def python(self, *arguments: str, **environment: str) -> Done:
        """Run Python in the project."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_") and name != "CI"}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.path,
            env={**kept, "PYTHONPATH": str(self.site.path), "COLUMNS": "200", **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG,
        )

    def pytest(self, *arguments: str, **environment: str) -> Done:
        """Run pytest in the project, without the plugins of ours that take long to load."""
        return self.python(
            "-m", "pytest", "-p", "no:hypothesispytest", "-p", "no:pytest_cov", *arguments, **environment
        )

    def outcomes(self, *arguments: str) -> dict[str, str]:
        """The outcome of each node that pytest runs."""
        return outcomes(self.pytest("-rA", *arguments))


def outcomes(done: Done) -> dict[str, str]:
    """What ``-rA`` says: the outcome of each node."""
    told = re.findall(r"^(PASSED|FAILED|ERROR) (.*?)(?: - .*)?$", done.stdout, re.MULTILINE)
    return {node: outcome for outcome, node in told}


def wanted(id_: str, scenario: str = "one", **more: Any) -> dict[str, Any]:
    """An expectation that holds, unless ``more`` says otherwise."""
    base = {"mission_name": "echo", "path": "final_state.n", "op": "eq", "expected": 1}
    return {"id": id_, "scenario_name": scenario, **base, **more}


def scenario(name: str = "one", mission: str = "echo", **params: str) -> dict[str, Any]:
    """A scenario with one mission."""
    return {"scenario_name": name, "initial_state": {"n": 1}, "missions": [{"name": mission, "params": params}]}


def suite(*expectations: dict[str, Any], scenarios: Any = None, **more: Any) -> str:
    """A test document."""
    scenarios = [scenario()] if scenarios is None else scenarios
    return json.dumps({"suite_name": "s", "scenarios": scenarios, "expectations": expectations, **more})
