"""The keys that payloads of steps know, and what is a slip of one.

A key that nobody reads does nothing, silently: ``{"opertion": "set"}`` would change nothing, and
``{"descripton": "Ship it?"}`` ask a person nothing. So each built-in operation takes its own keys and no other. Where a
payload may carry notes (``noop`` and human steps), only a key that is a slip of a known one is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from tier2_core.errors import InvalidSpecError, closest, cut
from tier2_core.values.members import members
from tier2_core.values.words import quoted
from tier2_core.workflow.specs import StepSpec

EVERYWHERE = frozenset({"description", "operation"})
"""What every payload may have."""

QUESTION = EVERYWHERE | {"demands", "highlights", "ids_of", "into", "schema", "within"}
"""What the payload of a human step may have beside notes."""

OPERATIONS: Mapping[str, frozenset[str]] = {
    "append": EVERYWHERE | {"path", "value"},
    "delete": EVERYWHERE | {"path"},
    "emit": EVERYWHERE | {"effect", "data", "data_from"},
    "fail": EVERYWHERE | {"reason"},
    "increment": EVERYWHERE | {"path", "by"},
    "merge": EVERYWHERE | {"patch", "path"},
    "noop": EVERYWHERE,
    "patch": EVERYWHERE | {"ops"},
    "require": EVERYWHERE | {"path", "op", "expected"},
    "set": EVERYWHERE | {"path", "value"},
}
"""What the payload of each built-in operation may have; that of ``noop`` also notes."""

NOTED = "noop"
"""The one operation whose payload may carry notes."""

# One or two letters from a known key, and yet what somebody would write on purpose.
_WORDS = frozenset(
    {
        "commands", "cooperation", "decryption", "descriptive", "descriptor", "discretion", "info",
        "inscription", "int", "intro", "iteration", "iterations", "onto", "operand", "operands", "operating",
        "operational", "operative", "operator", "operators", "oration", "prescription", "remands", "scheme",
        "schemes", "separation", "unto", "width",
    }
)  # fmt: skip


def check_keys(step: StepSpec, operations: Collection[str], operation: str = "") -> None:
    """:class:`InvalidSpecError` for a key that nobody would read.

    ``operation`` is the built-in one of a runtime step, ``""`` for a human step; ``operations`` are all that are known.
    """
    known = OPERATIONS[operation] if operation else QUESTION
    payload = members(step.payload)
    if known.issuperset(payload):
        return
    notes = not operation or operation == NOTED
    for key in sorted(payload.keys() - known):
        slip = slip_of(key, known)
        if key == "op" and notes and operation and "operation" not in payload and payload[key] in _named(operations):
            slip = "operation"
        if notes and not slip:
            continue
        suggestion = slip or closest(key, known)
        whose = f"the operation '{cut(operation)}' takes" if operation else "a human step takes"
        raise InvalidSpecError(
            f"Step '{cut(step.id)}': its payload has the key {quoted(key)}, which nobody would read; {whose} "
            f"{', '.join(sorted(known))}{' and notes' if notes else ''}"
            + (f"; did you mean '{suggestion}'?" if suggestion else "."),
            field=f"payload.{key}",
            found=key,
            allowed=tuple(sorted(known)),
            suggestion=suggestion,
        )


def _named(operations: Collection[str]) -> Collection[str]:
    return [name for name in operations if name != NOTED]


def slip_of(key: str, known: Iterable[str]) -> str:
    """The known key that ``key`` is a slip of, or ``""`` if it is a word of its own.

    A slip is another case, blanks, hyphens or underscores; a letter too many, too few, another one, or two that
    changed places (not in keys of less than four letters); in keys of at least nine letters, two of these.

    >>> known = ["description", "into", "operation"]
    >>> [slip_of(key, known) for key in ("opertion", "itno", "Description", "note", "info", "operator")]
    ['operation', 'into', 'description', '', '', '']
    """
    bare = _bare(key)
    if len(bare) > _LONGEST or bare in _WORDS:
        return ""
    near = [(distance, name) for name in known if (distance := _edits(bare, _bare(name))) <= _allowed(name)]
    return min(near)[1] if near else ""


_LONGEST = 20


def _bare(key: str) -> str:
    return "".join(letter for letter in key[: 4 * _LONGEST].casefold() if letter.isalnum())


def _allowed(name: str) -> int:
    return 2 if len(name) >= 9 else 1 if len(name) >= 4 else 0


def _edits(a: str, b: str) -> int:
    """How many slips lead from ``a`` to ``b``: the optimal string alignment distance."""
    rows = [list(range(len(b) + 1))]
    for i in range(1, len(a) + 1):
        row = [i]
        for j in range(1, len(b) + 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 2 : i] == b[j - 1] + b[j - 2]:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
