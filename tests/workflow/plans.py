"""Small workflows, registries of one's own and random documents: what the tests of this room are made of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
from hypothesis import strategies as st

from tests.processes import HANG
from tier2_core import BUILTINS, Decision, ExecutionContext, Operation, StepSpec, WorkflowDefinition

VECTORS = Path(__file__).parent.parent / "vectors" / "workflow"


def vectors(name: str) -> Any:
    """The cases of ``tests/vectors/workflow/<name>.json``."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def do(operation: str, step_id: str = "step", **payload: Any) -> StepSpec:
    """A runtime step."""
    return StepSpec(step_id, "runtime", {"operation": operation, **payload})


def ask(step_id: str = "ask", **payload: Any) -> StepSpec:
    """A human step."""
    return StepSpec(step_id, "human", payload)


def plan(*steps: StepSpec, name: str = "wf", **metadata: Any) -> WorkflowDefinition:
    """A workflow."""
    return WorkflowDefinition(name, steps, metadata)


def nested(levels: int) -> dict[str, Any]:
    """An object that is ``levels`` deep."""
    made: dict[str, Any] = {}
    for _ in range(levels - 1):
        made = {"a": made}
    return made


def under_hash_seeds(script: str, seeds: str = "0123") -> list[str]:
    """What a script prints, in a fresh process for each hash seed."""
    return [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
            timeout=HANG,
            encoding="utf-8",
        ).stdout
        for seed in seeds
    ]


@attrs.frozen
class Table:
    """A registry in the engine's sense: anything with an ``operations`` mapping."""

    operations: Mapping[str, Operation]


def table(*operations: Operation, **functions: Callable[[Any, Any], Any]) -> Table:
    """The built-in operations, ``operations``, and one of plugin ``tests`` for each function: ``t.<name>``."""
    made = [Operation(f"t.{name}", apply, plugin="tests") for name, apply in functions.items()]
    return Table({**BUILTINS.operations, **{operation.name: operation for operation in (*operations, *made)}})


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
)
"""Null, booleans, numbers and text, as plain data."""

keys = st.sampled_from(["a", "b", "c", "a.b", "é", ""])
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
)
"""Plain JSON data."""

objects = st.dictionaries(keys, documents, max_size=3)
"""Plain JSON objects, as states and params are."""


# --- random workflows of built-in operations, over states that they can do something to ---------------

_PATHS = ["a", "b", "c", "a.a", "a.b", "b.0", "b.1", "c.0.a", "/a", "/b/1", "/a/b", "a.-", "b.01", "/"]
_numbers = st.integers(-3, 3) | st.sampled_from(
    [0.5, 0.1, -0.0, 1e308, -1e308, 2**53 - 1, 1 - 2**53, 2.0**53, 123456789012345683968.0, -3968, 1e21, 5e-324]
)
_values = _numbers | scalars | st.lists(_numbers, max_size=2) | st.dictionaries(st.sampled_from("ab"), _numbers)

_payloads = st.one_of(
    st.just({"operation": "noop"}),
    st.just({}),
    st.fixed_dictionaries({"operation": st.just("fail")}, optional={"reason": st.text("xyz", max_size=3)}),
    st.fixed_dictionaries({"operation": st.just("set"), "path": st.sampled_from(_PATHS), "value": _values}),
    st.fixed_dictionaries({"operation": st.just("set"), "path": st.just(""), "value": objects}),
    st.fixed_dictionaries({"operation": st.just("delete"), "path": st.sampled_from(_PATHS)}),
    st.fixed_dictionaries({"operation": st.just("append"), "path": st.sampled_from(_PATHS), "value": _values}),
    st.fixed_dictionaries(
        {"operation": st.just("increment"), "path": st.sampled_from(_PATHS)}, optional={"by": _numbers}
    ),
    st.fixed_dictionaries(
        {"operation": st.just("emit"), "effect": st.sampled_from(["mail.send", "bell"])},
        optional={"data": st.dictionaries(st.sampled_from("ab"), _values)},
    ),
    st.fixed_dictionaries(
        {"operation": st.just("emit"), "effect": st.just("mail.send"), "data_from": st.sampled_from(_PATHS)}
    ),
)

states = st.fixed_dictionaries(
    {},
    optional={
        "a": st.dictionaries(st.sampled_from("ab"), _values) | _numbers,
        "b": st.lists(_values, max_size=3),
        "c": _values | st.lists(st.dictionaries(st.sampled_from("ab"), _values), max_size=2),
    },
)
"""Initial states on which about half of the random steps can be done."""

payload_lists = st.lists(_payloads, max_size=5)
"""The payloads of the runtime steps of a workflow."""


def runtime_plan(payloads: list[dict[str, Any]], prefix: str = "s") -> WorkflowDefinition:
    """A workflow with one runtime step for each payload."""
    return plan(*[StepSpec(f"{prefix}{place}", "runtime", payload) for place, payload in enumerate(payloads)])


_ids = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
_actors = st.sampled_from(["", "Ada", "Zoë\n", '"\ue000😀'])


@st.composite
def answered(draw: st.DrawFn) -> tuple[WorkflowDefinition, ExecutionContext]:
    """A workflow with up to two human steps, and what it starts from: anybody may have decided anything."""
    payloads = draw(payload_lists)
    ids = draw(st.lists(_ids, min_size=len(payloads), max_size=len(payloads), unique=True))
    human = set(draw(st.lists(st.integers(0, 4), max_size=2)))
    into = st.sampled_from([{}, {"into": "a.b"}, {"into": "c"}, {"into": "b.0"}])
    steps = [
        ask(name, **draw(into)) if place in human else StepSpec(name, "runtime", payload)
        for place, (name, payload) in enumerate(zip(ids, payloads, strict=True))
    ]
    decisions = [
        Decision(step.id, draw(st.sampled_from([True, True, False])), draw(_actors), draw(_actors), draw(_values))
        for step in steps
        if step.kind == "human" and draw(st.integers(0, 4))
    ]
    metadata = draw(st.none() | st.dictionaries(st.sampled_from(["caller", "policy_version", "run_id", "x"]), _values))
    context = ExecutionContext(draw(states), metadata, draw(st.sampled_from([None, decisions])))
    return WorkflowDefinition(draw(_ids), steps), context
