"""Records in files: written whole, read back with distrust; a run that waits is resumed by one at a time.

The record of a suspended run is what the run goes on from. The file holds what it is recomputed from, not the run:
reading it plans and runs again, and refuses if anything comes out other than it was.
"""

from __future__ import annotations

import itertools
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from tier2_core import (
    OrchestrationResult,
    Record,
    RecordError,
    Registry,
    load_record,
    make_record,
    verify_record,
)
from tier2_io.documents.files import FileProblem, located
from tier2_io.documents.writing import rendered, write_document
from tier2_io.records.dsse import envelope_of
from tier2_io.records.signing import RECORD_TYPE, read_stored

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def environment() -> dict[str, str]:
    """Where this process runs, as far as a record tells; it is not hashed."""
    return {
        "machine": platform.machine(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.system(),
    }


def save(result: OrchestrationResult, path: str | None, key: Ed25519PrivateKey | None = None) -> str:
    """Write the record of a result to ``path``, or to a name of its own in this directory; gives the name.

    With a key the file holds it in a signed envelope.
    """
    record = make_record(result, environment=environment())
    document = record.to_dict()
    if key is not None:
        document = envelope_of(rendered(document), RECORD_TYPE, key)
    if path is not None:
        write_document(path, document)
        return path
    name = record.mission or record.workflow.id
    stem = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "-" for one in name)
    stem = f"{stem.lstrip('-')[:100] or 'run'}-{record.digest[:12]}"
    try:
        return _save_new(document, "", stem)
    except FileProblem:
        import tempfile

        # What people have answered must not be lost because of where they stand.
        return _save_new(document, tempfile.gettempdir(), stem)


def _save_new(document: dict[str, Any], directory: str, stem: str) -> str:
    """Write a record to a name that is free: an equal run may have been saved, and even decided, before."""
    for number in itertools.count(1):
        path = os.path.join(directory, f"{stem}{'' if number == 1 else f'-{number}'}.run.json")
        try:
            write_document(path, document, new=True)
        except FileExistsError:
            continue
        return path
    raise AssertionError


def told_workflow(record: Record) -> str:
    """What a record is of, if it is of no mission: no workflow may pass for one by its id."""
    return f"the workflow '{record.workflow.id}' of no mission"


def read_record(path: str) -> Record:
    """The record in a file, signed or not; :class:`FileProblem` if there is none. Nothing is verified."""
    return load_from(path, read_stored(path).document)


def is_of_tests(document: Mapping[str, Any]) -> bool:
    """Whether a document says of itself that it is the record of test runs, of whatever version."""
    return str(document.get("schema")).startswith("tier2.test-record/")


def load_from(path: str, document: Mapping[str, Any]) -> Record:
    """The record that was read from a file already."""
    if is_of_tests(document) or "predicateType" in document:
        raise FileProblem(f"{path} is the record of test runs, which 'tier2 verify' reads; expected that of a run.")
    try:
        return load_record(document)
    except RecordError as error:
        raise FileProblem(f"{path} is no record, or it is damaged: {error}") from None


class NotVerified(FileProblem):
    """A record is not true: it was altered, or something else comes out of it than did."""


def load(path: str, registry: Registry) -> OrchestrationResult:
    """The run of a record, recomputed.

    Raises :class:`FileProblem` for a file that is no record, and :class:`NotVerified` for one that was altered, or from
    which something else comes out than did: its mission is gone, or a mission or an operation has changed.
    """
    verification = verify_record(read_record(path), registry=registry)
    if verification.cause == "altered":
        raise NotVerified(f"{path} is damaged: {verification.message}; nothing was changed.")
    if not verification.verified or verification.result is None:
        raise NotVerified(
            f"{path} cannot be resumed: {verification.message}; run it anew, or install what was installed then."
        )
    return verification.result


@contextmanager
def only_one(path: str, done: str = "resumed") -> Iterator[None]:
    """Nobody else resumes the run of ``path`` meanwhile; :class:`FileProblem` if somebody does already.

    Other files can be held in the same way; ``done`` is what is done to them. Where the platform has no advisory locks,
    nothing is locked.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        handle = os.open(located(path), os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        yield  # reading it will say what is wrong
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FileProblem(f"{path} is being {done} by another process; wait for it, or end it.") from None
        with suppress(OSError):
            if os.fstat(handle).st_ino != os.stat(located(path)).st_ino:
                raise FileProblem(f"{path} was {done} by another process just now; look at it again.")
        yield
    finally:
        os.close(handle)
