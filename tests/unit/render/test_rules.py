"""Rules as a table, one by one, as JSON and as Markdown."""

from __future__ import annotations

import json

import pytest

from reconciler.model.problem import Level
from reconciler.render.rules import (
    render_rule,
    render_rule_page,
    render_rule_section,
    render_rule_table,
    rules_to_json,
)
from reconciler.rules.registry import RULES
from reconciler.rules.rule import Rule

OURS = Rule("short", Level.INFO, "Something ends", "It is so.", "Do that.")
THEIRS = Rule(
    "a-longer-code",
    (Level.ERROR, Level.WARNING),
    "AWS refuses a thing that is described here at some length",
    "AWS says so. And it does so.",
    "Run `aws iam something` again.",
    "https://example.com/page.html",
)


def test_a_table_has_a_line_for_each_rule() -> None:
    assert render_rule_table([OURS, THEIRS]).split("\n") == [
        "CODE           LEVEL           TITLE",
        "short          info            Something ends",
        "a-longer-code  error, warning  AWS refuses a thing that is described here at some length",
    ]


def test_a_narrower_terminal_gets_titles_below_each_other() -> None:
    assert render_rule_table([OURS, THEIRS], 70).split("\n") == [
        "CODE           LEVEL           TITLE",
        "short          info            Something ends",
        "a-longer-code  error, warning  AWS refuses a thing that is described",
        "                               here at some length",
    ]


def test_a_very_narrow_terminal_gets_a_paragraph_for_each_rule() -> None:
    assert render_rule_table([OURS, THEIRS], 40).split("\n") == [
        "short (info)",
        "  Something ends",
        "a-longer-code (error, warning)",
        "  AWS refuses a thing that is described",
        "  here at some length",
    ]


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_table_of_all_rules_fits_the_terminal(columns: int) -> None:
    assert max(map(len, render_rule_table(RULES.values(), columns).split("\n"))) <= columns


def test_a_rule_is_told_whole() -> None:
    assert render_rule(THEIRS).split("\n") == [
        "a-longer-code: AWS refuses a thing that is described here at some length",
        "  level       error, warning",
        "  why         AWS says so. And it does so.",
        "  how to fix  Run `aws iam something` again.",
        "  source      https://example.com/page.html",
    ]


def test_a_rule_of_our_own_has_no_source() -> None:
    assert "source" not in render_rule(OURS)
    assert "Source" not in render_rule_section(OURS)
    assert "source" not in json.loads(rules_to_json([OURS]))[0]


def test_json_is_a_list_with_every_field() -> None:
    assert json.loads(rules_to_json([THEIRS])) == [
        {
            "id": "a-longer-code",
            "levels": ["error", "warning"],
            "title": "AWS refuses a thing that is described here at some length",
            "why": "AWS says so. And it does so.",
            "how_to_fix": "Run `aws iam something` again.",
            "source": "https://example.com/page.html",
        }
    ]


def test_the_page_has_a_section_for_each_topic_and_a_heading_for_each_rule() -> None:
    page = render_rule_page({"One": [OURS], "Two": [THEIRS]})
    headings = [line for line in page.split("\n") if line.startswith("#")]
    assert headings == ["# Problem codes", "## One", "### short", "## Two", "### a-longer-code"]
    assert page.endswith("*Source:* <https://example.com/page.html>")
