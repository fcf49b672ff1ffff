"""The process as the host of plugins: its streams, its interrupts and its end are not theirs.

Answers go to standard output and complaints to standard error, each through a stream of our own. To plugins, both
:data:`sys.stdout` and file descriptor 1 lead to standard error, so that nothing that they, or programs that they start,
print gets among the answers. A reader who goes away early ends nothing: what he does not read is thrown away.

What Python does for whoever raises ``SystemExit`` or calls :func:`os._exit` would be an exit code that says nothing
about the mission, and may say that all is well. Here it is an exception like any other: the plugin's mistake.

Nothing of this touches the process of a program that merely calls the command line, but for :data:`sys.stdout`,
which is put back.
"""

from __future__ import annotations

import codecs
import io
import os
import signal
import sys
from contextlib import suppress
from contextvars import ContextVar

TYPE_CHECKING = False  # type checkers know the name; ``typing`` need not be loaded to run
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, NoReturn, TextIO

PATIENCE = 5.0
"""For how many seconds threads that plugins have left are waited for at the end."""

_BROKEN = 5
_PLAIN = {"…": "...", "→": "->", "─": "-", "━": "-", "—": "-", "·": "-", "•": "*", "✓": "+", "✗": "x"}
_calling: ContextVar[bool] = ContextVar("tier2_calling_a_plugin", default=False)
_exit = os._exit


class PluginLeft(BaseException):
    """A plugin's code asked for the end of the process; it is raised where it asked."""


class PluginInterrupted(Exception):
    """A plugin's code raised ``KeyboardInterrupt``, and no person had asked for it."""


class _Process:
    """What there is once a process: where answers and complaints go, and how it is to end."""

    def __init__(self) -> None:
        self.answers: TextIO | None = None
        self.complaints: TextIO | None = None
        self.interrupted = False
        self.hears = False
        self.code: int | None = None
        self.kept: list[Any] = []
        self.forks = 0  # how many forks lie between the process that began and this one

    def forked(self) -> None:
        """This is what a process has made of itself; counted, as to ask for a process's number is seen by guards."""
        self.forks += 1


_process = _Process()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_process.forked)


def answers() -> TextIO:
    """Where answers go: standard output, as it was before there were plugins."""
    return _process.answers or sys.stdout


def complaints() -> TextIO:
    """Where complaints go: standard error."""
    return _process.complaints or sys.stderr


def begin(*, alone: bool) -> None:
    """Take the streams, and if the process is ``alone`` ours, the interrupts, too."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # it was closed before we began
            nowhere = open(os.devnull, mode)  # noqa: SIM115 - it stays open as long as the process
            setattr(sys, name, nowhere)
            _process.kept.append(nowhere)
    codecs.register_error("tier2", _plainly)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="tier2")  # a terminal that lacks a character is no reason to stop
    if not alone:
        return
    with suppress(OSError, ValueError, AttributeError):  # they are no files
        sys.stdout, sys.stderr = (
            _stream(_Answers, sys.stdout, sys.stdout.fileno()), _stream(_Stream, sys.stderr, sys.stderr.fileno())
        )  # fmt: skip
    with suppress(ValueError):  # this is not the main thread
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _interrupt)
            _process.hears = True


def seclude(*, alone: bool) -> Callable[[], None]:
    """From here on plugins' code may run; gives what puts the streams back."""
    before = (sys.stdout, sys.stderr, _process.answers, _process.complaints)
    if not alone:
        _process.answers, _process.complaints = sys.stdout, sys.stderr
        sys.stdout = sys.stderr
    else:
        _move_streams()
        _refuse_ends()

    def put_back() -> None:
        sys.stdout, sys.stderr, _process.answers, _process.complaints = before

    return put_back


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function of a plugin gives; what it changes in the process is put right again.

    Raises what it raises, but :class:`PluginInterrupted` for an interrupt that is its own.
    """
    token, limit, forks = _calling.set(True), sys.getrecursionlimit(), _process.forks
    try:
        return function(*arguments)
    except KeyboardInterrupt as error:
        if _process.interrupted or not _process.hears:
            raise
        raise PluginInterrupted("it raised KeyboardInterrupt").with_traceback(error.__traceback__) from error
    finally:
        if _process.forks != forks:  # it has forked, and this is what it has made: of answers one is enough
            _exit(0)
        _calling.reset(token)
        if sys.getrecursionlimit() != limit:
            sys.setrecursionlimit(limit)
        if _process.hears and not forks and signal.getsignal(signal.SIGINT) is not _interrupt:
            with suppress(ValueError):  # another thread
                signal.signal(signal.SIGINT, _interrupt)


def interrupted() -> bool:
    """Whether a person interrupts, as far as that can be told from a plugin's ``KeyboardInterrupt``."""
    return _process.interrupted or not _process.hears


