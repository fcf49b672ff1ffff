"""Records put together by somebody who knows how: whatever they say, their own hashes fit."""

from __future__ import annotations

from typing import Any

import attrs

from tier2_core import Record, RecordLink, load_record


def refitted(record: Record) -> Record:
    """The record with all of its hashes made to fit what it holds."""
    previous, chain = record.origin(), []
    for place, link in enumerate(record.chain):
        bare: RecordLink = attrs.evolve(link, index=place, total=len(record.chain), previous=previous)
        chain.append(attrs.evolve(bare, hash=bare.computed()))
        previous = chain[-1].hash
    linked = attrs.evolve(record, chain=tuple(chain))
    return attrs.evolve(linked, digest=linked.computed())


def forged(record: Record, **fields: Any) -> Record:
    """The record with fields of its document exchanged, and all hashes made to fit."""
    return refitted(load_record({**record.to_dict(), **fields}))
