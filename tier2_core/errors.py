"""Every error of tier2, grouped by who is at fault.

* The **caller** (:class:`CallerError`, a :class:`ValueError`): what was handed in is wrong.
* The **plugin's author** (:class:`PluginError`, a :class:`RuntimeError`): code that was installed is wrong.
* The **person deciding** (:class:`DecisionError`, a :class:`ValueError`): an answer does not fit the question.

:class:`StepFailed` is none of them: it is how an operation says that its step fails, and it never
leaves the engine.

Every message is one sentence that says what was found, where, what was expected and what to do.
An error is also data: what the sentence is made of can be read from its attributes. Errors survive
pickling, so that they can cross processes.

Bad input gets one of these and nothing else: any other exception is a bug of tier2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def closest(found: str, known: Iterable[str]) -> str:
    """The known name that is closest to what was found, or ``""`` if none is close.

    >>> closest("dialy_loop", ["daily_loop", "echo"])
    'daily_loop'
    """
    from difflib import get_close_matches  # only errors need it

    return next(iter(get_close_matches(found[:100], sorted(known), n=1)), "")


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """The end of a sentence that names the closest known name, or ``""`` if none is close.

    >>> did_you_mean("dialy_loop", ["daily_loop", "echo"])
    "; did you mean 'daily_loop'?"
    """
    close = closest(found, known)
    return f"; did you mean '{close}'?" if close else ""


LONGEST_QUOTED = 80
"""The characters of a value or a key that a message quotes, at most."""

MOST_TOLD = 20
"""The mistakes that one message tells of, at most; it says how many more there are."""


def cut(text: str, most: int = LONGEST_QUOTED) -> str:
    """``text`` as a message quotes it: what is longer ends in an ellipsis.

    >>> cut("daily"), cut("abcdef", 4)
    ('daily', 'abc…')
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def first_told(told: Sequence[Any], total: int | None = None) -> list[Any]:
    """The first of what there is to tell, and how many more there are; ``total`` if ``told`` is not all.

    >>> first_told(["a"] * 22)[19:]
    ['a', '… and 2 more mistakes']
    """
    total = len(told) if total is None else total
    more = total - min(len(told), MOST_TOLD)
    if not more:
        return list(told)
    return [*told[:MOST_TOLD], f"… and {more:,} more mistake{'s' if more > 1 else ''}"]


