"""Expectations: what a suite's results should be like, declared as data and evaluated purely."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from attrs import field, frozen
from pyrsistent import PMap

from tier2_core.errors import MOST_TOLD, InvalidSpecError, cut, first_told
from tier2_core.scenarios import plain
from tier2_core.scenarios.suite import ScenarioSuiteResult
from tier2_core.values.canonical import LISTED, canonical_text, digest_around, text_digest
from tier2_core.values.fields import (
    Wrong,
    document,
    exact,
    expect,
    flag,
    named,
    object_,
    read_only,
    repeated,
    shown,
    text,
    tuple_of,
    with_prefix,
    wrong,
)
from tier2_core.values.freeze import same
from tier2_core.values.paths import follow, format_pointer, parse_path, resolve_path
from tier2_core.values.predicates import TYPE_ERROR, check_predicate, missed, type_error_message
from tier2_core.values.scalars import quote
from tier2_core.values.schema import schema_problems
from tier2_core.values.words import several
from tier2_core.workflow.result import OrchestrationResult
from tier2_core.workflow.specs import NOTHING, by_construction
from tier2_core.workflow.trace import Run


@frozen(field_transformer=named)
class MissionExpectation:
    """What is expected at ``path`` in a mission's ``result.to_dict()``.

    ``mission_name`` is the label of the mission's call (its name, if it has no other). ``op`` is one of ``eq``,
    ``ne``, ``gt``, ``ge``, ``lt``, ``le``, ``exists``, ``absent``, ``contains``, ``in`` and ``matches`` (a JSON
    Schema). Raises :class:`InvalidSpecError` for another, and for a path or schema that is malformed.

    >>> MissionExpectation("done", "monday", "echo", "status", "eq", "succeeded").op
    'eq'
    """

    id: str = field(converter=text)
    scenario_name: str = field(converter=text)
    mission_name: str = field(converter=text)
    path: str = field(converter=text)
    op: str = field(converter=text)
    expected: Any = field(default=None, converter=document, eq=exact, repr=shown)

    __reduce__ = by_construction

    def __attrs_post_init__(self) -> None:
        try:
            parse_path(self.path)
        except ValueError as error:
            raise InvalidSpecError(f"MissionExpectation: {error}", field="path") from None
        try:
            check_predicate(self.op, self.expected)
        except InvalidSpecError as error:
            raise InvalidSpecError(with_prefix(error, f"MissionExpectation '{cut(self.id)}'")
                                   if error.field != "op" else str(error), field=error.field) from None  # fmt: skip

    to_dict = plain.to_dict

    @cached_property
    def hash(self) -> str:
        """The digest of :meth:`to_dict` under the tag ``tier2/expectation/v1``, computed once."""
        return text_digest(
            f'{{"expected":{canonical_text(self.expected)},"id":{quote(self.id)},'
            f'"mission_name":{quote(self.mission_name)},"op":{quote(self.op)},"path":{quote(self.path)},'
            f'"scenario_name":{quote(self.scenario_name)}}}',
            "tier2/expectation/v1",
        )


def _expectations(value: Any) -> tuple[MissionExpectation, ...]:
    return tuple_of(MissionExpectation, value)


@frozen(field_transformer=named)
class SuiteExpectationsDefinition:
    """Expectations with unique ids.

    >>> done = MissionExpectation("done", "monday", "echo", "status", "eq", "succeeded")
    >>> SuiteExpectationsDefinition([done]).expectations[0].id
    'done'
    """

    expectations: tuple[MissionExpectation, ...] = field(default=(), converter=_expectations)

    def __attrs_post_init__(self) -> None:
        twice = repeated(expectation.id for expectation in self.expectations)
        if twice:
            raise InvalidSpecError(
                f"Duplicate expectation IDs {several(twice)}; expected each once.", field="expectations"
            )

    to_dict = plain.to_dict


@frozen(field_transformer=named)
class ExpectationResult:
    """How one expectation came out.

    The ``details`` of a failing one have the ``scenario``, ``mission`` and ``path`` that it is about, and a ``reason``:
    ``scenario_missing``, ``mission_missing``, ``path_missing``, ``path_present``, ``type_error`` (then ``message``
    says what the operator takes) or ``<op>_mismatch`` (of ``matches``, ``problems`` says where). Where the path lies in
    the final state of a real result, ``written_by`` is the id of the step that last wrote it (``None``: no step did).

    >>> week = ScenarioSuiteDefinition("week", [ScenarioDefinition("monday", {"n": 1}, [MissionCall("echo")])])
    >>> two = MissionExpectation("two", "monday", "echo", "final_state.n", "eq", 2)
    >>> found = run_test_run(week, SuiteExpectationsDefinition([two])).expectations_result
    >>> outcome = found.expectation_results["two"]
    >>> outcome.passed, outcome.actual, outcome.details["reason"]
    (False, 1, 'eq_mismatch')
    """

    id: str = field(converter=text)
    passed: bool = field(converter=flag)
    _actual: Any = field(default=None, converter=document, eq=exact, repr=shown)
    _expected: Any = field(default=None, converter=document, eq=exact, repr=shown)
    _details: PMap[str, Any] = field(default=NOTHING, converter=object_, eq=exact, repr=shown)

    __reduce__ = by_construction
    actual = plain.Fresh[Any]("What was found, as fresh plain data.")
    expected = plain.Fresh[Any]("What was expected, as fresh plain data.")
    details = plain.Fresh[dict[str, Any]]("Why it failed, as fresh plain data; empty if it passed.")
    to_dict = plain.to_dict

    @cached_property
    def hash(self) -> str:
        """The digest of :meth:`to_dict` under the tag ``tier2/outcome/v1``, computed once."""
        details = canonical_text(self._details) if self._details else "{}"
        return text_digest(
            f'{{"actual":{canonical_text(self._actual)},"details":{details},"expected":{canonical_text(self._expected)},'
            f'"id":{quote(self.id)},"passed":{"true" if self.passed else "false"}}}',
            "tier2/outcome/v1",
        )


def _outcomes(value: Any) -> Mapping[str, ExpectationResult]:
    outcomes = read_only(value)
    for name, outcome in outcomes.items():
        if type(outcome) is not ExpectationResult:
            raise wrong("an ExpectationResult", outcome, f".{name}")
        if outcome.id != name:
            raise Wrong(f"has the outcome of expectation '{outcome.id}' under '{name}'; expected it under its id")
    return outcomes


def _listed(outcomes: Mapping[str, ExpectationResult]) -> tuple[ExpectationResult, ...]:
    """Equal are the same outcomes in the same order."""
    return tuple(outcomes.values())


@frozen(field_transformer=named)
class SuiteExpectationsResult:
    """How all expectations of a suite came out: ``expectation_results`` has them by id, in the order of the definition.

    >>> week = run_suite(ScenarioSuiteDefinition("week"))
    >>> lost = MissionExpectation("lost", "monday", "echo", "status", "exists")
    >>> result = evaluate_expectations(week, SuiteExpectationsDefinition([lost]))
    >>> result.passed, result.expectation_results["lost"].details["reason"]
    (False, 'scenario_missing')
    """

    passed: bool = field(converter=flag)
    expectation_results: Mapping[str, ExpectationResult] = field(converter=_outcomes, eq=_listed)
    _metadata: PMap[str, Any] = field(default=NOTHING, converter=object_, eq=exact, repr=shown)

    __reduce__ = by_construction
    metadata = plain.Fresh[dict[str, Any]]("``expectations_hash``; a fresh dict at each access.")
    to_dict = plain.to_dict


def evaluate_expectations(
    suite_result: ScenarioSuiteResult, definition: SuiteExpectationsDefinition
) -> SuiteExpectationsResult:
    """Hold a suite's results against expectations. A mission's result is anything with a ``to_dict()``.

    ``expectations_hash`` in the metadata is over the expectations' hashes.

    >>> evaluate_expectations(run_suite(ScenarioSuiteDefinition("s")), SuiteExpectationsDefinition()).passed
    True
    """
    expect(suite_result, ScenarioSuiteResult, "suite's result")
    expect(definition, SuiteExpectationsDefinition, "definition")
    return aggregate_expectations(definition, evaluations(suite_result, definition.expectations))


def evaluations(
    suite_result: ScenarioSuiteResult, expectations: Iterable[MissionExpectation]
) -> Iterator[ExpectationResult]:
    """How expectations come out, each when its turn comes; it needs the results of its own scenario alone."""
    scenario, parts = None, dict[str, Any]()  # by mission, of one scenario: there may be any number of them
    for expectation in expectations:
        if expectation.scenario_name != scenario:
            scenario, parts = expectation.scenario_name, {}
        yield _evaluated(suite_result, expectation, parts)


def aggregate_expectations(
    definition: SuiteExpectationsDefinition, outcomes: Iterable[ExpectationResult]
) -> SuiteExpectationsResult:
    """The result of expectations that were all evaluated already, in their order, in whatever place."""
    results = {outcome.id: outcome for outcome in outcomes}
    hashes = (expectation.hash for expectation in definition.expectations)
    metadata = {"expectations_hash": digest_around(LISTED, hashes, "tier2/expectations/v1")}
    return SuiteExpectationsResult(all(result.passed for result in results.values()), results, metadata)


_AT_HAND = {name: name for name in ("error_message", "failed_step_id", "id", "pending_step_id", "status", "success")}
_AT_HAND["final_state"] = "state"
"""The parts of a result that need not be put together, and what has them."""


def _evaluated(
    suite_result: ScenarioSuiteResult, wanted: MissionExpectation, parts: dict[str, Any]
) -> ExpectationResult:
    def failing(reason: str, actual: Any = None, **more: Any) -> ExpectationResult:
        details = {"mission": wanted.mission_name, "path": wanted.path, "scenario": wanted.scenario_name, **more}
        return ExpectationResult(wanted.id, False, actual, wanted.expected, {"reason": reason, **details})

    scenario = suite_result.scenario_results.get(wanted.scenario_name)
    if scenario is None:
        return failing("scenario_missing")
    result = scenario.mission_results.get(wanted.mission_name)
    if result is None:
        return failing("mission_missing")
    tokens = parse_path(wanted.path)
    if type(result) is OrchestrationResult and tokens and tokens[0] in _AT_HAND:
        found, actual = follow(getattr(result, _AT_HAND[tokens[0]]), tokens[1:])
    else:
        if wanted.mission_name not in parts:
            # Of a real result, the documents can be looked into as they are.
            parts[wanted.mission_name] = result.parts() if type(result) is OrchestrationResult else result.to_dict()
        found, actual = follow(parts[wanted.mission_name], tokens)
    reason = missed(wanted.op, found, actual, wanted.expected)
    if reason is None:
        return ExpectationResult(wanted.id, True, actual, wanted.expected)
    more: dict[str, Any] = {}
    if isinstance(result, OrchestrationResult) and tokens[:1] == ("final_state",):
        more["written_by"] = written_by(result.run, format_pointer(tokens[1:]))
    elif isinstance(result, OrchestrationResult) and tokens[:1] == ("effects",) and len(tokens) > 1:
        found, step_id = follow(result.effects, (tokens[1], "step_id"))
        more["written_by"] = step_id if found else None
    if reason == TYPE_ERROR:
        more["message"] = type_error_message(wanted.op, actual, wanted.expected)
    if wanted.op == "matches" and found:
        problems = schema_problems(wanted.expected, actual, field="expected")
        beyond = [["", line] for line in first_told(problems)[MOST_TOLD:]]
        more["problems"] = [*map(list, problems[:MOST_TOLD]), *beyond]
    return failing(reason, actual, **more)


def written_by(run: Run, path: str) -> str | None:
    """The id of the step that last changed what is at ``path`` in the state; ``None`` if none did."""
    states = [run.context.initial_state, *(entry.state for entry in run.trace)]
    for place in range(len(run.trace), 0, -1):
        before, after = states[place - 1], states[place]
        if before is after:
            continue
        (was, old), (is_, new) = resolve_path(before, path), resolve_path(after, path)
        if was != is_ or not same(old, new):
            return run.trace[place - 1].step.id
    return None
