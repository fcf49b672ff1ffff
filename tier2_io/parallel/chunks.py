"""What a worker is given and sends back: scenarios with their expectations, and what came out of them.

Both are handed over as they are to a worker in this process. To another one they go as plain data, which pickles many
times faster than persistent maps do; the results themselves stay where they were made, unless they are asked for.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from importlib import import_module
from typing import Any

from attrs import frozen

from tier2_core import (
    Decision,
    ExpectationResult,
    InvalidSpecError,
    MissionCall,
    MissionExpectation,
    PluginError,
    Registry,
    ScenarioDefinition,
    ScenarioResult,
    ScenarioSuiteResult,
    Tier2Error,
    errors,
    load_registry,
    same,
    thaw,
)
from tier2_core.missions.announced import announced
from tier2_core.missions.planning import HasMissions, Plans
from tier2_core.scenarios.expectations import evaluations
from tier2_core.scenarios.harness import scenario_run


@frozen(eq=False)
class Known:
    """The registry that a worker runs missions of; in another process it is loaded anew, from what is installed."""

    registry: HasMissions

    def __reduce__(self) -> tuple[Any, ...]:
        recipe = self._recipe
        return (Known, (self.registry,)) if recipe is None else (Reloaded, (*recipe,))

    @cached_property
    def _recipe(self) -> tuple[tuple[str, ...], tuple[str, ...], str] | None:
        """The fields of :class:`Reloaded`, found out once: distributions are searched for them."""
        known = self.registry
        if not isinstance(known, Registry):
            return None
        installed = {one.plugin if isinstance(one, PluginError) else one.name for one in announced()}
        names = {plugin.name for plugin in known.plugins}
        modules = sorted(names - installed)
        for name in modules:
            if name not in sys.modules:
                raise InvalidSpecError(
                    f"The plugin '{name}' was handed over as an object, and is not known in other processes; "
                    "install it or hand over its module, or use an executor of threads.",
                    field="registry",
                )
        # Those that were left out fail there as well, so that messages tell of them.
        names |= {failure.plugin for failure in known.failures} & installed
        return tuple(sorted(names)), tuple(modules), known.fingerprint


@frozen
class Reloaded:
    """The registry of another process, by the names of its plugins and by its fingerprint."""

    names: tuple[str, ...]
    modules: tuple[str, ...]
    fingerprint: str

    @property
    def registry(self) -> HasMissions:
        """The registry, loaded once in each process; :class:`PluginError` if it is another than it was there."""
        return _loaded(self)


@lru_cache(maxsize=8)
def _loaded(wanted: Reloaded) -> Registry:
    modules = [import_module(name) for name in wanted.modules]
    loaded = load_registry(modules, only=wanted.names, strict=False)
    if loaded.fingerprint != wanted.fingerprint:
        raise PluginError(
            "A worker process has found other plugins than the process that started it; expected the same: "
            "the same environment and path, and plugins that bring the same whenever they are loaded."
        )
    return loaded


@frozen(eq=False)
class Chunk:
    """Scenarios of one suite, and those of its expectations that are about them."""

    scenarios: Sequence[ScenarioDefinition]
    expectations: Sequence[MissionExpectation]
    known: Known | Reloaded
    whole: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        # A state that scenarios share is sent, and frozen, once.
        states: dict[int, Any] = {id(one.initial_state): one.initial_state for one in self.scenarios}
        plain = {key: thaw(state) for key, state in states.items()}
        scenarios = [
            (one.scenario_name, id(one.initial_state), [call.to_dict() for call in one.missions], one.chained)
            for one in self.scenarios
        ]
        expectations = [one.to_dict() for one in self.expectations]
        return _chunk, (plain, scenarios, expectations, self.known, self.whole)


def _chunk(
    plain: dict[int, Any], scenarios: list[Any], expectations: list[dict[str, Any]], known: Any, whole: bool
) -> Chunk:
    first: dict[int, Any] = {}
    made = []
    for name, state, calls, chained in scenarios:
        one = ScenarioDefinition(name, first.get(state, plain[state]), [_call(call) for call in calls], chained)
        first[state] = one.initial_state
        made.append(one)
    return Chunk(made, [MissionExpectation(**one) for one in expectations], known, whole)


def _call(plain: dict[str, Any]) -> MissionCall:
    decisions = plain.pop("decisions")
    return MissionCall(**plain, decisions=decisions and [Decision(**decision) for decision in decisions])


@frozen(eq=False)
class Failure:
    """The error that a chunk ended with, and where: at a scenario or, once all had run, at an expectation."""

    error: BaseException
    place: int
    evaluating: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        cause = self.error.__cause__
        return _failure, (portable(self.error), cause and portable(cause), self.place, self.evaluating)


def _failure(error: BaseException, cause: BaseException | None, place: int, evaluating: bool) -> Failure:
    error.__cause__ = cause
    return Failure(error, place, evaluating)


def portable(error: BaseException) -> BaseException:
    """The error, or one of tier2's that says the same if somebody has made a class of it that cannot be sent.

    Where an error that is not tier2's own was raised is noted in it, as its traceback does not leave the process.
    """
    import pickle  # only what goes wrong in another process needs these
    import traceback

    if not isinstance(error, Tier2Error) and error.__traceback__ is not None:
        error.add_note("".join(traceback.format_exception(error, chain=False)))
    with suppress(Exception):  # whatever it is that somebody's class raises
        if type(pickle.loads(pickle.dumps(error))) is type(error):  # noqa: S301 - it was made here
            return error
    own = next((kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__), None)
    made: BaseException = RuntimeError(errors.described(error)) if own is None else own(str(error))
    for note in getattr(error, "__notes__", ()):
        made.add_note(note)
    return made


@frozen(eq=False)
class Done:
    """What came out of a chunk: the scenarios' hashes and how the expectations came out, or the first failure."""

    scenario_hashes: Sequence[str] = ()
    outcomes: Sequence[ExpectationResult | _Told] = ()
    results: Sequence[ScenarioResult] | None = None
    failure: Failure | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        outcomes = [_told(one) if type(one) is ExpectationResult else one for one in self.outcomes]
        results = None if self.results is None else [_texts(result) for result in self.results]
        return _done, (self.scenario_hashes, outcomes, results, self.failure)


