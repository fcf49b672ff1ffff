"""The job as a SpiffWorkflow workflow: the specification is built once, the workflow for each run."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.specs.Simple import Simple
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.workflow import Workflow

from benchmarks.peers.turns import STATE, STEPS, changed, take_turns


class Job(Simple):  # type: ignore[misc]
    """A task that does what a step's payload says."""

    def __init__(self, spec: Any, name: str, payload: dict[str, Any], **more: Any) -> None:
        super().__init__(spec, name, **more)
        self.payload = payload

    def _run_hook(self, my_task: Any) -> Any:
        my_task.set_data(**changed(my_task.data, self.payload))
        return super()._run_hook(my_task)


spec = WorkflowSpec("wf-bench", addstart=True)
last = spec.start
for step in STEPS:
    task = Job(spec, step["id"], step["payload"], manual=step["kind"] == "human")
    last.connect(task)
    last = task


def run() -> dict[str, Any]:
    workflow = Workflow(spec)
    workflow.task_tree.set_data(**STATE)
    workflow.run_all(halt_on_manual=False)
    assert workflow.is_completed()
    return dict(workflow.last_task.data)


if __name__ == "__main__":
    take_turns(run)
