"""A question as it is read at a terminal: what is asked, where each answer leads, what comes after."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tier2_core import thaw
from tier2_io.cli.changes import NARROWEST, Line, cells, columns, fitted, laid_out, lines_of, whole
from tier2_io.telling import Answer, Question

_STYLES = {"succeeded": "green", "failed": "red", "refused": "red", "broken": "red"}


def lines_of_question(asked: Question) -> list[Line]:
    """All of a question; nothing is left out."""
    lines: list[Line] = [((asked.text, "bold"),), ((f"  {asked.step_id}, step {asked.number} of {asked.steps}", ""),)]
    if asked.into is not None:
        lines.append(((f"  a value goes to {asked.into}{': ' if asked.hint else ''}{asked.hint}", ""),))
    if asked.value is not None:
        lines += _value(asked)
    if asked.ahead:
        lines.append((("  the steps after this one:", ""),))
        lines += [((f"    {step.number}  {step.step_id}: {step.does}", ""),) for step in asked.ahead]
    lines += [((f"  demanded is {what}", ""),) for what in asked.demands]
    lines += _answer("approving", asked.approve)
    lines += _answer("rejecting", asked.reject)
    if asked.reject.possible and asked.earlier:
        lines.append((("    what the steps before have changed stays:", ""),))
        lines += lines_of(asked.earlier, "      ")
    return fitted(lines)


def _value(asked: Question) -> list[Line]:
    room = columns()
    one = f"  value: {whole(asked.value)}"
    if room is None or cells(one) <= room:
        lines: list[Line] = [((one, "bold"),)]
    else:
        lines = [(("  value:", "bold"),), *(((f"    {text}", "bold"),) for text in laid_out(asked.value, room - 4))]
    lines += [((f"    {name}: {title}", "dim"),) for name, title in asked.names]
    return lines + [((f"    {name}: nothing has this id", "red"),) for name in asked.unknown]


def _answer(what: str, answer: Answer) -> list[Line]:
    """Where an answer leads."""
    then = f", then '{answer.asked_next}' is asked" if answer.asked_next is not None else ""
    lines: list[Line] = [((f"  {what}: ", ""), (answer.status, _STYLES.get(answer.status, "yellow")), (then, ""))]
    return lines + lines_of_answer(answer)


def lines_of_answer(answer: Answer) -> list[Line]:
    """What an answer leads to, but for its status: why, what is wanted done in the world, and what changes."""
    lines: list[Line] = []
    if answer.message is not None and answer.status != "rejected":
        lines.append(((f"    {answer.message}", ""),))
    lines += lines_of_effects(answer.effects)
    return fitted(lines) + (lines_of(answer.rows) if answer.possible else [])


def lines_of_effects(effects: Iterable[Any], indent: str = "    ") -> list[Line]:
    """What is wanted done in the world."""
    room = columns()
    lines: list[Line] = []
    for effect in map(thaw, effects):
        lines.append(((f"{indent}! {effect['kind']}", "bold"),))
        texts = (
            [whole(effect["data"])]
            if room is None
            else laid_out(effect["data"], max(NARROWEST, room - len(indent) - 4))
        )
        lines += [((f"{indent}    {text}", ""),) for text in texts]
    return lines