_Told = str | tuple[str, bool, Any, dict[str, Any]]
"""What another process tells of an outcome: its hash, and how it came out unless that is as it was expected."""


def _told(outcome: ExpectationResult) -> _Told:
    actual = outcome.actual
    if outcome.passed and same(actual, outcome.expected):
        return outcome.hash
    return outcome.hash, outcome.passed, actual, outcome.details


def came_out(outcome: ExpectationResult | _Told, wanted: MissionExpectation) -> ExpectationResult:
    """How an expectation came out, wherever it did."""
    if isinstance(outcome, ExpectationResult):
        return outcome
    if isinstance(outcome, str):
        known, made = outcome, ExpectationResult(wanted.id, True, wanted.expected, wanted.expected)
    else:
        known, passed, actual, details = outcome
        made = ExpectationResult(wanted.id, passed, actual, wanted.expected, details)
    object.__setattr__(made, "hash", known)  # it was worked out where the outcome was
    return made


def _texts(result: ScenarioResult) -> tuple[str, dict[str, bytes], dict[str, Any]]:
    texts = {label: json.dumps(one.to_dict()).encode() for label, one in result.mission_results.items()}
    return result.scenario_name, texts, result.metadata


def _done(hashes: Sequence[str], outcomes: Sequence[_Told], results: Any, failure: Failure | None) -> Done:
    if results is not None:
        results = [
            ScenarioResult(name, {label: StoredResult(text) for label, text in texts.items()}, metadata)
            for name, texts, metadata in results
        ]
    return Done(hashes, outcomes, results, failure)


@frozen
class StoredResult:
    """A mission's result that was made in another process, as its JSON text."""

    text: bytes

    def to_dict(self) -> dict[str, Any]:
        """The result as fresh plain data."""
        plain: dict[str, Any] = json.loads(self.text)
        return plain


def evaluated(chunk: Chunk, tell: Callable[[str], None] | None = None) -> Done:
    """Run a chunk's scenarios and evaluate its expectations; ``tell`` is told of each mission before it is planned.

    What a scenario or an expectation raises is in the failure; what is wrong with the registry is raised.
    """
    known = chunk.known.registry
    if tell is not None:
        known = _Announcing(known, tell)
    plans = Plans(known)
    results: dict[str, ScenarioResult] = {}
    outcomes: list[ExpectationResult] = []
    try:
        for scenario in chunk.scenarios:
            results[scenario.scenario_name] = scenario_run(scenario, plans)
        suite = ScenarioSuiteResult("", results)
        outcomes.extend(evaluations(suite, chunk.expectations))
    except Exception as error:  # noqa: BLE001 - which error is the first one, only the whole suite can tell
        evaluating = len(results) == len(chunk.scenarios)
        return Done(failure=Failure(error, len(outcomes) if evaluating else len(results), evaluating))
    # Now, where the work is: whoever puts the parts together needs them all.
    hashes = [result.hash for result in results.values()]
    for outcome in outcomes:
        outcome.hash  # noqa: B018
    return Done(hashes, outcomes, list(results.values()) if chunk.whole else None)


@frozen(eq=False)
class _Announcing:
    """A registry that tells of each mission that is asked for."""

    known: HasMissions
    tell: Callable[[str], None]

    @property
    def operations(self) -> Mapping[str, Any]:
        return self.known.operations

    def get(self, name: str) -> Any:
        entry = self.known.get(name)
        self.tell(name)
        return entry
