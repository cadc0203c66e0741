"""Render everybody who can do something, as text or JSON. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.model.access_answers import AccessSource, CapablePrincipals, WhoCan
from reconciler.model.escape import escape_line
from reconciler.model.sentence import format_list
from reconciler.model.wrap import wrap_line
from reconciler.plan.access.assume_words import describe_dependency, describe_terms
from reconciler.policy.global_keys import MFA_KEYS
from reconciler.render.access_answer import describe_line, statement_to_dict
from reconciler.render.access_parts import format_names, render_sides, render_sides_json
from reconciler.render.access_show import chain_to_dict, describe_chain
from reconciler.render.paint import BOLD, paint_line

_MAX_RESOURCES = 5
_MAX_GUARDRAILS = 3


def render_capable_text(
    source: AccessSource, answers: Iterable[WhoCan], *, color: bool = False, width: int | None = None
) -> str:
    """Return the principals with their statements, then those who can by taking a role."""

    def render_answer(answer: WhoCan) -> Iterator[str]:
        head = f"{answer.action} on {answer.resource or 'any resource'}"
        yield from (paint_line(line, BOLD, color) for line in wrap_line(escape_line(head), width))
        for text in _list_lines(answer):
            indent = " " * (len(text) - len(text.lstrip()) + 4)
            yield from wrap_line(escape_line(text), width, indent)

    return render_sides(source, answers, render_answer, color)


def render_capable_json(source: AccessSource, answers: Iterable[WhoCan]) -> str:
    """Return the same as JSON, with every name."""
    return render_sides_json(source, answers, _to_dict)


def _list_lines(answer: WhoCan) -> Iterator[str]:
    if not answer.direct:
        yield "  Nobody can."
    for one in answer.direct:
        open_keys = (key for key in one.depends_on if not one.mfa or key not in MFA_KEYS)
        terms = describe_terms(one.mfa, map(describe_dependency, open_keys), one.terms)
        where = f" on {format_list(one.resources, _MAX_RESOURCES)}" if answer.resource is None else ""
        yield f"  {format_names(one.principals)}{where}{terms}"
        yield from (f"      {describe_line(statement)}" for statement in one.statements)
    if answer.chains:
        yield "  by taking a role:"
    yield from (f"    {format_names(one.principals)} → {describe_chain(one.chain)}" for one in answer.chains)
    if answer.stopped:
        yield "  stopped by guardrails:"
    for held in answer.stopped:
        yield f"    {format_names(held.principals)}, by {format_list(held.stopped_by, _MAX_GUARDRAILS)}"


def _to_dict(answer: WhoCan) -> dict[str, Any]:
    return {
        "action": answer.action,
        "resource": answer.resource or "*",
        "direct": [_group_to_dict(one) for one in answer.direct],
        "stopped": [{"principals": list(one.principals), "stopped_by": list(one.stopped_by)} for one in answer.stopped],
        "chains": [{"principals": list(one.principals), **chain_to_dict(one.chain)} for one in answer.chains],
    }


def _group_to_dict(one: CapablePrincipals) -> dict[str, Any]:
    return {
        "principals": list(one.principals),
        "outcome": str(one.outcome),
        "resources": list(one.resources),
        "mfa": one.mfa,
        "depends_on": list(one.depends_on),
        "statements": [statement_to_dict(statement) for statement in one.statements],
    }
