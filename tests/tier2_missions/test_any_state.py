"""Whatever a state holds, the built-in missions come to a result: no plugin's bug, and nothing lost."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, reject
from hypothesis import strategies as st

from tests.strategies import documents
from tier2_core import (
    ExecutionContext,
    InvalidValueError,
    StepSpec,
    WorkflowDefinition,
    canonical_json,
    default_registry,
    run,
    run_mission,
    thaw,
)
from tier2_missions import daily_loop, run_tests


def deep(levels: int) -> Any:
    made: Any = []
    for _ in range(levels - 1):
        made = [made]
    return made


ODD = documents(max_leaves=3) | st.sampled_from(
    [
        {"id": ["x"]},
        [["x"]],
        [{}],
        [{"id": "a"}],
        deep(57),
        deep(58),
        deep(60),
        deep(61),
        deep(62),
        {"x": deep(60)},
        {"completed": deep(58)},
        "2026-3-2",
        "2000-02-29",
        1e300,
        -0.5,
        "a",
        ["a", 1],
        ["a", "a"],
        {"completed": ["a"]},
    ]
)


def like(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What a mission writes, or four times out of five a person; or anything."""
    return st.integers(0, 4).flatmap(lambda n: usual if n else ODD)


def members(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Any]:
    return like(st.fixed_dictionaries(required, optional=optional))


DATES = like(st.none() | st.sampled_from(["0001-01-01", "2026-03-01", "2026-03-02", "2026-03-03", "9999-12-31"]))
IDS = like(st.sampled_from("abcd"))
TASKS = members(
    {"id": IDS, "title": like(st.just("T"))},
    {
        "done": like(st.booleans()),
        "priority": like(st.integers(1, 4)),
        "due": DATES,
        "completed_on": DATES,
        "tags": like(st.just(["x"])),
    },
)
SUMMARY = members({}, {"completed": like(st.lists(IDS, max_size=3)), "carried_over": like(st.lists(IDS, max_size=3))})
DAYS = st.fixed_dictionaries(
    {},
    optional={
        "date": DATES,
        "tasks": like(st.lists(TASKS, max_size=3)),
        "archive": like(st.lists(TASKS, max_size=3)),
        "log": like(st.lists(members({"date": DATES}, {"summary": SUMMARY}), max_size=3)),
        "daily": members({}, {"confirmed": like(st.lists(IDS)), "priorities": ODD, "summary": SUMMARY | ODD}),
        "else": ODD,
    },
)


def context_of(state: dict[str, Any]) -> ExecutionContext:
    try:
        return ExecutionContext(state)
    except InvalidValueError:  # one of the deep parts was put where it is too deep
        reject()


def things(state: Any) -> Counter[bytes]:
    """All tasks, wherever they are."""
    return Counter(canonical_json(thing) for name in ("tasks", "archive") for thing in thaw(state.get(name, [])))


@given(state=DAYS, steps=st.integers(0, 5), human=st.integers(0, 1))
@example(state={"archive": [{"id": ["x"]}], "tasks": [{"id": "a", "title": "t"}]}, steps=5, human=0)
def test_a_day_comes_to_a_result_whatever_the_state_holds(state: dict[str, Any], steps: int, human: int) -> None:
    context = context_of(state)
    params = {"requested_steps": steps, "requested_human_steps": human}
    result = run_mission("daily_loop", context, params)
    assert result.status in ("succeeded", "failed")
    assert (result.error_message is None) is result.success
    written = {"daily", "log", "tasks", "archive"}
    assert {name: part for name, part in result.state.items() if name not in written} == {
        name: part for name, part in context.initial_state.items() if name not in written
    }
    if all(isinstance(thaw(result.state.get(name, [])), list) for name in ("tasks", "archive")):
        assert things(result.state) == things(context.initial_state)
    if result.success:
        assert run_mission("daily_loop", ExecutionContext(result.state), params).success


DOCUMENTS = members(
    {"suite_name": like(st.just("s"))},
    {
        "scenarios": like(
            st.lists(
                members(
                    {"scenario_name": IDS, "initial_state": like(st.just({}))},
                    {"missions": like(st.lists(members({"name": like(st.just("echo"))}, {"params": ODD}), max_size=2))},
                ),
                max_size=2,
            )
        ),
        "expectations": like(
            st.lists(
                members(
                    {
                        "id": IDS,
                        "scenario_name": IDS,
                        "mission_name": like(st.just("echo")),
                        "path": like(st.sampled_from(["", "status", "executed_steps.0.payload"])),
                        "op": like(st.sampled_from(["exists", "eq", "gt", "matches", "in"])),
                    },
                    {"expected": ODD},
                ),
                max_size=2,
            )
        ),
    },
)
TESTED = st.fixed_dictionaries(
    {},
    optional={
        "suites": like(st.dictionaries(st.sampled_from(["a", "b"]), DOCUMENTS, max_size=2)),
        "tests": members(
            {},
            {
                "selected": like(st.lists(IDS, max_size=2)),
                "results": like(
                    st.dictionaries(
                        st.sampled_from("ab"),
                        members(
                            {
                                "passed": like(st.booleans()),
                                "failures": like(st.lists(members({"id": IDS}, {"details": ODD}), max_size=2)),
                                "metadata": members({"test_run_hash": like(st.just("0" * 64))}, {}),
                            },
                            {},
                        ),
                        max_size=2,
                    )
                ),
            },
        ),
        "else": ODD,
    },
)


@given(state=TESTED, target=st.sampled_from(["all", "a", "[", "*"]), strict=st.booleans())
def test_a_test_run_comes_to_a_result_whatever_the_state_holds(state: Any, target: str, strict: bool) -> None:
    context = context_of(state)
    result = run_mission("run_tests", context, {"target": target, "strict": strict})
    assert result.status in ("succeeded", "failed")
    others = [name for name in context.initial_state if name != "tests"]
    assert all(result.state[name] is context.initial_state[name] for name in others)


VERBS = [operation.name for operation in (*daily_loop.OPERATIONS, *run_tests.OPERATIONS)]


@pytest.mark.parametrize("verb", VERBS)
@given(state=DAYS | TESTED | st.dictionaries(st.sampled_from(["daily", "log", "tests", "tasks"]), ODD))
def test_each_operation_alone_comes_to_a_result(verb: str, state: dict[str, Any]) -> None:
    """Other missions may use them, in whatever order."""
    context = context_of(state)
    step = StepSpec("s", "runtime", {"operation": verb})
    result = run(WorkflowDefinition("w", [step]), context, registry=default_registry())
    assert result.status in ("succeeded", "failed")
    assert result.success or result.state is context.initial_state


def test_a_document_that_a_step_would_nest_too_deep_fails_the_step() -> None:
    step = StepSpec("s", "runtime", {"operation": "daily_loop.log"})
    context = ExecutionContext({"daily": {"summary": deep(62)}})
    result = run(WorkflowDefinition("w", [step]), context, registry=default_registry())
    assert (result.error_message or "").startswith("Step 's' failed: what the step found cannot be kept at 'log': ")
    assert "deeper than 64" in (result.error_message or "")
    assert result.state is context.initial_state


@given(
    state=st.dictionaries(IDS.filter(lambda name: isinstance(name, str)), ODD),
    params=st.dictionaries(st.text(max_size=3), ODD),
)
def test_echo_never_fails(state: dict[str, Any], params: dict[str, Any]) -> None:
    context = context_of(state)
    assert run_mission("echo", context, params).state is context.initial_state
