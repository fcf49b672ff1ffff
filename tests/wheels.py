"""Wheels made by hand, and installed by pip without an index: real distributions, which need no network."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

from tests.processes import HANG

Plugins = Mapping[str, str]


def wheel(
    place: Path,
    name: str,
    modules: Mapping[str, str],
    plugins: Plugins,
    *,
    version: str = "1.0",
    requires: Sequence[str] = (),
) -> Path:
    """A wheel of a distribution with these modules (text by path), which announces these plugins."""
    stem = f"{name.replace('-', '_')}-{version}"
    requirements = "".join(f"Requires-Dist: {one}\n" for one in requires)
    points = "".join(f"{plugin} = {source}\n" for plugin, source in plugins.items())
    files = {
        **modules,
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requirements}",
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{stem}.dist-info/entry_points.txt": f"[tier2.missions]\n{points}",
    }
    record = f"{stem}.dist-info/RECORD"
    hashes = {
        path: urlsafe_b64encode(sha256(text.encode()).digest()).decode().rstrip("=") for path, text in files.items()
    }
    lines = [f"{path},sha256={hashes[path]},{len(text.encode())}\n" for path, text in files.items()]
    made = place / f"{stem}-py3-none-any.whl"
    with ZipFile(made, "w") as archive:
        for path, text in {**files, record: "".join([*lines, f"{record},,\n"])}.items():
            archive.writestr(path, text)
    return made


def wheel_of(project: Path, place: Path) -> Path:
    """A wheel of a project with a ``pyproject.toml`` and its modules below ``src``, as a build backend makes it."""
    told = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source = project / "src"
    modules = {path.relative_to(source).as_posix(): path.read_text(encoding="utf-8") for path in source.rglob("*.py")}
    points = told["entry-points"]["tier2.missions"]
    return wheel(place, told["name"], modules, points, version=told["version"], requires=told["dependencies"])


def install(target: Path, *wheels: Path) -> None:
    """Have pip install them into a directory, beside what is there."""
    options = ["--no-deps", "--no-index", "--no-compile", "--quiet", "--disable-pip-version-check", "--target"]
    command = [sys.executable, "-m", "pip", "install", *options, str(target), *map(str, wheels)]
    subprocess.run(command, check=True, capture_output=True, timeout=HANG)
