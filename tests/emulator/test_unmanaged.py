"""`plan --unmanaged`: what no file declares, as information."""

from __future__ import annotations

import json

import pytest

from tests.support.account import Account
from tests.support.plans import findings_of

FILE = """
version: 1
owner: platform
settings: {ignore: ["role/ignored-*"]}
users: {declared: }
"""
TRUST = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": {"Service": "a.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)


@pytest.fixture
def mixed_account(account: Account) -> Account:
    iam = account.iam
    account.write(FILE.replace("declared:", "goes: , declared:"))
    account.apply()
    account.write(FILE)
    iam.create_group(GroupName="outside")
    iam.create_user(UserName="theirs", Tags=[{"Key": "reconcile:owner", "Value": "web"}])
    iam.create_role(RoleName="ignored-one", AssumeRolePolicyDocument=TRUST)
    iam.create_role(RoleName="plain", AssumeRolePolicyDocument=TRUST)
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    return account


def test_it_lists_what_is_outside_and_neither_ignored_nor_awss_own_nor_pruned(mixed_account: Account) -> None:
    plan = mixed_account.plan("roles.yaml", "--unmanaged")
    assert plan["unmanaged"] == ["group/outside", "role/plain", "user/theirs"]
    assert [change["address"] for change in plan["changes"]] == ["user/goes"]
    plain = mixed_account.plan()
    assert {key: value for key, value in plan.items() if key != "unmanaged"} == plain


def test_the_text_has_a_line_each_with_another_stacks_owner(mixed_account: Account) -> None:
    out = mixed_account.run_cli("plan", "roles.yaml", "--unmanaged").out
    heading = out.index("Unmanaged, declared by no file:\n  group/outside\n  role/plain\n  user/theirs  (owner web)\n")
    assert heading < out.index("Plan: 0 to create")
    assert "Unmanaged" not in mixed_account.run_cli("plan", "roles.yaml").out


def test_a_comment_folds_and_counts_them(mixed_account: Account) -> None:
    out = mixed_account.run_cli("plan", "roles.yaml", "--unmanaged", "--format", "markdown").out
    assert "<summary>Unmanaged: 3 entities that no file declares</summary>" in out
    assert "user/theirs  (owner web)" in out


def test_a_trust_of_theirs_that_names_a_deleted_principal_is_told_when_asked(account: Account) -> None:
    iam = account.iam
    account.write(FILE)
    account.apply()
    iam.create_user(UserName="gone")
    iam.create_role(
        RoleName="theirs",
        AssumeRolePolicyDocument=TRUST.replace(
            '"Service": "a.amazonaws.com"', '"AWS": "arn:aws:iam::123456789012:user/gone"'
        ),
    )
    iam.delete_user(UserName="gone")
    (finding,) = findings_of(account.plan("roles.yaml", "--unmanaged"), "warning")
    assert (finding["code"], finding["address"]) == ("dangling-principal", "role/theirs")
    assert findings_of(account.plan(), "warning") == []


def test_nothing_outside_is_said_too_and_exit_codes_stay(account: Account) -> None:
    account.write(FILE)
    account.apply()
    result = account.run_cli("plan", "roles.yaml", "--unmanaged", "--detailed-exitcode")
    assert (result.code, "Unmanaged: nothing." in result.out) == (0, True)
    assert account.plan("roles.yaml", "--unmanaged")["unmanaged"] == []
