"""Files of effects: JSON Lines (one JSON text a line), one effect of a run a line, as ``result.effects`` has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tier2_core import InvalidSpecError, InvalidValueError, WantedEffect, canonical_json, parse_json
from tier2_core.values.fields import with_prefix
from tier2_io.documents.files import MAX_JSON_BYTES, FileProblem, read_bytes, told_name
from tier2_io.documents.writing import write_bytes


def write_effects(path: str, effects: Iterable[dict[str, Any]]) -> None:
    """Write the effects of a run, whole or not at all; none is an empty file. Raises :class:`FileProblem`."""
    write_bytes(path, b"".join(canonical_json(effect) + b"\n" for effect in effects))


def read_effects(path: str) -> tuple[WantedEffect, ...]:
    """The effects in a file, in their order; :class:`FileProblem` names the line of what is none, or comes twice."""
    found: dict[str, WantedEffect] = {}
    for number, line in enumerate(read_bytes(path, MAX_JSON_BYTES).splitlines(), 1):
        if not line.strip():
            continue
        where = f"{told_name(path)}:{number}"
        try:
            effect = WantedEffect.of(parse_json(line))
        except (InvalidSpecError, InvalidValueError) as error:
            raise FileProblem(with_prefix(error, where)) from None
        if effect.id in found:
            raise FileProblem(f"{where}: the id {effect.id[:12]}… comes twice; expected each effect once.")
        found[effect.id] = effect
    return tuple(found.values())


def told(effect: WantedEffect) -> str:
    """How an effect is called in messages."""
    return f"{effect.kind} of step '{effect.step_id}' ({effect.id[:12]})"


def kinds(effects: Sequence[WantedEffect]) -> list[str]:
    """The kinds of effects, sorted."""
    return sorted({effect.kind for effect in effects})
