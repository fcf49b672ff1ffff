"""The hooks that a plugin may have, and the marker that makes a function one.

A plugin is a module or an object. Mark its functions with :data:`hookimpl`, and announce it under the
entry-point group ``tier2.missions``::

    from tier2_core import Mission, hookimpl

    @hookimpl
    def tier2_missions():
        return [Mission("greet", build_greeting, "Says hello.")]
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from tier2_core.missions.mission import Mission
from tier2_core.workflow.effects import EffectHandler
from tier2_core.workflow.operations import Operation

PROJECT = "tier2"

hookimpl = pluggy.HookimplMarker(PROJECT)
hookspec = pluggy.HookspecMarker(PROJECT)


@hookspec
def tier2_missions() -> Iterable[Mission]:  # type: ignore[empty-body]
    """The missions that the plugin brings."""


@hookspec
def tier2_operations() -> Iterable[Operation]:  # type: ignore[empty-body]
    """The operations that the plugin brings, named ``<mission>.<verb>``."""


@hookspec
def tier2_effect_handlers() -> Iterable[EffectHandler]:  # type: ignore[empty-body]
    """The handlers of effects that the plugin brings; it is announced under ``tier2.effects`` then."""
