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

from tier2_core.errors import InvalidSpecError, InvalidValueError, StepFailed
from tier2_core.values.edit import append_at, delete_at, set_at, value_at
from tier2_core.values.fields import function, function_or_none, named, text, with_prefix
from tier2_core.values.freeze import a_type, freeze
from tier2_core.values.paths import format_pointer, parse_path

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


# --- what the checks of the built-in operations are made of ------------------------------------------


def _refuse(message: str, key: str) -> InvalidSpecError:
    return InvalidSpecError(message, field=f"payload.{key}")


def _checked(*parts: Callable[[PMap[str, Any]], None]) -> Callable[[PMap[str, Any]], None]:
    def check(payload: PMap[str, Any]) -> None:
        for part in parts:
            part(payload)

    return check


def _path(payload: PMap[str, Any]) -> None:
    if "path" not in payload:
        raise _refuse("its payload has no 'path'; expected the path of a place in the state", "path")
    if type(payload["path"]) is not str:
        raise _refuse(f"its 'path' is {a_type(type(payload['path']))}; expected a string", "path")
    try:
        parse_path(payload["path"])
    except InvalidValueError as error:
        raise _refuse(str(error).rstrip("."), "path") from None


def _path_below_root(payload: PMap[str, Any]) -> None:
    _path(payload)
    if not payload["path"]:
        raise _refuse("its 'path' is the whole state; expected a place in it", "path")


def _value(payload: PMap[str, Any]) -> None:
    if "value" not in payload:
        raise _refuse("its payload has no 'value'; expected the value to write", "value")


def _object_for_root(payload: PMap[str, Any]) -> None:
    if not payload["path"] and type(payload["value"]) is not PMap:
        raise _refuse(
            f"its 'value' is {a_type(type(payload['value']))}; expected an object, as it replaces the whole state",
            "value",
        )


def _by(payload: PMap[str, Any]) -> None:
    if type(payload.get("by", 1)) not in (int, float):
        raise _refuse(f"its 'by' is {a_type(type(payload['by']))}; expected a number", "by")


def _reason(payload: PMap[str, Any]) -> None:
    if type(payload.get("reason", "")) is not str:
        raise _refuse(f"its 'reason' is {a_type(type(payload['reason']))}; expected a string", "reason")


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


def _table(*operations: Operation) -> Mapping[str, Operation]:
    return MappingProxyType({operation.name: operation for operation in sorted(operations, key=lambda o: o.name)})


@frozen
class Builtins:
    """A registry of the built-in operations alone: no plugin, no mission."""

    operations: Mapping[str, Operation]

    def __deepcopy__(self, memo: Any) -> Builtins:
        return self

    def __reduce__(self) -> str:
        return "BUILTINS"


BUILTINS = Builtins(
    _table(
        Operation("noop", _noop, None, "Does nothing: the very same state.", plugin="tier2"),
        Operation("fail", _fail, _reason, "Fails the step.", plugin="tier2"),
        Operation(
            "set",
            _failing(_set),
            _checked(_path, _value, _object_for_root),
            "Sets or replaces a value; the parent must exist.",
            plugin="tier2",
        ),
        Operation("delete", _failing(_delete), _path_below_root, "Removes a value; it must exist.", plugin="tier2"),
        Operation(
            "append",
            _failing(_append),
            _checked(_path_below_root, _value),
            "Adds a value to the end of an array.",
            plugin="tier2",
        ),
        Operation(
            "increment",
            _failing(_increment),
            _checked(_path_below_root, _by),
            "Adds to a number.",
            plugin="tier2",
        ),
    )
)
"""What :func:`run` knows when nothing else is said."""
