"""A peer as a contender, and the environment that it is installed into."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from functools import cached_property
from pathlib import Path
from typing import Any

from attrs import define

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".nox" / "peers"

REQUIREMENTS = {"langgraph": "langgraph>=1.0", "burr": "burr>=0.40", "spiff": "SpiffWorkflow>=3.1"}
"""The peers, and what is installed for each."""


def environment(name: str) -> Path:
    """The Python of a peer's environment, which is made at the first time; the newest version that is found."""
    place = PLACE / name
    python = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    done = place / "installed.txt"
    if not done.exists():
        print(f"Installing {REQUIREMENTS[name]} into {place}", file=sys.stderr)
        venv.create(place, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", REQUIREMENTS[name]], check=True)
        done.write_text(subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout)
    return python


def installed(name: str) -> str:
    """The peer's requirement as it was met, as ``burr==0.42.0``."""
    wanted = REQUIREMENTS[name].partition(">")[0].lower()
    lines = (PLACE / name / "installed.txt").read_text().splitlines()
    return next(line for line in lines if line.lower().startswith(f"{wanted}=="))


@define(slots=False)
class Peer:
    """One peer, as something that can be measured; ``stop`` ends its process."""

    peer: str
    unit: str = "s"
    number: int = 1

    @property
    def name(self) -> str:
        return installed(self.peer)

    @cached_property
    def _process(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(environment(self.peer)), "-m", f"benchmarks.peers.{self.peer}_job"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @cached_property
    def result(self) -> dict[str, Any]:
        """The final state, which it prints before anything else."""
        made: dict[str, Any] = json.loads(self._answer())
        return made

    def warm_up(self, shortest: float) -> float:
        assert self.result
        self.sample()
        self.number = max(1, round(shortest / self.sample()))
        return self.sample() * self.number

    def sample(self) -> float:
        assert self._process.stdin
        self._process.stdin.write(f"{self.number}\n")
        self._process.stdin.flush()
        return float(self._answer())

    def stop(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        if self._process.stdout:
            self._process.stdout.close()
        self._process.wait()

    def _answer(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.peer} ended with {self._process.wait()}; it has said why")
        return line
