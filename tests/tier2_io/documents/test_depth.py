"""A document may be 64 deep wherever it stands: what tier2 puts around it does not count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tier2_io.conftest import Tier2
from tests.workflow.plans import ask, do, nested, plan
from tier2_core import (
    Decision,
    ExecutionContext,
    InvalidParamsError,
    MissionCall,
    ScenarioDefinition,
    StepSpec,
    WorkflowDefinition,
    consequences,
    digest,
    resume,
    run,
    run_mission,
    run_scenario,
)

DEEP: dict[str, Any] = nested(64)


def test_a_run_of_deep_documents_has_all_its_hashes() -> None:
    step = StepSpec("ask", "human", nested(64) | {"into": "b"})
    asked = run(WorkflowDefinition("w", [step], DEEP), ExecutionContext(DEEP, DEEP, []))
    result = resume(asked, Decision("ask", value=nested(63), seen=consequences(asked, nested(63)).digest))
    assert result.success
    assert len({asked.digest, result.digest, asked.lineage["workflow_hash"], consequences(asked).digest}) == 4


def test_where_the_limit_does_not_matter_the_digest_is_that_of_the_plain_result() -> None:
    result = run(plan(do("set", path="é\U0001f600", value=[1e-7, 1e21, True])), ExecutionContext({"\uffff": 0.5}))
    assert result.digest == digest(result.to_dict())


def test_scenarios_and_missions_take_deep_states_and_params() -> None:
    scenario = run_scenario(ScenarioDefinition("deep", DEEP, [MissionCall("echo", nested(63))]))
    assert scenario.mission_results["echo"].to_dict()["final_state"] == DEEP
    with pytest.raises(InvalidParamsError, match="leave no room"):
        run_mission("echo", DEEP)


def test_a_deep_state_goes_through_every_file(tier2: Tier2, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps(DEEP))
    assert tier2("run", "daily_loop", "--state", "s.json", "--json").returncode == 3
    (saved,) = tmp_path.glob("*.run.json")
    done = tier2("resume", saved.name, "--approve", "--unseen", "--out", "r.json", "--state-out", "n.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / "n.json").read_text())["a"] == DEEP["a"]
    assert tier2("explore", "daily_loop", "--state", "s.json", "--suite", "paths.json").returncode == 0
    assert tier2("test", "paths.json", "--json").returncode == 0


def test_a_question_may_be_deep() -> None:
    assert run(plan(ask(a=nested(63))), ExecutionContext(decisions=[])).status == "suspended"
