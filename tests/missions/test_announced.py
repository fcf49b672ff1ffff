from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.missions.plugins import source
from tests.site import Site
from tier2_core import PluginError, RegistryConflictError, __version__, load_registry

LATIN = b"\xe9"  # no UTF-8


def left_out(**choice: Any) -> list[str]:
    return [str(failure) for failure in load_registry(strict=False, **choice).failures]


def info(site: Site, distribution: str, version: str = "1.0") -> Path:
    return site.path / f"{distribution.replace('-', '_')}-{version}.dist-info"


# --- the version of tier2 that a plugin needs ----------------------------------------------------------


@pytest.mark.parametrize(
    "requirement",
    [
        "tier2-missions",
        "tier2-missions>=0.0.1",
        f"tier2_missions=={__version__}",
        f"Tier2.Missions [cli] (>=0.0.1,<={__version__})",
        "tier2-missions>99; extra == 'tests'",
        "tier2-missions>99; python_version < '3'",
        "tier2-missions @ https://example.invalid/tier2_missions.whl",
        "tier2>99; extra == 'tests'",
        "tier2-other>99",
        "tier2.other>99",
        "not a requirement",
    ],
)
def test_a_plugin_is_loaded_if_its_distribution_s_requirement_on_tier2_is_met(site: Site, requirement: str) -> None:
    site.install("good", source("mine"))
    site.require("dist-good", requirement)
    assert "mine" in load_registry().missions


@pytest.mark.parametrize(
    ("requirement", "needed"),
    [
        ("tier2-missions>=99", "needs tier2-missions>=99"),
        ("TIER2_Missions[cli] <0.0.1", "needs TIER2_Missions<0.0.1"),
        ("tier2-missions>=99; python_version >= '3'", "needs tier2-missions>=99"),
        ("tier2-missions>=>1", "needs 'tier2-missions>=>1', which cannot be read"),
        ("tier2-missions>99; nonsense", "needs 'tier2-missions>99; nonsense', which cannot be read"),
    ],
)
def test_a_plugin_that_needs_another_tier2_is_told_of_and_not_even_imported(
    site: Site, requirement: str, needed: str
) -> None:
    site.install("bad", source("mine"))
    site.require("dist-bad", "attrs", requirement)
    with pytest.raises(PluginError) as caught:
        load_registry()
    assert f"Plugin 'bad' of distribution 'dist-bad' {needed}" in str(caught.value)
    assert (caught.value.plugin, caught.value.distribution) == ("bad", "dist-bad")
    assert left_out() == [str(caught.value)]
    assert "throwaway_dist_bad_bad" not in sys.modules


def test_what_is_here_is_told_beside_what_is_needed(site: Site) -> None:
    site.install("bad", source("mine"))
    site.require("dist-bad", "tier2-missions>0.0.1", "tier2-missions>=98,<99")
    (message,) = left_out()
    assert f"needs tier2-missions<99,>=98, but this is tier2-missions {__version__};" in message


@pytest.mark.parametrize(
    "requirement", ["tier2", "tier2>=0.1.0", "Tier2[signing]==0.1", "tier2 @ https://example.invalid"]
)
def test_a_requirement_on_the_former_name_would_install_a_stranger_s_code(site: Site, requirement: str) -> None:
    site.install("bad", source("mine"))
    site.require("dist-bad", requirement)
    (message,) = left_out()
    assert "Plugin 'bad' of distribution 'dist-bad' needs " in message
    assert "that name is somebody else's, and this is tier2-missions; require tier2-missions instead" in message
    assert "throwaway_dist_bad_bad" not in sys.modules


