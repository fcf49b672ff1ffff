"""A mapping that nobody can change: not by assigning, and not by what it hands to others."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tier2_core.values.mapping import FrozenMapping

items = st.dictionaries(st.text(max_size=3), st.integers() | st.lists(st.integers(), max_size=2), max_size=5)


@given(items, items)
def test_it_reads_as_the_dict_that_it_was_made_of(model: dict[str, Any], other: dict[str, Any]) -> None:
    made = FrozenMapping(model)
    assert (dict(made), list(made), len(made), bool(made)) == (model, list(model), len(model), bool(model))
    assert (list(made.keys()), list(made.values()), list(made.items())) == (
        list(model), list(model.values()), list(model.items()),
    )  # fmt: skip
    assert list(reversed(made)) == list(reversed(model))
    assert repr(made) == repr(model)
    for name in [*model, *other]:
        assert (name in made) is (name in model)
        assert made.get(name, "no") == model.get(name, "no")
    assert (made == other) is (other == made) is (model == other)
    assert (made == FrozenMapping(other)) is (model == other)
    assert made | other == model | other
    assert other | made == other | model
    assert type(made | other) is dict


@given(items)
def test_it_does_not_follow_the_dict_that_it_was_made_of(model: dict[str, Any]) -> None:
    before = dict(model)
    made = FrozenMapping(model)
    model.clear()
    assert made == before


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_a_copy_is_equal(again: Callable[[Any], Any]) -> None:
    made = FrozenMapping({"b": (1,), "a": (2,)})
    assert again(made) == made
    assert list(again(made)) == ["b", "a"]
    assert hash(again(made)) == hash(made) == hash(FrozenMapping({"a": (2,), "b": (1,)}))


class Grabbing:
    """Takes whatever an operator hands over, and tries to write to it."""

    def _take(self, other: Any) -> Any:
        for held in (other, getattr(other, "mapping", {}), getattr(other, "_mapping", {})):
            try:
                held["evil"] = 1
            except TypeError:
                continue
        return NotImplemented

    __ror__ = __rand__ = __rxor__ = __rsub__ = __radd__ = __eq__ = __ne__ = __lt__ = __gt__ = _take
    __hash__ = None  # type: ignore[assignment]


def test_no_operator_hands_out_what_is_inside() -> None:
    made = FrozenMapping({"a": 1})
    for held in (made, made.keys(), made.items(), made.values()):
        for operator in ("|", "&", "^", "-", "+", "==", "!=", "<", ">"):
            try:
                eval(f"held {operator} other", {"held": held, "other": Grabbing()})
            except TypeError:
                continue
    assert dict(made) == {"a": 1}


@pytest.mark.parametrize(
    "change",
    [
        "made['b'] = 1", "del made['a']", "made.b = 1", "made._FrozenMapping__held = {}",
        "del made._FrozenMapping__held", "made.__init__({'b': 1})", "made.update({'b': 1})",
        "made.pop('a')", "made.clear()",
    ],
)  # fmt: skip
def test_it_cannot_be_changed(change: str) -> None:
    made = FrozenMapping({"a": 1})
    with pytest.raises((TypeError, AttributeError)):
        exec(change, {"made": made})
    assert dict(made) == {"a": 1}
