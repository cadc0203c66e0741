"""The parts of pull-request comments: code marks, fences, and how much fits.

GitHub refuses comments of more than 65,536 characters. Text from files and from AWS is put in code marks, so that
GitHub reads no mention, link or HTML in it; in findings, such marks are escaped.
"""

from __future__ import annotations

import re
from itertools import accumulate

from reconciler.model.escape import escape_line
from reconciler.model.problem import Problem
from reconciler.model.risk import RiskLevel
from reconciler.plan.digest.detail import Detail

MAX_COMMENT_LENGTH = 65_000
MAX_SECTION_LENGTH = 10_000
"""Characters that the risk, the access delta, the findings and each list may have."""

_MAX_FINDING_LENGTH = 1000
"""Characters that one finding may have."""
_MAX_PLACE_LENGTH = 500
"""Characters that the place of a finding may have."""

_MARKS = re.compile(r"[\\`*\[\]~]")
RISK_ICONS = {RiskLevel.HIGH: "🔴", RiskLevel.LOW: "🟡", RiskLevel.NONE: "🟢"}


def format_code(text: str) -> str:
    """Return the text in code marks, with more backticks than the text contains in a row."""
    text = escape_line(text)
    fence = "`"
    while fence in text:
        fence += "`"
    return f"{fence} {text} {fence}" if len(fence) > 1 else f"`{text}`"


def name_command(command: str, detail: Detail) -> str:
    """Return the command that prints as text what does not fit into a comment of this detail."""
    return f"{command} --full" if detail is Detail.FULL else command


def take_fitting(lines: list[str], room: int = MAX_SECTION_LENGTH) -> list[str]:
    """Return the first lines that fit into one section of the comment."""
    ends = accumulate(len(line) + 2 for line in lines)
    return [line for line, end in zip(lines, ends, strict=True) if end <= room]


def escape_finding(finding: Problem) -> str:
    """Return the place and the message of a finding, in which GitHub reads no marks."""
    place = f"{format_code(shorten(finding.subject, _MAX_PLACE_LENGTH))}: " if finding.subject else ""
    message = shorten(escape_line(" ".join(finding.message.split())), _MAX_FINDING_LENGTH)
    escaped = _MARKS.sub(r"\\\g<0>", message).replace("&", "&amp;").replace("<", "&lt;").replace("@", "@&#8203;")
    return place + escaped


def shorten(text: str, most: int) -> str:
    """Return a text cut between words to about `most` characters."""
    return text if len(text) <= most else f"{text[:most].rpartition(' ')[0] or text[:most]} …"


def fence_body(body: str) -> str:
    """Return lines of a plan in a code block, their marks coloured as a diff."""
    return fence_plain(_mark_diff(body), "diff")


def fence_plain(body: str, language: str = "text") -> str:
    """Return lines in a code block, with more backticks than they contain in a row."""
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
