"""Signed decisions: an envelope (DSSE) around the statement of an answer, made, read, and held against records.

The law: what is signed is the statement that the engine makes of the decision, byte for byte, and nothing beside it is
believed. Whose a signature is, the approvers file alone says. Only a signature of a key that it pins counts.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import evolve, frozen

from tier2_core import (
    Decision,
    InvalidSpecError,
    InvalidValueError,
    OrchestrationResult,
    Record,
    Verification,
    WorkflowDefinition,
    decision_statement,
    freeze,
    thaw,
)
from tier2_core.values.canonical import canonical_json, read_json
from tier2_core.workflow.demands import STATEMENT
from tier2_io.documents.files import FileProblem
from tier2_io.documents.sources import read_object
from tier2_io.records.approvers import Approver, Approvers, names_of, person
from tier2_io.records.dsse import Envelope, InvalidEnvelope, opened_envelope

DECISION_TYPE = "application/vnd.tier2.decision+json"

_SAID = ("actor", "approved", "reason", "seen", "step_id", "value")


class ApprovalProblem(FileProblem):
    """A signed decision does not count for the run."""


@frozen
class SignedDecision:
    """An envelope as a document, opened, and the statement in it; nothing is checked yet."""

    document: Mapping[str, Any]
    envelope: Envelope
    statement: Mapping[str, Any]

    def decision(self, workflow: WorkflowDefinition) -> Decision:
        """What the statement says, if it is one of this workflow, in its one canonical form.

        Raises :class:`InvalidEnvelope`.
        """
        said = self.statement
        if said.get("workflow") != workflow.hash:
            raise InvalidEnvelope("it is about another workflow than that of the run")
        try:
            decision = Decision(**{name: said[name] for name in _SAID})
        except KeyError as error:
            raise InvalidEnvelope(f"its statement lacks {error}") from None
        except InvalidSpecError as error:
            raise InvalidEnvelope(f"its statement holds no decision: {str(error).rstrip('.')}") from None
        if self.envelope.payload != statement_bytes(workflow, decision):
            raise InvalidEnvelope("its statement has other members, or another form than the canonical one (RFC 8785)")
        if not decision.seen:
            raise InvalidEnvelope("its statement does not say what was seen")
        return decision

    def kept(self) -> dict[str, Any]:
        """The document as records keep it: Base64 has several forms, of which the engine takes the standard's."""
        return {**self.document, "payload": b64encode(self.envelope.payload).decode()}


def statement_bytes(workflow: WorkflowDefinition, decision: Decision) -> bytes:
    """The bytes that people sign."""
    return canonical_json(freeze(decision_statement(workflow, decision)))


def opened_decision(document: Mapping[str, Any]) -> SignedDecision:
    """The signed decision in a document. Raises :class:`InvalidEnvelope`; nothing is checked."""
    envelope = opened_envelope(document)
    if envelope.kind != DECISION_TYPE:
        raise InvalidEnvelope(f"it holds the type {envelope.kind[:80]!r}, not {DECISION_TYPE}")
    try:
        statement = read_json(envelope.payload)
    except InvalidValueError as error:
        raise InvalidEnvelope(f"its payload is no JSON: {str(error).rstrip('.')}") from None
    if type(statement) is not dict or statement.get("schema") != STATEMENT:
        raise InvalidEnvelope(f"its payload is no object of the schema {STATEMENT}")
    return SignedDecision(document, envelope, statement)


def read_decision(path: str) -> SignedDecision:
    """The signed decision in a file; :class:`FileProblem` if there is none."""
    document = read_object(path)
    try:
        freeze(document)
        return opened_decision(document)
    except (InvalidEnvelope, InvalidValueError) as error:
        raise FileProblem(f"{path} holds no signed decision: {str(error).rstrip('.')}.") from None


def decision_for(path: str, signed: SignedDecision, result: OrchestrationResult) -> Decision:
    """What a signed decision from a file says, if it is about the workflow of a run; who signed is not checked."""
    try:
        return signed.decision(result.run.workflow)
    except InvalidEnvelope as error:
        raise ApprovalProblem(f"{path} cannot be used for this run: {error}.") from None


