"""The words of a plan that its file keeps for `show` fit the rest of the file, or are refused by their path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.desired import Settings
from reconciler.model.plan import Plan, UnmanagedEntity
from reconciler.model.problem import Level, Place, Problem
from reconciler.plan.saved.shown_section import ShownSection, read_findings, read_shown_section, to_shown_section
from reconciler.plan.saved.strict_json import MalformedPlan
from reconciler.render.problems import problem_to_dict

USER = Address("user", "u")
FINDINGS = (
    Problem(Level.ERROR, "one", "It is so.", "Because.", "Do that.", Place("f.yaml", 2, 3), USER, "--flag"),
    Problem(Level.INFO, "two", "It is so, too.", addresses=(USER, Address("role", "r")), calls=(1, 2)),
)
PLAN = Plan(
    "123456789012",
    "aws",
    None,
    Settings(),
    findings=FINDINGS,
    goal="what was before",
    unmanaged=(UnmanagedEntity(USER, "web"), UnmanagedEntity(Address("role", "r"))),
    user_count=40,
)
DOCUMENT = {"findings": [problem_to_dict(finding) for finding in FINDINGS]}
SAVED = {"shown": to_shown_section(PLAN)}

Edit = Callable[[dict[str, Any]], dict[str, Any]]


def test_what_is_kept_is_read_again() -> None:
    shown = read_shown_section(SAVED)
    assert (shown.goal, shown.owners, shown.users) == ("what was before", {USER: "web"}, 40)
    assert tuple(read_findings(DOCUMENT, shown.sentences)) == FINDINGS


def test_a_file_of_an_earlier_version_has_whole_messages() -> None:
    assert read_shown_section({}) == ShownSection()
    assert [finding.summary for finding in read_findings(DOCUMENT)] == ["It is so. Because. Do that.", "It is so, too."]


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ([], "saved.shown is not an object"),
        ({}, "saved.shown lacks 'goal'"),
        (SAVED["shown"] | {"goal": 1}, "saved.shown.goal is not a text"),
        (SAVED["shown"] | {"users": "40"}, "saved.shown.users is not a"),
        (SAVED["shown"] | {"owners": {"u": "web"}}, "saved.shown.owners is not an address"),
        (SAVED["shown"] | {"findings": [["It is so."]]}, "saved.shown.findings does not fit findings"),
        (SAVED["shown"] | {"findings": [["It is so."], []]}, "saved.shown.findings does not have three parts"),
        (
            SAVED["shown"] | {"findings": [["It is not so.", "Because.", "Do that."], ["It is so, too.", "", ""]]},
            "saved.shown.findings does not fit findings",
        ),
    ],
)
def test_other_words_than_those_of_the_plan_are_refused(shown: Any, said: str) -> None:
    with pytest.raises(MalformedPlan, match=said):
        read_findings(DOCUMENT, read_shown_section({"shown": shown}).sentences)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"level": "fatal"}, r"findings\[0\].level is not one of"),
        ({"line": "2"}, r"findings\[0\].line is not a number"),
        ({"addresses": ["u"]}, r"findings\[0\].addresses is not an address"),
        ({"calls": [-1]}, r"findings\[0\].calls is not between"),
        ({"extra": 1}, r"findings\[0\] has the unknown key 'extra'"),
    ],
)
def test_a_finding_with_a_wrong_value_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(MalformedPlan, match=said):
        read_findings({"findings": [problem_to_dict(FINDINGS[0]) | values]})
