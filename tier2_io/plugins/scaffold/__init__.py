"""A new distribution with a plugin: what ``tier2 plugins new`` writes, from the templates beside this module."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib.metadata import Distribution, requires
from importlib.resources import files
from importlib.util import find_spec
from keyword import iskeyword
from string import Template

from attrs import frozen

from tier2_core import CallerError, __version__, load_registry
from tier2_core.missions.announced import OWN_DISTRIBUTION, Announcement, announced, normalised

LONGEST = 60

_TEMPLATES = {
    "README.md": "README.md.tmpl",
    "pyproject.toml": "pyproject.toml.tmpl",
    "src/$module/__init__.py": "module.py.tmpl",
    "tests/$module.tier2.toml": "suite.toml.tmpl",
    "tests/test_$module.py": "tests.py.tmpl",
}
_OWN = {"tier2", "tier2_core", "tier2_io", "tier2_missions", "builtin"}
_PYTHON = sys.stdlib_module_names | {"test"}  # which Python brings, and does not list
_OTHER = {"conftest", "hatchling", "pip", "pytest", "setuptools", "src", "tests", "wheel"}


class NameProblem(CallerError):
    """A name that a distribution, its module or its plugin cannot have."""


@frozen
class Names:
    """What a distribution is called, as tools compare it (PEP 503), and its module, plugin and mission."""

    distribution: str
    module: str


def names_of(text: str, missions: Mapping[str, str] | None = None) -> Names:
    """The names that follow from one; :class:`NameProblem` if it is none, or is taken.

    ``missions`` are those of the installed plugins, each with its distribution.

    >>> names_of("My.Missions")
    Names(distribution='my-missions', module='my_missions')
    """
    if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", text, re.ASCII) is None or len(text) > LONGEST:
        raise NameProblem(
            f"'{text[:LONGEST]}' cannot be the name of a distribution; expected at most {LONGEST} ASCII letters and "
            "digits, with '-', '_' or '.' between them, as in 'my-missions'."
        )
    names = Names(normalised(text), normalised(text).replace("-", "_"))
    if not names.module.isidentifier() or iskeyword(names.module):
        raise NameProblem(
            f"'{text}' cannot be imported as '{names.module}'; expected a name that begins with a letter and is no "
            "keyword of Python."
        )
    owner = _owner(names) or _installed_owner(names, missions or {})
    if owner:
        raise NameProblem(f"'{text}' is taken by {owner}; expected another name, as in 'my-{names.distribution}'.")
    return names


def contents(names: Names) -> dict[str, str]:
    """The text of each file of a new distribution, by its path; the same names give the same text.

    >>> sorted(contents(names_of("demo")))[2:]
    ['src/demo/__init__.py', 'tests/demo.tier2.toml', 'tests/test_demo.py']
    """
    filled: Mapping[str, str] = {"module": names.module, "name": names.distribution, "tier2": __version__}
    return {
        Template(path).substitute(filled): Template(
            files(__name__).joinpath(template).read_text(encoding="utf-8")
        ).substitute(filled)
        for path, template in _TEMPLATES.items()
    }


def _owner(names: Names) -> str:
    """Who has one of these names already, so that a plugin of that name would break or be broken."""
    if names.module in _PYTHON:
        return "a module of Python itself"
    own = load_registry(only=["builtin"], strict=False).missions
    if names.module in _OWN or names.module in own:
        return "tier2 itself"
    needed = (re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requires(OWN_DISTRIBUTION) or ())
    if names.module in _OTHER or names.distribution in {normalised(name.group()) for name in needed if name}:
        return "a distribution that plugins are made or tested with"
    return ""


def _installed_owner(names: Names, missions: Mapping[str, str]) -> str:
    """Who has one of these names among what is installed; not the distribution itself, which may be written anew."""
    plugins = [one.distribution for one in announced() if isinstance(one, Announcement) and one.name == names.module]
    for name in plugins:
        if normalised(name) != names.distribution:
            return f"the plugin of that name of the installed distribution '{name}'"
    rival = missions.get(names.module, names.distribution)
    if normalised(rival) != names.distribution:
        return f"the mission of that name of the installed distribution '{rival}'"
    if plugins:
        return ""
    if next(iter(Distribution.discover(name=names.distribution)), None) is not None:
        return "an installed distribution of that name"
    try:
        spec = find_spec(names.module)
    except (ImportError, ValueError):  # it is half imported, or says nothing of itself
        return "a module that Python finds already"
    # A mere directory on the path is found, too, as a namespace; a module goes before it.
    return f"a module that Python finds already, in {spec.origin}" if spec is not None and spec.origin else ""
