"""docs/design.md draws the rooms that there are, in the layers that the lint session holds."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.evidence import PACKAGES, ROOT

PAGE = (ROOT / "docs" / "design.md").read_text("utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
LAYERED = ("tier2_core", "tier2_io")


def rooms_of(package: Path) -> set[str]:
    """The packages and modules right below a package."""
    packages = {f"{package.name}/{path.parent.name}/" for path in package.glob("*/__init__.py")}
    return packages | {f"{package.name}/{path.name}" for path in package.glob("*.py") if path.name != "__init__.py"}


def drawn() -> dict[str, list[list[str]]]:
    """The layers of each package as they are drawn, from the top down; rooms on one line side by side."""
    (block,) = re.findall(r"^```text\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    found: dict[str, list[list[str]]] = {}
    layers: list[list[str]] = []
    for package, line in re.findall(r"^(\w*) *(.*)$", block, re.MULTILINE):
        layers = found.setdefault(package, []) if package else layers
        if line:
            layers.append(line.split(" | "))
    return found


def test_every_room_of_the_table_exists_and_every_room_that_exists_is_in_it() -> None:
    told = re.findall(r"^\| `([\w./]+)` \|", PAGE, re.MULTILINE)
    there = set().union(*(rooms_of(PACKAGES / package) for package in LAYERED)) | {"tier2_missions/"}
    assert sorted(told) == sorted(there)


def test_the_layers_that_are_drawn_are_those_that_the_lint_session_holds() -> None:
    held = {
        contract["containers"][0]: [layer.split(" | ") for layer in contract["layers"]]
        for contract in CONTRACTS
        if contract["type"] == "layers" and "containers" in contract
    }
    assert {package: layers for package, layers in drawn().items() if layers} == held
    assert set(held) == set(LAYERED)


def test_every_room_is_in_a_layer() -> None:
    for package in LAYERED:
        layered = {room for layer in drawn()[package] for room in layer}
        there = {room.split("/")[1].removesuffix(".py") for room in rooms_of(PACKAGES / package)}
        assert layered == there - {"version"}


def test_every_file_and_name_that_the_page_speaks_of_is_there() -> None:
    for path in re.findall(r"`((?:tier2_\w+|tests)/[\w/]+\.py)`", PAGE):
        assert (PACKAGES / path).exists() or (ROOT / path).exists(), path
    assert not [
        path for name in ("utils", "common", "base", "helpers") for path in PACKAGES.glob(f"tier2_*/**/{name}.py")
    ]
