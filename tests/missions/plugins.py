"""Plugins: as the source of a module, and as objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tier2_core import Mission, Operation, Registry, StepSpec, WorkflowDefinition, hookimpl, load_registry


def source(mission: str = "", operation: str = "") -> str:
    """The source of a plugin with a mission that plans one step, and an operation that does nothing."""
    lines = ["from tier2_core import Mission, Operation, StepSpec, WorkflowDefinition, hookimpl"]
    if mission:
        lines += [
            "def build(params):",
            f"    return WorkflowDefinition('wf-{mission}', [StepSpec('only', 'runtime')])",
            "@hookimpl",
            "def tier2_missions():",
            f"    return [Mission('{mission}', build)]",
        ]
    if operation:
        lines += [
            "@hookimpl",
            "def tier2_operations():",
            f"    return [Operation('{operation}', lambda state, call: state)]",
        ]
    return "\n".join(lines) + "\n"


def hooks(body: str) -> str:
    """The source of a plugin with the hook ``tier2_missions``, which has this body."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{source()}def build(params): ...\n@hookimpl\ndef tier2_missions():\n{lines}"


class Bringing:
    """A plugin that is an object, and brings what it was made with; ``name`` is its own."""

    def __init__(self, *brought: Mission | Operation, name: str = "bringing") -> None:
        self.brought = brought
        self.__name__ = name

    @hookimpl
    def tier2_missions(self) -> list[Mission]:
        return [item for item in self.brought if isinstance(item, Mission)]

    @hookimpl
    def tier2_operations(self) -> list[Operation]:
        return [item for item in self.brought if isinstance(item, Operation)]


def one_step(params: Mapping[str, Any]) -> WorkflowDefinition:
    """A factory of one step that shows its params."""
    return WorkflowDefinition("wf-one", [StepSpec("only", "runtime", {"params": params})])


def registry_of(*brought: Mission | Operation) -> Registry:
    """The registry with one plugin, ``bringing``, and nothing that is installed."""
    return load_registry([Bringing(*brought)], entry_points=False)
