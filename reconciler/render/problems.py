"""Problems → text for people, JSON, GitHub annotations, SARIF. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from reconciler import __version__
from reconciler.model.escape import escape_characters, escape_line, escape_lines
from reconciler.model.problem import Level, Problem
from reconciler.model.wrap import wrap_line
from reconciler.render.json_text import dump_json
from reconciler.render.paint import CYAN, RED, YELLOW, paint_line

_COLORS = {Level.ERROR: RED, Level.WARNING: YELLOW, Level.INFO: CYAN}


def render_problems(problems: Iterable[Problem], *, color: bool = False, width: int | None = None) -> str:
    """Return `file:line:column: error: …`, one paragraph each, the next step on a line of its own.

    width: where lines are wrapped, None for nowhere.
    """
    return escape_lines("\n".join(_render_paragraph(problem, color, width) for problem in problems), colors=color)


def _render_paragraph(problem: Problem, color: bool, width: int | None) -> str:
    named = problem.address if str(problem.address) not in problem.summary else None
    where = problem.place or named
    level = paint_line(str(problem.level), _COLORS[problem.level], color)
    shown = escape_line(str(where)) if where else ""
    prefix = f"{shown}: {level}: " if where else f"{level}: "
    body = escape_line(" ".join(part for part in (problem.summary, problem.detail) if part))
    lines = wrap_line(prefix + body, width, "  ", unbreakable=(f"{shown}:",))
    lines += wrap_line(f"    {escape_line(problem.hint)}", width) if problem.hint else []
    return "\n".join(lines)


def problem_to_dict(problem: Problem) -> dict[str, Any]:
    """One problem as JSON; keys that do not apply are left out."""
    found: dict[str, Any] = {"level": str(problem.level), "code": problem.code}
    if problem.address:
        found["address"] = str(problem.address)
    if problem.addresses:
        found["addresses"] = [str(address) for address in problem.addresses]
    if problem.place:
        place = problem.place
        found |= {"file": place.file, "line": place.line, "column": place.column}
    found["message"] = problem.message
    if problem.calls:
        found["calls"] = list(problem.calls)
    if problem.flag:
        found["flag"] = problem.flag
    return found


def problems_to_json(problems: Sequence[Problem]) -> str:
    valid = not any(problem.level is Level.ERROR for problem in problems)
    return dump_json({"valid": valid, "problems": [problem_to_dict(p) for p in problems]}, indent=2)


def render_github(problems: Iterable[Problem]) -> str:
    """Workflow commands (GitHub docs, "Workflow commands for GitHub Actions"), one a line.

    `%` and line ends are encoded as GitHub decodes them; what else is not to be printed is escaped.
    """
    names = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "notice"}
    lines = []
    for problem in problems:
        values = {"title": problem.code}
        if problem.place:
            place = problem.place
            values |= {"file": place.file, "line": str(place.line), "col": str(place.column)}
        listed = ",".join(f"{key}={_escape_value(value, property_value=True)}" for key, value in values.items())
        lines.append(f"::{names[problem.level]} {listed}::{_escape_value(problem.message)}")
    return "\n".join(lines)


def _escape_value(value: str, *, property_value: bool = False) -> str:
    lines = (part.split("\r") for part in value.replace("%", "%25").split("\n"))
    value = "%0A".join("%0D".join(map(escape_characters, parts)) for parts in lines)
    return value.replace(":", "%3A").replace(",", "%2C") if property_value else value


def render_sarif(problems: Iterable[Problem]) -> str:
    """SARIF 2.1.0, as code scanning services read it."""
    levels = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
    listed = list(problems)
    rules = [{"id": code} for code in sorted({problem.code for problem in listed})]
    results: list[Mapping[str, Any]] = []
    for problem in listed:
        result: dict[str, Any] = {
            "ruleId": problem.code,
            "level": levels[problem.level],
            "message": {"text": problem.message},
        }
        if problem.place:
            region = {"startLine": problem.place.line, "startColumn": problem.place.column}
            location = {
                "artifactLocation": {"uri": quote(problem.place.file, errors="backslashreplace")},
                "region": region,
            }
            result["locations"] = [{"physicalLocation": location}]
        results.append(result)
    driver = {"name": "reconcile", "version": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "results": results}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return dump_json({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2)


FORMATS: Mapping[str, Callable[[Sequence[Problem]], str]] = {
    "text": render_problems,
    "json": problems_to_json,
    "github": render_github,
    "sarif": render_sarif,
}