def answer(path: str, result: OrchestrationResult, approvers: Approvers, day: date) -> tuple[Decision, list[str]]:
    """The decision in a file for the run that waits, and why signatures do not count that a pinned key has made.

    ``signed_by`` are the people whose signatures count on that day. Raises :class:`ApprovalProblem` if there is none,
    or if the decision names somebody else as who decides.
    """
    signed = read_decision(path)
    decision = decision_for(path, signed, result)
    doubts, counted = [], []
    for one in approvers.who_signed(signed.envelope):
        doubt = one.doubt(day)
        if doubt:
            doubts.append(doubt)
        else:
            counted.append(one)
    names = names_of(counted)
    if not names:
        why = "; ".join(doubts) or f"none is of a key that {approvers.name} pins"
        raise ApprovalProblem(f"{path} has no signature that counts: {why}.")
    if decision.actor and not is_signed_by(decision.actor, names):
        raise ApprovalProblem(
            f"{path} names '{decision.actor}' as who decides, but the signatures that count are of "
            f"{' and '.join(names)}; expected one of them as --actor of sign-decision, or nobody."
        )
    return evolve(decision, signed_by=names, envelope=signed.kept(), via="file"), doubts


def is_signed_by(actor: str, names: tuple[str, ...]) -> bool:
    """Whether somebody is among those who signed, as the engine compares names."""
    return person(actor) in map(person, names)


# --- records -----------------------------------------------------------------------------------------------------


@frozen
class Told:
    """What can be said of a decision in a record: who signed it, or ``None`` if nobody has checked the signatures."""

    decision: Decision
    signed_by: tuple[str, ...] | None

    @property
    def claimed(self) -> bool:
        """Whether the actor is only claimed: there is one, and no checked signature of theirs."""
        return bool(self.decision.actor) and not is_signed_by(self.decision.actor, self.signed_by or ())

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data; ``says_signed`` is what the record says of itself, which is not checked."""
        made = self.decision
        return {
            "actor": made.actor,
            "claimed": self.claimed,
            "decision": "approved" if made.approved else "rejected",
            "says_signed": bool(made.signed_by or made.envelope),
            "signed_by": None if self.signed_by is None else list(self.signed_by),
            "step_id": made.step_id,
        }


def told(record: Record, approvers: Approvers | None) -> list[Told]:
    """What can be said of each decision of a record. Raises :class:`InvalidEnvelope` as :func:`signers` does."""
    decided = {link.step_id: link for link in record.chain if link.decision is not None}
    decisions = [one for one in record.context.decisions or () if one.step_id in decided]
    return [Told(made, None if approvers is None else names_of(signers(record, made, approvers))) for made in decisions]


def held(record: Record, verification: Verification, approvers: Approvers) -> Verification:
    """What was verified of a record, held against an approvers file: not true if a decision says more than was signed.

    On which day somebody signed is not proven, so that a key counts whatever its dates are.
    """
    for made in record.context.decisions or ():
        try:
            signers(record, made, approvers)
        except InvalidEnvelope as error:
            message = f"The decision for step '{made.step_id}' says more than was signed: {error}"
            place = [link.step_id for link in record.chain]
            index = place.index(made.step_id) if made.step_id in place else None
            return Verification(False, "approval", message, made.step_id, index, note=verification.note)
    return verification


def signers(record: Record, made: Decision, approvers: Approvers) -> tuple[Approver, ...]:
    """The pinned keys that signed a decision of a record.

    Raises :class:`InvalidEnvelope` if it says more than was signed: people who did not sign, or another decision.
    """
    found: tuple[Approver, ...] = ()
    if made.envelope is not None:
        signed = opened_decision(thaw(made.envelope))
        if signed.envelope.payload != statement_bytes(record.workflow, made):
            raise InvalidEnvelope("what is in its envelope is another decision")
        found = approvers.who_signed(signed.envelope)
    elif made.signed_by:
        raise InvalidEnvelope("it names people who signed, and has no envelope")
    lacking = [name for name in made.signed_by if name not in names_of(found)]
    if lacking:
        raise InvalidEnvelope(f"by {approvers.name}, it was not signed by {' and '.join(map(repr, lacking))}")
    return found
