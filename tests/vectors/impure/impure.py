"""Missions that are not pure, each in one way; and, at the end, innocent ones that only look like it.

Each is a function of a state's items that gives a value; ``@operation`` makes a mission of it that puts the value into
the state, ``@factory`` one whose factory puts it into the plan. The tests, and the manual, hold what is found of each.
"""

# mypy: ignore-errors
# Written as somebody would who checks no types.

import copy
import dataclasses
import datetime as dt
import decimal
import functools
import hashlib
import json
import locale
import logging
import os
import platform
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import warnings
from pathlib import Path

from tier2_core import Mission, Operation, StepSpec, WorkflowDefinition, hookimpl, thaw

MISSIONS = []
OPERATIONS = []
SCHEMA = {"type": "object", "properties": {name: {"const": name} for name in "abcdefgh"}}
STARTED = time.time()
HOME = os.environ.get("HOME")
CALLS = []
KEPT = []
LOG = logging.getLogger("impure")


def operation(function, schema=None):
    """A mission with one step, which sets ``value``."""
    name = function.__name__

    def apply(state, call):
        return state.set("value", function(state))

    def build(params):
        return WorkflowDefinition(f"wf-{name}", [StepSpec("only", "runtime", {"operation": f"{name}.do"})])

    MISSIONS.append(Mission(name, build, function.__doc__, state_schema=schema))
    OPERATIONS.append(Operation(f"{name}.do", apply, summary=function.__doc__))
    return function


def factory(function):
    """A mission whose factory puts the value into its one step."""
    name = function.__name__

    def build(params):
        return WorkflowDefinition(f"wf-{name}", [StepSpec("only", "runtime", {"value": function(params)})])

    MISSIONS.append(Mission(name, build, function.__doc__))
    return function


@factory
def clock(params):
    """puts `time.time()` into its plan"""
    return time.time()


@operation
def today(state):
    """`datetime.now(UTC).date()`"""
    return str(dt.datetime.now(dt.UTC).date())


@operation
def clock_unused(state):
    """reads a clock and does not use it"""
    return time.monotonic() > 0


@operation
def local_time(state):
    """`time.localtime(0)`"""
    return time.localtime(0).tm_hour


@operation
def local_stamp(state):
    """`datetime(2026, 3, 2).timestamp()`, in the local zone"""
    return dt.datetime(2026, 3, 2).timestamp()


@operation
def sleep(state):
    """`time.sleep(0)`"""
    return time.sleep(0)


@operation
def imported_clock(state):
    """a clock that was read when the module was imported"""
    return STARTED


@operation
def imported_home(state):
    """`$HOME`, read when the module was imported"""
    return HOME


@operation
def shared_random(state):
    """`random.random()`"""
    return random.random()


@factory
def own_random(params):
    """`random.Random().random()`, in its factory"""
    return random.Random().random()


@operation
def token(state):
    """`uuid.uuid4()`"""
    return str(uuid.uuid4())


@operation
def set_order(state):
    """the order of a set of texts"""
    return list({"one", "two", "three", "four", "five", "six", "seven"})


@operation
def hashed(state):
    """`hash("text")`"""
    return hash("text") % 1000003


@functools.partial(operation, schema=SCHEMA)
def key_order(state):
    """the order of the state's keys"""
    return list(state)


@operation
def address(state):
    """`repr(object())`, which shows an address"""
    KEPT.append(object())
    return repr(KEPT[-1])


@operation
def process_id(state):
    """`os.getpid()`"""
    return os.getpid()


@operation
def counter(state):
    """counts its calls in a list of the module"""
    CALLS.append(1)
    return len(CALLS)


@factory
def remembers(params, seen=[]):  # noqa: B006 - the point of it
    """remembers in a default argument, in its factory"""
    seen.append(1)
    return len(seen)


@operation
def environment(state):
    """an environment variable that is not set"""
    return os.environ.get("THROWAWAY_NO_SUCH_VARIABLE")


