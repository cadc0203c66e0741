"""Problems as text, JSON, GitHub annotations and SARIF."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reconciler.model.address import Address
from reconciler.model.problem import Level, Place, Problem
from reconciler.render.problems import FORMATS, problems_to_json, render_github, render_problems, render_sarif
from reconciler.rules.registry import RULES

PLACE = Place("roles.yaml", 4, 7)
ERROR = Problem(Level.ERROR, "unknown-key", "Unknown key 'usres'.", "", "Did you mean 'users'?", PLACE)
WARNING = Problem(Level.WARNING, "protected", "It stays.", address=Address("user", "a"))
INFO = Problem(Level.INFO, "quota-order", "A note.")


def test_text_is_one_paragraph_each_with_the_next_step_on_its_own_line() -> None:
    assert render_problems([ERROR, WARNING, INFO]) == (
        "roles.yaml:4:7: error: Unknown key 'usres'.\n"
        "    Did you mean 'users'?\n"
        "user/a: warning: It stays.\n"
        "info: A note."
    )


def test_colours_mark_the_level_alone() -> None:
    assert render_problems([ERROR], color=True).startswith("roles.yaml:4:7: \x1b[31merror\x1b[0m: Unknown")
    assert "\x1b[33mwarning\x1b[0m" in render_problems([WARNING], color=True)


def test_json_says_whether_the_file_is_valid() -> None:
    assert json.loads(problems_to_json([WARNING, INFO]))["valid"] is True
    found = json.loads(problems_to_json([ERROR, WARNING]))
    assert found["valid"] is False
    assert found["problems"] == [
        {
            "level": "error",
            "code": "unknown-key",
            "file": "roles.yaml",
            "line": 4,
            "column": 7,
            "message": "Unknown key 'usres'. Did you mean 'users'?",
        },
        {"level": "warning", "code": "protected", "address": "user/a", "message": "It stays."},
    ]


def test_github_marks_the_line() -> None:
    assert render_github([ERROR, WARNING, INFO]).splitlines() == [
        "::error title=unknown-key,file=roles.yaml,line=4,col=7::Unknown key 'usres'. Did you mean 'users'?",
        "::warning title=protected::It stays.",
        "::notice title=quota-order::A note.",
    ]


ESCAPES = {
    "a percent sign": ("50 %", "a.yaml", "file=a.yaml", "50 %25"),
    "a line break": ("a\nb\r\n::error::c", "a.yaml", "file=a.yaml", "a%0Ab%0D%0A::error::c"),
    "a colon in a message stays": ("s3:Get, a", "a.yaml", "file=a.yaml", "s3:Get, a"),
    "a colon and a comma in a file": ("x", "C:\\a,b.yaml", "file=C%3A\\a%2Cb.yaml", "x"),
    "a percent sign in a file": ("x", "100%.yaml", "file=100%25.yaml", "x"),
    "a line break in a file": ("x", "a\n::set-env::.yaml", "file=a%0A%3A%3Aset-env%3A%3A.yaml", "x"),
}


@pytest.mark.parametrize(("summary", "file", "shown", "message"), ESCAPES.values(), ids=ESCAPES.keys())
def test_nothing_in_a_problem_can_forge_a_workflow_command(summary: str, file: str, shown: str, message: str) -> None:
    line = render_github([Problem(Level.ERROR, "code", summary, place=Place(file, 1, 1))])
    assert "\n" not in line
    assert line == f"::error title=code,{shown},line=1,col=1::{message}"


def test_sarif_has_rules_results_and_places() -> None:
    found = json.loads(render_sarif([ERROR, WARNING, INFO, ERROR]))
    assert found["version"] == "2.1.0"
    (run,) = found["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["protected", "quota-order", "unknown-key"]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note", "error"]
    (location,) = run["results"][0]["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "roles.yaml"},
        "region": {"startLine": 4, "startColumn": 7},
    }
    assert "locations" not in run["results"][1]


def test_sarif_explains_each_rule_by_its_record() -> None:
    (run,) = json.loads(render_sarif([ERROR, replace(ERROR, code="missing-effect")]))["runs"]
    effect, key = run["tool"]["driver"]["rules"]
    assert effect == {
        "id": "missing-effect",
        "shortDescription": {"text": RULES["missing-effect"].title},
        "fullDescription": {"text": RULES["missing-effect"].why},
        "help": {"text": RULES["missing-effect"].how_to_fix},
        "helpUri": "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_effect.html",
    }
    assert key["id"] == "unknown-key"
    assert "helpUri" not in key, "a rule of reconcile's own has no document of AWS"


def test_a_sarif_location_is_a_uri() -> None:
    """SARIF 2.1.0, 3.4.3: artifactLocation.uri is a URI reference."""
    found = json.loads(render_sarif([Problem(Level.ERROR, "c", "x", place=Place("my roles/100%.yaml", 1, 1))]))
    location = found["runs"][0]["results"][0]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "my%20roles/100%25.yaml"


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_can_say_nothing(form: str) -> None:
    FORMATS[form]([])
