"""Moves, reads and everyday changes: what their undo needs, of which the plan takes one call from whoever runs it.

The caller is user/me, with an inline policy that allows all of IAM; most plans put a Deny of one call into it and
change something else. `undo` reads the account before it plans: GetAccountAuthorizationDetails, ListRoles and
ListInstanceProfiles (without any of them it ends), and more that it can do without. Each refused row is followed by its
near misses.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.kinds.account import PasswordPolicy
from tests.support.lockouts import (
    ALL,
    ALLOW_EMERGENCY,
    IAM,
    KEY,
    ME,
    PROVIDER,
    ROOT,
    LockoutCase,
    Statement,
    allow,
    allowed_case,
    arn,
    assert_verdict,
    caller_with,
    caller_without,
    deny,
    document,
    group,
    group_addresses,
    kept_rights_case,
    lockout_case,
    lost_rights_case,
    policy,
    policy_arns,
    role,
    service_trust,
    trust,
    user,
)

APP = role("app", service_trust())
BOB, BOB_MOVED = user("bob", path="/old/"), user("bob", path="/new/")
TEAM, TEAM_MOVED = group("work", allow("s3:*")), group("work", allow("s3:*"), path="/team/b/")
WORK = policy("work", allow("s3:*"))


def only_on(call: str, *resources: str) -> Statement:
    """A Deny of one call on everything but these."""
    return {"Sid": "Stop", "Effect": "Deny", "Action": call, "NotResource": [arn(name) for name in resources]}


MOVES: dict[str, LockoutCase] = {
    "a user moves, and the caller keeps UpdateUser on the new path alone": lost_rights_case(
        "UpdateUser needs the call on the old ARN, too, which is the one to go back to",
        caller_with(allow(), only_on("iam:UpdateUser", "user/new/bob")),
        [BOB],
        [BOB_MOVED],
    ),
    "a user moves, and the caller keeps UpdateUser on the old path alone": lost_rights_case(
        "UpdateUser needs the call on the ARN that the user has then",
        caller_with(allow(), only_on("iam:UpdateUser", "user/old/bob")),
        [BOB],
        [BOB_MOVED],
    ),
    "a user moves, and the caller keeps UpdateUser on both paths": kept_rights_case(
        "both ARNs are covered",
        caller_with(allow(), only_on("iam:UpdateUser", "user/old/bob", "user/new/bob")),
        [BOB],
        [BOB_MOVED],
    ),
    "a user is renamed, and the caller keeps UpdateUser on the new name alone": lost_rights_case(
        "to go back needs the call on the old name as well",
        caller_with(allow(), only_on("iam:UpdateUser", "user/robert")),
        [user("bob")],
        [user("robert")],
        moves={"user/bob": "user/robert"},
    ),
    "a user is renamed, and the caller keeps UpdateUser on both names": kept_rights_case(
        "both ARNs are covered",
        caller_with(allow(), only_on("iam:UpdateUser", "user/bob", "user/robert")),
        [user("bob")],
        [user("robert")],
        moves={"user/bob": "user/robert"},
    ),
    "a user gets a tag, and the caller loses UpdateUser": kept_rights_case(
        "nothing moves", "iam:UpdateUser", [BOB], [replace(BOB, tags={**BOB.tags, "team": "b"})]
    ),
    "a group moves, and the caller keeps UpdateGroup on the new path alone": lost_rights_case(
        "UpdateGroup needs the call on both ARNs",
        caller_with(allow(), only_on("iam:UpdateGroup", "group/team/b/work")),
        [TEAM],
        [TEAM_MOVED],
    ),
    "a group moves, and the caller keeps UpdateGroup on both paths": kept_rights_case(
        "both ARNs are covered",
        caller_with(allow(), only_on("iam:UpdateGroup", "group/team/work", "group/team/b/work")),
        [TEAM],
        [TEAM_MOVED],
    ),
    "a group moves, and the caller loses UpdateUser": kept_rights_case(
        "a group moves by UpdateGroup", "iam:UpdateUser", [TEAM], [TEAM_MOVED]
    ),
}

READS: dict[str, LockoutCase] = {
    "the caller loses GetAccountAuthorizationDetails": lost_rights_case(
        "without it undo cannot read the account", "iam:GetAccountAuthorizationDetails", [], []
    ),
    "the caller loses ListRoles": lost_rights_case(
        "only that call tells descriptions and session lengths", "iam:ListRoles", [], []
    ),
    "the caller loses ListInstanceProfiles": lost_rights_case(
        "undo reads them always", "iam:ListInstanceProfiles", [], []
    ),
    "the caller keeps every write and loses every read": lost_rights_case(
        "undo cannot see what it would undo", caller_with(allow(), deny(["iam:Get*", "iam:List*"])), [], []
    ),
    "the caller loses ListVirtualMFADevices": kept_rights_case(
        "where that is denied, a plan goes on and says so", "iam:ListVirtualMFADevices", [], []
    ),
    "the caller loses a read that no plan makes": kept_rights_case(
        "undo never asks for the credential report", "iam:GetCredentialReport", [], []
    ),
    "the caller loses the bulk read of tags": allowed_case(
        "tags are then read one by one",
        caller=ME,
        break_glass=(),
        before=[caller_with(allow(["iam:*", "tag:GetResources"]))],
        after=[caller_with(allow())],
        people={"me": KEY},
    ),
    "the caller could not read before, and loses another right": allowed_case(
        "undo was not possible before",
        caller=ME,
        break_glass=(),
        before=[caller_without("iam:GetAccountAuthorizationDetails")],
        after=[caller_without("iam:GetAccountAuthorizationDetails", "iam:ListSSHPublicKeys")],
        people={"me": KEY},
    ),
}

LINKS: dict[str, LockoutCase] = {
    "a policy is detached, and the caller loses AttachRolePolicy": lost_rights_case(
        "the undo attaches it",
        "iam:AttachRolePolicy",
        [replace(APP, policies=policy_arns("work"))],
        [APP],
        both=[WORK],
    ),
    "a policy is attached, and the caller loses AttachRolePolicy": kept_rights_case(
        "the undo detaches it",
        "iam:AttachRolePolicy",
        [APP],
        [replace(APP, policies=policy_arns("work"))],
        both=[WORK],
    ),
    "a policy is attached, and the caller loses DetachRolePolicy": lost_rights_case(
        "the undo detaches it",
        "iam:DetachRolePolicy",
        [APP],
        [replace(APP, policies=policy_arns("work"))],
        both=[WORK],
    ),
    "an inline policy changes, and the caller loses PutRolePolicy": lost_rights_case(
        "the undo puts the old one",
        "iam:PutRolePolicy",
        [role("app", service_trust(), can=[allow("s3:*")])],
        [role("app", service_trust(), can=[allow("s3:Get*")])],
    ),
    "an inline policy comes, and the caller loses PutRolePolicy": kept_rights_case(
        "the undo deletes it",
        "iam:PutRolePolicy",
        [APP],
        [role("app", service_trust(), can=[allow("s3:*")])],
    ),
    "an inline policy changes, and the caller loses PutRolePolicy on others": kept_rights_case(
        "on this role it keeps it",
        caller_with(allow(), {**deny("iam:PutRolePolicy"), "Resource": arn("role/vip/*")}),
        [role("app", service_trust(), can=[allow("s3:*")])],
        [role("app", service_trust(), can=[allow("s3:Get*")])],
    ),
    "a user leaves a group, and the caller loses AddUserToGroup": lost_rights_case(
        "the undo adds it again",
        "iam:AddUserToGroup",
        [replace(BOB, groups=group_addresses("work"))],
        [BOB],
        both=[TEAM],
    ),
    "a user joins a group, and the caller loses AddUserToGroup": kept_rights_case(
        "the undo removes it",
        "iam:AddUserToGroup",
        [BOB],
        [replace(BOB, groups=group_addresses("work"))],
        both=[TEAM],
    ),
    "a trust changes, and the caller loses UpdateAssumeRolePolicy": lost_rights_case(
        "the undo puts the old trust",
        "iam:UpdateAssumeRolePolicy",
        [APP],
        [role("app", service_trust("lambda.amazonaws.com"))],
    ),
    "a trust changes, and the caller loses UpdateRole": kept_rights_case(
        "a trust is not written by UpdateRole",
        "iam:UpdateRole",
        [APP],
        [role("app", service_trust("lambda.amazonaws.com"))],
    ),
    "a description changes, and the caller loses UpdateRole": lost_rights_case(
        "the undo puts the old one", "iam:UpdateRole", [APP], [replace(APP, description="Runs")]
    ),
    "a role is created, and the caller loses DeleteRole": lost_rights_case(
        "the undo deletes it", "iam:DeleteRole", [], [APP]
    ),
    "a role is created, and the caller loses DeleteUser": kept_rights_case(
        "the undo deletes no user", "iam:DeleteUser", [], [APP]
    ),
    "a role is created with an inline policy, and the caller loses DeleteRolePolicy": lost_rights_case(
        "a role with policies cannot be deleted, so the undo takes them off first",
        "iam:DeleteRolePolicy",
        [],
        [role("app", service_trust(), can=[allow("s3:*")])],
    ),
    "a role is created without policies, and the caller loses DeleteRolePolicy": kept_rights_case(
        "there is nothing to take off", "iam:DeleteRolePolicy", [], [APP]
    ),
    "a user is deleted, and the caller loses CreateUser": lost_rights_case(
        "the undo creates it", "iam:CreateUser", [BOB], []
    ),
    "a user is deleted, and the caller loses DeleteUser": kept_rights_case(
        "the undo creates it", "iam:DeleteUser", [BOB], []
    ),
    "a user with a key is deleted, and the caller loses CreateAccessKey": kept_rights_case(
        "a secret does not come back by any undo", "iam:CreateAccessKey", [BOB], [], people={"me": KEY, "bob": KEY}
    ),
    "a client id goes, and the caller loses AddClientIDToOpenIDConnectProvider": lost_rights_case(
        "the undo adds it",
        "iam:AddClientIDToOpenIDConnectProvider",
        [PROVIDER],
        [replace(PROVIDER, client_ids=frozenset(["sts.amazonaws.com"]))],
    ),
    "a client id comes, and the caller loses AddClientIDToOpenIDConnectProvider": kept_rights_case(
        "the undo removes it",
        "iam:AddClientIDToOpenIDConnectProvider",
        [PROVIDER],
        [replace(PROVIDER, client_ids=PROVIDER.client_ids | {"third"})],
    ),
    "the password policy changes, and the caller loses UpdateAccountPasswordPolicy": lost_rights_case(
        "the undo writes the old one whole",
        "iam:UpdateAccountPasswordPolicy",
        [PasswordPolicy("password-policy")],
        [PasswordPolicy("password-policy", minimum_length=14)],
    ),
    "the password policy changes, and the caller loses UpdateLoginProfile": kept_rights_case(
        "no password is written",
        "iam:UpdateLoginProfile",
        [PasswordPolicy("password-policy")],
        [PasswordPolicy("password-policy", minimum_length=14)],
    ),
}

PIPELINE = role("emergency", trust("user/alice"), inline_policies={"own": IAM})
"""A guarded role with rights of its own, as a pipeline's: root runs the plans that change them."""

