"""The example of the README that goes from a question to a file, line by line."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from tests.evidence import ROOT
from tests.processes import HANG
from tests.site import Site
from tests.tier2_io.conftest import TIER2


def test_the_report_of_the_readme_is_written_once_somebody_has_seen_it(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    block = re.search(r"^```text\n(pip install \./examples/report\n.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    assert block
    _, run, resume, do, look = block[1].splitlines()
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copytree(ROOT / "examples/report/src/weekly_report", tmp_path / "site/weekly_report")
    Site(tmp_path / "site").announce("weekly-report", weekly_report="weekly_report")  # as pip would, but at once
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}

    def tier2(line: str, *more: str) -> subprocess.CompletedProcess[str]:
        words = shlex.split(line)
        assert words[0] == "tier2"
        return subprocess.run(
            [TIER2, *words[1:], *more], cwd=tmp_path, env=env, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False, timeout=HANG,
        )  # fmt: skip

    asked = tier2(run)
    assert (asked.returncode, "The release is ready." in asked.stdout) == (3, True)
    digest = re.findall(r"--seen ([0-9a-f]{64})", asked.stderr)[0]
    done = tier2(resume.replace("DIGEST", digest))
    assert done.returncode == 0, done.stderr
    for _ in range(2):
        assert tier2(do).returncode == 0
    assert look == "cat reports/2026-W10.md"
    assert "- Friday: The release is ready.\n" in (tmp_path / "reports/2026-W10.md").read_text("utf-8")
    again = json.loads(tier2(do, "--json").stdout)
    assert [one["status"] for one in again] == ["before"]
