"""Texts for a terminal: at 80 columns no path, ARN or command is broken, and nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.model.address import Address
from reconciler.model.desired import Settings
from reconciler.model.explanation import AssumeOutcome, Evidence, Explanation, ExplanationSide, SideVerdict
from reconciler.model.listed_alias import ListedAlias
from reconciler.model.mfa_readiness import MfaStatus, MfaUser
from reconciler.model.plan import AccessDelta, Action, Change, Field, Plan, PrincipalPower, UnmanagedEntity
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.role_access import RoleAccess
from reconciler.render import aliases, explanation, mfa_status, problems
from reconciler.render.plan_text import render_plan_text
from tests.unit.render.test_mfa_status import VIRTUAL

FILE = "/home/some body/work/infrastructure/accounts/production/eu-central-1/iam/roles-of-the-platform-team.yaml"
ARN = "arn:aws:iam::123456789012:role/teams/platform/eu-central-1/production/database-administrators-on-call"
COMMAND = "`aws configure sso --profile production-administrators-of-the-platform-team`"
NAME = "database-administrators-on-call-in-eu-central-1"
PLACE = Place(FILE, 1203, 17)
WORDS = f"AWS does not let {ARN} assume the role that the alias names, since its trust policy does not name the caller."

PROBLEM = Problem(Level.ERROR, "code", WORDS, f"The caller is {ARN}.", f"Make the profile with {COMMAND}, or name it.")
EXPLANATION = Explanation(
    AssumeOutcome.TRUST_REFUSES,
    "ro",
    ARN,
    ARN,
    WORDS,
    sides=(ExplanationSide("trust", SideVerdict.REFUSES, Evidence.LIVE, (WORDS, f"statement 2 denies {ARN}"), PLACE),),
    hint=f"Add to the trust of {ARN}, or run {COMMAND}:",
    suggested_lines=(
        f"- {ARN}  # and then a comment that goes on for so long that it ends beyond the eightieth column",
    ),
    place=PLACE,
)
ROLE = Address("role", NAME)
PLAN = Plan(
    "123456789012",
    "aws",
    "platform",
    Settings(),
    (
        Change(
            ROLE,
            Action.UPDATE,
            (Field("description", None, WORDS), Field("policies", None, frozenset((ARN, f"{ARN}-two")))),
            (),
            f"its boundary is {ARN} and so on",
        ),
    ),
    (),
    (replace(PROBLEM, place=PLACE),),
    access=AccessDelta.of_pairs(
        (RoleAccess(ARN, ROLE, True, ("aws:sourceip",)),), (), (), (PrincipalPower(ARN, "administrator", WORDS),), ()
    ),
    unmanaged=(UnmanagedEntity(ROLE, "somebody-who-owns-a-great-deal-of-the-account"),),
)
STATUS = MfaStatus("123456789012", (MfaUser(NAME, (VIRTUAL,), (f"role/{NAME}", "mfa: required")),), (ARN,), (PROBLEM,))

Render = Callable[[int | None], str]
TEXTS: dict[str, Render] = {
    "problem": lambda width: problems.render_problems([replace(PROBLEM, place=PLACE), PROBLEM], width=width),
    "explanation": lambda width: explanation.render_explanation(EXPLANATION, width=width),
    "plan": lambda width: render_plan_text(PLAN, width=width),
    "mfa": lambda width: mfa_status.render_status_text(STATUS, width=width),
}


def words_of(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("name", TEXTS)
def test_every_word_is_there_whole_and_in_its_place(name: str, width: int) -> None:
    assert words_of(TEXTS[name](width)) == words_of(TEXTS[name](10_000))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", TEXTS)
def test_a_line_is_too_long_only_if_one_piece_is(name: str, width: int) -> None:
    written = EXPLANATION.suggested_lines[0]
    pieces = (f"{PLACE}:", f"({PLACE})", written)
    for line in TEXTS[name](width).split("\n"):
        one = re.fullmatch(r"\s*(\S+|`[^`]*`\S*)", line) is not None
        assert len(line) <= width or one or line.strip() in pieces, line


@pytest.mark.parametrize("name", ["problem", "explanation", "plan"])
def test_what_is_pasted_stands_on_one_line(name: str) -> None:
    text = TEXTS[name](80)
    assert COMMAND in text
    assert str(PLACE) in text
    assert ARN in text


def test_without_a_terminal_a_problem_is_one_line_and_its_hint_another() -> None:
    assert len(TEXTS["problem"](None).split("\n")) == 4
    assert len([line for line in TEXTS["plan"](None).split("\n") if "does not let" in line and "error" in line]) == 1


def test_lines_to_write_into_a_file_stay_as_they_are() -> None:
    assert f"\n    {EXPLANATION.suggested_lines[0]}" in TEXTS["explanation"](80)


ALIAS = ListedAlias("ro", NAME, "123456789012", (), True, 7200, None)


def test_a_table_that_fits_is_a_table_and_one_that_does_not_is_paragraphs() -> None:
    short = replace(ALIAS, role="r")
    assert (
        aliases.render_alias_table([short], str, 80).split("\n")[0]
        == "ALIAS  ROLE  ACCOUNT       MFA  DURATION  CACHED UNTIL"
    )
    assert aliases.render_alias_table([replace(ALIAS, role=ARN)], str, 80).split("\n") == [
        "ro",
        "  role",
        f"                {ARN}",
        "  account       123456789012",
        "  mfa           yes",
        "  duration      2h",
        "  cached until  -",
    ]


def test_a_table_for_programs_has_lines_of_any_length() -> None:
    assert aliases.render_alias_table([replace(ALIAS, role=ARN)], str).count("\n") == 1
