"""An explanation as text and as JSON: short, in order, harmless for a terminal."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reconciler.model.explanation import AssumeOutcome, Evidence, Explanation, ExplanationSide, SideVerdict
from reconciler.model.problem import Place
from reconciler.render.explanation import explanation_to_dict, render_explanation

PLACE = Place("roles.yaml", 12, 9)
REFUSED = Explanation(
    AssumeOutcome.TRUST_REFUSES,
    "s3",
    "arn:aws:iam::123456789012:user/demo",
    "arn:aws:iam::123456789012:role/app",
    "user/demo may not assume role/app: its trust policy does not let user/demo in.",
    (
        ExplanationSide("trust", SideVerdict.REFUSES, Evidence.LIVE, ("no statement lets user/demo in",), PLACE),
        ExplanationSide("caller", SideVerdict.ALLOWS, Evidence.FILE, ("one", "two")),
    ),
    ("And more.",),
    "Add the caller to this rule of the trust of role/app:",
    ("users: [alice, demo]",),
    PLACE,
)
TEXT = """\
user/demo may not assume role/app: its trust policy does not let user/demo in. And more.
  trust   refuses  live: no statement lets user/demo in (roles.yaml:12:9)
  caller  allows   from the file: one
                   two
roles.yaml:12:9: Add the caller to this rule of the trust of role/app:
    users: [alice, demo]"""


def test_the_verdict_comes_first_and_the_lines_to_write_last() -> None:
    assert render_explanation(REFUSED) == TEXT


def test_colour_marks_the_verdict_and_what_each_side_says() -> None:
    painted = render_explanation(REFUSED, color=True)
    assert painted.count("\x1b[31m") == 2
    assert painted.count("\x1b[32m") == 1
    for code in ("31", "32", "0"):
        painted = painted.replace(f"\x1b[{code}m", "")
    assert painted == TEXT


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(AssumeOutcome.ALLOWED, "32"), (AssumeOutcome.DEPENDS, "33"), (AssumeOutcome.CALLER_REFUSES, "31")],
)
def test_what_depends_is_painted_neither_as_a_yes_nor_as_a_no(outcome: AssumeOutcome, code: str) -> None:
    assert render_explanation(replace(REFUSED, outcome=outcome), color=True).startswith(f"\x1b[{code}m")


def test_control_characters_are_shown_and_not_obeyed() -> None:
    bad = "\x1b[2J"
    side = replace(REFUSED.sides[0], reasons=(bad,), place=Place(bad, 1, 1))
    found = replace(
        REFUSED, summary=bad, details=(bad,), hint=bad, suggested_lines=(bad,), sides=(side,), place=side.place
    )
    assert "\x1b" not in render_explanation(found)
    assert "\x1b" not in json.dumps(explanation_to_dict(found))


def test_json_holds_all_of_it() -> None:
    assert explanation_to_dict(REFUSED) == {
        "alias": "s3",
        "may_assume": False,
        "outcome": "trust-refuses",
        "caller": "arn:aws:iam::123456789012:user/demo",
        "role": "arn:aws:iam::123456789012:role/app",
        "message": "user/demo may not assume role/app: its trust policy does not let user/demo in. And more.",
        "sides": [
            {
                "side": "trust",
                "says": "refuses",
                "evidence": "live",
                "reasons": ["no statement lets user/demo in"],
                "file": "roles.yaml",
                "line": 12,
                "column": 9,
            },
            {"side": "caller", "says": "allows", "evidence": "file", "reasons": ["one", "two"]},
        ],
        "hint": "Add the caller to this rule of the trust of role/app:",
        "lines": ["users: [alice, demo]"],
        "file": "roles.yaml",
        "line": 12,
        "column": 9,
    }


def test_json_leaves_out_what_there_is_not() -> None:
    bare = replace(REFUSED, outcome=AssumeOutcome.ALLOWED, sides=(), hint="", suggested_lines=(), place=None)
    assert set(explanation_to_dict(bare)) == {"alias", "may_assume", "outcome", "caller", "role", "message", "sides"}
    assert render_explanation(bare) == TEXT.splitlines()[0]
