from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from tests.missions.plugins import Bringing, hooks, one_step, source
from tests.site import Site
from tier2_core import Mission, Operation, PluginError, RegistryConflictError, hookimpl, load_registry


def failing(site: Site, plugin: str = "bad") -> PluginError:
    """The error for an installed plugin, which is the same whether it is raised or listed."""
    with pytest.raises(PluginError) as caught:
        load_registry()
    (listed,) = load_registry(strict=False).failures
    assert (str(listed), type(listed)) == (str(caught.value), type(caught.value))
    assert (caught.value.plugin, caught.value.distribution) == (plugin, f"dist-{plugin}")
    assert f"'{plugin}'" in str(caught.value)
    assert f"'dist-{plugin}'" in str(caught.value)
    return caught.value


# --- what is found -------------------------------------------------------------------------------------


def test_an_installed_plugin_brings_its_missions_and_operations(site: Site) -> None:
    site.install("hello", source("greet", "greet.wave"), version="2.5")
    registry = load_registry()
    entry = registry.get("greet")
    assert (entry.plugin, entry.distribution, entry.version) == ("hello", "dist-hello", "2.5")
    assert registry.operations["greet.wave"].plugin == "hello"
    assert list(registry.missions) == ["daily_loop", "echo", "greet", "run_tests"]


def test_the_built_in_missions_come_in_by_the_same_door() -> None:
    registry = load_registry()
    assert {registry.get(name).plugin for name in ("daily_loop", "echo", "run_tests")} == {"builtin"}
    assert registry.get("echo").distribution == "tier2-missions"
    assert "echo" not in load_registry(block=["builtin"]).missions
    assert not load_registry(entry_points=False).missions


def test_plugins_are_sorted_by_name_after_those_of_tier2_itself(site: Site) -> None:
    for name in ("zeta", "alpha", "mid"):
        site.install(name, source(name))
    assert [plugin.name for plugin in load_registry().plugins] == ["builtin", "alpha", "mid", "zeta"]


def test_one_distribution_may_announce_several_plugins(site: Site) -> None:
    site.module("throwaway_both", source("one") + "class Two:\n    @hookimpl\n    def tier2_missions(self):\n"
                "        return [Mission('two', build)]\ntwo = Two()\n")  # fmt: skip
    site.announce("both", first="throwaway_both", second="throwaway_both:two")
    registry = load_registry()
    assert (registry.get("one").plugin, registry.get("two").plugin) == ("first", "second")


def test_other_entry_point_groups_are_none_of_our_business(site: Site) -> None:
    site.announce("other")
    (site.path / "other-1.0.dist-info" / "entry_points.txt").write_text("[tier2.other]\nx = throwaway_missing\n")
    assert "x" not in {plugin.name for plugin in load_registry().plugins}


def test_a_blocked_plugin_is_not_even_imported(site: Site) -> None:
    site.install("bad", "raise RuntimeError('imported')")
    registry = load_registry(block={"bad"})
    assert registry.failures == ()
    assert "throwaway_dist_bad_bad" not in sys.modules


def test_only_the_plugins_that_are_wanted_are_imported_and_tier2_s_own_is_no_exception(site: Site) -> None:
    site.install("bad", "raise RuntimeError('imported')")
    site.install("good", source("mine"))
    assert list(load_registry(only=["good"]).missions) == ["mine"]
    assert list(load_registry(only={"good", "builtin"}).missions) == ["daily_loop", "echo", "mine", "run_tests"]
    assert list(load_registry(only=("good", "builtin"), block=["good"]).missions) == ["daily_loop", "echo", "run_tests"]
    assert not load_registry(only=[]).missions
    assert "throwaway_dist_bad_bad" not in sys.modules


def test_a_plugin_says_what_its_entry_point_refers_to_and_no_hash_depends_on_it(site: Site) -> None:
    site.install("mine", source("mine"))
    before = load_registry()
    assert {plugin.name: plugin.source for plugin in before.plugins} == {
        "builtin": "tier2_missions",
        "mine": "throwaway_dist_mine_mine",
    }
    info = site.path / "dist_mine-1.0.dist-info" / "entry_points.txt"
    site.module("throwaway_moved", source("mine"))
    info.write_text("[tier2.missions]\nmine = throwaway_moved\n")
    after = load_registry()
    assert after.plugins[-1].source == "throwaway_moved"
    assert after.fingerprint == before.fingerprint


# --- what cannot be imported ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("import throwaway_nothing", ModuleNotFoundError),
        ("raise RuntimeError('no')", RuntimeError),
        ("raise SystemExit(0)", SystemExit),
        ("import sys; sys.exit('bye')", SystemExit),
        ("def broken(:", SyntaxError),
        ("raise GeneratorExit", GeneratorExit),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_named_with_the_cause(
    site: Site, text: str, cause: type[BaseException]
) -> None:
    site.install("bad", text)
    error = failing(site)
    assert isinstance(error.__cause__, cause)
    assert f"cannot be imported from 'throwaway_dist_bad_bad': {cause.__name__}" in str(error)


