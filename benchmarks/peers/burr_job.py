"""The job as a Burr application: the graph is built once; the application, which holds the state, for each run."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from burr.core import ApplicationBuilder, State, action
from burr.core.graph import GraphBuilder

from benchmarks.peers.turns import STATE, STEPS, changed, take_turns


def _action(payload: dict[str, Any]) -> Any:
    touched = [payload["path"].partition(".")[0]] if "path" in payload else []

    def done(state: State) -> State:
        return state.update(**changed(state, payload))

    return action(reads=[name for name in touched if name in STATE], writes=touched)(done)


ids = [step["id"].replace("-", "_") for step in STEPS]
graph = (
    GraphBuilder()
    .with_actions(**{name: _action(step["payload"]) for name, step in zip(ids, STEPS, strict=True)})
    .with_transitions(*pairwise(ids))
    .build()
)


def run() -> dict[str, Any]:
    application = ApplicationBuilder().with_graph(graph).with_state(**STATE).with_entrypoint(ids[0]).build()
    _, _, state = application.run(halt_after=[ids[-1]])
    return {name: value for name, value in state.get_all().items() if not name.startswith("__")}


if __name__ == "__main__":
    take_turns(run)
