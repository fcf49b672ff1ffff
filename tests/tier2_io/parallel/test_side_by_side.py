"""Distributions side by side, installed by pip: who keeps a name does not depend on the order of anything."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.missions.plugins import source
from tests.site import Site
from tests.tier2_io.conftest import Tier2
from tests.wheels import install, wheel
from tier2_core import __version__

pytestmark = pytest.mark.skipif(find_spec("pip") is None, reason="there is no pip")

CONFLICT, BROKEN = "RegistryConflictError", "PluginError"
THERE = "is there already, from"
TWICE = "'same' is announced by several distributions: 'same-one', 'same-two';"


@attrs.frozen
class Installed:
    """A distribution with one plugin: ``half`` says which of two times it is installed at; the rest, what is wrong."""

    plugin: str
    distribution: str
    half: int
    text: str
    error: str = ""
    says: str = ""
    together: tuple[str, ...] = ()  # the plugins beside which it is wrong
    requires: tuple[str, ...] = ()


ALL = [
    Installed(
        "a_mission",
        "a-mission",
        1,
        source("echo", "mine.do"),
        CONFLICT,
        f"'echo' of plugin 'a_mission' (distribution 'a-mission') {THERE} plugin 'builtin' (distribution 'tier2-mi",
        ("builtin",),
    ),
    Installed(
        "an_operation",
        "an-operation",
        0,
        source("mine", "daily_loop.log"),
        CONFLICT,
        f"'daily_loop.log' of plugin 'an_operation' (distribution 'an-operation') {THERE} plugin 'builtin' (distribu",
        ("builtin",),
    ),
    Installed(
        "another",
        "another-operation",
        1,
        source("mine", "noop"),
        CONFLICT,
        f"operation 'noop' of plugin 'another' (distribution 'another-operation') {THERE} tier2;",
    ),
    Installed(
        "broken", "broken", 0, "import nothing_at_all\n", BROKEN, "cannot be imported from 'from_broken': Module"
    ),
    Installed("builtin", "a-builtin", 0, source("mine"), CONFLICT, "has the name of a plugin of tier2 itself"),
    Installed("good", "good", 0, source("good", "good.do")),
    Installed("m_alpha", "report-b", 1, source("report", "alpha.do")),
    Installed(
        "m_beta",
        "report-a",
        0,
        source("report", "beta.do"),
        CONFLICT,
        f"'report' of plugin 'm_beta' (distribution 'report-a') {THERE} plugin 'm_alpha' (distribution 'report-b')",
        ("m_alpha",),
    ),
    Installed(
        "misspelt",
        "misspelt",
        1,
        source("mine").replace("def tier2_missions", "def tier2_mission"),
        BROKEN,
        "has the unknown hook 'tier2_mission';",
    ),
    Installed(
        "newer",
        "newer",
        0,
        source("mine"),
        BROKEN,
        f"needs tier2-missions>=99, but this is tier2-missions {__version__};",
        requires=("tier2-missions>=99",),
    ),
    Installed("o_alpha", "tidy-a", 0, source("tidy", "tidy.up")),
    Installed(
        "o_beta",
        "tidy-b",
        1,
        source("tidier", "tidy.up"),
        CONFLICT,
        f"'tidy.up' of plugin 'o_beta' (distribution 'tidy-b') {THERE} plugin 'o_alpha' (distribution 'tidy-a')",
        ("o_alpha",),
    ),
    Installed("same", "same-one", 0, source("one"), CONFLICT, TWICE),
    Installed("same", "same-two", 1, source("two"), CONFLICT, TWICE),
]
WRONG = [one for one in ALL if one.error]
ORDERS = ["first, then second", "second, then first", "first before second", "second before first"]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Import paths with everything installed: one directory, filled in two orders; two directories, in two orders."""
    place = tmp_path_factory.mktemp("wheels")
    halves: list[list[Path]] = [[], []]
    for one in ALL:
        module = f"from_{one.distribution.replace('-', '_')}"
        files = {f"{module}.py": one.text}
        halves[one.half].append(wheel(place, one.distribution, files, {one.plugin: module}, requires=one.requires))
    forwards, backwards, first, second = (tmp_path_factory.mktemp("site") for _ in range(4))
    for target, half in ((forwards, 0), (forwards, 1), (backwards, 1), (backwards, 0), (first, 0), (second, 1)):
        install(target, *halves[half])
    paths = [str(forwards), str(backwards), f"{first}{os.pathsep}{second}", f"{second}{os.pathsep}{first}"]
    return dict(zip(ORDERS, paths, strict=True))


