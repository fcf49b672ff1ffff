"""What there is, is in the manual; what the manual says of operations is what happens."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

import tier2_core
from tier2_core import BUILTINS, errors
from tier2_io.cli.arguments import parser

DOCS = Path(__file__).parents[1] / "docs"
MANUAL = (DOCS / "manual.md").read_text()
ERRORS = sorted(
    name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)
)


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


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_public_and_in_the_manual(name: str) -> None:
    assert name in tier2_core.__all__
    assert f"`{name}`" in MANUAL


def test_every_command_option_and_exit_code_is_in_the_manual() -> None:
    told = parser().format_help()
    commands = re.findall(r"^    ([a-z]+) ", told, re.MULTILINE)
    assert commands
    for command in commands:
        assert f"`tier2 {command}" in MANUAL, command
        arguments = [command, "--help"]
        with pytest.raises(SystemExit):
            parser().parse_args(arguments)
    options = {option for action in _actions() for option in action}
    missing = sorted(option for option in options - {"-h", "--help", "--version"} if f"`{option}" not in MANUAL)
    assert missing == []
    for code in re.findall(r"\b(\d+) [a-z]", told.split("exit codes:")[1]):
        assert f"| {code} |" in MANUAL


def _actions() -> list[tuple[str, ...]]:
    found = []
    for action in parser()._actions:
        found.append(tuple(action.option_strings))
        for sub in (getattr(action, "choices", None) or {}).values():
            found += [tuple(one.option_strings) for one in sub._actions]
    return found


@pytest.mark.parametrize("name", ["tier2_missions", "tier2_operations", "tier2.missions"])
def test_every_hook_and_the_entry_point_group_are_in_the_manual(name: str) -> None:
    assert name in MANUAL
