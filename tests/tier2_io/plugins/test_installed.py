"""Which plugins are loaded, by options and by the environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.missions.plugins import source
from tests.site import Site
from tests.tier2_io.conftest import Tier2
from tier2_core import CallerError, PluginError
from tier2_io.plugins.installed import chosen, installed_registry


@pytest.fixture
def plugins(site: Site) -> Site:
    """Three plugins, one of which is broken."""
    site.install("one", source("first"))
    site.install("two", source("second"))
    site.install("bad", "raise RuntimeError('mine')")
    return site


def missions(block: str = "", only: str = "") -> list[str]:
    return list(installed_registry(block=block.split(), only=only.split()).missions)


BUILTIN = ["daily_loop", "echo", "run_tests"]


@pytest.mark.usefixtures("plugins")
def test_options_and_environment_choose_together(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missions() == ["daily_loop", "echo", "first", "run_tests", "second"]
    assert missions(block="one") == [*BUILTIN, "second"]
    assert missions(only="one") == ["first"]
    monkeypatch.setenv("TIER2_BLOCK", " two ,,bad")
    assert missions(block="one") == BUILTIN
    monkeypatch.setenv("TIER2_ONLY", "one, builtin ,")
    assert missions() == ["daily_loop", "echo", "first", "run_tests"]
    assert missions(only="one") == ["first"]
    assert missions(only="two") == []
    monkeypatch.setenv("TIER2_BLOCK", "")
    monkeypatch.setenv("TIER2_ONLY", "")
    assert missions() == ["daily_loop", "echo", "first", "run_tests", "second"]


@pytest.mark.usefixtures("plugins")
def test_strict_is_what_either_calls_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [failure.plugin for failure in installed_registry().failures] == ["bad"]
    with pytest.raises(PluginError, match="'bad'"):
        installed_registry(strict=True)
    assert not installed_registry(strict=True, block=["bad"]).failures
    for value, strict in (("1", True), ("0", False), ("", False)):
        monkeypatch.setenv("TIER2_STRICT", value)
        assert chosen().strict is strict
        assert chosen(strict=True).strict


@pytest.mark.parametrize("value", ["yes", "true", " 1", "2"])
def test_a_variable_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("TIER2_STRICT", value)
    with pytest.raises(CallerError, match=f"TIER2_STRICT='{value}'; expected 1 or 0"):
        installed_registry()


def test_names_that_choose_nothing_are_doubted_with_the_closest(plugins: Site) -> None:
    plugins.announce("same-one", same="throwaway_x")
    plugins.announce("same-two", same="throwaway_x")
    assert chosen(block=["one", "bad", "same"], only=["two", "builtin"]).doubts() == []
    doubts = chosen(block=["buildin", "zzz"], only=["tow"]).doubts()
    assert doubts == [
        "plugin 'buildin' is to be blocked, and there is none of that name; did you mean 'builtin'?",
        "plugin 'zzz' is to be blocked, and there is none of that name.",
        "plugin 'tow' is to be loaded, and there is none of that name; did you mean 'two'?",
    ]
    assert chosen(block=["two"], only=["two"]).doubts() == [
        "plugin 'two' is to be loaded, and is blocked, too; it is not loaded."
    ]
    assert "throwaway_dist_one_one" not in sys.modules


def test_what_a_plugin_prints_is_no_part_of_the_answer(tier2: Tier2, site: Site) -> None:
    site.install(
        "loud", "print('imported')\n" + source("mine").replace("    return [", "    print('asked')\n    return [")
    )
    done = tier2("missions", "--json", env={"PYTHONPATH": str(site.path)})
    assert "mine" in {mission["name"] for mission in json.loads(done.stdout)["missions"]}
    assert done.stderr == "imported\nasked\n"


def test_every_command_obeys_options_and_environment(tier2: Tier2, plugins: Site, tmp_path: Path) -> None:
    path = {"PYTHONPATH": str(plugins.path)}
    done = tier2("run", "first", "--only", "one", env=path)
    assert (done.returncode, done.stderr) == (0, "")
    done = tier2("run", "echo", env={**path, "TIER2_BLOCK": "bad,on"})
    assert done.returncode == 0
    assert done.stderr == (
        "warning: plugin 'on' is to be blocked, and there is none of that name; did you mean 'one'?\n"
    )
    for strict in (("--strict",), ()):
        done = tier2("run", "echo", *strict, env={**path, "TIER2_STRICT": "0" if strict else "1"})
        assert (done.returncode, done.stdout) == (5, "")
        assert "Plugin 'bad' of distribution 'dist-bad' cannot be imported" in done.stderr
    done = tier2("run", "echo", env={**path, "TIER2_STRICT": "often"})
    assert (done.returncode, "expected 1 or 0" in done.stderr) == (2, True)
