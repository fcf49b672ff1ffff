"""Runs as values: where a run is, and what became of each of its steps."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from attrs import field, frozen

from tier2_core.errors import InvalidSpecError
from tier2_core.values.fields import exact, expect, object_
from tier2_core.values.freeze import a_type
from tier2_core.workflow.effects import Effect
from tier2_core.workflow.operations import HasOperations, State
from tier2_core.workflow.plan import Given
from tier2_core.workflow.specs import Decision, ExecutionContext, StepSpec, WorkflowDefinition

RUNNING, SUCCEEDED, FAILED, REJECTED, SUSPENDED = "running", "succeeded", "failed", "rejected", "suspended"


@frozen
class TraceEntry:
    """What became of one executed step, and the state after it.

    ``outcome`` is ``done`` or ``failed`` for a runtime step; ``approved``, ``rejected``, ``unattended`` or
    ``failed`` for a human one. ``reason`` says why it failed; ``decision`` is the person's, if there was one;
    ``effects`` are those that the step has declared.

    >>> count = StepSpec("count", "runtime", {"operation": "increment", "path": "n"})
    >>> (entry,) = run(WorkflowDefinition("w", [count]), ExecutionContext({"n": 1})).run.trace
    >>> entry.outcome, entry.state
    ('done', pmap({'n': 2}))
    """

    step: StepSpec
    outcome: str
    state: State = field(eq=exact, repr=False)
    decision: Decision | None = None
    reason: str = ""
    effects: tuple[Effect, ...] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.step, self.outcome, self.state, self.decision, self.reason, self.effects)


def _restored(step: StepSpec, outcome: str, state: State, *more: Any) -> TraceEntry:
    """An entry whose state another process, or ``deepcopy``, has put together."""
    return TraceEntry(step, outcome, object_(state), *more)


Done = tuple[StepSpec, str, State, Decision | None, str, tuple[Effect, ...]]
"""A :class:`TraceEntry` as the engine has it: the values of its fields. Most runs are never asked for their trace."""


def _exactly(history: tuple[Done, ...]) -> tuple[TraceEntry, ...]:
    return tuple([TraceEntry(*done) for done in history])


def _history(trace: Any) -> tuple[Done, ...]:
    """A history, of which there may be entries."""
    if type(trace) is not tuple:
        raise InvalidSpecError(f"Run: field 'trace' must be a tuple, found {a_type(type(trace))}.", field="trace")
    if not trace or type(trace[0]) is tuple:
        return trace
    for entry in trace:
        expect(entry, TraceEntry, "entry of the trace")
    return tuple(
        [(entry.step, entry.outcome, entry.state, entry.decision, entry.reason, entry.effects) for entry in trace]
    )


@frozen(repr=False)
class Run:
    """A run at one point: a value that :func:`advance` maps to the next one.

    ``status`` is ``running`` or how it ended; ``trace`` has one entry for each executed step; ``pending`` is the
    id of the human step that a suspended run waits at. ``given`` is what all its points have in common.

    >>> begun = start(WorkflowDefinition("w", [StepSpec("go", "human")]), ExecutionContext(decisions=[]))
    >>> waiting = advance(begun)
    >>> begun.status, waiting.status, waiting.pending
    ('running', 'suspended', 'go')
    """

    given: Given
    status: str
    history: tuple[Done, ...] = field(default=(), alias="trace", converter=_history, eq=_exactly)

    @cached_property
    def trace(self) -> tuple[TraceEntry, ...]:
        """What became of each executed step, and the state after it."""
        return _exactly(self.history)

    @property
    def workflow(self) -> WorkflowDefinition:
        """The workflow that is run."""
        return self.given.workflow

    @property
    def context(self) -> ExecutionContext:
        """What it started from."""
        return self.given.context

    @property
    def registry(self) -> HasOperations:
        """The registry whose operations it knows."""
        return self.given.plan.registry

    @property
    def state(self) -> State:
        """The state after the last executed step."""
        return self.history[-1][2] if self.history else self.given.context.initial_state

    @property
    def pending(self) -> str | None:
        """The id of the step that waits for a decision."""
        return self.workflow.steps[len(self.history)].id if self.status == SUSPENDED else None

    def __repr__(self) -> str:
        return f"Run(given={self.given!r}, status={self.status!r}, trace={self.trace!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Run, (self.given, self.status, self.trace)  # whose states are let through again

    def __deepcopy__(self, memo: Any) -> Run:
        return self
