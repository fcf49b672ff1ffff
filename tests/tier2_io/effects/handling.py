"""Effects and handlers to try: made here, called in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.workflow.plans import do, plan
from tier2_core import EffectHandler, ExecutionContext, Handlers, WantedEffect, hookimpl, load_handlers, run


def wanted(*effects: tuple[str, dict[str, Any]], run_id: str = "r") -> tuple[WantedEffect, ...]:
    """The effects of a run that wants these, each a kind and data."""
    steps = [do("emit", f"s{place}", effect=kind, data=data) for place, (kind, data) in enumerate(effects)]
    result = run(plan(*steps), ExecutionContext({}, {"run_id": run_id}))
    return tuple(map(WantedEffect.of, result.effects))


class Handling:
    """A plugin with a handler for each kind."""

    def __init__(self, **functions: Callable[[WantedEffect], Any]) -> None:
        self.functions = functions

    @hookimpl
    def tier2_effect_handlers(self) -> list[EffectHandler]:
        return [EffectHandler(kind, handle) for kind, handle in self.functions.items()]


def handlers(**functions: Callable[[WantedEffect], Any]) -> Handlers:
    """The handlers of one plugin, and of nothing that is installed."""
    return load_handlers([Handling(**functions)], entry_points=False)
