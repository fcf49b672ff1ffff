"""Whatever is handed to whatever parameter of the public face: a documented error, or a result.

A missing or an unexpected argument is Python's own affair, a ``TypeError``; a foreign value in a parameter is tier2's.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from pyrsistent import pmap

import tier2_core
from tier2_core import (
    BUILTINS,
    Decision,
    Effect,
    EffectHandler,
    ExecutionContext,
    HandlerEntry,
    Mission,
    MissionSpec,
    Operation,
    OperationCall,
    Orchestrator,
    ScenarioSuiteDefinition,
    StepSpec,
    Tier2Error,
    WantedEffect,
    WorkflowDefinition,
    advance,
    compare_records,
    consequences,
    decision_table,
    default_registry,
    evaluate_expectations,
    freeze,
    get_mission,
    load_handlers,
    load_registry,
    make_record,
    parse_expectations_definition,
    parse_suite_definition,
    run,
    run_mission,
    run_scenario,
    run_suite,
    run_test_run,
    start,
    verify_record,
)

# --- what is handed over ----------------------------------------------------------------------------------


class Liar:
    """Says of itself that it is of another class."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return object.__getattribute__(self, "kind")


class Faceless:
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise RuntimeError("no class")


class Hostile:
    """Answers no question."""

    def refuse(self, *arguments: Any) -> Any:
        raise RuntimeError("hostile")

    __eq__ = __hash__ = __iter__ = __len__ = __bool__ = __repr__ = __str__ = __contains__ = refuse
    __getitem__ = __lt__ = __getattr__ = __call__ = refuse


