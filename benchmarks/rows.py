"""The rows of the table: what is measured, beside what, at which size, and what it may cost.

The contract's targets are the rows with ``at_most``: how many times the first yardstick's time (or bytes) they may
take. The rest shows how the cost grows. A row is built when its turn comes, for a state of 10^6 keys takes a while.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

import pyrsistent
from attrs import evolve, frozen

from benchmarks import suites
from benchmarks.measuring import Call, Contender, Memory, python, tier2
from benchmarks.peers.environments import REQUIREMENTS, Peer
from benchmarks.workloads import plain_plan, plain_state, rich_document, workflow
from benchmarks.yardsticks import deepcopy_history, deepcopy_run, deepcopy_run_and_hash, dict_copies, plan_hash
from tier2_core import (
    ExecutionContext,
    OrchestrationResult,
    canonical_json,
    freeze,
    make_record,
    parse_json,
    run,
    run_test_run,
    thaw,
)
from tier2_core.records.record import links_of
from tier2_io import parallel
from tier2_io.parallel.workers import cores


@frozen
class Beside:
    """What takes turns in a row: ours, then the yardsticks; ``check`` sees that they do the same work.

    ``stop`` ends what was begun for the row.
    """

    ours: Contender
    yardsticks: tuple[Contender, ...]
    check: Callable[[], None] = lambda: None
    stop: Callable[[], None] = lambda: None


@frozen
class Row:
    """One row: ``at_most`` is the most that ours may be, as a multiple of the first yardstick."""

    name: str
    size: int
    build: Callable[[], Beside]
    at_most: float | None = None
    rounds: int | None = None


@lru_cache(maxsize=2)
def _states(keys: int) -> tuple[dict[str, Any], Any]:
    """A state as plain data and frozen."""
    plain = plain_state(keys)
    return plain, freeze(plain)


def _run(keys: int, steps: int = 5, change: int = 1) -> Beside:
    plan = plain_plan(steps, change)
    plain, frozen_state = _states(keys)
    prepared = workflow(plan)

    def ours() -> OrchestrationResult:
        return run(prepared, ExecutionContext(frozen_state))

    def check() -> None:
        assert ours().to_dict() == deepcopy_run(plan, plain, plan_hash(plan))
        if history:
            assert [thaw(state) for state in _trace(ours())] == deepcopy_history(plan, plain)

    # Six copies of 10^6 keys take 7 s, and tell nothing that those of 10^5 have not told.
    history = [Call("deepcopy of each step's state", partial(deepcopy_history, plan, plain))] if keys < 10**6 else []
    return Beside(
        Call("run", ours),
        (
            Call("deepcopy engine", partial(deepcopy_run, plan, plain)),
            *history,
            Call("dict copies", partial(dict_copies, plan, plain)),
        ),
        check,
    )


def _trace(result: OrchestrationResult) -> list[Any]:
    return [result.run.context.initial_state, *(entry.state for entry in result.run.trace)]


def _run_against_10(keys: int) -> Beside:
    yardstick = _run(10).ours
    assert isinstance(yardstick, Call)
    return Beside(_run(keys).ours, (evolve(yardstick, name="run, 10 keys"),))


def written_out(result: OrchestrationResult) -> tuple[dict[str, Any], bytes, str]:
    """A result as a caller wants it who stores it: plain data, canonical bytes, digest."""
    return result.to_dict(), result.to_json(), result.digest


def _written_out(keys: int, again: bool = True) -> Beside:
    plan = plain_plan()
    plain, frozen_state = _states(keys)
    prepared, workflow_hash = workflow(plan), plan_hash(plan)

    def ours(state: Any = frozen_state) -> tuple[dict[str, Any], bytes, str]:
        return written_out(run(prepared, ExecutionContext(state)))

    def check() -> None:
        assert ours() == deepcopy_run_and_hash(plan, plain, workflow_hash)

    return Beside(
        Call("run, to_dict, bytes, digest", ours, None if again else partial(freeze, plain)),
        (
            Call("deepcopy engine, JSON, SHA-256", partial(deepcopy_run_and_hash, plan, plain, workflow_hash)),
            Call("dict copies", partial(dict_copies, plan, plain)),
        ),
        check,
    )


def _result(keys: int) -> OrchestrationResult:
    return run(workflow(plain_plan()), ExecutionContext(_states(keys)[1]))


def _record(keys: int) -> Beside:
    plan = plain_plan()
    plain, _ = _states(keys)

    def check() -> None:
        record = make_record(_result(keys))
        assert [thaw(state) for state in record.states] == deepcopy_history(plan, plain)

    return Beside(
        Call("make_record", make_record, partial(_result, keys)),
        (Call("deepcopy engine, JSON, SHA-256", partial(deepcopy_run_and_hash, plan, plain, plan_hash(plan))),),
        check,
    )


def _links(keys: int) -> Beside:
    def contender(keys: int) -> Call:
        return Call(f"links, {keys} keys", lambda result: links_of(result, "0" * 64), partial(_result, keys), per=5)

    def check() -> None:
        patches = [link.patch for link in links_of(_result(keys), "0" * 64)]
        assert patches == [link.patch for link in links_of(_result(10), "0" * 64)]

    return Beside(contender(keys), (contender(10),), check)


def _freeze(document: Callable[[int], Any], values: int) -> Beside:
    plain = document(values)

    def check() -> None:
        assert thaw(freeze(plain)) == plain == pyrsistent.thaw(pyrsistent.freeze(plain))

    return Beside(
        Call("freeze", partial(freeze, plain)), (Call("pyrsistent.freeze", partial(pyrsistent.freeze, plain)),), check
    )


def _canonical(document: Callable[[int], Any], values: int, again: bool = False) -> Beside:
    plain = document(values)
    once = freeze(plain)

    def check() -> None:
        assert thaw(parse_json(canonical_json(once))) == json.loads(json.dumps(plain, sort_keys=True))

    ours = (
        Call("canonical_json", partial(canonical_json, once))
        if again
        else Call("canonical_json", canonical_json, partial(freeze, plain))
    )
    return Beside(ours, (Call("json.dumps", partial(json.dumps, plain, sort_keys=True)),), check)


def _test_run(scenarios: int) -> Beside:
    definitions, plain, registry = suites.suite(scenarios), suites.plain_suite(scenarios), suites.registry()

    def ours() -> Any:
        return run_test_run(*definitions, registry=registry)

    def check() -> None:
        small = run_test_run(*suites.suite(3), registry=registry).to_dict()
        assert small == suites.deepcopy_test_run(*suites.plain_suite(3))
        result, expected = ours(), suites.deepcopy_test_run(*plain)
        assert result.metadata == expected["metadata"]
        assert result.passed

    return Beside(
        Call(f"run_test_run, {scenarios} scenarios", ours, per=scenarios),
        (Call("deepcopy engine", partial(suites.deepcopy_test_run, *plain), per=scenarios),),
        check,
    )


def _test_run_against(scenarios: int, fewer: int) -> Beside:
    yardstick = _test_run(fewer).ours
    assert isinstance(yardstick, Call)
    # Ten runs a sample: beside one that takes seconds, a tenth of a second is a moment that says little.
    return Beside(_test_run(scenarios).ours, (evolve(yardstick, number=10),))


def _test_run_memory(scenarios: int, fewer: int) -> Beside:
    def contender(scenarios: int) -> Memory:
        definitions, registry = suites.suite(scenarios), suites.registry()
        return Memory(
            f"beside the result, {scenarios} scenarios", lambda: run_test_run(*definitions, registry=registry)
        )

    return Beside(contender(scenarios), (contender(fewer),))


def _parallel(scenarios: int, workers: int) -> Beside:
    definitions, registry = suites.suite(scenarios), suites.registry()

    def with_workers(count: int) -> Call:
        name = f"run_test_run, executor={count}"
        return Call(name, lambda: parallel.run_test_run(*definitions, registry=registry, executor=count), per=scenarios)

    def check() -> None:
        assert with_workers(workers).call().metadata == with_workers(1).call().metadata

    return Beside(with_workers(workers), (with_workers(1),), check)


def _importing(what: str) -> Contender:
    timed = f"from time import perf_counter as now; t = now(); {what}; print(now() - t)"
    return python("-c", timed, name=what, reported=True)


def _imports(what: str) -> Beside:
    return Beside(_importing(what), (_importing("import attrs, pyrsistent"),))


def _command(*arguments: str) -> Beside:
    return Beside(tier2(*arguments), (python("-c", "pass"),))


def _peer(name: str) -> Beside:
    peer = Peer(name)
    ours = _run(10).ours
    assert isinstance(ours, Call)

    def check() -> None:
        assert peer.result == ours.call().final_state

    return Beside(evolve(ours, call=lambda: ours.call().final_state), (peer,), check, peer.stop)


def peer_rows() -> Iterator[Row]:
    """One row for each peer: the final state as plain data, which is all that every one of them gives."""
    for name in sorted(REQUIREMENTS):
        yield Row(f"run and final_state, beside {name}", 10, partial(_peer, name))


def rows() -> Iterator[Row]:
    """All rows, in the order of the table."""
    for keys in (10, 1_000, 100_000, 1_000_000):
        yield Row("run", keys, partial(_run, keys), 0.4 if keys == 10 else None)
    for keys in (1_000, 100_000, 1_000_000):
        yield Row("run, against 10 keys", keys, partial(_run_against_10, keys), 1.5)
    for steps in (1, 2, 3, 4, 5):
        yield Row("run, by steps", steps, partial(_run, 10, steps))
    for change in (10, 100, 1_000):
        yield Row("run, by size of a change", change, partial(_run, 10, 5, change))
    for keys in (10, 1_000, 100_000):
        limit = {10: 0.6, 100_000: 0.05}.get(keys)
        yield Row("run, to_dict, bytes, digest", keys, partial(_written_out, keys), limit)
        yield Row("the same, first run over a state", keys, partial(_written_out, keys, False))
    for keys in (1_000, 100_000, 1_000_000):
        yield Row("chain of a record, a step, against 10 keys", keys, partial(_links, keys), 1.5)
    for keys in (10, 1_000, 100_000):
        yield Row("make_record", keys, partial(_record, keys))
    for values in (10, 1_000, 100_000, 1_000_000):
        yield Row("freeze", values, partial(_freeze, plain_state, values), 1.3)
    for values in (10, 1_000, 100_000):
        yield Row("freeze, floats and non-ASCII text", values, partial(_freeze, rich_document, values), 1.3)
    for values in (10, 1_000, 100_000):
        yield Row("canonical_json", values, partial(_canonical, plain_state, values), 2)
    for values in (10, 1_000, 100_000):
        yield Row("canonical_json, floats and non-ASCII text", values, partial(_canonical, rich_document, values), 2)
    for values in (10, 1_000, 100_000):
        yield Row("canonical_json, again", values, partial(_canonical, plain_state, values, True))
    for scenarios in (100, 1_000, 10_000):
        yield Row("run_test_run, a scenario", scenarios, partial(_test_run, scenarios), 0.35)
    for scenarios in (1_000, 10_000):
        yield Row("run_test_run, a scenario, against 100", scenarios, partial(_test_run_against, scenarios, 100), 1.25)
    yield Row("run_test_run, memory, against 100", 1_000, partial(_test_run_memory, 1_000, 100), 1.5, 1)
    yield Row("run_test_run, memory, against 1000", 10_000, partial(_test_run_memory, 10_000, 1_000), 1.5, 1)
    if cores() > 1:
        yield Row("tier2_io.parallel, a scenario, 2 workers", 10_000, partial(_parallel, 10_000, 2), 0.625)
    for what in ("import tier2_core", "from tier2_core import run, freeze"):
        yield Row(what, 0, partial(_imports, what), 1.5)
    for argument, limit in (("--version", 2.5), ("--help", 2.5)):
        yield Row(f"tier2 {argument}", 0, partial(_command, argument), limit)
    yield Row("tier2 run echo", 0, partial(_command, "run", "echo", "--unattended"), 5)
