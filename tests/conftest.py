"""How Hypothesis runs here, a machine that is nobody's, and a place for throw-away distributions.

No test fails for being slow on a busy machine; TIER2_EXAMPLES makes Hypothesis search longer.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.processes import neutral
from tests.site import PREFIX, Site

settings.register_profile(
    "tier2",
    max_examples=int(os.environ.get("TIER2_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tier2")


@pytest.fixture(scope="session", autouse=True)
def _machine_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test depends on whose machine it runs on: settings, home, locale, terminal, mask of new files."""
    before, mask = dict(os.environ), os.umask(0o022)
    after = neutral(before, tmp_path_factory.mktemp("home"))
    for name in before.keys() - after.keys():
        del os.environ[name]
    os.environ.update(after)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background; processes of tests would be deaf, too
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    os.umask(mask)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A directory on the import path, into which a test installs distributions."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Site(tmp_path)
    for name in [name for name in sys.modules if name.startswith(PREFIX)]:
        del sys.modules[name]
    importlib.invalidate_caches()
