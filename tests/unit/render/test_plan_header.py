"""The head of a plan: whose it is, in one line, and the gravest reasons of its risk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.risk import Risk, RiskCode, RiskReason
from reconciler.plan.digest.detail import Detail
from reconciler.render.plan_header import draw_risk, format_header
from reconciler.render.plan_text import render_plan_text
from reconciler.render.text_lines import LineWriter
from tests.unit.render.plans import plan, plan_everything

PLAN = replace(plan_everything(), owner="platform")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"account_alias": "acme-prod", "caller": "role/iam-plan", "files": ("roles.yaml",)},
            "Account 123456789012 (acme-prod) · owner platform · as role/iam-plan · roles.yaml",
        ),
        ({}, "Account 123456789012 · owner platform"),
        ({"owner": None, "files": ("a.yaml", "b.yaml")}, "Account 123456789012 · a.yaml and b.yaml"),
        ({"files": tuple("abcdef")}, "Account 123456789012 · owner platform · a, b, c and 3 more"),
        ({"files": ("a\x1b[2J\nb",)}, "Account 123456789012 · owner platform · a\\x1b[2J\\nb"),
    ],
)
def test_the_header_says_whose_plan_it_is(values: dict[str, Any], expected: str) -> None:
    assert format_header(replace(PLAN, **values)) == expected
    assert render_plan_text(replace(PLAN, **values), width=200).startswith(f"{expected}\n\nRisk: low\n")


def test_a_plan_without_changes_has_no_header() -> None:
    assert render_plan_text(replace(plan([], []), caller="role/x")) == "No changes. Live IAM matches the file."


def reasons(number: int) -> Risk:
    address = Address("role", "r")
    codes = [RiskCode.TRUST_ACCOUNT] * (number - 3) + [RiskCode.ROLE_ACCESS] * 3
    return Risk(tuple(RiskReason(code, address, f"reason {index}") for index, code in enumerate(codes)))


@pytest.mark.parametrize(
    ("number", "detail", "last"),
    [
        (57, Detail.AUTO, "    … and 37 more, 34 of them high (--full)"),
        (23, Detail.AUTO, "    … and 3 more (--full)"),
        (21, Detail.AUTO, "    reason 20"),
        (57, Detail.FULL, "    reason 56"),
    ],
)
def test_the_gravest_twenty_reasons_are_shown_and_the_rest_counted(number: int, detail: Detail, last: str) -> None:
    lines = draw_risk(replace(PLAN, risk=reasons(number)), LineWriter(), detail)
    assert lines[:2] == ["Risk: high", "  ! reason 0"]
    assert lines[-2:] == [last, ""]
