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
    OKTA,
    OWNER_TAGS,
    PROVIDER,
    LockoutCase,
    allow,
    allowed_case,
    arn,
    assert_verdict,
    caller_with,
    caller_without,
    deny,
    group,
    kept_rights_case,
    lost_rights_case,
    policy,
    role,
    service_trust,
    user,
)

APP = role("app", service_trust())
OTHER = role("other", service_trust())
BOUND = policy("bound", allow("s3:*"))
BOUNDED = {"permissions_boundary": arn("policy/bound")}
GAME = role("app", service_trust(), **BOUNDED)


def profile(holds: Role | None = None) -> InstanceProfile:
    return InstanceProfile("app", role=Address("role", holds.name) if holds else None, tags=OWNER_TAGS)


PASS_ROLE: dict[str, LockoutCase] = {
    "an instance profile loses its role, and the caller PassRole": lost_rights_case(
        "AddRoleToInstanceProfile needs iam:PassRole on the role",
        "iam:PassRole",
        [profile(APP)],
        [profile()],
        both=[APP],
    ),
    "an instance profile gets a role, and the caller loses PassRole": kept_rights_case(
        "RemoveRoleFromInstanceProfile needs no PassRole",
        "iam:PassRole",
        [profile()],
        [profile(APP)],
        both=[APP],
    ),
    "an instance profile loses its role, and the caller RemoveRoleFromInstanceProfile": kept_rights_case(
        "the undo adds the role",
        "iam:RemoveRoleFromInstanceProfile",
        [profile(APP)],
        [profile()],
        both=[APP],
    ),
    "an instance profile changes its role, and the caller may pass the new one alone": lost_rights_case(
        "the undo adds the old role again",
        caller_with(allow(), {**deny("iam:PassRole"), "Resource": arn("role/app")}),
        [profile(APP)],
        [profile(OTHER)],
        both=[APP, OTHER],
    ),
    "an instance profile changes its role, and the caller may pass the old one alone": kept_rights_case(
        "the undo adds the old role again, and only removes the new one",
        caller_with(allow(), {**deny("iam:PassRole"), "Resource": arn("role/other")}),
        [profile(APP)],
        [profile(OTHER)],
        both=[APP, OTHER],
    ),
    "an instance profile is deleted with its role in it, and the caller loses PassRole": lost_rights_case(
        "the undo creates it and adds the role",
        "iam:PassRole",
        [profile(APP)],
        [],
        both=[APP],
    ),
    "an empty instance profile is deleted, and the caller loses PassRole": kept_rights_case(
        "the undo creates it, and adds nothing",
        "iam:PassRole",
        [profile()],
        [],
        both=[APP],
    ),
    "an instance profile loses its role, and the caller could not pass it before": allowed_case(
        "the right to undo was not there before",
        caller=ME,
        break_glass=(),
        before=[caller_without("iam:PassRole"), profile(APP)],
        after=[caller_without("iam:PassRole", "iam:UploadServerCertificate"), profile()],
        both=[APP],
        people={"me": KEY},
    ),
}

WIDE, NARROW = policy("work", allow("s3:*")), policy("work", allow("s3:Get*"))

VERSIONS: dict[str, LockoutCase] = {
    "a policy with five versions changes, and the caller loses DeletePolicyVersion": lost_rights_case(
        "there are five afterwards: the undo must make room for its own",
        "iam:DeletePolicyVersion",
        [WIDE],
        [NARROW],
        versions={"work": 5},
    ),
    "a policy with four versions changes, and the caller loses DeletePolicyVersion": lost_rights_case(
        "the plan makes the fifth",
        "iam:DeletePolicyVersion",
        [WIDE],
        [NARROW],
        versions={"work": 4},
    ),
    "a policy with three versions changes, and the caller loses DeletePolicyVersion": kept_rights_case(
        "the plan makes the fourth, and the undo the fifth",
        "iam:DeletePolicyVersion",
        [WIDE],
        [NARROW],
        versions={"work": 3},
    ),
    "a policy with five versions gets a tag, and the caller loses DeletePolicyVersion": kept_rights_case(
        "the undo writes no version",
        "iam:DeletePolicyVersion",
        [WIDE],
        [replace(WIDE, tags={**OWNER_TAGS, "team": "b"})],
        versions={"work": 5},
    ),
    "a policy with five versions changes, and the caller loses DeletePolicyVersion on others": kept_rights_case(
        "on this policy it keeps it",
        caller_with(allow(), {**deny("iam:DeletePolicyVersion"), "Resource": arn("policy/others/*")}),
        [WIDE],
        [NARROW],
        versions={"work": 5},
    ),
    "a policy changes, and the caller loses CreatePolicyVersion": lost_rights_case(
        "the undo writes the old document as a new version",
        "iam:CreatePolicyVersion",
        [WIDE],
        [NARROW],
        versions={"work": 1},
    ),
    "a policy is deleted, and the caller loses CreatePolicyVersion": kept_rights_case(
        "the undo is CreatePolicy, which makes the first version",
        "iam:CreatePolicyVersion",
        [WIDE],
        [],
        versions={"work": 3},
    ),
}

