"""Accounts with the same changes or the same problems are told once, the gravest first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.account_results import AccountResult, AccountStatus, OrganizationResults
from reconciler.plan.digest.account_groups import format_accounts, gather_reasons, group_results
from tests.support.account_results import HIGH, LOW, NOTE, REFUSED, RESULTS, SUMMARY, make_facts, make_result


def names_of_groups(*results: AccountResult) -> list[str]:
    return [" ".join(group.names) for group in group_results(OrganizationResults(results))]


def test_what_must_be_looked_at_comes_first() -> None:
    assert names_of_groups(*RESULTS) == ["unsafe", "prod", "dev-1 dev-2 dev-3", "shut", "late", "idle"]
    assert names_of_groups(*reversed(RESULTS)) == ["unsafe", "prod", "dev-3 dev-2 dev-1", "shut", "late", "idle"]


def test_among_changes_of_the_same_risk_those_of_most_accounts_come_first() -> None:
    few = make_result("few", 1, AccountStatus.CHANGED, "few", LOW)
    many = [make_result(f"m{number}", number, AccountStatus.CHANGED, "many", LOW) for number in (2, 3)]
    none = [make_result(f"n{number}", number, AccountStatus.CHANGED, "none") for number in (4, 5, 6)]
    assert names_of_groups(few, *none, *many) == ["m2 m3", "few", "n4 n5 n6"]


def test_accounts_in_step_are_one_group_but_those_whose_plans_say_something() -> None:
    results = [
        replace(make_result(name, number, AccountStatus.IN_STEP), plan=make_facts(name, group))
        for number, (name, group) in enumerate({"a": "", "b": "x", "c": "", "d": "x", "e": ""}.items(), 1)
    ]
    assert names_of_groups(*results) == ["b d", "a c e"]


def fail(name: str, number: int, **problem: str) -> AccountResult:
    filled = {key: text.format(f"{number:012}") for key, text in problem.items()}
    return replace(make_result(name, number, AccountStatus.FAILED), problems=(replace(REFUSED, **filled),))


def test_a_problem_that_differs_by_the_account_only_is_told_once() -> None:
    say = "AWS refused arn:aws:iam::{}:role/r."
    assert names_of_groups(fail("a", 1, summary=say), fail("b", 2, summary=say)) == ["a b"]
    assert names_of_groups(fail("a", 1, summary=say), fail("b", 2, summary="Another.")) == ["a", "b"]
    assert names_of_groups(fail("a", 1, code="x"), fail("b", 2, code="y")) == ["a", "b"]
    assert names_of_groups(fail("a", 1), replace(fail("b", 2), problems=(REFUSED, NOTE))) == ["a", "b"]


def test_a_reason_of_the_risk_is_told_once_with_its_accounts() -> None:
    gathered = [(one.reason, one.accounts) for one in gather_reasons(SUMMARY)]
    assert gathered == [(HIGH, ("prod",)), (LOW, ("dev-1", "dev-2", "dev-3", "prod"))]


def test_a_text_about_several_accounts_names_none_of_their_ids() -> None:
    """It would say of all accounts what is so in one."""
    reasons = [replace(LOW, message=f"role/r gains s3:* on {number:012}") for number in (1, 2, 3)]
    results = [make_result(f"a{n}", n, AccountStatus.CHANGED, "g", reason) for n, reason in enumerate(reasons, 1)]
    several, one = OrganizationResults(tuple(results[:2])), OrganizationResults(tuple(results[2:]))
    assert [gathered.reason.message for gathered in gather_reasons(several)] == ["role/r gains s3:* on ACCOUNT"]
    assert [gathered.reason.message for gathered in gather_reasons(one)] == ["role/r gains s3:* on 000000000003"]
    (group,) = group_results(several)
    assert group.generalize("on 000000000001, by 000000000002") == "on ACCOUNT, by 000000000002"
    assert group_results(one)[0].generalize("on 000000000003") == "on 000000000003"


@pytest.mark.parametrize(
    ("number", "text"), [(1, "a0"), (3, "a0, a1, a2"), (4, "a0, a1, a2, a3"), (5, "a0, a1, a2 and 2 more")]
)
def test_a_few_names_are_told_and_the_others_counted(number: int, text: str) -> None:
    assert format_accounts([f"a{index}" for index in range(number)]) == text
