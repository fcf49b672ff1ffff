"""The promise of all that takes outside data: a result or a documented error, and nothing else.

Whatever else is raised is a bug. A short run is part of the suite; ``nox -s fuzz`` runs long.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pmap, pvector

from tier2_core import (
    Decision,
    ExecutionContext,
    MissionCall,
    MissionExpectation,
    MissionSpec,
    ScenarioDefinition,
    StepSpec,
    Tier2Error,
    WorkflowDefinition,
    apply_merge_patch,
    apply_patch,
    canonical_json,
    freeze,
    load_registry,
    make_patch,
    parse_json,
    resolve_path,
    run,
    run_mission,
    run_test_run_from_config,
    same,
    thaw,
    unknown_fields,
)
from tier2_io.cli.main import main

REGISTRY = load_registry()

VECTORS = Path(__file__).parent / "vectors" / "fuzz"

# Half of the words are the contract's own, so that a good part of what is made gets beyond the first check.
WORDS = st.sampled_from([*(VECTORS / "words.txt").read_text(encoding="utf-8").split(), "", "\ud800", "\x00"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.text(max_size=4), st.binary(max_size=3),
    st.sampled_from([2**53, 2**53 + 1, 10**400, date(2026, 3, 2), 1j, object, OrderedDict(a=1), range(3), {1: 2}, {3}]),
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(WORDS, inner, max_size=5),
        st.dictionaries(WORDS, inner, max_size=3).map(pmap),
        st.lists(inner, max_size=3).map(pvector),
        st.tuples(inner, inner),
    ),
    max_leaves=20,
)


def survives(call: Any, *arguments: Any, **named: Any) -> Any:
    """What a call gives, or the documented error that it raises."""
    try:
        return call(*arguments, **named)
    except Tier2Error as error:
        return error


@given(ANYTHING)
def test_values(value: Any) -> None:
    if not isinstance(survives(freeze, value), Tier2Error):
        assert same(parse_json(canonical_json(value)), thaw(value))


@given(
    st.binary(max_size=60) | st.text(max_size=60) | ANYTHING.map(lambda value: repr(value).encode("utf-8", "replace"))
)
def test_json_texts(data: Any) -> None:
    survives(parse_json, data)


@given(ANYTHING, WORDS | st.text(max_size=8) | SCALARS)
def test_paths(document: Any, path: Any) -> None:
    survives(resolve_path, document, path)


@given(ANYTHING, ANYTHING | st.lists(st.dictionaries(st.sampled_from(["op", "path", "from", "value"]), ANYTHING)))
def test_patches(document: Any, patch: Any) -> None:
    survives(apply_patch, document, patch)
    survives(apply_merge_patch, document, patch)
    survives(make_patch, document, patch)


@given(st.lists(ANYTHING, max_size=6))
def test_specs(arguments: list[Any]) -> None:
    for spec, most in (
        (StepSpec, 3), (WorkflowDefinition, 4), (ExecutionContext, 3), (MissionSpec, 2), (Decision, 6),
        (MissionCall, 4), (ScenarioDefinition, 4), (MissionExpectation, 6),
    ):  # fmt: skip
        least = {StepSpec: 2, MissionSpec: 1, Decision: 1, MissionCall: 1, ScenarioDefinition: 2, MissionExpectation: 5}
        given_ = arguments[:most]
        if len(given_) >= least.get(spec, 0):
            survives(spec, *given_)


STEPS = st.builds(
    StepSpec,
    st.sampled_from("abcdef"),
    st.sampled_from(["runtime", "human", "shell"]),
    st.dictionaries(WORDS.filter(lambda word: word != "\ud800"), st.integers(0, 3) | WORDS.filter(str.isprintable)),
)


@given(st.lists(STEPS, max_size=5, unique_by=lambda step: step.id), ANYTHING)
def test_runs(steps: list[StepSpec], state: Any) -> None:
    context = survives(ExecutionContext, state if isinstance(state, dict) else {"a": state})
    if isinstance(context, ExecutionContext):
        survives(run, WorkflowDefinition("w", steps), context, registry=REGISTRY)


@given(ANYTHING, ANYTHING)
def test_configs(suite: Any, expectations: Any) -> None:
    survives(run_test_run_from_config, suite, expectations, registry=REGISTRY)
    survives(unknown_fields, suite)


CONFIGS = st.fixed_dictionaries(
    {
        "suite_name": WORDS,
        "scenarios": st.lists(
            st.fixed_dictionaries(
                {
                    "scenario_name": WORDS,
                    "initial_state": st.dictionaries(WORDS, ANYTHING, max_size=3),
                    "missions": st.lists(
                        st.fixed_dictionaries(
                            {"name": st.sampled_from(["echo", "daily_loop", "run_tests"])},
                            optional={"params": ANYTHING, "label": WORDS, "decisions": ANYTHING},
                        ),
                        max_size=2,
                    ),
                },
                optional={"chained": st.booleans()},
            ),
            max_size=2,
        ),
        "expectations": st.lists(
            st.fixed_dictionaries(
                {
                    "id": WORDS,
                    "scenario_name": WORDS,
                    "mission_name": WORDS,
                    "path": WORDS,
                    "op": st.sampled_from(["eq", "lt", "matches", "in", "like"]),
                    "expected": ANYTHING,
                }
            ),
            max_size=2,
        ),
    }
)


@given(CONFIGS)
def test_configs_that_are_almost_right(config: dict[str, Any]) -> None:
    survives(run_test_run_from_config, config, config, registry=REGISTRY)


@given(st.sampled_from(["echo", "daily_loop", "run_tests"]), ANYTHING, ANYTHING)
def test_params_and_states(name: str, params: Any, state: Any) -> None:
    survives(run_mission, name, params, state, registry=REGISTRY)


ARGUMENTS = st.lists(
    st.sampled_from([*(VECTORS / "arguments.txt").read_text(encoding="utf-8").split(), "", "x=\ud800"])
    | st.text(st.characters(exclude_characters="\x00"), max_size=5),
    max_size=6,
)


@given(ARGUMENTS, st.binary(max_size=40) | st.sampled_from([b'{"tasks": [{"id": "a"}]}', b"a = 1\n"]))
def test_the_command_line(arguments: list[str], data: bytes) -> None:
    """In this process, as a real one for each would be too slow; the directory is a fresh one."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        Path("state").write_bytes(data)
        stdin = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), mock.patch("sys.stdin", stdin):
            try:
                code: Any = main(arguments)
            except SystemExit as left:
                code = left.code
    out.seek(0)
    assert code in (0, 1, 2, 3, 5), out.read()


