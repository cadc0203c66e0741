"""The comment of a run over many accounts stays below GitHub's limit, and counts what it leaves out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.account_results import AccountStatus, OrganizationResults
from reconciler.plan.digest.detail import Detail
from reconciler.render.markdown_parts import MAX_COMMENT_LENGTH
from reconciler.render.organization_markdown import render_summary_markdown
from tests.support.account_results import REFUSED, SUMMARY, make_result
from tests.unit.render.plans import plan_everything

PLAN = plan_everything()


def render(summary: OrganizationResults, detail: Detail = Detail.AUTO) -> str:
    return render_summary_markdown(summary, lambda facts: PLAN, detail)


def test_a_comment_has_the_numbers_the_risk_and_each_group_once() -> None:
    comment = render(SUMMARY)
    assert comment.startswith("**Applied: 8 accounts, 4 changed, 1 in step, 1 unsafe, 1 failed, 1 not started.")
    assert "🔴 **Risk: high**\n\n```text\n  ! prod: everyone may assume role/r  org.yaml:2\n" in comment
    assert comment.count("<details>") == comment.count("</details>") == 5
    assert (
        "<details><summary>✏️ 3 accounts, the same changes: applied; 1 created, 2 deleted; risk low</summary>" in comment
    )
    assert "`dev-1`, `dev-2`, `dev-3`\n" in comment
    assert "✅ idle (000000000005): in step: `idle`" in comment
    assert "\n- `org.yaml:2:1`: AWS refused the role." in comment


@pytest.mark.parametrize("number", [1, 100, 2000])
def test_a_comment_is_never_too_long_and_says_how_many_accounts_it_leaves_out(number: int) -> None:
    results = tuple(make_result(f"a{one}", one, AccountStatus.CHANGED, f"g{one}") for one in range(1, number + 1))
    for detail, command in ((Detail.FULL, "reconcile plan --full"), (Detail.AUTO, "reconcile plan")):
        comment = render(OrganizationResults(results), detail)
        assert len(comment) < MAX_COMMENT_LENGTH
        shown = comment.count("<details>")
        assert shown >= 1
        left_out = f"_{number - shown} accounts are left out here; run `{command}` for all._"
        assert (left_out in comment) is (shown < number)


@pytest.mark.parametrize("size", [10, 1500])
def test_problems_and_names_count_as_well(size: int) -> None:
    long = replace(REFUSED, summary="x" * size * 20)
    results = tuple(
        replace(make_result("a" * 60 + f"{one % 9999}", one, AccountStatus.FAILED), problems=(long,))
        for one in range(1, size)
    )
    comment = render(OrganizationResults(results, problems=(long,)))
    assert len(comment) < MAX_COMMENT_LENGTH
    assert comment.count("<details>") == comment.count("</details>")
