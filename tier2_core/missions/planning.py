"""From a mission to a result: plan with the registry, then run with the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, TypeGuard, overload, runtime_checkable

from tier2_core.errors import (
    AntiFailurePlanningError,
    EnvelopePlanningError,
    FactoryError,
    InvalidParamsError,
    InvalidSpecError,
    InvalidValueError,
    cut,
    described,
    place_in,
    text_of,
)
from tier2_core.missions.mission import MissionRegistryEntry
from tier2_core.missions.registry import Registry, default_registry
from tier2_core.values.fields import expect, with_prefix
from tier2_core.values.freeze import a_type, freeze
from tier2_core.values.members import members
from tier2_core.values.seal import MAX_DEPTH, seal_of
from tier2_core.values.writing import KEPT
from tier2_core.workflow.engine import run
from tier2_core.workflow.envelope import (
    ALLOWED_KINDS,
    MAX_HUMAN_STEPS,
    MAX_TOTAL_STEPS,
    check_counts,
    check_kinds,
)
from tier2_core.workflow.operations import HasOperations, has_operations
from tier2_core.workflow.result import OrchestrationResult
from tier2_core.workflow.specs import ExecutionContext, MissionSpec, WorkflowDefinition


@runtime_checkable
class HasMissions(HasOperations, Protocol):
    """What planning needs of a registry.

    >>> isinstance(default_registry(), HasMissions), isinstance(BUILTINS, HasMissions)
    (True, False)
    """

    def get(self, name: str) -> MissionRegistryEntry:
        """The entry of a mission; :class:`UnknownMissionError` if there is none."""
        ...


def build_workflow(mission: MissionSpec, *, registry: HasMissions | None = None) -> WorkflowDefinition:
    """The workflow that a mission plans for its params, with ``mission_type`` and ``params`` in its metadata.

    Raises :class:`UnknownMissionError`; :class:`InvalidParamsError` for params that the mission refuses;
    :class:`FactoryError` for a factory that breaks or gives something else; :class:`AntiFailurePlanningError` for
    too many steps, and :class:`EnvelopePlanningError` for a kind outside the envelope.

    >>> build_workflow(MissionSpec("echo", {"hello": "world"})).id
    'wf-echo'
    """
    if type(mission) is not MissionSpec:
        raise InvalidSpecError(f"The mission must be a MissionSpec, found {a_type(type(mission))}.", field="mission")
    known = with_missions(default_registry() if registry is None else registry)
    return _built(_entry(known, mission.type), mission)


def _entry(registry: HasMissions, name: str) -> MissionRegistryEntry:
    entry = registry.get(name)
    expect(entry, MissionRegistryEntry, f"entry of mission '{cut(name)}' in the registry")
    return entry


def _built(entry: MissionRegistryEntry, mission: MissionSpec) -> WorkflowDefinition:
    entry.validator(mission.params)
    recorded = {"mission_type": mission.type, "params": mission.params}
    known = seal_of(mission.params)
    if known is None or known.depth >= MAX_DEPTH:  # the plan records the params, which nests them one deeper
        try:
            freeze(recorded)
        except InvalidValueError as error:
            raise InvalidParamsError(
                with_prefix(
                    error, f"The params of mission '{cut(mission.type)}' leave no room for the plan around them"
                ),
                problems=[(error.path.removeprefix("/params"), str(error))],
            ) from None
    workflow = _planned(entry, mission)
    workflow = WorkflowDefinition(workflow.id, workflow.steps, {**members(workflow.metadata), **recorded})
    try:
        check_kinds(workflow, EnvelopePlanningError)
        check_counts(workflow, AntiFailurePlanningError)
    except AntiFailurePlanningError as error:
        told = type(error)(f"Mission '{cut(entry.name)}' of plugin '{cut(entry.plugin)}': {error}")
        vars(told).update(vars(error))  # where, what was found, and what is allowed
        raise told from None
    return workflow


def _planned(entry: MissionRegistryEntry, mission: MissionSpec) -> WorkflowDefinition:
    def broken(what: str, error: BaseException | None = None) -> FactoryError:
        return FactoryError(
            f"The factory of mission '{cut(entry.name)}' of plugin '{cut(entry.plugin)}' {what}",
            plugin=entry.plugin,
            distribution=entry.distribution,
            where=place_in(error),
        )

    try:
        workflow = entry.factory(mission.params)  # type: ignore[arg-type]
    except InvalidParamsError as error:  # a factory may refuse what no schema can say
        if type(error) is InvalidParamsError:
            raise
        raise InvalidParamsError(text_of(error), problems=vars(error).get("problems", ())) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise broken(f"raised {described(error)}", error) from error
    if type(workflow) is not WorkflowDefinition:
        raise broken(f"returned {a_type(type(workflow))}; expected a WorkflowDefinition.")
    return workflow


def with_missions(registry: HasMissions) -> HasMissions:
    """The registry, if it has missions."""
    # What a protocol asks for is looked for anew each time, which takes longer than planning a small mission.
    if type(registry) is not Registry and not has_missions(registry):
        raise InvalidSpecError(f"The registry must have missions, found {a_type(type(registry))}.", field="registry")
    return registry


def has_missions(registry: Any) -> TypeGuard[HasMissions]:
    """Whether something is a registry to planning; what it says of itself is not believed."""
    try:
        return has_operations(registry) and callable(registry.get)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is no registry
        return False


class Plans:
    """What the missions of one test run have planned: of the same mission and the same params, it is planned once.

    A factory is pure, so that nobody can tell. Only the last few plans are kept, and no longer than the test run
    takes: what is run alone, or again, is planned again.
    """

    def __init__(self, registry: HasMissions) -> None:
        self.registry = registry
        self._kept: dict[tuple[str, str], tuple[MissionRegistryEntry, WorkflowDefinition]] = {}

    def workflow(self, name: str, params: Mapping[str, Any], written: str) -> WorkflowDefinition:
        """What :func:`build_workflow` gives, and raises; ``written`` is the canonical text of the params."""
        entry, key = _entry(with_missions(self.registry), name), (name, written)
        before, workflow = self._kept.pop(key, (None, None))
        if workflow is None or before is not entry:
            workflow = _built(entry, MissionSpec(name, params))
        if len(written) < KEPT:
            self._kept[key] = entry, workflow  # as the one that was asked for last
            if len(self._kept) > _MOST_PLANS:
                del self._kept[next(iter(self._kept))]
        return workflow


_MOST_PLANS = 32


class Orchestrator:
    """The engine with the installed plugins, or with the registry that it is given.

    >>> workflow = build_workflow(MissionSpec("echo"))
    >>> Orchestrator().run_workflow(workflow, ExecutionContext({"n": 1})).final_state
    {'n': 1}
    """

    MAX_TOTAL_STEPS: ClassVar[int] = MAX_TOTAL_STEPS
    MAX_HUMAN_STEPS: ClassVar[int] = MAX_HUMAN_STEPS
    ALLOWED_KINDS: ClassVar[frozenset[str]] = ALLOWED_KINDS

    def __init__(self, registry: HasOperations | None = None) -> None:
        self._registry = registry

    @property
    def registry(self) -> HasOperations:
        """The registry whose operations are known: the given one, or :func:`default_registry`."""
        return default_registry() if self._registry is None else self._registry

    def run_workflow(self, workflow: WorkflowDefinition, ctx: ExecutionContext) -> OrchestrationResult:
        """The result of a workflow; raises what :func:`run` raises."""
        return run(workflow, ctx, registry=self.registry)


@overload
def run_mission(
    mission_name: str,
    ctx: ExecutionContext,
    params: Mapping[str, Any] | None = None,
    *,
    registry: HasMissions | None = None,
) -> OrchestrationResult: ...


@overload
def run_mission(
    mission_name: str,
    params: Mapping[str, Any] | None = None,
    initial_state: Mapping[str, Any] | None = None,
    *,
    registry: HasMissions | None = None,
) -> OrchestrationResult: ...


@overload
def run_mission(
    *,
    name: str,
    ctx: ExecutionContext,
    params: Mapping[str, Any] | None = None,
    registry: HasMissions | None = None,
) -> OrchestrationResult: ...


@overload
def run_mission(
    *,
    name: str,
    params: Mapping[str, Any] | None = None,
    initial_state: Mapping[str, Any] | None = None,
    registry: HasMissions | None = None,
) -> OrchestrationResult: ...


def run_mission(*args: Any, registry: HasMissions | None = None, **named: Any) -> OrchestrationResult:
    """Plan a mission and run it. Two shapes, told apart by the type of the second argument.

    As calls::

        run_mission(mission_name, ctx, params=None)                # ctx: an ExecutionContext
        run_mission(mission_name, params=None, initial_state=None)

    As a keyword, ``mission_name`` may also be written ``name``. Raises what :func:`build_workflow` and :func:`run`
    raise.

    >>> run_mission("echo", {"hello": "world"}, {"n": 1}).final_state
    {'n': 1}
    >>> run_mission("echo", ExecutionContext({"n": 1})).status
    'succeeded'
    """
    if "name" in named and "mission_name" not in named:
        named["mission_name"] = named.pop("name")
    with_context = "ctx" in named or issubclass(type(args[1] if len(args) > 1 else None), ExecutionContext)
    names = ("mission_name", *(("ctx", "params") if with_context else ("params", "initial_state")))
    given = dict(zip(names, args, strict=False))
    unknown = [name for name in named if name not in names]
    twice = [name for name in named if name in given]
    if len(args) > len(names) or unknown or twice:
        what = (
            f"does not take {unknown[0]!r} beside {names[1]!r}" if unknown
            else f"got {twice[0]!r} twice" if twice
            else f"takes at most 3 positional arguments, found {len(args)}"
        )  # fmt: skip
        raise TypeError(
            f"run_mission() {what}; call it as run_mission(mission_name, ctx, params) or "
            "run_mission(mission_name, params, initial_state)."
        )
    given.update(named)
    if "mission_name" not in given:
        raise TypeError("run_mission() is not told which mission; call it as run_mission(mission_name, ...).")
    mission_name = given["mission_name"]
    known = with_missions(default_registry() if registry is None else registry)
    params = given.get("params")
    workflow = build_workflow(MissionSpec(mission_name, {} if params is None else params), registry=known)
    if with_context:
        context = given["ctx"]
    else:
        state = given.get("initial_state")
        context = ExecutionContext({} if state is None else state)
    return run(workflow, context, registry=known)
