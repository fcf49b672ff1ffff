"""Operations: pure functions from state to state that runtime steps name, and the table of built-in ones.

An operation fails its step by raising :class:`StepFailed`; a step is atomic, so the state is then the one
before it. It may return an :class:`Emit` instead of a state, to declare effects. Whatever else an operation raises is
a bug of its author.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

from attrs import field, frozen
from pyrsistent import PMap

from tier2_core.errors import InvalidSpecError, InvalidValueError, StepFailed, cut
from tier2_core.values.canonical import short_text
from tier2_core.values.edit import append_at, delete_at, set_at, value_at
from tier2_core.values.fields import function, function_or_none, named, shown, text, with_prefix
from tier2_core.values.freeze import a_type, freeze
from tier2_core.values.mapping import FrozenMapping
from tier2_core.values.members import members
from tier2_core.values.patch import apply_merge_patch, apply_patch
from tier2_core.values.paths import format_pointer, parse_path, resolve_path
from tier2_core.values.predicates import missed
from tier2_core.workflow import payloads
from tier2_core.workflow.effects import Effect, Emit, emitted

State: TypeAlias = PMap[str, Any]
"""A state, as operations get it: a persistent map, an object of :data:`Document`."""

Made = State | Emit
"""What an operation gives: the new state, or with it the effects that it declares."""


class HasOperations(Protocol):
    """What the engine needs of a registry."""

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        ...


def has_operations(registry: Any) -> bool:
    """Whether something is a registry to the engine; what it says of itself is not believed."""
    try:
        return issubclass(type(registry.operations), Mapping)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is no registry
        return False


def with_operations(registry: HasOperations) -> HasOperations:
    """The registry, if it has operations."""
    if registry is not BUILTINS and not has_operations(registry):
        raise InvalidSpecError(
            f"The registry must have a mapping 'operations', found {a_type(type(registry))}.", field="registry"
        )
    return registry


@frozen
class OperationCall:
    """What an operation is told beside the state: the step's payload, its id, and the registry of the run.

    >>> call = OperationCall(freeze({"operation": "numbers.add", "by": 2}), "add", BUILTINS)
    >>> call.payload["by"], call.step_id
    (2, 'add')
    """

    payload: PMap[str, Any] = field(repr=shown)
    step_id: str
    registry: Any = field(eq=False, repr=False)


@frozen(field_transformer=named)
class Operation:
    """A named pure function ``apply(state, call) -> state``.

    ``state`` is a ``PMap``, ``call`` an :class:`OperationCall`; the result is again an object, or an :class:`Emit` that
    holds one and the effects that the step declares. ``check(payload)``
    is asked before any step runs: it refuses a payload by raising :class:`ValueError` or by returning a
    sentence that says what is wrong. ``plugin`` is filled in by the registry. Plugins name their operations
    ``<mission>.<verb>``.

    >>> double = Operation("numbers.double", lambda state, call: state.set("n", 2 * state["n"]))
    >>> double.apply(freeze({"n": 21}), OperationCall(freeze({}), "step", BUILTINS))
    pmap({'n': 42})
    """

    name: str = field(converter=text)
    apply: Callable[[State, OperationCall], Made] = field(converter=function)
    check: Callable[[PMap[str, Any]], str | None] | None = field(default=None, converter=function_or_none)
    summary: str = field(default="", converter=text)
    version: str = field(default="1", converter=text)
    plugin: str = field(default="", converter=text)


# --- the built-in operations -------------------------------------------------------------------------

Apply = Callable[[State], Made]
"""An operation bound to a payload."""


def _noop(payload: Mapping[str, Any]) -> Apply:
    return lambda state: state


def _fail(payload: Mapping[str, Any]) -> Apply:
    reason = payload.get("reason", "unspecified")

    def apply(state: State) -> State:
        raise StepFailed(reason)

    return apply


def _set(payload: Mapping[str, Any]) -> Apply:
    tokens, value = parse_path(payload["path"]), payload["value"]
    return lambda state: set_at(state, tokens, value)


def _delete(payload: Mapping[str, Any]) -> Apply:
    tokens = parse_path(payload["path"])
    return lambda state: delete_at(state, tokens)


def _append(payload: Mapping[str, Any]) -> Apply:
    tokens, value = parse_path(payload["path"]), payload["value"]
    return lambda state: append_at(state, tokens, value)


def _increment(payload: Mapping[str, Any]) -> Apply:
    tokens, by = parse_path(payload["path"]), payload.get("by", 1)

    def apply(state: State) -> State:
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

    return apply


def _merge(payload: Mapping[str, Any]) -> Apply:
    path, patch = payload.get("path", ""), payload["patch"]
    tokens = parse_path(path)

    def apply(state: State) -> State:
        found, target = resolve_path(state, path)
        merged = apply_merge_patch(target if found else {}, patch)
        new: State = state if found and merged is target else set_at(state, tokens, merged)
        return new

    return apply


def _patch(payload: Mapping[str, Any]) -> Apply:
    ops = payload["ops"]

    def apply(state: State) -> State:
        new = apply_patch(state, ops)
        if not isinstance(new, PMap):
            raise StepFailed(f"the patch leaves {a_type(type(new))}; expected an object, as a state is one")
        return new

    return apply


def _require(payload: Mapping[str, Any]) -> Apply:
    path, op, expected = payload["path"], payload["op"], payload.get("expected")

    def apply(state: State) -> State:
        found, actual = resolve_path(state, path)
        reason = missed(op, found, actual, expected)
        if reason is None:
            return state
        wanted = op if op in ("exists", "absent") else f"{op} {short_text(expected)}"
        place = f"'{cut(path)}'" if path else "the state"
        is_ = f"is {short_text(actual)}" if found else "is not there"
        raise StepFailed(f"{place} {is_}; required is {wanted} ({reason})")

    return apply


def _emit(payload: Mapping[str, Any]) -> Apply:
    kind, place = payload["effect"], payload.get("data_from")
    if place is None:
        effects = (Effect(kind, payload.get("data", {})),)
        return lambda state: Emit(state, effects)

    def apply(state: State) -> Emit:
        found, data = resolve_path(state, place)
        if type(data) is not PMap:
            what = f"is {a_type(type(data))}" if found else "is not there"
            raise StepFailed(f"'{place}' {what}; expected an object, the data of the effect '{kind}'")
        return Emit(state, (emitted(kind, data),))

    return apply


_BINDERS: dict[str, Callable[[Mapping[str, Any]], Apply]] = {}
"""How each built-in operation is bound, by its name."""


def bound(operation: Operation, call: OperationCall) -> tuple[Callable[[State], Any], bool]:
    """``operation.apply`` for one call, and whether it is a built-in one.

    Of a built-in one, what depends on the payload alone is worked out before, what comes back is a document, and an
    :class:`InvalidValueError` (a place that is not there, a limit that is passed) is a failed step. All of this holds
    because its own check has let the payload through: what somebody else made of it is an operation like any other.
    """
    if BUILTINS.operations.get(operation.name) is operation:
        return _BINDERS[operation.name](members(call.payload)), True  # a dict, which takes less time to read
    apply = operation.apply
    return lambda state: apply(state, call), False


def failure(error: InvalidValueError) -> StepFailed:
    """How a built-in operation fails its step."""
    reason = str(error).rstrip(".")
    return StepFailed(reason[:1].lower() + reason[1:])


def _builtin(
    name: str,
    bind: Callable[[Mapping[str, Any]], Apply],
    check: Callable[[PMap[str, Any]], None] | None,
    summary: str,
) -> Operation:
    def apply(state: State, call: OperationCall) -> Made:
        try:
            return bind(call.payload)(state)
        except InvalidValueError as error:
            raise failure(error) from error

    _BINDERS[name] = bind
    return Operation(name, apply, check, summary, plugin="tier2")


def _table(*operations: Operation) -> Mapping[str, Operation]:
    return FrozenMapping({operation.name: operation for operation in sorted(operations, key=lambda o: o.name)})


@frozen
class Builtins:
    """A registry of the built-in operations alone: no plugin, no mission.

    >>> sorted(BUILTINS.operations)
    ['append', 'delete', 'emit', 'fail', 'increment', 'merge', 'noop', 'patch', 'require', 'set']
    """

    operations: Mapping[str, Operation]

    def __repr__(self) -> str:
        return "BUILTINS"

    def __deepcopy__(self, memo: Any) -> Builtins:
        return self

    def __reduce__(self) -> str:
        return "BUILTINS"


BUILTINS = Builtins(
    _table(
        _builtin("noop", _noop, None, "Does nothing: the very same state."),
        _builtin("fail", _fail, payloads.reason, "Fails the step."),
        _builtin(
            "set",
            _set,
            payloads.checked(payloads.path, payloads.value, payloads.object_for_root),
            "Sets or replaces a value; the parent must exist.",
        ),
        _builtin("delete", _delete, payloads.path_below_root, "Removes a value; it must exist."),
        _builtin(
            "append",
            _append,
            payloads.checked(payloads.path_below_root, payloads.value),
            "Adds a value to the end of an array.",
        ),
        _builtin("increment", _increment, payloads.checked(payloads.path_below_root, payloads.by), "Adds to a number."),
        _builtin("merge", _merge, payloads.merge, "Merges a JSON Merge Patch (RFC 7396)."),
        _builtin("patch", _patch, payloads.ops, "Applies a JSON Patch (RFC 6902), all or none."),
        _builtin(
            "require",
            _require,
            payloads.expectation,
            "Fails the step unless an expectation holds; changes nothing.",
        ),
        _builtin("emit", _emit, payloads.effect, "Declares an effect: what is wanted done once the run has succeeded."),
    )
)
"""What :func:`run` knows when nothing else is said."""
