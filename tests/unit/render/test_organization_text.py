"""A run over many accounts as text: what it says, how wide it is, and that it reads a plan once for each group."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.account_results import AccountStatus, OrganizationResults, PlanFacts
from reconciler.model.guardrails import Guardrails
from reconciler.model.plan import AccessDelta, Plan
from reconciler.model.role_access import RoleAccess
from reconciler.plan.digest.detail import Detail
from reconciler.render.organization_markdown import render_summary_markdown
from reconciler.render.organization_text import OrganizationText
from tests.support.account_results import RESULTS, SUMMARY, make_result
from tests.unit.render.plans import plan_everything

PLAN = plan_everything()


def render(summary: OrganizationResults, width: int | None = 80, detail: Detail = Detail.AUTO) -> str:
    return "\n".join(OrganizationText(summary, lambda facts: PLAN, width=width, detail=detail).render())


def test_the_risk_comes_first_then_the_groups_then_the_numbers() -> None:
    lines = render(replace(SUMMARY, is_applied=False)).splitlines()
    assert lines[0] == "8 accounts · as arn:aws:iam::999999999999:user/alice · org.yaml"
    assert lines[2:5] == [
        "Risk: high",
        "  ! prod: everyone may assume role/r  org.yaml:2",
        "    dev-1, dev-2, dev-3, prod: role/r gains s3:GetObject",
    ]
    headings = [
        "unsafe (000000000006): unsafe; 1 to create, 2 to delete; risk none",
        "prod (000000000004): 1 to create, 2 to delete; risk high",
        "3 accounts, the same changes: 1 to create, 2 to delete; risk low",
        "shut (000000000007): failed",
        "late (000000000008): not started; 1 to create, 2 to delete; risk none",
        "idle (000000000005): in step",
    ]
    assert [line for line in lines if line in headings] == headings
    shown = " ".join(" ".join(lines).split())
    assert "org.yaml:2:1: error: AWS refused the role. This is why." in shown
    assert shown.endswith(
        "Plan: 8 accounts, 4 to change, 1 in step, 1 unsafe, 1 failed, 1 not started. No results: 2/4; wave 3."
    )


def test_an_apply_is_told_by_what_it_did_and_what_it_did_not_change_comes_first() -> None:
    failed = (make_result(f"stuck-{done}", 10 + done, AccountStatus.FAILED, "stuck") for done in (0, 2))
    stuck = (replace(result, done=done) for result, done in zip(failed, (0, 2), strict=True))
    lines = render(replace(SUMMARY, results=(*RESULTS, *stuck))).splitlines()
    headings = [
        "shut (000000000007): failed",
        "stuck-0 (000000000010): failed after 0 of 3 calls",
        "stuck-2 (000000000012): failed after 2 of 3 calls",
        "unsafe (000000000006): unsafe, not applied; 1 to create, 2 to delete; risk none",
        "late (000000000008): not started; 1 to create, 2 to delete; risk none",
        "prod (000000000004): applied; 1 created, 2 deleted; risk high",
        "3 accounts, the same changes: applied; 1 created, 2 deleted; risk low",
        "idle (000000000005): in step",
    ]
    assert [line for line in lines if line.endswith(tuple(headings))] == headings
    assert " ".join(" ".join(lines).split()).endswith(
        "Applied: 10 accounts, 4 changed, 1 in step, 1 unsafe, 3 failed, 1 not started. No results: 2/4; wave 3."
    )


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_lines_about_accounts_fit_the_terminal(width: int) -> None:
    many = tuple(make_result(f"account-{number:03}", number, AccountStatus.FAILED) for number in range(1, 60))
    for summary in (SUMMARY, OrganizationResults(many, SUMMARY.caller, ("a.yaml",) * 9)):
        text = OrganizationText(summary, lambda facts: replace(PLAN, changes=(), findings=()), width=width)
        lines = "\n".join(text.render()).splitlines()
        assert [line for line in lines if len(line) > width and " " in line.strip()[: width - 8]] == []


def test_many_names_are_cut_and_full_shows_all() -> None:
    many = OrganizationResults(
        tuple(make_result(f"a{number}", number, AccountStatus.CHANGED, "same") for number in range(1, 188))
    )
    assert "187 accounts, the same changes: 1 to create, 2 to delete; risk none" in render(many)
    assert "a12 and 175 more\n" in render(many)
    assert "a187" in render(many, detail=Detail.FULL)


def test_each_group_needs_one_plan_and_accounts_in_step_none() -> None:
    asked: list[str] = []

    def read_plan(facts: PlanFacts) -> Plan:
        asked.append(facts.file)
        return PLAN

    list(OrganizationText(replace(SUMMARY, is_applied=False), read_plan).render())
    assert asked == ["plans/unsafe.json", "plans/prod.json", "plans/dev-1.json", "plans/late.json"]


@pytest.mark.parametrize(
    ("results", "is_applied", "totals"),
    [
        (RESULTS[:1], False, "Plan: 1 account, 1 to change."),
        (RESULTS[4:5], False, "Plan: 1 account, 0 to change, 1 in step."),
        (RESULTS[:2], True, "Applied: 2 accounts, 2 changed."),
        ((), False, "Plan: 0 accounts, 0 to change."),
    ],
)
def test_the_last_line_counts_the_accounts(results: tuple[object, ...], is_applied: bool, totals: str) -> None:
    summary = OrganizationResults(results, is_applied=is_applied)  # type: ignore[arg-type]
    assert render(summary).splitlines()[-1] == totals


NOT_COUNTED: dict[str, tuple[tuple[str, ...], str]] = {
    "no file has guardrails": (
        (),
        "As far as IAM goes: SCPs and RCPs do not count, because the file has no `guardrails`.",
    ),
    "some files have guardrails": (
        ("prod", "unsafe"),
        "As far as IAM goes in late, dev-1, dev-2, dev-3: SCPs and RCPs do not count, because their files have no "
        "`guardrails`.",
    ),
    "all files have guardrails": (("prod", "unsafe", "dev-1", "late"), ""),
}


@pytest.mark.parametrize(("guarded", "note"), NOT_COUNTED.values(), ids=NOT_COUNTED.keys())
def test_what_access_does_not_count_is_said_once_in_text_and_comment(guarded: tuple[str, ...], note: str) -> None:
    gains = AccessDelta.of_pairs(gained=(RoleAccess("user/alice", "role/app"),))

    def read(facts: PlanFacts) -> Plan:
        return replace(PLAN, access=gains, guardrails=Guardrails() if Path(facts.file).stem in guarded else None)

    text = "\n".join(OrganizationText(SUMMARY, read).render())
    comment = render_summary_markdown(SUMMARY, read)
    assert text.count("As far as IAM goes") == comment.count("As far as IAM goes") == bool(note)
    assert not note or (f"\n{note}\n" in text and f"\n_{note}_" in comment)
