"""Moves, reads and everyday changes: what their undo needs, of which the plan takes one call from whoever runs it.

The caller is user/me, with an inline policy that allows all of IAM; most plans put a Deny of one call into it and
change something else. `undo` reads the account before it plans: GetAccountAuthorizationDetails, ListRoles and
ListInstanceProfiles (without any of them it ends), and more that it can do without. Each refused row is followed by its
near misses.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.kinds.account import AccountAlias, AccountSetting, PasswordPolicy
from reconciler.model.plan import Call
from reconciler.plan.guards.inverse import inverse
from tests.support.lockouts import (
    ALL,
    IAM,
    KEY,
    MAY_ENTER,
    ME,
    PROVIDER,
    ROOT,
    Row,
    Statement,
    allow,
    allowed,
    arn,
    assert_verdict,
    attached,
    deny,
    document,
    group,
    kept,
    lost,
    me,
    members,
    policy,
    refused,
    role,
    service,
    trust,
    user,
    without,
)

APP = role("app", service())
BOB, BOB_MOVED = user("bob", path="/old/"), user("bob", path="/new/")
TEAM, TEAM_MOVED = group("work", allow("s3:*")), group("work", allow("s3:*"), path="/team/b/")
WORK = policy("work", allow("s3:*"))


def only_on(call: str, *resources: str) -> Statement:
    """A Deny of one call on everything but these."""
    return {"Sid": "Stop", "Effect": "Deny", "Action": call, "NotResource": [arn(name) for name in resources]}


MOVES: dict[str, Row] = {
    "a user moves, and the caller keeps UpdateUser on the new path alone": lost(
        "UpdateUser needs the call on the old ARN, too, which is the one to go back to",
        me(allow(), only_on("iam:UpdateUser", "user/new/bob")),
        [BOB],
        [BOB_MOVED],
    ),
    "a user moves, and the caller keeps UpdateUser on the old path alone": lost(
        "UpdateUser needs the call on the ARN that the user has then",
        me(allow(), only_on("iam:UpdateUser", "user/old/bob")),
        [BOB],
        [BOB_MOVED],
    ),
    "a user moves, and the caller keeps UpdateUser on both paths": kept(
        "both ARNs are covered",
        me(allow(), only_on("iam:UpdateUser", "user/old/bob", "user/new/bob")),
        [BOB],
        [BOB_MOVED],
    ),
    "a user is renamed, and the caller keeps UpdateUser on the new name alone": lost(
        "to go back needs the call on the old name as well",
        me(allow(), only_on("iam:UpdateUser", "user/robert")),
        [user("bob")],
        [user("robert")],
        moves={"user/bob": "user/robert"},
    ),
    "a user is renamed, and the caller keeps UpdateUser on both names": kept(
        "both ARNs are covered",
        me(allow(), only_on("iam:UpdateUser", "user/bob", "user/robert")),
        [user("bob")],
        [user("robert")],
        moves={"user/bob": "user/robert"},
    ),
    "a user gets a tag, and the caller loses UpdateUser": kept(
        "nothing moves", "iam:UpdateUser", [BOB], [replace(BOB, tags={**BOB.tags, "team": "b"})]
    ),
    "a group moves, and the caller keeps UpdateGroup on the new path alone": lost(
        "UpdateGroup needs the call on both ARNs",
        me(allow(), only_on("iam:UpdateGroup", "group/team/b/work")),
        [TEAM],
        [TEAM_MOVED],
    ),
    "a group moves, and the caller keeps UpdateGroup on both paths": kept(
        "both ARNs are covered",
        me(allow(), only_on("iam:UpdateGroup", "group/team/work", "group/team/b/work")),
        [TEAM],
        [TEAM_MOVED],
    ),
    "a group moves, and the caller loses UpdateUser": kept(
        "a group moves by UpdateGroup", "iam:UpdateUser", [TEAM], [TEAM_MOVED]
    ),
}

READS: dict[str, Row] = {
    "the caller loses GetAccountAuthorizationDetails": lost(
        "without it undo cannot read the account", "iam:GetAccountAuthorizationDetails", [], []
    ),
    "the caller loses ListRoles": lost(
        "only that call tells descriptions and session lengths", "iam:ListRoles", [], []
    ),
    "the caller loses ListInstanceProfiles": lost("undo reads them always", "iam:ListInstanceProfiles", [], []),
    "the caller keeps every write and loses every read": lost(
        "undo cannot see what it would undo", me(allow(), deny(["iam:Get*", "iam:List*"])), [], []
    ),
    "the caller loses ListVirtualMFADevices": kept(
        "where that is denied, a plan goes on and says so", "iam:ListVirtualMFADevices", [], []
    ),
    "the caller loses a read that no plan makes": kept(
        "undo never asks for the credential report", "iam:GetCredentialReport", [], []
    ),
    "the caller loses the bulk read of tags": allowed(
        "tags are then read one by one",
        caller=ME,
        break_glass=(),
        before=[me(allow(["iam:*", "tag:GetResources"]))],
        after=[me(allow())],
        people={"me": KEY},
    ),
    "the caller could not read before, and loses another right": allowed(
        "undo was not possible before",
        caller=ME,
        break_glass=(),
        before=[without("iam:GetAccountAuthorizationDetails")],
        after=[without("iam:GetAccountAuthorizationDetails", "iam:ListSSHPublicKeys")],
        people={"me": KEY},
    ),
}

LINKS: dict[str, Row] = {
    "a policy is detached, and the caller loses AttachRolePolicy": lost(
        "the undo attaches it",
        "iam:AttachRolePolicy",
        [replace(APP, policies=attached("work"))],
        [APP],
        both=[WORK],
    ),
    "a policy is attached, and the caller loses AttachRolePolicy": kept(
        "the undo detaches it",
        "iam:AttachRolePolicy",
        [APP],
        [replace(APP, policies=attached("work"))],
        both=[WORK],
    ),
    "a policy is attached, and the caller loses DetachRolePolicy": lost(
        "the undo detaches it",
        "iam:DetachRolePolicy",
        [APP],
        [replace(APP, policies=attached("work"))],
        both=[WORK],
    ),
    "an inline policy changes, and the caller loses PutRolePolicy": lost(
        "the undo puts the old one",
        "iam:PutRolePolicy",
        [role("app", service(), can=[allow("s3:*")])],
        [role("app", service(), can=[allow("s3:Get*")])],
    ),
    "an inline policy comes, and the caller loses PutRolePolicy": kept(
        "the undo deletes it",
        "iam:PutRolePolicy",
        [APP],
        [role("app", service(), can=[allow("s3:*")])],
    ),
    "an inline policy changes, and the caller loses PutRolePolicy on others": kept(
        "on this role it keeps it",
        me(allow(), {**deny("iam:PutRolePolicy"), "Resource": arn("role/vip/*")}),
        [role("app", service(), can=[allow("s3:*")])],
        [role("app", service(), can=[allow("s3:Get*")])],
    ),
    "a user leaves a group, and the caller loses AddUserToGroup": lost(
        "the undo adds it again",
        "iam:AddUserToGroup",
        [replace(BOB, groups=members("work"))],
        [BOB],
        both=[TEAM],
    ),
    "a user joins a group, and the caller loses AddUserToGroup": kept(
        "the undo removes it",
        "iam:AddUserToGroup",
        [BOB],
        [replace(BOB, groups=members("work"))],
        both=[TEAM],
    ),
    "a trust changes, and the caller loses UpdateAssumeRolePolicy": lost(
        "the undo puts the old trust",
        "iam:UpdateAssumeRolePolicy",
        [APP],
        [role("app", service("lambda.amazonaws.com"))],
    ),
    "a trust changes, and the caller loses UpdateRole": kept(
        "a trust is not written by UpdateRole",
        "iam:UpdateRole",
        [APP],
        [role("app", service("lambda.amazonaws.com"))],
    ),
    "a description changes, and the caller loses UpdateRole": lost(
        "the undo puts the old one", "iam:UpdateRole", [APP], [replace(APP, description="Runs")]
    ),
    "a role is created, and the caller loses DeleteRole": lost("the undo deletes it", "iam:DeleteRole", [], [APP]),
    "a role is created, and the caller loses DeleteUser": kept("the undo deletes no user", "iam:DeleteUser", [], [APP]),
    "a role is created with an inline policy, and the caller loses DeleteRolePolicy": lost(
        "a role with policies cannot be deleted, so the undo takes them off first",
        "iam:DeleteRolePolicy",
        [],
        [role("app", service(), can=[allow("s3:*")])],
    ),
    "a role is created without policies, and the caller loses DeleteRolePolicy": kept(
        "there is nothing to take off", "iam:DeleteRolePolicy", [], [APP]
    ),
    "a user is deleted, and the caller loses CreateUser": lost("the undo creates it", "iam:CreateUser", [BOB], []),
    "a user is deleted, and the caller loses DeleteUser": kept("the undo creates it", "iam:DeleteUser", [BOB], []),
    "a user with a key is deleted, and the caller loses CreateAccessKey": kept(
        "a secret does not come back by any undo", "iam:CreateAccessKey", [BOB], [], people={"me": KEY, "bob": KEY}
    ),
    "a client id goes, and the caller loses AddClientIDToOpenIDConnectProvider": lost(
        "the undo adds it",
        "iam:AddClientIDToOpenIDConnectProvider",
        [PROVIDER],
        [replace(PROVIDER, client_ids=frozenset(["sts.amazonaws.com"]))],
    ),
    "a client id comes, and the caller loses AddClientIDToOpenIDConnectProvider": kept(
        "the undo removes it",
        "iam:AddClientIDToOpenIDConnectProvider",
        [PROVIDER],
        [replace(PROVIDER, client_ids=PROVIDER.client_ids | {"third"})],
    ),
    "the password policy changes, and the caller loses UpdateAccountPasswordPolicy": lost(
        "the undo writes the old one whole",
        "iam:UpdateAccountPasswordPolicy",
        [PasswordPolicy("password-policy")],
        [PasswordPolicy("password-policy", minimum_length=14)],
    ),
    "the password policy changes, and the caller loses UpdateLoginProfile": kept(
        "no password is written",
        "iam:UpdateLoginProfile",
        [PasswordPolicy("password-policy")],
        [PasswordPolicy("password-policy", minimum_length=14)],
    ),
}

PIPELINE = role("emergency", trust("user/alice"), inline_policies={"own": IAM})
"""A guarded role with rights of its own, as a pipeline's: root runs the plans that change them."""