def described(error: BaseException) -> str:
    """The type and the text of somebody else's exception, whose text may itself be broken.

    >>> described(KeyError("n"))
    "KeyError: 'n'"
    """
    text = text_of(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def text_of(error: BaseException) -> str:
    """The text of somebody else's exception, or that there is none to be had.

    >>> text_of(ValueError("no number"))
    'no number'
    """
    try:
        return str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as broken:  # noqa: BLE001 - whatever it is, the first error is the one to tell of
        return f"(its text cannot be had: {type(broken).__name__})"


def place_in(error: BaseException | None) -> str:
    """The line of a plugin's own code that an exception came through, as ``file:line in function``, or ``""``.

    The plugin's own is the package of the outermost frame that is neither tier2's nor of what loads plugins.

    >>> try:
    ...     exec(compile("1 / 0", "plugin.py", "exec"), {"__name__": "mine"})
    ... except ZeroDivisionError as error:
    ...     print(place_in(error))
    plugin.py:1 in <module>
    """
    places: list[tuple[str, str]] = []
    traceback = None if error is None else error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        package = str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if package not in _HOSTS and not code.co_filename.startswith("<frozen "):
            places.append((package, f"{code.co_filename}:{traceback.tb_lineno} in {code.co_qualname}"))
        traceback = traceback.tb_next
    return next((place for package, place in reversed(places) if package == places[0][0]), "")


_HOSTS = frozenset({"tier2_core", "tier2_io", "pluggy", "importlib", "_pytest"})


class Tier2Error(Exception):
    """The root of everything that tier2 raises on purpose.

    >>> try:
    ...     run_mission("ecko")
    ... except Tier2Error as error:
    ...     print(error)
    Unknown mission 'ecko'; registered are: daily_loop, echo, run_tests; did you mean 'echo'?
    """


def _listed(values: Iterable[Any]) -> tuple[Any, ...]:
    """What an error lists; one that is made of the wrong things still has its message to tell."""
    try:
        return tuple(values)
    except Exception:  # noqa: BLE001 - whatever it is, it must not hide the error that is being made
        return ()


# --- the caller ---------------------------------------------------------------------------------

Allowed = tuple[str, ...] | int
"""What is allowed: names, or the most that there may be."""


class _AboutStep:
    """What an error about a step carries beside its message.

    ``step_id`` is the step's id, ``path`` a JSON Pointer into the workflow's ``to_dict()``, ``found`` what stands
    there, ``allowed`` the names that may, or the most that may, and ``suggestion`` the closest of them. Whatever an
    error does not know is empty.
    """

    def __init__(
        self,
        message: str,
        *,
        step_id: str = "",
        path: str = "",
        found: Any = None,
        allowed: Allowed = (),
        suggestion: str = "",
    ) -> None:
        Exception.__init__(self, message)  # type: ignore[arg-type]  # it stands beside an exception
        self.step_id = step_id
        self.path = path
        self.found = found
        self.allowed = allowed
        self.suggestion = suggestion


class CallerError(Tier2Error, ValueError):
    """What the caller handed in is wrong; the attributes of the subclasses say what and where.

    >>> try:
    ...     parse_json(b'{"n": NaN}')
    ... except CallerError as error:
    ...     print(error)
    Found NaN; expected a finite number, as JSON has no other.
    """


class InvalidValueError(CallerError):
    """A value is no JSON document within the limits.

    ``path`` is a JSON Pointer (RFC 6901) to the place; ``""`` is the whole value.

    >>> freeze({"ratios": [float("nan")]})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.InvalidValueError: At '/ratios/0': found NaN, which is no number; expected ...
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class InvalidPathError(InvalidValueError):
    """A path into a document is malformed, or leads nowhere; ``path`` is the path that was given.

    >>> parse_path("/a~b")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.InvalidPathError: Path '/a~b' has a '~' at character 2 that is neither '~0' nor '~1'; in a ...
    """


class PatchError(InvalidValueError):
    """A patch cannot be applied; nothing was changed.

    ``index`` is the place of the operation in the patch (``None``: the patch as a whole), ``path`` the
    JSON Pointer that the operation names.

    >>> apply_patch({}, [{"op": "remove", "path": "/a"}])
    Traceback (most recent call last):
    tier2_core.errors.PatchError: Operation 0 (remove '/a'): path '/a' does not exist: the document has no key 'a'.
    """

    def __init__(self, message: str, *, index: int | None = None, path: str = "") -> None:
        super().__init__(message, path=path)
        self.index = index


class InvalidSpecError(_AboutStep, CallerError):
    """A spec was constructed with something that it cannot hold; ``field`` names the field.

    Where a step of a workflow is meant, ``step_id``, ``path``, ``found``, ``allowed`` and ``suggestion`` say which,
    and what may stand there instead.

    >>> StepSpec("greet", 1)
    Traceback (most recent call last):
    tier2_core.errors.InvalidSpecError: StepSpec: field 'kind' must be a string, found an int.
    """

    def __init__(
        self,
        message: str,
        *,
        field: str = "",
        step_id: str = "",
        path: str = "",
        found: Any = None,
        allowed: Allowed = (),
        suggestion: str = "",
    ) -> None:
        super().__init__(message, step_id=step_id, path=path, found=found, allowed=allowed, suggestion=suggestion)
        self.field = field


class InvalidFieldValueError(InvalidSpecError, InvalidValueError):
    """A field of a spec holds what is no JSON document: both of its parents, with ``field`` and ``path``.

    >>> try:
    ...     StepSpec("greet", "runtime", {"names": {"Ada"}})
    ... except InvalidFieldValueError as error:
    ...     print(error.field, error.path)
    payload /names
    """

    def __init__(self, message: str, *, field: str = "", path: str = "") -> None:
        InvalidSpecError.__init__(self, message, field=field, path=path)


class InvalidSchemaError(InvalidSpecError):
    """A JSON Schema (2020-12) is itself not valid, needs what is not there, or asks too much of a document.

    >>> twice = {"allOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]}
    >>> plan = WorkflowDefinition("w", [StepSpec("ask", "human", {"schema": twice})])
    >>> asked = run(plan, ExecutionContext(decisions=[]))
    >>> resume(asked, Decision("ask", value=parse_json(b"[" * 40 + b"]" * 40)))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.InvalidSchemaError: Field 'payload.schema' is a schema whose references multiply: it would ...
    """


class EnvelopeViolation(_AboutStep, CallerError):
    """A workflow holds a step that the envelope does not allow.

    ``step_id``, ``path``, ``found``, ``allowed`` and ``suggestion`` say which, and what may stand there instead.

    >>> run(WorkflowDefinition("w", [StepSpec("s", "robot")]), ExecutionContext())  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.EnvelopeViolation: Step 's' has the kind 'robot', which is outside the envelope; allowed ...
    """


class UnknownOperationError(EnvelopeViolation):
    """A runtime step names an operation that the registry does not know.

    >>> try:
    ...     run(WorkflowDefinition("w", [StepSpec("s", "runtime", {"operation": "sett"})]), ExecutionContext())
    ... except UnknownOperationError as error:
    ...     print(str(error).partition(";")[0])
    Step 's' names the operation 'sett', which is not known
    """


class AntiFailureViolation(_AboutStep, CallerError):
    """A workflow has more steps, or more human steps, than the envelope allows.

    ``found`` is how many, ``allowed`` how many there may be; ``step_id`` and ``path`` lead to the first beyond.

    >>> steps = [StepSpec(name, "runtime") for name in "abcdef"]
    >>> run(WorkflowDefinition("w", steps), ExecutionContext())  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.AntiFailureViolation: Workflow 'w' has 6 steps; at most 5 are allowed, and step 'f' is the ...
    """


class AntiFailurePlanningError(AntiFailureViolation):
    """A mission's factory planned more steps than the envelope allows.

    >>> steps = [StepSpec(name, "runtime") for name in "abcdef"]
    >>> class Long:
    ...     @hookimpl
    ...     def tier2_missions(self):
    ...         return [Mission("long", lambda params: WorkflowDefinition("w", steps))]
    >>> run_mission("long", registry=load_registry([Long()]))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.AntiFailurePlanningError: Mission 'long' of plugin 'Long': Workflow 'w' has 6 steps; at most ...
    """


class EnvelopePlanningError(AntiFailurePlanningError, EnvelopeViolation):
    """A mission's factory planned a step of a kind that the envelope does not allow.

    >>> class Robots:
    ...     @hookimpl
    ...     def tier2_missions(self):
    ...         return [Mission("robots", lambda params: WorkflowDefinition("w", [StepSpec("s", "robot")]))]
    >>> run_mission("robots", registry=load_registry([Robots()]))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.EnvelopePlanningError: Mission 'robots' of plugin 'Robots': Step 's' has the kind 'robot', ...
    """


class UnknownMissionError(CallerError):
    """No mission of that name is registered; the message lists what there is.

    >>> get_mission("dialy_loop")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.UnknownMissionError: Unknown mission 'dialy_loop'; registered are: daily_loop, echo, ...
    """


class InvalidParamsError(CallerError):
    """A mission refuses its params; ``problems`` holds one ``(path, message)`` for each mistake.

    >>> run_mission("daily_loop", {"max_priorities": "all"})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.InvalidParamsError: Mission 'daily_loop' refuses its params: at '/max_priorities', found ...
    """

    def __init__(self, message: str, *, problems: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.problems = _listed(problems)


class ConfigError(CallerError):
    """A config has mistakes; ``problems`` holds one ``(path, message)`` for each, all of them at once.

    The message tells of the first 20. Of a config with more than 10,000 mistakes, ``problems`` holds that many;
    ``total`` is the number of all.

    ``pointers`` holds one JSON Pointer for each, to the very value that is wrong: a path names the mapping that is
    read, a pointer goes on to the field in it.

    >>> parse_test_document({"suite_name": "monday"})
    Traceback (most recent call last):
    tier2_core.errors.ConfigError: Missing required field 'scenarios'
    Missing required field 'expectations'
    """

    def __init__(
        self,
        message: str,
        *,
        problems: Iterable[tuple[str, str]] = (),
        pointers: Iterable[str] = (),
        total: int | None = None,
    ) -> None:
        super().__init__(message)
        self.problems = _listed(problems)
        self.pointers = _listed(pointers)
        self.total = len(self.problems) if total is None else total

    @classmethod
    def of(
        cls, problems: Sequence[tuple[str, str]], pointers: Iterable[str] = (), total: int | None = None
    ) -> ConfigError:
        """The error that reports ``problems``, one a line; an empty path is the config itself."""
        lines = [f"{path}: {message}" if path else message for path, message in problems]
        return cls("\n".join(first_told(lines, total)), problems=problems, pointers=pointers, total=total)


class RecordError(CallerError):
    """A document is no record, or one that cannot be read; ``path`` is a JSON Pointer to the place.

    >>> load_record({"schema": "tier2.record/9"})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.RecordError: Found the schema 'tier2.record/9'; expected 'tier2.record/1', the only one that ...
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


# --- the plugin's author ------------------------------------------------------------------------


class PluginError(Tier2Error, RuntimeError):
    """A plugin is broken: it cannot be imported, its hooks are misspelt, or it gives the wrong things.

    ``plugin`` and ``distribution`` name it. ``where`` is the line of its code that broke, if one did, as
    ``file:line in function``; the message ends with it, but ``args`` do not have it, as a file is elsewhere on
    another machine.

    >>> class Misspelt:
    ...     @hookimpl
    ...     def tier2_mission(self):
    ...         return []
    >>> load_registry([Misspelt()])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.PluginError: Plugin 'Misspelt' has the unknown hook 'tier2_mission'; the hooks are ...
    """

    def __init__(self, message: str, *, plugin: str = "", distribution: str = "", where: str = "") -> None:
        super().__init__(message)
        self.plugin = plugin
        self.distribution = distribution
        self.where = where

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message.rstrip('.')} ({self.where})." if self.where else message


class RegistryConflictError(PluginError):
    """Two plugins, missions or operations have one name; the message names both owners.

    >>> class Plugin:
    ...     @hookimpl
    ...     def tier2_missions(self):
    ...         return [Mission("echo", lambda params: WorkflowDefinition("w"))]
    >>> load_registry([Plugin()])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.RegistryConflictError: The mission 'echo' of plugin 'Plugin' is there already, from plugin ...
    """


class FactoryError(PluginError):
    """A mission's factory raised, or returned something that is no workflow.

    >>> class Plugin:
    ...     @hookimpl
    ...     def tier2_missions(self):
    ...         return [Mission("late", lambda params: None)]
    >>> run_mission("late", registry=load_registry([Plugin()]))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tier2_core.errors.FactoryError: The factory of mission 'late' of plugin 'Plugin' returned null; expected a ...
    """


class OperationError(PluginError):
    """An operation raised something else than :class:`StepFailed`, or returned what is no state.

    The cause is chained. ``mission``, ``step_id`` and ``operation`` say where.

    >>> class Plugin:
    ...     @hookimpl
    ...     def tier2_operations(self):
    ...         return [Operation("total.add", lambda state, call: state["n"])]
    >>> plan = WorkflowDefinition("w", [StepSpec("s", "runtime", {"operation": "total.add"})])
    >>> try:
    ...     run(plan, ExecutionContext(), registry=load_registry([Plugin()]))
    ... except OperationError as error:
    ...     print(error.plugin, error.operation, error.step_id, repr(error.__cause__))
    Plugin total.add s KeyError('n')
    """

    def __init__(
        self,
        message: str,
        *,
        mission: str = "",
        step_id: str = "",
        operation: str = "",
        plugin: str = "",
        where: str = "",
    ) -> None:
        super().__init__(message, plugin=plugin, where=where)
        self.mission = mission
        self.step_id = step_id
        self.operation = operation


class StepFailed(Exception):
    """Raised by an operation to fail its step; ``reason`` is for people.

    >>> str(StepFailed("the list is empty"))
    'the list is empty'
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# --- the person deciding ------------------------------------------------------------------------


class DecisionError(Tier2Error, ValueError):
    """A decision does not fit the run.

    ``reason`` is one of ``not_pending``, ``already_decided``, ``unknown_step``, ``stale`` and
    ``invalid_value``; ``pending`` holds the ids of the steps that wait for a decision.

    >>> ended = run_mission("echo")
    >>> resume(ended, Decision("go"))
    Traceback (most recent call last):
    tier2_core.errors.DecisionError: Workflow 'wf-echo' has no human step 'go'; its human steps are none.
    """

    def __init__(self, message: str, *, reason: str = "", pending: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.reason = reason
        self.pending = _listed(pending)