OF_THE_GUARDED_ROLE: dict[str, LockoutCase] = {
    "the guarded role loses AttachRolePolicy, and a policy is detached": lockout_case(
        "whoever is in the role could attach it before",
        caller=ROOT,
        before=[PIPELINE, replace(APP, policies=policy_arns("work"))],
        after=[replace(PIPELINE, inline_policies={"own": document(allow(), deny("iam:AttachRolePolicy"))}), APP],
        both=[WORK],
        people={"alice": KEY},
    ),
    "the guarded role loses DetachRolePolicy, and a policy is detached": allowed_case(
        "the undo attaches it",
        caller=ROOT,
        before=[PIPELINE, replace(APP, policies=policy_arns("work"))],
        after=[replace(PIPELINE, inline_policies={"own": document(allow(), deny("iam:DetachRolePolicy"))}), APP],
        both=[WORK],
        people={"alice": KEY},
    ),
    "the guarded role loses the reads of undo": lockout_case(
        "whoever is in the role cannot read the account any more",
        caller=ROOT,
        before=[PIPELINE],
        after=[replace(PIPELINE, inline_policies={"own": document(allow(), deny("iam:GetAccountAuth*"))})],
        people={"alice": KEY},
    ),
    "the guarded role never had IAM, and loses S3": allowed_case(
        "it could undo nothing before",
        caller=ROOT,
        before=[role("emergency", trust("user/alice"), can=[allow("s3:*")])],
        after=[role("emergency", trust("user/alice"), can=[ALLOW_EMERGENCY])],
        people={"alice": KEY},
    ),
    "the guarded role gets everything in place of IAM": allowed_case(
        "* holds iam:*",
        caller=ROOT,
        before=[PIPELINE],
        after=[replace(PIPELINE, inline_policies={"own": ALL})],
        people={"alice": KEY},
    ),
}

ROWS = MOVES | READS | LINKS | OF_THE_GUARDED_ROLE


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_plan_whose_undo_lacks_one_of_its_calls_is_refused(row: LockoutCase) -> None:
    assert_verdict(row)
