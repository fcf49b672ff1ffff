"""Immutable means immutable: nothing that is handed out changes what it came from, and all of it crosses processes."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import attrs
import pytest

import tier2_core
from tests.missions.plugins import Bringing
from tests.processes import HANG
from tests.values.test_mapping import Grabbing
from tests.workflow.plans import ask, do, plan
from tier2_core import (
    BUILTINS,
    MISSION_REGISTRY,
    Decision,
    ExecutionContext,
    Mission,
    MissionCall,
    MissionExpectation,
    Operation,
    PluginError,
    ScenarioDefinition,
    ScenarioSuiteDefinition,
    SuiteExpectationsDefinition,
    WorkflowDefinition,
    compare_records,
    consequences,
    decision_table,
    default_registry,
    freeze,
    list_missions,
    load_registry,
    make_record,
    resume,
    run,
    run_mission,
    run_test_run,
    verify_record,
)


def results() -> dict[str, Any]:
    """One of each thing that comes back from a public function and holds something."""
    steps = [ask("go", into="n"), do("emit", "tell", effect="mail.send", data={"z": [1], "a": {"b": 2}})]
    asked = run(plan(*steps), ExecutionContext({"z": {"y": 1, "x": [{}]}, "a": 1}, {"run_id": {"b": 1}}, decisions=[]))
    result = resume(asked, Decision("go", value={"k": [1], "j": 2}))
    record = make_record(result)
    week = ScenarioSuiteDefinition(
        "week", [ScenarioDefinition("monday", {"n": {"b": 1, "a": 2}}, [MissionCall("echo")])]
    )
    two = MissionExpectation("two", "monday", "echo", "final_state.n", "eq", {"b": 2, "a": 2})
    tests = run_test_run(week, SuiteExpectationsDefinition([two]))
    return {
        "result": result,
        "run": result.run,
        "trace": result.run.trace,
        "consequences": consequences(asked, {"k": [1], "j": 2}),
        "table": decision_table(plan(*steps), ExecutionContext({"b": 1, "a": {"d": 1, "c": 2}})),
        "record": record,
        "link": record.chain[0],
        "verification": verify_record(record),
        "differences": compare_records(record, make_record(asked)),
        "suite": week,
        "tests": tests,
        "suite result": tests.suite_result,
        "scenario result": tests.suite_result.scenario_results["monday"],
        "outcomes": tests.expectations_result,
        "registry": default_registry(),
        "entry": default_registry().get("daily_loop"),
        "decision": Decision("go", value={"k": [1], "j": 2}),
        "workflow": plan(*steps, b=1, a={"d": 1, "c": 2}),
    }


RESULTS = results()


def spoil(value: Any, depth: int = 0) -> None:
    """Change whatever can be changed in what was handed out."""
    if depth > 8:
        return
    if isinstance(value, dict):
        for part in list(value.values()):
            spoil(part, depth + 1)
        value["spoilt"] = True
    elif isinstance(value, list):
        for part in list(value):
            spoil(part, depth + 1)
        value.append("spoilt")


def looked_at(value: Any) -> str:
    if isinstance(value, tuple):
        return "".join(map(looked_at, value))
    if hasattr(value, "to_dict"):
        return json.dumps(value.to_dict(), sort_keys=True, default=str)
    return repr(value)


@pytest.mark.parametrize("name", RESULTS)
def test_nothing_that_is_handed_out_changes_what_it_came_from(name: str) -> None:
    value = RESULTS[name]
    before = looked_at(value)
    for one in value if isinstance(value, tuple) else [value]:
        for attribute in sorted(name for name in dir(one) if not name.startswith("_") and name != "result_parts"):
            part = getattr(one, attribute)
            spoil(part() if attribute == "to_dict" else part)
            part = getattr(one, attribute)
            for operator in ("|", "=="):
                try:
                    eval(f"part {operator} other", {"part": part, "other": Grabbing()})
                except (AttributeError, TypeError):
                    continue
    assert looked_at(value) == before


@pytest.mark.parametrize("name", RESULTS)
def test_everything_that_comes_back_pickles_and_is_equal(name: str) -> None:
    value = RESULTS[name]
    again = pickle.loads(pickle.dumps(value))
    assert looked_at(again) == looked_at(value)
    assert copy.copy(value) == copy.deepcopy(value) == value
    assert again == value


def test_no_operator_reaches_the_missions_or_operations_of_this_process() -> None:
    names, operations = list_missions(), sorted(BUILTINS.operations)
    for mapping in (MISSION_REGISTRY, BUILTINS.operations, default_registry().missions, default_registry().operations):
        for operator in ("|", "&", "-", "=="):
            try:
                eval(f"mapping {operator} other", {"mapping": mapping, "other": Grabbing()})
            except TypeError:
                continue
    assert (list_missions(), sorted(BUILTINS.operations)) == (names, operations)


def test_a_mission_can_be_run_in_another_process_and_its_result_comes_back() -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert pool.submit(run_mission, "echo", {"n": 1}).result() == run_mission("echo", {"n": 1})


def test_a_registry_pickles_by_what_another_process_can_import() -> None:
    class Local:
        @tier2_core.hookimpl
        def tier2_operations(self) -> list[Operation]:
            return [Operation("a.do", lambda state, call: state)]

    with pytest.raises(PluginError, match=r"cannot be pickled: the function of operation 'a.do' of plugin"):
        pickle.dumps(load_registry([Local()]))
    importable = load_registry([Bringing(Mission("here", importable_factory))])
    again = pickle.loads(pickle.dumps(importable))
    assert (again, hash(again), again.get("here").factory) == (importable, hash(importable), importable_factory)
    assert again != default_registry()


def importable_factory(params: Any) -> WorkflowDefinition:
    return WorkflowDefinition("here")


def test_another_registry_there_is_told_of() -> None:
    there, (fingerprint,) = default_registry().__reduce__()[:2]
    assert there(fingerprint) is default_registry()
    with pytest.raises(PluginError, match="another than the one of the same plugins here"):
        there("0" * 64)


def test_results_that_are_equal_compare_equal() -> None:
    again = results()
    for name, value in RESULTS.items():
        assert again[name] == value, name


def test_no_repr_follows_the_hash_seed() -> None:
    program = (
        "from tests.test_immutable import RESULTS\n"
        "import re\n"
        "for name in sorted(RESULTS): print(name, re.sub(' at 0x[0-9a-f]+', '', repr(RESULTS[name])))\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            check=True,
            timeout=HANG,
            encoding="utf-8",
        ).stdout
        for seed in "0123"
    }
    assert len(printed) == 1


def test_a_workflow_shows_nothing_of_what_the_engine_remembers() -> None:
    workflow = plan(do("noop"))
    run(workflow, ExecutionContext())
    public = {name for name in dir(workflow) if not name.startswith("_")}
    assert public == {"hash", "id", "metadata", "name", "steps", "to_dict"}
    assert {field.name for field in attrs.fields(WorkflowDefinition)} == {"id", "metadata", "name", "steps"}
    assert freeze(workflow.to_dict()) == freeze(plan(do("noop")).to_dict())
