"""A Plan → a pull-request comment: the summary first, what is destructive on top, an entity per fold.

GitHub refuses comments past 65,536 characters: entities that do not fit are counted, never cut in the middle.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.plan import Action, Change, Plan
from reconciler.model.problem import Level, Problem
from reconciler.render.plan_text import PlanText

LIMIT = 65_000
_WIDTH = 110
_ICONS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.INFO: "ℹ️"}


def plan_markdown(plan: Plan) -> str:
    """The comment, below `LIMIT` characters."""
    text = PlanText(plan, width=_WIDTH)
    parts = [f"**{text.summary()}**", ""]
    parts += _findings(plan)
    destructive = [change for change in plan.changes if change.action is Action.DELETE]
    if destructive:
        listed = ", ".join(f"`{change.address}`" for change in destructive[:50])
        more = f" and {len(destructive) - 50} more" if len(destructive) > 50 else ""
        parts += [f"🗑️ **Deletes** {listed}{more}", ""]
    room = LIMIT - sum(len(part) + 1 for part in parts) - 200
    left_out = 0
    for change in (*destructive, *(change for change in plan.changes if change not in destructive)):
        fold = _fold(change, text)
        if left_out or len(fold) + 1 > room:
            left_out += 1
            continue
        room -= len(fold) + 1
        parts.append(fold)
    if left_out:
        parts.append(f"_{left_out} of {len(plan.changes)} entities are left out here; run `reconcile plan` for all._")
    return "\n".join(parts).rstrip()


def _findings(plan: Plan) -> Iterator[str]:
    order = list(Level)
    for finding in sorted(plan.findings, key=lambda item: order.index(item.level))[:100]:
        yield f"- {_ICONS[finding.level]} {_escaped(finding)}"
    if len(plan.findings) > 100:
        yield f"- … and {len(plan.findings) - 100} more findings"
    if plan.findings:
        yield ""


def _escaped(finding: Problem) -> str:
    message = " ".join(finding.message.split())
    return message.replace("<", "&lt;").replace("@", "@\u200b")[:1000]


def _fold(change: Change, text: PlanText) -> str:
    body = "\n".join(text.change(change))
    fence = "```"
    while fence in body:
        fence += "`"
    title = f"<code>{change.action.symbol} {change.address}</code> {change.action}"
    return f"<details><summary>{title}</summary>\n\n{fence}diff\n{_diffed(body)}\n{fence}\n\n</details>"


def _diffed(body: str) -> str:
    """Marks moved to the first column, so that GitHub colours them."""
    lines = []
    for line in body.splitlines():
        mark = line.lstrip()[:1]
        sign = {"+": "+", "-": "-", "~": "!", "@": "!"}.get(mark, " ")
        lines.append(sign + (line if sign == " " else line.replace(mark, " ", 1)))
    return "\n".join(lines)
