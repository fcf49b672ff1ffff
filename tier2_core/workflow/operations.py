"""Operations: pure functions from state to state that runtime steps name, and the table of built-in ones.

An operation fails its step by raising :class:`StepFailed`; a step is atomic, so the state is then the one
before it. Whatever else an operation raises is a bug of its author.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Any, Protocol

from attrs import field, frozen
from pyrsistent import PMap

from tier2_core.errors import InvalidValueError, StepFailed
from tier2_core.values.canonical import short_text
from tier2_core.values.edit import append_at, delete_at, set_at, value_at
from tier2_core.values.fields import function, function_or_none, named, text, with_prefix
from tier2_core.values.freeze import a_type, freeze
from tier2_core.values.patch import apply_merge_patch, apply_patch
from tier2_core.values.paths import format_pointer, parse_path, resolve_path
from tier2_core.values.predicates import missed
from tier2_core.workflow import payloads

State = PMap[str, Any]


class HasOperations(Protocol):
    """What the engine needs of a registry."""

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        ...


@frozen
class OperationCall:
    """What an operation is told beside the state: the step's payload, its id, and the registry of the run."""

    payload: PMap[str, Any]
    step_id: str
    registry: Any = field(eq=False)


@frozen(field_transformer=named)
class Operation:
    """A named pure function ``apply(state, call) -> state``.

    ``state`` is a ``PMap``, ``call`` an :class:`OperationCall`; the result is again an object. ``check(payload)``
    is asked before any step runs: it refuses a payload by raising :class:`ValueError` or by returning a
    sentence that says what is wrong. ``plugin`` is filled in by the registry. Plugins name their operations
    ``<mission>.<verb>``.

    >>> double = Operation("numbers.double", lambda state, call: state.set("n", 2 * state["n"]))
    >>> double.apply(freeze({"n": 21}), OperationCall(freeze({}), "step", BUILTINS))
    pmap({'n': 42})
    """

    name: str = field(converter=text)
    apply: Callable[[State, OperationCall], State] = field(converter=function)
    check: Callable[[PMap[str, Any]], str | None] | None = field(default=None, converter=function_or_none)
    summary: str = field(default="", converter=text)
    version: str = field(default="1", converter=text)
    plugin: str = field(default="", converter=text)


# --- the built-in operations -------------------------------------------------------------------------


def _failing(apply: Callable[[State, OperationCall], State]) -> Callable[[State, OperationCall], State]:
    """Of a built-in operation, a place that is not there or a limit that is passed is a failed step."""

    @wraps(apply)
    def guarded(state: State, call: OperationCall) -> State:
        try:
            return apply(state, call)
        except InvalidValueError as error:
            reason = str(error).rstrip(".")
            raise StepFailed(reason[:1].lower() + reason[1:]) from error

    return guarded


def _noop(state: State, call: OperationCall) -> State:
    return state


def _fail(state: State, call: OperationCall) -> State:
    raise StepFailed(call.payload.get("reason", "unspecified"))


def _set(state: State, call: OperationCall) -> State:
    new: State = set_at(state, parse_path(call.payload["path"]), call.payload["value"])
    return new


def _delete(state: State, call: OperationCall) -> State:
    new: State = delete_at(state, parse_path(call.payload["path"]))
    return new


def _append(state: State, call: OperationCall) -> State:
    new: State = append_at(state, parse_path(call.payload["path"]), call.payload["value"])
    return new


def _increment(state: State, call: OperationCall) -> State:
    tokens, by = parse_path(call.payload["path"]), call.payload.get("by", 1)
    number = value_at(state, tokens)
    if type(number) not in (int, float):
        raise StepFailed(f"path '{format_pointer(tokens)}' holds {a_type(type(number))}; expected a number")
    # Doubles would swallow a small addend beyond 2^53; integers add exactly, and what no double is is refused.
    whole = float(number).is_integer() and float(by).is_integer()
    exact = int(number) + int(by) if whole else number + by
    try:
        total = freeze(exact)
        if total != exact:  # freeze() takes the shortest text of a double for that double
            raise InvalidValueError(f"Found the integer {exact}, which no double represents exactly.")
    except InvalidValueError as error:
        raise StepFailed(with_prefix(error, f"{number} + {by}").rstrip(".")) from error
    new: State = set_at(state, tokens, total)
    return new


def _merge(state: State, call: OperationCall) -> State:
    tokens = parse_path(call.payload.get("path", ""))
    found, target = resolve_path(state, call.payload.get("path", ""))
    merged = apply_merge_patch(target if found else {}, call.payload["patch"])
    new: State = state if found and merged is target else set_at(state, tokens, merged)
    return new


def _patch(state: State, call: OperationCall) -> State:
    new = apply_patch(state, call.payload["ops"])
    if not isinstance(new, PMap):
        raise StepFailed(f"the patch leaves {a_type(type(new))}; expected an object, as a state is one")
    return new


def _require(state: State, call: OperationCall) -> State:
    path, op, expected = call.payload["path"], call.payload["op"], call.payload.get("expected")
    found, actual = resolve_path(state, path)
    reason = missed(op, found, actual, expected)
    if reason is None:
        return state
    wanted = op if op in ("exists", "absent") else f"{op} {short_text(expected)}"
    place = f"'{path}'" if path else "the state"
    is_ = f"is {short_text(actual)}" if found else "is not there"
    raise StepFailed(f"{place} {is_}; required is {wanted} ({reason})")


def _table(*operations: Operation) -> Mapping[str, Operation]:
    return MappingProxyType({operation.name: operation for operation in sorted(operations, key=lambda o: o.name)})


@frozen
class Builtins:
    """A registry of the built-in operations alone: no plugin, no mission."""

    operations: Mapping[str, Operation]

    def __repr__(self) -> str:
        return "BUILTINS"

    def __deepcopy__(self, memo: Any) -> Builtins:
        return self

    def __reduce__(self) -> str:
        return "BUILTINS"


BUILTINS = Builtins(
    _table(
        Operation("noop", _noop, None, "Does nothing: the very same state.", plugin="tier2"),
        Operation("fail", _fail, payloads.reason, "Fails the step.", plugin="tier2"),
        Operation(
            "set",
            _failing(_set),
            payloads.checked(payloads.path, payloads.value, payloads.object_for_root),
            "Sets or replaces a value; the parent must exist.",
            plugin="tier2",
        ),
        Operation(
            "delete", _failing(_delete), payloads.path_below_root, "Removes a value; it must exist.", plugin="tier2"
        ),
        Operation(
            "append",
            _failing(_append),
            payloads.checked(payloads.path_below_root, payloads.value),
            "Adds a value to the end of an array.",
            plugin="tier2",
        ),
        Operation(
            "increment",
            _failing(_increment),
            payloads.checked(payloads.path_below_root, payloads.by),
            "Adds to a number.",
            plugin="tier2",
        ),
        Operation("merge", _failing(_merge), payloads.merge, "Merges a JSON Merge Patch (RFC 7396).", plugin="tier2"),
        Operation(
            "patch", _failing(_patch), payloads.ops, "Applies a JSON Patch (RFC 6902), all or none.", plugin="tier2"
        ),
        Operation(
            "require",
            _failing(_require),
            payloads.expectation,
            "Fails the step unless an expectation holds; changes nothing.",
            plugin="tier2",
        ),
    )
)
"""What :func:`run` knows when nothing else is said."""
