"""What holds for every command: it takes --json, and the options that choose plugins, if it uses any."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.evidence import commands, options
from tests.missions.plugins import source
from tests.site import Site
from tests.tier2_io.conftest import Tier2
from tier2_core import ExecutionContext, consequences, load_registry, run_mission
from tier2_io.records.keys import generate
from tier2_io.records.saved import save

SEEN = consequences(
    run_mission("daily_loop", ExecutionContext(decisions=[]), registry=load_registry(only=["builtin"]))
).digest

# A call of each command that is done and good, with the record, the waiting run and the suite that are made for it.
CALLS = {
    ("missions",): (),
    ("plugins",): (),
    ("plugins", "new"): ("petty-cash",),
    ("plugins", "check"): ("first",),
    ("plan",): ("echo",),
    ("run",): ("echo",),
    ("resume",): ("waiting.json", "--approve", "--unseen"),
    ("sign-decision",): ("waiting.json", "--key", "me", "--decision", "signed.json", "--reject", "--seen", SEEN),
    ("explore",): ("echo",),
    ("test",): ("suite.json",),
    ("verify",): ("record.json",),
    ("diff",): ("record.json", "record.json"),
    ("show",): ("waiting.json",),
    ("keygen",): ("key",),
    ("registry",): ("lock", "installed.json"),
    ("schema",): ("suite",),
    ("effects",): ("do", "effects.jsonl"),
}
COMMANDS = sorted(commands())
WITH_PLUGINS = [words for words in COMMANDS if {"--block", "--only", "--strict"} <= set(options(commands()[words]))]
HANDLING = ("effects",)  # whose plugins are others, of another group


HANDLER = """
from tier2_core import EffectHandler, hookimpl
@hookimpl
def tier2_effect_handlers():
    return [EffectHandler("bell", print)]
"""


@pytest.fixture
def installed(site: Site, tmp_path: Path) -> dict[str, str]:
    """A plugin, the files that the calls name, and the environment in which the plugin is found."""
    builtin = load_registry(only=["builtin"])
    save(run_mission("echo", registry=builtin), str(tmp_path / "record.json"))
    (tmp_path / "effects.jsonl").write_text("")
    waiting = run_mission("daily_loop", ExecutionContext(decisions=[]), registry=builtin)
    save(waiting, str(tmp_path / "waiting.json"))
    scenario = {"scenario_name": "one", "initial_state": {}, "missions": [{"name": "echo"}]}
    expected = {"id": "it ends well", "scenario_name": "one", "mission_name": "echo", "path": "success", "op": "exists"}
    suite = {"suite_name": "s", "scenarios": [scenario], "expectations": [expected]}
    (tmp_path / "suite.json").write_text(json.dumps(suite))
    generate(str(tmp_path / "me"))
    site.install("first", source("first"))
    return {"PYTHONPATH": str(site.path)}


def test_there_is_a_call_of_every_command() -> None:
    assert set(COMMANDS) <= set(CALLS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_prints_json_for_machines(
    tier2: Tier2, installed: dict[str, str], words: tuple[str, ...]
) -> None:
    done = tier2(*words, *CALLS[words], "--json", env=installed)
    assert done.returncode == (5 if words == ("plugins", "check") else 0)  # its missions have no summary
    assert isinstance(json.loads(done.stdout), dict | list)
    assert done.stderr == ""


@pytest.mark.parametrize("words", WITH_PLUGINS, ids=" ".join)
def test_every_command_that_uses_plugins_lets_them_be_chosen(
    tier2: Tier2, site: Site, installed: dict[str, str], words: tuple[str, ...]
) -> None:
    group = "tier2.effects" if words == HANDLING else "tier2.missions"
    site.install("bad", "raise RuntimeError('mine')", group=group)
    if words == HANDLING:
        site.install("first", HANDLER, distribution="dist-handling", group=group)
    chosen = tier2(
        *words, *CALLS[words], "--only", "first" if words == HANDLING else "builtin", "--block", "frist", env=installed
    )
    assert chosen.returncode == (2 if words == ("plugins", "check") else 0)  # which is to check one that is left out
    assert "plugin 'frist' is to be blocked, and there is none of that name; did you mean 'first'?" in chosen.stderr
    assert "'bad'" not in chosen.stderr
    strict = tier2(*words, *CALLS[words], "--strict", env=installed)
    assert strict.returncode == 5
    assert "Plugin 'bad' of distribution 'dist-bad' cannot be imported" in strict.stdout + strict.stderr