OF_THE_GUARDED_ROLE: dict[str, Row] = {
    "the guarded role loses AttachRolePolicy, and a policy is detached": refused(
        "whoever is in the role could attach it before",
        caller=ROOT,
        before=[PIPELINE, replace(APP, policies=attached("work"))],
        after=[replace(PIPELINE, inline_policies={"own": document(allow(), deny("iam:AttachRolePolicy"))}), APP],
        both=[WORK],
        people={"alice": KEY},
    ),
    "the guarded role loses DetachRolePolicy, and a policy is detached": allowed(
        "the undo attaches it",
        caller=ROOT,
        before=[PIPELINE, replace(APP, policies=attached("work"))],
        after=[replace(PIPELINE, inline_policies={"own": document(allow(), deny("iam:DetachRolePolicy"))}), APP],
        both=[WORK],
        people={"alice": KEY},
    ),
    "the guarded role loses the reads of undo": refused(
        "whoever is in the role cannot read the account any more",
        caller=ROOT,
        before=[PIPELINE],
        after=[replace(PIPELINE, inline_policies={"own": document(allow(), deny("iam:GetAccountAuth*"))})],
        people={"alice": KEY},
    ),
    "the guarded role never had IAM, and loses S3": allowed(
        "it could undo nothing before",
        caller=ROOT,
        before=[role("emergency", trust("user/alice"), can=[allow("s3:*")])],
        after=[role("emergency", trust("user/alice"), can=[MAY_ENTER])],
        people={"alice": KEY},
    ),
    "the guarded role gets everything in place of IAM": allowed(
        "* holds iam:*",
        caller=ROOT,
        before=[PIPELINE],
        after=[replace(PIPELINE, inline_policies={"own": ALL})],
        people={"alice": KEY},
    ),
}

ROWS = MOVES | READS | LINKS | OF_THE_GUARDED_ROLE


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_plan_whose_undo_lacks_one_of_its_calls_is_refused(row: Row) -> None:
    assert_verdict(row)


@pytest.mark.parametrize(
    ("operation", "before", "expected"),
    [
        ("CreateAccountAlias", None, "DeleteAccountAlias"),
        ("CreateAccountAlias", AccountAlias("alias", "old"), "CreateAccountAlias"),
        ("UpdateAccountPasswordPolicy", None, "DeleteAccountPasswordPolicy"),
        ("UpdateAccountPasswordPolicy", PasswordPolicy("password-policy"), "UpdateAccountPasswordPolicy"),
    ],
)
def test_a_setting_of_the_account_is_put_back_or_taken_off(
    operation: str, before: AccountSetting | None, expected: str
) -> None:
    assert inverse(Call(operation, {}), before) == (expected,)
