"""The samples beside this file: how they were made, and what was done to the twin of each.

``python -m tests.records.samples`` writes those that are not there. One that is there is never written again: from it
every later version has to compute the same, or say why not: those that are refused by now are in ``earlier/``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.records.forging import forged
from tests.workflow.plans import ask, do, plan
from tier2_core import (
    Decision,
    ExecutionContext,
    OrchestrationResult,
    Record,
    load_record,
    make_record,
    run,
    run_mission,
)
from tier2_core.values.canonical import read_json

PLACE = Path(__file__).parent
CONFIRM = "daily-confirm-priorities"
DAY: dict[str, Any] = {
    "date": "2026-03-02",
    "tasks": [
        {"id": "tax", "title": "Send the tax form", "priority": 1, "due": "2026-02-27"},
        {"id": "slides", "title": "Draw the slides", "priority": 2},
        {"id": "bike", "title": "Mend the bike", "done": True, "completed_on": "2026-03-01"},
    ],
    "weight": 0.1,
    "é": [None, True, 1e21],
}
TESTED = {
    "suites": {
        "small": {
            "suite_name": "small",
            "scenarios": [{"scenario_name": "one", "initial_state": {"n": 1}, "missions": [{"name": "echo"}]}],
            "expectations": [
                {"id": "n", "scenario_name": "one", "mission_name": "echo", "path": "final_state.n", "op": "exists"}
            ],
        }
    }
}
EVERY = plan(
    do("set", "put", path="list", value=[]),
    do("append", "more", path="list", value={"a": 1.5}),
    ask("sure", into="answer", schema={"type": "string"}),
    do("patch", "change", ops=[{"op": "copy", "from": "/list/0", "path": "/copied"}]),
    do("merge", "merged", patch={"list": None}),
    name="every",
)


def day(*decisions: Decision, state: Any = None, **params: Any) -> OrchestrationResult:
    metadata = {"caller": "samples", "run_id": "2026-03-02", "note": {"kept": [1]}}
    return run_mission("daily_loop", ExecutionContext(state or DAY, metadata, decisions), params)


MADE: dict[str, Callable[[], OrchestrationResult]] = {
    "echo": lambda: run_mission("echo", {"hello": "world"}, {"n": 1}),
    "daily_loop": lambda: day(Decision(CONFIRM, actor="ada", reason="fine", value=["slides"]), requested_steps=5),
    "unattended": lambda: run_mission("daily_loop", None, DAY),
    "run_tests": lambda: run_mission("run_tests", {"target": "small"}, TESTED),
    "suspended": lambda: day(),
    "rejected": lambda: day(Decision(CONFIRM, False, "ada", "not today")),
    "failed": lambda: day(Decision(CONFIRM), state={"tasks": [{"id": "a"}]}),
    "workflow": lambda: run(EVERY, ExecutionContext({"kept": 1}, None, [Decision("sure", value="yes")])),
}


def _edited(record: Record, *path: Any, value: Any) -> dict[str, Any]:
    """The document with one part exchanged, and no hash made to fit."""
    document = record.to_dict()
    target: Any = document
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    return document


def _other_reason(record: Record) -> dict[str, Any]:
    chain = record.to_dict()["chain"]
    chain[-1]["reason"] = "nobody knows"
    return forged(record, chain=chain).to_dict()


def _other_plan(record: Record) -> dict[str, Any]:
    workflow = record.to_dict()["workflow"]
    workflow["steps"][0]["payload"]["description"] = "Transfer the money?"
    return forged(record, workflow=workflow).to_dict()


def _approved(record: Record) -> dict[str, Any]:
    decisions = record.to_dict()["decisions"]
    decisions[0]["approved"] = True
    return forged(record, decisions=decisions).to_dict()


def _other_change(record: Record) -> dict[str, Any]:
    chain = record.to_dict()["chain"]
    chain[1]["patch"][0]["value"] = {"a": 2.5}
    return forged(record, chain=chain).to_dict()


TAMPERED: dict[str, tuple[Callable[[Record], dict[str, Any]], str, str | None]] = {
    "echo": (lambda record: _edited(record, "params", "hello", value="moon"), "altered", "echo-step"),
    "daily_loop": (lambda record: _edited(record, "decisions", 0, "actor", value="eve"), "altered", CONFIRM),
    "unattended": (lambda record: _edited(record, "initial_state", "weight", value=0.2), "altered", None),
    "run_tests": (
        lambda record: _edited(record, "chain", value=record.to_dict()["chain"][:2]),
        "altered",
        "tests-report",
    ),
    "suspended": (_other_plan, "plan", CONFIRM),
    "rejected": (_approved, "decision", CONFIRM),
    "failed": (_other_reason, "operation", "daily-summarise-yesterday"),
    "workflow": (_other_change, "operation", "more"),
}
"""What was done to the twin, and what verifying says of it: the cause, and the first step that diverges."""


def read(name: str) -> Record:
    """The sample of that name."""
    return load_record(read_json((PLACE / f"{name}.json").read_bytes()))


def _write(name: str, document: Any) -> None:
    path = PLACE / f"{name}.json"
    if not path.exists():
        path.write_text(json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for name, make in MADE.items():
        _write(name, make_record(make(), environment={"python": "CPython 3.11"}).to_dict())
        _write(f"{name}.tampered", TAMPERED[name][0](read(name)))
