"""Suites as pytest collects and runs them: a file, its suite, the scenarios, and an item for each expectation.

A scenario is run when the first of its expectations is, and once, in whatever order pytest comes to them.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from tier2_core import (
    ExpectationResult,
    MissionExpectation,
    Registry,
    ScenarioSuiteResult,
    SuiteExpectationsDefinition,
    Tier2Error,
    evaluate_expectations,
    scenarios_of,
)
from tier2_io.documents.files import FileProblem
from tier2_io.plugins.installed import installed_registry
from tier2_io.screen import safe
from tier2_io.suites import running
from tier2_io.suites.pytest_warning import Tier2Warning
from tier2_io.suites.running import failure_lines, failure_summary, read_suite, run_one

_REGISTRY = pytest.StashKey[Registry]()


def installed(config: pytest.Config) -> Registry:
    """The installed missions and operations, loaded once a session; a plugin that is broken is warned of."""
    if _REGISTRY not in config.stash:
        known = installed_registry()
        for failure in known.failures:
            warnings.warn(Tier2Warning(safe(f"a plugin was left out: {failure}")), stacklevel=2)
        config.stash[_REGISTRY] = known  # not before: who makes errors of warnings is to have one in every test
    return config.stash[_REGISTRY]


def part(name: str) -> str:
    r"""A name as a part of a node id: printable, free of what pytest splits ids at, and another for another name.

    pytest puts the id of each test into the environment, which holds only what the file system's encoding has.

    >>> print(part("tasks[0]::done\n"))
    tasks\x5b0]:\x3adone\n
    """
    encoding = sys.getfilesystemencoding()
    text = safe(name.replace("\\", "\\\\")).replace("[", r"\x5b")
    text = text.encode(encoding, "backslashreplace").decode(encoding)
    return re.sub(r"^:|(?<=:):|:$", r"\\x3a", text)


def _lines(text: str) -> str:
    return "\n".join(map(safe, text.split("\n")))


class SuiteFile(pytest.File):
    """A test document; what is wrong with it is an error of collecting it, and other files are collected."""

    def collect(self) -> Iterator[Suite]:
        """Read the suite, and warn of fields that mean nothing."""
        self.add_marker("tier2")
        path = os.path.relpath(self.path)
        doubts: list[str] = []
        try:
            suite = read_suite(path, doubts.append)
            for doubt in doubts:
                self.warn(Tier2Warning(doubt))
        except FileProblem as error:
            raise self.CollectError("\n".join([_lines(str(error)), *doubts])) from None
        except Tier2Warning as error:
            raise self.CollectError(str(error)) from None
        yield Suite.from_parent(self, name=part(suite.definition.suite_name), suite=suite)


class Suite(pytest.Collector):
    """The suite of a file. It runs its scenarios, each once, in whatever order pytest comes to their expectations."""

    def __init__(self, *, suite: running.Suite, **more: Any) -> None:
        super().__init__(**more)
        self.suite = suite
        self.scenarios = scenarios_of(suite.definition)
        self.wanted: dict[str, list[MissionExpectation]] = {name: [] for name in self.scenarios}
        for expectation in suite.expectations.expectations:
            self.wanted.setdefault(expectation.scenario_name, []).append(expectation)
        self._outcomes: dict[str, Mapping[str, ExpectationResult] | str] = {}

    def collect(self) -> Iterator[Scenario]:
        """The scenarios that expectations name, whether they are there or not."""
        for name, wanted in self.wanted.items():
            if wanted:
                yield Scenario.from_parent(self, name=part(name), scenario_name=name, wanted=wanted)

    def setup(self) -> None:
        """Run the scenarios that no expectation names: it must be possible to run them, and that is all."""
        for name, wanted in self.wanted.items():
            if not wanted:
                self.outcomes(name)

    def outcomes(self, name: str) -> Mapping[str, ExpectationResult]:
        """How the expectations of a scenario came out, by id; what cannot be run fails in tier2's words."""
        if name not in self._outcomes:
            try:
                self._outcomes[name] = self._run(name)
            except (Tier2Error, Tier2Warning) as error:
                self._outcomes[name] = _lines(str(error))
        found = self._outcomes[name]
        if isinstance(found, str):
            pytest.fail(found, pytrace=False)
        return found

    def _run(self, name: str) -> Mapping[str, ExpectationResult]:
        results = {}
        if name in self.scenarios:
            results[name] = run_one(self.suite, name, installed(self.config))
        found = evaluate_expectations(
            ScenarioSuiteResult(self.suite.definition.suite_name, results),
            SuiteExpectationsDefinition(self.wanted[name]),
        )
        return found.expectation_results


class Scenario(pytest.Collector):
    """What is expected of one scenario."""

    parent: Suite

    def __init__(self, *, scenario_name: str, wanted: Sequence[MissionExpectation], **more: Any) -> None:
        super().__init__(**more)
        self.scenario_name = scenario_name
        self.wanted = wanted

    def collect(self) -> Iterator[Expectation]:
        """An item for each expectation."""
        for wanted in self.wanted:
            yield Expectation.from_parent(self, name=part(wanted.id), wanted=wanted)

    def setup(self) -> None:
        """Run the scenario, so that what cannot be run is an error rather than a failure."""
        self.outcomes()

    def outcomes(self) -> Mapping[str, ExpectationResult]:
        """How the expectations came out, by id."""
        return self.parent.outcomes(self.scenario_name)


class _Missed(Exception):
    """An expectation does not hold."""


class Expectation(pytest.Item):
    """An expectation: it passes if it holds."""

    parent: Scenario

    def __init__(self, *, wanted: MissionExpectation, **more: Any) -> None:
        super().__init__(**more)
        self.wanted = wanted

    @property
    def outcome(self) -> ExpectationResult:
        """How it came out."""
        return self.parent.outcomes()[self.wanted.id]

    def runtest(self) -> None:
        """Fail if it does not hold."""
        if not self.outcome.passed:
            raise _Missed("\n".join(failure_lines(self.wanted, self.outcome)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the command line says of it, and for the summary one line, at the file rather than at our code."""
        if not isinstance(excinfo.value, _Missed):
            return super().repr_failure(excinfo, style)
        told = excinfo.getrepr(style="value")
        if told.reprcrash is not None:
            told.reprcrash.path, told.reprcrash.lineno = str(self.path), 1
            told.reprcrash.message = failure_summary(self.wanted, self.outcome)
        return told

    def reportinfo(self) -> tuple[os.PathLike[str], None, str]:
        """The file, and a heading for what is reported."""
        return self.path, None, ": ".join((self.parent.parent.name, self.parent.name, self.name))
