"""Replay in fresh processes: the same cases under other conditions, and what comes out otherwise.

A pure mission gives the same bytes under another hash seed, in another time zone, for another user, in another
directory, and when the keys of its input come in another order. When something differs, each condition is changed
alone, so that it can be told on which of them the result depends.
"""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
from attrs import field, frozen

import tier2_core
from tier2_core import Registry
from tier2_io.trust.guard import Place, Touch, is_standard
from tier2_io.trust.observing import Case, Difference, Observation, difference

# Between the first two it is always another day; the third is not even on the hour. POSIX's form needs no data.
_ZONES = ("<-12>12", "<+14>-14", "<+0545>-5:45", "UTC0")
_LANGUAGES = ("C.UTF-8", "de_DE.UTF-8", "POSIX", "ja_JP.UTF-8")
_START = (
    "import json, sys; job = json.load(open(sys.argv[1], encoding='utf-8')); sys.path[:] = job['path']; "
    "from tier2_io.trust.fresh import main; main(job)"
)


@frozen
class Conditions:
    """What a fresh process runs under; numbers choose one of several."""

    seed: int = 0
    zone: int = 0
    language: int = 0
    home: int = 0
    directory: int = 0
    order: bool = False

    @classmethod
    def number(cls, number: int) -> Conditions:
        """The conditions of a process: those of another number differ in everything."""
        return cls(number, number % len(_ZONES), number % len(_LANGUAGES), number, number, number % 2 == 1)

    def environment(self, place: Path) -> dict[str, str]:
        """The environment variables, with the homes below ``place``."""
        home, language = str(_made(place / f"home-{self.home}")), _LANGUAGES[self.language]
        user = f"user{self.home}"
        path = [os.path.abspath(part) for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("XDG_")},
            **dict.fromkeys(("HOME", "USERPROFILE"), home),
            **dict.fromkeys(("USER", "LOGNAME", "USERNAME"), user),
            **dict.fromkeys(("LANG", "LC_ALL", "LANGUAGE"), language),
            "PYTHONHASHSEED": str(self.seed),
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONUSERBASE": str(site.getuserbase()),  # what is installed there is found for another home, too
            "TZ": _ZONES[self.zone],
        }


CAUSES: Mapping[str, str] = {
    "again": "when it is run once more in the same process: it remembers something",
    "itself": "in another process under equal conditions: it depends on a clock, on random numbers, on the number "
    "of its process or on the address of an object",
    "seed": "under another hash seed: it follows the order of a set or of a mapping, or hash()",
    "order": "when the keys of its input come in another order",
    "zone": "in another time zone",
    "language": "in another language",
    "home": "for another user with another home directory",
    "directory": "in another working directory",
    "together": "under other conditions (hash seed, order of keys, time zone, language, home, directory), but under no "
    "single one of them",
}
"""What a result may depend on, each as the end of a sentence that begins with 'It comes out otherwise'."""


@frozen
class Death:
    """A process that did not come to its end: where it was, how it ended, and in which line, if that is known."""

    case: Case | None
    place: Place | None
    how: str
    where: str = ""


@frozen
class Replay:
    """What one fresh process saw: by pass and case, what was observed; ``failed`` says why nothing was."""

    passes: Sequence[Mapping[int, Observation]]
    touches: Sequence[tuple[int, Touch]] = ()
    registry: str = ""
    failed: str = ""
    death: Death | None = None


@frozen
class Unstable:
    """A case that comes out otherwise: where first, and what it depends on (names of :data:`CAUSES`)."""

    case: Case
    difference: Difference
    causes: tuple[str, ...]


@frozen
class Replayer:
    """Fresh processes for one registry."""

    plugins: tuple[str, ...]
    modules: tuple[str, ...]
    limit: float
    place: Path = field(converter=Path)

    def replays(self, cases: Sequence[Case], conditions: Iterable[Conditions], passes: int = 1) -> list[Replay]:
        """Run the cases, so many times each, under each of the conditions, in as many processes as there are cores."""
        waiting, done = list(conditions), []
        running: list[tuple[subprocess.Popen[bytes], dict[str, Any]]] = []
        try:
            while waiting or running:
                while waiting and len(running) < (os.cpu_count() or 1):
                    running.append(self._begun(cases, waiting.pop(0), passes))
                process, job = running[0]
                process.wait()
                running.pop(0)
                done.append(_read(process.returncode, job, cases))
        finally:
            for process, _ in running:
                process.kill()
        return done

    def _begun(
        self, cases: Sequence[Case], conditions: Conditions, passes: int
    ) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
        own = Path(tempfile.mkdtemp(dir=self.place))
        job: dict[str, Any] = {
            "cases": [attrs.asdict(case) for case in cases],
            "limit": self.limit,
            "modules": self.modules,
            "passes": passes,
            "path": [os.path.abspath(part) for part in sys.path],
            "plugins": self.plugins,
            "printed": str(own / "printed"),
            "rebuilt": conditions.order,
            "reply": str(own / "reply"),
            "trace": str(own / "trace"),
        }
        (own / "job").write_text(json.dumps(job), encoding="utf-8")
        (own / "input").write_text("a\nb\n", encoding="utf-8")  # whoever reads it finds it at its end the next time
        with open(job["printed"], "wb") as printed, open(own / "input", "rb") as given:  # what is printed is not ours
            process = subprocess.Popen(  # noqa: S603 - this very interpreter
                [sys.executable, "-P", "-c", _START, str(own / "job")],
                cwd=_made(self.place / f"directory-{conditions.directory}"),
                env=conditions.environment(self.place),
                stdin=given,
                stdout=printed,
                stderr=printed,
            )
        return process, job


