"""Runs that wait for a decision, in files: saved whole, read back with distrust, one resume at a time.

The file holds what a run is recomputed from, not the run: reading it plans and runs again, and refuses if anything
comes out other than it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from attrs import frozen

from tier2_core import (
    Decision,
    ExecutionContext,
    InvalidSpecError,
    InvalidValueError,
    MissionSpec,
    OrchestrationResult,
    Registry,
    UnknownMissionError,
    __version__,
    build_workflow,
    digest,
    freeze,
    run,
    thaw,
)
from tier2_core.values.canonical import wrapper_digest
from tier2_io.files import FileProblem, expect_object, read_plain, write_document

SCHEMA = "tier2.run/1"
_TAG = "tier2/saved-run/v1"
_FIELDS = (
    "decisions",
    "digest",
    "initial_state",
    "metadata",
    "mission",
    "params",
    "pending_step_id",
    "schema",
    "state_hash",
    "status",
    "tier2",
    "workflow_hash",
)


@frozen
class SavedRun:
    """A run of a mission: the mission's name, its params, and the result so far."""

    mission: str
    params: Mapping[str, Any]
    result: OrchestrationResult

    def to_dict(self) -> dict[str, Any]:
        """The document that a file holds; ``digest`` is over all the rest."""
        context = self.result.run.context.to_dict()
        document = {
            **context,
            "mission": self.mission,
            "params": thaw(self.params),
            "pending_step_id": self.result.pending_step_id,
            "schema": SCHEMA,
            "state_hash": digest(self.result.state),
            "status": self.result.status,
            "tier2": __version__,
            "workflow_hash": self.result.run.workflow.hash,
        }
        return {**document, "digest": wrapper_digest(document, tag=_TAG)}


def save(saved: SavedRun, path: str | None) -> str:
    """Write a run to ``path``, or to a name of its own in this directory; gives the name."""
    document = saved.to_dict()
    if path is None:
        stem = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "-" for one in saved.mission)
        path = f"{stem}-{document['digest'][:12]}.run.json"
    write_document(path, document)
    return path


def load(path: str, registry: Registry) -> SavedRun:
    """The run of a file, recomputed.

    Raises :class:`FileProblem` for a file that is damaged, of another make, or whose mission is gone or has
    changed.
    """
    document = expect_object(path, read_plain(path))
    if document.get("schema") != SCHEMA:
        raise FileProblem(f"{path} is no saved run; expected one with the schema {SCHEMA!r}.")
    missing = [name for name in _FIELDS if name not in document]
    extra = sorted(name for name in document if name not in _FIELDS)
    if missing or extra:
        what = f"lacks the field '{missing[0]}'" if missing else f"has the unknown field '{extra[0]}'"
        raise FileProblem(f"{path} is damaged: it {what}; nothing was changed.")
    try:
        mission = MissionSpec(document["mission"], document["params"])
        decisions = document["decisions"]
        context = ExecutionContext(
            document["initial_state"],
            document["metadata"],
            None if decisions is None else [Decision(**decision) for decision in decisions],
        )
        rest = {name: freeze(document[name]) for name in _FIELDS if name not in ("decisions", "digest")}
    except (InvalidValueError, InvalidSpecError, TypeError) as error:
        raise FileProblem(f"{path} is damaged: {error}") from None
    if wrapper_digest({**rest, "decisions": context.to_dict()["decisions"]}, tag=_TAG) != document["digest"]:
        raise FileProblem(f"{path} is damaged: its digest does not fit what it holds; nothing was changed.")
    try:
        workflow = build_workflow(mission, registry=registry)
    except UnknownMissionError as error:
        raise FileProblem(f"{path} cannot be resumed: its mission is gone. {error}") from None
    if workflow.hash != document["workflow_hash"]:
        raise FileProblem(
            f"{path} cannot be resumed: mission '{mission.type}' plans other steps than when the run was saved "
            f"(by tier2 {document['tier2']}); run it anew, or install what was installed then."
        )
    result = run(workflow, context, registry=registry)
    now = (result.status, result.pending_step_id, digest(result.state))
    if now != (document["status"], document["pending_step_id"], document["state_hash"]):
        raise FileProblem(
            f"{path} cannot be resumed: the same steps lead to another state than when the run was saved "
            f"(by tier2 {document['tier2']}), so an operation has changed; run it anew."
        )
    return SavedRun(mission.type, mission.params, result)


@contextmanager
def only_one(path: str) -> Iterator[None]:
    """Nobody else resumes the run of ``path`` meanwhile; :class:`FileProblem` if somebody does already.

    Where the platform has no advisory locks, nothing is locked.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        yield  # reading it will say what is wrong
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FileProblem(f"{path} is being resumed by another process; wait for it, or end it.") from None
        with suppress(OSError):
            if os.fstat(handle).st_ino != os.stat(path).st_ino:
                raise FileProblem(f"{path} was resumed by another process just now; look at it again.")
        yield
    finally:
        os.close(handle)
