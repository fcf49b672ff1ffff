"""Pairs of records that differ in one way each, for the vectors in ``tests/vectors/compared.json``."""

from __future__ import annotations

from typing import Any

from tests.records.forging import forged
from tests.workflow.plans import ask, do, plan
from tier2_core import (
    Decision,
    ExecutionContext,
    Record,
    StepSpec,
    WorkflowDefinition,
    make_record,
    run,
    run_mission,
)


def record(*steps: StepSpec, state: Any = None, decisions: Any = (), metadata: Any = None) -> Record:
    """The record of a bare workflow."""
    return make_record(run(plan(*steps), ExecutionContext(state or {}, metadata, decisions)))


ASKED = (do("set", "one", path="n", value=1), ask("ask", into="x"), do("fail", "end", reason="enough"))


def answered(*decisions: Decision) -> Record:
    """The same workflow with these answers."""
    return record(*ASKED, decisions=decisions)


NOOP = do("noop", "a")
YES = Decision("ask", True, "ada", "", 1)

PAIRS: dict[str, tuple[Record, Record]] = {
    "nothing": (record(NOOP), record(NOOP)),
    "mission and params": (
        make_record(run_mission("echo", {"n": 1})),
        forged(make_record(run_mission("echo", {"n": 1})), mission="other", params={"n": 2}),
    ),
    "metadata": (record(NOOP), record(NOOP, metadata={"caller": "b"})),
    "initial state": (record(NOOP, state={"n": 1}), record(NOOP, state={"n": 2})),
    "tier2 and registry": (
        record(NOOP),
        forged(record(NOOP), tier2="0.0.1", registry={"fingerprint": "0" * 64, "plugins": []}),
    ),
    "name of the plan": (
        make_record(run(WorkflowDefinition("v", [NOOP]), ExecutionContext())),
        make_record(run(WorkflowDefinition("w", [NOOP]), ExecutionContext())),
    ),
    "id and kind of a step": (record(NOOP, decisions=None), record(ask("b"), decisions=None)),
    "payload of a step": (record(NOOP, do("noop", "b")), record(NOOP, do("noop", "b", note=1))),
    "one step more": (record(NOOP), record(NOOP, do("noop", "b"))),
    "one step less": (record(NOOP, do("noop", "b")), record(NOOP)),
    "metadata of the plan": (
        make_record(run(plan(NOOP, mission_type="x", note=1), ExecutionContext())),
        make_record(run(plan(NOOP, mission_type="x", note=2), ExecutionContext())),
    ),
    "nobody is asked": (record(NOOP, decisions=None), record(NOOP)),
    "somebody is asked": (record(NOOP), record(NOOP, decisions=None)),
    "one decision more": (answered(), answered(YES)),
    "one decision less": (answered(YES), answered()),
    "who decided": (answered(YES), answered(Decision("ask", True, "bob", "", 1))),
    "what was decided": (answered(YES), answered(Decision("ask", False, "ada", "no", 1))),
    "the value that was approved": (answered(YES), answered(Decision("ask", True, "ada", "", 2))),
    "several decisions": (
        record(*(ask(name) for name in "ab"), decisions=[Decision("a"), Decision("b", actor="x", value=1)]),
        record(*(ask(name) for name in "ab"), decisions=[Decision("b", actor="y", value=2)]),
    ),
    "what plans of no mission claim of one": (
        make_record(run(plan(NOOP, mission_type="x", params={}), ExecutionContext())),
        make_record(run(plan(NOOP, mission_type="y", params={"n": 1}), ExecutionContext())),
    ),
    "name and metadata of the plan": (
        make_record(run(WorkflowDefinition("v", [NOOP], {"n": 1}), ExecutionContext())),
        make_record(run(WorkflowDefinition("w", [NOOP], {"n": 2}), ExecutionContext())),
    ),
    "what a step wants done": (
        record(do("emit", "a", effect="bell", data={"n": 1})),
        record(do("emit", "a", effect="bell", data={"n": 2})),
    ),
    "how a step came out": (
        record(do("require", "a", path="n", op="eq", expected=1), state={"n": 1}),
        record(do("require", "a", path="n", op="eq", expected=1), state={"n": 2}),
    ),
}
