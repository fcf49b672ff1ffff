"""``tier2 schema`` through a real process, and suite files that name their schema."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.site import Site
from tests.tier2_io.almost import meets
from tests.tier2_io.conftest import Tier2
from tier2_core.values.schema import check_schema

SUITE: dict[str, Any] = {"suite_name": "s", "scenarios": [], "expectations": []}


def printed(tier2: Tier2, *arguments: str, warned: str = "", **environment: str) -> Any:
    """The schema that is printed; it is one."""
    done = tier2("schema", *arguments, env=environment)
    assert done.returncode == 0, done.stderr
    assert (warned in done.stderr) if warned else (done.stderr == "")
    assert done.stdout.isascii()
    schema = json.loads(done.stdout)
    check_schema(schema)
    return schema


def test_the_schema_of_suites_takes_a_suite_and_knows_the_missions(tier2: Tier2) -> None:
    schema = printed(tier2, "suite")
    assert meets(schema, SUITE)
    assert not meets(schema, {**SUITE, "suite": 1})
    names = [one["const"] for one in schema["$defs"]["mission"]["properties"]["name"]["oneOf"]]
    assert names == ["daily_loop", "echo", "run_tests"]
    assert printed(tier2, "suite", "--json") == schema


def test_the_schema_of_decisions_is_that_of_the_plan(tier2: Tier2) -> None:
    decision = {"step_id": "daily-confirm-priorities", "value": ["a"]}
    schema = printed(tier2, "decision", "daily_loop", "--param", "requested_steps=1")
    assert meets(schema, decision)
    assert not meets(schema, {**decision, "value": ["a", "a"]})
    assert not meets(schema, {**decision, "step_id": "other"})
    assert meets(printed(tier2, "decision"), {**decision, "step_id": "other"})


def test_the_schema_of_states_is_that_of_the_mission_or_of_any(tier2: Tier2) -> None:
    assert meets(printed(tier2, "state", "daily_loop"), {"tasks": [{"id": "a", "title": "A"}]})
    assert not meets(printed(tier2, "state", "daily_loop"), {"tasks": [{"id": "a"}]})
    assert meets(printed(tier2, "state", "echo"), {"tasks": [{"id": "a"}]})
    assert meets(printed(tier2, "state"), {"tasks": [{"id": "a"}]})
    assert not meets(printed(tier2, "state"), [])


def test_the_schema_of_records_takes_what_a_run_writes(tier2: Tier2, tmp_path: Path) -> None:
    assert tier2("run", "daily_loop", "--unattended", "--record", "r.json").returncode == 0
    record = json.loads((tmp_path / "r.json").read_text())
    schema = printed(tier2, "record")
    assert meets(schema, record)
    assert not meets(schema, {**record, "extra": 1})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("suite", "echo"), "takes no mission"),
        (("record", "echo"), "takes no mission"),
        (("state", "ecko"), "did you mean 'echo'?"),
        (("decision", "ecko"), "did you mean 'echo'?"),
        (("decision", "echo"), "plans no human step"),
        (("decision", "--param", "a=1"), "--param is for the plan"),
        (("suite", "--param", "a=1"), "--param is for the plan"),
        (("decision", "daily_loop", "--param", "requested_steps=many"), "refuses its params"),
        (("mission",), "invalid choice"),
    ],
)
def test_what_there_is_no_schema_of_is_refused(tier2: Tier2, arguments: tuple[str, ...], message: str) -> None:
    done = tier2("schema", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_each_kind_of_schema_says_what_it_is_of(tier2: Tier2) -> None:
    for done in (
        tier2("schema", "record"),
        tier2("schema", "suite"),
        tier2("schema", "state", "daily_loop"),
        tier2("schema", "decision", "daily_loop", "--param", "requested_steps=1"),
    ):
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["title"]


def test_a_plugin_with_odd_schemas_is_told_of_and_does_not_break_the_others(tier2: Tier2, site: Site) -> None:
    site.install(
        "odd",
        """
        from tier2_core import Mission, WorkflowDefinition, hookimpl

        def build(params):
            return WorkflowDefinition("wf")

        @hookimpl
        def tier2_missions():
            named = {"$id": "urn:example:it", "$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}}
            return [
                Mission("named", build, params_schema=named, state_schema=named),
                Mission("none", build, params_schema={"type": "strin"}, state_schema={"type": "strin"}),
            ]
        """,
    )
    path = {"PYTHONPATH": os.pathsep.join([str(site.path), os.environ.get("PYTHONPATH", "")])}
    schema = printed(tier2, "suite", warned="warning: the schema for the params of mission 'named' is left out", **path)
    for name in ("named", "none", "echo"):
        scenario = {"scenario_name": "a", "initial_state": {}, "missions": [{"name": name, "params": {"a": 1}}]}
        assert meets(schema, {**SUITE, "scenarios": [scenario]})
    assert printed(tier2, "state", "named", **path)["$id"] == "urn:example:it"
    broken = tier2("schema", "state", "none", env=path)
    assert broken.returncode == 5
    assert "has a bad schema for its state" in broken.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.json", json.dumps({"$schema": "./suite.schema.json", **SUITE})),
        ("s.toml", '#:schema ./suite.schema.json\nsuite_name = "s"\nscenarios = []\nexpectations = []\n'),
        ("t.toml", '"$schema" = "./suite.schema.json"\nsuite_name = "s"\nscenarios = []\nexpectations = []\n'),
    ],
)
def test_a_suite_file_may_name_its_schema(tier2: Tier2, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    done = tier2("test", name)
    assert (done.returncode, done.stderr) == (0, f"warning: {name}: nothing is expected, so that nothing can fail.\n")
