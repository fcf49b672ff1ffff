"""The guard: sees a mission's code touch the world, and says which step and which call did it.

Two witnesses watch while a factory, an operation or a check of a payload runs, and at no other time:

* an audit hook (:func:`sys.addaudithook`) sees files, sockets, processes and threads. It cannot be removed, and
  is therefore installed once a process, when something is first guarded; with nobody watching it does nothing.
* a profile function (:func:`sys.setprofile`) sees calls that raise no event: clocks, random numbers, environment
  variables, ``os.stat``. It is taken away again after each step.

They see; they do not prevent. What neither sees is in :data:`BLIND`.
"""

from __future__ import annotations

import gc
import os
import sys
import sysconfig
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import lru_cache
from types import FrameType, TracebackType
from typing import Any

import attrs
from attrs import field, frozen

from tier2_core import MissionRegistryEntry, Operation, Registry
from tier2_io.trust.world import (
    INTERESTING,
    KINDS,
    PYTHON_NAMES,
    touched_by_event,
    touched_by_function,
    touched_by_python,
)

BLIND = (
    "what a plugin does while it is imported",
    "what Python has at hand: sys.argv, sys.platform, platform.node(), threading.active_count(), loops over sys.stdin",
    "writing to what is open already, as print() and logging do",
    "what threads and other processes do; that they are started is seen",
    "what libraries in C do by themselves; a call of a clock, or of random numbers, from Python is seen",
    "code that hides: whoever installs a plugin runs its code",
)
"""What the guard cannot see."""

FACTORY = "factory"
"""What stands for the step where a mission's factory was running."""

ALONE = "on-its-own"
"""The id of the step of an operation that is run by itself."""

_LONGEST = 80


@frozen
class Place:
    """Where in a mission code is running: a step's id, or :data:`FACTORY`; a check of a payload has no step."""

    mission: str
    step: str
    operation: str = ""
    plugin: str = ""

    def __str__(self) -> str:
        if self.step == FACTORY:
            return f"the factory of mission '{self.mission}'"
        if not self.step:
            return f"the check of operation '{self.operation}'"
        if self.step == ALONE:
            return f"operation '{self.operation}'"
        of = f" of mission '{self.mission}'" if self.mission else ""
        return f"step '{self.step}'{of} (operation '{self.operation}')"


@frozen
class Touch:
    """That code touched the world: what it did, by which call, in which line of the plugin's own code.

    ``witness`` is ``audit`` or ``calls``: who has seen it.
    """

    place: Place
    kind: str
    call: str
    where: str
    witness: str

    def __str__(self) -> str:
        at = f", at {self.where}" if self.where else ""
        return f"{self.place} {KINDS[self.kind]}: {self.call}{at}"

    def to_dict(self) -> dict[str, str]:
        """Plain JSON data: ``call``, ``kind``, ``mission``, ``operation``, ``step``, ``where``, ``witness``."""
        return {
            "call": self.call,
            "kind": self.kind,
            "mission": self.place.mission,
            "operation": self.place.operation,
            "step": self.place.step,
            "where": self.where,
            "witness": self.witness,
        }


@frozen(eq=False)
class Watch:
    """Who is told: of places that are ``entered``, and of each :class:`Touch`, once a place, kind and line.

    ``mission`` is whose steps are being run. What was seen is in ``touches``.
    """

    mission: str
    entered: Callable[[Place], None] = lambda place: None
    seen: Callable[[Touch], None] = lambda touch: None
    _touches: dict[Any, Touch] = field(factory=dict, init=False, repr=False)

    @property
    def touches(self) -> list[Touch]:
        """What was seen, in the order in which it was; see :func:`foremost`."""
        return foremost(self._touches.values())

    def add(self, touch: Touch) -> None:
        """Keep and tell of a touch, unless the same line has done the like before."""
        key = (touch.place, touch.kind, touch.where)
        if key not in self._touches:
            self._touches[key] = touch
            self.seen(touch)


def foremost(touches: Iterable[Touch]) -> list[Touch]:
    """The touches without those calls that are how an event came about: of which the same line has both."""
    given = list(touches)
    audited = {(touch.place, touch.where) for touch in given if touch.witness == "audit"}
    return [touch for touch in given if touch.witness == "audit" or (touch.place, touch.where) not in audited]


def guarded(registry: Registry, watch: Watch) -> Registry:
    """The same registry, whose factories and operations are watched while they run.

    It has the same names and the same fingerprint; runs with it go through the engine like any other.
    """
    _install()
    missions = {name: _watched_mission(entry, watch) for name, entry in registry.missions.items()}
    operations = {name: _watched_operation(operation, watch) for name, operation in registry.operations.items()}
    return attrs.evolve(registry, missions=missions, operations=operations)


def _watched_mission(entry: MissionRegistryEntry, watch: Watch) -> MissionRegistryEntry:
    place, factory = Place(entry.name, FACTORY, "", entry.plugin), entry.factory

    def build(params: Any) -> Any:
        return _within(watch, place, factory, params)

    return attrs.evolve(entry, mission=attrs.evolve(entry.mission, factory=build))


