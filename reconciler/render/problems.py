"""Render problems as text, JSON, GitHub annotations and SARIF. It decides nothing."""

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
    """Return one paragraph for each problem, `file:line:column: error: …`, with the hint on a line of its own.

    width: columns at which lines are wrapped; None does not wrap.
    """
    return escape_lines("\n".join(_render_paragraph(problem, color, width) for problem in problems), colors=color)


def _render_paragraph(problem: Problem, color: bool, width: int | None) -> str:
    subject = escape_line(problem.subject)
    level = paint_line(str(problem.level), _COLORS[problem.level], color)
    prefix = f"{subject}: {level}: " if subject else f"{level}: "
    body = escape_line(" ".join(part for part in (problem.summary, problem.detail) if part))
    lines = wrap_line(prefix + body, width, "  ", unbreakable=(f"{subject}:",))
    lines += wrap_line(f"    {escape_line(problem.hint)}", width) if problem.hint else []
    return "\n".join(lines)


def problem_to_dict(problem: Problem) -> dict[str, Any]:
    """Return one problem as plain values for JSON. Keys without a value are left out."""
    values: dict[str, Any] = {"level": str(problem.level), "code": problem.code}
    if problem.address:
        values["address"] = str(problem.address)
    if problem.addresses:
        values["addresses"] = [str(address) for address in problem.addresses]
    if problem.place:
        place = problem.place
        values |= {"file": place.file, "line": place.line, "column": place.column}
    values["message"] = problem.message
    if problem.calls:
        values["calls"] = list(problem.calls)
    if problem.flag:
        values["flag"] = problem.flag
    return values


def problems_to_json(problems: Sequence[Problem]) -> str:
    """Return the problems as JSON, with `valid` true if none is an error."""
    valid = not any(problem.level is Level.ERROR for problem in problems)
    return dump_json({"valid": valid, "problems": [problem_to_dict(p) for p in problems]}, indent=2)


def render_github(problems: Iterable[Problem]) -> str:
    """Return one workflow command for each problem, a line each (GitHub docs, "Workflow commands for GitHub Actions").

    `%` and line ends are encoded as GitHub decodes them; other control characters are escaped.
    """
    names = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "notice"}
    lines = []
    for problem in problems:
        values = {"title": problem.code}
        if problem.place:
            place = problem.place
            values |= {"file": place.file, "line": str(place.line), "col": str(place.column)}
        properties = ",".join(f"{key}={_escape_value(value, property_value=True)}" for key, value in values.items())
        lines.append(f"::{names[problem.level]} {properties}::{_escape_value(problem.message)}")
    return "\n".join(lines)


def _escape_value(value: str, *, property_value: bool = False) -> str:
    lines = (part.split("\r") for part in value.replace("%", "%25").split("\n"))
    value = "%0A".join("%0D".join(map(escape_characters, parts)) for parts in lines)
    return value.replace(":", "%3A").replace(",", "%2C") if property_value else value


def render_sarif(problems: Iterable[Problem]) -> str:
    """Return the problems as SARIF 2.1.0, for code scanning services."""
    levels = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
    listed = list(problems)
    rules = [_describe_rule(code) for code in sorted({problem.code for problem in listed})]
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


def _describe_rule(code: str) -> Mapping[str, Any]:
    """Return the reportingDescriptor of a problem code (SARIF 2.1.0, section 3.49)."""
    from reconciler.rules.registry import RULES  # every command that fails comes by this module, and needs no rule

    rule = RULES.get(code)
    if rule is None:
        return {"id": code}
    descriptor: dict[str, Any] = {
        "id": code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.how_to_fix},
    }
    return descriptor | {"helpUri": rule.source} if rule.source else descriptor


FORMATS: Mapping[str, Callable[[Sequence[Problem]], str]] = {
    "text": render_problems,
    "json": problems_to_json,
    "github": render_github,
    "sarif": render_sarif,
}
