"""Every error: who is at fault, what it carries, and that it survives a journey to another process."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from tier2_core import (
    BUILTINS,
    ExecutionContext,
    OperationCall,
    WorkflowDefinition,
    consequences,
    errors,
    load_registry,
    parse_json,
    run,
)
from tier2_core.workflow.specs import NOTHING

CALLER, AUTHOR, PERSON = errors.CallerError, errors.PluginError, errors.DecisionError

PROBLEMS = (("/a", "wrong"), ("", "also wrong"))

# Each error with what it is besides an Exception, and the attributes that it is made with.
CASES: dict[str, tuple[tuple[type, ...], dict[str, Any]]] = {
    "Tier2Error": ((), {}),
    "CallerError": ((ValueError, errors.Tier2Error), {}),
    "InvalidValueError": ((CALLER,), {"path": "/a~1b/0"}),
    "InvalidPathError": ((errors.InvalidValueError,), {"path": "a.b"}),
    "PatchError": ((errors.InvalidValueError,), {"index": 3, "path": "/a"}),
    "InvalidSpecError": ((CALLER,), {"field": "steps.0"}),
    "InvalidFieldValueError": ((errors.InvalidSpecError, errors.InvalidValueError), {"field": "payload", "path": "/a"}),
    "InvalidSchemaError": ((errors.InvalidSpecError,), {"field": "schema"}),
    "EnvelopeViolation": ((CALLER,), {}),
    "UnknownOperationError": ((errors.EnvelopeViolation,), {}),
    "AntiFailureViolation": ((CALLER,), {}),
    "AntiFailurePlanningError": ((errors.AntiFailureViolation,), {}),
    "EnvelopePlanningError": ((errors.AntiFailurePlanningError, errors.EnvelopeViolation), {}),
    "UnknownMissionError": ((CALLER,), {}),
    "InvalidParamsError": ((CALLER,), {"problems": PROBLEMS}),
    "ConfigError": ((CALLER,), {"problems": PROBLEMS}),
    "RecordError": ((CALLER,), {"path": "/chain/0"}),
    "PluginError": ((RuntimeError, errors.Tier2Error), {"plugin": "p", "distribution": "d"}),
    "RegistryConflictError": ((AUTHOR,), {"plugin": "p", "distribution": "d"}),
    "FactoryError": ((AUTHOR,), {"plugin": "p", "distribution": "d"}),
    "OperationError": ((AUTHOR,), {"mission": "m", "step_id": "s", "operation": "o", "plugin": "p"}),
    "DecisionError": ((ValueError, errors.Tier2Error), {"reason": "stale", "pending": ("a", "b")}),
    "StepFailed": ((), {}),
}

ALL = [
    name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)
]  # fmt: skip


def made(name: str) -> Any:
    return getattr(errors, name)("Found a; expected b.", **CASES[name][1])


def test_every_error_is_listed_here_and_public() -> None:
    import tier2_core

    assert set(ALL) == set(CASES)
    assert set(ALL) <= set(tier2_core.__all__)


@pytest.mark.parametrize("name", ALL)
def test_an_error_is_what_the_contract_says(name: str) -> None:
    kind = getattr(errors, name)
    assert all(issubclass(kind, parent) for parent in CASES[name][0])
    assert issubclass(kind, errors.Tier2Error) == (name != "StepFailed")
    assert sum(issubclass(kind, fault) for fault in (CALLER, AUTHOR, PERSON)) == (
        name not in ("Tier2Error", "StepFailed")
    )
    assert not issubclass(kind, KeyError)
    assert kind.__doc__


@pytest.mark.parametrize("name", ALL)
def test_an_error_survives_pickling_and_copying(name: str) -> None:
    error = made(name)
    copies = [copy.copy(error), copy.deepcopy(error)]
    copies += [pickle.loads(pickle.dumps(error, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for other in copies:
        assert type(other) is type(error)
        assert str(other) == str(error) == "Found a; expected b."
        assert other.args == error.args
        assert vars(other) == vars(error)
        assert {attribute: getattr(other, attribute) for attribute in CASES[name][1]} == CASES[name][1]


@pytest.mark.parametrize("name", ALL)
def test_what_an_error_carries_has_a_default(name: str) -> None:
    error = getattr(errors, name)("Found a.")
    for attribute in CASES[name][1]:
        assert getattr(error, attribute) in ("", (), None)


def test_problems_and_pending_ids_are_kept_as_tuples() -> None:
    for kind in (errors.InvalidParamsError, errors.ConfigError):
        assert kind("x", problems=iter(PROBLEMS)).problems == PROBLEMS
    assert errors.DecisionError("x", pending=iter(["a"])).pending == ("a",)


def test_a_config_error_tells_all_problems_one_a_line() -> None:
    error = errors.ConfigError.of(PROBLEMS)
    assert str(error) == "/a: wrong\nalso wrong"
    assert error.problems == PROBLEMS
    assert type(pickle.loads(pickle.dumps(error))) is errors.ConfigError


def test_a_failed_step_has_its_reason() -> None:
    error = pickle.loads(pickle.dumps(errors.StepFailed("the list is empty")))
    assert (str(error), error.reason) == ("the list is empty", "the list is empty")


@pytest.mark.parametrize(
    ("found", "known", "hint"),
    [
        ("dialy_loop", ["echo", "daily_loop"], "; did you mean 'daily_loop'?"),
        ("xyz", ["echo", "daily_loop"], ""),
        ("", ["echo"], ""),
        ("echo", [], ""),
        ("ech" + "o" * 10_000, ["echo"], ""),
    ],
)
def test_the_closest_name_is_told(found: str, known: list[str], hint: str) -> None:
    assert errors.did_you_mean(found, known) == hint


@pytest.mark.parametrize(
    ("fault", "happens"),
    [
        (CALLER, lambda: parse_json(b"nope")),
        (AUTHOR, lambda: load_registry([object()], entry_points=False)),
        (PERSON, lambda: consequences(run(WorkflowDefinition("w"), ExecutionContext()))),
    ],
)
def test_whoever_is_at_fault_one_root_catches_it(fault: type[Exception], happens: Callable[[], object]) -> None:
    with pytest.raises(errors.Tier2Error) as caught:
        happens()
    assert isinstance(caught.value, fault)


def test_what_fails_a_step_is_no_error_of_tier2() -> None:
    call = OperationCall(NOTHING, "s", BUILTINS)
    with pytest.raises(errors.StepFailed) as caught:
        BUILTINS.operations["fail"].apply(NOTHING, call)
    assert (caught.value.reason, isinstance(caught.value, errors.Tier2Error)) == ("unspecified", False)


def test_the_hint_does_not_depend_on_the_order_of_what_is_known() -> None:
    names = ["ab", "ac", "ad", "ba"]
    assert len({errors.did_you_mean("a", order) for order in (names, names[::-1], set(names))}) == 1
