"""Suites under pytest: what is collected, chosen, run and told; the command line says the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tier2_io.conftest import Tier2
from tests.tier2_io.project import Project, outcomes, scenario, suite, wanted
from tier2_io.suites.pytest_items import part

ROOT = Path(__file__).parents[3]
EXAMPLE = (ROOT / "examples/suite.toml").read_text()
FAILING = suite(
    wanted("holds"),
    wanted("another", expected=2),
    wanted("a type", op="lt", expected="x"),
    wanted("there", op="absent"),
    wanted("not there", path="final_state.m"),
    wanted("no such mission", mission_name="ecko"),
    wanted("no such scenario", "two"),
    wanted("a schema", path="final_state", op="matches", expected={"properties": {"n": {"type": "string"}}}),
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.tier2.toml", EXAMPLE),
        ("x.tier2.json", (ROOT / "examples/suite.json").read_text()),
        ("x.tier2.json", FAILING),
    ],
)
def test_pytest_and_the_command_line_come_to_the_same_and_say_the_same(
    project: Project, tier2: Tier2, name: str, text: str
) -> None:
    file = str(project.write(name, text))
    (told,) = json.loads(tier2("test", "--json", file).stdout)
    results = told["expectations_result"]["expectation_results"]
    done = project.pytest("-rA")
    found = outcomes(done)
    passed = {node.rpartition("::")[2]: outcome == "PASSED" for node, outcome in found.items()}
    assert passed == {name: result["passed"] for name, result in results.items()}
    assert len(found) == len(results)
    assert done.returncode == (0 if told["passed"] else 1)
    lines = tier2("test", file).stdout.splitlines()[1:-1]
    assert len(lines) > len(results) or told["passed"]
    assert all(f"\n{line.removeprefix('  ')}\n" in done.stdout for line in lines)
    assert "Traceback" not in done.stdout
    assert "pytest_suites.py" not in done.stdout


def test_an_item_is_an_expectation_under_suite_and_scenario(project: Project) -> None:
    project.write("x.tier2.toml", EXAMPLE)
    lines = [line.strip() for line in project.pytest("--collect-only").stdout.splitlines() if "<" in line]
    assert lines[lines.index("<SuiteFile x.tier2.toml>") + 1 :] == [
        "<Suite daily loop>",
        "<Scenario an empty day>",
        "<Expectation an empty day succeeds>",
        "<Scenario a day and the morning after>",
        "<Expectation what is overdue comes first>",
        "<Expectation what is done is archived>",
        "<Expectation one log entry a date>",
    ]


def test_what_failed_is_on_one_line_of_the_summary_and_in_the_xml(project: Project) -> None:
    file = project.write("x.tier2.json", FAILING)
    told = project.pytest("--junitxml=j.xml").stdout
    assert "FAILED x.tier2.json::s::one::another - eq_mismatch: expected eq 2, actual 1\n" in told
    assert "FAILED x.tier2.json::s::two::no such scenario - scenario_missing: two / echo / final_state.n\n" in told
    (found,) = ET.parse(project.path / "j.xml").getroot()
    assert (found.attrib["tests"], found.attrib["failures"], found.attrib["errors"]) == ("8", "7", "0")
    case = found[1]
    assert (case.attrib["classname"], case.attrib["name"]) == ("x.tier2.json.s.one", "another")
    assert case[0].attrib["message"] == "eq_mismatch: expected eq 2, actual 1"
    assert (case[0].text or "").splitlines()[1] == "  where     one / echo / final_state.n"
    assert f"{file}:1: eq_mismatch: expected eq 2, actual 1" in project.pytest("--tb=line").stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-k", "monday and not late"], ["monday.tier2.json::s::one::early"]),
        (["-k", "two"], ["tuesday.tier2.json::s::two::early"]),
        (["-m", "tier2", "-k", "late"], ["monday.tier2.json::s::one::late"]),
        (["-m", "not tier2"], ["test_plain.py::test_late"]),
        (["tuesday.tier2.json"], ["tuesday.tier2.json::s::two::early"]),
        (["monday.tier2.json::s::one"], ["monday.tier2.json::s::one::early", "monday.tier2.json::s::one::late"]),
        (
            ["--deselect", "monday.tier2.json::s::one::late", "--ignore", "test_plain.py"],
            ["monday.tier2.json::s::one::early", "tuesday.tier2.json::s::two::early"],
        ),
    ],
)
def test_expectations_are_chosen_like_tests(project: Project, arguments: list[str], expected: list[str]) -> None:
    project.write("monday.tier2.json", suite(wanted("early"), wanted("late")))
    project.write("tuesday.tier2.json", suite(wanted("early", "two"), scenarios=[scenario("two")]))
    project.write("test_plain.py", "def test_late(): pass")
    assert project.outcomes(*arguments) == dict.fromkeys(expected, "PASSED")


NAMES = [
    "",
    " ",
    ":",
    "a::b",
    ":a:",
    "a/../b",
    "()",
    "t[0]",
    "t[0",
    "t",
    "x\ny",
    r"x\ny",
    "\x1b[31m\u202e\0",
    "日 é",
    "-k",
]


def test_whatever_the_names_each_expectation_is_reached_by_its_id(project: Project) -> None:
    expectations = [wanted(f"{name}{name}", name, expected=2) for name in NAMES]
    text = suite(*expectations, scenarios=[scenario(name) for name in NAMES], suite_name="a::b[c]")
    project.write("x.tier2.json", text)
    collected = project.pytest("--collect-only", "-q").stdout.splitlines()[: len(NAMES)]
    assert len(set(collected)) == len(NAMES)
    assert all(line.isprintable() and line.count("::") == 3 for line in collected)
    for few in ([collected[0]], collected[3:5], [collected[9]], collected[7:9], collected[10:]):
        assert project.outcomes(*few) == dict.fromkeys(few, "FAILED")
    project.pytest()
    project.write("y.tier2.json", suite(wanted("t")))
    assert project.outcomes("--lf") == dict.fromkeys(collected, "FAILED")


@given(st.lists(st.text(st.sampled_from(":[\\ax3\n\x1b é/()")), min_size=1, max_size=4))
def test_ids_can_be_taken_apart_again(names: list[str]) -> None:
    node = "::".join(map(part, names))
    assert node.isprintable()
    assert "[" not in node
    assert [one.encode("latin-1").decode("unicode_escape") for one in node.split("::")] == names


def test_what_failed_last_is_run_again_alone_or_first(project: Project) -> None:
    project.write("x.tier2.json", suite(wanted("good"), wanted("bad", expected=2), wanted("lost", "gone")))
    project.pytest()
    bad, lost, good = (f"x.tier2.json::s::{name}" for name in ("one::bad", "gone::lost", "one::good"))
    assert project.outcomes("--lf") == {bad: "FAILED", lost: "FAILED"}
    assert re.findall(r"^x\S+", project.pytest("--ff", "-v").stdout, re.MULTILINE)[:3] == [bad, lost, good]
    assert project.outcomes("-x", "--ff") == {bad: "FAILED"}
    project.write("x.tier2.json", suite(wanted("good"), wanted("bad")))
    assert project.outcomes("--lf") == {bad: "PASSED"}


def test_what_is_wrong_with_a_file_is_an_error_of_collecting_it_and_of_no_other(project: Project) -> None:
    project.write("a.tier2.json", '{"suite_name": "s", "scenarios": [{}], "expectation": []}')
    project.write("b.tier2.toml", "suite_name = 's'\nx = \x1b")
    project.write("c.tier2.json", "[]")
    project.write("d.tier2.json", suite(wanted("fine")))
    done = project.pytest("--continue-on-collection-errors", "-rA")
    assert done.returncode == 1
    assert outcomes(done) == {
        "a.tier2.json": "ERROR",
        "b.tier2.toml": "ERROR",
        "c.tier2.json": "ERROR",
        "d.tier2.json::s::one::fine": "PASSED",
    }
    for line in (
        "a.tier2.json:1:35: scenarios.0: Missing required field 'scenario_name'",
        "a.tier2.json:1:1: Missing required field 'expectations'",
        "a.tier2.json:1:40: warning: 'expectation' is no field of a test document and is ignored; did you mean",
    ):
        assert f"\n{line}" in done.stdout
    assert "\nb.tier2.toml:2:5: Found \\x1b; expected a value" in done.stdout
    assert "\nc.tier2.json:1:1: Found an array; expected an object" in done.stdout
    assert "\x1b" not in done.stdout
    assert "Traceback" not in done.stdout


def test_a_field_that_means_nothing_is_warned_of(project: Project) -> None:
    project.write("x.tier2.json", suite(wanted("a"), exspectations=[]))
    done = project.pytest("-rA")
    assert outcomes(done) == {"x.tier2.json::s::one::a": "PASSED"}
    told = r"x\.tier2\.json:1:\d+: warning: 'exspectations' is no field of a test document"
    assert re.search(rf"/x\.tier2\.json:0: Tier2Warning: {told}", done.stdout)
    strict = project.pytest("-W", "error", "-rA")
    assert outcomes(strict) == {"x.tier2.json": "ERROR"}
    assert re.search(rf"\n{told}", strict.stdout)
    quiet = project.pytest("-W", "error", "-W", "ignore::tier2_io.pytest_plugin.Tier2Warning", "-rA")
    assert (outcomes(quiet), "exspectations" in quiet.stdout) == ({"x.tier2.json::s::one::a": "PASSED"}, False)


def test_files_are_taken_wherever_pytest_finds_them(project: Project) -> None:
    (project.path / "dir.tier2.toml").mkdir()
    for place in ("dir.tier2.toml/in.tier2.json", ".tier2.json", "not.json", "tier2.json", "data"):
        project.write(place, suite(wanted("a")))
    (project.path / "link.tier2.json").symlink_to(project.path / "data")
    (project.path / "lost.tier2.json").symlink_to(project.path / "nowhere")
    project.write("empty.tier2.json", suite(scenarios=[]))
    expected = [".tier2.json", "dir.tier2.toml/in.tier2.json", "link.tier2.json"]
    for options in ((), ("--import-mode=importlib",), ("-p", "no:cacheprovider"), ("--strict-markers", "-W", "error")):
        assert project.outcomes(*options) == dict.fromkeys((f"{name}::s::one::a" for name in expected), "PASSED")
    elsewhere = project.outcomes(f"--rootdir={project.path.parent}", "link.tier2.json")
    assert elsewhere == {"link.tier2.json::s::one::a": "PASSED"}


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_names_may_have_characters_that_the_locale_lacks(project: Project, encoding: str) -> None:
    text = suite(wanted("größe", "日本"), wanted("nicht", "日本", expected=2), scenarios=[scenario("日本")])
    project.write("s.tier2.json", text)
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = project.pytest("-rA", "s.tier2.json", **(plain if encoding == "ascii" else {"PYTHONUTF8": "1"}))
    assert "1 failed, 1 passed" in done.stdout
    assert "INTERNALERROR" not in done.stdout + done.stderr
    node = r"s.tier2.json::s::\u65e5\u672c::gr\xf6\xdfe" if encoding == "ascii" else "s.tier2.json::s::日本::größe"
    assert f"PASSED {node}" in done.stdout
