"""Every rule can be found, and reads like one."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.problem import Level
from reconciler.rules.registry import RULES, TOPICS
from reconciler.rules.rule import Rule

FOLDER = Path(__file__).parents[3] / "reconciler/rules"
GOOD = Rule("code", Level.ERROR, "A title of a rule", "This is why.", "Do this.", "https://example.com")
_GRAVEST_FIRST = (Level.ERROR, Level.WARNING, Level.INFO)


def test_no_code_has_two_rules() -> None:
    listed = [rule.id for rules in TOPICS.values() for rule in rules]
    assert sorted(listed) == list(RULES)


def test_every_file_of_rules_is_in_the_registry() -> None:
    modules = (importlib.import_module(f"reconciler.rules.{path.stem}") for path in FOLDER.glob("*.py"))
    in_files = {rule.id for module in modules for rule in getattr(module, "RULES", ()) if isinstance(rule, Rule)}
    assert in_files == set(RULES)


def find_flaws(rule: Rule) -> Iterator[str]:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.id):
        yield "its id is not in kebab-case"
    if "\n" in rule.title or rule.title.endswith(".") or not 10 <= len(rule.title) <= 90:
        yield "its title is not one short line without a full stop"
    for text in (rule.why, rule.how_to_fix):
        if not text.endswith("."):
            yield f"no full stop at the end: {text}"
        if text.count("`") % 2:
            yield f"a backtick without its other one: {text}"
    if len(re.findall(r"[.!?](?= [A-Z]|$)", rule.why)) > 3:
        yield "its reason has more than three sentences"
    if not re.fullmatch(r"(https://\S+)?", rule.source):
        yield "its source is not a URL"
    if list(rule.levels) != sorted(set(rule.levels), key=_GRAVEST_FIRST.index) or not rule.levels:
        yield "its levels are not each once, the gravest first"


def test_every_rule_reads_well() -> None:
    assert {rule.id: flaws for rule in RULES.values() if (flaws := list(find_flaws(rule)))} == {}


FLAWED = {
    "an id with capitals": replace(GOOD, id="Not-kebab"),
    "a title that is a sentence": replace(GOOD, title="A title with a full stop."),
    "a reason without an end": replace(GOOD, why="Because"),
    "a long reason": replace(GOOD, why="One. Two. Three. Four."),
    "half a command": replace(GOOD, how_to_fix="Run `aws."),
    "a source that is a title": replace(GOOD, source="IAM User Guide"),
    "levels the wrong way round": replace(GOOD, level=(Level.INFO, Level.ERROR)),
}


@pytest.mark.parametrize("name", FLAWED)
def test_what_reads_badly_is_noticed(name: str) -> None:
    assert len(list(find_flaws(FLAWED[name]))) == 1
