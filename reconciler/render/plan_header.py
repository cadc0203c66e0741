"""Draw the head of a plan: whose it is, and its risk with the reasons."""

from __future__ import annotations

from reconciler.model.escape import escape_line
from reconciler.model.plan import Plan
from reconciler.model.risk import RiskLevel
from reconciler.model.sentence import format_list
from reconciler.model.wrap import wrap_line
from reconciler.plan.digest.detail import Detail, cut_list
from reconciler.plan.digest.tones import Tone
from reconciler.render.text_lines import LineWriter

_MOST_FILES = 3
RISK_TONES = {RiskLevel.HIGH: Tone.DANGER, RiskLevel.LOW: Tone.WIDENS, RiskLevel.NONE: Tone.SAFE}


def format_header(plan: Plan) -> str:
    """Return `Account 123456789012 (acme-prod) · owner platform · as role/iam-plan · roles.yaml`, in one line."""
    alias = f" ({plan.account_alias})" if plan.account_alias else ""
    parts = [
        f"Account {plan.account}{alias}",
        f"owner {plan.owner}" if plan.owner else "",
        f"as {plan.caller}" if plan.caller else "",
        format_list(plan.files, _MOST_FILES),
    ]
    return escape_line(" · ".join(part for part in parts if part))


def draw_header(plan: Plan, writer: LineWriter) -> list[str]:
    """Return the header, wrapped, and a blank line."""
    return [*wrap_line(format_header(plan), writer.columns, "  "), ""]


def draw_risk(plan: Plan, writer: LineWriter, detail: Detail) -> list[str]:
    """Return the risk of the plan with its gravest reasons, and a blank line. `!` marks those that make it high."""
    risk = plan.risk
    lines = [writer.paint(f"Risk: {risk.level}", RISK_TONES[risk.level])]
    reasons, left_out = cut_list(risk.reasons, detail)
    for reason in reasons:
        place = f"  {reason.place.file}:{reason.place.line}" if reason.place else ""
        text = escape_line(f"  {'!' if reason.is_high else ' '} {reason.message}{place}")
        wrapped = "\n".join(map(escape_line, wrap_line(text, writer.columns, "        ")))
        lines.append(writer.paint(wrapped, Tone.DANGER if reason.is_high else Tone.WIDENS))
    if left_out:
        high = sum(reason.is_high for reason in risk.reasons[len(reasons) :])
        lines.append(f"    … and {left_out} more{f', {high} of them high' if high else ''} (--full)")
    return [*lines, ""]
