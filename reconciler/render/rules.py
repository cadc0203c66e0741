"""The documentation of problem codes: a table and one rule for people, JSON for programs, a page in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.wrap import wrap_line
from reconciler.render.json_text import dump_json
from reconciler.rules.rule import Rule

_HEADER = ("CODE", "LEVEL", "TITLE")
_GAP = 2
_NARROWEST_TITLE = 20
"""Columns that a table leaves to the titles; a terminal with fewer gets a paragraph for each rule."""

_PAGE_WIDTH = 120
_PAGE_BEGINNING = """\
# Problem codes

Each error, warning and note of reconcile has a code, which never changes. `--format json`, `sarif` and `github` name
it. `reconcile rules CODE` prints an entry of this page, and `reconcile rules` lists all codes. `make rules` makes the
page from `reconciler/rules/`.
"""


def render_rule_table(rules: Iterable[Rule], columns: int | None = None) -> str:
    """Return code, level and title of each rule, one line each; titles are wrapped at `columns`."""
    rows = [_HEADER, *((rule.id, _format_levels(rule), rule.title) for rule in rules)]
    code_width, level_width = (max(len(row[index]) for row in rows) for index in (0, 1))
    begin = code_width + level_width + 2 * _GAP
    if columns is not None and columns - begin < _NARROWEST_TITLE:
        return escape_lines("\n".join(line for row in rows[1:] for line in _format_paragraph(row, columns)))
    lines: list[str] = []
    for code, level, title in rows:
        start = f"{code.ljust(code_width + _GAP)}{level.ljust(level_width + _GAP)}"
        lines += wrap_line(escape_line(start + title), columns, " " * begin)
    return escape_lines("\n".join(lines))


def _format_paragraph(row: tuple[str, str, str], columns: int) -> Iterator[str]:
    code, level, title = row
    yield from wrap_line(escape_line(f"{code} ({level})"), columns)
    yield from wrap_line(escape_line(f"  {title}"), columns, "  ")


def render_rule(rule: Rule, columns: int | None = None) -> str:
    """Return everything of one rule, each part behind its name."""
    parts = {"level": _format_levels(rule), "why": rule.why, "how to fix": rule.how_to_fix, "source": rule.source}
    width = max(map(len, parts)) + _GAP
    lines = wrap_line(escape_line(f"{rule.id}: {rule.title}"), columns)
    for name, text in parts.items():
        if text:
            lines += wrap_line(escape_line(f"  {name.ljust(width)}{text}"), columns, " " * (width + 2))
    return escape_lines("\n".join(lines))


def rules_to_json(rules: Iterable[Rule]) -> str:
    """Return a list with an object for each rule; `source` is left out if there is none."""
    return dump_json([_rule_to_dict(rule) for rule in rules], indent=2)


def _rule_to_dict(rule: Rule) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": rule.id, "levels": [str(level) for level in rule.levels]}
    entry |= {"title": rule.title, "why": rule.why, "how_to_fix": rule.how_to_fix}
    return entry | {"source": rule.source} if rule.source else entry


def render_rule_page(topics: Mapping[str, Sequence[Rule]]) -> str:
    """Return a page in Markdown with all rules, a section for each topic."""
    lines = _PAGE_BEGINNING.split("\n")
    for topic, rules in topics.items():
        lines += [f"## {topic}", ""]
        for rule in rules:
            lines += [*_format_section(rule), ""]
    return escape_lines("\n".join(lines[:-1]))


def render_rule_section(rule: Rule) -> str:
    """Return the entry of one rule in Markdown, under a heading that links can name."""
    return escape_lines("\n".join(_format_section(rule)))


def _format_section(rule: Rule) -> list[str]:
    paragraphs = [f"**{rule.title}** ({_format_levels(rule)})", rule.why, f"*How to fix:* {rule.how_to_fix}"]
    paragraphs += [f"*Source:* <{rule.source}>"] if rule.source else []
    lines = [escape_line(f"### {rule.id}")]
    for paragraph in paragraphs:
        lines += ["", *wrap_line(escape_line(paragraph), _PAGE_WIDTH, "")]
    return lines


def _format_levels(rule: Rule) -> str:
    return ", ".join(rule.levels)
