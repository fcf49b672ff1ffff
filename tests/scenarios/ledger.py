"""A small plugin that the tests of scenarios run: missions that add, ask, and break."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tier2_core import (
    Mission,
    Operation,
    OperationCall,
    Registry,
    StepSpec,
    WorkflowDefinition,
    hookimpl,
    load_registry,
)


def _add(params: Mapping[str, Any]) -> WorkflowDefinition:
    return WorkflowDefinition("wf-add", [StepSpec("add", "runtime", {"operation": "ledger.add", **params})])


def _ask(params: Mapping[str, Any]) -> WorkflowDefinition:
    return WorkflowDefinition("wf-ask", [StepSpec("question", "human", {"into": "answer"})])


def _fail(params: Mapping[str, Any]) -> WorkflowDefinition:
    steps = [
        StepSpec("first", "runtime", {"operation": "ledger.add", "by": 100}),
        StepSpec("then", "runtime", {"operation": "fail", "reason": "as told"}),
    ]
    return WorkflowDefinition("wf-fail", steps)


class Ledger:
    """The plugin; ``factor`` changes what adding comes to, and nothing else."""

    def __init__(self, factor: int = 1) -> None:
        self.factor = factor

    @hookimpl
    def tier2_missions(self) -> list[Mission]:
        return [Mission("add", _add), Mission("ask", _ask), Mission("fail", _fail)]

    @hookimpl
    def tier2_operations(self) -> list[Operation]:
        def add(state: Any, call: OperationCall) -> Any:
            return state.set("n", state.get("n", 0) + self.factor * call.payload.get("by", 1))

        return [Operation("ledger.add", add)]


def ledger(factor: int = 1) -> Registry:
    """A registry with the plugin and the installed missions."""
    return load_registry([Ledger(factor)])
