"""What all processes that tests start have in common: a limit, and an environment that nobody's machine shows in."""

from __future__ import annotations

import math
import re
import site
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic

HANG = 600.0
"""For how many seconds a process is waited for. It is for those that hang: a busy machine may be that slow."""


def patience_for(usual: Callable[[], object]) -> float:
    """How long to wait for what never ends, in seconds: longer than what ends takes on a machine that is this busy."""
    begun = monotonic()
    usual()
    return math.ceil(2 + 10 * (monotonic() - begun))


_PERSONAL = re.compile(
    r"COLUMNS|LINES|CI|TERM|LANG|LANGUAGE|LC_.*|TZ|(NO|FORCE|PY)_COLORS?|CLICOLOR(_FORCE)?|XDG_.*|EDITOR|PAGER"
    r"|PYTEST_ADDOPTS|PYTHON(BREAKPOINT|DEVMODE|IOENCODING|OPTIMIZE|STARTUP|UTF8|UNBUFFERED|WARNINGS)"
    r"|TIER2_(?!TESTED|EXAMPLES).*"
)


def neutral(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment of a machine that is nobody's: no settings, an empty home, UTF-8, and no terminal."""
    kept = {name: value for name, value in environment.items() if not _PERSONAL.fullmatch(name)}
    # What is installed below the real home is still found.
    return {
        **kept,
        **dict.fromkeys(("HOME", "USERPROFILE"), str(home)),
        "LANG": "C.UTF-8",
        "PYTHONUSERBASE": site.getuserbase(),
    }
