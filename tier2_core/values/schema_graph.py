"""The subschemas of a JSON Schema as a graph: which are asked of the same part of a document, which of the parts in it.

References are resolved (RFC 3986, JSON Schema core 2020-12 sections 8 and 9); nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

_ONE = ("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties")
_UNEVALUATED = ("unevaluatedItems", "unevaluatedProperties")


class NowhereError(Exception):
    """A reference leads to nothing in the schema."""


class Node:
    """A subschema, by what it leads to: each a place in the list of all subschemas."""

    def __init__(self) -> None:
        self.beside: list[int] = []  # asked of the same part
        self.again = 1  # how often these are asked
        self.names: list[int] = []  # asked of the names of an object
        self.member: dict[str, int] = {}  # asked of the member with this name
        self.patterns: list[tuple[str, int]] = []  # asked of the members whose names match
        self.other_members: list[int] = []  # asked of those of which nothing else is asked
        self.items: list[int] = []  # asked of any item of an array
        self.item: list[int] = []  # asked of the item at this place
        self.other_items: list[int] = []  # asked of those beyond

    def below(self) -> Iterator[int]:
        """All that is asked of the parts in a part."""
        yield from (target for _, target in self.patterns)
        for targets in (self.names, self.member.values(), self.other_members):
            yield from targets
        for targets in (self.items, self.item, self.other_items):
            yield from targets


class Graph:
    """The subschemas that can be reached from a schema; the first of ``nodes`` is the schema itself."""

    def __init__(self, schema: Any, dialect: Mapping[str, Any]) -> None:
        self._root = schema
        self._resources: dict[str, Any] = {"": schema}
        self._anchors: dict[tuple[str, str], Any] = {}
        self._dynamic: dict[str, list[tuple[str, Any]]] = {}
        self._bases: dict[int, str] = {}
        self._collect(schema, "")
        for address, resource in dialect.items():
            if address not in self._resources:
                self._resources[address] = resource
                self._collect(resource, address)
        self._places: dict[int, int] = {}
        self.nodes: list[Node] = []
        self.elsewhere: list[Any] = []
        self._waiting: list[tuple[Any, str, Node]] = []
        self._node(schema, "")
        while self._waiting:
            self._fill(*self._waiting.pop())

    def _collect(self, schema: Any, base: str) -> None:
        """Note the addresses, the anchors, and of each subschema the address that its references are relative to."""
        waiting = [(schema, base)]
        while waiting:
            part, base = waiting.pop()
            if type(part) is not dict or id(part) in self._bases:
                continue
            base = _based(part, base)
            self._bases[id(part)] = base
            if type(part.get("$id")) is str:
                self._resources.setdefault(base, part)
            for keyword in ("$anchor", "$dynamicAnchor"):
                if type(part.get(keyword)) is str:
                    self._anchors.setdefault((base, part[keyword]), part)
            if type(part.get("$dynamicAnchor")) is str:
                self._dynamic.setdefault(part["$dynamicAnchor"], []).append((base, part))
            waiting.extend((inner, base) for inner in _parts(part))

    def _node(self, schema: Any, base: str) -> int:
        key = id(schema)
        if key not in self._places:
            self._places[key] = len(self.nodes)
            self.nodes.append(Node())
            if type(schema) is dict:
                self._waiting.append((schema, self._bases.get(key) or _based(schema, base), self.nodes[-1]))
        return self._places[key]

    def _fill(self, schema: dict[str, Any], base: str, node: Node) -> None:
        def one(keyword: str) -> list[int]:
            return [self._node(schema[keyword], base)] if type(schema.get(keyword)) in (dict, bool) else []

        def listed(keyword: str) -> list[int]:
            found = schema.get(keyword)
            return [self._node(inner, base) for inner in found] if type(found) is list else []

        def named(keyword: str) -> list[tuple[str, int]]:
            found = schema.get(keyword)
            if type(found) is not dict:
                return []
            return [(name, self._node(inner, base)) for name, inner in found.items() if type(inner) in (dict, bool)]

        for keyword in ("not", "if", "then", "else"):
            node.beside += one(keyword)
        for keyword in ("allOf", "anyOf", "oneOf"):
            node.beside += listed(keyword)
        for keyword in ("dependentSchemas", "dependencies"):
            node.beside += [inner for _, inner in named(keyword)]
        if type(schema.get("$ref")) is str:
            node.beside.append(self._node(*self._target(schema["$ref"], base)))
        if type(schema.get("$dynamicRef")) is str:
            node.beside += [self._node(*target) for target in self._dynamic_targets(schema["$dynamicRef"], base)]
        if any(keyword in schema for keyword in _UNEVALUATED):
            node.again = 3  # once to judge, and again to see what was evaluated, in which it is judged again
        node.names = one("propertyNames")
        node.patterns = named("patternProperties")
        node.member = dict(named("properties"))
        node.other_members = one("additionalProperties") or one("unevaluatedProperties")
        node.item = listed("prefixItems")
        node.items = one("contains")
        node.other_items = one("items") or one("unevaluatedItems")

    def _target(self, reference: str, base: str) -> tuple[Any, str]:
        try:
            # Of an address that is a name (urn:...), nothing is relative to but what is in it.
            address, fragment = urldefrag(base + reference if reference[:1] == "#" else urljoin(base, reference))
        except ValueError:
            raise NowhereError(reference) from None
        if address not in self._resources:
            raise NowhereError(reference)
        resource = self._resources[address]
        if not fragment:
            return resource, address
        if fragment[0] != "/":
            if (address, unquote(fragment)) not in self._anchors:
                raise NowhereError(reference)
            return self._anchors[address, unquote(fragment)], address
        part, base = resource, address
        for token in unquote(fragment[1:]).split("/"):
            token = token.replace("~1", "/").replace("~0", "~")
            if type(part) is dict and token in part:
                part = part[token]
            elif type(part) is list and token.isascii() and token.isdigit() and int(token[:9]) < len(part):
                part = part[int(token)]
            else:
                raise NowhereError(reference)
            if type(part) is dict:
                base = self._bases.get(id(part)) or _based(part, base)
        if id(part) not in self._bases:
            self.elsewhere.append(part)
            self._collect(part, base)
        return part, base

    def _dynamic_targets(self, reference: str, base: str) -> list[tuple[Any, str]]:
        """Where a ``$dynamicRef`` may lead: to the outermost schema with that anchor, which may be any of them."""
        part, address = self._target(reference, base)
        name = reference.partition("#")[2]
        if type(part) is not dict or not name or part.get("$dynamicAnchor") != name:
            return [(part, address)]
        root = self._bases.get(id(self._root), "")
        outermost = [(found, at) for at, found in self._dynamic[name] if at == root]
        return outermost or [(found, at) for at, found in self._dynamic[name]]


def _based(schema: Mapping[str, Any], base: str) -> str:
    """The address that the references in a schema are relative to."""
    if type(schema.get("$id")) is not str:
        return base
    try:
        return str(urldefrag(urljoin(base, schema["$id"]))[0])
    except ValueError:
        return base


def _parts(schema: Mapping[str, Any]) -> Iterator[Any]:
    """The subschemas that stand in a schema."""
    for keyword in (*_ONE, *_UNEVALUATED, "contentSchema"):
        if keyword in schema:
            yield schema[keyword]
    for keyword in _LISTS:
        if type(schema.get(keyword)) is list:
            yield from schema[keyword]
    for keyword in _NAMED:
        if type(schema.get(keyword)) is dict:
            yield from schema[keyword].values()


def dialects(schema: Any) -> Iterator[Any]:
    """What the subschemas say in ``$schema``, wherever it is a keyword."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if type(part) is dict:
            if "$schema" in part:
                yield part["$schema"]
            waiting.extend(_parts(part))
