"""What is installed, found out in a process of its own.

A plugin may end the process that loads it, hold it up for ever, silence it, or litter its output. Whoever wants to know
which one it is asks here: the plugins are loaded by another process, and if that gives no answer, each is tried alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from types import ModuleType
from typing import Any, NoReturn

from attrs import evolve

from tier2_core import PluginError, __version__
from tier2_core.errors import described
from tier2_core.missions.announced import Announcement, announced
from tier2_core.missions.discovery import wanted
from tier2_io.plugins.installed import Choice

PATIENCE = 60.0
"""For how many seconds a process that loads plugins is waited for."""

# The path is that of the process that asks; standard input is at its end when plugins are loaded.
_CHILD = """\
import json, sys
request = json.load(sys.stdin)
sys.path[:] = request["path"]
from tier2_io.plugins.survey import answer
answer(request)
"""


def survey(choice: Choice, patience: float = PATIENCE) -> dict[str, Any]:
    """Plain data: ``plugins`` and ``failures``, each with where it is from, the names ``left_out``, the fingerprint.

    Never fails for a plugin, whatever that does when it is loaded; ``choice.strict`` is no matter.
    """
    told = _asked(choice, patience)
    if "ended" not in told:
        return told
    known = [one for one in announced() if isinstance(one, Announcement)]
    ended = {}
    for name in sorted({one.name for one in known if wanted(one.name, choice.block, choice.only)}):
        alone = _asked(evolve(choice, only=frozenset({name})), patience, quiet=True)
        if "ended" in alone:
            ended[name] = alone["ended"]
    told = _asked(evolve(choice, block=choice.block | set(ended)), patience, quiet=True)
    if "ended" in told:
        how = told["ended"]
        together = f"end the process that loads them: {how}" if how else _late(patience)
        raise PluginError(f"The plugins together {together}; block some of them.")
    told["left_out"] = [name for name in told["left_out"] if name not in ended]
    told["failures"] += [_ended(one, ended[one.name], patience) for one in known if one.name in ended]
    told["failures"].sort(key=lambda failure: (failure["plugin"], failure["distribution"]))
    return told


def found(choice: Choice) -> dict[str, Any]:
    """What :func:`survey` gives, found out in this process."""
    known = [one for one in announced() if isinstance(one, Announcement)]
    registry = evolve(choice, strict=False).registry()
    return {
        "failures": [
            {
                "distribution": failure.distribution,
                "error": type(failure).__name__,
                "message": str(failure),
                "plugin": failure.plugin,
                **_origin(
                    one for one in known if (one.name, one.distribution) == (failure.plugin, failure.distribution)
                ),
            }
            for failure in registry.failures
        ],
        "fingerprint": registry.fingerprint,
        "left_out": sorted({one.name for one in known if not wanted(one.name, choice.block, choice.only)}),
        "plugins": [
            {
                "distribution": plugin.distribution,
                "location": location(plugin.source),
                "missions": sorted(mission.name for mission in plugin.missions),
                "operations": sorted(operation.name for operation in plugin.operations),
                "plugin": plugin.name,
                "source": plugin.source,
                "version": plugin.version,
            }
            for plugin in registry.plugins
        ],
        "tier2": __version__,
    }


def location(source: str) -> str:
    """The file or directory that an entry point's module comes from, found without importing it; ``""`` if unknown."""
    name = source.partition(":")[0].strip()
    module = sys.modules.get(name)
    if type(module) is ModuleType and isinstance(path := vars(module).get("__file__"), str):
        return path
    try:
        spec = find_spec(name.partition(".")[0])
    except Exception:  # noqa: BLE001 - what there is to say of it, its failure says
        return ""
    if spec is None:
        return ""
    return spec.origin or next(iter(spec.submodule_search_locations or ()), "")


def answer(request: Mapping[str, Any]) -> NoReturn:
    """The other process: writes what it has found to its standard output, where nothing else is written, and ends."""
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    try:
        os.dup2(2, 1)
    except OSError:  # there is no standard error
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    only = request["only"]
    try:
        told = found(Choice(frozenset(request["block"]), None if only is None else frozenset(only), strict=False))
    except BaseException as error:  # noqa: BLE001 - as the one that raises it is not known, it is looked for
        told = {"ended": described(error)}
    json.dump(told, out)
    out.close()
    os._exit(0)  # threads that a plugin has started are not waited for


def _asked(choice: Choice, patience: float, *, quiet: bool = False) -> dict[str, Any]:
    """What the other process says, or how it ``ended``: ``None`` if it had to be ended."""
    request = {
        "block": sorted(choice.block),
        "only": None if choice.only is None else sorted(choice.only),
        "path": sys.path,
    }
    try:
        done = subprocess.run(  # noqa: S603 - this very Python, and a program that is written above
            [sys.executable, "-P", "-c", _CHILD],
            input=json.dumps(request).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            check=False,
            timeout=patience,
        )
    except subprocess.TimeoutExpired:
        return {"ended": None}
    try:
        told: dict[str, Any] = json.loads(done.stdout)
        return told
    except ValueError:
        code = done.returncode
        return {"ended": f"signal {-code}" if code < 0 else f"exit code {code}"}


def _late(patience: float) -> str:
    return f"did not come to an end of loading within {patience:g} seconds"


def _ended(one: Announcement, how: str | None, patience: float) -> dict[str, Any]:
    what = f"ends the process that loads it: {how}" if how else _late(patience)
    return {
        "distribution": one.distribution,
        "error": "PluginError",
        "message": f"Plugin '{one.name}' of distribution '{one.distribution}' {what}; uninstall it, or block it.",
        "plugin": one.name,
        **_origin([one]),
    }


def _origin(announcements: Iterable[Announcement]) -> dict[str, str]:
    one = next(iter(announcements), None)
    if one is None:
        return {"location": "", "source": "", "version": ""}
    return {"location": location(one.source), "source": one.source, "version": one.version}
