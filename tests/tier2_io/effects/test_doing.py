"""Effects are done by the handlers of their kinds; whatever a handler does, the others go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.site import Site
from tests.tier2_io.conftest import Tier2
from tests.tier2_io.effects.handling import Handling, handlers, wanted
from tier2_core import (
    EffectHandler,
    InvalidSpecError,
    PluginError,
    RegistryConflictError,
    WantedEffect,
    hookimpl,
    load_handlers,
    load_registry,
)
from tier2_io.effects.doing import do_effects
from tier2_io.effects.journal import Journal
from tier2_io.effects.listed import read_effects, write_effects

TWO = wanted(("first", {"n": 1}), ("second", {"n": 2}))


def outcomes(tmp_path: Path, first: Callable[[WantedEffect], Any]) -> list[tuple[str, str]]:
    """What becomes of an effect of this handler, and of one after it."""
    with Journal.opened(str(tmp_path / "j"), TWO) as journal:
        made = list(do_effects(TWO, handlers(first=first, second=lambda effect: {"n": effect.data["n"]}), journal))
    assert (made[1].status, made[1].acknowledgement["n"]) == ("done", 2)
    return [(outcome.status, outcome.why) for outcome in made]


def raising(error: BaseException) -> Callable[[WantedEffect], Any]:
    def handle(effect: WantedEffect) -> Any:
        raise error

    return handle


@pytest.mark.parametrize("error", [ValueError("no bell"), SystemExit(0), GeneratorExit(), RecursionError()])
def test_a_handler_that_raises_is_told_and_the_others_go_on(tmp_path: Path, error: BaseException) -> None:
    (status, why), _ = outcomes(tmp_path, raising(error))
    assert status == "failed"
    assert f"the handler of plugin 'Handling' failed: {type(error).__name__}" in why


@pytest.mark.parametrize("answer", [object(), float("nan"), {1: 2}, {"a": b"x"}, iter([])])
def test_an_answer_that_is_no_document_is_no_acknowledgement(tmp_path: Path, answer: Any) -> None:
    (status, why), _ = outcomes(tmp_path, lambda effect: answer)
    assert (status, "gave no document" in why) == ("failed", True)


@pytest.mark.parametrize("answer", [None, "ok", 5, {"sent": True}])
def test_any_document_is_one(tmp_path: Path, answer: Any) -> None:
    assert outcomes(tmp_path, lambda effect: answer)[0] == ("done", "")


def test_an_effect_whose_kind_nobody_handles_is_told(tmp_path: Path) -> None:
    with Journal.opened(str(tmp_path / "j"), TWO) as journal:
        made = list(do_effects(TWO, handlers(second=lambda effect: None), journal))
    assert [outcome.status for outcome in made] == ["no handler", "done"]
    assert "'first'" in made[0].why


def test_a_handler_gets_the_effect_and_cannot_spoil_it(tmp_path: Path) -> None:
    def spoil(effect: WantedEffect) -> None:
        assert (effect.kind, effect.step_id, effect.index, effect.id) == ("first", "s0", 0, TWO[0].id)
        effect.data["n"] = 5

    outcomes(tmp_path, spoil)
    assert TWO[0].data == {"n": 1}


# --- where handlers come from ------------------------------------------------------------------------


def test_two_handlers_of_one_kind_are_a_conflict_that_names_both() -> None:
    class Other(Handling):
        pass

    both = [Handling(bell=lambda effect: 1), Other(bell=lambda effect: 2)]
    with pytest.raises(RegistryConflictError, match=r"handler of 'bell' of plugin '.*' is there already, from plugin"):
        load_handlers(both, entry_points=False)
    known = load_handlers(both, entry_points=False, strict=False)
    assert (known.handlers["bell"].plugin, len(known.failures)) == ("Handling", 1)


def test_a_plugin_without_the_hook_is_none_of_handlers_and_the_other_way_round() -> None:
    class Missions:
        @hookimpl
        def tier2_missions(self) -> list[Any]:
            return []

    with pytest.raises(PluginError, match="expected a function tier2_effect_handlers"):
        load_handlers([Missions()], entry_points=False)
    with pytest.raises(PluginError, match="expected a function tier2_missions or tier2_operations"):
        load_registry([Handling()], entry_points=False)


@pytest.mark.parametrize("kind", ["Bell", "", "a b"])
def test_a_handler_is_of_a_kind_that_effects_may_have(kind: str) -> None:
    with pytest.raises(InvalidSpecError):
        EffectHandler(kind, lambda effect: None)


SOURCE = """
from tier2_core import EffectHandler, hookimpl
{more}
def ring(effect):
    {body}
@hookimpl
def tier2_effect_handlers():
    return [EffectHandler("bell", ring)]
