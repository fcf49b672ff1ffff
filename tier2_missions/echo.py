"""echo: says back what it was told; the smallest mission there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tier2_core import Mission, StepSpec, WorkflowDefinition


def build(params: Mapping[str, Any]) -> WorkflowDefinition:
    """One ``noop`` step whose payload has the params."""
    step = StepSpec(
        "echo-step", "runtime", {"operation": "noop", "description": "Say back the params", "params": params}
    )
    return WorkflowDefinition("wf-echo", [step])


MISSION = Mission("echo", build, "Says back its params; changes nothing.", version="2")
