"""The pytest plugin: ``*.tier2.toml`` and ``*.tier2.json`` are collected, and ordinary tests get fixtures.

pytest loads this module in every run, wherever tier2 is installed. So it imports nothing: what it needs of tier2 is
imported when the first such file is found, or the first of the fixtures is used.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tier2_io.suites.pytest_warning import Tier2Warning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tier2_core import OrchestrationResult, Registry

__all__ = ["Tier2Warning"]

ENDINGS = (".tier2.toml", ".tier2.json")


def pytest_configure(config: pytest.Config) -> None:
    """Make ``-m tier2`` known, which chooses the expectations of suites."""
    config.addinivalue_line("markers", "tier2: an expectation of a suite in a *.tier2.toml or *.tier2.json file.")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take the files that are ours."""
    if not file_path.name.endswith(ENDINGS):
        return None
    from tier2_io.suites.pytest_items import SuiteFile

    return SuiteFile.from_parent(parent, path=file_path)


@pytest.fixture(scope="session")
def registry(pytestconfig: pytest.Config) -> Registry:
    """The installed missions and operations of tier2; override it, and run_mission uses yours."""
    from tier2_io.suites.pytest_items import installed

    return installed(pytestconfig)


@pytest.fixture
def run_mission(registry: Registry) -> Callable[..., OrchestrationResult]:
    """The function of that name in tier2_core, with the missions of the fixture registry.

    As in ``run_mission("echo", params, initial_state).final_state``.
    """
    from tier2_core import run_mission as run

    return partial(run, registry=registry)
