"""tier2 explore: every path through a mission's human steps, and where it leads."""

from __future__ import annotations

from typing import Any

from tier2_core import (
    Decision,
    DecisionPath,
    ExecutionContext,
    MissionSpec,
    OrchestrationResult,
    apply_patch,
    build_workflow,
    consequences,
    decision_table,
    resume,
    run,
    thaw,
)
from tier2_core.errors import cut
from tier2_io.cli.changes import say_lines
from tier2_io.cli.inputs import UsageProblem, entry_of, initial_state, params, registry, value_of
from tier2_io.cli.main import DONE
from tier2_io.cli.questions import lines_of_answer
from tier2_io.documents.outputs import check_outputs
from tier2_io.documents.writing import write_document
from tier2_io.screen import safe, say, say_json, say_styled
from tier2_io.telling import answer

_STYLES = {"succeeded": "green", "failed": "red", "rejected": "yellow", "refused": "red", "broken": "red"}


def execute(options: Any) -> int:
    """Show the decision table; with ``--suite``, write a suite with one scenario for each path."""
    check_outputs([("--suite", options.suite)], [("--state", options.state)])
    known, given = registry(options), params(options.param)
    entry_of(known, options.mission)
    workflow = build_workflow(MissionSpec(options.mission, given), registry=known)
    state = initial_state(options.state, options.set)
    values = _values(options.value, [step.id for step in workflow.steps if step.kind == "human"])
    context = ExecutionContext(state, decisions=[Decision(step, value=value) for step, value in values.items()])
    paths = decision_table(workflow, context, registry=known)
    if options.suite is not None:
        asked = run(workflow, ExecutionContext(state, decisions=[]), registry=known)
        write_document(options.suite, _suite(options.mission, thaw(given), asked, values, paths))
    if options.json:
        say_json([path.to_dict() for path in paths])
        return DONE
    say(f"{safe(options.mission)}: {len(paths)} path{'s' * (len(paths) != 1)}")
    for path in paths:
        say()
        answers = ", ".join(f"{step} {answer}" for step, answer in path.answers) or "nobody is asked"
        say_styled((f"  {answers}: ", ""), (path.outcome.status, _STYLES.get(path.outcome.status, "")))
        say_lines(lines_of_answer(answer(state, path.outcome)))
    if options.suite is not None:
        say()
        say(f"Written: {safe(options.suite)}")
    return DONE


def _values(pairs: list[str], human: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for pair in pairs:
        step, equals, text = pair.partition("=")
        if not equals or not step:
            raise UsageProblem(f"--value {cut(pair)!r} is not of the form STEP=VALUE.")
        if step not in human:
            known = ", ".join(map(cut, human)) or "none"
            raise UsageProblem(f"--value {cut(step)}: there is no such human step; there are {known}.")
        if step in values:
            raise UsageProblem(f"--value {cut(step)} is given twice; expected each step once.")
        values[step] = value_of("--value", text)
    return values


def _suite(
    mission: str, params: Any, asked: OrchestrationResult, values: dict[str, Any], paths: tuple[DecisionPath, ...]
) -> dict[str, Any]:
    """A test document: one scenario a path, expecting what the path leads to now.

    A path on which signatures are demanded is left out: nobody can sign in a file of tests.
    """
    state = thaw(asked.run.context.initial_state)
    scenarios, expectations = [], []
    for path in paths:
        if path.outcome.status in ("refused", "broken"):
            continue  # there is no such run
        name = ", ".join(f"{step} {answer}" for step, answer in path.answers) or "nobody is asked"
        decisions = _decisions(asked, path, values)
        if decisions is None:
            continue
        call = {"name": mission, "params": params, "decisions": decisions}
        scenarios.append({"scenario_name": name, "initial_state": state, "missions": [call]})
        wanted = {"status": path.outcome.status, "final_state": apply_patch(state, path.outcome.patch)}
        for at, expected in wanted.items():
            expectations.append(
                {
                    "id": f"{name}: {at}",
                    "scenario_name": name,
                    "mission_name": mission,
                    "path": at,
                    "op": "eq",
                    "expected": thaw(expected),
                }
            )
    return {"suite_name": f"every path of {mission}", "scenarios": scenarios, "expectations": expectations}


def _decisions(asked: OrchestrationResult, path: DecisionPath, values: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The answers of a path as a suite has them, each meeting what its step demands; ``None`` if it cannot."""
    payloads = {step.id: step.payload for step in asked.run.workflow.steps}
    made: list[dict[str, Any]] = []
    for number, (step, said) in enumerate(path.answers, 1):
        approved, value, demands = said == "approved", values.get(step), payloads[step].get("demands") or {}
        if demands.get("signatures"):
            return None
        compared = any(step in (other.get("demands") or {}).get("not_same_as", ()) for other in payloads.values())
        who, why = (f"person-{number}", "as it may be") if demands or compared else ("", "")
        seen = consequences(asked, value).digest if demands.get("seen") else ""
        decision = {"step_id": step, "approved": approved, "value": thaw(value)}
        more = {name: text for name, text in (("actor", who), ("reason", why), ("seen", seen)) if text}
        made.append({**decision, **more})
        asked = resume(asked, Decision(step, approved, who, why, value, seen))
    return made