def test_a_version_before_a_release_counts_as_pip_counts_it(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    monkeypatch.setattr("tier2_core.missions.announced.VERSION", "7.0.dev1")
    site.install("good", source("mine"))
    site.require("dist-good", "tier2-missions>=6")
    assert "mine" in load_registry().missions


# --- metadata that cannot be read ----------------------------------------------------------------------


@pytest.mark.parametrize("text", [b"[tier2.missions]\nbad = x\n" + LATIN, b"[tier2.missions]\nbad\n"])
def test_entry_points_that_cannot_be_read_stop_no_other_plugin(site: Site, text: bytes) -> None:
    site.install("good", source("mine"))
    site.install("bad", source("bad"))
    (info(site, "dist-bad") / "entry_points.txt").write_bytes(text)
    registry = load_registry(strict=False)
    assert "mine" in registry.missions
    (failure,) = registry.failures
    assert str(failure).startswith("Distribution 'dist-bad' announces plugins in entry_points.txt, which cannot be")
    assert failure.distribution == "dist-bad"
    with pytest.raises(PluginError, match="'dist-bad'"):
        load_registry()
    assert left_out(only=["good"]) == []


@pytest.mark.parametrize("text", [b"[other.group]\nbad = x\n" + LATIN, b"[other.group]\nbad\n"])
def test_entry_points_of_others_may_be_as_broken_as_they_like(site: Site, text: bytes) -> None:
    site.install("other", source("other"))
    (info(site, "dist-other") / "entry_points.txt").write_bytes(text)
    assert list(load_registry().missions) == ["daily_loop", "echo", "run_tests"]


def test_metadata_that_cannot_be_read_are_told_of_with_the_plugin(site: Site) -> None:
    site.install("good", source("mine"))
    site.install("bad", source("bad"))
    (info(site, "dist-bad") / "METADATA").write_bytes(b"Name: dist-bad\nAuthor: Andr" + LATIN)
    registry = load_registry(strict=False)
    assert "mine" in registry.missions
    assert [failure.plugin for failure in registry.failures] == ["bad"]
    assert "'bad' is announced by a distribution whose metadata cannot be read: Unicode" in str(registry.failures[0])
    assert left_out(block=["bad"]) == []


# --- a distribution that is there more than once -------------------------------------------------------


def test_of_two_installations_of_one_distribution_the_first_on_the_path_is_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.install("mine", source("mine"), version="1.0")
    other = Site(site.path / "other")
    other.path.mkdir()
    other.announce("dist-mine", "2.0", mine="throwaway_dist_mine_mine", gone="throwaway_gone")
    monkeypatch.setattr(sys, "path", [*sys.path, str(other.path)])
    assert load_registry().get("mine").version == "1.0"
    (other.path / "dist_mine-2.0.dist-info" / "entry_points.txt").unlink()
    monkeypatch.setattr(sys, "path", [str(other.path), *sys.path])
    assert "mine" not in load_registry().missions  # the newer one announces nothing


def test_a_directory_that_is_on_the_path_under_two_names_is_no_conflict(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.install("mine", source("mine"))
    (site.path / "again").symlink_to(site.path, target_is_directory=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(site.path / "again"), str(site.path)])
    assert [plugin.name for plugin in load_registry().plugins] == ["builtin", "mine"]


def test_what_pip_has_moved_aside_and_not_put_back_is_no_distribution(site: Site) -> None:
    site.install("mine", source("mine"), version="1.1")
    aside = site.path / "~ist_mine-1.0.dist-info"
    info(site, "dist-mine", "1.1").rename(aside)
    (message,) = left_out()
    assert message == (
        "Plugin 'mine' is announced by '~ist_mine-1.0.dist-info' alone, which an interrupted installation has left "
        "behind; install its distribution anew, or delete that directory."
    )
    assert left_out(block=["mine"]) == []
    site.announce("dist-mine", "1.1", mine="throwaway_dist_mine_mine")
    assert load_registry().get("mine").version == "1.1"


@pytest.mark.parametrize("empty", ["", "INSTALLER", "RECORD"])
def test_a_directory_without_metadata_hides_no_distribution(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    site.install("mine", source("mine"))
    left = tmp_path / "earlier" / "dist_mine-0.9.dist-info"
    left.mkdir(parents=True)
    if empty:
        (left / empty).write_text("pip\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "earlier"), *sys.path])
    assert load_registry().get("mine").version == "1.0"
    (left / "METADATA").write_text("Name: dist-mine\nVersion: 0.9\n")  # which announces nothing
    assert "mine" not in load_registry().missions


def test_what_an_upgrade_has_left_behind_is_a_conflict_whatever_the_order_of_the_directory(site: Site) -> None:
    site.install("mine", source("mine"), version="1.0")
    site.announce("dist-mine", "2.0", mine="throwaway_dist_mine_mine")
    with pytest.raises(RegistryConflictError, match=r"several times by distribution 'dist-mine': .*1\.0, .*2\.0;"):
        load_registry()


@pytest.mark.parametrize("name", ["tier2-missions", "tier2"])
def test_what_an_upgrade_of_tier2_has_left_behind_is_no_matter(site: Site, name: str) -> None:
    site.announce(name, "0.0.1", builtin="tier2_missions")
    registry = load_registry()
    assert (registry.get("echo").distribution, registry.get("echo").version) == ("tier2-missions", __version__)


def test_a_stranger_s_distribution_of_the_former_name_is_a_stranger_s(site: Site) -> None:
    site.install("theirs", source("theirs"), distribution="tier2")
    assert load_registry().get("theirs").distribution == "tier2"
    site.install("builtin", source("echo"), distribution="Tier2", version="2.0")
    assert left_out() == [
        "Plugin 'builtin' of distribution 'Tier2' has the name of a plugin of tier2 itself; expected another name."
    ]


# --- asking while being asked --------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["imported", "asked"])
def test_a_plugin_that_asks_for_the_installed_ones_while_it_is_loaded_is_told_so(site: Site, where: str) -> None:
    ask = "from tier2_core import load_registry\nload_registry(strict=False)\n"
    text = source("mine")
    text = ask + text if where == "imported" else text.replace("    return [", "    load_registry()\n    return [")
    for name in ("one", "two", "three"):
        site.install(name, f"from tier2_core import load_registry\n{text.replace('mine', name)}")
    site.install("good", source("good"))
    registry = load_registry(strict=False)
    assert list(registry.missions) == ["daily_loop", "echo", "good", "run_tests"]
    assert [failure.plugin for failure in registry.failures] == ["one", "three", "two"]
    assert all("asks for the installed plugins while it is itself loaded" in str(one) for one in registry.failures)


def test_a_plugin_may_look_at_plugins_that_it_has_at_hand_while_it_is_loaded(site: Site) -> None:
    text = source("mine").replace(
        "    return [", "    assert not load_registry([], entry_points=False).missions\n    return ["
    )
    site.install("good", f"from tier2_core import load_registry\n{text}")
    assert "mine" in load_registry().missions


def test_what_is_announced_does_not_depend_on_the_order_of_the_directory(site: Site) -> None:
    for name in ("c", "a", "b"):
        site.install(name, source(name))
    script = (
        "import os\n"
        "real = os.listdir\n"
        "os.listdir = lambda path='.': sorted(real(path), reverse=bool(int(os.environ['REVERSE'])))\n"
        "from tier2_core.missions.announced import announced\n"
        "print(announced())\n"
    )
    printed = {site.python(script, REVERSE=reverse) for reverse in "01"}
    assert len(printed) == 1
