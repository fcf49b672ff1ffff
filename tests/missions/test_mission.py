from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError

from tests.missions.plugins import one_step, registry_of
from tier2_core import (
    InvalidFieldValueError,
    InvalidParamsError,
    InvalidSpecError,
    Mission,
    PluginError,
    freeze,
)

COUNT = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}


def test_fields_are_positional_in_the_documented_order_and_have_defaults() -> None:
    mission = Mission("m", one_step, "Does it.", "2", {"type": "object"}, {"type": "array"})
    assert (mission.name, mission.factory, mission.summary, mission.version) == ("m", one_step, "Does it.", "2")
    assert (mission.params_schema, mission.state_schema) == (freeze({"type": "object"}), freeze({"type": "array"}))
    plain = Mission("m", one_step)
    assert (plain.summary, plain.version, plain.params_schema, plain.state_schema) == ("", "1", None, None)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Mission(5, one_step), "name"),  # type: ignore[arg-type]
        (lambda: Mission("", one_step), "name"),
        (lambda: Mission(" m", one_step), "name"),
        (lambda: Mission("m\n", one_step), "name"),
        (lambda: Mission("m", "one_step"), "factory"),  # type: ignore[arg-type]
        (lambda: Mission("m", None), "factory"),  # type: ignore[arg-type]
        (lambda: Mission("m", one_step, None), "summary"),  # type: ignore[arg-type]
        (lambda: Mission("m", one_step, "", 1), "version"),  # type: ignore[arg-type]
        (lambda: Mission("m", one_step, params_schema=[]), "params_schema"),  # type: ignore[arg-type]
        (lambda: Mission("m", one_step, params_schema=True), "params_schema"),  # type: ignore[arg-type]
        (lambda: Mission("m", one_step, state_schema="x"), "state_schema"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_type_names_the_field(make: Any, field: str) -> None:
    with pytest.raises(InvalidSpecError, match=f"'{field}'") as caught:
        make()
    assert caught.value.field == field


def test_a_schema_that_is_no_document_names_the_place() -> None:
    with pytest.raises(InvalidFieldValueError) as caught:
        Mission("m", one_step, params_schema={"enum": [{1, 2}]})
    assert (caught.value.field, caught.value.path) == ("params_schema", "/enum/0")


def test_missions_are_values() -> None:
    mission = Mission("m", one_step, params_schema=COUNT)
    assert mission == Mission("m", one_step, params_schema=dict(reversed(COUNT.items())))
    assert mission != Mission("m", one_step, params_schema={**COUNT, "additionalProperties": 0})
    assert copy.copy(mission) == copy.deepcopy(mission) == mission
    with pytest.raises(FrozenInstanceError):
        mission.name = "other"  # type: ignore[misc]


def test_an_entry_shows_its_mission_and_where_it_came_from() -> None:
    mission = Mission("m", one_step, "Does it.", "3", COUNT)
    entry = registry_of(mission).get("m")
    assert (entry.name, entry.mission, entry.factory) == ("m", mission, one_step)
    assert (entry.plugin, entry.distribution, entry.version) == ("bringing", "", "")
    assert json.loads(json.dumps(entry.to_dict())) == {
        "distribution": "",
        "mission_version": "3",
        "name": "m",
        "params_schema": COUNT,
        "plugin": "bringing",
        "state_schema": None,
        "summary": "Does it.",
        "version": "",
    }


def test_the_validator_is_silent_for_params_that_meet_the_schema() -> None:
    entry = registry_of(Mission("m", one_step, params_schema=COUNT)).get("m")
    entry.validator({"n": 1})
    entry.validator(freeze({"n": 2.0}))  # type: ignore[arg-type]
    registry_of(Mission("m", one_step)).get("m").validator({"anything": [1]})


def test_the_validator_reports_every_mistake_with_its_place() -> None:
    entry = registry_of(Mission("m", one_step, params_schema=COUNT)).get("m")
    with pytest.raises(InvalidParamsError, match="Mission 'm' refuses its params") as caught:
        entry.validator({"n": True, "x": 1})
    assert [path for path, _ in caught.value.problems] == ["", "/n"]
    for _, message in caught.value.problems:
        assert message in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("schema", [{"type": "objekt"}, {"$ref": "#/nowhere"}, {"$ref": "http://example.org/schema"}])
def test_a_bad_schema_is_a_bug_of_the_plugin_s_author(schema: dict[str, Any]) -> None:
    entry = registry_of(Mission("m", one_step, params_schema=schema)).get("m")
    with pytest.raises(PluginError, match="Mission 'm' of plugin 'bringing' has a bad schema for its params") as caught:
        entry.validator({})
    assert caught.value.plugin == "bringing"