def _watched_operation(operation: Operation, watch: Watch) -> Operation:
    apply, check = operation.apply, operation.check

    def watched_apply(state: Any, call: Any) -> Any:
        place = Place(watch.mission, call.step_id, operation.name, operation.plugin)
        return _within(watch, place, apply, state, call)

    def watched_check(payload: Any) -> Any:
        assert check is not None
        return _within(watch, Place(watch.mission, "", operation.name, operation.plugin), check, payload)

    return attrs.evolve(operation, apply=watched_apply, check=None if check is None else watched_check)


_here: ContextVar[tuple[Watch, Place] | None] = ContextVar("_here", default=None)


def _within(watch: Watch, place: Place, function: Callable[..., Any], *arguments: Any) -> Any:
    """What ``function`` gives, watched. The frame of this call is where the plugin's code begins."""
    watch.entered(place)
    token, before = _here.set((watch, place)), sys.getprofile()
    sys.setprofile(_profile)
    try:
        return function(*arguments)
    finally:
        sys.setprofile(before)
        _here.reset(token)


# --- the two witnesses ---------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _install() -> None:
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    here = _here.get()
    if here is None:
        return
    known = touched_by_event(event)
    if known is None:
        return
    token = _here.set(None)  # what is done here is not what is watched
    try:
        kind, shown = known
        call = f"{event.removesuffix('.__new__')}({', '.join(filter(None, map(_told, arguments[:shown])))})"
        _testify(here, kind, call, "audit", sys._getframe(1))  # noqa: SLF001 - there is no other way to the caller
    finally:
        _here.reset(token)


def _profile(frame: FrameType, event: str, function: Any) -> None:
    if event == "c_call":
        if getattr(function, "__name__", "") not in INTERESTING:
            return
        known = touched_by_function(function)
    elif event == "call" and frame.f_code.co_name in PYTHON_NAMES:
        known = touched_by_python(frame)
    else:
        return
    here = _here.get()
    if known is not None and here is not None:
        _testify(here, *known, "calls", frame)


def _testify(here: tuple[Watch, Place], kind: str, call: str, witness: str, frame: FrameType | None) -> None:
    frames = _plugin_frames(frame)
    # The machinery of imports, warnings, logs and the collector reads sources and clocks of which no result depends.
    if any(_is_machinery(one, witness) for one in frames):
        return
    watch, place = here
    watch.add(Touch(place, kind, call, _line(frames), witness))


# --- whose line it was ---------------------------------------------------------------------------------


def _plugin_frames(frame: FrameType | None) -> list[FrameType]:
    """The frames from the innermost outwards, to where the plugin's code begins."""
    frames = []
    while frame is not None and frame.f_code is not _within.__code__:
        frames.append(frame)
        frame = frame.f_back
    return frames


def _is_machinery(frame: FrameType, witness: str) -> bool:
    file, name = frame.f_code.co_filename, frame.f_code.co_name
    if file.startswith("<frozen importlib._bootstrap"):
        return name == "_find_and_load"
    # A collection begins where memory happens to run out, and calls whoever asked to be called.
    if any(getattr(callback, "__code__", None) is frame.f_code for callback in gc.callbacks):
        return True
    module = frame.f_globals.get("__name__")
    return module == "linecache" or (module == "logging" and witness == "calls")


def line_of(traceback: TracebackType | None) -> str:
    """The innermost line of a plugin's own code in a traceback, as ``file:line in function``; or ``""``."""
    frames: list[tuple[FrameType, int]] = []
    while traceback is not None:
        frames.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    begun = max((place for place, (frame, _) in enumerate(frames) if frame.f_code is _within.__code__), default=-1)
    inner = dict(reversed(frames[begun + 1 :]))
    return _line(list(inner), inner)


def _line(frames: list[FrameType], lines: dict[FrameType, int] | None = None) -> str:
    """The innermost of ``frames`` that is the plugin's own: of the package of the outermost that is not ours."""
    theirs = [frame for frame in frames if not _is_ours(frame)]
    if not theirs:
        return ""
    home = _package(theirs[-1])
    frame = next(frame for frame in theirs if _package(frame) == home)
    line = frame.f_lineno if lines is None else lines[frame]
    return f"{frame.f_code.co_filename}:{line} in {frame.f_code.co_qualname}"


def _is_ours(frame: FrameType) -> bool:
    """Whether code is Python's own, or tier2's."""
    return _package(frame) in ("tier2_core", "tier2_io") or is_standard(frame.f_code.co_filename)


def is_standard(file: str) -> bool:
    """Whether a source file is of Python's standard library."""
    below = file.startswith(_STANDARD) and "site-packages" not in file and "dist-packages" not in file
    return below or file.startswith("<frozen ")


_STANDARD = tuple(
    os.path.join(path, "") for path in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")} if path
)


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _told(argument: Any) -> str:
    """An argument of an event, short; of what is no plain value nothing, as its ``repr`` may be anybody's."""
    if type(argument) in (list, tuple):
        text = f"[{', '.join(filter(None, map(_told, argument[:5])))}{', …' if len(argument) > 5 else ''}]"
    else:
        text = repr(argument) if type(argument) in (str, bytes, int, bool, float) else ""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
