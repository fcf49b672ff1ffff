"""How Hypothesis runs here, and a place for throw-away distributions.

No test fails for being slow on a busy machine; TIER2_EXAMPLES makes Hypothesis search longer.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.site import PREFIX, Site

settings.register_profile(
    "tier2",
    max_examples=int(os.environ.get("TIER2_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tier2")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A directory on the import path, into which a test installs distributions."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Site(tmp_path)
    for name in [name for name in sys.modules if name.startswith(PREFIX)]:
        del sys.modules[name]
    importlib.invalidate_caches()
