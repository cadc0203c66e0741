"""The tags of users, roles and policies count for requests to IAM, where AWS documents that they do."""

from __future__ import annotations

import pytest

from reconciler.access.context import NOTHING_KNOWN
from reconciler.access.resource_tags import ResourceTags

IAM = "arn:aws:iam::123456789012"
ROLE, POLICY = f"{IAM}:role/app", f"{IAM}:policy/p"
TAGS = ResourceTags({ROLE: {"Team": "red"}, POLICY: {"Team": "red"}})


@pytest.mark.parametrize("action", ["iam:PutRolePolicy", "IAM:putrolepolicy", "iam:CreateAccessKey"])
def test_the_tags_of_a_role_are_known_under_both_prefixes_and_others_are_absent(action: str) -> None:
    keys = TAGS.find_keys(action, ROLE)
    assert [keys.find(f"{prefix}:resourcetag/team") for prefix in ("aws", "iam")] == [(("red",),)] * 2
    assert keys.find("aws:resourcetag/other") == (None,)
    assert keys.find("aws:resourceaccount") == (("123456789012",),)


def test_a_policy_has_its_tags_under_the_global_prefix() -> None:
    keys = TAGS.find_keys("iam:CreatePolicyVersion", POLICY)
    assert (keys.find("aws:resourcetag/team"), keys.find("iam:resourcetag/team")) == ((("red",),), ())


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:PassRole", ROLE),
        ("iam:CreateRole", ROLE),
        ("s3:GetObject", ROLE),
        ("iam:PutRolePolicy", f"{IAM}:role/other"),
        ("iam:PutRolePolicy", "*"),
    ],
)
def test_nothing_is_known_of_other_requests(action: str, resource: str) -> None:
    assert TAGS.find_keys(action, resource) is NOTHING_KNOWN
