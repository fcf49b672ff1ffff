from __future__ import annotations

import copy
import json
import pickle
from collections import OrderedDict
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PMap

from tests.strategies import texts
from tests.workflow.plans import ask, do, documents, nested, objects, plan, under_hash_seeds
from tier2_core import (
    Decision,
    ExecutionContext,
    InvalidFieldValueError,
    InvalidSpecError,
    InvalidValueError,
    MissionSpec,
    StepSpec,
    WorkflowDefinition,
    canonical_json,
    digest,
    freeze,
    resume,
    run,
)
from tier2_core.values.writing import KEPT

STEP = StepSpec("a", "runtime", {"x": [1, {"y": True}]})
SPECS = [
    STEP,
    StepSpec("b", "anything"),
    WorkflowDefinition("w", [STEP], {"m": [1]}),
    ExecutionContext({"s": {"t": 1}}, {"caller": "me"}, [Decision("b"), Decision("a")]),
    ExecutionContext(),
    MissionSpec("echo", {"p": 1}),
    Decision("a", False, "Ada", "no", {"v": [1]}, "0" * 64),
]
COPIES = [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]


def kind_of(spec: Any) -> str:
    return type(spec).__name__


# --- construction ------------------------------------------------------------------------------------


def test_fields_are_positional_in_the_documented_order() -> None:
    step = StepSpec("i", "k", {"p": 1})
    assert (step.id, step.kind, step.payload) == ("i", "k", freeze({"p": 1}))
    workflow = WorkflowDefinition("w", (step,), {"m": 1}, "w")
    assert (workflow.id, workflow.steps, workflow.metadata, workflow.name) == ("w", (step,), freeze({"m": 1}), "w")
    decision = Decision("i", False, "Ada", "why", 5, "seen")
    context = ExecutionContext({"s": 1}, {"m": 1}, [decision])
    assert (context.initial_state, context.metadata) == (freeze({"s": 1}), freeze({"m": 1}))
    assert context.decisions == (decision,)
    assert (MissionSpec("t", {"p": 1}).type, MissionSpec("t", {"p": 1}).params) == ("t", freeze({"p": 1}))
    assert (decision.step_id, decision.approved, decision.actor) == ("i", False, "Ada")
    assert (decision.reason, decision.value, decision.seen) == ("why", 5, "seen")


def test_what_is_left_out_has_the_documented_default() -> None:
    assert StepSpec("i", "k").to_dict() == {"id": "i", "kind": "k", "payload": {}}
    assert WorkflowDefinition().to_dict() == {"id": "", "metadata": {}, "name": "", "steps": []}
    assert ExecutionContext().to_dict() == {"decisions": None, "initial_state": {}, "metadata": None}
    assert MissionSpec("t").to_dict() == {"params": {}, "type": "t"}
    assert Decision("i").to_dict() == {
        "actor": "", "approved": True, "reason": "", "seen": "", "step_id": "i", "value": None,
    }  # fmt: skip


def test_steps_and_decisions_become_tuples_and_mappings_persistent_maps() -> None:
    assert type(WorkflowDefinition("w", [STEP]).steps) is tuple
    assert type(ExecutionContext(decisions=[]).decisions) is tuple
    assert isinstance(STEP.payload, PMap)
    assert isinstance(ExecutionContext({"a": {}}).initial_state["a"], PMap)


def test_a_frozen_mapping_is_taken_as_it_is() -> None:
    state = freeze({"a": [1]})
    assert ExecutionContext(state).initial_state is state  # type: ignore[arg-type]
    assert StepSpec("a", "runtime", state).payload is state


def test_what_was_handed_in_can_change_without_changing_the_spec() -> None:
    payload: dict[str, Any] = {"list": [1]}
    step = StepSpec("a", "runtime", payload)
    payload["list"].append(2)
    payload["more"] = True
    assert step.to_dict()["payload"] == {"list": [1]}


