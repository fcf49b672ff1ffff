"""What counts as touching the world: audited events (PEP 578), and calls that raise none.

A mission is pure if nothing of this happens while its factory or an operation runs. Everything here is a table;
:mod:`tier2_io.trust.guard` does the watching.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import sys
from collections.abc import Mapping
from types import CodeType, FrameType, MappingProxyType
from typing import Any

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "clock": "read a clock, or waited for one",
        "environment": "asked about its surroundings",
        "file": "touched a file or a directory",
        "input": "read its standard input",
        "native": "called native code",
        "process": "dealt with a process",
        "random": "drew a random number",
        "socket": "used the network",
        "terminal": "asked at the terminal",
        "thread": "started a thread",
    }
)
"""The kinds of touching, each as the verb of a sentence."""

# How many of an event's arguments are shown. Some of the others are secrets: environments, messages, passwords.
_EVENTS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "builtins.breakpoint": ("terminal", 0),
        "builtins.input": ("terminal", 0),
        "ftplib.connect": ("socket", 3),
        "http.client.connect": ("socket", 3),
        "os.exec": ("process", 2),
        "os.fork": ("process", 0),
        "os.forkpty": ("process", 0),
        "os.kill": ("process", 2),
        "os.killpg": ("process", 2),
        "os.posix_spawn": ("process", 2),
        "os.putenv": ("environment", 1),
        "os.spawn": ("process", 3),
        "os.startfile": ("process", 2),
        "os.system": ("process", 1),
        "os.unsetenv": ("environment", 1),
        "pty.spawn": ("process", 1),
        "signal.pthread_kill": ("process", 2),
        "smtplib.connect": ("socket", 3),
        "subprocess.Popen": ("process", 2),
        "webbrowser.open": ("process", 1),
    }
)

# Events that are not among the above, by what stands before their first dot.
_FAMILIES: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "ctypes": ("native", 1),
        "fcntl": ("file", 1),
        "ftplib": ("socket", 0),
        "glob": ("file", 1),
        "http": ("socket", 0),
        "imaplib": ("socket", 0),
        "mmap": ("file", 1),
        "msvcrt": ("file", 1),
        "nntplib": ("socket", 0),
        "open": ("file", 2),
        "os": ("file", 2),
        "pathlib": ("file", 2),
        "poplib": ("socket", 0),
        "resource": ("process", 1),
        "shutil": ("file", 2),
        "smtplib": ("socket", 0),
        "socket": ("socket", 2),
        "sqlite3": ("file", 1),
        "syslog": ("process", 0),
        "telnetlib": ("socket", 0),
        "tempfile": ("file", 1),
        "urllib": ("socket", 1),
        "winreg": ("environment", 2),
    }
)
_SILENT = frozenset({"builtins.input/result", "sqlite3.connect/handle"})

_CLOCKS = (
    "clock_gettime", "clock_gettime_ns", "ctime", "localtime", "mktime", "monotonic", "monotonic_ns", "perf_counter",
    "perf_counter_ns", "process_time", "process_time_ns", "sleep", "thread_time", "thread_time_ns", "time", "time_ns",
)  # fmt: skip
_STARTING = ("start_joinable_thread", "start_new_thread")  # not every Python audits them
_SYSTEM: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "environment": (
            "cpu_count", "getcwd", "getcwdb", "getegid", "geteuid", "getgid", "getgroups", "getloadavg", "getlogin",
            "getpgid", "getpgrp", "getpid", "getppid", "getuid", "process_cpu_count", "sched_getaffinity", "uname",
        ),
        "file": (
            "_path_exists", "_path_isdir", "_path_isfile", "_path_islink", "access", "lstat", "read", "readlink",
            "stat", "statvfs", "write",
        ),
        "random": ("getrandom", "urandom"),
    }
)  # fmt: skip

# Functions in C by name and module; their arguments cannot be seen, so that only those are here which are
# never pure.
_FUNCTIONS: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        **{name: {"time": ("clock", f"time.{name}()")} for name in _CLOCKS},
        **{
            name: dict.fromkeys(("posix", "nt"), (kind, f"os.{name}()"))
            for kind, names in _SYSTEM.items()
            for name in names
        },
        **{name: {"_thread": ("thread", "threading.Thread.start()")} for name in _STARTING},
        "generate_time_safe": {"_uuid": ("clock", "uuid.uuid1()")},
        "times": {"posix": ("clock", "os.times()")},
    }
)
_NOW = frozenset({"now", "today", "utcnow"})
_DRAWING = frozenset({"getrandbits", "random", "seed"})
_READING = frozenset({"peek", "read", "read1", "readall", "readinto", "readinto1", "readline", "readlines"})
_SHARED_RANDOM = random.random.__self__  # type: ignore[attr-defined]

INTERESTING = frozenset({*_FUNCTIONS, *_NOW, *_DRAWING, *_READING})
"""The names of all functions in C that :func:`touched_by_function` may know; every other one is soon done with."""


def touched_by_event(event: str) -> tuple[str, int] | None:
    """The kind of an audited event, and how many of its arguments may be shown; ``None`` if it touches nothing."""
    found = _EVENTS.get(event)
    if found is not None:
        return found
    found = _FAMILIES.get(event.partition(".")[0])
    return None if found is None or event in _SILENT else found


def touched_by_function(function: Any) -> tuple[str, str] | None:
    """The kind and the text of a call of a function in C; ``None`` if it touches nothing."""
    name, owner = function.__name__, getattr(function, "__self__", None)
    known = _FUNCTIONS.get(name, {}).get(getattr(function, "__module__", None) or "")
    if known is not None:
        return known
    if name in _NOW and isinstance(owner, type) and issubclass(owner, dt.date):
        return "clock", f"{owner.__module__}.{owner.__qualname__}.{name}()"
    if name in _DRAWING and owner is _SHARED_RANDOM:
        return "random", f"random.{name}()"
    if name in _READING and owner is not None and (way := _way_to_input(owner)):
        return "input", f"{way}.{name}()"
    return None


def _way_to_input(owner: Any) -> str:
    for way in ("stdin", "__stdin__"):
        layer, path = getattr(sys, way), f"sys.{way}"
        for below in ("buffer", "raw", ""):
            if layer is owner:
                return path
            try:
                layer, path = getattr(layer, below, None), f"{path}.{below}"
            except ValueError:  # it was detached
                break
    return ""


def _variable(frame: FrameType) -> tuple[str, str] | None:
    name = frame.f_locals.get("key")
    return "environment", f"os.environ[{name!r}]" if type(name) in (str, bytes) else "os.environ"


def _variables(frame: FrameType) -> tuple[str, str] | None:
    return "environment", "os.environ"


def _seeded(frame: FrameType) -> tuple[str, str] | None:
    # A generator that is made with a seed is as pure as any other object.
    return ("random", "random.Random()") if frame.f_locals.get("a") is None else None


_ENVIRON: Any = type(os.environ)
_PYTHON: Mapping[CodeType, Any] = MappingProxyType(
    {
        _ENVIRON.__getitem__.__code__: _variable,
        _ENVIRON.__iter__.__code__: _variables,
        _ENVIRON.__len__.__code__: _variables,
        _ENVIRON.copy.__code__: _variables,
        random.Random.seed.__code__: _seeded,
    }
)
PYTHON_NAMES = frozenset(code.co_name for code in _PYTHON)
"""The names of all functions in Python that :func:`touched_by_python` may know."""


def touched_by_python(frame: FrameType) -> tuple[str, str] | None:
    """The kind and the text of a call of a function in Python, by its frame; ``None`` if it touches nothing."""
    told = _PYTHON.get(frame.f_code)
    return None if told is None else told(frame)
