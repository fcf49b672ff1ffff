"""How often the subschemas of a JSON Schema are asked of a document.

A schema is a graph: a subschema leads to those that are asked of the same part of a document (``allOf``, ``$ref``, ...)
and to those that are asked of the parts in it (``properties``, ``items``, ...). What is counted are the ways through
that graph that lead to each part. A reference that is followed twice doubles them, twenty in a row a million times; a
tree whose schema refers to itself for every child has one way to each child, however deep. To count takes a look at
each part of the document, however many ways there are.

What is counted is never too small. It is larger than what happens where an alternative is ruled out before it is looked
into.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from attrs import field, frozen

from tier2_core.values.schema_graph import Graph

_BEYOND = 10**15
"""More ways than this are not told apart."""

_MOST_STEPS = 2_000_000
"""How much is counted with for one document, at most; that takes some seconds."""

_MOST_KEPT = 10_000
"""The states that are kept from one document to the next, at most."""


class EndlessError(Exception):
    """A reference leads back to itself, for the same part of a document."""


class TooLargeError(Exception):
    """A schema and a document are too large to count how often the one is asked of the other."""


@frozen
class Asked:
    """What a document costs: its parts, how often subschemas are asked of them, and how deep these nest."""

    parts: int
    times: int
    copied: int
    """The parts that are in the parts that are asked of: what is copied if each of them is told of."""
    most: int
    nested: int


_Member = tuple[str | None, tuple[bool, ...]]
"""What tells members of an object apart: the name, if the schema knows it, and which patterns it matches."""


@frozen(eq=False)
class _State:
    """What is asked of a part: for each subschema how often, and how deep it is nested then."""

    ways: Mapping[int, tuple[int, int]]
    times: int
    nested: int
    of_names: int  # how often subschemas are asked of each name of an object
    named: frozenset[str]
    patterns: tuple[str, ...]
    placed: int
    members: dict[_Member, _State] = field(factory=dict)
    items: dict[int | None, _State] = field(factory=dict)


class Reach:
    """What a schema leads to; ``dialect`` holds the schemas of the dialect itself, by their addresses.

    ``matching`` gives for a pattern what tells whether a name matches it. Raises :class:`NowhereError` and
    :class:`EndlessError`.
    """

    def __init__(
        self, schema: Any, dialect: Mapping[str, Any], matching: Callable[[str], Callable[[str], bool]]
    ) -> None:
        self._matching = lru_cache(maxsize=None)(matching)
        graph = Graph(schema, dialect)
        self.elsewhere = graph.elsewhere
        """What references lead to that stands where no schema does, so that nobody has looked at it yet."""
        self._nodes = graph.nodes
        order = _in_order([node.beside for node in self._nodes])
        if order is None:
            raise EndlessError
        self._rank = {at: rank for rank, at in enumerate(order)}
        self._closures: dict[int, dict[int, tuple[int, int]]] = {}
        self._states: dict[tuple[tuple[int, tuple[int, int]], ...], _State] = {}
        self._steps = 0
        self._root = self._state({0: (1, 0)})

    def of_one(self) -> Asked:
        """What the least document costs."""
        return Asked(1, self._root.times, self._root.times, self._root.times, self._root.nested)

    def unfolded(self) -> int | None:
        """How many subschemas there are when every reference is unfolded; ``None`` if there is no end of them."""
        order = _in_order([[*node.beside, *node.below()] for node in self._nodes])
        if order is None:
            return None
        size = [1] * len(self._nodes)
        for at in reversed(order):
            node = self._nodes[at]
            beside = node.again * sum(size[inner] for inner in node.beside)
            size[at] = min(1 + beside + sum(size[inner] for inner in node.below()), _BEYOND)
        return size[0]

    def asked(self, plain: Any) -> Asked:
        """What a plain document costs; raises :class:`TooLargeError`."""
        self._steps = 0
        if len(self._states) > _MOST_KEPT:
            self._states.clear()
            self._root = self._state({0: (1, 0)})
        parts = times = copied = most = nested = 0
        waiting: list[tuple[Any, _State, int]] = [(plain, self._root, 0)]
        while waiting:
            part, state, above = waiting.pop()
            above += state.times
            parts += 1
            times += state.times
            copied += above
            most = max(most, state.times)
            nested = max(nested, state.nested)
            if type(part) is dict:
                times += state.of_names * len(part)
                matching = [self._matching(pattern) for pattern in state.patterns]
                for name, inner in part.items():
                    key = name if name in state.named else None, tuple([matches(name) for matches in matching])
                    below = state.members.get(key) or self._member(state, key)
                    waiting.append((inner, below, above))
            elif type(part) is list:
                for place, inner in enumerate(part):
                    at = place if place < state.placed else None
                    below = state.items.get(at) or self._item(state, at)
                    waiting.append((inner, below, above))
        return Asked(parts, times, copied, most, nested)

    def _member(self, state: _State, member: _Member) -> _State:
        name, matched = member[0], dict(zip(state.patterns, member[1], strict=True))
        start: dict[int, tuple[int, int]] = {}
        for at, (count, length) in state.ways.items():
            node = self._nodes[at]
            asked = [target for pattern, target in node.patterns if matched[pattern]]
            if name is not None and name in node.member:
                asked.append(node.member[name])
            _add(start, asked or node.other_members, count, length)
        below = state.members[member] = self._state(start)
        return below

    def _item(self, state: _State, place: int | None) -> _State:
        start: dict[int, tuple[int, int]] = {}
        for at, (count, length) in state.ways.items():
            node = self._nodes[at]
            also = node.other_items if place is None or place >= len(node.item) else [node.item[place]]
            _add(start, [*node.items, *also], count, length)
        below = state.items[place] = self._state(start)
        return below

    def _state(self, start: Mapping[int, tuple[int, int]]) -> _State:
        """What is asked of a part if this is asked of it to begin with."""
        ways: dict[int, tuple[int, int]] = {}
        for at, (count, length) in start.items():
            closure = self._closure(at)
            self._steps += len(closure)
            for beside, (times, further) in closure.items():
                was, long = ways.get(beside, (0, 0))
                ways[beside] = min(was + count * times, _BEYOND), max(long, length + further)
        self._steps += len(ways)
        if self._steps > _MOST_STEPS:
            raise TooLargeError
        key = tuple(sorted(ways.items()))
        known = self._states.get(key)
        if known is None:
            nodes = self._nodes
            of_names = 0
            for at, (count, _) in ways.items():
                for target in nodes[at].names:
                    of_names += count * sum(times for times, _ in self._closure(target).values())
            known = self._states[key] = _State(
                ways,
                sum(count for count, _ in ways.values()),
                max((length for _, length in ways.values()), default=0),
                min(of_names, _BEYOND),
                frozenset(name for at in ways for name in nodes[at].member),
                tuple(sorted({pattern for at in ways for pattern, _ in nodes[at].patterns})),
                max((len(nodes[at].item) for at in ways), default=0),
            )
        return known

    def _closure(self, at: int) -> dict[int, tuple[int, int]]:
        """What is asked of a part if this is: how often, and how deep it is nested then."""
        if at not in self._closures:
            reached = {at}
            waiting = [at]
            while waiting:
                for beside in self._nodes[waiting.pop()].beside:
                    if beside not in reached:
                        reached.add(beside)
                        waiting.append(beside)
            self._steps += len(reached)
            if self._steps > _MOST_STEPS:
                raise TooLargeError
            ways = dict.fromkeys(sorted(reached, key=self._rank.__getitem__), (0, 0))
            ways[at] = 1, 1
            for inner, (count, length) in ways.items():
                node = self._nodes[inner]
                for beside in node.beside:
                    was, long = ways[beside]
                    ways[beside] = min(was + count * node.again, _BEYOND), max(long, length + 1)
            self._closures[at] = ways
        return self._closures[at]


def _add(start: dict[int, tuple[int, int]], targets: list[int], count: int, length: int) -> None:
    for target in targets:
        was, long = start.get(target, (0, 0))
        start[target] = min(was + count, _BEYOND), max(long, length)


def _in_order(leads: list[list[int]]) -> list[int] | None:
    """The nodes of a graph, each before those that it leads to; ``None`` if it leads in a circle."""
    done: list[int] = []
    state = [0] * len(leads)  # 1: under way, 2: done
    for root in range(len(leads)):
        waiting = [root] if not state[root] else []
        while waiting:
            at = waiting[-1]
            if state[at] == 0:
                state[at] = 1
                for target in leads[at]:
                    if state[target] == 1:
                        return None
                    if state[target] == 0:
                        waiting.append(target)
            else:
                waiting.pop()
                if state[at] == 1:
                    state[at] = 2
                    done.append(at)
    return done[::-1]
