"""What is run: one job of five steps over a state of any size, once for tier2 and once as plain data.

A state of ``n`` keys is an object with ``n`` members: ``counters`` (an object), ``log`` (an array), ``status`` and
small values of every kind, two in seven of them a small object or array. All members are at the top, where the steps
write as well: that is the shape in which a change that costs what the whole costs shows.

The job is one human step that is passed unattended, three that set and one that appends.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tier2_core import WorkflowDefinition

_KINDS: tuple[Callable[[int], Any], ...] = (
    lambda i: i,
    lambda i: f"value {i}",
    lambda i: i + 0.5,
    lambda i: i % 2 == 0,
    lambda i: None,
    lambda i: [i],
    lambda i: {"id": i},
)


def plain_state(keys: int) -> dict[str, Any]:
    """A state of ``keys`` members, at least 3, as plain data; made anew each time."""
    made: dict[str, Any] = {"counters": {"done": 0}, "log": [{"day": 1}], "status": "new"}
    for i in range(keys - len(made)):
        made[f"key_{i:07}"] = _KINDS[i % len(_KINDS)](i)
    return made


STEPS: list[dict[str, Any]] = [
    {"id": "confirm", "kind": "human", "payload": {"description": "Go on?"}},
    {"id": "begin", "kind": "runtime", "payload": {"operation": "set", "path": "status", "value": "running"}},
    {"id": "count", "kind": "runtime", "payload": {"operation": "set", "path": "counters.done", "value": 1}},
    {"id": "log", "kind": "runtime", "payload": {"operation": "append", "path": "log", "value": {"day": 2}}},
    {"id": "sum-up", "kind": "runtime", "payload": {"operation": "set", "path": "summary", "value": {"total": 1}}},
]


def plain_plan(steps: int = 5, change: int = 1) -> dict[str, Any]:
    """The job as plain data: its first ``steps`` steps; what ``sum-up`` writes has ``change`` members."""
    made = [*STEPS[:4], {**STEPS[4], "payload": {**STEPS[4]["payload"], "value": _summary(change)}}]
    return {"id": "wf-bench", "metadata": {"owner": "benchmarks"}, "name": "wf-bench", "steps": made[:steps]}


def _summary(members: int) -> dict[str, Any]:
    return {"total" if i == 0 else f"part_{i:07}": i + 1 for i in range(members)}


def workflow(plan: dict[str, Any]) -> WorkflowDefinition:
    """The workflow that tier2 runs for a plain plan."""
    from tier2_core import StepSpec, WorkflowDefinition  # which the environments of the peers do not have

    steps = [StepSpec(step["id"], step["kind"], step["payload"]) for step in plan["steps"]]
    return WorkflowDefinition(plan["id"], steps, plan["metadata"])


def rich_document(values: int) -> list[Any]:
    """A document of about ``values`` values with what JSON writers differ in: floats, and all kinds of text."""
    draw = random.Random(values)
    words = ["größer", "naïve", "日本語", "Ελλάδα", "plain", "emoji 🙂", "Ünïcödé", "tab\there"]
    return [
        {
            "größe": draw.random() * 1000,
            "id": i,
            "mean": draw.random() * 10.0 ** draw.randint(-12, 24),
            "ok": i % 3 == 0,
            "text": f"{draw.choice(words)} {i}",
        }
        for i in range(max(1, values // 6))
    ]