@pytest.mark.parametrize("value", ["throwaway_missing", "throwaway_there:nothing", "1"])
def test_an_entry_point_that_leads_nowhere_is_named(site: Site, value: str) -> None:
    site.module("throwaway_there", source("there"))
    site.announce("dist-bad", bad=value)
    assert f"cannot be imported from '{value}'" in str(failing(site))


@pytest.mark.parametrize(
    "value", ["no reference at all", "1:2:3", "a:", ":b", "a b", "a..b", "a.b:c. d", "", "a/b.py", "x" * 99 + "-"]
)
def test_an_entry_point_that_is_no_reference_is_told_so(site: Site, value: str) -> None:
    site.announce("dist-bad", bad=value)
    message = str(failing(site))
    assert f"Plugin 'bad' of distribution 'dist-bad' announces '{value[:79]}" in message
    assert "is no reference to a module; expected 'module' or 'module:attribute'" in message


@pytest.mark.parametrize("value", ["throwaway_there", "throwaway_there:it", "throwaway_there : it.self [extra, more]"])
def test_a_reference_may_have_blanks_and_extras_as_packaging_tools_write_it(site: Site, value: str) -> None:
    site.module("throwaway_there", source("there") + "import sys\nit = sys.modules[__name__]\nit.self = it\n")
    site.announce("dist-good", good=value)
    assert "there" in load_registry().missions


