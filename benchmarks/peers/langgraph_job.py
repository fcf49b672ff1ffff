"""The job as a LangGraph graph without a checkpointer: a channel for each key, a node for each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph

from benchmarks.peers.turns import STATE, STEPS, changed, take_turns


def _node(payload: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda state: changed(state, payload)


channels = TypedDict("channels", {**dict.fromkeys(STATE, Any), "summary": Any})  # type: ignore[misc]
graph = StateGraph(channels)
for step in STEPS:
    graph.add_node(step["id"], _node(step["payload"]))
ids = [step["id"] for step in STEPS]
for before, after in zip([START, *ids], [*ids, END], strict=True):
    graph.add_edge(before, after)
compiled = graph.compile()

if __name__ == "__main__":
    take_turns(lambda: dict(compiled.invoke(STATE)))
