"""Render the results of many accounts as one pull-request comment: numbers, risk, and each group of changes once.

GitHub refuses comments of more than 65,536 characters (`render/plan_markdown.py`). Groups that do not fit are counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.account_results import AccountStatus, OrganizationResults, PlanFacts
from reconciler.model.escape import escape_lines
from reconciler.plan.digest.account_groups import AccountGroup, group_results
from reconciler.plan.digest.detail import Detail
from reconciler.render.markdown_parts import (
    MAX_COMMENT_LENGTH,
    RISK_ICONS,
    escape_finding,
    fence_body,
    fence_plain,
    format_code,
    name_command,
    take_fitting,
)
from reconciler.render.organization_text import OrganizationText, ReadPlan

_WIDTH = 110
_MAX_NAMES = 50
_ROOM_FOR_NOTES = 600
"""Characters that are kept for the lines below the groups, which may name a few accounts."""
_ICONS = {
    AccountStatus.UNSAFE: "⛔",
    AccountStatus.FAILED: "❌",
    AccountStatus.NOT_STARTED: "⏸️",
    AccountStatus.IN_STEP: "✅",
    AccountStatus.CHANGED: "✏️",
}


def render_summary_markdown(summary: OrganizationResults, read_plan: ReadPlan, detail: Detail = Detail.AUTO) -> str:
    """Return the comment, shorter than `MAX_COMMENT_LENGTH` characters."""
    text = OrganizationText(summary, read_plan, width=_WIDTH, detail=detail)
    parts = [f"**{text.format_totals()}**", "", format_code(text.format_header()), ""]
    if any(result.plan and result.plan.risk.widens for result in summary.results):
        parts += [*_render_risk(text), ""]
    parts += [f"- ❌ {escape_finding(problem)}" for problem in summary.problems]
    room = MAX_COMMENT_LENGTH - sum(len(part) + 1 for part in parts) - _ROOM_FOR_NOTES
    parts += _render_groups(text, room)
    if note := text.format_access_note():
        parts += ["", f"_{note}_"]
    return escape_lines("\n".join(parts).rstrip())


def _render_risk(text: OrganizationText) -> Iterator[str]:
    level, *reasons = text.draw_risk()
    yield f"{RISK_ICONS[text.summary.risk_level]} **{level}**"
    yield ""
    if reasons:
        fitting = take_fitting(reasons)
        left = len(reasons) - len(fitting)
        yield fence_plain("\n".join([*fitting, *([f"… and {left} more reasons"] if left else [])]))


def _render_groups(text: OrganizationText, room: int) -> Iterator[str]:
    """Yield the groups that fit into a number of characters, and how many accounts do not."""
    left_out = 0
    for group in group_results(text.summary):
        part = _render_group(text, group, room if not left_out else 0)
        if left_out or len(part) + 1 > room:
            left_out += len(group.results)
            continue
        room -= len(part) + 1
        yield part
    if left_out:
        yield f"\n_{left_out} accounts are left out here; run `{_name_command(text)}` for all._"


def _render_group(text: OrganizationText, group: AccountGroup, room: int) -> str:
    """Return one group: a line, or a fold if there are changes or problems to show."""
    names = ", ".join(format_code(name) for name in group.names[:_MAX_NAMES])
    more = f" and {len(group.names) - _MAX_NAMES} more" if len(group.names) > _MAX_NAMES else ""
    icon, title = _ICONS[group.status], text.format_group(group)
    if group.status is AccountStatus.IN_STEP and not group.has_plan_to_show:
        return f"{icon} {_escape_title(title)}: {names}{more}\n"
    findings = [group.generalize(f"- {escape_finding(problem)}") for problem in group.first.problems]
    body = "" if group.first.plan is None or room <= 0 else _render_plan(text, group, group.first.plan)
    if len(body) > room:
        body = f"_The changes are too long for a comment; `{_name_command(text)}` shows them._"
    content = "\n".join(part for part in (names + more, *findings, "", body) if part or body)
    return f"<details><summary>{icon} {_escape_title(title)}</summary>\n\n{content}\n\n</details>\n"


def _name_command(text: OrganizationText) -> str:
    """Return the command that shows all: after an apply, a plan would not show what was changed any more."""
    return name_command("reconcile report" if text.summary.is_applied else "reconcile plan", text.detail)


def _render_plan(text: OrganizationText, group: AccountGroup, facts: PlanFacts) -> str:
    return fence_body("\n".join(text.draw_plan(group, facts)))


def _escape_title(title: str) -> str:
    return title.replace("&", "&amp;").replace("<", "&lt;")
