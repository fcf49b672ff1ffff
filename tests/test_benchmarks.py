"""The benchmarks run, and what they measure does the same work as its yardsticks. How long it takes is not asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from benchmarks.__main__ import main
from benchmarks.measuring import Effort, Memory, measured
from benchmarks.rows import rows
from benchmarks.workloads import plain_plan, plain_state, workflow
from benchmarks.yardsticks import deepcopy_run
from tier2_core import ExecutionContext, run

SMALL = "0,1,5,10,100"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a quick run over every row of a small size wrote; each row checked its yardstick."""
    path = tmp_path_factory.mktemp("benchmarks") / "quick.json"
    assert main(["--quick", "--sizes", SMALL, "--json", str(path)]) == 0
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def test_every_row_of_a_small_size_is_measured(document: dict[str, Any]) -> None:
    small = [int(size) for size in SMALL.split(",")]
    assert [(row["name"], row["size"]) for row in document["rows"]] == [
        (row.name, row.size) for row in rows() if row.size in small
    ]
    assert all(row["ours"]["median"] > 0 and row["yardsticks"] for row in document["rows"])


def test_a_slow_row_is_told_and_no_exit_code(
    document: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slower = json.loads(json.dumps(document))
    for row in slower["rows"]:
        row["ours"]["median"] *= 100
        row["yardsticks"][0]["ratio"] *= 100
    (tmp_path / "old.json").write_text(json.dumps(document))
    (tmp_path / "new.json").write_text(json.dumps(slower))
    assert main(["compare", str(tmp_path / "old.json"), str(tmp_path / "new.json")]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("freeze "))
    assert "100.00" in line
    assert line.endswith("over")


@pytest.mark.parametrize(
    ("arguments", "told"), [(["--rows", "nonsense"], "canonical_json"), (["compare", "nowhere.json"], "nowhere.json")]
)
def test_what_is_not_there_is_told(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert told in capsys.readouterr().err


def test_the_deepcopy_engine_changes_nobodys_data_and_hands_out_its_own() -> None:
    plan, state = plain_plan(), plain_state(10)
    result = deepcopy_run(plan, state)
    result["final_state"]["summary"]["total"] = 99
    result["executed_steps"][4]["payload"]["value"]["total"] = 99
    assert (plan, state) == (plain_plan(), plain_state(10))
    assert result["final_state"] != deepcopy_run(plan, state)["final_state"]


def test_a_step_that_the_deepcopy_engine_cannot_do_ends_its_run_as_it_ends_ours() -> None:
    plan = plain_plan()
    plan["steps"][3] = {
        "id": "log",
        "kind": "runtime",
        "payload": {"operation": "append", "path": "status", "value": 1},
    }
    theirs = deepcopy_run(plan, plain_state(10))
    ours = run(workflow(plan), ExecutionContext(plain_state(10))).to_dict()
    for name in ("executed_steps", "failed_step_id", "final_state", "receipt", "status", "success"):
        assert theirs[name] == ours[name]
    assert theirs["status"] == "failed"


@define
class Given:
    """A contender whose samples are given, on a machine that gets slower by the round."""

    name: str
    samples: list[float]
    asked: list[str]
    unit: str = "s"
    turn: int = field(default=0, init=False)

    def warm_up(self, shortest: float) -> float:
        return 1.0

    def sample(self) -> float:
        self.asked.append(self.name)
        self.turn += 1
        return self.samples[self.turn - 1]


def test_contenders_take_turns_and_ratios_are_formed_within_a_round() -> None:
    asked: list[str] = []
    a, b = measured([Given("a", [1, 20, 300], asked), Given("b", [2, 40, 400], asked)], Effort(0.0, 3, 3))
    assert asked == ["a", "b", "b", "a", "a", "b"]
    assert (a.median, b.median, a.ratio_to(b)) == (20, 40, 0.5)


def test_memory_is_what_a_call_needs_beside_what_it_gives_back() -> None:
    def call() -> bytes:
        passing = b"p" * 2_000_000
        return passing[:1_000_000]

    assert 1_990_000 < Memory("call", call).sample() < 2_010_000