def test_a_kind_may_be_any_text_until_it_is_run() -> None:
    assert StepSpec("a", "whatever").kind == "whatever"


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: StepSpec(1, "runtime"), "id"),  # type: ignore[arg-type]
        (lambda: StepSpec("a", None), "kind"),  # type: ignore[arg-type]
        (lambda: StepSpec("a", "runtime", [1]), "payload"),  # type: ignore[arg-type]
        (lambda: StepSpec("a", "runtime", None), "payload"),  # type: ignore[arg-type]
        (lambda: StepSpec("a", "runtime", OrderedDict()), "payload"),
        (lambda: StepSpec("\ud800", "runtime"), "id"),
        (lambda: WorkflowDefinition(1), "id"),  # type: ignore[arg-type]
        (lambda: WorkflowDefinition("w", "steps"), "steps"),  # type: ignore[arg-type]
        (lambda: WorkflowDefinition("w", {STEP}), "steps"),  # type: ignore[arg-type]
        (lambda: WorkflowDefinition("w", iter([STEP])), "steps"),  # type: ignore[arg-type]
        (lambda: WorkflowDefinition("w", [STEP, {"id": "b"}]), "steps.1"),  # type: ignore[list-item]
        (lambda: WorkflowDefinition("w", [], []), "metadata"),  # type: ignore[arg-type]
        (lambda: WorkflowDefinition("", [], {}, 5), "name"),  # type: ignore[arg-type]
        (lambda: ExecutionContext(None), "initial_state"),  # type: ignore[arg-type]
        (lambda: ExecutionContext([]), "initial_state"),  # type: ignore[arg-type]
        (lambda: ExecutionContext({}, []), "metadata"),  # type: ignore[arg-type]
        (lambda: ExecutionContext({}, None, Decision("a")), "decisions"),  # type: ignore[arg-type]
        (lambda: ExecutionContext({}, None, {"a": Decision("a")}), "decisions"),  # type: ignore[dict-item]
        (lambda: ExecutionContext({}, None, ["a"]), "decisions.0"),  # type: ignore[list-item]
        (lambda: MissionSpec(5), "type"),  # type: ignore[arg-type]
        (lambda: MissionSpec("t", None), "params"),  # type: ignore[arg-type]
        (lambda: Decision(None), "step_id"),  # type: ignore[arg-type]
        (lambda: Decision("a", 1), "approved"),  # type: ignore[arg-type]
        (lambda: Decision("a", "yes"), "approved"),  # type: ignore[arg-type]
        (lambda: Decision("a", True, 5), "actor"),  # type: ignore[arg-type]
        (lambda: Decision("a", True, "", None), "reason"),  # type: ignore[arg-type]
        (lambda: Decision("a", seen=5), "seen"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_type_names_the_field(make: Any, field: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        make()
    assert isinstance(caught.value, ValueError)
    assert caught.value.field == field
    assert f"'{field}'" in str(caught.value)


@pytest.mark.parametrize(
    ("make", "field", "path"),
    [
        (lambda: StepSpec("a", "runtime", {"x": [{1, 2}]}), "payload", "/x/0"),
        (lambda: ExecutionContext({"n": float("nan")}), "initial_state", "/n"),
        (lambda: ExecutionContext({}, {"when": object()}), "metadata", "/when"),
        (lambda: MissionSpec("t", {"p": {1: 2}}), "params", "/p"),
        (lambda: Decision("a", value=[float("inf")]), "value", "/0"),
        (lambda: WorkflowDefinition("w", [], {"big": 2**53 + 1}), "metadata", "/big"),
    ],
)
def test_what_is_no_document_names_the_field_and_the_place_in_it(make: Any, field: str, path: str) -> None:
    with pytest.raises(InvalidFieldValueError, match=field) as caught:
        make()
    assert (caught.value.field, caught.value.path) == (field, path)
    assert isinstance(caught.value, InvalidSpecError)
    assert isinstance(caught.value, InvalidValueError)


def test_documents_may_be_64_deep_and_no_deeper() -> None:
    assert ExecutionContext(nested(64)).initial_state
    with pytest.raises(InvalidFieldValueError, match="nesting deeper than 64"):
        ExecutionContext(nested(65))


@pytest.mark.parametrize(
    "workflow", [WorkflowDefinition("w"), WorkflowDefinition(name="w"), WorkflowDefinition("w", name="w")]
)
def test_id_and_name_are_one_thing(workflow: WorkflowDefinition) -> None:
    assert (workflow.id, workflow.name) == ("w", "w")
    assert workflow == WorkflowDefinition("w")


def test_an_id_and_another_name_are_a_mismatch() -> None:
    with pytest.raises(InvalidSpecError, match=r"mismatch.*'a'.*'b'"):
        WorkflowDefinition("a", name="b")


def test_step_ids_are_unique() -> None:
    with pytest.raises(InvalidSpecError, match="'b'") as caught:
        plan(do("noop", "a"), do("noop", "b"), ask("b"))
    assert caught.value.field == "steps"
    assert "'a'" not in str(caught.value)


def test_there_is_one_decision_a_step_and_their_order_is_no_matter() -> None:
    a, b = Decision("a"), Decision("b")
    contexts = [ExecutionContext(decisions=given) for given in ([a, b], (b, a), {a, b}, frozenset([b, a]))]
    assert contexts == [contexts[0]] * 4
    with pytest.raises(InvalidSpecError, match="'a'") as caught:
        ExecutionContext(decisions=[a, b, Decision("a", False)])
    assert caught.value.field == "decisions"


# --- values ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", SPECS, ids=kind_of)
def test_specs_cannot_be_changed(spec: Any) -> None:
    name = next(iter(type(spec).__attrs_attrs__)).name
    with pytest.raises(FrozenInstanceError):
        setattr(spec, name, getattr(spec, name))
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        spec.something_new = 1
    assert not hasattr(spec, "__dict__")


@pytest.mark.parametrize("duplicate", COPIES, ids=["copy", "deepcopy", "pickle"])
@pytest.mark.parametrize("spec", SPECS, ids=kind_of)
def test_specs_survive_being_copied_deep_copied_and_pickled(spec: Any, duplicate: Any) -> None:
    made = duplicate(spec)
    assert type(made) is type(spec)
    assert made == spec
    assert hash(made) == hash(spec)
    assert made.to_dict() == spec.to_dict()


@pytest.mark.parametrize("duplicate", COPIES, ids=["copy", "deepcopy", "pickle"])
def test_a_copy_runs_as_the_original_does(duplicate: Any) -> None:
    """A copied document was put together by ``copy`` or ``pickle``; it is let through the door again."""
    workflow = plan(
        do("set", "a", path="deep.x", value={"list": [{"y": 1.5}]}), do("append", "b", path="deep.x.list", value=[[2]]),
        ask("c", into="deep.answer"),
    )  # fmt: skip
    context, decision = ExecutionContext({"deep": {"kept": [1]}}, decisions=[]), Decision("c", value={"z": [1]})
    expected = resume(run(workflow, context), decision).to_dict()
    assert expected["error_message"] is None
    assert resume(run(duplicate(workflow), duplicate(context)), duplicate(decision)).to_dict() == expected
    assert resume(duplicate(run(workflow, context)), decision).to_dict() == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (StepSpec("a", "k", {"x": True}), StepSpec("a", "k", {"x": 1})),
        (ExecutionContext({"x": [False]}), ExecutionContext({"x": [0]})),
        (ExecutionContext({}, {"x": True}), ExecutionContext({}, {"x": 1})),
        (ExecutionContext(), ExecutionContext(decisions=[])),
        (ExecutionContext(), ExecutionContext(metadata={})),
        (MissionSpec("t", {"x": {"y": True}}), MissionSpec("t", {"x": {"y": 1}})),
        (Decision("a", value=True), Decision("a", value=1)),
        (WorkflowDefinition("w", [], {"x": True}), WorkflowDefinition("w", [], {"x": 1})),
    ],
)
def test_specs_are_compared_as_documents_so_that_true_is_not_1(one: Any, other: Any) -> None:
    assert one != other
    assert one == copy.copy(one)


