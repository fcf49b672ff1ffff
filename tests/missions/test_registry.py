from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

import tier2_core
from tests.missions.plugins import Bringing, one_step, registry_of, source
from tests.site import Site
from tier2_core import (
    BUILTINS,
    InvalidSpecError,
    Mission,
    Operation,
    PluginError,
    Registry,
    RegistryConflictError,
    UnknownMissionError,
    default_registry,
    digest,
    get_mission,
    list_missions,
    load_registry,
)


def same_state(state: Any, call: Any) -> Any:
    return state


A, B = Mission("a", one_step), Mission("b", one_step)
A_DO, B_DO = Operation("a.do", same_state), Operation("b.do", same_state)


# --- a frozen value ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["missions", "operations"])
def test_its_mappings_are_read_only_and_sorted(name: str) -> None:
    mapping: Any = getattr(registry_of(B, A, B_DO, A_DO), name)
    assert list(mapping) == sorted(mapping)
    with pytest.raises(TypeError):
        mapping["x"] = None
    with pytest.raises(TypeError):
        del mapping[next(iter(mapping))]


def test_nothing_of_it_can_be_assigned_to() -> None:
    registry = registry_of(A)
    for name in ("missions", "operations", "failures", "fingerprint"):
        with pytest.raises((FrozenInstanceError, AttributeError)):
            setattr(registry, name, {})


def test_a_copy_is_as_good() -> None:
    registry = registry_of(A)
    assert copy.deepcopy(registry).fingerprint == copy.copy(registry).fingerprint == registry.fingerprint


def test_it_has_the_built_in_operations_and_says_whose_the_others_are() -> None:
    registry = registry_of(A, A_DO)
    assert set(registry.operations) == {*BUILTINS.operations, "a.do"}
    assert registry.operations["a.do"].plugin == "bringing"
    assert registry.operations["noop"] is BUILTINS.operations["noop"]
    assert A_DO.plugin == ""  # the plugin's own is as it was


def test_to_dict_is_json_native_and_says_what_the_fingerprint_is_of() -> None:
    registry = registry_of(A, B, B_DO)
    made = registry.to_dict()
    assert json.loads(json.dumps(made)) == made
    assert list(made) == ["missions", "operations", "plugins", "tier2"]
    assert [mission["name"] for mission in made["missions"]] == ["a", "b"]
    assert made["plugins"] == [{"distribution": "", "name": "bringing", "version": ""}]
    assert made["tier2"] == tier2_core.__version__
    assert registry.fingerprint == digest(made, tag="tier2/registry/v1")


# --- get -----------------------------------------------------------------------------------------------


def test_an_unknown_mission_is_a_value_error_with_what_there_is_and_the_closest_name() -> None:
    with pytest.raises(
        UnknownMissionError, match=r"'ech'.*daily_loop, echo, run_tests.*did you mean 'echo'\?"
    ) as caught:
        load_registry().get("ech")
    assert isinstance(caught.value, ValueError)
    assert not isinstance(caught.value, KeyError)


def test_where_nothing_is_close_nothing_is_suggested() -> None:
    with pytest.raises(UnknownMissionError, match=r"registered are: a, b\.$"):
        registry_of(B, A).get("something else")
    with pytest.raises(UnknownMissionError, match=r"registered are: none\.$"):
        registry_of().get("a")


@pytest.mark.parametrize("name", [None, 5, [], {}, ("a",), "", "\ud800", "a" * 100_000])
def test_whatever_is_asked_for_the_answer_is_the_same_error(name: Any) -> None:
    with pytest.raises(UnknownMissionError):
        registry_of(A).get(name)


def test_an_unknown_mission_is_told_of_the_plugins_that_were_left_out(site: Site) -> None:
    site.install("bad", "raise RuntimeError")
    with pytest.raises(UnknownMissionError, match=r"could not be loaded: bad\."):
        load_registry(strict=False).get("mine")


