"""The effects that a run has declared, each with the id that makes it the same wherever it is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tier2_core.values.canonical import digest, wrapper_digest

if TYPE_CHECKING:
    from tier2_core.workflow.trace import Run


def declared(run: Run) -> list[dict[str, Any]]:
    """All effects that the executed steps of a run have declared, with their ids; the data are as they are.

    An id is a digest over what makes the run what it is, and the place in it: never over the data, so that a run that
    is computed again wants the same thing and not another one.
    """
    metadata, found = run.context.metadata, []
    binding = {
        "initial_state": digest(run.context.initial_state),
        "run_id": metadata.get("run_id") if metadata else None,
        "workflow": run.workflow.hash,
    }
    for step, _, _, _, _, effects in run.history:
        for index, effect in enumerate(effects):
            place = {**binding, "index": index, "step": step.id}
            found.append(
                {
                    "data": effect.data,
                    "id": wrapper_digest(place, tag="tier2/effect/v1"),
                    "index": index,
                    "kind": effect.kind,
                    "step_id": step.id,
                }
            )
    return found