@operation
def home(state):
    """`os.path.expanduser("~")`"""
    return os.path.expanduser("~")


@operation
def directory(state):
    """`os.getcwd()`"""
    return os.getcwd()


@operation
def exists(state):
    """`Path.exists()` of what is not there"""
    return Path("/no/such/place").exists()


@factory
def reads(params):
    """reads a file, in its factory"""
    return len(Path(__file__).read_bytes())


@functools.lru_cache
def _kept():
    return len(Path(__file__).read_bytes())


@operation
def reads_once(state):
    """reads a file at its first call, and keeps that"""
    return _kept()


@operation
def writes(state):
    """writes to a file"""
    with open(os.devnull, "w") as file:
        return file.write("a")


@operation
def temporary(state):
    """makes a temporary file"""
    tempfile.TemporaryFile().close()


@operation
def database(state):
    """`sqlite3.connect(":memory:")`"""
    return sqlite3.connect(":memory:").close()


@operation
def network(state):
    """makes a socket"""
    return socket.socket().close()


@operation
def command(state):
    """runs a program"""
    return subprocess.run([sys.executable, "-S", "-c", ""], check=False).returncode


@operation
def fork(state):
    """`os.fork()`"""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    return child == 0


@operation
def thread(state):
    """a thread that reads a clock"""
    seen = []
    runner = threading.Thread(target=lambda: seen.append(time.time()))
    runner.start()
    runner.join()
    return seen


@operation
def reads_input(state):
    """`sys.stdin.read()`, and uses nothing of it"""
    sys.stdin.read()


@operation
def loops_over_input(state):
    """a loop over `sys.stdin`"""
    return list(sys.stdin)


@operation
def arguments(state):
    """`len(sys.argv)`"""
    return len(sys.argv)


@operation
def threads(state):
    """`threading.active_count()`"""
    return threading.active_count()


@operation
def prints(state):
    """`print()`"""
    return print("impure")


@operation
def logs(state):
    """logs a warning"""
    return LOG.warning("impure")


@operation
def system(state):
    """`sys.platform`"""
    return sys.platform


@operation
def rare(state):
    """reads a clock, on a state that is not tried"""
    return time.time() if state.get("rare") == "very" else None


# --- innocent --------------------------------------------------------------------------------------------


@operation
def innocent_import(state):
    """imports a module when it is first needed"""
    import colorsys

    return colorsys.rgb_to_hsv(1, 0, 0)


@operation
def innocent_warning(state):
    """warns"""
    warnings.warn("old", UserWarning, stacklevel=1)


@operation
def innocent_class(state):
    """makes classes"""
    made = dataclasses.make_dataclass("Made", ["a"])
    return repr(made(1))


@operation
def innocent_random(state):
    """draws from a generator with a seed"""
    return random.Random(7).randint(1, 6)


@operation
def innocent_library(state):
    """uses the standard library"""
    day = dt.datetime.strptime("2026-03-02", "%Y-%m-%d").replace(tzinfo=dt.UTC)
    parts = [day.isoformat(), str(decimal.Decimal("1.1") * 3), hashlib.sha256(b"a").hexdigest(), json.dumps([1])]
    parts += [
        str(uuid.uuid5(uuid.NAMESPACE_URL, "a")),
        locale.format_string("%d", 5),
        time.strftime("%Y", day.timetuple()),
    ]
    return [*parts, copy.deepcopy({"a": [1]}), platform.python_implementation()]


@operation
def innocent_order(state):
    """sorts"""
    return sorted({*state, "one", "two", "three"})


@operation
def innocent_log(state):
    """logs what nobody listens to"""
    return LOG.debug("pure")


@operation
def innocent_copy(state):
    """looks at its state as plain data"""
    return len(thaw(state))


@hookimpl
def tier2_missions():
    return MISSIONS


@hookimpl
def tier2_operations():
    return OPERATIONS
