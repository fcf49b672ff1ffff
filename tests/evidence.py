"""What the source defines and what the tests hold it to, both read from syntax trees: no list is kept by hand.

A word in a comment, a docstring or a name is no evidence. What counts is what would make a test fail: an exception in
``pytest.raises``, a text that is asserted or that a test is parametrized with, the arguments of a command that is run.
"""

from __future__ import annotations

import argparse
import ast
import json
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tier2_core
from tier2_io.cli.arguments import parser

TESTS = Path(__file__).parent
ROOT = TESTS.parent
PACKAGES = Path(tier2_core.__file__).parents[1]
OURS = {"evidence.py", "test_completeness.py", "test_docs.py"}  # which tell of everything, and hold it to nothing


@lru_cache
def tests() -> dict[Path, ast.Module]:
    """The syntax tree of each module of tests."""
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(TESTS.rglob("*.py")) if path.name not in OURS}


@lru_cache
def source(package: str) -> tuple[ast.AST, ...]:
    """All nodes of all modules of a package of the product, docstrings left out."""
    nodes = [
        node
        for path in sorted((PACKAGES / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    ]
    docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return tuple(node for node in nodes if id(node) not in docs)


def texts(node: ast.AST) -> Iterator[str]:
    """The texts that are written somewhere in an expression."""
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def calls(nodes: Any, function: str) -> Iterator[ast.Call]:
    """The calls of a function, or of a method, by its last name."""
    for node in nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == function:
            yield node


def argument(call: ast.Call, place: int | None, name: str) -> ast.AST | None:
    """What a call is given for a parameter."""
    if place is not None and len(call.args) > place:
        return call.args[place]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def first_texts(nodes: Any, function: str) -> set[str]:
    """The texts, written out, that a function is given first."""
    return {
        text
        for call in calls(nodes, function)
        if call.args and isinstance(call.args[0], ast.Constant)
        for text in texts(call.args[0])
    }


# --- what tests hold to -------------------------------------------------------------------------


@lru_cache
def raised() -> frozenset[str]:
    """The names of the exceptions that some test expects to be raised."""
    found = set()
    for tree in tests().values():
        for call in calls(ast.walk(tree), "raises"):
            for node in ast.walk(call.args[0]) if call.args else ():
                if isinstance(node, ast.Name | ast.Attribute):
                    found.add(node.id if isinstance(node, ast.Name) else node.attr)
    return frozenset(found)


@lru_cache
def asserted() -> frozenset[str]:
    """The texts that are asserted, that a test is parametrized with, or that stand in the vectors that tests run."""
    found: set[str] = set()
    for tree in tests().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert):
                found.update(texts(node.test))
        for call in calls(ast.walk(tree), "parametrize"):
            found.update(texts(call))
    for path in (TESTS / "vectors").rglob("*.json"):
        with suppress(ValueError, RecursionError):  # some are no JSON, on purpose
            found.update(_texts_of(json.loads(path.read_text("utf-8"), parse_int=str)))
    return frozenset(found)


def _texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts_of(one)


@lru_cache
def given_together() -> tuple[frozenset[str], ...]:
    """The words of each call, list and tuple in the tests: what a command is run with stands in one of them."""
    return tuple(
        frozenset(word.partition("=")[0] for text in texts(node) for word in text.split())
        for tree in tests().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call | ast.List | ast.Tuple)
    )


@lru_cache
def exit_codes_of_tests() -> frozenset[int]:
    """The exit codes that some test compares with what a command ended with."""
    found: set[int] = set()
    for tree in tests().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and ("returncode" in (told := ast.unparse(node)) or "main(" in told):
                found.update(
                    one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and type(one.value) is int
                )
    return frozenset(found)


# --- what there is ------------------------------------------------------------------------------


def commands() -> dict[tuple[str, ...], argparse.ArgumentParser]:
    """Every command of the command line, and every command of a command, by its words."""
    found: dict[tuple[str, ...], argparse.ArgumentParser] = {}

    def add(words: tuple[str, ...], of: argparse.ArgumentParser) -> None:
        if words:
            found[words] = of
        for action in of._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, sub in action.choices.items():
                    add((*words, name), sub)

    add((), parser())
    return {words: of for words, of in found.items() if find_spec(f"tier2_io.cli.{words[0].replace('-', '_')}")}


def options(of: argparse.ArgumentParser) -> list[str]:
    """The options of a command, long and short."""
    return sorted({option for action in of._actions for option in action.option_strings} - {"-h", "--help"})


def choices(of: argparse.ArgumentParser) -> list[str]:
    """The words among which an argument of a command is chosen."""
    return [
        word
        for action in of._actions
        if action.choices and not isinstance(action, argparse._SubParsersAction)
        for word in action.choices
    ]
