"""The names of the public face are at hand in every doctest; what is tested is what was meant to be."""

import os
from pathlib import Path

import pytest

import tier2_core

_tested = os.environ.get("TIER2_TESTED")
if _tested is not None and Path(tier2_core.__file__).parents[1] != Path(_tested):
    raise pytest.UsageError(f"tier2 comes from {tier2_core.__file__}; expected the one in {_tested}.")


@pytest.fixture(autouse=True)
def _public_face(doctest_namespace: dict[str, object]) -> None:
    for name in tier2_core.__all__:
        if name not in ("MISSION_REGISTRY", "__version__"):
            doctest_namespace.setdefault(name, getattr(tier2_core, name))
