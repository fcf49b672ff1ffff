"""What people read is legible wherever it is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tier2_io.conftest import Tier2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_lines_and_arrows_shows_something_like_them(
    tier2: Tier2, tmp_path: Path, encoding: str
) -> None:
    tasks = [{"id": "a", "title": "日" * 9}, {"id": "long", "title": "x" * 40}]
    (tmp_path / "s.json").write_text(json.dumps({"date": "2026-03-02", "tasks": tasks}))
    env = {"PYTHONIOENCODING": encoding}
    listed = tier2("missions", env=env)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "-----" in listed.stdout
    run = tier2("run", "daily_loop", "--unattended", "--state", "s.json", env=env)
    assert (run.returncode, run.stderr) == (0, "")
    rows = [line.split("  ") for line in run.stdout.splitlines()]
    assert ["\\u65e5" * 9 in cell for row in rows for cell in row].count(True) >= 1
    changed = tier2("run", "echo", "--set", "n=1", "--record", "a.json", env=env)
    assert changed.returncode == 0
    other = tier2("run", "echo", "--set", "n=2", "--record", "b.json", env=env)
    assert other.returncode == 0
    shown = tier2("diff", "a.json", "b.json", env=env)
    assert "Traceback" not in shown.stderr
    for done in (listed, run, changed, shown):
        assert "\\u2" not in done.stdout + done.stderr  # lines, arrows, dots
