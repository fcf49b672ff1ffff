"""For the tests of missions: is a mission within the limits, and is it pure, as far as that can be seen.

In a test of your own plugin, with the plugin installed or its module handed over::

    from tier2_io.testing import check_mission

    def test_greet_is_pure():
        report = check_mission("greet")
        assert report.passed, str(report)

The plugin's code is run in fresh processes; see :func:`check_mission` for what is tried there. What no check can see
is in :data:`BLIND`, and in every report.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from tier2_core import InvalidSpecError, PluginError, Registry, default_registry
from tier2_core.errors import did_you_mean
from tier2_io.screen import safe
from tier2_io.trust import guard
from tier2_io.trust.checking import Asked, checked
from tier2_io.trust.findings import Finding

__all__ = ["BLIND", "CheckReport", "Finding", "check_mission", "check_plugin"]

BLIND = (
    "inputs that were not tried: another one may take another way through the code",
    "other machines, operating systems and versions of Python or of libraries: all of it ran here",
    *guard.BLIND,
)
"""What no check of a mission can see; honestly said every time."""


@frozen
class CheckReport:
    """What was found about a mission or a plugin, what was tried, and what cannot be seen.

    ``findings`` are :class:`Finding`; ``checked`` has ``missions`` and ``operations``, each by name with the numbers of
    ``params``, ``states`` and ``runs``, and the number of ``processes`` (0: this one); ``blind`` are sentences. As a
    text it reads well in a failing test.

    >>> report = check_mission("echo", processes=0)
    >>> report.passed, report.findings, sorted(report.checked)
    (True, (), ['missions', 'operations', 'processes'])
    """

    subject: str
    findings: tuple[Finding, ...]
    checked: Mapping[str, Any]
    blind: tuple[str, ...] = BLIND

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: ``blind``, ``checked``, ``findings``, ``passed``, ``subject``."""
        return {
            "blind": list(self.blind),
            "checked": dict(self.checked),
            "findings": [finding.to_dict() for finding in self.findings],
            "passed": self.passed,
            "subject": self.subject,
        }

    def __str__(self) -> str:
        found = len(self.findings)
        told = "1 finding" if found == 1 else f"{found} findings" if found else "nothing was found"
        lines = [f"{self.subject}: {told}", ""]
        named = {**self.checked["missions"], **self.checked["operations"]}
        width = max(map(len, named), default=0)
        for name, counts in named.items():
            lines.append(f"  {name.ljust(width)}  {', '.join(f'{number} {what}' for what, number in counts.items())}")
        lines += ["", *_wrapped("", _where(self.checked["processes"]))]
        for finding in self.findings:
            lines += ["", finding.kind, *_wrapped("  ", finding.message)]
            lines += [f"  at    {finding.where}"] if finding.where else []
            lines += [f"  with  {finding.case}"] if finding.case else []
        lines += ["", "What it cannot see:", *(line for one in self.blind for line in _wrapped("  - ", one))]
        return "\n".join(map(safe, lines))


def _where(processes: int) -> str:
    if not processes:
        return "Each was run three times in this process, the last time with its keys in another order."
    others = f" and once in {processes - 1} more" if processes > 1 else ""
    return (
        f"Each was run twice in a fresh process{others}, under other hash seeds, orders of keys, time zones, "
        "languages, homes and directories."
    )


def _wrapped(begin: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        100,
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_long_words=False,
        break_on_hyphens=False,
    )


def check_mission(
    name: str,
    *,
    params: Iterable[Mapping[str, Any]] = (),
    states: Iterable[Mapping[str, Any]] = (),
    registry: Registry | None = None,
    processes: int = 3,
    timeout: float = 10.0,
) -> CheckReport:
    """Try a mission and the operations of its plugin that it plans; a report with everything that was found.

    Params and states are made from the mission's schemas; ``params`` and ``states`` are tried as well. Each is run
    in so many fresh ``processes``, twice in the first, watched by the guard, and everything has to come out the same:
    under other hash seeds, with keys in another order, in other time zones, languages, homes and directories. A step
    that takes longer than ``timeout`` seconds is a finding.

    Fresh processes know what is installed, and modules that were handed to :func:`load_registry`. With other
    objects in ``registry``, or with ``processes=0``, everything is run in this process, where nothing protects it
    from a mission that hangs; the audit hook then stays installed, and does nothing.

    Raises :class:`UnknownMissionError`.

    >>> check_mission("echo", params=[{"hello": "world"}], processes=0).passed
    True
    """
    known = default_registry() if registry is None else registry
    entry = known.get(name)
    return _report(f"Mission '{name}'", Asked(known, [entry], None, params, states, processes, timeout))


def check_plugin(
    name: str,
    *,
    params: Iterable[Mapping[str, Any]] = (),
    states: Iterable[Mapping[str, Any]] = (),
    registry: Registry | None = None,
    processes: int = 3,
    timeout: float = 10.0,
) -> CheckReport:
    """Like :func:`check_mission`, of all missions and all operations of a plugin.

    Raises :class:`PluginError` for a plugin that could not be loaded, and :class:`InvalidSpecError` if there is none
    of that name.

    >>> check_plugin("echo")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.InvalidSpecError: No plugin 'echo' is there; ... mission 'echo' is of plugin 'builtin'.
    """
    known = default_registry() if registry is None else registry
    for failure in known.failures:
        if failure.plugin == name:
            raise PluginError(str(failure), plugin=failure.plugin, distribution=failure.distribution)
    plugins = [plugin.name for plugin in known.plugins]
    if name not in plugins:
        owner = known.missions[name].plugin if name in known.missions else None
        hint = f"; mission '{name}' is of plugin '{owner}'." if owner else did_you_mean(name, plugins) or "."
        raise InvalidSpecError(
            f"No plugin '{name}' is there; there are {', '.join(sorted(plugins)) or 'none'}{hint}", field="name"
        )
    entries = [entry for entry in known.missions.values() if entry.plugin == name]
    operations = [operation for operation in known.operations.values() if operation.plugin == name]
    return _report(f"Plugin '{name}'", Asked(known, entries, operations, params, states, processes, timeout))


def _report(subject: str, asked: Asked) -> CheckReport:
    findings, counts, notes = checked(asked)
    return CheckReport(subject, findings, counts, (*notes, *BLIND))
