"""The arguments of the command line, as a value: what :mod:`argparse` makes help and usage errors of."""

from __future__ import annotations

import argparse
import os
import sys
from functools import cached_property, partial

from tier2_core.version import VERSION

TYPE_CHECKING = False  # type checkers know the name; ``typing`` need not be loaded to run
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

USAGE = 2

EPILOG = """\
exit codes: 0 done and good; 1 the mission failed, was rejected, or expectations failed;
2 the input or the usage is wrong; 3 suspended; 4 a record did not verify; 5 a plugin or
the registry is broken; 130 interrupted; 70 a bug of tier2"""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence on standard error and exit code 2."""

    def error(self, message: str) -> NoReturn:
        words = (word if len(word) <= 80 else f"{word[:79]}…" for word in message.split(" "))
        text = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in " ".join(words))
        print(f"{self.prog}: {text}; see '{self.prog} --help'.", file=sys.stderr)
        sys.exit(USAGE)

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """The value of an argument: ``--option=--`` gives the option the value ``--``, and not none at all.

        Up to Python 3.12, argparse takes a ``--`` out wherever it stands, and is left with an empty list.
        """
        if action.nargs is None and arg_strings == ["--"]:
            value = self._get_value(action, "--")
            self._check_value(action, value)
            return value
        return super()._get_values(action, arg_strings)


class _Command:
    """The parser of a command, made when something is first asked of it: a command line names one of many."""

    def __init__(self, arguments: Callable[[argparse.ArgumentParser], None], **settings: Any) -> None:
        self._arguments, self._settings = arguments, settings

    @cached_property
    def _parser(self) -> argparse.ArgumentParser:
        made = _Parser(**self._settings)
        made.add_argument("--json", action="store_true", help="print JSON for machines")
        self._arguments(made)
        return made

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_settings" not in vars(self):  # as while it is copied
            raise AttributeError(name)
        return getattr(self._parser, name)


def parser() -> argparse.ArgumentParser:
    """The whole command line as a value."""
    width = _columns() - 2  # argparse itself would load shutil to find it out
    top = _Parser(
        prog="tier2",
        description="Run missions: bounded plans whose every step can be audited and recomputed.",
        epilog=EPILOG,
        formatter_class=partial(argparse.RawDescriptionHelpFormatter, width=width),
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"tier2 {VERSION}")
    commands: Any = top.add_subparsers(
        prog="tier2", dest="command", metavar="COMMAND", required=True, parser_class=_Command
    )
    for name, summary, arguments in (
        ("missions", "List the installed missions.", _plugins),
        ("plugins", "List the installed plugins and their failures; check a plugin, or write a new one.", _of_plugins),
        ("plan", "Show the steps that a mission plans for its params.", _of_plan),
        ("run", "Run a mission; at a terminal, people are asked for their decisions.", _of_run),
        ("resume", "Continue a recorded run that waits for a decision.", _of_resume),
        ("sign-decision", "Sign an answer to a run that waits, or sign what others have signed.", _of_sign_decision),
        ("explore", "Show where each possible answer to a mission's human steps leads.", _of_explore),
        ("test", "Run suites and check their expectations.", _of_test),
        ("verify", "Recompute records of runs and of test runs, and say whether they are true.", _of_verify),
        ("diff", "Show how the records of two runs differ, the likely cause first.", _of_diff),
        ("show", "Tell the story of a recorded run: its steps, who decided, and what each step changed.", _of_show),
        ("effects", "Do what runs want done in the world, once, with the installed handlers.", _of_effects),
        ("keygen", "Generate a key pair for signing records.", _of_keygen),
        ("registry", "Lock the installed plugins to a file, or say what has changed since.", _of_registry),
        ("schema", "Print a JSON Schema, for editors and other tools.", _of_schema),
    ):
        commands.add_parser(
            name,
            help=summary,
            description=summary,
            formatter_class=partial(argparse.HelpFormatter, width=width),
            allow_abbrev=False,
            arguments=arguments,
        )
    return top


def _columns() -> int:
    """How wide the terminal is, as :func:`shutil.get_terminal_size` says; but that module loads what packs archives."""
    try:
        columns = int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        columns = 0
    if columns <= 0:
        try:
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
        except (AttributeError, ValueError, OSError):
            columns = 0
    return columns or 80


def _of_plugins(to: argparse.ArgumentParser) -> None:
    _plugins(to)
    actions = to.add_subparsers(dest="action", metavar="ACTION")
    written = "write a small distribution with a plugin, ready to install and to test"
    new = actions.add_parser("new", help=written, description=f"{written.capitalize()}.", allow_abbrev=False)
    new.add_argument("name", metavar="NAME", help="the name of the distribution, as in 'my-missions'")
    new.add_argument("--directory", metavar="DIR", default="", help="where it is written; default: here")
    new.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON for machines")
    check = actions.add_parser("check", help="look for impurity and broken limits in a plugin", allow_abbrev=False)
    check.add_argument("name", metavar="NAME", help="the plugin")
    _plugins(check, again=True)
    check.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON for machines")


def _of_plan(to: argparse.ArgumentParser) -> None:
    to.add_argument("mission", metavar="NAME", help="the mission")
    _params(to)
    _plugins(to)


def _of_run(to: argparse.ArgumentParser) -> None:
    to.add_argument("mission", metavar="NAME", help="the mission")
    _state(to)
    _params(to)
    to.add_argument("--unattended", action="store_true", help="pass human steps without asking")
    _guard(to)
    _outputs(to)
    to.add_argument("--record", metavar="FILE", help="write the record of the run, from which anyone recomputes it")
    _sign(to)
    _plugins(to)


def _of_resume(to: argparse.ArgumentParser) -> None:
    to.add_argument("file", metavar="FILE", help="the record of the run; it is replaced by the one that follows")
    answer = to.add_mutually_exclusive_group()
    answer.add_argument(
        "--approve", action="store_true", help="approve the step that waits; without --seen, show what that leads to"
    )
    answer.add_argument("--reject", action="store_true", help="reject it, which ends the run")
    to.add_argument("--value", metavar="JSON", help="the value that is approved, JSON if it parses")
    to.add_argument("--reason", metavar="TEXT", help="why; it is recorded")
    to.add_argument("--actor", metavar="NAME", help="who decides; recorded as claimed; default: the login name")
    _guard(to)
    to.add_argument(
        "--seen",
        metavar="DIGEST",
        help="what was shown, as it is named there; refused if something else would happen now",
    )
    to.add_argument("--unseen", action="store_true", help="approve without having looked at what a yes leads to")
    to.add_argument("--decision", metavar="ENVELOPE", help="the answer, as people have signed it with sign-decision")
    _approvers(to)
    _outputs(to)
    _sign(to)
    _plugins(to)


def _of_sign_decision(to: argparse.ArgumentParser) -> None:
    to.add_argument("file", metavar="FILE", help="the record of the run that waits; it stays as it is")
    to.add_argument("--key", metavar="KEY", required=True, help="sign with the private key in this file")
    to.add_argument(
        "--decision", metavar="ENVELOPE", required=True, help="what is signed; if it is there, sign that as well"
    )
    answer = to.add_mutually_exclusive_group()
    answer.add_argument("--approve", action="store_true", help="approve the step that waits")
    answer.add_argument("--reject", action="store_true", help="reject it, which ends the run")
    to.add_argument("--value", metavar="JSON", help="the value that is approved, JSON if it parses")
    to.add_argument("--reason", metavar="TEXT", help="why")
    to.add_argument("--actor", metavar="NAME", help="who decides, as approvers files name the person; default: nobody")
    to.add_argument("--seen", metavar="DIGEST", help="what was shown, as it is named there; without it, it is shown")
    _plugins(to)


def _approvers(to: argparse.ArgumentParser) -> None:
    to.add_argument("--approvers", metavar="FILE", help="TOML that says whose keys count for signed decisions")


def _of_explore(to: argparse.ArgumentParser) -> None:
    to.add_argument("mission", metavar="NAME", help="the mission")
    _state(to)
    _params(to)
    to.add_argument(
        "--value", metavar="STEP=VALUE", action="append", default=[], help="the value that a step is approved with"
    )
    _plugins(to)
    to.add_argument("--suite", metavar="FILE", help="write a suite with one scenario for each path")


def _of_test(to: argparse.ArgumentParser) -> None:
    to.add_argument("files", metavar="FILE", nargs="+", help="a test document, JSON or TOML")
    to.add_argument(
        "--record", metavar="FILE", help="write the record of the test runs, from which they are recomputed"
    )
    to.add_argument(
        "-j", "--jobs", metavar="N", type=_jobs, default=1, help="run in so many processes; 'auto': one a core"
    )
    _sign(to)
    _plugins(to)


def _of_verify(to: argparse.ArgumentParser) -> None:
    to.add_argument("files", metavar="FILE", nargs="+", help="a record")
    to.add_argument(
        "--key",
        metavar="PUB",
        action="append",
        default=[],
        help="a public key that every record must be signed by; given twice, by both",
    )
    _approvers(to)
    _plugins(to)


def _of_diff(to: argparse.ArgumentParser) -> None:
    to.add_argument("a", metavar="A", help="a record")
    to.add_argument("b", metavar="B", help="another")


def _of_show(to: argparse.ArgumentParser) -> None:
    to.add_argument("file", metavar="FILE", help="a record; it is not verified")
    _plugins(to)


def _of_effects(to: argparse.ArgumentParser) -> None:
    to.add_argument("action", choices=["do"], help="do what was not done yet; a journal beside the file says what was")
    to.add_argument("file", metavar="FILE", help="the effects of a run, as --effects-out writes them")
    to.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    to.add_argument("--files", metavar="DIR", help="do effects of the kind file.write below this directory")
    to.add_argument(
        "--timeout", metavar="SECONDS", type=_seconds, default=300.0, help="the most that a handler may take (300)"
    )
    _plugins(to)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected a number of seconds above 0")
    return seconds


def _of_keygen(to: argparse.ArgumentParser) -> None:
    to.add_argument("file", metavar="FILE", help="the private key; the public one gets the ending .pub")


def _of_registry(to: argparse.ArgumentParser) -> None:
    to.add_argument("action", choices=["lock", "check"], help="write the file, or hold what is installed against it")
    to.add_argument("file", metavar="FILE", help="the file with what is installed")
    _plugins(to)


def _of_schema(to: argparse.ArgumentParser) -> None:
    to.add_argument("kind", choices=["suite", "state", "decision", "record"], help="of what")
    to.add_argument("mission", metavar="MISSION", nargs="?", help="the mission whose state or decisions are meant")
    _params(to)
    _plugins(to)


def _jobs(text: str) -> int:
    if text == "auto":
        from tier2_io.parallel.workers import cores

        return cores()
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 5 and int(text)):
        raise argparse.ArgumentTypeError(f"found {text!r}; expected a number from 1 to 9999, or 'auto'")
    return int(text)


def _plugins(to: argparse.ArgumentParser, *, again: bool = False) -> None:
    """The options that choose plugins; ``again`` if they were possible before, and what was said then stands."""
    group = to.add_argument_group("plugins")
    names: object = argparse.SUPPRESS if again else []
    no: object = argparse.SUPPRESS if again else False
    group.add_argument("--block", metavar="NAME", action="append", default=names, help="do not load this plugin")
    group.add_argument("--only", metavar="NAME", action="append", default=names, help="load no plugin but this one")
    group.add_argument("--strict", action="store_true", default=no, help="stop at the first plugin that is broken")


def _state(to: argparse.ArgumentParser) -> None:
    to.add_argument("--state", metavar="FILE", help="the initial state, JSON or TOML; - is standard input")
    to.add_argument(
        "--set",
        metavar="POINTER=VALUE",
        action="append",
        default=[],
        help="change the initial state: a path (/tasks/0/done or tasks.0.done) and a value, JSON if it parses",
    )


def _guard(to: argparse.ArgumentParser) -> None:
    to.add_argument(
        "--guard",
        action="store_true",
        help="write nothing if the mission's code touches files, sockets, processes, clocks or the like; say where",
    )


def _sign(to: argparse.ArgumentParser) -> None:
    to.add_argument("--sign", metavar="KEY", help="sign the record with the private key in this file")


def _outputs(to: argparse.ArgumentParser) -> None:
    to.add_argument("--out", metavar="FILE", help="write the result as JSON")
    to.add_argument("--state-out", metavar="FILE", help="write the final state as JSON, if the mission succeeded")
    to.add_argument(
        "--effects-out", metavar="FILE", help="write the effects, one a line, for 'tier2 effects do', if it succeeded"
    )


def _params(to: argparse.ArgumentParser) -> None:
    to.add_argument(
        "--param",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a param of the mission; the value is read as JSON if it parses, else as text",
    )
