"""Worker processes: they run chunks of scenarios, and when one of them dies nothing is lost.

Each worker has a pipe of its own and one chunk at a time, so that it is known what one that has died was at. That chunk
is run again, one scenario at a time; what ends its process once more has done so alone, and is a :class:`PluginError`
that names the mission.

Where this process has one thread and the platform is made for it, workers are forked, and have the definitions from
their birth; elsewhere they are spawned, and the definitions are sent. Workers do not hear an interrupt: it is this
process that ends them. When this process is gone, they end by themselves.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection
from typing import Any, Self

from tier2_core import PluginError
from tier2_io.parallel.board import Board, Task
from tier2_io.parallel.chunks import Chunk, Done, Failure, evaluated, portable

ChunkOf = Callable[[Task], Chunk]


class _Worker:
    """A process, our end of its pipe, and what it is at."""

    def __init__(self, chunk_of: ChunkOf) -> None:
        method = _method()
        context: Any = multiprocessing.get_context(method)
        self.forked = method == "fork"
        self.pipe, theirs = context.Pipe()
        arguments = (theirs, self.pipe, chunk_of) if self.forked else (theirs,)
        self.process = context.Process(target=_serve, args=arguments, daemon=True)
        with _no_interrupt():
            self.process.start()
        theirs.close()
        self.began = False
        self.task: Task | None = None
        self.mission = ""

    def end(self) -> str:
        """End the process if it has not ended; says how it did."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        code = self.process.exitcode
        if code >= 0:
            return f"exit code {code}"
        killed = ", as the system does when memory runs out" if -code == getattr(signal, "SIGKILL", 9) else ""
        return f"signal {-code}{killed}"


class Workers:
    """Worker processes, started on entry and gone on exit; if that is an error or an interrupt, they are killed."""

    def __init__(self, count: int, chunk_of: ChunkOf) -> None:
        self._count = count
        self._chunk_of = chunk_of
        self._team: dict[Any, _Worker] = {}
        self._stillborn = 0

    def __enter__(self) -> Self:
        try:
            self._start(self._count)
        except BaseException:
            self._end(kill=True)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self._end(kill=kind is not None)

    def done(self, board: Board) -> Generator[tuple[Task, Done], None, None]:
        """Work off the board, and give what comes out as it comes."""
        while not board.over:
            idle = [worker for worker in self._team.values() if worker.task is None]
            self._start(min(board.waiting - len(idle), self._count - len(self._team)))
            finished = [self._heard(board, self._team[pipe]) for pipe in connection.wait(list(self._team))]
            # What has come out is looked at while the workers are at the next.
            for worker in list(self._team.values()):
                if worker.began and worker.task is None:
                    self._hand_out(board, worker)
            yield from filter(None, finished)

    def _start(self, count: int) -> None:
        for _ in range(count):
            worker = _Worker(self._chunk_of)
            self._team[worker.pipe] = worker

    def _hand_out(self, board: Board, worker: _Worker) -> None:
        task = board.take()
        if task is None:
            return
        try:
            worker.pipe.send(task if worker.forked else (self._chunk_of(task), task.alone))
        except OSError:  # it has died in the meantime; the pipe will say so
            board.give_back(task, [task])
        else:
            worker.task, worker.mission = task, ""

    def _heard(self, board: Board, worker: _Worker) -> tuple[Task, Done] | None:
        """Take a message: that it is ready, the name of a mission that it begins, what is done, or an error."""
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            return self._died(board, worker)
        task = worker.task
        if isinstance(message, str):
            worker.mission = message
        elif isinstance(message, BaseException):
            raise message
        elif task is None:
            worker.began = True
        else:
            worker.task = None
            return task, message
        return None

    def _died(self, board: Board, worker: _Worker) -> tuple[Task, Done] | None:
        del self._team[worker.pipe]
        how, task = worker.end(), worker.task
        if task is not None and task.alone:
            return task, Done(failure=Failure(self._at_fault(task, worker.mission, how), 0))
        if task is not None:
            board.give_back(task, [Task(task.run, at, at + 1, True) for at in range(task.start, task.stop)])
        elif not worker.began:
            self._stillborn += 1
            if self._stillborn > self._count:
                raise ChildProcessError(f"Worker processes end before they begin: {how}.")
        return None

    def _at_fault(self, task: Task, mission: str, how: str) -> PluginError:
        chunk = self._chunk_of(task)
        scenario = chunk.scenarios[0].scenario_name
        if not mission:
            return PluginError(
                f"The process that was to run scenario '{scenario}' ended while it loaded plugins: {how}."
            )
        plugin = chunk.known.registry.get(mission).plugin
        return PluginError(
            f"Mission '{mission}' of plugin '{plugin}' ended the process that ran scenario '{scenario}', twice: {how}; "
            "expected operations and factories that return.",
            plugin=plugin,
        )

    def _end(self, *, kill: bool) -> None:
        team, self._team = list(self._team.values()), {}
        if kill:
            for worker in team:
                worker.process.kill()
        for worker in team:  # which ends them, the youngest first: it alone holds no end of another's pipe
            worker.pipe.close()
        for worker in team:
            worker.process.join()


def cores() -> int:
    """How many processes of this one's can run at the same time."""
    counted = getattr(os, "process_cpu_count", None)  # from Python 3.13 on
    if counted is not None:
        return counted() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _method() -> str:
    """How to start a process: by a fork only where nothing can be amiss in the child."""
    may = sys.platform != "darwin" and "fork" in multiprocessing.get_all_start_methods()
    return "fork" if may and threading.active_count() == 1 else "spawn"


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """A process that is started meanwhile is deaf to interrupts from its first moment on."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Any, other_end: Any = None, chunk_of: ChunkOf | None = None) -> None:
    """What a worker does until nobody is at the other end of its pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if other_end is not None:
        other_end.close()
    sys.stdout = sys.stderr  # what a plugin prints is no part of the answers that are printed elsewhere
    gc.freeze()  # what was there before the fork will stay; to look at it, again and again, would copy it
    with suppress(EOFError, OSError):
        pipe.send(None)
        while True:
            message = pipe.recv()
            chunk, alone = message if chunk_of is None else (chunk_of(message), message.alone)
            pipe.send(_answer(chunk, pipe.send if alone else None))


def _answer(chunk: Chunk, tell: Callable[[str], None] | None) -> Done | BaseException:
    try:
        return evaluated(chunk, tell)
    except BaseException as error:  # noqa: BLE001 - it is raised where the suite is run
        return portable(error)
    finally:
        for stream in (sys.stdout, sys.stderr):  # what a plugin has printed is not lost if this process is killed
            with suppress(Exception):
                stream.flush()
