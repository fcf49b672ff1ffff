"""Missions that break a limit or a rule, or end their process; each is named after the kind of what is found."""

# mypy: ignore-errors
# Written as somebody would who checks no types.

import ctypes
import os

from tier2_core import InvalidParamsError, Mission, Operation, StepSpec, WorkflowDefinition, hookimpl

DOES = "Does something."


def planning(*steps):
    return lambda params: WorkflowDefinition("wf", list(steps))


def step(operation, name="only", **payload):
    return StepSpec(name, "runtime", {"operation": operation, **payload})


def needs_a_name(params):
    return WorkflowDefinition("wf", [step("set", path="a", value=params["name"])])


def refuses_all(params):
    raise InvalidParamsError("no")


def hangs(state, call):
    while True:
        pass


def adds(state, call):
    return state.set("n", state["n"] + call.payload["by"])


NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}}
SEVENS = {"type": "object", "required": ["q"], "properties": {"q": {"type": "string", "pattern": "^q{7}$"}}}


@hookimpl
def tier2_missions():
    return [
        Mission("limits", planning(*[step("noop", f"s{i}") for i in range(7)]), DOES),
        Mission("limits_kind", planning(StepSpec("a", "shell")), DOES),
        Mission("limits_operation", planning(step("no_such")), DOES),
        Mission("payload", planning(step("set")), DOES),
        Mission("metadata", planning(), ""),
        Mission("schema", planning(), DOES, params_schema={"type": "strin"}),
        Mission("schema_state", planning(), DOES, state_schema={"$ref": "#/nowhere"}),
        Mission("broke_factory", needs_a_name, DOES),
        Mission("broke_returned", lambda params: None, DOES),
        Mission("broke_operation", planning(step("broke_operation.add", by=1)), DOES, state_schema=NUMBER),
        Mission("untried", planning(), DOES, params_schema=SEVENS),
        Mission("untried_refused", refuses_all, DOES),
        Mission("hangs", planning(step("hangs.do")), DOES),
        Mission("crashed_exit", planning(step("crashed_exit.do")), DOES),
        Mission("crashed_memory", planning(step("crashed_memory.do")), DOES),
    ]


@hookimpl
def tier2_operations():
    return [
        Operation("broke_operation.add", adds, summary=DOES),
        Operation("hangs.do", hangs, summary=DOES),
        Operation("crashed_exit.do", lambda state, call: os._exit(3), summary=DOES),
        Operation("crashed_memory.do", lambda state, call: ctypes.string_at(0), summary=DOES),
        Operation("name", lambda state, call: state, summary=DOES),
    ]