@cache
def told(path: str) -> Mapping[str, Any]:
    """What a fresh process says of all that is installed, and of what is wrong if it is to be strict."""
    chosen = {one.distribution: [one.plugin, *one.together] for one in WRONG}
    script = f"""
        import json
        from tier2_core import PluginError, load_registry
        def plain(error):
            return [error.plugin, error.distribution, type(error).__name__, str(error)]
        def strictly(only):
            try:
                load_registry(only=only)
            except PluginError as error:
                return plain(error)
        registry = load_registry(strict=False)
        print(json.dumps({{
            "failures": [plain(error) for error in registry.failures],
            "fingerprint": registry.fingerprint,
            "missions": {{name: entry.distribution for name, entry in registry.missions.items()}},
            "operations": {{name: operation.plugin for name, operation in registry.operations.items()}},
            "strictly": {{name: strictly(only) for name, only in {chosen!r}.items()}},
        }}))
    """
    answer: Mapping[str, Any] = json.loads(anywhere(Site(Path()).python(script, PYTHONPATH=path), path))
    return answer


def anywhere(text: str, path: str) -> str:
    """A text without the directories in which plugins are, which it may name."""
    for place in path.split(os.pathsep):
        text = text.replace(place, "")
    return text


@pytest.mark.parametrize("order", ORDERS)
def test_the_good_ones_are_there_and_nobody_has_taken_a_name(sites: Mapping[str, str], order: str) -> None:
    answer = told(sites[order])
    assert answer["missions"] == {
        "daily_loop": "tier2-missions",
        "echo": "tier2-missions",
        "good": "good",
        "report": "report-b",
        "run_tests": "tier2-missions",
        "tidy": "tidy-a",
    }
    operations = answer["operations"]
    assert (operations["noop"], operations["daily_loop.log"]) == ("tier2", "builtin")
    assert (operations["alpha.do"], operations["tidy.up"], "beta.do" in operations) == ("m_alpha", "o_alpha", False)


@pytest.mark.parametrize("order", ORDERS)
def test_each_failure_names_its_plugin_and_both_owners(sites: Mapping[str, str], order: str) -> None:
    failures = told(sites[order])["failures"]
    assert [failure[:3] for failure in failures] == [[one.plugin, one.distribution, one.error] for one in WRONG]
    for (*_, message), one in zip(failures, WRONG, strict=True):
        assert one.says in message


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("one", WRONG, ids=lambda one: str(one.distribution))
def test_what_is_listed_is_what_is_raised_if_it_is_to_be_strict(
    sites: Mapping[str, str], order: str, one: Installed
) -> None:
    plugin, distribution, error, message = told(sites[order])["strictly"][one.distribution]
    assert (plugin, error) == (one.plugin, one.error)
    assert distribution == one.distribution or plugin == "same"  # of two that are equally wrong the first is raised
    assert one.says in message


def test_what_is_told_is_the_same_in_every_order(tier2: Tier2, sites: Mapping[str, str]) -> None:
    answers = []
    for path in sites.values():
        done = tier2("plugins", "--json", "--strict", env={"PYTHONPATH": path})
        assert done.returncode == 5
        answer = json.loads(done.stdout)
        for one in (*answer["plugins"], *answer["failures"]):
            place = Path(one.pop("location"))
            assert place.is_file()
            assert place.stem == one["source"] or one["plugin"] == "builtin"
        answers.append([anywhere(json.dumps(answer), path), told(path)])
    assert [one["plugin"] for one in answer["plugins"]] == ["builtin", "good", "m_alpha", "o_alpha"]
    assert [one["distribution"] for one in answer["failures"]] == [one.distribution for one in WRONG]
    assert all(answer == answers[0] for answer in answers)