class Nameless(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise RuntimeError("no name")

    def __repr__(cls) -> str:
        raise RuntimeError("no repr")


class OfNoName(metaclass=Nameless):
    pass


class Text(str):
    __slots__ = ()


class Dict(dict[str, Any]):
    pass


def deep(wrapped: Callable[[Any], Any], levels: int = 20_000) -> Any:
    made: Any = 1
    for _ in range(levels):
        made = wrapped(made)
    return made


def breaking() -> Iterator[int]:
    yield 1
    raise RuntimeError("broken")


def circle() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


LIES: list[Any] = [str, dict, list, type(pmap()), BaseException] + [
    value for name in tier2_core.__all__ if inspect.isclass(value := getattr(tier2_core, name))
]

FOREIGN: dict[str, Callable[[], Any]] = {
    "None": lambda: None, "True": lambda: True, "5": lambda: 5, "-1": lambda: -1, "1.5": lambda: 1.5,
    "nan": lambda: float("nan"), "infinity": lambda: float("inf"), "huge": lambda: 10**5000, "text": lambda: "x",
    "no text": lambda: "", "surrogate": lambda: "\ud800", "long": lambda: "x" * 100_000, "no pointer": lambda: "/~",
    "bytes": lambda: b"x", "bytearray": lambda: bytearray(b"x"), "memoryview": lambda: memoryview(b"x"),
    "[]": list, "[None]": lambda: [None], "[5]": lambda: [5], "tuple": lambda: ("a",), "{}": dict,
    "{1: 2}": lambda: {1: 2}, "{a: object}": lambda: {"a": object()}, "mixed keys": lambda: {None: 1, "a": 2},
    "{surrogate}": lambda: {"\ud800": 1}, "set": lambda: {1}, "object": object, "generator": breaking,
    "class": lambda: int, "StepSpec": lambda: StepSpec, "function": lambda: lambda *a: 5,
    "breaking function": lambda: lambda *a: 1 / 0, "module": lambda: inspect, "range": lambda: range(3),
    "ellipsis": lambda: ..., "complex": lambda: 1j, "exception": lambda: ValueError("x"), "BUILTINS": lambda: BUILTINS,
    "registry": default_registry, "hostile": Hostile, "[hostile]": lambda: [Hostile()],
    "{a: hostile}": lambda: {"a": Hostile()}, "faceless": Faceless, "[faceless]": lambda: [Faceless()],
    "of no name": OfNoName, "[of no name]": lambda: [OfNoName()], "no name": lambda: OfNoName,
    "text of a subclass": lambda: Text("x"), "dict of a subclass": lambda: Dict(a=1),
    "deep list": lambda: deep(lambda inner: [inner]), "deep dict": lambda: deep(lambda inner: {"a": inner}),
    "deep map": lambda: deep(lambda inner: pmap({"a": inner}), 3_000), "circle": circle,
    "map": lambda: pmap({"a": object()}),
    **{f"liar {kind.__name__}": lambda kind=kind: Liar(kind) for kind in LIES},  # type: ignore[misc]
}  # fmt: skip

# --- and to what -----------------------------------------------------------------------------------------------

PLAN = WorkflowDefinition("w", [StepSpec("go", "human", {"into": "a"})])
ASKED = run(PLAN, ExecutionContext({}, decisions=[]))
DONE = run_mission("echo")
SUITE = parse_suite_definition(
    {
        "suite_name": "s",
        "scenarios": [{"scenario_name": "a", "initial_state": {}, "missions": [{"name": "echo"}]}],
    }
)
EXPECTED = parse_expectations_definition(
    {
        "expectations": [
            {"id": "e", "scenario_name": "a", "mission_name": "echo", "path": "status", "op": "eq", "expected": "no"}
        ]
    }
)
SUITE_CONFIG: dict[str, Any] = {"suite_name": "s", "scenarios": []}
EXPECTED_CONFIG: dict[str, Any] = {"expectations": []}
RESULTS = run_suite(SUITE)
OUTCOMES = evaluate_expectations(RESULTS, EXPECTED)
WANTED = WantedEffect("0" * 64, "bell", {}, "s", 0)
RECORD = make_record(DONE)
MADE = [
    start(PLAN, ExecutionContext()), advance(start(PLAN, ExecutionContext())).trace[0], DONE, SUITE, SUITE.scenarios[0],
    SUITE.scenarios[0].missions[0], EXPECTED, EXPECTED.expectations[0], RESULTS, run_scenario(SUITE.scenarios[0]),
    OUTCOMES, OUTCOMES.expectation_results["e"], run_test_run(SUITE, EXPECTED), RECORD, RECORD.chain[0],
    verify_record(RECORD),
    compare_records(RECORD, make_record(run_mission("echo", {}, {"n": 1})))[0], consequences(ASKED),
    consequences(ASKED).approve, decision_table(PLAN, ExecutionContext())[0], get_mission("echo"), default_registry(),
    PLAN, PLAN.steps[0], ExecutionContext(), MissionSpec("echo"), Decision("go"), Effect("mail.send"),
    WANTED, EffectHandler("bell", lambda effect: None), HandlerEntry(EffectHandler("bell", lambda effect: None), "p"),
    load_handlers(entry_points=False),
    Mission("m", lambda params: PLAN), Operation("a.b", lambda state, call: state),
    OperationCall(freeze({}), "s", BUILTINS),  # type: ignore[arg-type]
]  # fmt: skip
"""One of each class whose fields are its parameters."""

FUNCTIONS: dict[str, dict[str, Any]] = {
    "Emit": {"state": freeze({}), "effects": ()},
    "Orchestrator": {"registry": None},
    "advance": {"run": MADE[0], "step": None},
    "aggregate_suite": {"defn": SUITE, "scenario_results": RESULTS.scenario_results},
    "aggregate_test_run": {"suite_result": RESULTS, "expectations_result": OUTCOMES},
    "apply_merge_patch": {"document": {}, "patch": {}},
    "apply_patch": {"document": {}, "ops": []},
    "build_workflow": {"mission": MissionSpec("echo"), "registry": None},
    "canonical_json": {"value": {}},
    "compare_records": {"a": RECORD, "b": RECORD},
    "consequences": {"result": ASKED, "value": None},
    "decision_statement": {"workflow": PLAN, "decision": Decision("go")},
    "decision_table": {"workflow": PLAN, "context": ExecutionContext(), "registry": BUILTINS},
    "default_registry": {},
    "digest": {"value": {}, "tag": "x"},
    "evaluate_expectations": {"suite_result": RESULTS, "definition": EXPECTED},
    "format_pointer": {"tokens": ["a"]},
    "freeze": {"value": {}},
    "get_mission": {"name": "echo"},
    "list_missions": {},
    "load_handlers": {"plugins": (), "entry_points": False, "block": (), "only": None, "strict": True},
    "load_record": {"document": RECORD.to_dict()},
    "load_registry": {"plugins": (), "entry_points": False, "block": (), "only": None, "strict": True},
    "make_patch": {"before": {}, "after": {}},
    "make_record": {"result": DONE, "environment": {}},
    "parse_expectations_definition": {"config": EXPECTED_CONFIG},
    "parse_json": {"data": b"{}"},
    "parse_path": {"path": "a"},
    "parse_suite_definition": {"config": SUITE_CONFIG},
    "parse_test_document": {"document": {**SUITE_CONFIG, **EXPECTED_CONFIG}},
    "resolve_path": {"document": {}, "path": "a"},
    "resume": {"result": ASKED, "decision": Decision("go")},
    "run": {"workflow": PLAN, "context": ExecutionContext(), "registry": BUILTINS},
    "run_mission": {"mission_name": "echo", "params": {}, "initial_state": {}, "registry": None},
    "run_scenario": {"defn": SUITE.scenarios[0], "registry": None},
    "run_suite": {"defn": ScenarioSuiteDefinition("s"), "registry": None},
    "run_test_run": {"suite_def": SUITE, "expectations_def": EXPECTED, "registry": None},
    "run_test_run_from_config": {
        "suite_config": SUITE_CONFIG, "expectations_config": EXPECTED_CONFIG, "registry": None,
    },
    "same": {"a": 1, "b": 1},
    "scenarios_of": {"defn": SUITE},
    "start": {"workflow": PLAN, "context": ExecutionContext(), "registry": BUILTINS},
    "thaw": {"value": {}},
    "unknown_fields": {"document": {}},
    "verify_record": {"record": RECORD, "registry": None},
}  # fmt: skip
"""Valid arguments of everything else."""

METHODS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "run_mission(ctx)": (run_mission, {"mission_name": "echo", "ctx": ExecutionContext(), "params": None}),
    "run_mission(name)": (run_mission, {"name": "echo"}),
    "Registry.get": (load_registry().get, {"name": "echo"}),
    "Orchestrator.run_workflow": (Orchestrator().run_workflow, {"workflow": PLAN, "ctx": ExecutionContext()}),
    "Orchestrator(registry).run_workflow": (
        lambda registry: Orchestrator(registry).run_workflow(PLAN, ExecutionContext()),
        {"registry": None},
    ),
    "MissionRegistryEntry.validator": (get_mission("daily_loop").validator, {"params": {}}),
    "load_registry([plugin])": (lambda plugin: load_registry([plugin], entry_points=False), {"plugin": inspect}),
}  # fmt: skip


