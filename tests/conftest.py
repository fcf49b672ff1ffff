"""How Hypothesis runs here: no test fails for being slow on a busy machine; TIER2_EXAMPLES makes it search longer."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "tier2",
    max_examples=int(os.environ.get("TIER2_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tier2")