# --- building ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plugins", "says"),
    [
        ([Bringing(A, name="one"), Bringing(A, name="two")], ["mission 'a'", "plugin 'one'", "plugin 'two'"]),
        (
            [Bringing(A_DO, name="one"), Bringing(A_DO, name="two")],
            ["operation 'a.do'", "plugin 'one'", "plugin 'two'"],
        ),
        ([Bringing(A, name="one"), Bringing(B, name="one")], ["plugin 'one'"]),
        ([Bringing(A, A, name="one")], ["mission 'a'", "plugin 'one'"]),
        ([Bringing(A_DO, A_DO, name="one")], ["operation 'a.do'", "plugin 'one'"]),
        (
            [Bringing(Operation("increment", same_state), name="one")],
            ["operation 'increment'", "plugin 'one'", "tier2"],
        ),
    ],
)
def test_a_name_that_is_taken_is_a_conflict_that_names_both_owners(plugins: list[Bringing], says: list[str]) -> None:
    with pytest.raises(RegistryConflictError) as caught:
        load_registry(plugins, entry_points=False)
    for words in says:
        assert words in str(caught.value)
    assert isinstance(caught.value, PluginError)
    assert caught.value.plugin == plugins[-1].__name__


def test_not_strict_keeps_the_good_ones_and_lists_the_bad() -> None:
    first, good = Bringing(A, A_DO, name="first"), Bringing(Mission("c", one_step), name="good")
    second = Bringing(B, A, B_DO, name="second")
    registry = load_registry([first, second, object(), good], entry_points=False, strict=False)
    assert list(registry.missions) == ["a", "c"]
    assert registry.get("a").plugin == "first"
    assert [plugin.name for plugin in registry.plugins] == ["first", "good"]
    assert [(type(failure), failure.plugin) for failure in registry.failures] == [
        (RegistryConflictError, "second"),
        (PluginError, "object"),
    ]


def test_a_plugin_comes_in_as_a_whole_or_not_at_all() -> None:
    second = Bringing(B, B_DO, Operation("noop", same_state), name="second")
    registry = load_registry([Bringing(A, name="first"), second], entry_points=False, strict=False)
    assert list(registry.missions) == ["a"]
    assert "b.do" not in registry.operations


def test_a_build_that_fails_leaves_nothing_behind() -> None:
    good, bad = Bringing(A, A_DO, name="good"), Bringing(B, A, name="bad")
    before = load_registry([good], entry_points=False)
    with pytest.raises(RegistryConflictError):
        load_registry([good, bad], entry_points=False)
    again = load_registry([good], entry_points=False)
    assert list(again.missions) == ["a"]
    assert again.fingerprint == before.fingerprint
    assert "a.do" not in BUILTINS.operations
    assert list(load_registry([bad], entry_points=False).missions) == ["a", "b"]


def test_failures_are_empty_if_there_are_none() -> None:
    assert load_registry(strict=False).failures == ()
    assert load_registry(block=["nobody"]).failures == ()


def test_a_blocked_plugin_is_left_out_even_if_it_is_handed_over() -> None:
    plugins = [Bringing(A, name="x"), Bringing(B, name="y")]
    assert list(load_registry(plugins, entry_points=False, block={"x"}).missions) == ["b"]
    assert list(load_registry(plugins, entry_points=False, only={"x"}).missions) == ["a"]


# --- the fingerprint -----------------------------------------------------------------------------------


@given(st.permutations([Bringing(A, B_DO, name="one"), Bringing(B, name="two"), Bringing(A_DO, name="three")]))
def test_the_order_of_plugins_is_no_matter(plugins: list[Bringing]) -> None:
    registry = load_registry(plugins, entry_points=False)
    assert registry.fingerprint == load_registry(plugins[::-1], entry_points=False).fingerprint
    assert list(registry.missions) == ["a", "b"]
    assert list(registry.operations) == sorted(registry.operations)


def test_the_fingerprint_changes_with_everything_that_is_registered() -> None:
    variants = [
        registry_of(),
        registry_of(A),
        registry_of(B),
        registry_of(A, A_DO),
        registry_of(A, B_DO),
        registry_of(A, Operation("a.do", same_state, version="2")),
        registry_of(Mission("a", one_step, version="2")),
        registry_of(Mission("a", one_step, params_schema={})),
        registry_of(Mission("a", one_step, params_schema={"const": 1})),
        registry_of(Mission("a", one_step, params_schema={"const": True})),
        registry_of(Mission("a", one_step, state_schema={})),
        load_registry([Bringing(A, name="other")], entry_points=False),
        load_registry([Bringing(A), Bringing(name="idle")], entry_points=False),
    ]
    fingerprints = [registry.fingerprint for registry in variants]
    assert len(set(fingerprints)) == len(fingerprints)
    assert registry_of(A).fingerprint == fingerprints[1]


