"""The entry point of the command line: arguments in, exit code out.

Exit codes are a contract: 0 done and good; 1 the mission failed, was rejected, or expectations failed; 2 the
input or the usage is wrong; 3 suspended, a decision is needed; 4 a record did not verify; 5 a plugin or the
registry is broken; 130 interrupted; 70 a bug of tier2, the only case in which a traceback is shown.

What a command does not need is not loaded: this module imports nothing of tier2 but its version.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from importlib import import_module

from tier2_core.version import VERSION
from tier2_io import host
from tier2_io.cli.arguments import parser

TYPE_CHECKING = False  # type checkers know the name; ``typing`` need not be loaded to run
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TextIO

DONE, FAILED, USAGE, SUSPENDED, UNVERIFIED, BROKEN, INTERRUPTED, BUG = 0, 1, 2, 3, 4, 5, 130, 70


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    alone = arguments is None
    host.begin(alone=alone)
    try:
        options = parser().parse_args(arguments)
    except SystemExit:  # the usage is wrong, or help was printed
        if not _flushed(sys.stdout, "tier2"):
            sys.exit(USAGE)
        raise
    put_back = host.seclude(alone=alone)
    try:
        code = _executed(options, alone=alone)
        if not _flushed(host.answers(), f"tier2 {options.command}", told=code == USAGE):
            code = USAGE
        return host.end(code)
    except KeyboardInterrupt as error:
        if not host.interrupted():
            return host.end(_left(options, error))
        print("tier2: interrupted; nothing was written.", file=host.complaints())
        return host.end(INTERRUPTED)
    finally:
        if not alone:
            put_back()


def _flushed(stream: TextIO, who: str, *, told: bool = False) -> bool:
    """Whether all that was printed is written; if not, as on a full disk, that is told, and the rest is given up."""
    try:
        stream.flush()
    except OSError as error:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not told:
            print(f"{who}: the output could not be written: {error}", file=host.complaints())
        return False
    return True


def _loaded(command: str, alone: bool) -> Any:
    """The module of a command.

    It stays to the end. To look for garbage in all that, time and again and at exit, takes a tenth of a short run. In
    the process of somebody else, which is not ``alone`` ours, that is not for us to decide.
    """
    module = f"tier2_io.cli.{command.replace('-', '_')}"
    if not alone or not gc.isenabled():
        return import_module(module)
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()


def _executed(options: Any, alone: bool) -> int:
    from tier2_core.errors import AntiFailurePlanningError, CallerError, DecisionError, PluginError
    from tier2_io.documents.files import anchored
    from tier2_io.screen import complain

    try:
        with anchored():
            code: int = _loaded(options.command, alone).execute(options)
        return code
    except (PluginError, AntiFailurePlanningError) as error:  # a plan beyond the limits is its plugin's mistake
        complain(f"tier2 {options.command}: {error}")
        return BROKEN
    except (CallerError, DecisionError) as error:
        complain(f"tier2 {options.command}: {error}")
        return USAGE
    except KeyboardInterrupt:
        raise
    except OSError as error:
        complain(f"tier2 {options.command}: {error}")
        return USAGE
    except Exception:
        import traceback

        traceback.print_exc(file=host.complaints())
        complain(f"tier2 {options.command}: this is a bug of tier2 {VERSION}; please report it with the lines above.")
        return BUG
    except BaseException as error:  # which nothing of tier2 raises
        return _left(options, error)


def _left(options: Any, error: BaseException) -> int:
    from tier2_core.errors import described, place_in
    from tier2_io.screen import complain

    place = place_in(error)
    where = f" ({place})" if place else ""
    complain(f"tier2 {options.command}: a plugin ended the command with {described(error)}{where}.")
    return BROKEN


if __name__ == "__main__":
    sys.exit(main())