def constructed(made: Any) -> dict[str, Any]:
    aliases = {field.alias: field.name for field in attrs.fields(type(made))}
    return {alias: getattr(made, name) for alias, name in aliases.items()}


CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    **{type(made).__name__: (type(made), constructed(made)) for made in MADE},
    **{name: (getattr(tier2_core, name), arguments) for name, arguments in FUNCTIONS.items()},
    **METHODS,
}
PROTOCOLS_AND_MARKERS = {"Document", "HasMissions", "State", "hookimpl", "hookspec"}


def test_every_public_function_and_class_is_called() -> None:
    public = {
        name
        for name in tier2_core.__all__
        if callable(value := getattr(tier2_core, name))
        and not (inspect.isclass(value) and issubclass(value, BaseException))
    }
    assert public - PROTOCOLS_AND_MARKERS == set(CALLS) - set(METHODS)
    for name in public - PROTOCOLS_AND_MARKERS - {"run_mission"}:
        assert set(inspect.signature(CALLS[name][0]).parameters) == set(CALLS[name][1]), name


@pytest.mark.parametrize("name", CALLS)
def test_what_is_foreign_is_a_documented_error_or_is_taken(name: str) -> None:
    call, valid = CALLS[name]
    if name != "load_registry([plugin])":
        call(**valid)
    for parameter in valid:
        for what, made in FOREIGN.items():
            try:
                call(**{**valid, parameter: made()})
            except Tier2Error as error:
                told = str(error)
            except BaseException as error:
                raise AssertionError(f"{name}({parameter}={what}) raised {type(error).__name__}") from error
            else:
                told = ""
            assert len(told) < 2_000, f"{name}({parameter}={what}) tells too much"


@pytest.mark.parametrize("name", sorted(set(CALLS) - set(METHODS) - {"default_registry", "list_missions"}))
def test_an_argument_that_nobody_asked_for_is_python_s_own_error(name: str) -> None:
    call, valid = CALLS[name]
    with pytest.raises(TypeError):
        call(**valid, nonsense=1)


ERRORS = [
    value
    for name in tier2_core.__all__
    if inspect.isclass(value := getattr(tier2_core, name)) and issubclass(value, Tier2Error)
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_can_be_made_of_anything(error: Any) -> None:
    """An error that is made of the wrong things still tells what it was made to tell."""
    for parameter in inspect.signature(error.__init__).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            for made in FOREIGN.values():
                assert error("Found a.", **{parameter.name: made()}).args == ("Found a.",)
