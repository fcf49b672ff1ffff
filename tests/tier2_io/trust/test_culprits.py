"""What goes wrong while a scenario is run is told where the file says it."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tier2_io.almost import ODD
from tests.tier2_io.documents.test_suite_schema import SUITES
from tests.tier2_io.written import json_texts
from tier2_core import (
    InvalidParamsError,
    Mission,
    PluginError,
    StepSpec,
    WorkflowDefinition,
    hookimpl,
    load_registry,
    parse_test_document,
)
from tier2_io.documents.files import FileProblem
from tier2_io.suites.running import read_suite, run_one

BROKEN: list[str] = []
"""What the mission that breaks leaves behind."""


class Missions:
    """One that works, and some that break in their own ways."""

    @hookimpl
    def tier2_missions(self) -> list[Mission]:
        def fine(params: Any) -> WorkflowDefinition:
            return WorkflowDefinition("wf", [StepSpec("ask", "human", {"schema": {"type": "string"}})])

        def breaks(params: Any) -> WorkflowDefinition:
            BROKEN.append("once")
            raise RuntimeError("it broke")

        def picky(params: Any) -> WorkflowDefinition:
            raise InvalidParamsError("Not these.", problems=[(params["at"], "not this")])

        return [Mission("fine", fine), Mission("breaks", breaks), Mission("picky", picky)]


REGISTRY = load_registry([Missions()], entry_points=False)

CALLS = [
    ('{"name": |"finee"}', "did you mean 'fine'?"),
    ('{"name": "picky", "params": {"at": "/a/0", "a": [|1]}}', "Not these."),
    ('{"name": "picky", "params": |{"at": "/~"}}', "Not these."),
    ('{"name": "fine", "decisions": [{"step_id": "ask", "value": |1}]}', "does not meet"),
    ('{"name": "fine", "decisions": |[{"step_id": "asked"}]}', "no human step 'asked'"),
]


@pytest.mark.parametrize("before", [0, 1, 4])
@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize(("call", "message"), CALLS)
def test_the_first_mission_that_cannot_be_run_is_told(
    tmp_path: Path, before: int, after: int, call: str, message: str
) -> None:
    others = [json.dumps({"name": "fine", "label": f"{place}"}) for place in range(before + after)]
    missions = [*others[:before], call, *others[before:]]
    text = '{"suite_name": "s", "expectations": [], "scenarios": [\n{"scenario_name": "a", "initial_state": {}},\n'
    text += '{"scenario_name": "a", "initial_state": {}, "missions": [\n' + ",\n".join(missions) + "]}]}"
    at = text.index("|")
    line, column = text.count("\n", 0, at) + 1, at - text.rindex("\n", 0, at)
    file = tmp_path / "s.json"
    file.write_text(text.replace("|", ""))
    suite = read_suite(str(file), pytest.fail)
    with pytest.raises(FileProblem) as caught:
        run_one(suite, "a", REGISTRY)
    assert str(caught.value).startswith(f"{file}:{line}:{column}: scenario 'a': ")
    assert message in str(caught.value)


def test_of_a_plugin_that_breaks_the_scenario_is_told_and_it_is_not_run_again(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    text = 'suite_name = "s"\nexpectations = []\n[[scenarios]]\nscenario_name = "a"\ninitial_state = {}\n'
    file.write_text(text + 'missions = [{ name = "fine" }, { name = "breaks" }]\n')
    suite = read_suite(str(file), pytest.fail)
    with pytest.raises(PluginError, match="it broke") as caught:
        run_one(suite, "a", REGISTRY)
    assert str(caught.value).startswith(f"{file}:3:1: scenario 'a': ")
    assert BROKEN == ["once"]


@given(SUITES | ODD | json_texts().map(lambda written: written[0]), st.sampled_from([None, 1]))
def test_whatever_a_suite_file_holds_every_mistake_has_its_place(document: Any, indent: int | None) -> None:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "s.json")
        file.write_text(json.dumps(document, indent=indent), encoding="utf-8")
        doubts: list[str] = []
        lines: list[str] = []
        try:
            suite = read_suite(str(file), doubts.append)
            assert (suite.definition, suite.expectations) == parse_test_document(document)
        except FileProblem as error:
            lines = str(error).split("\n")
    places = [re.match(r":([0-9]+):([0-9]+): ", line.removeprefix(str(file))) for line in lines + doubts]
    assert all(places)
    told = [(int(one[1]), int(one[2])) for one in places[: len(lines)] if one is not None]
    assert told == sorted(told)
