"""What a human step may demand of those who answer: its payload's ``demands``, an object.

Each member is checked before anything changes. What misses is a :class:`DecisionError`, and can be answered again::

    member                    means                                                   reason when it misses
    seen: true                the decision carries the digest of its consequences     unseen
    actor: true               the decision names who decides                          nameless
    not_caller: true          the actor is not the context's caller                   same_person
    not_same_as: [step ids]   nor who decided those steps                             same_person
    signatures: n             n distinct people signed this very decision             unsigned
    reason: true              a rejection says why                                    no_reason

Whoever must be another must be known: ``not_caller`` and ``not_same_as`` demand a name, of those who decide the steps
that ``not_same_as`` lists as well. Names are compared without regard to case and to blanks around them. A signature
of somebody who may not decide does not count.

Nothing here is cryptography. That a signature is good, and whose it is, whoever hands in the decision has checked
(``signed_by``); that it is one of this very decision, its ``envelope`` shows: what was signed is the statement below,
byte for byte.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from pyrsistent import PMap

from tier2_core.errors import DecisionError, InvalidSpecError, closest, cut, did_you_mean
from tier2_core.values.canonical import canonical_json
from tier2_core.values.fields import expect
from tier2_core.values.freeze import a_type
from tier2_core.values.seal import VECTOR
from tier2_core.values.thaw import thaw
from tier2_core.workflow.specs import Decision, StepSpec, WorkflowDefinition

if TYPE_CHECKING:
    from tier2_core.workflow.trace import Run

FLAGS = ("actor", "not_caller", "reason", "seen")
MEMBERS = (*FLAGS, "not_same_as", "signatures")

MAX_SIGNATURES = 10
"""How many signatures a step demands at most."""

STATEMENT = "tier2.decision/1"
"""The schema of what is signed."""


def decision_statement(workflow: WorkflowDefinition, decision: Decision) -> dict[str, Any]:
    """What people sign who sign a decision; its canonical bytes are the payload of the envelope.

    It binds the answer to the workflow, the step and the digest of the consequences that were seen.

    >>> plan = WorkflowDefinition("w", [StepSpec("go", "human")])
    >>> sorted(decision_statement(plan, Decision("go", actor="ada")))
    ['actor', 'approved', 'reason', 'schema', 'seen', 'step_id', 'value', 'workflow']
    """
    expect(workflow, WorkflowDefinition, "workflow")
    expect(decision, Decision, "decision")
    return {
        "actor": decision.actor,
        "approved": decision.approved,
        "reason": decision.reason,
        "schema": STATEMENT,
        "seen": decision.seen,
        "step_id": decision.step_id,
        "value": thaw(decision.value),
        "workflow": workflow.hash,
    }


def check_demands_shape(step: StepSpec, workflow: WorkflowDefinition) -> None:
    """:class:`InvalidSpecError` if a step's ``demands`` are none that can be met."""
    demands: Any = step.payload.get("demands")
    if "demands" not in step.payload:
        return

    def refused(member: str, found: str, expected: str) -> InvalidSpecError:
        place = f"payload.demands.{member}".rstrip(".")
        return InvalidSpecError(
            f"Step '{cut(step.id)}': its '{cut(place[8:])}' {found}; expected {expected}.", field=place
        )

    if type(demands) is not PMap:
        raise refused("", f"is {a_type(type(demands))}", "an object")
    for member in sorted(demands):
        if member not in MEMBERS:
            allowed = tuple(sorted(MEMBERS))
            hint = did_you_mean(member, allowed).rstrip("?")
            error = refused(member, "is no demand", f"one of {', '.join(allowed)}{hint}")
            error.found, error.allowed, error.suggestion = member, allowed, closest(member, allowed)
            raise error
    for member in FLAGS:
        if type(demands.get(member, True)) is not bool:
            raise refused(member, f"is {a_type(type(demands[member]))}", "true or false")
    count = demands.get("signatures", 1)
    if type(count) is not int or not 1 <= count <= MAX_SIGNATURES:
        found = count if type(count) is int else a_type(type(count))
        raise refused("signatures", f"is {found}", f"a whole number from 1 to {MAX_SIGNATURES}")
    others = demands.get("not_same_as", ())
    earlier = _human_before(step, workflow)
    if "not_same_as" in demands and type(others) is not VECTOR:
        raise refused("not_same_as", f"is {a_type(type(others))}", "a list of ids of earlier human steps")
    for other in others:
        if other not in earlier:
            named = f"'{cut(other)}'" if type(other) is str else a_type(type(other))
            known = ", ".join(map(repr, earlier)) or "none"
            raise refused("not_same_as", f"lists {named}", f"ids of earlier human steps ({known})")


