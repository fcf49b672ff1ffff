"""Missions: named recipes that build workflows from params."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen
from pyrsistent import PMap

from tier2_core.errors import InvalidParamsError, InvalidSpecError, PluginError, cut
from tier2_core.values.fields import exact, function, named, object_or_none, shown, text
from tier2_core.values.freeze import freeze
from tier2_core.values.paths import format_pointer
from tier2_core.values.schema import schema_problems, told_problems
from tier2_core.values.thaw import thaw
from tier2_core.workflow.keys import slip_of
from tier2_core.workflow.specs import WorkflowDefinition, by_construction

Factory = Callable[[PMap[str, Any]], WorkflowDefinition]


def _name(instance: object, attribute: Any, value: str) -> None:
    if not value or value != value.strip():
        raise InvalidSpecError(
            f"{type(instance).__name__}: field 'name' must be a name, found {cut(repr(value))}; "
            "expected text without blanks around it.",
            field="name",
        )


@frozen(field_transformer=named)
class Mission:
    """A named recipe: ``factory(params)``, which is pure, gives a :class:`WorkflowDefinition`.

    ``params_schema`` (JSON Schema 2020-12) is what params must meet. ``state_schema`` describes what the mission
    reads in the state, for editors and documentation; what it finds there, an operation checks itself, so that
    a mistake is a failed step that says which.

    >>> greet = Mission("greet", lambda params: WorkflowDefinition("wf-greet"), "Says hello.")
    >>> greet.version
    '1'
    """

    name: str = field(converter=text, validator=_name)
    factory: Factory = field(converter=function)
    summary: str = field(default="", converter=text)
    version: str = field(default="1", converter=text)
    params_schema: Mapping[str, Any] | None = field(default=None, converter=object_or_none, eq=exact, repr=shown)
    state_schema: Mapping[str, Any] | None = field(default=None, converter=object_or_none, eq=exact, repr=shown)

    __reduce__ = by_construction


def mistyped(schema: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """A problem for each param whose name is a slip of one that the schema names; nobody would read it.

    Other params that the schema does not name are let through, as JSON Schema does; a schema that itself says which
    others there may be (``additionalProperties``, ``patternProperties``) has said it all.

    >>> mistyped({"properties": {"amount": {}}}, {"ammount": 5, "note": "tea"})
    (('/ammount', "there is no such param; did you mean 'amount'?"),)
    """
    known: Any = schema.get("properties")
    if type(known) not in (dict, PMap) or "additionalProperties" in schema or "patternProperties" in schema:
        return ()
    slips = [(name, slip_of(name, known)) for name in sorted(params) if name not in known]
    return tuple(
        (format_pointer([name]), f"there is no such param; did you mean '{slip}'?") for name, slip in slips if slip
    )


@frozen
class MissionRegistryEntry:
    """A mission in a registry, with the plugin and the distribution (name and version) that it came from.

    >>> entry = get_mission("daily_loop")
    >>> entry.name, entry.plugin, entry.distribution
    ('daily_loop', 'builtin', 'tier2-missions')
    """

    name: str
    mission: Mission
    plugin: str
    distribution: str
    version: str

    @property
    def factory(self) -> Factory:
        """The mission's factory."""
        return self.mission.factory

    @property
    def validator(self) -> Callable[[Mapping[str, Any]], None]:
        """Raises :class:`InvalidParamsError` for params that the mission's schema refuses, or whose names are slips."""
        return self._validate

    def _validate(self, params: Mapping[str, Any]) -> None:
        if self.mission.params_schema is None:
            return
        try:
            problems = schema_problems(self.mission.params_schema, freeze(params), field="params_schema")
        except InvalidSpecError as error:
            raise PluginError(
                f"Mission '{cut(self.name)}' of plugin '{cut(self.plugin)}' has a bad schema for its params: {error}",
                plugin=self.plugin,
                distribution=self.distribution,
            ) from error
        problems = problems or mistyped(self.mission.params_schema, params)
        if problems:
            told = told_problems(problems)
            end = "" if told.endswith("?") else "."
            raise InvalidParamsError(f"Mission '{cut(self.name)}' refuses its params: {told}{end}", problems=problems)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data that describes the mission; no code in it."""
        return {
            "distribution": self.distribution,
            "mission_version": self.mission.version,
            "name": self.name,
            "params_schema": thaw(self.mission.params_schema),
            "plugin": self.plugin,
            "state_schema": thaw(self.mission.state_schema),
            "summary": self.mission.summary,
            "version": self.version,
        }
