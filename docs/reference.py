"""Make docs/operations.md from the table of operations: ``python docs/reference.py``.

Summaries come from the table, results and failures from running the examples; only what a key means is written by
hand, in docs/operations.toml.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tier2_core import BUILTINS, ExecutionContext, OrchestrationResult, StepSpec, WorkflowDefinition, run

HERE = Path(__file__).parent

OPENING = """\
# The built-in operations

A runtime step names one in its payload: `StepSpec("id", "runtime", {"operation": "set", ...})`. Paths are dotted
(`tasks.0.title`) or JSON Pointers (`/tasks/0/title`, which reaches every key). Each operation is atomic: if it fails,
the state is the one before it. What comes out is again a JSON document: nested at most 64 deep, numbers that are
doubles, at most 64 MiB canonical. A payload that an operation cannot work with is an `InvalidSpecError` before any step
runs, and so is one with a key that its operation does not know. Beside the keys below, every payload has `operation`,
and may have a `description` for people.

This page is made by `docs/reference.py` from the table of operations and from runs of the examples.
"""


def page() -> str:
    """The whole page."""
    told = tomllib.loads((HERE / "operations.toml").read_text())
    return OPENING + "".join(_section(name, told[name]) for name in sorted(BUILTINS.operations))


def _section(name: str, told: Mapping[str, Any]) -> str:
    lines = ["", f"## `{name}`", "", BUILTINS.operations[name].summary, "", "| key | what it is |", "| --- | --- |"]
    lines += [f"| `{key}` | {meaning} |" for key, meaning in told["keys"].items()]
    lines += ["", "```json", f"// state before\n{_one_line(told['example']['state'])}"]
    lines += [f"// payload\n{_payload(name, told['example'])}"]
    result = _run(name, told["example"])
    if result.success:
        lines += [f"// state after\n{_one_line(json.dumps(result.final_state))}"]
        lines += [f"// effect\n{json.dumps({**effect, 'id': '…'}, ensure_ascii=False)}" for effect in result.effects]
        lines += ["```"]
    else:
        lines += [f"// the step fails\n{json.dumps(result.error_message)}", "```"]
    if told["failures"]:
        lines += ["", "It fails, for example:", "", "| state | payload | message |", "| --- | --- | --- |"]
        for failure in told["failures"]:
            message = _run(name, failure).error_message
            assert message is not None, f"{name} does not fail: {failure}"
            lines.append(f"| `{_one_line(failure['state'])}` | `{_payload(name, failure)}` | {message} |")
    return "\n".join(lines) + "\n"


def _run(name: str, example: Mapping[str, str]) -> OrchestrationResult:
    payload = {"operation": name, **json.loads(example["payload"])}
    workflow = WorkflowDefinition("example", [StepSpec("s", "runtime", payload)])
    return run(workflow, ExecutionContext(json.loads(example["state"])))


def _payload(name: str, example: Mapping[str, str]) -> str:
    return json.dumps({"operation": name, **json.loads(example["payload"])})


def _one_line(text: str) -> str:
    return json.dumps(json.loads(text))


if __name__ == "__main__":
    (HERE / "operations.md").write_text(page())
