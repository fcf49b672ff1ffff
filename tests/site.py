"""Throw-away distributions: what somebody might have installed beside tier2."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import attrs

from tests.processes import HANG

PREFIX = "throwaway_"


@attrs.frozen
class Site:
    """A directory on the import path, with what was installed into it."""

    path: Path

    def module(self, name: str, source: str) -> None:
        """Write a module; its name begins with ``throwaway_``, so that it is forgotten afterwards."""
        assert name.startswith(PREFIX)
        (self.path / f"{name}.py").write_text(dedent(source), encoding="utf-8")
        importlib.invalidate_caches()

    def announce(self, distribution: str, version: str = "1.0", group: str = "tier2.missions", **plugins: str) -> None:
        """Write a ``dist-info`` that announces plugins: ``name="module"`` or ``name="module:attribute"``."""
        info = self.path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        points = "".join(f"{name} = {value}\n" for name, value in plugins.items())
        (info / "entry_points.txt").write_text(f"[{group}]\n{points}")
        importlib.invalidate_caches()

    def require(self, distribution: str, *requirements: str, version: str = "1.0") -> None:
        """Have an installed distribution require others, as pip writes it down."""
        path = self.path / f"{distribution.replace('-', '_')}-{version}.dist-info" / "METADATA"
        path.write_text(path.read_text() + "".join(f"Requires-Dist: {one}\n" for one in requirements))

    def install(
        self,
        plugin: str,
        source: str,
        *,
        distribution: str = "",
        version: str = "1.0",
        group: str = "tier2.missions",
    ) -> None:
        """A distribution ``dist-<plugin>`` with one plugin in a module of its own."""
        distribution = distribution or f"dist-{plugin}"
        module = f"{PREFIX}{distribution}_{plugin}".replace("-", "_")
        self.module(module, source)
        self.announce(distribution, version, group, **{plugin: module})

    def python(self, script: str, **environment: str) -> str:
        """What a script prints in a fresh process that has this directory on its path."""
        path = [str(self.path), *filter(None, [os.environ.get("PYTHONPATH")])]
        return subprocess.run(
            [sys.executable, "-c", dedent(script)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1", **environment},
            capture_output=True,
            check=True,
            timeout=HANG,
            encoding="utf-8",
        ).stdout
