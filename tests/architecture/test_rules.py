"""Every code that is emitted has a rule, every rule is of a code that is emitted, and the page is made of the rules."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from reconciler.render.rules import render_rule_page
from reconciler.rules.registry import RULES, TOPICS
from tests.support.emitted_codes import Emission, Emissions

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/rules.md"


@cache
def emissions() -> Emissions:
    return Emissions(ROOT / "reconciler")


def test_every_code_can_be_read_from_the_source() -> None:
    assert sorted(emissions().unread) == [], "write the code as a text, a constant or a parameter"


def test_no_code_is_emitted_without_a_rule() -> None:
    missing = {found.code: found.place for found in emissions().found if found.code not in RULES}
    assert missing == {}, "add a Rule to a file in reconciler/rules/, then run `make rules`"


def test_no_rule_is_of_a_code_that_nothing_emits() -> None:
    assert set(RULES) - {found.code for found in emissions().found} == set()


def test_a_rule_has_the_levels_that_its_code_is_emitted_with() -> None:
    emitted: dict[str, set[str]] = {}
    for found in emissions().found:
        emitted.setdefault(found.code, set()).add(found.level)
    assert {code: set(map(str, rule.levels)) for code, rule in RULES.items()} == emitted


def test_the_page_in_the_repository_is_made_of_the_rules() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_rule_page(TOPICS) + "\n", "run `make rules`"


PROBLEM = """
from dataclasses import dataclass
from enum import StrEnum
class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"
@dataclass
class Problem:
    level: Level
    code: str
    summary: str = ""
def make_error(code: str, summary: str = "") -> Problem:
    return Problem(Level.ERROR, code, summary)
"""
FLAW = """
from reconciler.model.problem import Level
class Flaw:
    level: Level
    code: str
"""
HEAD = "from reconciler.model.problem import Level, Problem, make_error\n"

FOUND = {
    "a text": ('Problem(Level.ERROR, "a")', {"a error"}),
    "a keyword": ('Problem(code="a", level=Level.WARNING)', {"a warning"}),
    "a constant": ('A, B = "a", "b"\nmake_error(B)', {"b error"}),
    "one of two": ('def f(x):\n    return make_error("a" if x else "b")', {"a error", "b error"}),
    "a local name": (
        'def f(x):\n    code = "a"\n    code = "b" if x else code\n    make_error(code)',
        {"a error", "b error"},
    ),
    "a table": ('T = {1: "a"}\ndef f(x):\n    make_error(T.get(x, "b"))', {"a error", "b error"}),
    "a table of levels": (
        'T = {"a": Level.ERROR, "b": Level.WARNING}\ndef f(x: str):\n    Problem(T[x], x)',
        {"a error", "b warning"},
    ),
    "a helper of a helper": (
        'def f(s, code):\n    make_error(code, s)\ndef g(code="a"):\n    f("x", code)\ng()\ng("b")',
        {"a error", "b error"},
    ),
    "a method": (
        "class C:\n    def add(self, code, level=Level.ERROR):\n        Problem(level, code)\n"
        'c.add("a")\nc.add("b", Level.WARNING)',
        {"a error", "b warning"},
    ),
    "a level that callers choose": (
        'def f(level):\n    Problem(level, "a")\nf(Level.ERROR)\nf(Level.WARNING)',
        {"a error", "a warning"},
    ),
    "a field": (
        'class Row:\n    code: str\ndef f(row):\n    make_error(row.code)\nRow("a")\nRow(*("b",))',
        {"a error", "b error"},
    ),
    "another name": ('from reconciler.model.problem import make_error as fail\nfail("a")', {"a error"}),
    "the name of the module": ('from reconciler.model import problem\nproblem.make_error("a")', {"a error"}),
    "several in a loop": (
        'for code in ("a", "b"):\n    pass\ndef f():\n    for c in ("a", "b"):\n        make_error(c)',
        {"a error", "b error"},
    ),
}


def read_package(folder: Path, source: str) -> Emissions:
    for name, text in {"model/problem": PROBLEM, "policy/flaw": FLAW, "app/it": HEAD + source}.items():
        path = folder / "reconciler" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Emissions(folder / "reconciler")


@pytest.mark.parametrize("name", FOUND)
def test_codes_are_found_however_they_are_passed(name: str, tmp_path: Path) -> None:
    source, expected = FOUND[name]
    read = read_package(tmp_path, source)
    assert {f"{found.code} {found.level}" for found in read.found} == expected
    assert read.unread == set()


UNREAD = {
    "a text that is put together": 'def f(x):\n    make_error(f"a-{x}")',
    "an answer of a function": "def f(x):\n    make_error(x())",
    "what a name holds after an addition": 'def f():\n    code = "a"\n    code += "b"\n    make_error(code)',
    "unpacked arguments": "def f(x):\n    Problem(*x)",
    "unpacked keywords": "def f(x):\n    Problem(**x)",
    "a helper that is handed on": "def f(x):\n    return map(make_error, x)",
    "a class that is handed on": "def f(x):\n    return map(Problem, x)",
    "another code for a problem": 'def f(x):\n    return replace(x, code="a")',
    "another level for a problem": "def f(x):\n    return replace(x, level=Level.ERROR)",
    "a field that no class has": "def f(x):\n    make_error(x.unheard_of)",
}


@pytest.mark.parametrize("name", UNREAD)
def test_a_code_that_cannot_be_told_is_never_passed_over(name: str, tmp_path: Path) -> None:
    assert read_package(tmp_path, UNREAD[name]).unread


def test_an_emission_names_its_place(tmp_path: Path) -> None:
    assert read_package(tmp_path, 'make_error("a")').found == {Emission("a", "error", "reconciler/app/it.py:2")}
