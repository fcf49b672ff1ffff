"""Whatever there is, is in the manual and in a test: hooks, operations, errors, options, variables, exit codes."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache

import pytest

import tier2_core
from tests import evidence
from tests.evidence import ROOT, argument, asserted, calls, commands, first_texts, given_together, source, texts
from tests.tier2_io.cli.test_every_command import WITH_PLUGINS
from tier2_core import BUILTINS, MissionSpec, build_workflow, errors, load_registry
from tier2_core.missions import hookspecs
from tier2_core.missions.announced import GROUP, HANDLERS_GROUP
from tier2_core.records import verify
from tier2_core.scenarios.config_adapter import FIELDS
from tier2_core.values.predicates import PREDICATES
from tier2_io.cli import main
from tier2_io.cli.arguments import EPILOG
from tier2_io.trust.replay import CAUSES

MANUAL = (ROOT / "docs" / "manual.md").read_text("utf-8")
DOCS = MANUAL + (ROOT / "docs" / "operations.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@lru_cache
def quoted(text: str) -> frozenset[str]:
    """What stands between backquotes, as it is and word by word."""
    found = set()
    for one in re.findall(r"`([^`\n]+)`", text):
        found |= {one, *re.split(r"[\s,=]+", one)}
    return frozenset(found)


def missing(names: Iterable[str], *places: Iterable[str]) -> list[str]:
    """The names that are not in all of the places; there must be some to look for."""
    names = sorted(names)
    assert names
    return [name for name in names if not all(name in place for place in places)]


def test_every_public_name_is_in_the_manual() -> None:
    assert not missing(tier2_core.__all__, re.findall(r"\w+", MANUAL))


# --- plugins: hooks, operations, extras ----------------------------------------------------------


def test_every_hook_is_in_the_manual_and_in_a_test() -> None:
    hooks = [name for name, value in vars(hookspecs).items() if hasattr(value, "tier2_spec")]
    assert sorted(hooks) == ["tier2_effect_handlers", "tier2_missions", "tier2_operations"]
    used = {
        node.name for tree in evidence.tests().values() for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
    }
    assert not missing(hooks, quoted(MANUAL) | set(re.findall(r"def (\w+)", MANUAL)), used)


def test_the_entry_point_groups_are_in_the_manual_and_announce_what_is_there() -> None:
    groups = PROJECT["project"]["entry-points"]
    assert set(groups) == {"tier2.missions", "pytest11"}
    assert {GROUP, HANDLERS_GROUP} == {"tier2.missions", "tier2.effects"} <= quoted(MANUAL)
    assert "[tier2.missions]" in " ".join(text for tree in evidence.tests().values() for text in texts(tree))


def test_every_operation_is_in_the_docs_and_in_a_test() -> None:
    registry = load_registry(only=["builtin"])
    assert set(BUILTINS.operations) < set(registry.operations)
    assert not missing(registry.operations, quoted(DOCS))
    # Those of missions are tried by running the missions; the others by tests that name them.
    specs = [MissionSpec("daily_loop", {"requested_steps": 5}), MissionSpec("run_tests")]
    workflows = [build_workflow(spec, registry=registry) for spec in specs]
    planned = {str(step.payload.get("operation")) for workflow in workflows for step in workflow.steps}
    assert not missing(set(registry.operations) - set(BUILTINS.operations), planned)
    assert not missing(BUILTINS.operations, frozenset().union(*given_together()))


def test_every_mission_is_a_section_of_the_manual() -> None:
    for name in load_registry(only=["builtin"]).missions:
        assert f"\n### {name}\n" in MANUAL


def test_every_extra_is_in_the_docs() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    assert not missing(
        (f"tier2-missions[{name}]" for name in extras),
        quoted(MANUAL) | set(re.findall(r"tier2-missions\[\w+\]", MANUAL)),
    )


# --- what goes wrong ----------------------------------------------------------------------------


ERRORS = [name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)]


def test_every_error_is_public_in_the_manual_and_raised_in_a_test() -> None:
    assert not missing(ERRORS, tier2_core.__all__, quoted(MANUAL), evidence.raised())


def test_every_attribute_of_an_error_is_in_the_manual() -> None:
    made = (getattr(errors, name)("Found a.") for name in ERRORS)
    assert not missing({f".{name}" for error in made for name in vars(error)}, quoted(MANUAL))


def test_every_exit_code_is_in_the_manual_the_help_and_a_test() -> None:
    codes = {value for name, value in vars(main).items() if name.isupper() and type(value) is int}
    assert codes == {int(code) for code in re.findall(r"^\| (\d+) \|", MANUAL, re.MULTILINE)}
    assert codes == {int(code) for code in re.findall(r"\b(\d+) [a-z]", EPILOG)}
    assert codes <= evidence.exit_codes_of_tests()


def test_every_reason_to_refuse_a_decision_is_in_the_manual_and_in_a_test() -> None:
    reasons = {
        text
        for call in calls(source("tier2_core"), "DecisionError")
        if (given := argument(call, None, "reason")) is not None
        for text in texts(given)
    }
    assert reasons == {"not_pending", "already_decided", "unknown_step", "stale", "invalid_value"}
    demanded = first_texts(source("tier2_core"), "missed")
    assert demanded == {"unseen", "nameless", "same_person", "unsigned", "no_reason"}
    reasons |= demanded
    assert not missing(reasons, quoted(MANUAL), asserted())


def test_every_operator_and_every_reason_of_an_expectation_is_in_the_manual_and_in_a_test() -> None:
    assert not missing(PREDICATES, quoted(MANUAL), asserted())
    reasons = first_texts(source("tier2_core"), "failing")
    assert {"scenario_missing", "mission_missing"} <= reasons
    reasons |= {"path_missing", "path_present", "type_error"}  # that these are all, test_expectations.py says
    assert not missing(reasons, quoted(MANUAL), asserted())
    assert "<op>_mismatch" in quoted(MANUAL)
    assert not missing((f"{op}_mismatch" for op in set(PREDICATES) - {"exists", "absent"}), asserted())


def test_every_cause_of_a_record_that_is_not_true_is_in_the_manual_and_in_a_test() -> None:
    named = {value for name, value in vars(verify).items() if name.isupper() and isinstance(value, str)}
    causes = {value for value in named if value.isalnum()}  # beside them is tier2's version
    assert causes == {"altered", "tier2", "plugin", "plan", "decision", "operation"}
    for node in source("tier2_io"):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "cause":
            causes |= set(texts(node.value))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Verification":
            causes |= set(texts(node.args[1]))
    assert {"scenario", "signature"} < causes
    assert not missing(causes, quoted(MANUAL), asserted())


def test_every_cause_of_a_difference_is_in_the_manual_and_in_a_test() -> None:
    nodes = source("tier2_core")
    causes = first_texts(nodes, "_of") | first_texts(nodes, "RecordDifference")
    assert {"inputs", "states"} < causes
    assert not missing(causes, quoted(MANUAL), asserted())


def test_every_kind_of_finding_and_every_cause_of_an_unstable_one_is_in_the_manual_and_in_a_test() -> None:
    kinds = first_texts(source("tier2_io"), "Finding")
    assert {"metadata", "unstable"} < kinds
    assert not missing(kinds | set(CAUSES), quoted(MANUAL), asserted())


# --- the command line ---------------------------------------------------------------------------


@pytest.mark.parametrize("words", sorted(commands()), ids=" ".join)
def test_every_command_and_option_is_in_the_manual_and_in_a_test(words: tuple[str, ...]) -> None:
    of = commands()[words]
    everywhere = {"--json"} | ({"--block", "--only", "--strict"} if words in WITH_PLUGINS else set())
    rows = [line for line in MANUAL.split("\n") if line.startswith(f"| `tier2 {' '.join(words)}")]
    assert rows, f"no row of the manual's table is about tier2 {' '.join(words)}"
    options = [option for option in evidence.options(of) if option not in everywhere]
    assert not [option for option in options if option not in quoted(" ".join(rows))]
    run_with = [together for together in given_together() if set(words) <= together]
    untested = [word for word in [*options, *evidence.choices(of)] if not any(word in one for one in run_with)]
    assert not untested
    assert not missing(everywhere, quoted(MANUAL))  # test_every_command.py runs every command with these


def test_every_variable_of_the_environment_is_in_the_manual_and_in_a_test() -> None:
    named = {
        text
        for package in ("tier2_core", "tier2_missions", "tier2_io")
        for node in source(package)
        if isinstance(node, ast.Constant)
        for text in texts(node)
        if re.fullmatch(r"TIER2_[A-Z_]+", text)
    }
    assert named == {"TIER2_BLOCK", "TIER2_ONLY", "TIER2_STRICT"}
    set_in_tests = {
        text
        for tree in evidence.tests().values()
        for call in [*calls(ast.walk(tree), "setenv"), *calls(ast.walk(tree), "tier2")]
        for text in texts(call)
    }
    assert not missing(named, quoted(MANUAL), set_in_tests)


def test_what_reads_the_environment_reads_no_other_variable_of_ours() -> None:
    """A name that is put together at run time would be found by no search for names."""
    for package in ("tier2_core", "tier2_missions", "tier2_io"):
        for node in source(package):
            if isinstance(node, ast.JoinedStr):
                assert not any(text.startswith("TIER2_") for text in texts(node))


# --- files, pytest, nox -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FIELDS)
def test_every_field_of_a_test_document_is_in_the_manual(kind: str) -> None:
    shown = quoted(MANUAL) | set(re.findall(r"(\w+) =", MANUAL)) | set(re.findall(r"\[\[(\w+)\]\]", MANUAL))
    assert not missing(FIELDS[kind], shown)


def test_every_fixture_marker_and_option_of_the_pytest_plugin_is_in_the_manual_and_in_a_test() -> None:
    tree = ast.parse((evidence.PACKAGES / "tier2_io" / "pytest_plugin.py").read_text("utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    fixtures = [node.name for node in functions if any("fixture" in ast.unparse(one) for one in node.decorator_list)]
    lines = [call.args[1] for call in calls(ast.walk(tree), "addinivalue_line")]
    markers = [text.partition(":")[0] for line in lines for text in texts(line)]
    assert (fixtures, markers) == (["registry", "run_mission"], ["tier2"])
    assert not [call for name in ("addoption", "addini") for call in calls(ast.walk(tree), name)]
    warnings = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    assert not missing([*fixtures, *warnings, "-m tier2"], quoted(MANUAL))
    tested = " ".join(text for tree in evidence.tests().values() for text in texts(tree))
    for name in fixtures:
        assert re.search(rf"def test_\w+\([^)]*\b{name}\b", tested), name
    assert any({"-m", "tier2"} <= together for together in given_together())
    assert all(name in " ".join(asserted()) for name in warnings)


def test_every_session_of_nox_is_told_of_and_is_run_before_a_change_lands() -> None:
    tree = ast.parse((ROOT / "noxfile.py").read_text("utf-8"))
    sessions = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and any("nox.session" in ast.unparse(one) for one in node.decorator_list)
    }
    told = re.findall(r"^\| `nox -s (\w+)` \|", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(sessions)
    (default,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and "options.sessions" in ast.unparse(node.targets[0])
    ]
    (line,) = re.findall(r"^\.venv/bin/nox -s (.+)$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert sorted([*default, *line.split(), "bench"]) == sorted(sessions)  # how fast it is depends on the machine


def test_every_variable_of_the_tests_is_told_of() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert not missing(["TIER2_EXAMPLES", "TIER2_TESTED", "HANG"], quoted(text))