TAGS: dict[str, LockoutCase] = {
    "a tagged role is deleted, and the caller loses TagRole": lost_rights_case(
        "CreateRole with tags needs iam:TagRole", "iam:TagRole", [APP], []
    ),
    "a role without tags is deleted, and the caller loses TagRole": kept_rights_case(
        "CreateRole without tags needs CreateRole alone",
        "iam:TagRole",
        [replace(APP, tags={})],
        [],
        prune="all",
    ),
    "a tagged role is deleted, and the caller loses TagUser": kept_rights_case(
        "a role is tagged by TagRole", "iam:TagUser", [APP], []
    ),
    "a tagged role is deleted, and the caller loses UntagRole": kept_rights_case(
        "the undo puts the tags on", "iam:UntagRole", [APP], []
    ),
    "a tagged user is deleted, and the caller loses TagUser": lost_rights_case(
        "CreateUser with tags needs iam:TagUser", "iam:TagUser", [user("bob")], []
    ),
    "a tagged policy is deleted, and the caller loses TagPolicy": lost_rights_case(
        "CreatePolicy with tags needs iam:TagPolicy", "iam:TagPolicy", [WIDE], []
    ),
    "a group is deleted, and the caller loses every Tag call": kept_rights_case(
        "groups have no tags", "iam:Tag*", [group("work", allow("s3:*"))], []
    ),
    "a tagged instance profile is deleted, and the caller loses TagInstanceProfile": lost_rights_case(
        "CreateInstanceProfile with tags needs iam:TagInstanceProfile", "iam:TagInstanceProfile", [profile()], []
    ),
    "a tagged OIDC provider is deleted, and the caller loses TagOpenIDConnectProvider": lost_rights_case(
        "CreateOpenIDConnectProvider with tags needs it", "iam:TagOpenIDConnectProvider", [PROVIDER], []
    ),
    "a tagged SAML provider is deleted, and the caller loses TagSAMLProvider": lost_rights_case(
        "CreateSAMLProvider with tags needs it", "iam:TagSAMLProvider", [OKTA], []
    ),
    "a tagged role is created, and the caller loses TagRole": kept_rights_case(
        "the undo deletes it", "iam:TagRole", [], [APP]
    ),
    "a tag comes on a role, and the caller loses UntagRole": lost_rights_case(
        "the undo takes it off", "iam:UntagRole", [APP], [replace(APP, tags={**OWNER_TAGS, "team": "b"})]
    ),
}

BOUNDARIES: dict[str, LockoutCase] = {
    "a boundary comes off, and the caller loses PutRolePermissionsBoundary": lost_rights_case(
        "the undo puts it on", "iam:PutRolePermissionsBoundary", [GAME], [APP], both=[BOUND]
    ),
    "a boundary comes on, and the caller loses PutRolePermissionsBoundary": kept_rights_case(
        "the undo takes it off", "iam:PutRolePermissionsBoundary", [APP], [GAME], both=[BOUND]
    ),
    "a boundary comes on, and the caller loses DeleteRolePermissionsBoundary": lost_rights_case(
        "the undo takes it off", "iam:DeleteRolePermissionsBoundary", [APP], [GAME], both=[BOUND]
    ),
    "a boundary comes off a role, and the caller loses PutUserPermissionsBoundary": kept_rights_case(
        "that call is for users", "iam:PutUserPermissionsBoundary", [GAME], [APP], both=[BOUND]
    ),
    "a role with a boundary is deleted, and the caller loses PutRolePermissionsBoundary": lost_rights_case(
        "CreateRole with a boundary needs it", "iam:PutRolePermissionsBoundary", [GAME], [], both=[BOUND]
    ),
    "a role without a boundary is deleted, and the caller loses PutRolePermissionsBoundary": kept_rights_case(
        "CreateRole without a boundary does not", "iam:PutRolePermissionsBoundary", [APP], [], both=[BOUND]
    ),
    "a user with a boundary is deleted, and the caller loses PutUserPermissionsBoundary": lost_rights_case(
        "CreateUser with a boundary needs it",
        "iam:PutUserPermissionsBoundary",
        [user("bob", **BOUNDED)],
        [],
        both=[BOUND],
    ),
}

ROWS = PASS_ROLE | VERSIONS | TAGS | BOUNDARIES


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_plan_that_takes_a_right_which_its_own_undo_needs_is_refused(row: LockoutCase) -> None:
    assert_verdict(row)