"""


def test_a_registry_of_missions_never_loads_handlers(site: Site) -> None:
    site.install("bells", "raise RuntimeError('loaded')", group="tier2.effects")
    load_registry()
    with pytest.raises(PluginError, match="loaded"):
        load_handlers()


# --- files -------------------------------------------------------------------------------------------


def test_effects_are_written_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "effects.jsonl"
    write_effects(str(path), [effect.to_dict() for effect in TWO])
    assert read_effects(str(path)) == TWO
    assert len(path.read_bytes().splitlines()) == 2


LINE = json.dumps(TWO[0].to_dict())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{LINE}\n{LINE}\n", ":2: the id"),
        (f"{LINE}\nwhat?\n", ":2: "),
        ("{}\n", ":1: found no effect"),
        ("[]\n", ":1: found no effect"),
        (LINE.replace('"first"', '"First"'), ":1: wantedEffect: field 'kind'"),
        (LINE.replace('"index": 0', '"index": 20'), "field 'index'"),
        (LINE.replace(TWO[0].id, "abc"), "field 'id'"),
        (LINE[:-1] + ', "more": 1}', "found no effect"),
    ],
)
def test_what_is_no_file_of_effects_is_told_by_line(tmp_path: Path, tier2: Tier2, text: str, says: str) -> None:
    (tmp_path / "e.jsonl").write_text(text)
    done = tier2("effects", "do", "e.jsonl")
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.jsonl"]


# --- as a command ------------------------------------------------------------------------------------


@pytest.fixture
def at_work(tmp_path: Path) -> Path:
    """A directory with a file of three effects: a bell, a file, another bell."""
    effects = wanted(("bell", {"n": 1}), ("file.write", {"path": "week.txt", "text": "done\n"}), ("bell", {"n": 2}))
    write_effects(str(tmp_path / "e.jsonl"), [effect.to_dict() for effect in effects])
    (tmp_path / "out").mkdir()
    return tmp_path


@pytest.fixture
def bells(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, str]]:
    """The environment in which a plugin with a handler of bells is installed."""

    def installed(body: str, more: str = "") -> dict[str, str]:
        place = Site(tmp_path_factory.mktemp("site"))
        place.install("bells", SOURCE.format(body=body, more=more), group="tier2.effects")
        return {"PYTHONPATH": str(place.path)}

    return installed


def test_effects_are_done_once(at_work: Path, tier2: Tier2, bells: Callable[..., dict[str, str]]) -> None:
    env = bells("print('ringing'); open('rung', 'a').write(effect.id + '\\n')")
    first = tier2("effects", "do", "e.jsonl", "--files", "out", env=env)
    assert (first.returncode, first.stdout.splitlines()[-1]) == (0, "3 done, 0 done before, 0 not done")
    assert "ringing" in first.stderr
    assert "ringing" not in first.stdout
    assert (at_work / "out/week.txt").read_text() == "done\n"
    again = tier2("effects", "do", "e.jsonl", "--files", "out", env=env)
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "0 done, 3 done before, 0 not done")
    assert len(set((at_work / "rung").read_text().split())) == 2


def test_a_dry_run_calls_nobody(at_work: Path, tier2: Tier2, bells: Callable[..., dict[str, str]]) -> None:
    before = sorted(path.name for path in at_work.iterdir())
    done = tier2("effects", "do", "e.jsonl", "--dry-run", "--json", env=bells("raise SystemExit"))
    assert done.returncode == 1  # of one kind there is no handler
    assert [row["plan"] for row in json.loads(done.stdout)] == ["by plugin 'bells'", "no handler", "by plugin 'bells'"]
    assert sorted(path.name for path in at_work.iterdir()) == before
    assert '"path": "week.txt"' in tier2("effects", "do", "e.jsonl", "--dry-run").stdout


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("raise ValueError('no bell')", "ValueError: no bell"),
        ("raise SystemExit(0)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import os; os._exit(0)", "os._exit(0) was called"),
        ("import threading; threading.Event().wait()", "took longer than 0.5 s"),
        ("return object()", "gave no document"),
    ],
)
def test_whatever_a_handler_does_the_others_go_on(
    at_work: Path, tier2: Tier2, bells: Callable[..., dict[str, str]], body: str, why: str
) -> None:
    env = bells(body)
    done = tier2("effects", "do", "e.jsonl", "--files", "out", "--timeout", "0.5", "--json", env=env)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert [one["status"] for one in told] == ["failed", "done", "failed"]
    assert why in told[0]["why"]
    assert (at_work / "out/week.txt").exists()


def test_a_broken_plugin_is_warned_of_or_with_strict_refused(
    at_work: Path, tier2: Tier2, bells: Callable[..., dict[str, str]]
) -> None:
    env = bells("pass", more="raise RuntimeError('broken')")
    done = tier2("effects", "do", "e.jsonl", "--files", "out", env=env)
    assert (done.returncode, "warning: a plugin was left out" in done.stderr) == (1, True)
    assert tier2("effects", "do", "e.jsonl", "--files", "out", "--strict", env=env).returncode == 5


MISSION = """
from tier2_core import Mission, StepSpec, WorkflowDefinition, hookimpl
def plan(params):
    write = {"operation": "emit", "effect": "file.write", "data_from": "report"}
    end = {"operation": "require", "path": "ready", "op": "eq", "expected": True}
    steps = [StepSpec("look", "human", {"description": "Write it?"}), StepSpec("write", "runtime", write)]
    return WorkflowDefinition("wf-report", [*steps, StepSpec("end", "runtime", end)])