def test_the_fingerprint_changes_with_the_version_of_a_distribution(site: Site) -> None:
    site.install("hello", source("greet"), version="1.0")
    one = load_registry().fingerprint
    assert load_registry().fingerprint == one
    info = site.path / "dist_hello-1.0.dist-info" / "METADATA"
    info.write_text(info.read_text().replace("Version: 1.0", "Version: 1.1"))
    assert load_registry().fingerprint != one


def test_the_fingerprint_does_not_depend_on_the_hash_seed(site: Site) -> None:
    for name in ("zeta", "alpha"):
        site.install(name, source(name, f"{name}.do"))
    script = "import tier2_core as t; r = t.default_registry(); print(r.fingerprint, list(r.missions), r.to_dict())"
    printed = {site.python(script, PYTHONHASHSEED=seed) for seed in ("0", "1", "2")}
    assert len(printed) == 1
    assert "'alpha', 'daily_loop', 'echo', 'run_tests', 'zeta'" in printed.pop()


# --- the installed one ---------------------------------------------------------------------------------


def test_the_default_registry_is_loaded_once_at_first_use(site: Site) -> None:
    site.install("loud", source("loud").replace("    return [", "    print('asked')\n    return ["))
    script = """
        import sys
        import tier2_core
        from tier2_core import Orchestrator, default_registry, get_mission, list_missions, run_mission
        assert "tier2_missions" not in sys.modules
        print("imported")
        print(list_missions())
        default_registry(), get_mission("loud"), tier2_core.MISSION_REGISTRY["loud"], run_mission("loud")
        assert default_registry() is Orchestrator().registry
    """
    lines = site.python(script).splitlines()
    assert lines == ["imported", "asked", "['daily_loop', 'echo', 'loud', 'run_tests']"]


def test_a_broken_plugin_breaks_what_needs_the_registry_and_nothing_else(site: Site) -> None:
    site.install("bad", "raise SystemExit('gone')")
    script = """
        import tier2_core
        from tier2_core import ExecutionContext, PluginError, StepSpec, WorkflowDefinition, default_registry, run
        every = lambda: list(tier2_core.MISSION_REGISTRY)
        for ask in (default_registry, tier2_core.list_missions, every, default_registry):
            try:
                ask()
            except PluginError as error:
                print(error.plugin, "SystemExit: gone" in str(error))
        print(run(WorkflowDefinition("w", [StepSpec("s", "runtime")]), ExecutionContext()).status)
    """
    assert site.python(script).splitlines() == ["bad True"] * 4 + ["succeeded"]


def test_the_shortcuts_are_those_of_the_default_registry() -> None:
    assert isinstance(default_registry(), Registry)
    assert default_registry() is default_registry()
    assert list_missions() == sorted(default_registry().missions) == list(tier2_core.MISSION_REGISTRY)
    assert get_mission("echo") is default_registry().get("echo") is tier2_core.MISSION_REGISTRY["echo"]
    with pytest.raises(UnknownMissionError):
        get_mission("nobody")
    list_missions().clear()
    assert list_missions()


def test_the_mission_registry_cannot_be_assigned_to() -> None:
    registry: Any = tier2_core.MISSION_REGISTRY
    with pytest.raises(TypeError):
        registry["mine"] = registry["echo"]
    with pytest.raises(TypeError):
        del registry["echo"]
    assert "mine" not in registry


def test_nobody_takes_the_built_in_missions_away_by_their_plugin_s_name(site: Site) -> None:
    site.install("builtin", "from tier2_core import hookimpl\n\n@hookimpl\ndef tier2_missions():\n    return []\n")
    with pytest.raises(RegistryConflictError, match="'dist-builtin'"):
        load_registry()
    registry = load_registry(strict=False)
    assert [failure.distribution for failure in registry.failures] == ["dist-builtin"]
    assert "echo" in registry.missions


def test_block_and_only_are_lists_of_names_and_not_texts() -> None:
    with pytest.raises(InvalidSpecError, match="'block' must be a list"):
        load_registry(entry_points=False, block="builtin")
    with pytest.raises(InvalidSpecError, match="'only' must be a list"):
        load_registry(entry_points=False, only="builtin")


def test_a_plugin_may_import_everything_by_its_star(site: Site) -> None:
    source = (
        "from tier2_core import *\n\n@hookimpl\ndef tier2_missions():\n    return [Mission('star', lambda p: None)]\n"
    )
    site.install("star", source)
    assert "star" in load_registry().missions
