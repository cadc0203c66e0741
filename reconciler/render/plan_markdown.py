"""Render a Plan as a pull-request comment: summary, head, risk, deletions, access, findings, and the changes.

GitHub refuses comments of more than 65,536 characters. Entries that do not fit are counted, and none is cut in the
middle. Text from files and from AWS is put in code marks, so that GitHub reads no mention, link or HTML in it; in
findings, such marks are escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.plan import Action, Change, Plan
from reconciler.model.problem import Level
from reconciler.plan.digest.detail import Detail, is_compact
from reconciler.plan.digest.gathered_findings import gather_findings
from reconciler.render.markdown_parts import (
    MAX_COMMENT_LENGTH,
    RISK_ICONS,
    escape_finding,
    fence_body,
    fence_plain,
    format_code,
    name_command,
    shorten,
    take_fitting,
)
from reconciler.render.plan_header import format_header
from reconciler.render.plan_text import PlanText

_MAX_HEADER_LENGTH = 500

_WIDTH = 110
_ICONS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.INFO: "ℹ️"}


def render_plan_markdown(plan: Plan, detail: Detail = Detail.AUTO) -> str:
    """Return the comment, shorter than `MAX_COMMENT_LENGTH` characters.

    First whose plan it is, its risk, what it deletes and who gains access, because these are never cut to nothing.
    """
    text = PlanText(plan, width=_WIDTH, detail=detail)
    destructive = [change for change in plan.changes if change.action is Action.DELETE]
    parts = [f"**{text.render_summary().replace('errors above', 'errors below')}**", ""]
    if plan.changes:
        parts += [format_code(shorten(format_header(plan), _MAX_HEADER_LENGTH)), "", *_render_risk(text)]
    parts += [*_render_deletes(destructive), *_render_access(text), *_render_findings(plan, detail)]
    folds = [*_render_unmanaged(text), *_render_left_alone(text)]
    room = MAX_COMMENT_LENGTH - sum(len(part) + 1 for part in (*parts, *folds)) - 200
    parts += [*_render_changes(text, destructive, room), *folds]
    return escape_lines("\n".join(parts).rstrip())


def _render_changes(text: PlanText, destructive: list[Change], room: int) -> Iterator[str]:
    """Yield the changes that fit into a number of characters, deletions first, and how many entities do not."""
    plan, left_out = text.plan, 0
    if is_compact(plan, text.detail):
        lines = list(text.changes.draw_compact())
        fitting = take_fitting(lines, room - 200)
        if fitting:
            yield fence_body("\n".join(fitting))
            yield ""
        if len(lines) > len(fitting):
            left = f"{len(lines) - len(fitting)} of {len(lines)} lines of changes are left out here"
            yield f"_{left}; run `reconcile plan` for all._"
        return
    for change in (*destructive, *(change for change in plan.changes if change.action is not Action.DELETE)):
        fold = _render_fold(change, text)
        if left_out or len(fold) + 1 > room:
            left_out += 1
            continue
        room -= len(fold) + 1
        yield fold
    if left_out:
        command = name_command("reconcile plan", text.detail)
        yield f"_{left_out} of {len(plan.changes)} entities are left out here; run `{command}` for all._"


def _render_risk(text: PlanText) -> Iterator[str]:
    """Yield the risk and its reasons, a line each; those that make it high begin with `!`."""
    level, *reasons = text.render_risk()[:-1]
    yield f"{RISK_ICONS[text.plan.risk.level]} **{level}**"
    yield ""
    if reasons:
        fitting = take_fitting(reasons)
        yield fence_plain("\n".join(fitting))
        yield from _render_more(len(reasons) - len(fitting), "reasons")
        yield ""


def _render_deletes(changes: list[Change]) -> Iterator[str]:
    if changes:
        listed = ", ".join(format_code(str(change.address)) for change in changes[:50])
        more = f" and {len(changes) - 50} more" if len(changes) > 50 else ""
        yield f"🗑️ **Deletes** {listed}{more}"
        yield ""


def _render_access(text: PlanText) -> Iterator[str]:
    """Yield the access delta, as `PlanText` renders it."""
    lines = text.draw_access()
    if lines:
        fitting = take_fitting(lines)
        yield "🔑 **Access**"
        yield ""
        yield fence_body("\n".join(fitting))
        yield from _render_more(len(lines) - len(fitting), "changes of access")
        if note := text.render_access_note():
            yield f"_{note.strip()}_"
        yield ""


def _render_unmanaged(text: PlanText) -> list[str]:
    """Return a fold with the unmanaged entities that fit, if they are listed."""
    if text.plan.unmanaged is None:
        return []
    return [_render_list_fold("Unmanaged", text.render_unmanaged()[1:], "that no file declares")]


def _render_left_alone(text: PlanText) -> list[str]:
    """Return a fold with the entities of AWS services that fit, if there are any."""
    lines = text.render_left_alone()[1:] if text.plan.left_alone else []
    return [_render_list_fold("Left alone", lines, "that AWS services created")] if lines else []


def _render_list_fold(heading: str, lines: list[str], description: str) -> str:
    fitting, number = take_fitting(lines), len(lines)
    title = f"{heading}: {number} {'entity' if number == 1 else 'entities'} {description}"
    body = "\n".join([fence_body("\n".join(fitting)), *_render_more(number - len(fitting), "entities")])
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _render_findings(plan: Plan, detail: Detail) -> Iterator[str]:
    order = list(Level)
    listed = sorted(gather_findings(plan, detail), key=lambda item: order.index(item.level))
    fitting = take_fitting([f"- {_ICONS[finding.level]} {escape_finding(finding)}" for finding in listed])
    yield from fitting
    yield from _render_more(len(listed) - len(fitting), "findings")
    if listed:
        yield ""


def _render_more(left_out: int, noun: str) -> Iterator[str]:
    if left_out:
        yield f"- … and {left_out} more {noun}"


def _render_fold(change: Change, text: PlanText) -> str:
    title = f"<code>{change.action.symbol} {escape(escape_line(str(change.address)))}</code> {change.action}"
    body = fence_body("\n".join(text.render_change(change)))
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"
