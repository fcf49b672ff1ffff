"""The names of the public face are at hand in every doctest."""

import pytest

import tier2_core


@pytest.fixture(autouse=True)
def _public_face(doctest_namespace: dict[str, object]) -> None:
    for name in tier2_core.__all__:
        if name not in ("MISSION_REGISTRY", "__version__"):
            doctest_namespace.setdefault(name, getattr(tier2_core, name))
