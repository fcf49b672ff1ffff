"""The schemas of states, as missions describe them; a mission checks for itself what it finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tier2_core import InvalidSpecError, MissionRegistryEntry, PluginError, Registry, thaw
from tier2_core.values.schema import DIALECT, check_schema
from tier2_io.documents.schemas.embedding import Definitions, embedded


def state_schema(entry: MissionRegistryEntry) -> dict[str, Any]:
    """What a mission says of its state; :class:`PluginError` if that is no schema."""
    said = entry.mission.state_schema
    made: dict[str, Any] = {"$schema": DIALECT, "title": f"The state of {entry.name}"}
    if said is None:
        return {**made, "description": "Any object: the mission says nothing of its state.", "type": "object"}
    try:
        check_schema(said, field="state_schema")
    except InvalidSpecError as error:
        raise PluginError(
            f"Mission '{entry.name}' of plugin '{entry.plugin}' has a bad schema for its state: {error}",
            plugin=entry.plugin,
            distribution=entry.distribution,
        ) from None
    return {**made, **thaw(said)}


def any_state_schema(known: Registry, warn: Callable[[str], None]) -> dict[str, Any]:
    """The schema of a state of any installed mission; ``warn`` is told of those whose own cannot be shown."""
    definitions = Definitions(warn)
    kinds = []
    for name in sorted(known.missions):
        said = known.missions[name].mission.state_schema
        what = f"the schema for the state of mission '{name}'"
        held = None if said is None else definitions.hold(said, f"state-{name}", what, embedded)
        kinds.append(held or {})
    made = {"$schema": DIALECT, "description": "What a mission starts from.", "title": "A state", "type": "object"}
    return {**made, "$defs": definitions.made, "anyOf": kinds} if kinds else made
