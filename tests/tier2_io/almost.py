"""Documents that are almost right: most have one mistake, or none."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.strategies import documents
from tier2_core import thaw


def meets(schema: Any, document: Any) -> bool:
    """Whether a document, which may be deep, meets a schema."""
    return bool(Draft202012Validator(schema).is_valid(document))


PLAIN = documents(3).map(thaw)
ODD: st.SearchStrategy[Any] = st.sampled_from([None, True, 0, 1.5, "", "a", [], {}, [{}], {"a": 1}])
TEXT = st.sampled_from(["a", "b", "", "echo"])


def mostly(right: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly what is right, so that a good part of all that is made has one mistake or none."""
    return st.integers(0, 39).flatmap(lambda dice: right if dice else ODD)


def fields(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[Any]:
    made = st.fixed_dictionaries(
        {name: mostly(part) for name, part in required.items()},
        optional={name: mostly(part) for name, part in {**optional, "description": ODD}.items()},
    )
    dropped = st.sampled_from([*[""] * 40, *required])
    added = st.sampled_from([*[""] * 60, "lable", "$schema", "Description"])
    return st.tuples(made, dropped, added).map(
        lambda all_: {
            **{name: part for name, part in all_[0].items() if name != all_[1]},
            **({all_[2]: "x"} if all_[2] else {}),
        }
    )
