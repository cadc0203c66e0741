"""Render a Plan as a pull-request comment: summary, head, risk, deletions, access, findings, and the changes.

GitHub refuses comments of more than 65,536 characters. Entries that do not fit are counted, and none is cut in the
middle. Text from files and from AWS is put in code marks, so that GitHub reads no mention, link or HTML in it; in
findings, such marks are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import accumulate

from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.plan import Action, Change, Plan
from reconciler.model.problem import Level, Problem
from reconciler.model.risk import RiskLevel
from reconciler.plan.digest.detail import Detail, is_compact
from reconciler.plan.digest.gathered_findings import gather_findings
from reconciler.render.plan_header import format_header
from reconciler.render.plan_text import PlanText

MAX_COMMENT_LENGTH = 65_000
_MAX_SECTION_LENGTH = 10_000
"""Characters that the risk, the access delta, the findings and each list may have."""

_MAX_FINDING_LENGTH = 1000
"""Characters that one finding may have."""

_MAX_HEADER_LENGTH = 500

_WIDTH = 110
_MARKS = re.compile(r"[\\`*\[\]~]")
_RISK_ICONS = {RiskLevel.HIGH: "🔴", RiskLevel.LOW: "🟡", RiskLevel.NONE: "🟢"}
_ICONS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.INFO: "ℹ️"}


def render_plan_markdown(plan: Plan, detail: Detail = Detail.AUTO) -> str:
    """Return the comment, shorter than `MAX_COMMENT_LENGTH` characters.

    First whose plan it is, its risk, what it deletes and who gains access, because these are never cut to nothing.
    """
    text = PlanText(plan, width=_WIDTH, detail=detail)
    destructive = [change for change in plan.changes if change.action is Action.DELETE]
    parts = [f"**{text.render_summary().replace('errors above', 'errors below')}**", ""]
    if plan.changes:
        parts += [_format_code(_shorten(format_header(plan), _MAX_HEADER_LENGTH)), "", *_render_risk(text)]
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
        fitting = _take_fitting(lines, room - 200)
        if fitting:
            yield _fence_body("\n".join(fitting))
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
        yield f"_{left_out} of {len(plan.changes)} entities are left out here; run `reconcile plan` for all._"


def _render_risk(text: PlanText) -> Iterator[str]:
    """Yield the risk and its reasons, a line each; those that make it high begin with `!`."""
    level, *reasons = text.render_risk()[:-1]
    yield f"{_RISK_ICONS[text.plan.risk.level]} **{level}**"
    yield ""
    if reasons:
        fitting = _take_fitting(reasons)
        yield _fence_plain("\n".join(fitting))
        yield from _render_more(len(reasons) - len(fitting), "reasons")
        yield ""


def _render_deletes(changes: list[Change]) -> Iterator[str]:
    if changes:
        listed = ", ".join(_format_code(str(change.address)) for change in changes[:50])
        more = f" and {len(changes) - 50} more" if len(changes) > 50 else ""
        yield f"🗑️ **Deletes** {listed}{more}"
        yield ""


def _format_code(text: str) -> str:
    """Return the text in code marks, with more backticks than the text contains in a row."""
    text = escape_line(text)
    fence = "`"
    while fence in text:
        fence += "`"
    return f"{fence} {text} {fence}" if len(fence) > 1 else f"`{text}`"


def _render_access(text: PlanText) -> Iterator[str]:
    """Yield the access delta, as `PlanText` renders it."""
    lines = text.draw_access()
    if lines:
        fitting = _take_fitting(lines)
        yield "🔑 **Access**"
        yield ""
        yield _fence_body("\n".join(fitting))
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
    fitting, number = _take_fitting(lines), len(lines)
    title = f"{heading}: {number} {'entity' if number == 1 else 'entities'} {description}"
    body = "\n".join([_fence_body("\n".join(fitting)), *_render_more(number - len(fitting), "entities")])
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _render_findings(plan: Plan, detail: Detail) -> Iterator[str]:
    order = list(Level)
    listed = sorted(gather_findings(plan, detail), key=lambda item: order.index(item.level))
    fitting = _take_fitting([f"- {_ICONS[finding.level]} {_escape_finding(finding)}" for finding in listed])
    yield from fitting
    yield from _render_more(len(listed) - len(fitting), "findings")
    if listed:
        yield ""


def _take_fitting(lines: list[str], room: int = _MAX_SECTION_LENGTH) -> list[str]:
    """Return the first lines that fit into one section of the comment."""
    ends = accumulate(len(line) + 2 for line in lines)
    return [line for line, end in zip(lines, ends, strict=True) if end <= room]


def _render_more(left_out: int, noun: str) -> Iterator[str]:
    if left_out:
        yield f"- … and {left_out} more {noun}"


def _escape_finding(finding: Problem) -> str:
    message = _shorten(escape_line(" ".join(finding.message.split())), _MAX_FINDING_LENGTH)
    return _MARKS.sub(r"\\\g<0>", message).replace("&", "&amp;").replace("<", "&lt;").replace("@", "@&#8203;")


def _shorten(text: str, most: int) -> str:
    """Return a text of about so many characters, cut between words."""
    return text if len(text) <= most else f"{text[:most].rpartition(' ')[0] or text[:most]} …"


def _render_fold(change: Change, text: PlanText) -> str:
    title = f"<code>{change.action.symbol} {escape(escape_line(str(change.address)))}</code> {change.action}"
    body = _fence_body("\n".join(text.render_change(change)))
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _fence_body(body: str) -> str:
    return _fence_plain(_mark_diff(body), "diff")


def _fence_plain(body: str, language: str = "text") -> str:
    fence = "```"
    while fence in body:
        fence += "`"
    return f"{fence}{language}\n{body}\n{fence}"


def _mark_diff(body: str) -> str:
    """Move the marks of changed lines to the first column, so that GitHub colours them."""
    lines = []
    for line in body.split("\n"):
        mark = line.lstrip()[:1]
        sign = {"+": "+", "-": "-", "~": "!", "@": "!"}.get(mark, " ")
        lines.append(sign + (line if sign == " " else line.replace(mark, " ", 1)))
    return "\n".join(lines)
