"""What comes back from a run: a view of it that hands out plain data, with lineage and receipt."""

from __future__ import annotations

from functools import cached_property
from itertools import repeat
from operator import is_, itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import field, frozen
from pyrsistent import PMap

from tier2_core.values.canonical import canonical_json, canonical_text, digest, digest_of, sha256
from tier2_core.values.freeze import freeze
from tier2_core.values.scalars import quote
from tier2_core.values.thaw import thaw
from tier2_core.values.writing import KEPT, canonical_pieces, in_order
from tier2_core.workflow.declared import declared
from tier2_core.workflow.specs import Decision, StepSpec

if TYPE_CHECKING:
    from tier2_core.workflow.trace import Run


Status: TypeAlias = Literal["succeeded", "failed", "rejected", "suspended"]
"""How a run ended, or that it waits."""


@frozen(eq=False)
class OrchestrationResult:
    """The immutable result of a run.

    What it hands out is fresh JSON-native data each time: changing it changes nothing. Two results are equal
    if their :meth:`to_dict` are the same document.

    >>> result = run_mission("echo", {"hello": "world"}, {"n": 1})
    >>> result.status, result.final_state, result.receipt["steps"]
    ('succeeded', {'n': 1}, ['echo-step'])
    """

    run: Run = field(repr=False)

    @property
    def id(self) -> str:
        """The workflow's id."""
        return self.run.workflow.id

    def __repr__(self) -> str:
        return f"OrchestrationResult(id={self.id!r}, status={self.status!r})"

    @property
    def status(self) -> Status:
        """``succeeded``, ``failed``, ``rejected`` or ``suspended``."""
        return self.run.status  # type: ignore[return-value]  # a run of which there is a result has ended

    @property
    def success(self) -> bool:
        """Whether the status is ``succeeded``."""
        return self.run.status == "succeeded"

    @property
    def executed_steps(self) -> list[StepSpec]:
        """The steps that were executed, the failed or rejected one included."""
        return [done[0] for done in self.run.history]

    @property
    def state(self) -> PMap[str, Any]:
        """The final state as it is: persistent, shared, free."""
        return self.run.state

    @property
    def final_state(self) -> dict[str, Any]:
        """The final state as fresh plain data."""
        plain: dict[str, Any] = thaw(self.run.state)
        return plain

    @property
    def failed_step_id(self) -> str | None:
        """The id of the step that failed."""
        return self.run.history[-1][0].id if self.run.status == "failed" else None

    @property
    def pending_step_id(self) -> str | None:
        """The id of the human step that a suspended run waits at."""
        return self.run.pending

    @property
    def error_message(self) -> str | None:
        """Why the run did not go on: ``Step '<id>' failed: <reason>``, or who rejected it and why."""
        if self.run.status == "failed":
            step, _, _, _, reason, _ = self.run.history[-1]
            return f"Step '{step.id}' failed: {reason}"
        if self.run.status == "rejected":
            step, _, _, decision, _, _ = self.run.history[-1]
            assert decision is not None
            by = f" by {decision.actor}" if decision.actor else ""
            return f"Step '{step.id}' rejected{by}: {decision.reason or 'no reason given'}"
        return None

    @property
    def lineage(self) -> dict[str, Any]:
        """Where the result comes from: ids and hashes of what went in and what came out.

        The hash of a state is its plain :func:`digest`, anyone's SHA-256 of the RFC 8785 bytes.
        """
        made: dict[str, Any] = {
            "executed_step_ids": self._executed_ids(),
            "final_state_hash": digest(self.run.state),
            "initial_state_hash": digest(self.run.context.initial_state),
            "workflow_hash": self.run.workflow.hash,
            "workflow_id": self.run.workflow.id,
        }
        return self._with_metadata(made, "caller", "policy_version")

    @property
    def receipt(self) -> dict[str, Any]:
        """What was done: the executed steps, logical ticks, and who decided what at each human step."""
        ids = self._executed_ids()
        made = {"end_time": len(ids), "human": self._human(), "id": self.id, "start_time": 0, "steps": ids}
        if (effects := self._effects) is not None:
            made = {"effects": [{"digest": digest(effect["data"]), **_bound(effect)} for effect in effects], **made}
        return self._with_metadata(made, "run_id")

    @property
    def effects(self) -> list[dict[str, Any]]:
        """What the run wants done in the world, in the order of its steps; nothing unless it has succeeded.

        Each has ``id``, ``kind``, ``data``, ``step_id``, and its ``index`` among those of its step. The id is the same
        wherever and however often the run is computed: an idempotency key for whoever does what is wanted.

        >>> mail = {"operation": "emit", "effect": "mail.send", "data": {"to": "ada@example.org"}}
        >>> (wanted,) = run(WorkflowDefinition("w", [StepSpec("tell", "runtime", mail)]), ExecutionContext()).effects
        >>> wanted["kind"], wanted["data"], wanted["step_id"], wanted["index"]
        ('mail.send', {'to': 'ada@example.org'}, 'tell', 0)
        """
        return [{**effect, "data": thaw(effect["data"])} for effect in self._effects or ()]

    @property
    def _effects(self) -> list[dict[str, Any]] | None:
        """What is written of the effects; ``None``, and nothing, if no executed step has declared any."""
        if not any(map(_declared, self.run.history)):
            return None
        return declared(self.run) if self.success else []

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the canonical bytes of :meth:`to_dict`, computed when first asked for."""
        return sha256(self._written()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """The whole result as plain JSON data with sorted keys."""
        lineage = self.lineage  # it has the state written, which then is read from that
        steps = [step.to_dict() for step in self.executed_steps]
        return self._whole(steps, self.final_state, lineage, None if self._effects is None else self.effects)

    def to_json(self) -> bytes:
        """The canonical bytes (RFC 8785) of :meth:`to_dict`, without making the plain data.

        What was written before of the state that a run began with is not written again.

        >>> result = run(WorkflowDefinition("w"), ExecutionContext({"n": 1}))
        >>> result.to_json() == canonical_json(result.to_dict())
        True
        """
        data = self._written()
        object.__setattr__(self, "digest", sha256(data).hexdigest())  # whoever wants the one mostly wants the other
        return data

    def _written(self) -> bytes:
        head, between, tail = self._frame()
        state = canonical_pieces(self.run.state)
        final, initial = digest_of(self.run.state, state), digest(self.run.context.initial_state)
        hashes = b'%s","initial_state_hash":"%s' % (final.encode(), initial.encode())
        return b"".join([head, *state, between, hashes, tail])

    def _frame(self) -> Frame:
        """The canonical text around the final state, its hash, and that of the initial state.

        If all steps were done, and nobody has decided, noted or wanted anything, it depends on the workflow
        alone, which remembers it.
        """
        given, history = self.run.given, self.run.history
        if (
            self.run.status != "succeeded"
            or given.context.metadata
            or len(history) != len(given.workflow.steps)
            or not all(map(is_, map(_step, history), given.workflow.steps))
            or not all(map(is_, map(_decision, history), repeat(None)))
            or any(map(_declared, history))
        ):
            return self._framed()
        memo = given.workflow._memo
        frame: Frame | None = memo.get("frame")
        if frame is None:
            frame = self._framed()
            if sum(map(len, frame)) < _FEW:
                memo["frame"] = frame
        return frame

    def _framed(self) -> Frame:
        steps, workflow_id, human = self.executed_steps, quote(self.id), self._human()
        ids = ",".join([quote(step.id) for step in steps])
        said = [f"{quote(name)}:{canonical_json(human[name]).decode()}" for name in in_order(human)]
        metadata: Any = self.run.context.metadata or {}
        caller, policy, run_id = [
            f'"{name}":{canonical_text(metadata[name])},' if name in metadata else ""
            for name in ("caller", "policy_version", "run_id")
        ]
        effects, receipt = self._effects, ""
        if effects is not None:
            receipt = f'"effects":{canonical_json(self.receipt["effects"]).decode()},'
        head = f'{{{_effects_text(effects)}"error_message":{_quoted(self.error_message)},"executed_steps":['
        after = f'],"failed_step_id":{_quoted(self.failed_step_id)},"final_state":'
        tail = _TAIL % (
            *(policy, self.run.workflow.hash, workflow_id, _quoted(self.pending_step_id)),
            *(
                receipt,
                len(steps),
                ",".join(said),
                workflow_id,
                run_id,
                ids,
                self.status,
                "true" if self.success else "false",
            ),
        )
        return (
            b"%s%s%s" % (head.encode(), b",".join([step.written for step in steps]), after.encode()),
            f',"id":{workflow_id},"lineage":{{{caller}"executed_step_ids":[{ids}],"final_state_hash":"'.encode(),
            tail.encode(),
        )

    def parts(self) -> dict[str, Any]:
        """What :meth:`to_dict` gives, with the documents in it as they are: persistent, shared, free."""
        steps = [{"id": step.id, "kind": step.kind, "payload": step.payload} for step in self.executed_steps]
        return self._whole(steps, self.run.state, self.lineage, self._effects)

    def _whole(
        self, executed_steps: Any, final_state: Any, lineage: dict[str, Any], effects: list[Any] | None
    ) -> dict[str, Any]:
        return {
            **({} if effects is None else {"effects": effects}),
            "error_message": self.error_message,
            "executed_steps": executed_steps,
            "failed_step_id": self.failed_step_id,
            "final_state": final_state,
            "id": self.id,
            "lineage": lineage,
            "pending_step_id": self.pending_step_id,
            "receipt": self.receipt,
            "status": self.status,
            "success": self.success,
        }

    def __eq__(self, other: object) -> bool:
        return self.digest == other.digest if isinstance(other, OrchestrationResult) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    def __deepcopy__(self, memo: Any) -> OrchestrationResult:
        return self

    def _executed_ids(self) -> list[str]:
        return [done[0].id for done in self.run.history]

    def _human(self) -> dict[str, dict[str, Any]]:
        """What was decided at each human step that was executed."""
        human = {
            step.id: _UNATTENDED.copy() if decision is None else _receipt(decision)
            for step, _, _, decision, _, _ in self.run.history
            if step.kind == "human"
        }
        return human if len(human) < 2 else {name: human[name] for name in sorted(human)}

    def _with_metadata(self, made: dict[str, Any], *names: str) -> dict[str, Any]:
        metadata = self.run.context.metadata
        if not metadata:
            return made
        made.update({name: thaw(metadata[name]) for name in names if name in metadata})
        return dict(sorted(made.items()))


def _bound(effect: dict[str, Any]) -> dict[str, Any]:
    """What a receipt says of an effect, beside the digest of its data."""
    return {name: effect[name] for name in ("id", "kind", "step_id")}


def _effects_text(effects: list[dict[str, Any]] | None) -> str:
    return "" if effects is None else f'"effects":{canonical_json(freeze(effects)).decode()},'


_UNATTENDED = {"actor": "", "decision": "unattended", "reason": ""}

# What the methods above give as plain data, as text: the names of an object in their order.
_TAIL = (
    '",%s"workflow_hash":"%s","workflow_id":%s},"pending_step_id":%s,'
    '"receipt":{%s"end_time":%d,"human":{%s},"id":%s,%s"start_time":0,"steps":[%s]},"status":"%s","success":%s}'
)

Frame: TypeAlias = tuple[bytes, bytes, bytes]
"""A result's text up to the final state, from there up to the hashes of states, and from there on."""

_step, _decision, _declared = itemgetter(0), itemgetter(3), itemgetter(5)

_FEW = 4 * KEPT
"""How many bytes a workflow remembers of its results at most."""


def _quoted(text: str | None) -> str:
    return "null" if text is None else quote(text)


def _receipt(decision: Decision) -> dict[str, Any]:
    """What a receipt says of a decision; of what nobody need say, only what was said."""
    made: dict[str, Any] = {
        "actor": decision.actor,
        "decision": "approved" if decision.approved else "rejected",
        "reason": decision.reason,
    }
    if decision.signed_by:
        made["signed_by"] = list(decision.signed_by)
    if decision.unseen:
        made["unseen"] = True
    if decision.via:
        made["via"] = decision.via
    return made