def test_one_number_written_in_two_ways_is_one_value() -> None:
    assert StepSpec("a", "k", {"x": 1.0}) == StepSpec("a", "k", {"x": 1})
    assert len({Decision("a", value=1.0), Decision("a", value=1)}) == 1


@given(objects, documents)
def test_equal_specs_have_equal_hashes_and_dicts(state: dict[str, Any], value: Any) -> None:
    one = ExecutionContext(state, state, [Decision("a", value=value)])
    other = ExecutionContext(dict(reversed(state.items())), freeze(state), (Decision("a", value=freeze(value)),))  # type: ignore[arg-type]
    assert one == other
    assert hash(one) == hash(other)
    assert json.dumps(one.to_dict()) == json.dumps(other.to_dict())


# --- to_dict and repr ----------------------------------------------------------------------------------


def sorted_throughout(value: Any) -> bool:
    if type(value) is dict:
        return list(value) == sorted(value) and all(map(sorted_throughout, value.values()))
    return all(map(sorted_throughout, value)) if type(value) is list else True


@pytest.mark.parametrize("spec", SPECS, ids=kind_of)
def test_to_dict_is_fresh_json_native_data_with_sorted_keys(spec: Any) -> None:
    made = spec.to_dict()
    assert json.loads(json.dumps(made)) == made  # no tuple, no PMap
    assert sorted_throughout(made)
    made.clear()
    assert spec.to_dict()


def test_to_dict_sorts_what_the_user_gave_too() -> None:
    payload: dict[str, Any] = {key: {"z": 1, "a": [{"y": 1, "b": 2}]} for key in "qwertyuiop"}
    assert sorted_throughout(plan(do("noop", **payload), **payload).to_dict())


def test_repr_does_not_depend_on_the_hash_seed() -> None:
    script = (
        "from tier2_core import *\n"
        "state = {k: {'z': 1, 'y': {}, k: []} for k in 'qwertyuiop'}\n"
        "step = StepSpec('a', 'runtime', state)\n"
        "decisions = {Decision(k, value=state) for k in 'xyz'}\n"
        "print(step, WorkflowDefinition('w', [step], state), ExecutionContext(state, state, decisions))\n"
        "print(MissionSpec('m', state), run(WorkflowDefinition('w', [step], state), ExecutionContext(state)))\n"
    )
    outputs = under_hash_seeds(script)
    assert len(set(outputs)) == 1
    assert "StepSpec(id='a', kind='runtime', payload={'e'" in outputs[0]


# --- what is written of them -------------------------------------------------------------------------


@given(texts(), texts(), objects, objects, st.sampled_from([1, KEPT]))
def test_steps_and_workflows_are_written_as_their_plain_data_is(
    name: str, kind: str, payload: dict[str, Any], metadata: dict[str, Any], longer: int
) -> None:
    """Again and again the same, of a small one, of which it is kept, and of a large one, of which it is not."""
    step = StepSpec(name, kind, {**payload, "long": "é" * longer})
    workflow = WorkflowDefinition(name, [step, StepSpec(name + "'", kind)], metadata)
    assert workflow.hash == digest(workflow.to_dict(), tag="tier2/workflow/v1")
    assert step.written == step.written == canonical_json(step.to_dict())
    assert (step.written is step.written) is (longer == 1 and len(step.written) < KEPT)