def end(code: int) -> int:
    """The exit code is now said: whatever plugins still do, in threads or at exit, it stays."""
    _process.code = code
    threading = sys.modules.get("threading")
    if threading is not None and any(
        thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate()
    ):
        threading.Thread(target=_lose_patience, args=(code,), daemon=True).start()
    return code


def _lose_patience(code: int) -> None:
    import threading

    if not threading.Event().wait(PATIENCE):
        _complain("a plugin has left a thread that does not end; it is not waited for.")
        _exit(code)


# --- streams -------------------------------------------------------------------------------------------


class _Stream(io.TextIOWrapper):
    """Text to a file of which some errors are no matter: what cannot be written then is thrown away.

    Not a raw file below the buffers: an interrupt in the midst of one would have them write the same once more.
    """

    forgiven: type[OSError] = OSError

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except self.forgiven:
            self._give_up()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except self.forgiven:
            self._give_up()

    def _give_up(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        super().flush()


class _Answers(_Stream):
    """Standard output: where the disk is full, that is to be told."""

    forgiven = BrokenPipeError


def _stream(kind: type[_Stream], like: TextIO, descriptor: int) -> TextIO:
    """A stream like another, to a file descriptor that it does not close."""
    file = io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False))
    lines = bool(getattr(like, "line_buffering", True) or getattr(like, "write_through", False))
    return kind(file, like.encoding, "tier2", line_buffering=lines)


def _move_streams() -> None:
    try:
        out, err = sys.stdout.fileno(), sys.stderr.fileno()
        sys.stdout.flush()
        _process.answers = _stream(_Answers, sys.stdout, os.dup(out))
        _process.complaints = _stream(_Stream, sys.stderr, os.dup(err))
        os.dup2(err, out)
    except (OSError, ValueError, AttributeError):  # they are no files
        _process.answers, _process.complaints = sys.stdout, sys.stderr
        sys.stdout = sys.stderr
        return
    theirs = (_stream(_Stream, sys.stderr, out), _stream(_Stream, sys.stderr, err))
    sys.stdout, sys.stderr = theirs

    import atexit

    def put_back() -> None:
        sys.stdout, sys.stderr = theirs  # Python looks at them once more, and at what it finds says how it ended
        for stream in (sys.__stdout__, sys.__stderr__):  # which nobody flushes if they outlive the interpreter
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()  # type: ignore[union-attr]

    atexit.register(put_back)  # before plugins register theirs, so that it is called after those


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding lacks: something like them, or their number."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_PLAIN.get(one) or one.encode("ascii", "backslashreplace").decode() for one in lacking), error.end


# --- the end -------------------------------------------------------------------------------------------


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    _process.interrupted = True
    raise KeyboardInterrupt


def _refuse_ends() -> None:
    """Have every function of :mod:`os` that ends this process, or makes another of it, tell of it instead."""
    for name in ("_exit", "execv", "execve"):
        refusing = _refusing(name, getattr(os, name))
        for module in (os, sys.modules[os.name]):
            setattr(module, name, refusing)


def _refusing(name: str, ending: Callable[..., Any]) -> Callable[..., Any]:
    def refusing(*arguments: Any, **named: Any) -> Any:
        if _process.forks:  # a process that a plugin, or a pool, has made
            return ending(*arguments, **named)
        what = f"os.{name}({', '.join(map(repr, arguments[:1]))}) was called"
        if _calling.get():
            raise PluginLeft(what)
        # It was a thread, or what is called at exit: nobody would hear of an exception.
        if _process.code is None:
            _complain(f"a plugin has ended the process: {what}.")
            return _exit(_BROKEN)
        return _exit(_process.code)

    return refusing


def _complain(text: str) -> None:
    with suppress(Exception):
        print(f"tier2: {text}", file=complaints(), flush=True)
