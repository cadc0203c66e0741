"""Render the answer to one question about access, as text or JSON. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.model.access_answers import AccessAnswer, AccessSource, DecidingStatement, Outcome
from reconciler.model.escape import escape_line
from reconciler.model.sentence import format_list
from reconciler.model.wrap import wrap_line
from reconciler.plan.access.assume_words import describe_dependency
from reconciler.render.access_parts import place_to_dict, render_sides, render_sides_json
from reconciler.render.paint import GREEN, RED, YELLOW, paint_line

COLORS = {Outcome.ALLOWED: GREEN, Outcome.DENIED: RED, Outcome.DEPENDS: YELLOW}
_MAX_RESOURCES = 5

_Answers = Iterable[AccessAnswer | None]


def render_answer_text(
    source: AccessSource, answers: _Answers, *, color: bool = False, width: int | None = None
) -> str:
    """Return the outcome, then the facts on which it depends, then each statement that decides with its line."""

    def render_answer(answer: AccessAnswer | None) -> Iterator[str]:
        if answer is None:
            yield "The principal does not exist."
            return
        verb = "can" if answer.outcome is not Outcome.DENIED else "cannot"
        head = f"{answer.outcome}: {answer.principal} {verb} {answer.action} on {answer.resource}"
        for line in wrap_line(escape_line(f"{head}{_describe_reason(answer)}"), width):
            yield paint_line(line, COLORS[answer.outcome], color)
        for text in (*_list_dependencies(answer), *map(describe_line, answer.statements), *_list_hints(answer)):
            yield from wrap_line(escape_line(f"  {text}"), width)

    return render_sides(source, answers, render_answer, color)


def render_answer_json(source: AccessSource, answers: _Answers) -> str:
    """Return the same as JSON; null for a side that lacks the principal."""
    return render_sides_json(source, answers, answer_to_dict)


def describe_line(statement: DecidingStatement) -> str:
    """Return a statement as a line: effect, name, policy, content, and place in the file."""
    if not statement.effect:
        return f"{statement.policy}, whose content is not known"
    name = f"{statement.effect} {statement.sid}".rstrip()
    summary = f": {statement.summary}" if statement.summary else ""
    conditions = f", if {' and '.join(statement.conditions)}" if statement.conditions else ""
    place = f"  {statement.place}" if statement.place else ""
    return f"{name} of {statement.policy}{summary}{conditions}{place}"


def statement_to_dict(statement: DecidingStatement) -> dict[str, Any]:
    """Return a statement for JSON."""
    return {
        "policy": statement.policy,
        "effect": statement.effect,
        "sid": statement.sid,
        "summary": statement.summary,
        "conditions": list(statement.conditions),
        **place_to_dict(statement.place),
    }


def _describe_reason(answer: AccessAnswer) -> str:
    return f": {answer.reason}" if answer.outcome is Outcome.DENIED else ""


def _list_dependencies(answer: AccessAnswer) -> Iterator[str]:
    yield from (f"depends on {describe_dependency(key)}" for key in answer.depends_on)


def _list_hints(answer: AccessAnswer) -> Iterator[str]:
    for effect, patterns in (("An Allow", answer.allowed_resources), ("A Deny", answer.denied_resources)):
        if patterns:
            yield f"{effect} covers {format_list(patterns, _MAX_RESOURCES)}: name the resource to ask about it."
    for key in answer.ignored_keys:
        yield f"--context {key} does not count: its value follows from the principal or the resource."


def answer_to_dict(answer: AccessAnswer) -> dict[str, Any]:
    """Return an answer for JSON."""
    return {
        "principal": answer.principal,
        "action": answer.action,
        "resource": answer.resource,
        "outcome": str(answer.outcome),
        "reason": answer.reason,
        "depends_on": list(answer.depends_on),
        "statements": [statement_to_dict(one) for one in answer.statements],
        "allowed_resources": list(answer.allowed_resources),
        "denied_resources": list(answer.denied_resources),
        "ignored_keys": list(answer.ignored_keys),
    }
