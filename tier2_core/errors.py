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


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """The end of a sentence that names the closest known name, or ``""`` if none is close.

    >>> did_you_mean("dialy_loop", ["daily_loop", "echo"])
    "; did you mean 'daily_loop'?"
    """
    from difflib import get_close_matches  # only errors need it

    close = get_close_matches(found[:100], sorted(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def described(error: BaseException) -> str:
    """The type and the text of somebody else's exception, whose text may itself be broken.

    >>> described(KeyError("n"))
    "KeyError: 'n'"
    """
    try:
        text = str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as broken:  # noqa: BLE001 - whatever it is, the first error is the one to tell of
        text = f"(its text cannot be had: {type(broken).__name__})"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class Tier2Error(Exception):
    """The root of everything that tier2 raises on purpose."""


# --- the caller ---------------------------------------------------------------------------------


class CallerError(Tier2Error, ValueError):
    """What the caller handed in is wrong; the attributes of the subclasses say what and where."""


class InvalidValueError(CallerError):
    """A value is no JSON document within the limits.

    ``path`` is a JSON Pointer (RFC 6901) to the place; ``""`` is the whole value.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class InvalidPathError(InvalidValueError):
    """A path into a document is malformed, or leads nowhere; ``path`` is the path that was given."""


class PatchError(InvalidValueError):
    """A patch cannot be applied; nothing was changed.

    ``index`` is the place of the operation in the patch (``None``: the patch as a whole), ``path`` the
    JSON Pointer that the operation names.
    """

    def __init__(self, message: str, *, index: int | None = None, path: str = "") -> None:
        super().__init__(message, path=path)
        self.index = index


class InvalidSpecError(CallerError):
    """A spec was constructed with something that it cannot hold; ``field`` names the field."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class InvalidFieldValueError(InvalidSpecError, InvalidValueError):
    """A field of a spec holds what is no JSON document: both of its parents, with ``field`` and ``path``."""

    def __init__(self, message: str, *, field: str = "", path: str = "") -> None:
        CallerError.__init__(self, message)
        self.field = field
        self.path = path


class InvalidSchemaError(InvalidSpecError):
    """A JSON Schema (2020-12) is itself not valid, or needs what is not there."""


class EnvelopeViolation(CallerError):
    """A workflow holds a step that the envelope does not allow."""


class UnknownOperationError(EnvelopeViolation):
    """A runtime step names an operation that the registry does not know."""


class AntiFailureViolation(CallerError):
    """A workflow has more steps, or more human steps, than the envelope allows."""


class AntiFailurePlanningError(AntiFailureViolation):
    """A mission's factory planned more steps than the envelope allows."""


class EnvelopePlanningError(AntiFailurePlanningError, EnvelopeViolation):
    """A mission's factory planned a step of a kind that the envelope does not allow."""


class UnknownMissionError(CallerError):
    """No mission of that name is registered; the message lists what there is."""


class InvalidParamsError(CallerError):
    """A mission refuses its params; ``problems`` holds one ``(path, message)`` for each mistake."""

    def __init__(self, message: str, *, problems: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class ConfigError(CallerError):
    """A config has mistakes; ``problems`` holds one ``(path, message)`` for each, all of them at once.

    ``pointers`` holds one JSON Pointer for each, to the very value that is wrong: a path names the mapping that is
    read, a pointer goes on to the field in it.
    """

    def __init__(self, message: str, *, problems: Iterable[tuple[str, str]] = (), pointers: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
        self.pointers = tuple(pointers)

    @classmethod
    def of(cls, problems: Sequence[tuple[str, str]], pointers: Iterable[str] = ()) -> ConfigError:
        """The error that reports ``problems``, one a line; an empty path is the config itself."""
        lines = [f"{path}: {message}" if path else message for path, message in problems]
        return cls("\n".join(lines), problems=problems, pointers=pointers)


class RecordError(CallerError):
    """A document is no record, or one that cannot be read; ``path`` is a JSON Pointer to the place."""

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


# --- the plugin's author ------------------------------------------------------------------------


class PluginError(Tier2Error, RuntimeError):
    """A plugin is broken: it cannot be imported, its hooks are misspelt, or it gives the wrong things.

    ``plugin`` and ``distribution`` name it.
    """

    def __init__(self, message: str, *, plugin: str = "", distribution: str = "") -> None:
        super().__init__(message)
        self.plugin = plugin
        self.distribution = distribution


class RegistryConflictError(PluginError):
    """Two plugins, missions or operations have one name; the message names both owners."""


class FactoryError(PluginError):
    """A mission's factory raised, or returned something that is no workflow."""


class OperationError(PluginError):
    """An operation raised something else than :class:`StepFailed`, or returned what is no state.

    The cause is chained. ``mission``, ``step_id`` and ``operation`` say where.
    """

    def __init__(
        self, message: str, *, mission: str = "", step_id: str = "", operation: str = "", plugin: str = ""
    ) -> None:
        super().__init__(message, plugin=plugin)
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
    """

    def __init__(self, message: str, *, reason: str = "", pending: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.reason = reason
        self.pending = tuple(pending)