# --- documents that are almost right -------------------------------------------------------------------


@lru_cache
def documents() -> dict[str, Any]:
    """A document of each kind that a command reads, as plain data."""
    test = {
        "suite_name": "s",
        "scenarios": [{"scenario_name": "a", "initial_state": {"n": 1}, "missions": [{"name": "echo"}]}],
        "expectations": [
            {"id": "e", "scenario_name": "a", "mission_name": "echo", "path": "success", "op": "eq", "expected": True}
        ],
    }
    made: dict[str, Any] = {"suite": test, "state": {"date": "2026-03-02", "tasks": [{"id": "a", "title": "A"}]}}
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        Path("suite").write_text(json.dumps(test))
        Path("state").write_text(json.dumps(made["state"]))
        for name, arguments in (
            ("record", ["run", "daily_loop", "--state", "state", "--unattended", "--record", "record"]),
            ("waiting", ["run", "daily_loop", "--state", "state", "--record", "waiting"]),
            ("tests", ["test", "suite", "--record", "tests"]),
            ("lock", ["registry", "lock", "lock"]),
        ):
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                main(arguments)
            made[name] = json.loads(Path(name).read_text())
    return made


READERS = {
    "suite": [["test"]],
    "state": [
        ["run", "daily_loop", "--unattended", "--state"], ["run", "run_tests", "--state"],
        ["explore", "daily_loop", "--state"],
    ],
    "record": [["verify"], ["show"], ["diff", "record"]],
    "waiting": [["verify"], ["show"], ["resume", "--reject"]],
    "tests": [["verify"], ["show"]],
    "lock": [["registry", "check"]],
}  # fmt: skip


@given(
    st.sampled_from(sorted(READERS)).flatmap(lambda kind: st.tuples(st.just(kind), st.sampled_from(READERS[kind]))),
    st.data(),
)
def test_no_document_is_a_bug_of_ours(what: tuple[str, list[str]], data: st.DataObject) -> None:
    """A document of which some parts are others, are gone, or are those of elsewhere in it."""
    kind, command = what
    document = copy.deepcopy(documents()[kind])
    for _ in range(data.draw(st.integers(1, 3))):
        places = list(_places(document))
        parent, key = data.draw(st.sampled_from(places))
        other, at = data.draw(st.sampled_from(places))
        plain: st.SearchStrategy[Any] = (
            st.none()
            | st.booleans()
            | st.integers(-2, 2)
            | st.floats(allow_nan=False)
            | WORDS
            | st.just([])
            | st.just({})
        )
        match data.draw(st.sampled_from(["gone", "other", "elsewhere", "more"])):
            case "gone":
                del parent[key]
            case "other":
                parent[key] = data.draw(plain | st.dictionaries(WORDS, plain, max_size=2) | st.lists(plain, max_size=2))
            case "elsewhere":
                parent[key] = copy.deepcopy(other[at])
            case _ if isinstance(parent[key], dict):
                parent[key][data.draw(WORDS)] = data.draw(plain)
        if not document:
            break
    out = io.StringIO()
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        Path("record").write_text(json.dumps(documents()["record"]))
        Path(kind).write_text(json.dumps(document))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = main([*command, kind])
    assert code in (0, 1, 2, 3, 4, 5), out.getvalue()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in plain data, with each of its keys or indices."""
    inside = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for key, part in inside:
        yield value, key
        yield from _places(part)
