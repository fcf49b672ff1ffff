"""A run that goes through a file is the run that does not."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.plans import documents, states
from tests.workflow.test_foresight import asking_plans
from tier2_core import (
    Decision,
    ExecutionContext,
    Mission,
    StepSpec,
    WorkflowDefinition,
    canonical_json,
    hookimpl,
    load_registry,
    resume,
    run_mission,
    thaw,
)
from tier2_io.records.saved import load, save


class Anything:
    """A mission that plans whatever its params say."""

    @hookimpl
    def tier2_missions(self) -> list[Mission]:
        def build(params: Any) -> WorkflowDefinition:
            return WorkflowDefinition("wf", [StepSpec(**thaw(step)) for step in params["steps"]])

        return [Mission("anything", build)]


REGISTRY = load_registry([Anything()], entry_points=False)


@given(asking_plans(), states, documents, st.tuples(st.booleans(), st.booleans()))
def test_deciding_up_front_one_by_one_and_through_files_gives_the_same_bytes(
    workflow: WorkflowDefinition, state: dict[str, Any], value: Any, answers: tuple[bool, bool]
) -> None:
    params = {"steps": [step.to_dict() for step in workflow.steps]}
    human = [step.id for step in workflow.steps if step.kind == "human"]
    decisions = [Decision(step, approved, "ada", "", value) for step, approved in zip(human, answers, strict=False)]
    up_front = run_mission("anything", ExecutionContext(state, {"run_id": "7"}, decisions), params, registry=REGISTRY)
    waiting = run_mission("anything", ExecutionContext(state, {"run_id": "7"}, []), params, registry=REGISTRY)
    one_by_one = waiting
    with tempfile.TemporaryDirectory() as place:
        name = save(waiting, str(Path(place) / "a.run.json"))
        while one_by_one.status == "suspended":
            decision = next(made for made in decisions if made.step_id == one_by_one.pending_step_id)
            one_by_one = resume(one_by_one, decision)
            filed = resume(load(name, REGISTRY), decision)
            save(filed, name)
        filed = load(name, REGISTRY)
    assert canonical_json(up_front.to_dict()) == canonical_json(one_by_one.to_dict())
    assert canonical_json(filed.to_dict()) == canonical_json(up_front.to_dict())
