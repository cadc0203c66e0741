"""`expires`, over real HTTP: what AWS ends by itself, what an apply ends, and what plans say of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.account import Account
from tests.support.plans import changes, codes, findings, writes

HEAD = "version: 1\nowner: platform\n"
FAR, PAST = "2099-12-31", "2020-01-01"
SOON = f"{datetime.now(UTC) + timedelta(days=7):%Y-%m-%d}"

ATTACHED = HEAD + "users: {alice: {policies: [{policy: aws:ReadOnlyAccess, expires: END}, aws:IAMReadOnlyAccess]}}\n"
SERVICE = ", {services: [ec2.amazonaws.com]}"
TRUSTED = HEAD + f"users: {{alice: }}\nroles: {{app: {{trust: [{{users: [alice], expires: END}}{SERVICE}]}}}}\n"


def test_an_attachment_ends_with_the_first_apply_after_its_date(account: Account) -> None:
    account.write(ATTACHED.replace("END", FAR))
    account.apply()
    plan = account.plan()
    assert (plan["changes"], codes(plan, "info"), codes(plan, "warning")) == ([], ["expires"], [])
    assert "first apply from then on detaches it" in findings(plan, "info")[0]["message"]
    account.write(ATTACHED.replace("END", PAST))
    plan = account.applied()
    assert changes(plan) == {"user/alice": ("update", ["policies"])}
    assert codes(plan, "warning") == ["expired"]
    assert account.plan()["changes"] == []
    held = account.iam.list_attached_user_policies(UserName="alice")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in held] == ["IAMReadOnlyAccess"]


def test_a_trust_rule_ends_by_itself_and_is_pruned_by_the_next_apply(account: Account) -> None:
    account.write(TRUSTED.replace("END", FAR))
    plan = account.plan()
    assert codes(plan, "info") == []
    assert "user/alice may assume role/app, until 2099-12-31T00:00:00Z" in account.cli("plan", "roles.yaml").out
    account.apply()
    account.write(TRUSTED.replace("END", PAST))
    plan = account.applied()
    assert (list(changes(plan)), codes(plan, "warning")) == (["role/app"], ["expired"])
    document = account.iam.get_role(RoleName="app")["Role"]["AssumeRolePolicyDocument"]
    assert [list(statement["Principal"]) for statement in document["Statement"]] == [["Service"]]


def test_a_role_whose_only_rule_is_over_is_never_opened(account: Account) -> None:
    only = TRUSTED.replace(SERVICE, "")
    account.write(only.replace("END", FAR))
    account.apply()
    account.write(only.replace("END", PAST))
    account.apply()
    (statement,) = account.iam.get_role(RoleName="app")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"] == {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    plan = account.plan()
    assert (plan["changes"], codes(plan, "warning")) == ([], ["expired"])


@pytest.mark.parametrize("text", [ATTACHED, TRUSTED], ids=["attachment", "trust rule"])
def test_an_end_within_14_days_is_a_warning_with_its_place(account: Account, text: str) -> None:
    account.write(text.replace("END", SOON))
    (finding,) = findings(account.plan(), "warning")
    assert (finding["code"], finding["file"].rpartition("/")[2]) == ("expires-soon", "roles.yaml")
    assert f"ends at {SOON}T00:00:00Z" in finding["message"]


def test_a_plan_saved_before_an_end_is_not_applied_after_it(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.write(ATTACHED.replace("END", FAR))
    assert account.cli("plan", "roles.yaml", "--out", "plan.json").code == 0

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2100, 1, 1, tzinfo=UTC)

    monkeypatch.setattr("reconciler.app.saved.datetime", Later)
    account.zero()
    result = account.cli("apply", "plan.json")
    assert (result.code, writes(account)) == (1, [])
    assert "has ended since" in result.err
    monkeypatch.undo()
    assert account.cli("apply", "plan.json").code == 0
