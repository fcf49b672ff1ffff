"""What a check finds of missions that are known to be impure or broken, and what it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.missions.plugins import Bringing, one_step, source
from tests.processes import patience_for
from tests.site import Site
from tests.vectors.impure import broken, impure
from tier2_core import (
    InvalidSpecError,
    Mission,
    Operation,
    PluginError,
    StepSpec,
    UnknownMissionError,
    WorkflowDefinition,
    load_registry,
)
from tier2_io.testing import BLIND, CheckReport, check_mission, check_plugin
from tier2_io.trust.replay import CAUSES
from tier2_io.trust.world import KINDS

MANUAL = (Path(__file__).parents[3] / "docs" / "manual.md").read_text()


def rows(report: CheckReport) -> Iterator[tuple[str, str]]:
    """Each mission with its row of the manual's table: has the audit hook found it, the calls, the replays."""
    for mission in impure.MISSIONS:
        found = [finding for finding in report.findings if finding.mission == mission.name]
        witnesses = {finding.witness for finding in found if finding.kind.startswith("impure:")}
        causes = {cause for finding in found if finding.kind == "unstable" for cause in finding.causes}
        assert len([finding for finding in found if finding.witness or finding.causes]) == len(found)
        ways = ("audit" in witnesses, "calls" in witnesses, "again" in causes, bool(causes - {"again"}))
        yield mission.name, f"| {mission.summary} | {' | '.join('yes' if way else 'no' for way in ways)} |"


@pytest.fixture(scope="module")
def impurities() -> CheckReport:
    return check_plugin(impure.__name__, registry=load_registry([impure], entry_points=False))


def test_what_is_found_of_impure_missions_and_what_is_not_is_what_the_manual_says(impurities: CheckReport) -> None:
    found = {name: row for name, row in rows(impurities) if not name.startswith("innocent")}
    told = MANUAL.partition("| a mission that | audit hook |")[2].partition("\n\n")[0].splitlines()[2:]
    assert told == list(found.values())
    caught = [sum(row.split(" | ")[way].startswith("yes") for row in found.values()) for way in (1, 2, 3, 4)]
    any_way = sum("yes" in row for row in found.values())
    assert f"Of {len(found)} impure missions the audit hook sees {caught[0]}, the calls {caught[1]}" in MANUAL
    assert f"twice in one process {caught[2]}, in other processes {caught[3]}; all together {any_way}." in MANUAL


def test_the_manual_names_every_blind_spot_kind_and_cause() -> None:
    assert [one for one in BLIND if f"- {one}" not in MANUAL] == []
    assert [kind for kind in KINDS if f"`impure:{kind}`" not in MANUAL] == []
    assert [cause for cause in CAUSES if f"`{cause}`" not in MANUAL] == []


def test_innocent_missions_are_not_suspected(impurities: CheckReport) -> None:
    assert [finding for finding in impurities.findings if finding.mission.startswith("innocent")] == []


def test_an_unstable_result_is_told_with_its_cause_and_its_place(impurities: CheckReport) -> None:
    causes = {finding.mission: finding.causes for finding in impurities.findings if finding.kind == "unstable"}
    assert causes["counter"] == causes["remembers"] == ("again",)
    assert causes["local_stamp"] == ("zone",)
    assert causes["imported_home"] == ("home",)
    assert causes["directory"] == ("directory",)
    assert causes["set_order"] == ("seed",)
    assert causes["imported_clock"] == causes["process_id"] == ("itself",)
    assert "order" in causes["key_order"]
    (stamp,) = [finding for finding in impurities.findings if finding.mission == "local_stamp"]
    assert (stamp.step, stamp.operation) == ("only", "local_stamp.do")
    assert "comes out otherwise in another time zone. For example, 17" in stamp.message
    assert "at '/state/value'" in stamp.message


@pytest.mark.parametrize(
    ("depends_on", "cause"),
    [
        ("os.environ.get('LANG')", "language"),
        ("os.environ.get('PYTHONHASHSEED') != '0' and not os.environ['HOME'].endswith('home-0')", "together"),
    ],
)
def test_what_a_result_depends_on_is_tried_alone_and_together(site: Site, depends_on: str, cause: str) -> None:
    site.module(
        "throwaway_conditions",
        f"""
        import os
        from tier2_core import Mission, StepSpec, WorkflowDefinition, hookimpl
        THERE = {depends_on}
        @hookimpl
        def tier2_missions():
            plan = WorkflowDefinition("w", [StepSpec("s", "runtime", {{"at": THERE}})])
            return [Mission("conditions", lambda params: plan, "Depends on where it is imported.")]
        """,
    )
    import throwaway_conditions  # type: ignore[import-not-found]

    (finding,) = check_mission("conditions", registry=load_registry([throwaway_conditions]), processes=2).findings
    assert (finding.kind, finding.causes) == ("unstable", (cause,))


