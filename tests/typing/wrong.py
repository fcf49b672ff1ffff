"""What type checkers must refuse: every line with an ``ignore`` is wrong. It is checked, and never run.

An ``ignore`` that nothing needs is itself an error, so that a line which passes is found.
"""

from __future__ import annotations

from tier2_core import (
    BUILTINS,
    Decision,
    ExecutionContext,
    Mission,
    MissionSpec,
    Operation,
    StepSpec,
    WorkflowDefinition,
    consequences,
    resume,
    run,
    run_mission,
)

StepSpec("s")  # type: ignore[call-arg]
StepSpec(1, "runtime")  # type: ignore[arg-type]
StepSpec("s", "runtime", [])  # type: ignore[arg-type]
WorkflowDefinition("w", "steps")  # type: ignore[arg-type]
WorkflowDefinition("w", [MissionSpec("echo")])  # type: ignore[list-item]
ExecutionContext([])  # type: ignore[arg-type]
ExecutionContext({}, decisions=["go"])  # type: ignore[list-item]
MissionSpec("echo", "params")  # type: ignore[arg-type]
Decision("go", "yes")  # type: ignore[arg-type]

run_mission()  # type: ignore[call-overload]
run_mission(5)  # type: ignore[call-overload]
run_mission("echo", ExecutionContext(), {}, {})  # type: ignore[call-overload]
run_mission("echo", ctx=ExecutionContext(), initial_state={})  # type: ignore[call-overload]
run_mission("echo", registry=BUILTINS)  # type: ignore[call-overload]

result = run_mission("echo")
result.status = "failed"  # type: ignore[misc]
result.final_state = {}  # type: ignore[misc]
result.stauts  # type: ignore[attr-defined]
consequences(None)  # type: ignore[arg-type]
resume(result, "go")  # type: ignore[arg-type]
run(WorkflowDefinition("w"), {})  # type: ignore[arg-type]

Operation("a.b", "apply")  # type: ignore[arg-type]
Mission("m", "factory")  # type: ignore[arg-type]
assert result.status == "suceeded"  # type: ignore[comparison-overlap]
