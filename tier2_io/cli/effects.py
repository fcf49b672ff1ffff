"""tier2 effects: what a run wants done, listed, and done by the installed handlers."""

from __future__ import annotations

import json
from typing import Any

from tier2_core import EffectHandler, HandlerEntry, Handlers, RegistryConflictError, WantedEffect, thaw
from tier2_core.missions.announced import HANDLERS_GROUP
from tier2_io.cli.main import DONE, FAILED
from tier2_io.effects.doing import BEFORE, Outcome, do_effects
from tier2_io.effects.doing import DONE as WAS_DONE
from tier2_io.effects.file_write import KIND, file_writer
from tier2_io.effects.journal import Journal, journal_of
from tier2_io.effects.listed import read_effects, told
from tier2_io.plugins.installed import chosen
from tier2_io.screen import complain, safe, say, say_json, say_styled

_STYLES = {WAS_DONE: "green", BEFORE: "dim"}


def execute(options: Any) -> int:
    """Do the effects of a file that were not done yet; exit code 1 if any could not be done."""
    effects = read_effects(options.file)
    handlers = _handlers(options)
    if options.dry_run:
        return _foretold(options, effects, handlers)
    outcomes: list[Outcome] = []
    with Journal.opened(journal_of(options.file), effects) as journal:
        for outcome in do_effects(effects, handlers, journal, options.timeout):
            outcomes.append(outcome)
            if not options.json:
                _tell(outcome)
    if options.json:
        say_json([outcome.to_dict() for outcome in outcomes])
    missed = [outcome for outcome in outcomes if outcome.status not in (WAS_DONE, BEFORE)]
    if not options.json:
        done = sum(outcome.status == WAS_DONE for outcome in outcomes)
        before = sum(outcome.status == BEFORE for outcome in outcomes)
        say(f"{done} done, {before} done before, {len(missed)} not done")
    return FAILED if missed else DONE


def _handlers(options: Any) -> Handlers:
    """The installed handlers, and that of file.write where a directory is given."""
    choice = chosen(block=options.block, only=options.only, strict=options.strict)
    for doubt in choice.doubts(HANDLERS_GROUP):
        complain(f"warning: {doubt}")
    known = choice.handlers()
    for failure in known.failures:
        complain(f"warning: a plugin was left out: {safe(str(failure))}")
    if options.files is None:
        return known
    if KIND in known.handlers:
        raise RegistryConflictError(
            f"--files stands for a handler of '{KIND}', and plugin '{known.handlers[KIND].plugin}' has one, too; leave "
            "out --files, or block the plugin.",
            plugin=known.handlers[KIND].plugin,
        )
    ours = HandlerEntry(EffectHandler(KIND, file_writer(options.files), "Writes a file."), "tier2")
    return Handlers({**known.handlers, KIND: ours}, known.failures)


def _foretold(options: Any, effects: tuple[WantedEffect, ...], handlers: Handlers) -> int:
    """Say what would be done, and call nobody; nothing is written."""
    done = Journal.looked_at(journal_of(options.file), effects)
    rows = []
    for effect in effects:
        entry = handlers.handlers.get(effect.kind)
        plan = "done before" if effect.id in done else f"by plugin '{entry.plugin}'" if entry else "no handler"
        rows.append((effect, plan))
    if options.json:
        say_json([{"effect": effect.to_dict(), "plan": plan} for effect, plan in rows])
    else:
        for effect, plan in rows:
            say(f"{safe(told(effect))}: {plan}")
            _say_whole(effect.data)
        if not rows:
            say("The file holds no effects.")
    return FAILED if any(plan == "no handler" for _, plan in rows) else DONE


def _tell(outcome: Outcome) -> None:
    say_styled((f"{told(outcome.effect)}: ", ""), (outcome.status, _STYLES.get(outcome.status, "red")))
    if outcome.why:
        say(f"    {safe(outcome.why)}")
    elif outcome.acknowledgement is not None:
        _say_whole(outcome.acknowledgement)


def _say_whole(document: Any) -> None:
    """A document on as many lines as it takes: who looks before something is done is to see all of it."""
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, default=thaw)
    for line in text.split("\n"):
        say(f"    {safe(line)}")