def test_a_touch_is_told_with_its_step_its_call_and_its_line(impurities: CheckReport) -> None:
    (finding,) = [finding for finding in impurities.findings if finding.mission == "reads"]
    lines = Path(impure.__file__).read_text().splitlines()
    line = next(place for place, text in enumerate(lines, start=1) if "def reads(" in text) + 2
    assert (finding.step, finding.kind, finding.where) == (
        "factory",
        "impure:file",
        f"{impure.__file__}:{line} in reads",
    )
    shown = repr(impure.__file__)
    shown = shown if len(shown) <= 80 else f"{shown[:79]}…"  # tests may lie deep below
    assert finding.call == f"open({shown}, 'r')"


def test_what_is_broken_is_found_and_named() -> None:
    patience = patience_for(lambda: check_mission("echo", processes=2))
    registry = load_registry([broken], entry_points=False)
    report = check_plugin(broken.__name__, registry=registry, processes=2, timeout=patience)
    found = {finding.mission or finding.operation: finding for finding in report.findings}
    assert len(found) == len(report.findings)
    assert {name.partition("_")[0] for name in found} == {finding.kind for finding in report.findings}
    assert {name: finding.kind for name, finding in found.items()} == {
        name: name.partition("_")[0] for name in [mission.name for mission in broken.tier2_missions()] + ["name"]
    }
    assert "7 steps" in found["limits"].message
    assert "'no_such'" in found["limits_operation"].message
    assert "no 'path'" in found["payload"].message
    assert found["broke_factory"].where.endswith(" in needs_a_name")
    assert "State a params_schema" in found["broke_factory"].message
    assert found["broke_operation"].step == "only"
    assert found["broke_operation"].where.endswith(" in adds")
    assert f"did not come to an end within {patience:g} seconds" in found["hangs"].message
    assert found["hangs"].where.endswith(" in hangs")
    assert "exit code 3" in found["crashed_exit"].message
    assert "Segmentation fault" in found["crashed_memory"].message
    assert "examples" in found["untried"].message


def test_the_built_in_missions_are_clean() -> None:
    report = check_plugin("builtin", processes=2)
    assert report.passed, str(report)
    assert set(report.checked["missions"]) == {"daily_loop", "echo", "run_tests"}
    assert all(counts["runs"] for kind in ("missions", "operations") for counts in report.checked[kind].values())


# --- what is checked where -------------------------------------------------------------------------------


def test_an_installed_mission_is_run_in_fresh_processes(site: Site) -> None:
    site.install("hello", source("greet").replace("Mission('greet', build)", "Mission('greet', build, 'Greets.')"))
    report = check_mission("greet", registry=load_registry(), processes=2)
    assert report.passed, str(report)
    assert report.checked == {
        "missions": {"greet": {"params": 2, "states": 2, "runs": 5}},
        "operations": {},
        "processes": 2,
    }
    assert report.blind == BLIND


def test_a_mission_that_is_an_object_is_run_here_and_that_is_said() -> None:
    seen: list[int] = []

    def build(params: object) -> WorkflowDefinition:
        seen.append(1)
        return WorkflowDefinition("wf", [StepSpec("only", "runtime", {"calls": len(seen)})])

    report = check_mission("mine", registry=load_registry([Bringing(Mission("mine", build, "Mine."))]))
    assert report.checked["processes"] == 0
    assert "handed over as an object" in report.blind[0]
    (finding,) = report.findings
    assert (finding.kind, finding.step, finding.causes) == ("unstable", "factory", ("again",))
    assert "three times in this process" in str(report)


def test_here_the_order_of_keys_is_another_too() -> None:
    schema = {"type": "object", "properties": {name: {"const": name} for name in "abcdefgh"}}
    steps = [StepSpec("only", "runtime", {"operation": "mine.list"})]
    mine = Mission("mine", lambda params: WorkflowDefinition("wf", steps), "Mine.", state_schema=schema)
    listing = Operation("mine.list", lambda state, call: state.set("keys", list(state)), summary="Lists.")
    report = check_mission("mine", registry=load_registry([Bringing(mine, listing)]), processes=0)
    (finding,) = report.findings
    assert (finding.operation, finding.causes) == ("mine.list", ("order",))
    assert report.blind == BLIND


def test_params_and_states_of_one_s_own_are_tried_too() -> None:
    registry = load_registry([impure], entry_points=False)
    assert check_mission("rare", registry=registry, processes=1).passed
    report = check_mission("rare", registry=registry, processes=1, states=[{"rare": "very"}])
    assert {finding.kind for finding in report.findings} == {"impure:clock", "unstable"}
    assert 'state {"rare": "very"}' in report.findings[0].case


@pytest.mark.parametrize("wrong", [{"a": 1}, "a", 5, ["a"], [[]]])
def test_what_is_to_be_tried_is_a_list_of_objects(wrong: Any) -> None:
    for given in ({"params": wrong}, {"states": wrong}):
        with pytest.raises(InvalidSpecError, match="What is to be tried must be"):
            check_mission("echo", **given)


