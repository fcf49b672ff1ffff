"""tier2 plugins new: a small distribution with a plugin, which installs and passes its tests as it is."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

from tier2_io.cli.inputs import choice_of
from tier2_io.cli.main import DONE
from tier2_io.documents.writing import write_tree
from tier2_io.plugins.scaffold import contents, names_of
from tier2_io.plugins.survey import survey
from tier2_io.screen import safe, say, say_json


def execute(options: Any) -> int:
    """Write it, and say what to do next."""
    missions = {
        mission: plugin["distribution"]
        for plugin in survey(choice_of(options))["plugins"]
        for mission in plugin["missions"]
    }
    names = names_of(options.name, missions)
    made = os.path.join(options.directory, names.distribution)
    written = contents(names)
    write_tree(made, written)
    run = f"run {names.module} --set budget=100 --param amount=30 --param on=tea --unattended"
    following = [
        f"cd {shlex.quote(made)}",
        f"{_command('python')} -m pip install -e '.[tests]'",
        f"{_command('python')} -m pytest",
        f"{_command('tier2')} test tests/{names.module}.tier2.toml",
        f"{_command('tier2')} {run}",
    ]
    if options.json:
        say_json({"directory": made, "files": sorted(written), "next": following, "plugin": names.module})
        return DONE
    say(f"Written: {safe(made)}, with the mission and plugin '{names.module}':")
    for path in sorted(written):
        say(f"  {path}")
    say("It installs and passes its tests as it is:")
    for line in following:
        say(f"  {safe(line)}")
    return DONE


def _command(name: str) -> str:
    """How this environment's program is called from the terminal at hand: by its name if that finds it."""
    here = Path(sys.executable).with_name(name)
    if shutil.which(name) == str(here) or not here.exists():
        return name
    return shlex.quote(str(here))
