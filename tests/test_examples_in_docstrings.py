"""Every public name says what it is for, with an example that is run with the tests."""

from __future__ import annotations

import doctest
import inspect
from functools import lru_cache
from types import ModuleType
from typing import Any

import pytest

import tier2_core
from tier2_io import testing

# What can have no docstring of its own, or has one from elsewhere, and where it is told of instead.
EXEMPT = {
    "ALLOWED_KINDS": "a frozenset; in envelope.py",
    "Document": "a type; in seal.py",
    "State": "a type; in operations.py",
    "MAX_EFFECTS": "a number; in effects.py",
    "MAX_EFFECT_BYTES": "a number; in effects.py",
    "MAX_HUMAN_STEPS": "a number; in envelope.py",
    "MAX_TOTAL_STEPS": "a number; in envelope.py",
    "__version__": "a text; in version.py",
    "hookimpl": "made by pluggy; in hookspecs.py",
    "hookspec": "made by pluggy; in hookspecs.py",
    "BLIND": "a tuple of sentences; in testing.py",
}
PUBLIC = {name: getattr(tier2_core, name) for name in tier2_core.__all__} | {
    name: getattr(testing, name) for name in testing.__all__
}


@lru_cache
def examples_in(module: ModuleType) -> dict[str, int]:
    """How many lines of examples pytest finds, by the name of what they belong to."""
    return {test.name: len(test.examples) for test in doctest.DocTestFinder().find(module)}


@pytest.mark.parametrize("name", sorted(set(PUBLIC) - set(EXEMPT)))
def test_every_public_name_has_an_example_that_is_run(name: str) -> None:
    # The two values that are instances are told of by their classes.
    home: Any = PUBLIC[name] if hasattr(PUBLIC[name], "__name__") else type(PUBLIC[name])
    module = inspect.getmodule(inspect.unwrap(home))
    assert module is not None
    assert examples_in(module)[f"{module.__name__}.{home.__name__}"]


def test_nothing_is_exempt_that_is_not_there() -> None:
    assert set(EXEMPT) <= set(PUBLIC)
    assert not [name for name in EXEMPT if inspect.isclass(PUBLIC[name]) or inspect.isfunction(PUBLIC[name])]