def check_demands(run: Run, step: StepSpec, decision: Decision) -> None:
    """:class:`DecisionError` for the first demand of the step that a decision misses."""
    demands: Any = step.payload.get("demands") or {}
    others = demands.get("not_same_as", ())

    def missed(reason: str, what: str) -> DecisionError:
        return DecisionError(
            f"Step '{cut(step.id)}' demands {what}; it still waits, and can be answered again.",
            reason=reason,
            pending=(step.id,),
        )

    who = _person(decision.actor)
    must_be_known = demands.get("actor") or demands.get("not_caller") or others or _is_compared(step, run.workflow)
    if must_be_known and not who:
        raise missed("nameless", "that the decision names who decides, and it names nobody")
    barred = _barred(run, bool(demands.get("not_caller")), others)
    if who and who in barred:
        raise missed("same_person", f"another person than '{cut(decision.actor)}', {barred[who]}")
    if demands.get("seen") and not decision.seen:
        raise missed(
            "unseen", "that the decision carries the digest of the consequences that were seen, and it has none"
        )
    if demands.get("reason") and not decision.approved and not decision.reason.strip():
        raise missed("no_reason", "that a rejection says why, and this one has no reason")
    count = demands.get("signatures", 0)
    signed = _signers(run.workflow, decision, barred) if count else ()
    if len(signed) < count:
        people = "1 person" if count == 1 else f"{count} people"
        raise missed("unsigned", f"that {people} who may decide sign this very decision, and {len(signed)} did")


def _barred(run: Run, not_caller: bool, others: Collection[str]) -> dict[str, str]:
    """Who may not decide, and why."""
    barred = {}
    for done in run.history:
        if done[3] is not None and done[0].id in others:
            for name in (done[3].actor, *done[3].signed_by):
                barred[_person(name)] = f"who decided step '{done[0].id}'"
    metadata: Any = run.context.metadata or {}
    caller = metadata.get("caller")
    if not_caller and type(caller) is str:
        barred[_person(caller)] = "who called for the run"
    barred.pop("", None)
    return barred


def _signers(workflow: WorkflowDefinition, decision: Decision, barred: Collection[str]) -> set[str]:
    """The distinct people who may decide, and have signed this decision and nothing else."""
    envelope: Any = decision.envelope
    if type(envelope) is not PMap or type(payload := envelope.get("payload")) is not str:
        return set()
    try:
        signed = b64decode(payload, validate=True)
    except ValueError:
        return set()
    if signed != canonical_json(decision_statement(workflow, decision)):
        return set()
    return {_person(name) for name in decision.signed_by} - {"", *barred}


def _person(name: str) -> str:
    return name.strip().casefold()


def _human_before(step: StepSpec, workflow: WorkflowDefinition) -> list[str]:
    """The ids of the human steps before a step."""
    ids = [other.id for other in workflow.steps]
    return [other.id for other in workflow.steps[: ids.index(step.id)] if other.kind == "human"]


def _is_compared(step: StepSpec, workflow: WorkflowDefinition) -> bool:
    """Whether a later step demands another person than who decides this one."""
    for other in workflow.steps:
        demands: Any = other.payload.get("demands")
        if other.kind == "human" and demands and step.id in demands.get("not_same_as", ()):
            return True
    return False