def reproducible(registry: Registry) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The installed plugins and the modules that a fresh process makes the same registry of; ``None`` if it cannot.

    Objects that were handed over cannot be handed on.
    """
    plugins, modules = [], []
    for plugin in registry.plugins:
        if plugin.distribution:
            plugins.append(plugin.name)
        elif isinstance(sys.modules.get(plugin.name), ModuleType) and plugin.name != "__main__":
            modules.append(plugin.name)
        else:
            return None
    return tuple(plugins), tuple(modules)


def unstable(
    replayer: Replayer, cases: Sequence[Case], base: Replay, processes: int
) -> tuple[list[Unstable], list[Replay]]:
    """What comes out otherwise in a second pass or in ``processes - 1`` other processes; and these processes."""
    found = {case: (told, ["again"]) for case, told in differing(cases, base.passes[0], base.passes[1])}
    conditions = [Conditions.number(number) for number in range(1, processes)]
    others = replayer.replays(cases, conditions)
    changed: dict[int, list[tuple[Case, Difference]]] = {}
    for number, other in enumerate(others):
        known = {case for others in changed.values() for case, _ in others}
        new = [(case, told) for case, told in differing(cases, base.passes[0], other.passes[0]) if case not in known]
        if new:
            changed[number] = new
    for number, new in changed.items():
        causes = _causes(replayer, cases, base, conditions[number], {case for case, _ in new})
        for case, told in new:
            found.setdefault(case, (told, []))[1].extend(causes[case])
    return [Unstable(case, told, tuple(causes)) for case, (told, causes) in found.items()], others


def differing(
    cases: Sequence[Case], before: Mapping[int, Observation], after: Mapping[int, Observation]
) -> list[tuple[Case, Difference]]:
    """The cases of which two observations differ, each with the first place."""
    pairs = ((case, before.get(index), after.get(index)) for index, case in enumerate(cases))
    told = ((case, difference(one, other)) for case, one, other in pairs if one is not None and other is not None)
    return [(case, found) for case, found in told if found is not None]


def _causes(
    replayer: Replayer, cases: Sequence[Case], base: Replay, other: Conditions, of: set[Case]
) -> dict[Case, list[str]]:
    """Which conditions change the cases ``of``: all cases are run again, with one condition changed at a time."""
    plain = Conditions()
    names = [name for name in attrs.fields_dict(Conditions) if getattr(plain, name) != getattr(other, name)]
    changed = [plain, *(attrs.evolve(plain, **{name: getattr(other, name)}) for name in names)]
    found: dict[Case, list[str]] = {case: [] for case in of}
    for name, replay in zip(["itself", *names], replayer.replays(cases, changed), strict=True):
        for case, _ in differing(cases, base.passes[0], replay.passes[0]):
            if case in of and "itself" not in found[case]:  # of what changes anyway nothing more can be said
                found[case].append(name)
    return {case: sorted(causes, key=list(CAUSES).index) or ["together"] for case, causes in found.items()}


# --- what a process has left behind --------------------------------------------------------------------


def _read(code: int, job: Mapping[str, Any], cases: Sequence[Case]) -> Replay:
    passes: list[dict[int, Observation]] = [{} for _ in range(job["passes"])]
    touches, registry, at, ended, failed = [], "", None, False, ""
    for line in _lines(job["reply"]):
        if "seen" in line:
            number, index, observation = line["seen"]
            passes[number][index] = observation
            at = None
        elif "at" in line:
            at = line["at"]
        elif "touch" in line:
            index, touch = line["touch"]
            touches.append((index, Touch(**{**touch, "place": Place(**touch["place"])})))
        else:
            registry, ended, failed = line.get("registry", registry), "end" in line, line.get("failed", failed)
    if ended or failed:
        return Replay(passes, touches, registry, failed)
    case, place = (None, None) if at is None else (cases[at[1]], Place(**at[2]))
    trace = Path(job["trace"]).read_text("utf-8", "replace") if os.path.exists(job["trace"]) else ""
    printed = Path(job["printed"]).read_text("utf-8", "replace").strip()
    how = _how(code, trace, printed, float(job["limit"]))
    return Replay(passes, touches, registry, "", Death(case, place, how, _where(trace)))


def _lines(path: str) -> Iterator[dict[str, Any]]:
    if not os.path.exists(path):
        return
    for line in Path(path).read_text("utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:  # it died while it wrote this
            return


def _how(code: int, trace: str, printed: str, limit: float) -> str:
    if trace.startswith("Timeout"):
        return f"did not come to an end within {limit:g} seconds"
    fatal = re.match(r"Fatal Python error: (.+)", trace)
    if fatal:
        return f"crashed Python: {fatal.group(1)}"
    if code < 0:
        return f"ended its process by signal {-code}"
    last = printed.splitlines()[-1:] if code == 1 else []
    return f"ended its process with exit code {code}{f': {last[0]}' if last else ''}"


def _where(trace: str) -> str:
    ours = os.path.dirname(os.path.dirname(os.path.abspath(tier2_core.__file__)))
    own = tuple(os.path.join(ours, name, "") for name in ("tier2_core", "tier2_io"))
    for file, line, name in re.findall(r'File "(.+)", line (\d+) in (.+)', trace):
        if not is_standard(file) and not file.startswith(own):
            return f"{file}:{line} in {name}"
    return ""


def _made(directory: Path) -> Path:
    directory.mkdir(exist_ok=True)
    return directory
