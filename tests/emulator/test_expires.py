"""`expires`, over real HTTP: what AWS ends by itself, what an apply ends, and what plans say of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.account import Account
from tests.support.plans import changes_of, codes_of, findings_of, list_writes

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
    assert (plan["changes"], codes_of(plan, "info"), codes_of(plan, "warning")) == ([], ["expires"], [])
    assert "first apply after that time detaches it" in findings_of(plan, "info")[0]["message"]
    account.write(ATTACHED.replace("END", PAST))
    plan = account.apply_and_read_plan()
    assert changes_of(plan) == {"user/alice": ("update", ["policies"])}
    assert codes_of(plan, "warning") == ["expired"]
    assert account.plan()["changes"] == []
    held = account.iam.list_attached_user_policies(UserName="alice")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in held] == ["IAMReadOnlyAccess"]


def test_a_trust_rule_ends_by_itself_and_is_pruned_by_the_next_apply(account: Account) -> None:
    account.write(TRUSTED.replace("END", FAR))
    plan = account.plan()
    assert codes_of(plan, "info") == []
    assert "user/alice may assume role/app, until 2099-12-31T00:00:00Z" in account.run_cli("plan", "roles.yaml").out
    account.apply()
    account.write(TRUSTED.replace("END", PAST))
    plan = account.apply_and_read_plan()
    assert (list(changes_of(plan)), codes_of(plan, "warning")) == (["role/app"], ["expired"])
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
    assert (plan["changes"], codes_of(plan, "warning")) == ([], ["expired"])


@pytest.mark.parametrize("text", [ATTACHED, TRUSTED], ids=["attachment", "trust rule"])
def test_an_end_within_14_days_is_a_warning_with_its_place(account: Account, text: str) -> None:
    account.write(text.replace("END", SOON))
    (finding,) = findings_of(account.plan(), "warning")
    assert (finding["code"], finding["file"].rpartition("/")[2]) == ("expires-soon", "roles.yaml")
    assert f"ends at {SOON}T00:00:00Z" in finding["message"]


def test_a_plan_saved_before_an_end_is_not_applied_after_it(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.write(ATTACHED.replace("END", FAR))
    assert account.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 0

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2100, 1, 1, tzinfo=UTC)

    monkeypatch.setattr("reconciler.app.saved_plan.datetime", Later)
    account.clear_calls()
    result = account.run_cli("apply", "plan.json")
    assert (result.code, list_writes(account)) == (1, [])
    assert "This plan was valid until" in result.err
    monkeypatch.undo()
    assert account.run_cli("apply", "plan.json").code == 0


MEMBER = HEAD + "groups: {ops: }\nusers: {alice: {groups: [{group: ops, expires: END}]}}\n"
INLINE = (
    HEAD + "roles: {app: {trust: [{services: [ec2.amazonaws.com]}], inline_policies: {logs: {expires: END, document: "
    "{Statement: {Effect: Allow, Action: 'logs:*', Resource: '*'}}}}}}\n"
)
USER = (
    HEAD + "users: {sam: {expires: END, inline_policies: {go: {Statement: {Effect: Allow, Action: sts:AssumeRole, "
    "Resource: '*'}}}}}\nroles: {app: {trust: [{users: [sam]}]}}\n"
)


def test_a_membership_ends_with_the_first_apply_after_its_date(account: Account) -> None:
    account.write(MEMBER.replace("END", FAR))
    account.apply()
    plan = account.plan()
    assert (plan["changes"], "expires" in codes_of(plan, "info")) == ([], True)
    account.write(MEMBER.replace("END", PAST))
    plan = account.apply_and_read_plan()
    assert (changes_of(plan), codes_of(plan, "warning")) == ({"user/alice": ("update", ["groups"])}, ["expired"])
    assert account.iam.list_groups_for_user(UserName="alice")["Groups"] == []
    assert account.plan()["changes"] == []


def test_an_inline_policy_ends_by_itself_and_is_taken_off_by_the_next_apply(account: Account) -> None:
    account.write(INLINE.replace("END", FAR))
    account.apply()
    (statement,) = account.iam.get_role_policy(RoleName="app", PolicyName="logs")["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {"DateLessThan": {"aws:CurrentTime": "2099-12-31T00:00:00Z"}}
    plan = account.plan()
    assert (plan["changes"], codes_of(plan, "info"), codes_of(plan, "warning")) == ([], [], [])
    account.write(INLINE.replace("END", PAST))
    plan = account.apply_and_read_plan()
    assert (list(changes_of(plan)), codes_of(plan, "warning")) == (["role/app"], ["expired"])
    assert account.iam.list_role_policies(RoleName="app")["PolicyNames"] == []


def test_a_user_ends_by_itself_is_denied_for_good_and_never_deleted(account: Account) -> None:
    account.write(USER.replace("END", FAR))
    out = account.run_cli("plan", "roles.yaml").out
    assert "user/sam may assume role/app, until 2099-12-31T00:00:00Z" in out
    account.apply()
    account.iam.create_access_key(UserName="sam")
    assert account.plan()["changes"] == []
    account.write(USER.replace("END", PAST))
    plan = account.plan()
    assert changes_of(plan) == {"user/sam": ("update", ["inline_policies.reconcile-expires"])}
    assert [(one["principal"], one["role"]) for one in plan["access"]["lost"]] == [("user/sam", "role/app")]
    (finding,) = findings_of(plan, "warning")
    assert (finding["code"], finding["address"]) == ("expired", "user/sam")
    assert "To delete user/sam, remove it from the file" in finding["message"]
    account.apply()
    (key,) = account.iam.list_access_keys(UserName="sam")["AccessKeyMetadata"]
    assert key["Status"] == "Active"
    denial = account.iam.get_user_policy(UserName="sam", PolicyName="reconcile-expires")["PolicyDocument"]
    assert denial["Statement"] == [{"Effect": "Deny", "Action": "*", "Resource": "*"}]
    assert account.plan()["changes"] == []
    account.write(USER.replace("END", FAR))
    plan = account.apply_and_read_plan()
    assert [one["principal"] for one in plan["access"]["gained"]] == ["user/sam"]
    account.write(USER.replace("expires: END, ", ""))
    assert changes_of(account.apply_and_read_plan()) == {"user/sam": ("update", ["inline_policies.reconcile-expires"])}


@pytest.mark.parametrize("text", [MEMBER, INLINE, USER], ids=["membership", "inline policy", "user"])
def test_each_end_within_14_days_is_a_warning_with_its_place(account: Account, text: str) -> None:
    account.write(text.replace("END", SOON))
    (finding,) = findings_of(account.plan(), "warning")
    assert (finding["code"], finding["file"].rpartition("/")[2]) == ("expires-soon", "roles.yaml")


@pytest.mark.parametrize("text", [MEMBER, INLINE, USER], ids=["membership", "inline policy", "user"])
def test_what_aws_ends_is_exported_with_its_end_and_a_plan_on_it_is_empty(account: Account, text: str) -> None:
    account.write(text.replace("END", FAR))
    account.apply()
    exported = account.run_cli("export", "--owner", "platform").out
    assert ('expires: "2099-12-31T00:00:00Z"' in exported) == (text != MEMBER)
    assert "reconcile-expires" not in exported
    account.write(exported)
    assert account.plan()["changes"] == []


def test_what_is_over_is_exported_as_it_is_so_that_a_plan_takes_nothing_away(account: Account) -> None:
    over = {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    ended = {"DateGreaterThanEquals": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    account.iam.create_user(UserName="sam")
    for name, effect, condition in (("a", "Allow", over), ("reconcile-expires", "Deny", ended)):
        statement = {"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        account.iam.put_user_policy(UserName="sam", PolicyName=name, PolicyDocument=document)
    exported = account.run_cli("export").out
    assert "expires:" not in exported.replace("reconcile-expires:", "")
    account.write(exported)
    assert account.plan()["changes"] == []


def test_an_end_that_ignore_changes_takes_away_is_not_said_to_have_come(account: Account) -> None:
    account.iam.create_user(UserName="bob", Tags=[{"Key": "reconcile:owner", "Value": "platform"}])
    account.write(HEAD + f"users: {{bob: {{expires: {PAST}, ignore_changes: [inline_policies]}}}}\n")
    plan = account.plan()
    assert (plan["changes"], codes_of(plan, "warning")) == ([], ["expires-ignored"])
