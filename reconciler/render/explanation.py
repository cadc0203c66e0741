"""An Explanation → text for people, and plain values for JSON. Decides nothing."""

from __future__ import annotations

from typing import Any

from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.explanation import Evidence, Explanation, Outcome, Says, Side
from reconciler.model.wrap import wrap_line
from reconciler.render.paint import paint

_COLORS = {Says.ALLOWS: "32", Says.REFUSES: "31", Says.DEPENDS: "33", Says.UNSEEN: "33"}
_EVIDENCE = {Evidence.LIVE: "live", Evidence.FILE: "from the file", Evidence.UNSEEN: "not readable"}
_INDENT = "    "
_REASON = " " * 19
"""The words before a reason of a side that is not its first."""


def explanation_text(found: Explanation, *, color: bool = False, width: int | None = None) -> str:
    """Return the verdict, one line for each reason of a side, and the next step with the lines to write.

    width: where sentences are wrapped. Lines to write into a file stay as they are.
    """
    verdict = wrap_line(escape_line(" ".join((found.summary, *found.details))), width, "  ")
    lines = [paint(line, _code(found), color) for line in verdict]
    for side in found.sides:
        lines += _side(side, color, width)
    if found.hint or found.lines:
        where = f"{found.place}: " if found.place else ""
        lines += wrap_line(escape_line(f"{where}{found.hint}"), width, "  ", whole=(where.strip(),))
        lines += [escape_line(f"{_INDENT}{line}") for line in found.lines]
    elif found.place:
        lines.append(escape_line(str(found.place)))
    return escape_lines("\n".join(lines), colors=color)


def _code(found: Explanation) -> str:
    if found.outcome is Outcome.DEPENDS:
        return "33"
    return "32" if found.may_assume else "31"


def _side(side: Side, color: bool, width: int | None) -> list[str]:
    """`  trust   refuses  live: …`, further reasons below the first."""
    says = f"{side.says!s:<8}"
    head = f"  {escape_line(side.who):<7} {paint(says, _COLORS[side.says], color)} {_EVIDENCE[side.evidence]}: "
    place = f" ({side.place})" if side.place else ""
    said = [*side.reasons] or [""]
    said[-1] += place
    first, *others = said
    lines = [head + escape_line(first), *(escape_line(f"{_REASON}{reason}") for reason in others)]
    return [part for line in lines for part in wrap_line(line, width, f"{_REASON}  ", whole=(place.strip(),))]


def explanation_dict(found: Explanation) -> dict[str, Any]:
    """For `--format json`; keys that do not apply are left out."""
    answer: dict[str, Any] = {
        "alias": found.alias,
        "may_assume": found.may_assume,
        "outcome": str(found.outcome),
        "caller": found.caller_arn,
        "role": found.role_arn,
        "message": " ".join((found.summary, *found.details)),
        "sides": [_side_dict(side) for side in found.sides],
    }
    answer |= {"hint": found.hint} if found.hint else {}
    answer |= {"lines": list(found.lines)} if found.lines else {}
    return answer | _place(found.place)


def _side_dict(side: Side) -> dict[str, Any]:
    values = {"side": side.who, "says": str(side.says), "evidence": str(side.evidence), "reasons": list(side.reasons)}
    return values | _place(side.place)


def _place(place: Any) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "column": place.column} if place else {}
