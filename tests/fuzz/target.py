"""`FuzzTarget`, the interface of a fuzz target: a reader of the product, good inputs, and ways to spoil them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Protocol

from reconciler.model.account_results import OrganizationResults
from reconciler.model.desired import Settings
from reconciler.model.plan import Plan
from reconciler.model.problem import Problem
from reconciler.render.aws_cli import render_plan_commands
from reconciler.render.organization_json import iter_summary_json
from reconciler.render.organization_markdown import render_summary_markdown
from reconciler.render.organization_text import OrganizationText
from reconciler.render.plan_json import plan_to_dict, render_plan_json
from reconciler.render.plan_markdown import render_plan_markdown
from reconciler.render.plan_text import render_plan_text
from reconciler.render.problems import FORMATS, render_problems

_NO_CHANGES = Plan("123456789012", "aws", None, Settings())


class FuzzTarget(Protocol):
    """A reader, called as a command calls it.

    `read` returns a few words about the input (codes of problems, kinds of entities). An input that gives a new word is
    kept, and spoilt further. Every exception that `read` raises is a fault, so it must catch only those that the
    command catches.
    """

    name: str

    def make_seeds(self) -> Sequence[bytes]: ...

    def spoil(self, random: Random, data: bytes, other: bytes) -> bytes: ...

    def read(self, data: bytes) -> Iterable[str]: ...


def print_text(text: str) -> None:
    """Encode a text as UTF-8, as a terminal or a pipe does."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    stream.write(text)
    stream.flush()


def print_problems(problems: Sequence[Problem]) -> set[str]:
    """Render problems in every output format, and return their codes."""
    for form in FORMATS.values():
        print_text(form(problems))
    print_text(render_problems(problems, color=True))
    return {f"{problem.level} {problem.code}" for problem in problems}


def print_plan(plan: Plan) -> set[str]:
    """Render a plan in every output format, and return the codes of its findings, and its operations."""
    for text in (
        render_plan_text(plan, color=True, width=100),
        render_plan_json(plan),
        render_plan_markdown(plan),
        render_plan_commands(plan),
    ):
        print_text(text)
    return print_problems(plan.findings) | {step.call.operation for step in plan.steps}


def print_accounts(summary: OrganizationResults) -> set[str]:
    """Render the results of many accounts in every output format, and return their statuses and problems."""
    text = OrganizationText(summary, lambda facts: _NO_CHANGES, color=True, width=100)
    for part in (*text.render(), *iter_summary_json(summary, lambda facts: plan_to_dict(_NO_CHANGES))):
        print_text(part)
    print_text(render_summary_markdown(summary, lambda facts: _NO_CHANGES))
    problems = [problem for result in summary.results for problem in result.problems]
    return print_problems([*problems, *summary.problems]) | {str(result.status) for result in summary.results}


def write_input(path: Path, data: bytes) -> None:
    """Write an input to the file that the product reads."""
    with path.open("wb") as file:
        file.write(data)
