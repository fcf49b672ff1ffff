"""However long an argument is: the message quotes the beginning."""

from __future__ import annotations

import pytest

from tests.tier2_io.conftest import Tier2

LONG = "name-" * 2_000


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", LONG),
        ("run", "echo", "--param", LONG),
        ("run", "echo", "--param", f"{LONG}=1", "--param", f"{LONG}=2"),
        ("run", "echo", "--set", f"/{LONG}~=1"),
        ("explore", "daily_loop", "--value", f"{LONG}=1"),
        ("test", "a.toml", "-j", LONG),
        (LONG,),
    ],
)
def test_what_the_command_line_says_does_not_grow_with_it(tier2: Tier2, arguments: tuple[str, ...]) -> None:
    done = tier2(*arguments)
    assert (done.returncode, len(done.stderr) < 1_000) == (2, True)
