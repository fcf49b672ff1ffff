"""The two yardsticks: an engine of plain dicts and deep copies, and a bare loop that copies a dict at each step.

The engine does the work of ``tier2_core.run`` as somebody would who has dicts, ``copy.deepcopy`` and ``json``: it
checks the plan, copies the caller's state once so that nobody's data is changed, applies the steps in place (each
looks whether it can before it writes, so that a step is atomic without another copy), copies what goes from the plan
into the state or the result, and gives the dict that ``OrchestrationResult.to_dict()`` gives. With hashes it is the
very same dict; without, the three hashes of the lineage are left out. What depends on the plan alone, its hash, it is
handed, as a prepared workflow has it too.
"""

from __future__ import annotations

import json
import re
from copy import deepcopy
from hashlib import sha256
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


def hashed(value: Any, tag: str = "") -> str:
    """The SHA-256 of a value's JSON; for ASCII keys and plain floats it is tier2's digest."""
    text = _encode(value).encode()
    return sha256(tag.encode() + b"\0" + text if tag else text).hexdigest()


def plan_hash(plan: dict[str, Any]) -> str:
    """What the lineage calls ``workflow_hash``."""
    return hashed(plan, "tier2/workflow/v1")


class StepFailure(Exception):
    """A step cannot be done."""


def deepcopy_run(plan: dict[str, Any], initial: dict[str, Any], workflow_hash: str | None = None) -> dict[str, Any]:
    """The result of an unattended run; with ``workflow_hash`` the lineage has its hashes."""
    steps = plan["steps"]
    check_plan(plan)
    state = deepcopy(initial)
    executed: list[dict[str, Any]] = []
    human: dict[str, Any] = {}
    status, failed, message = "succeeded", None, None
    for step in steps:
        executed.append(deepcopy(step))
        if step["kind"] == "human":
            human[step["id"]] = {"actor": "", "decision": "unattended", "reason": ""}
            continue
        try:
            apply_step(state, step["payload"])
        except StepFailure as failure:
            status, failed = "failed", step["id"]
            message = f"Step '{failed}' failed: {failure}"
            break
    ids = [step["id"] for step in executed]
    lineage: dict[str, Any] = {"executed_step_ids": ids}
    if workflow_hash is not None:
        lineage["final_state_hash"] = hashed(state)
        lineage["initial_state_hash"] = hashed(initial)
        lineage["workflow_hash"] = workflow_hash
    lineage["workflow_id"] = plan["id"]
    return {
        "error_message": message,
        "executed_steps": executed,
        "failed_step_id": failed,
        "final_state": state,
        "id": plan["id"],
        "lineage": lineage,
        "pending_step_id": None,
        "receipt": {"end_time": len(ids), "human": human, "id": plan["id"], "start_time": 0, "steps": list(ids)},
        "status": status,
        "success": status == "succeeded",
    }


def deepcopy_history(plan: dict[str, Any], initial: dict[str, Any]) -> list[dict[str, Any]]:
    """The states of a run, the initial one first: what a run's trace keeps, for an engine that has to copy for it."""
    states = [deepcopy(initial)]
    for step in plan["steps"]:
        state = deepcopy(states[-1])
        if step["kind"] == "runtime":
            apply_step(state, step["payload"])
        states.append(state)
    return states


def deepcopy_run_and_hash(
    plan: dict[str, Any], initial: dict[str, Any], workflow_hash: str
) -> tuple[dict[str, Any], bytes, str]:
    """The result with its hashes, its JSON in UTF-8, and the SHA-256 of that."""
    result = deepcopy_run(plan, initial, workflow_hash)
    text = _encode(result).encode()
    return result, text, sha256(text).hexdigest()


def check_plan(plan: dict[str, Any]) -> None:
    """The limits of a workflow, and what its operations need."""
    steps = plan["steps"]
    if len(steps) > 5 or sum(step["kind"] == "human" for step in steps) > 2:
        raise ValueError("too many steps")
    for step in steps:
        if step["kind"] not in ("human", "runtime"):
            raise ValueError(f"unknown kind: {step['kind']}")
        if step["kind"] == "runtime":
            payload = step["payload"]
            operation = payload.get("operation", "noop")
            if operation not in ("noop", "set", "append"):
                raise ValueError(f"unknown operation: {operation}")
            if operation != "noop" and not ("path" in payload and "value" in payload):
                raise ValueError(f"{step['id']} needs a path and a value")


def apply_step(state: dict[str, Any], payload: dict[str, Any]) -> None:
    """Do what a payload says, in place; nothing is written unless all of it can be."""
    operation = payload.get("operation", "noop")
    if operation == "noop":
        return
    *way, last = payload["path"].split(".")
    parent: Any = state
    for token in way:
        parent = parent[_key(parent, token)]
    if operation == "set":
        parent[last if type(parent) is dict else _key(parent, last)] = deepcopy(payload["value"])
        return
    array = parent[_key(parent, last)]
    if type(array) is not list:
        raise StepFailure(f"'{payload['path']}' is no array")
    array.append(deepcopy(payload["value"]))


def _key(parent: Any, token: str) -> Any:
    if type(parent) is dict and token in parent:
        return token
    if type(parent) is list and re.fullmatch("0|[1-9][0-9]*", token, re.ASCII) and int(token) < len(parent):
        return int(token)
    raise StepFailure(f"'{token}' does not exist")


def dict_copies(plan: dict[str, Any], initial: dict[str, Any]) -> dict[str, Any]:
    """The floor: one shallow copy of the state a step, and a member set. No checks, no result, no protection."""
    state = initial
    for step in plan["steps"]:
        state = dict(state)
        state["last"] = step["id"]
    return state
