"""Render an Explanation as text, and as plain values for JSON. It decides nothing."""

from __future__ import annotations

from typing import Any

from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.explanation import AssumeOutcome, Evidence, Explanation, ExplanationSide, SideVerdict
from reconciler.model.wrap import wrap_line
from reconciler.render.paint import GREEN, RED, YELLOW, paint_line

_COLORS = {SideVerdict.ALLOWS: GREEN, SideVerdict.REFUSES: RED, SideVerdict.DEPENDS: YELLOW, SideVerdict.UNSEEN: YELLOW}
_EVIDENCE_NAMES = {Evidence.LIVE: "live", Evidence.FILE: "from the file", Evidence.UNSEEN: "not readable"}
_INDENT = "    "
_REASON_INDENT = " " * 19
"""The indent of each reason of a side after the first."""


def render_explanation(explanation: Explanation, *, color: bool = False, width: int | None = None) -> str:
    """Return the verdict, one line for each reason of a side, and the next step with the lines to write.

    width: columns at which sentences are wrapped. Lines to write into a file are never wrapped.
    """
    verdict = wrap_line(escape_line(" ".join((explanation.summary, *explanation.details))), width, "  ")
    lines = [paint_line(line, _color_of(explanation), color) for line in verdict]
    for side in explanation.sides:
        lines += _render_side(side, color, width)
    if explanation.hint or explanation.suggested_lines:
        prefix = f"{explanation.place}: " if explanation.place else ""
        lines += wrap_line(escape_line(f"{prefix}{explanation.hint}"), width, "  ", unbreakable=(prefix.strip(),))
        lines += [escape_line(f"{_INDENT}{line}") for line in explanation.suggested_lines]
    elif explanation.place:
        lines.append(escape_line(str(explanation.place)))
    return escape_lines("\n".join(lines), colors=color)


def _color_of(explanation: Explanation) -> str:
    if explanation.outcome is AssumeOutcome.DEPENDS:
        return YELLOW
    return GREEN if explanation.may_assume else RED


def _render_side(side: ExplanationSide, color: bool, width: int | None) -> list[str]:
    """Return `  trust   refuses  live: …`, with further reasons below the first."""
    verdict = f"{side.verdict!s:<8}"
    head = (
        f"  {escape_line(side.party):<7} {paint_line(verdict, _COLORS[side.verdict], color)} "
        f"{_EVIDENCE_NAMES[side.evidence]}: "
    )
    place = f" ({side.place})" if side.place else ""
    reasons = [*side.reasons] or [""]
    reasons[-1] += place
    first, *others = reasons
    lines = [head + escape_line(first), *(escape_line(f"{_REASON_INDENT}{reason}") for reason in others)]
    return [
        part for line in lines for part in wrap_line(line, width, f"{_REASON_INDENT}  ", unbreakable=(place.strip(),))
    ]


def explanation_to_dict(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as plain values for `--format json`. Keys without a value are left out."""
    answer: dict[str, Any] = {
        "alias": explanation.alias,
        "may_assume": explanation.may_assume,
        "outcome": str(explanation.outcome),
        "caller": explanation.caller_arn,
        "role": explanation.role_arn,
        "message": " ".join((explanation.summary, *explanation.details)),
        "sides": [_side_to_dict(side) for side in explanation.sides],
    }
    answer |= {"hint": explanation.hint} if explanation.hint else {}
    answer |= {"lines": list(explanation.suggested_lines)} if explanation.suggested_lines else {}
    return answer | _place_to_dict(explanation.place)


def _side_to_dict(side: ExplanationSide) -> dict[str, Any]:
    values = {
        "side": side.party,
        "says": str(side.verdict),
        "evidence": str(side.evidence),
        "reasons": list(side.reasons),
    }
    return values | _place_to_dict(side.place)


def _place_to_dict(place: Any) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "column": place.column} if place else {}
