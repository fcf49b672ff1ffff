"""tier2 plugins: what is installed is told, whatever a plugin does when it is loaded."""

from __future__ import annotations

import json
from typing import Any

import pytest

import tier2_missions
from tests.missions.plugins import source
from tests.processes import patience_for
from tests.site import Site
from tests.tier2_io.conftest import Tier2
from tier2_core import load_registry
from tier2_io.plugins.installed import chosen
from tier2_io.plugins.survey import found, location, survey

ENDING = {
    "exits": ("import sys; sys.exit(3)", "cannot be imported from 'throwaway_dist_bad_bad': SystemExit: 3"),
    "interrupts": ("raise KeyboardInterrupt", "ends the process that loads it: KeyboardInterrupt;"),
    "leaves": ("import os; print('bye'); os._exit(0)", "ends the process that loads it: exit code 0;"),
    "crashes": ("import os; os.abort()", "ends the process that loads it: signal 6;"),
    "asks": ("input('your name? ')", "EOFError"),
    "recurses": ("from tier2_core import list_missions; list_missions()", "asks for the installed plugins while"),
    "loops": ("import throwaway_dist_bad_bad as me; me.nothing", "AttributeError"),
    "yields": (
        source().replace("\n", "\n@hookimpl\ndef tier2_missions():\n    yield\n    raise ValueError('late')\n", 1),
        "broke in tier2_missions: ValueError: late",
    ),
}


