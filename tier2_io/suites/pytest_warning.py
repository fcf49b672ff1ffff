"""The category of the warnings that the pytest plugin gives: a module of its own, as pytest loads it at every start."""

import pytest


class Tier2Warning(pytest.PytestWarning):
    """Something is left out that was perhaps meant: a field, a scenario or a plugin."""
