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
from importlib import import_module

from tier2_core.version import VERSION
from tier2_io.cli.arguments import parser

TYPE_CHECKING = False  # type checkers know the name; ``typing`` need not be loaded to run
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

DONE, FAILED, USAGE, SUSPENDED, UNVERIFIED, BROKEN, INTERRUPTED, BUG = 0, 1, 2, 3, 4, 5, 130, 70


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # it was closed before we began
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - it stays open as long as the process
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character is no reason to stop
    try:
        options = parser().parse_args(arguments)
        code = _executed(options, alone=arguments is None)
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:  # the disk is full
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            print(f"tier2 {options.command}: the output could not be written: {error}", file=sys.stderr)
            return USAGE
        return code
    except BrokenPipeError:
        # Whoever read the output has seen enough of it. Nothing may be flushed to the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        print("tier2: interrupted; nothing was written.", file=sys.stderr)
        return INTERRUPTED


def _loaded(command: str, alone: bool) -> Any:
    """The module of a command.

    It stays to the end. To look for garbage in all that, time and again and at exit, takes a tenth of a short run. In
    the process of somebody else, which is not ``alone`` ours, that is not for us to decide.
    """
    if not alone or not gc.isenabled():
        return import_module(f"tier2_io.cli.{command}")
    gc.disable()
    try:
        return import_module(f"tier2_io.cli.{command}")
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
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except OSError as error:
        complain(f"tier2 {options.command}: {error}")
        return USAGE
    except Exception:
        import traceback

        traceback.print_exc()
        complain(f"tier2 {options.command}: this is a bug of tier2 {VERSION}; please report it with the lines above.")
        return BUG


if __name__ == "__main__":
    sys.exit(main())
