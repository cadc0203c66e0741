"""Render the steps of an evaluation, as text or JSON. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.model.access_answers import AccessSource, AnswerSteps, EvaluationStep, ExplainedStatement, Outcome
from reconciler.model.escape import escape_line
from reconciler.model.wrap import wrap_line
from reconciler.plan.access.assume_words import describe_dependency
from reconciler.render.access_answer import COLORS, answer_to_dict, describe_line, statement_to_dict
from reconciler.render.access_parts import render_sides, render_sides_json
from reconciler.render.paint import GREEN, RED, YELLOW, paint_line

_MARKS = {True: "applies", None: "may apply", False: "does not apply"}
_STEP_COLORS = {True: GREEN, None: YELLOW, False: RED}

_Answers = Iterable[AnswerSteps | None]


def render_steps_text(source: AccessSource, answers: _Answers, *, color: bool = False, width: int | None = None) -> str:
    """Return each step with its statements, and the outcome at the end."""

    def render_line(text: str, style: str | None = None) -> Iterator[str]:
        indent = " " * (len(text) - len(text.lstrip()) + 4)
        for line in wrap_line(escape_line(text), width, indent):
            yield paint_line(line, style, color)

    def render_answer(one: AnswerSteps | None) -> Iterator[str]:
        if one is None:
            yield "The principal does not exist."
            return
        answer = one.answer
        yield from render_line(f"May {answer.principal} do {answer.action} on {answer.resource}?")
        for number, step in enumerate(one.steps, 1):
            yield from render_line(f"{number}. {step.name}: {step.summary}", _STEP_COLORS[step.passed])
            for statement in step.statements:
                yield from render_line(f"     {_describe_statement(statement)}")
        yield from render_line(f"{answer.outcome}{_describe_end(one)}", COLORS[answer.outcome])

    return render_sides(source, answers, render_answer, color)


def render_steps_json(source: AccessSource, answers: _Answers) -> str:
    """Return the same as JSON: the answer as of `access can`, and `steps`; null for a side that lacks the principal."""
    return render_sides_json(
        source, answers, lambda one: answer_to_dict(one.answer) | {"steps": [_step_to_dict(step) for step in one.steps]}
    )


def _describe_statement(explained: ExplainedStatement) -> str:
    reasons = f" ({'; '.join(explained.reasons)})" if explained.reasons else ""
    return f"{_MARKS[explained.applies]}{reasons}: {describe_line(explained.statement)}"


def _describe_end(one: AnswerSteps) -> str:
    if one.answer.outcome is Outcome.DENIED:
        return f": {one.answer.reason}"
    keys = ", ".join(map(describe_dependency, one.answer.depends_on))
    return f" on {keys}" if keys else ""


def _step_to_dict(step: EvaluationStep) -> dict[str, Any]:
    return {
        "step": str(step.name),
        "passed": step.passed,
        "summary": step.summary,
        "statements": [
            {**statement_to_dict(one.statement), "applies": one.applies, "reasons": list(one.reasons)}
            for one in step.statements
        ],
    }