@hookimpl
def tier2_missions():
    return [Mission("report", plan, "Writes a report.")]
"""


def test_from_a_question_to_a_file(tmp_path: Path, tier2: Tier2, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = Site(tmp_path_factory.mktemp("site"))
    place.install("report", MISSION)
    env = {"PYTHONPATH": str(place.path)}
    state = {"ready": True, "report": {"path": "week.md", "text": "All done."}}
    (tmp_path / "state.json").write_text(json.dumps(state))
    (tmp_path / "out").mkdir()
    asked = tier2("run", "report", "--state", "state.json", "--record", "r.json", "--effects-out", "e.jsonl", env=env)
    assert asked.returncode == 3
    assert "All done." in asked.stdout  # who approves has seen it
    assert "--effects-out=e.jsonl" in asked.stderr
    assert not (tmp_path / "e.jsonl").exists()
    approved = tier2("resume", "r.json", "--approve", "--unseen", "--effects-out", "e.jsonl", env=env)
    assert (approved.returncode, "file.write" in approved.stdout) == (0, True)
    assert tier2("verify", "r.json", env=env).returncode == 0
    for _ in range(2):
        assert tier2("effects", "do", "e.jsonl", "--files", "out").returncode == 0
    assert (tmp_path / "out/week.md").read_text() == "All done."


def test_a_run_that_does_not_succeed_writes_no_effects(
    tmp_path: Path, tier2: Tier2, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = Site(tmp_path_factory.mktemp("site"))
    place.install("report", MISSION)
    (tmp_path / "state.json").write_text(json.dumps({"ready": False, "report": {"path": "a", "text": "b"}}))
    arguments = ("run", "report", "--state", "state.json", "--unattended", "--effects-out", "e.jsonl")
    done = tier2(*arguments, env={"PYTHONPATH": str(place.path)})
    assert (done.returncode, "e.jsonl was not written" in done.stdout) == (1, True)
    assert not (tmp_path / "e.jsonl").exists()


def test_the_effects_are_no_other_output(tmp_path: Path, tier2: Tier2) -> None:
    (tmp_path / "s.json").write_text("{}")
    for option in ("--out", "--record", "--state-out", "--state"):
        done = tier2("run", "echo", option, "s.json", "--effects-out", "s.json")
        assert (done.returncode, "name one file" in done.stderr) == (2, True), option
    assert (tmp_path / "s.json").read_text() == "{}"


def test_a_suite_of_every_path_meets_what_the_steps_demand(
    tmp_path: Path, tier2: Tier2, tmp_path_factory: pytest.TempPathFactory
) -> None:
    demands = '"demands": {"actor": True, "seen": True, "reason": True}'
    source = MISSION.replace('"description": "Write it?"', f'"description": "Write it?", {demands}')
    place = Site(tmp_path_factory.mktemp("site"))
    place.install("report", source)
    state = {"ready": True, "report": {"path": "week.md", "text": "All done."}}
    (tmp_path / "state.json").write_text(json.dumps(state))
    env = {"PYTHONPATH": str(place.path)}
    explored = tier2("explore", "report", "--state", "state.json", "--suite", "paths.json", env=env)
    assert explored.returncode == 0, explored.stderr
    done = tier2("test", "paths.json", env=env)
    assert (done.returncode, "4 passed" in done.stdout or "4 of 4" in done.stdout) == (0, True), done.stdout


def test_a_run_that_waits_for_signatures_says_how_people_sign(
    tmp_path: Path, tier2: Tier2, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = Site(tmp_path_factory.mktemp("site"))
    asks = '"description": "Write it?"'
    place.install("report", MISSION.replace(asks, f'{asks}, "demands": {{"signatures": 2}}'))
    asked = tier2("run", "report", "--record", "r.json", env={"PYTHONPATH": str(place.path)})
    assert asked.returncode == 3
    assert "tier2 sign-decision r.json --decision ENVELOPE --key KEY --approve" in asked.stderr
    assert "each of 2 people" in asked.stderr
    assert "--seen" not in asked.stderr


def test_a_refusal_of_file_write_is_a_sentence_of_its_own(at_work: Path, tier2: Tier2) -> None:
    (at_work / "out/week.txt").write_text("theirs")
    done = tier2("effects", "do", "e.jsonl", "--files", "out", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)[1]["why"].startswith("'week.txt' is there already, and was not written from here")
    assert (at_work / "out/week.txt").read_text() == "theirs"