def test_an_interrupt_while_a_plugin_is_imported_is_not_swallowed(site: Site) -> None:
    site.install("bad", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_registry(strict=False)


def test_what_is_left_of_a_distribution_without_metadata_does_not_break_the_others(site: Site) -> None:
    site.install("left", source("left"))
    (site.path / "dist_left-1.0.dist-info" / "METADATA").unlink()
    site.install("right", source("right"))
    assert "right" in load_registry(strict=False).missions


# --- what its hooks are --------------------------------------------------------------------------------


def test_a_misspelt_hook_is_named_with_the_closest(site: Site) -> None:
    site.install("bad", source("x").replace("def tier2_missions", "def tier2_mission"))
    assert "'tier2_mission'" in str(failing(site))
    assert "did you mean 'tier2_missions'?" in str(failing(site))


def test_a_misspelt_hook_beside_a_right_one_is_named_too(site: Site) -> None:
    site.install("bad", source("x", "x.y").replace("def tier2_operations", "def tier2_operation"))
    assert "unknown hook 'tier2_operation'" in str(failing(site))


def test_a_plugin_without_hooks_is_told_how_to_mark_them(site: Site) -> None:
    site.install("bad", source("x").replace("@hookimpl\n", ""))
    assert "has no hooks" in str(failing(site))
    assert "@hookimpl" in str(failing(site))


def test_a_hook_that_wants_arguments_does_not_fit(site: Site) -> None:
    site.install("bad", source("x").replace("tier2_missions()", "tier2_missions(config)"))
    assert "config" in str(failing(site))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return Mission('x', build)", "Mission"),
        ("return 'x'", "a string"),
        ("return None", "null"),
        ("return 5", "int"),
        ("return ['x']", "a string"),
        ("return [Mission('x', build), None]", "null"),
        ("return {'x': Mission('x', build)}", "a string"),
        ("return [Mission]", "type"),
        ("return [Operation('x.y', len)]", "Operation"),
        ("raise RuntimeError('not today')", "RuntimeError: not today"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("yield Mission('x', build)\nraise KeyError('late')", "KeyError"),
        ("yield Mission('x', build)\nraise SystemExit(4)", "SystemExit: 4"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("return tier2_missions()", "RecursionError"),
        ("return [Mission('', build)]", "'name'"),
    ],
)
def test_a_hook_that_gives_the_wrong_things_is_named(site: Site, body: str, says: str) -> None:
    site.install("bad", hooks(body))
    error = failing(site)
    assert says in str(error)
    assert "tier2_missions" in str(error)
    assert "x" not in load_registry(strict=False).missions


HOSTILE = """
class Hostile:
    def __getattr__(self, name): raise {0}
    def __repr__(self): raise {0}
    def __eq__(self, other): raise {0}
    __hash__ = None
    @property
    def anything(self): raise {0}
plugin = Hostile()
"""


@pytest.mark.parametrize("error", ["RuntimeError('mine')", "SystemExit('mine')", "GeneratorExit('mine')"])
def test_an_object_that_breaks_when_it_is_looked_at_is_named(site: Site, error: str) -> None:
    site.module("throwaway_hostile", HOSTILE.format(error))
    site.announce("dist-bad", bad="throwaway_hostile:plugin")
    assert "has hooks that do not fit" in str(failing(site))


def test_an_object_that_breaks_when_it_is_looked_at_may_be_handed_over_too() -> None:
    class Hostile:
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError("mine")

    with pytest.raises(PluginError, match="Hostile"):
        load_registry([Hostile()], entry_points=False)


def test_an_error_whose_text_cannot_be_had_is_told_by_its_type(site: Site) -> None:
    text = "class Odd(BaseException):\n    def __str__(self): raise SystemExit('mine')\nraise Odd"
    site.install("bad", text)
    assert "Odd: (its text cannot be had: SystemExit)" in str(failing(site))


@pytest.mark.parametrize(
    "body",
    [
        "return [Mission('x', build)]",
        "return (Mission('x', build),)",
        "yield Mission('x', build)",
        "return {'x': Mission('x', build)}.values()",
    ],
)
def test_any_iterable_of_missions_will_do(site: Site, body: str) -> None:
    site.install("good", hooks(body))
    assert load_registry().get("x").plugin == "good"


def test_a_hook_may_bring_nothing(site: Site) -> None:
    site.install("good", hooks("return []"))
    assert "good" in {plugin.name for plugin in load_registry().plugins}


# --- plugins that are handed over ----------------------------------------------------------------------


def test_a_module_a_class_and_an_object_are_plugins() -> None:
    module = ModuleType("some_module")
    exec(source("from_module"), module.__dict__)

    class FromClass:
        @staticmethod
        @hookimpl
        def tier2_missions() -> list[Mission]:
            return [Mission("from_class", one_step)]

    class FromObject:
        @hookimpl
        def tier2_missions(self) -> list[Mission]:
            return [Mission("from_object", one_step)]

    registry = load_registry([module, FromClass, FromObject()], entry_points=False)
    assert {name: entry.plugin for name, entry in registry.missions.items()} == {
        "from_class": "FromClass",
        "from_module": "some_module",
        "from_object": FromObject.__qualname__,
    }
    assert {entry.distribution for entry in registry.missions.values()} == {""}


@pytest.mark.parametrize("plugin", [None, 5, "tier2_missions", object(), ModuleType("empty"), {}])
def test_what_has_no_hooks_is_no_plugin(plugin: Any) -> None:
    with pytest.raises(PluginError, match="hooks"):
        load_registry([plugin], entry_points=False)


def test_a_plugin_may_be_loaded_again_and_again() -> None:
    plugin = Bringing(Mission("m", one_step))
    for _ in range(2):
        assert list(load_registry([plugin], entry_points=False).missions) == ["m"]


def test_no_plugin_sees_or_wraps_another() -> None:
    class Greedy:
        @hookimpl(wrapper=True)
        def tier2_missions(self) -> Any:
            yield
            return [[]]

    registry = load_registry([Bringing(Mission("m", one_step)), Greedy()], entry_points=False)
    assert list(registry.missions) == ["m"]


# --- two of one name -----------------------------------------------------------------------------------


def test_two_plugins_of_one_name_are_a_conflict_that_names_both_distributions(site: Site) -> None:
    site.install("same", source("one"), distribution="dist-one")
    site.install("same", source("two"), distribution="dist-two")
    with pytest.raises(RegistryConflictError, match=r"'same'.*'dist-one', 'dist-two'"):
        load_registry()
    registry = load_registry(strict=False)
    assert not {"one", "two"} & set(registry.missions)
    assert sorted(failure.distribution for failure in registry.failures) == ["dist-one", "dist-two"]
    assert "echo" in load_registry(block=["same"]).missions
    assert "throwaway_dist_one_same" not in sys.modules  # it was not even imported


@pytest.mark.parametrize(
    ("mission", "operation", "what", "taken_by"),
    [
        ("echo", "", "mission 'echo'", "plugin 'builtin' (distribution 'tier2-missions')"),
        ("", "daily_loop.log", "operation 'daily_loop.log'", "plugin 'builtin' (distribution 'tier2-missions')"),
        ("", "noop", "operation 'noop'", "from tier2"),
        ("fine", "set", "operation 'set'", "from tier2"),
    ],
)
def test_a_name_that_is_taken_is_a_conflict_that_names_both_owners(
    site: Site, mission: str, operation: str, what: str, taken_by: str
) -> None:
    site.install("bad", source(mission, operation))
    error = failing(site)
    assert isinstance(error, RegistryConflictError)
    assert what in str(error)
    assert taken_by in str(error)
    kept = load_registry(strict=False)
    assert kept.missions["echo"].distribution == "tier2-missions"
    assert kept.operations["noop"].plugin == "tier2"
    assert "fine" not in kept.missions


def test_a_plugin_that_is_handed_over_may_not_take_an_installed_name_either(site: Site) -> None:
    site.install("hello", source("greet"))
    for taken in (Bringing(Mission("greet", one_step)), Bringing(name="hello"), Bringing(Operation("noop", len))):
        with pytest.raises(RegistryConflictError):
            load_registry([taken])
