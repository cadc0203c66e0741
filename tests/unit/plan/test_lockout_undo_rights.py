"""Rights that the undo of a plan needs, of which the plan takes one from whoever runs it.

The caller is user/me, with an inline policy that allows all of IAM; most plans put a Deny of one call into it and
change something else. Refused are those whose undo needs that call (IAM API: "The caller of this operation must be
granted the PassRole permission", "you must delete an existing version", "permissions on both the source object and the
target object"; IAM User Guide, "Tagging IAM resources"). Each refused row is followed by its near misses.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.address import Address
from reconciler.model.entity import InstanceProfile, Role
from tests.support.lockouts import (
    KEY,
    ME,
    MINE,
    OKTA,
    PROVIDER,
    Row,
    allow,
    allowed,
    arn,
    assert_verdict,
    deny,
    group,
    kept,
    lost,
    me,
    policy,
    role,
    service,
    user,
    without,
)

APP = role("app", service())
OTHER = role("other", service())
BOUND = policy("bound", allow("s3:*"))
BOUNDED = {"permissions_boundary": arn("policy/bound")}
GAME = role("app", service(), **BOUNDED)


def profile(holds: Role | None = None) -> InstanceProfile:
    return InstanceProfile("app", role=Address("role", holds.name) if holds else None, tags=MINE)


PASS_ROLE: dict[str, Row] = {
    "an instance profile loses its role, and the caller PassRole": lost(
        "AddRoleToInstanceProfile needs iam:PassRole on the role",
        "iam:PassRole",
        [profile(APP)],
        [profile()],
        both=[APP],
    ),
    "an instance profile gets a role, and the caller loses PassRole": kept(
        "RemoveRoleFromInstanceProfile needs no PassRole",
        "iam:PassRole",
        [profile()],
        [profile(APP)],
        both=[APP],
    ),
    "an instance profile loses its role, and the caller RemoveRoleFromInstanceProfile": kept(
        "the undo adds the role",
        "iam:RemoveRoleFromInstanceProfile",
        [profile(APP)],
        [profile()],
        both=[APP],
    ),
    "an instance profile changes its role, and the caller may pass the new one alone": lost(
        "the undo adds the old role again",
        me(allow(), {**deny("iam:PassRole"), "Resource": arn("role/app")}),
        [profile(APP)],
        [profile(OTHER)],
        both=[APP, OTHER],
    ),
    "an instance profile changes its role, and the caller may pass the old one alone": kept(
        "the undo adds the old role again, and only removes the new one",
        me(allow(), {**deny("iam:PassRole"), "Resource": arn("role/other")}),
        [profile(APP)],
        [profile(OTHER)],
        both=[APP, OTHER],
    ),
    "an instance profile is deleted with its role in it, and the caller loses PassRole": lost(
        "the undo creates it and adds the role",
        "iam:PassRole",
        [profile(APP)],
        [],
        both=[APP],
    ),
    "an empty instance profile is deleted, and the caller loses PassRole": kept(
        "the undo creates it, and adds nothing",
        "iam:PassRole",
        [profile()],
        [],
        both=[APP],
    ),
    "an instance profile loses its role, and the caller could not pass it before": allowed(
        "the right to undo was not there before",
        caller=ME,
        break_glass=(),
        before=[without("iam:PassRole"), profile(APP)],
        after=[without("iam:PassRole", "iam:UploadServerCertificate"), profile()],
        both=[APP],
        people={"me": KEY},
    ),
}

WIDE, NARROW = policy("work", allow("s3:*")), policy("work", allow("s3:Get*"))

VERSIONS: dict[str, Row] = {
    "a policy with five versions changes, and the caller loses DeletePolicyVersion": lost(
        "there are five afterwards: the undo must make room for its own",
        "iam:DeletePolicyVersion",
        [WIDE],
        [NARROW],
        versions={"work": 5},
    ),
    "a policy with four versions changes, and the caller loses DeletePolicyVersion": lost(
        "the plan makes the fifth",
        "iam:DeletePolicyVersion",
        [WIDE],
        [NARROW],
        versions={"work": 4},
    ),
    "a policy with three versions changes, and the caller loses DeletePolicyVersion": kept(
        "the plan makes the fourth, and the undo the fifth",
        "iam:DeletePolicyVersion",
        [WIDE],
        [NARROW],
        versions={"work": 3},
    ),
    "a policy with five versions gets a tag, and the caller loses DeletePolicyVersion": kept(
        "the undo writes no version",
        "iam:DeletePolicyVersion",
        [WIDE],
        [replace(WIDE, tags={**MINE, "team": "b"})],
        versions={"work": 5},
    ),
    "a policy with five versions changes, and the caller loses DeletePolicyVersion on others": kept(
        "on this policy it keeps it",
        me(allow(), {**deny("iam:DeletePolicyVersion"), "Resource": arn("policy/others/*")}),
        [WIDE],
        [NARROW],
        versions={"work": 5},
    ),
    "a policy changes, and the caller loses CreatePolicyVersion": lost(
        "the undo writes the old document as a new version",
        "iam:CreatePolicyVersion",
        [WIDE],
        [NARROW],
        versions={"work": 1},
    ),
    "a policy is deleted, and the caller loses CreatePolicyVersion": kept(
        "the undo is CreatePolicy, which makes the first version",
        "iam:CreatePolicyVersion",
        [WIDE],
        [],
        versions={"work": 3},
    ),
}

TAGS: dict[str, Row] = {
    "a tagged role is deleted, and the caller loses TagRole": lost(
        "CreateRole with tags needs iam:TagRole", "iam:TagRole", [APP], []
    ),
    "a role without tags is deleted, and the caller loses TagRole": kept(
        "CreateRole without tags needs CreateRole alone",
        "iam:TagRole",
        [replace(APP, tags={})],
        [],
        prune="all",
    ),
    "a tagged role is deleted, and the caller loses TagUser": kept(
        "a role is tagged by TagRole", "iam:TagUser", [APP], []
    ),
    "a tagged role is deleted, and the caller loses UntagRole": kept(
        "the undo puts the tags on", "iam:UntagRole", [APP], []
    ),
    "a tagged user is deleted, and the caller loses TagUser": lost(
        "CreateUser with tags needs iam:TagUser", "iam:TagUser", [user("bob")], []
    ),
    "a tagged policy is deleted, and the caller loses TagPolicy": lost(
        "CreatePolicy with tags needs iam:TagPolicy", "iam:TagPolicy", [WIDE], []
    ),
    "a group is deleted, and the caller loses every Tag call": kept(
        "groups have no tags", "iam:Tag*", [group("work", allow("s3:*"))], []
    ),
    "a tagged instance profile is deleted, and the caller loses TagInstanceProfile": lost(
        "CreateInstanceProfile with tags needs iam:TagInstanceProfile", "iam:TagInstanceProfile", [profile()], []
    ),
    "a tagged OIDC provider is deleted, and the caller loses TagOpenIDConnectProvider": lost(
        "CreateOpenIDConnectProvider with tags needs it", "iam:TagOpenIDConnectProvider", [PROVIDER], []
    ),
    "a tagged SAML provider is deleted, and the caller loses TagSAMLProvider": lost(
        "CreateSAMLProvider with tags needs it", "iam:TagSAMLProvider", [OKTA], []
    ),
    "a tagged role is created, and the caller loses TagRole": kept("the undo deletes it", "iam:TagRole", [], [APP]),
    "a tag comes on a role, and the caller loses UntagRole": lost(
        "the undo takes it off", "iam:UntagRole", [APP], [replace(APP, tags={**MINE, "team": "b"})]
    ),
}

BOUNDARIES: dict[str, Row] = {
    "a boundary comes off, and the caller loses PutRolePermissionsBoundary": lost(
        "the undo puts it on", "iam:PutRolePermissionsBoundary", [GAME], [APP], both=[BOUND]
    ),
    "a boundary comes on, and the caller loses PutRolePermissionsBoundary": kept(
        "the undo takes it off", "iam:PutRolePermissionsBoundary", [APP], [GAME], both=[BOUND]
    ),
    "a boundary comes on, and the caller loses DeleteRolePermissionsBoundary": lost(
        "the undo takes it off", "iam:DeleteRolePermissionsBoundary", [APP], [GAME], both=[BOUND]
    ),
    "a boundary comes off a role, and the caller loses PutUserPermissionsBoundary": kept(
        "that call is for users", "iam:PutUserPermissionsBoundary", [GAME], [APP], both=[BOUND]
    ),
    "a role with a boundary is deleted, and the caller loses PutRolePermissionsBoundary": lost(
        "CreateRole with a boundary needs it", "iam:PutRolePermissionsBoundary", [GAME], [], both=[BOUND]
    ),
    "a role without a boundary is deleted, and the caller loses PutRolePermissionsBoundary": kept(
        "CreateRole without a boundary does not", "iam:PutRolePermissionsBoundary", [APP], [], both=[BOUND]
    ),
    "a user with a boundary is deleted, and the caller loses PutUserPermissionsBoundary": lost(
        "CreateUser with a boundary needs it",
        "iam:PutUserPermissionsBoundary",
        [user("bob", **BOUNDED)],
        [],
        both=[BOUND],
    ),
}

ROWS = PASS_ROLE | VERSIONS | TAGS | BOUNDARIES


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_plan_that_takes_a_right_which_its_own_undo_needs_is_refused(row: Row) -> None:
    assert_verdict(row)
