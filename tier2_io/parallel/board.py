"""What is to be done when scenarios are run in chunks, and what is under way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from attrs import frozen


@frozen(order=True)
class Task:
    """Scenarios to run: from one place of a run's scenarios to another; ``alone`` if they have ended a worker."""

    run: int
    start: int
    stop: int
    alone: bool = False


class Board:
    """What is still to do, and what is under way."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._waiting = deque(tasks)
        self._under_way: set[Task] = set()
        self._limit: tuple[int, int] | None = None

    def take(self) -> Task | None:
        """The next task, which is under way from now on; ``None`` if none waits."""
        if not self._waiting:
            return None
        task = self._waiting.popleft()
        self._under_way.add(task)
        return task

    def give_back(self, task: Task, instead: Iterable[Task]) -> None:
        """A task that came to nothing: what is to be done ``instead``, before all that waits."""
        self._under_way.discard(task)
        self._waiting.extendleft(reversed([one for one in instead if self._needed(one)]))

    def settle(self, task: Task) -> None:
        """A task that is done."""
        self._under_way.discard(task)

    def stop_at(self, run: int, start: int) -> None:
        """Nothing that begins there or later is needed any more."""
        limit = (run, start)
        self._limit = limit if self._limit is None else min(self._limit, limit)
        self._waiting = deque(task for task in self._waiting if self._needed(task))

    @property
    def waiting(self) -> int:
        """How many tasks nobody has taken."""
        return len(self._waiting)

    @property
    def over(self) -> bool:
        """Whether nothing that is needed waits or is under way."""
        return not self._waiting and not any(map(self._needed, self._under_way))

    def _needed(self, task: Task) -> bool:
        return self._limit is None or (task.run, task.start) < self._limit