def listed(tier2: Tier2, site: Site, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = tier2("plugins", "--json", *arguments, env={"PYTHONPATH": str(site.path)})
    told: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, told


def test_plugins_tells_of_each_what_it_brings_and_where_it_is_from(tier2: Tier2, site: Site) -> None:
    site.install("mine", source("first", "first.do"), version="2.1")
    code, told = listed(tier2, site)
    assert (code, told["failures"], told["left_out"]) == (0, [], [])
    assert told["fingerprint"] == load_registry().fingerprint
    builtin, mine = told["plugins"]
    assert mine == {
        "distribution": "dist-mine",
        "location": str(site.path / "throwaway_dist_mine_mine.py"),
        "missions": ["first"],
        "operations": ["first.do"],
        "plugin": "mine",
        "source": "throwaway_dist_mine_mine",
        "version": "2.1",
    }
    assert builtin["missions"] == ["daily_loop", "echo", "run_tests"]
    assert builtin["location"] == tier2_missions.__file__
    shown = tier2("plugins", env={"PYTHONPATH": str(site.path)}).stdout
    assert "mine, of dist-mine 2.1\n  missions    first\n  operations  first.do\n  from        throwaway_dist" in shown


@pytest.mark.parametrize("what", ENDING)
def test_no_plugin_stops_the_others_nor_the_list(tier2: Tier2, site: Site, what: str) -> None:
    text, says = ENDING[what]
    site.install("bad", text)
    site.install("worse", "raise SystemExit")
    site.install("good", source("mine"))
    code, told = listed(tier2, site, "--strict")
    assert code == 5
    assert [plugin["plugin"] for plugin in told["plugins"]] == ["builtin", "good"]
    bad, worse = told["failures"]
    assert (bad["plugin"], bad["distribution"], bad["version"]) == ("bad", "dist-bad", "1.0")
    assert (bad["source"], bad["location"]) == ("throwaway_dist_bad_bad", str(site.path / "throwaway_dist_bad_bad.py"))
    assert bad["message"].startswith("Plugin 'bad' of distribution 'dist-bad' ")
    assert says in bad["message"]
    assert worse["plugin"] == "worse"
    shown = tier2("plugins", env={"PYTHONPATH": str(site.path)})
    assert (shown.returncode, "Traceback" in shown.stderr) == (5, False)
    assert f"\nBROKEN: {bad['message']}\n" in shown.stdout
    assert listed(tier2, site, "--block", "bad", "--block", "worse")[0] == 0


@pytest.mark.parametrize(
    "silencing",
    [
        "import sys; sys.stdout = sys.stderr = None",
        "import os; [os.close(number) for number in (0, 1, 2)]",
        "import threading; threading.Thread(target=threading.Event().wait).start()",
        "import os; os.write(1, b'{'); print('}')",
        "import sys; sys.path.clear(); sys.argv.clear()",
    ],
)
def test_no_plugin_silences_or_litters_the_list(tier2: Tier2, site: Site, silencing: str) -> None:
    site.install("odd", f"{silencing}\n{source('odd')}")
    code, told = listed(tier2, site)
    assert (code, told["plugins"][1]["missions"]) == (0, ["odd"])


def test_what_is_left_out_is_told_and_not_imported(tier2: Tier2, site: Site) -> None:
    site.install("bad", "import os; os.abort()")
    code, told = listed(tier2, site, "--only", "builtin")
    assert (code, told["left_out"], told["failures"]) == (0, ["bad"], [])
    assert listed(tier2, site, "--block", "builtin", "--block", "bad")[1]["left_out"] == ["bad", "builtin"]
    done = tier2(
        "plugins", "--block", "builtin", "--block", "bda", "--block", "bad", env={"PYTHONPATH": str(site.path)}
    )
    assert "No plugin is loaded." in done.stdout
    assert "Left out, as options or the environment say: bad, builtin" in done.stdout
    assert "did you mean 'bad'?" in done.stderr


def test_plugins_that_end_the_process_only_together_are_told_of(tier2: Tier2, site: Site) -> None:
    site.install("one", source("one"))
    site.install("two", f"import os, sys\n'throwaway_dist_one_one' in sys.modules and os._exit(9)\n{source('two')}")
    done = tier2("plugins", env={"PYTHONPATH": str(site.path)})
    assert (done.returncode, done.stdout) == (5, "")
    assert "The plugins together end the process that loads them: exit code 9; block some of them." in done.stderr


def test_a_plugin_whose_import_does_not_come_to_an_end_is_told_of(site: Site) -> None:
    site.install("stuck", "import threading; threading.Event().wait()")
    patience = patience_for(lambda: survey(chosen(only=["builtin"])))
    told = survey(chosen(only=["builtin", "stuck"]), patience)
    assert [plugin["plugin"] for plugin in told["plugins"]] == ["builtin"]
    (stuck,) = told["failures"]
    assert (stuck["plugin"], stuck["source"]) == ("stuck", "throwaway_dist_stuck_stuck")
    assert stuck["message"] == (
        f"Plugin 'stuck' of distribution 'dist-stuck' did not come to an end of loading within {patience:g} seconds; "
        "uninstall it, or block it."
    )


def test_names_of_strangers_cannot_steer_the_terminal(tier2: Tier2, site: Site) -> None:
    site.announce("dist-evil", **{"a\x1b]52;c;eA==\x07": "throwaway_x\x9b1m"})
    site.install("loud", source("a\\x1b[31m"))
    done = tier2("plugins", env={"PYTHONPATH": str(site.path)})
    assert done.returncode == 5
    assert not {"\x1b", "\x07", "\x9b"} & set(done.stdout + done.stderr)


def test_what_is_found_does_not_depend_on_the_process(site: Site) -> None:
    site.install("good", source("mine"))
    site.install("same", source("a"), distribution="one")
    site.install("same", source("b"), distribution="two")
    told = found(chosen(only=["good", "same"], strict=True))
    assert told == survey(chosen(only=["good", "same"]))
    assert [(one["plugin"], one["distribution"], one["error"]) for one in told["failures"]] == [
        ("same", "one", "RegistryConflictError"),
        ("same", "two", "RegistryConflictError"),
    ]
    assert [one["source"] for one in told["failures"]] == ["throwaway_one_same", "throwaway_two_same"]


def test_the_place_of_a_module_is_found_without_importing_it(site: Site) -> None:
    (site.path / "throwaway_package" / "inner").mkdir(parents=True)
    assert location("throwaway_package.inner:plugin") == str(site.path / "throwaway_package")
    (site.path / "throwaway_package" / "__init__.py").write_text("raise RuntimeError")
    assert location("throwaway_package.inner") == str(site.path / "throwaway_package" / "__init__.py")
    assert location("json:loads") == json.__file__
    assert [location(name) for name in ("throwaway_nothing", "", "..", ":", "sys")] == ["", "", "", "", "built-in"]