def test_params_of_one_s_own_are_tried_even_if_the_schema_refuses_them() -> None:
    mine = Mission("mine", lambda params: one_step(params), "Mine.", params_schema={"required": ["a"]})
    registry = load_registry([Bringing(mine)])
    few = check_mission("mine", registry=registry, processes=0).checked["missions"]["mine"]["params"]
    more = check_mission("mine", registry=registry, processes=0, params=[{"b": 1}])
    assert more.passed, str(more)
    assert more.checked["missions"]["mine"]["params"] == few + 1


def test_examples_in_a_schema_help_where_nothing_can_be_made_up() -> None:
    schema = {**broken.SEVENS, "examples": [{"q": "qqqqqqq"}]}
    mine = Mission("mine", lambda params: one_step(params), "Mine.", params_schema=schema)
    report = check_mission("mine", registry=load_registry([Bringing(mine)]), processes=0)
    assert report.passed, str(report)


def test_only_the_operations_that_a_mission_plans_are_checked_with_it() -> None:
    registry = load_registry([impure], entry_points=False)
    assert set(check_mission("rare", registry=registry, processes=0).checked["operations"]) == {"rare.do"}


def test_an_operation_may_be_named_after_another_mission_of_its_plugin() -> None:
    steps = [StepSpec("out", "runtime", {"operation": "opm.out"})]
    missions = [Mission(name, lambda params: WorkflowDefinition("wf", steps), "Mine.") for name in ("opm", "m_out")]
    out = Operation("opm.out", lambda state, call: state, summary="Goes out.")
    report = check_mission("m_out", registry=load_registry([Bringing(*missions, out)]), processes=0)
    assert report.passed, str(report)


def test_an_operation_that_nobody_plans_and_that_takes_no_payload_is_said_to_be_unknown() -> None:
    idle = Operation("mine.idle", lambda state, call: state, lambda payload: "never", "Idles.")
    mine = Mission("mine", one_step, "Mine.")
    report = check_plugin("bringing", registry=load_registry([Bringing(mine, idle)]), processes=0)
    assert report.passed, str(report)
    assert "operation 'mine.idle' at all" in report.blind[0]


def test_a_human_step_is_approved_with_a_value_of_its_schema() -> None:
    ask = StepSpec("ask", "human", {"into": "n", "schema": {"type": "integer", "minimum": 3}})
    steps = [ask, StepSpec("half", "runtime", {"operation": "mine.half"})]
    mine = Mission("mine", lambda params: WorkflowDefinition("wf", steps), "Mine.")
    half = Operation("mine.half", lambda state, call: state.set("h", 1 / (state.get("n", 1) - 4)), summary="Halves.")
    report = check_mission("mine", registry=load_registry([Bringing(mine, half)]), processes=0)
    (finding,) = report.findings
    assert "ZeroDivisionError" in finding.message
    assert finding.case.endswith("approved")


def test_plugins_that_are_others_in_a_fresh_process_are_found(site: Site) -> None:
    site.install(
        "shifty",
        "import os\n" + source("greet").replace("'greet', build", "os.path.basename(os.environ['HOME']), build, 'x'"),
    )
    registry = load_registry()
    (name,) = {*registry.missions} - {"daily_loop", "echo", "run_tests"}
    (finding,) = check_mission(name, registry=registry, processes=2).findings
    assert finding.kind == "registry"
    assert "finds other missions or operations" in finding.message


def test_a_module_that_a_fresh_process_cannot_import_is_found(site: Site) -> None:
    site.module("throwaway_gone", source("greet"))
    import throwaway_gone  # type: ignore[import-not-found]

    registry = load_registry([throwaway_gone])
    (site.path / "throwaway_gone.py").unlink()
    (finding,) = [one for one in check_mission("greet", registry=registry).findings if one.kind != "metadata"]
    assert "cannot load them: ModuleNotFoundError" in finding.message


# --- names and reports -----------------------------------------------------------------------------------


def test_what_is_not_there_is_named_with_the_closest(site: Site) -> None:
    with pytest.raises(UnknownMissionError, match="did you mean 'echo'"):
        check_mission("ecko")
    with pytest.raises(InvalidSpecError, match="did you mean 'builtin'"):
        check_plugin("built")
    with pytest.raises(InvalidSpecError, match="mission 'echo' is of plugin 'builtin'"):
        check_plugin("echo")
    site.install("bad", "raise RuntimeError('no')")
    with pytest.raises(PluginError, match="cannot be imported"):
        check_plugin("bad", registry=load_registry(strict=False))


def test_a_report_is_plain_data_and_safe_text() -> None:
    evil = "a\x1b[31m\u202e"

    def build(params: object) -> WorkflowDefinition:
        raise KeyError(evil)

    mine = Mission("mine", build, "Mine.")
    report = check_mission("mine", registry=load_registry([Bringing(mine)]), processes=0)
    assert json.loads(json.dumps(report.to_dict()))["findings"][0]["kind"] == "broke"
    text = str(report)
    assert all(line.isprintable() for line in text.splitlines())
    assert all(one in text.replace("\n    ", " ") for one in BLIND)
    assert "Mission 'mine': 1 finding\n" in text
