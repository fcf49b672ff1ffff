"""pytest with tier2 installed: what is run and how often, the fixtures, and what it costs who uses none of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tier2_io.project import Project, outcomes, scenario, suite, wanted

MANUAL = (Path(__file__).parents[3] / "docs/manual.md").read_text()

COUNTING = """
    import os
    from tier2_core import Mission, StepSpec, WorkflowDefinition, hookimpl

    def counted(params):
        with open(os.environ["PYTHONPATH"] + "/runs", "a") as file:
            file.write(params["of"] + "\\n")
        if params["of"] == "broken":
            raise ZeroDivisionError("no such day")
        return WorkflowDefinition("wf-counted", [StepSpec("one", "runtime")])

    @hookimpl
    def tier2_missions():
        return [Mission("counted", counted)]
"""
SHUFFLED = """
    def pytest_collection_modifyitems(items):
        items.sort(key=lambda item: item.name)  # now one scenario's, now another's
"""


def counting(*names: str, idle: str = "") -> str:
    """A suite that writes down its runs: four expectations of each scenario, and none of the idle one."""
    expectations = [wanted(f"{place} {name}", name, mission_name="counted") for name in names for place in range(4)]
    return suite(
        *expectations, scenarios=[scenario(name, "counted", of=name) for name in (*names, *filter(None, [idle]))]
    )


def runs(project: Project) -> list[str]:
    file = project.site.path / "runs"
    return sorted(file.read_text().split()) if file.exists() else []


@pytest.mark.parametrize(
    ("options", "most"), [((), 1), (("-n", "2"), 2), (("-n", "2", "--dist", "loadfile"), 1), (("--collect-only",), 0)]
)
def test_a_scenario_is_run_once_however_many_expectations_it_has(
    project: Project, options: tuple[str, ...], most: int
) -> None:
    project.site.install("counting", COUNTING)
    project.write("conftest.py", SHUFFLED)
    project.write("x.tier2.json", counting("a", "b", "broken", idle="idle"))
    told = project.pytest(*options).stdout
    assert ("8 passed, 4 errors" in told) == (most > 0)
    for name in ("a", "b", "broken", "idle"):
        assert min(most, 1) <= runs(project).count(name) <= most


def test_only_what_was_chosen_is_run_and_what_nothing_is_expected_of(project: Project) -> None:
    project.site.install("counting", COUNTING)
    project.write("x.tier2.json", counting("a", "b", idle="idle"))
    assert project.pytest("-k", "0").returncode == 0
    assert runs(project) == ["a", "b", "idle"]
    assert project.pytest("x.tier2.json::s::b::0 b", "x.tier2.json::s::b::1 b").returncode == 0
    assert runs(project) == ["a", "b", "b", "idle", "idle"]


def test_what_cannot_be_run_is_an_error_in_the_words_of_tier2(project: Project) -> None:
    project.site.install("counting", COUNTING)
    project.write("broken.tier2.json", counting("broken", "fine"))
    project.write("idle.tier2.json", suite(wanted("a"), scenarios=[scenario(), scenario("i\x1b", "ecko")]))
    done = project.pytest("-rA")
    broken = "scenario 'broken': The factory of mission 'counted' of plugin 'counting'"
    assert re.search(rf"broken\.tier2\.json:\d+:\d+: {broken}", done.stdout)
    assert re.search(r"idle\.tier2\.json:\d+:\d+: scenario 'i\\x1b': Unknown mission 'ecko'", done.stdout)
    assert "Traceback" not in done.stdout
    assert "pytest_suites.py" not in done.stdout
    found = outcomes(done)
    assert found.pop("idle.tier2.json::s::one::a") == "ERROR"
    assert found == {
        f"broken.tier2.json::s::{name}::{place} {name}": outcome
        for name, outcome in (("broken", "ERROR"), ("fine", "PASSED"))
        for place in range(4)
    }


def test_somebody_else_s_exception_has_its_traceback(project: Project) -> None:
    project.write("conftest.py", "def pytest_runtest_call(item):\n    raise ZeroDivisionError('mine')\n")
    project.write("x.tier2.json", suite(wanted("a")))
    told = project.pytest().stdout
    assert "conftest.py:2: ZeroDivisionError" in told
    assert "FAILED x.tier2.json::s::one::a - ZeroDivisionError: mine" in told


def test_a_plugin_that_was_left_out_is_warned_of(project: Project) -> None:
    project.site.install("broken", "raise SystemExit(7)")
    project.write(
        "x.tier2.json", suite(wanted("a"), wanted("b", "two"), scenarios=[scenario(), scenario("two")])
    )  # fmt: skip
    done = project.pytest()
    assert done.returncode == 0
    told = "Tier2Warning: a plugin was left out: Plugin 'broken' of distribution 'dist-broken' cannot be imported"
    assert done.stdout.count(told) == 1
    strict = project.pytest("-W", "error").stdout
    assert "2 errors" in strict
    assert "\na plugin was left out: Plugin 'broken'" in strict
    assert "Traceback" not in strict


# --- fixtures -----------------------------------------------------------------------------------------------


def test_missions_are_at_hand_in_ordinary_tests(project: Project) -> None:
    project.site.install("counting", COUNTING)
    project.write(
        "test_x.py",
        """
        from tier2_core import ExecutionContext, Registry

        def test_it(run_mission, registry):
            assert type(registry) is Registry and "counted" in registry.missions
            assert run_mission("counted", {"of": "x"}).success
            assert run_mission("echo", {"a": 1}, {"n": 1}).final_state == {"n": 1}
            assert run_mission("daily_loop", ExecutionContext(decisions=[])).status == "suspended"

        def test_it_is_the_one_that_suites_are_run_with(registry, request):
            from tier2_io.suites.pytest_items import installed
            assert installed(request.config) is registry
        """,
    )
    assert "2 passed" in project.pytest().stdout
    listed = project.pytest("--fixtures").stdout
    assert re.search(r"^registry \[session scope\] .*\n    The installed missions", listed, re.MULTILINE)
    assert re.search(r"^run_mission -- .*\n    The function", listed, re.MULTILINE)


def test_a_registry_of_one_s_own_is_what_missions_are_run_with(project: Project) -> None:
    project.write(
        "conftest.py",
        """
        import pytest
        from tier2_core import Mission, StepSpec, WorkflowDefinition, hookimpl, load_registry

        class Mine:
            @hookimpl
            def tier2_missions(self):
                return [Mission("mine", lambda params: WorkflowDefinition("w", [StepSpec("a", "runtime")]))]

        @pytest.fixture
        def registry():
            return load_registry([Mine()], entry_points=False)
        """,
    )
    project.write(
        "test_x.py",
        """
        import pytest
        from tier2_core import UnknownMissionError

        def test_it(run_mission):
            assert run_mission("mine").success
            with pytest.raises(UnknownMissionError):
                run_mission("echo")
        """,
    )
    project.write(
        "test_y.py",
        """
        import pytest

        @pytest.fixture
        def run_mission():
            return "somebody else's"

        def test_it(run_mission):
            assert run_mission == "somebody else's"
        """,
    )
    assert "2 passed" in project.pytest().stdout


# --- pytest without suites ----------------------------------------------------------------------------------


def test_without_suites_nothing_of_tier2_is_imported(project: Project) -> None:
    project.write("tier2.json", "{}")
    project.write(
        "test_x.py",
        """
        import sys

        def test_it(pytestconfig):
            assert pytestconfig.pluginmanager.hasplugin("tier2")
            loaded = {name for name in sys.modules if name.startswith(("tier2", "pyrsistent", "jsonschema"))}
            assert loaded == {"tier2_io", "tier2_io.pytest_plugin", "tier2_io.suites", "tier2_io.suites.pytest_warning"}
        """,
    )
    assert "1 passed" in project.pytest().stdout


def test_it_can_be_turned_off(project: Project) -> None:
    project.write("x.tier2.json", "no document")
    assert project.pytest("-p", "no:tier2").returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert project.pytest().returncode == pytest.ExitCode.INTERRUPTED


def test_a_program_that_uses_tier2_can_start_pytest_with_warnings_as_errors(project: Project) -> None:
    project.write("pytest.ini", "[pytest]\nfilterwarnings = error\naddopts = --strict-config --strict-markers\n")
    project.write("x.tier2.json", suite(wanted("a")))
    program = (
        "import pytest, tier2_core, tier2_missions, tier2_io.documents.files\nraise SystemExit(pytest.main(['-rA']))"
    )
    done = project.python("-c", program)
    assert (done.returncode, outcomes(done)) == (0, {"x.tier2.json::s::one::a": "PASSED"})


# --- the manual ---------------------------------------------------------------------------------------------

(CHAPTER,) = re.findall(r"^## With pytest\n(.*?)^## ", MANUAL, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(
    "name", ["*.tier2.toml", "*.tier2.json", "run_mission", "registry", "-m tier2", "Tier2Warning", "-p no:tier2"]
)
def test_what_pytest_is_given_is_in_the_manual(name: str) -> None:
    assert f"`{name}`" in CHAPTER


def test_the_test_of_the_manual_passes(project: Project) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```$", CHAPTER, re.DOTALL | re.MULTILINE)
    project.write("test_x.py", program)
    assert project.outcomes() == {"test_x.py::test_a_day_is_planned": "PASSED"}
