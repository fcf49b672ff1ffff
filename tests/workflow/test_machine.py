"""A long life of one state: every operation, one after the other, beside dicts, lists and deep copies.

What a step gives is what the model gives; what it does not change is the very same object; what was before stays as it
was; and what is known of the new state (its canonical size) is true.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.values.patches import merge_patches, model_merge, model_patch, patches
from tests.workflow.model import model_run
from tests.workflow.plans import documents, objects, payload_lists, plan
from tier2_core import ExecutionContext, StepSpec, canonical_json, freeze, resolve_path, run, same, thaw
from tier2_core.values.seal import canonical_size

# A failing life is short enough to be read as it is, and shrinking one takes minutes.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)


class Life(RuleBasedStateMachine):
    """One state, and its double."""

    def __init__(self) -> None:
        super().__init__()
        self.state: Any = freeze({"a": {"b": 1}, "b": [1, {"c": 2}], "c": 0.5})
        self.double: Any = thaw(self.state)
        self.past: list[tuple[Any, bytes]] = []

    def step(self, payload: dict[str, Any], expected: Any) -> None:
        """Run one step; ``expected`` is the state after it, or ``None`` if it fails."""
        before = self.state
        result = run(plan(StepSpec("s", "runtime", payload)), ExecutionContext(before))
        self.past.append((before, canonical_json(before)))
        assert result.success is (expected is not None), (payload, result.error_message)
        if expected is None:
            assert result.state is before
            return
        assert same(result.state, expected)
        for name in before:
            if name in result.state and same(before[name], result.state[name]):
                assert result.state[name] is before[name] or payload["operation"] in ("set", "patch")
        self.state, self.double = result.state, expected

    @rule(payloads=payload_lists.filter(bool))
    def any_plain_operation(self, payloads: list[dict[str, Any]]) -> None:
        payload = {"operation": "noop", **payloads[0]}
        after, status, _ = model_run([payload], self.double)
        self.step(payload, after if status == "succeeded" else None)

    @rule(data=st.data())
    def patch(self, data: st.DataObject) -> None:
        ops = thaw(data.draw(patches(self.double)))
        after, failed = model_patch(deepcopy(self.double), deepcopy(ops))
        good = failed is None and isinstance(after, dict)
        self.step({"operation": "patch", "ops": ops}, after if good else None)

    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        patch = thaw(data.draw(merge_patches(self.double).filter(lambda made: isinstance(made, dict))))
        self.step({"operation": "merge", "patch": patch}, model_merge(deepcopy(self.double), deepcopy(patch)))

    @rule(path=st.sampled_from(["a", "b.0", "a.b", "/c", "nowhere"]), expected=documents)
    def require(self, path: str, expected: Any) -> None:
        found, here = resolve_path(self.double, path)
        holds = found and same(here, expected)
        payload = {"operation": "require", "path": path, "op": "eq", "expected": expected}
        self.step(payload, self.double if holds else None)

    @rule(state=objects)
    def begin_anew(self, state: dict[str, Any]) -> None:
        self.step({"operation": "set", "path": "", "value": {**state, "a": {"b": 1}}}, {**state, "a": {"b": 1}})

    @invariant()
    def what_is_known_is_true(self) -> None:
        assert canonical_size(self.state) == len(canonical_json(self.state))

    def teardown(self) -> None:
        for state, text in self.past:
            assert canonical_json(state) == text


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=30, stateful_step_count=20, deadline=None, phases=NO_SHRINKING)
