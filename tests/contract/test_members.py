"""Every member of what IAM answers about an entity is either read, or named here with the reason why not.

A member that AWS adds fails this test with a newer botocore: it would be lost by a replacement or an undo.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import botocore.session
import pytest

from reconciler.kinds.raw_account import RawAccount, TagsAndDescription
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.entity import Entity

MODEL = botocore.session.get_session().get_service_model("iam")
DOCUMENT = '{"Version":"2012-10-17","Statement":[]}'
OTHER_DOCUMENT = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:B","Resource":"*"}]}'
TRUST = OTHER_DOCUMENT.replace('"Resource":"*"', '"Principal":"*"')

IDENTITY = "AWS gives it out anew with each creation; trusts that name it are written again"
BOOKKEEPING = "AWS keeps it itself, and no call sets it"
ELSEWHERE = "the same is read from another answer"

NOT_READ: Mapping[str, Mapping[str, str]] = {
    "Role": {
        "RoleId": IDENTITY,
        "Arn": "made of account, path and name",
        "CreateDate": BOOKKEEPING,
        "RoleLastUsed": BOOKKEEPING,
        "SourceRoleTemplate": "AcquireRole alone sets it: the plan keeps such a role (LiveDetails.role_templates)",
        **dict.fromkeys(("Path", "RoleName", "AssumeRolePolicyDocument", "PermissionsBoundary", "Tags"), ELSEWHERE),
    },
    "RoleDetail": {
        "RoleId": IDENTITY,
        "Arn": "made of account, path and name",
        "CreateDate": BOOKKEEPING,
        "RoleLastUsed": BOOKKEEPING,
        "InstanceProfileList": "instance profiles are entities of their own",
    },
    "User": {
        "UserId": IDENTITY,
        "Arn": "made of account, path and name",
        "CreateDate": BOOKKEEPING,
        "PasswordLastUsed": BOOKKEEPING,
        **dict.fromkeys(("Path", "UserName", "PermissionsBoundary", "Tags"), ELSEWHERE),
    },
    "UserDetail": {"UserId": IDENTITY, "Arn": "made of account, path and name", "CreateDate": BOOKKEEPING},
    "GroupDetail": {"GroupId": IDENTITY, "Arn": "made of account, path and name", "CreateDate": BOOKKEEPING},
    "ManagedPolicyDetail": {
        "PolicyId": IDENTITY,
        "PolicyName": "the ARN ends with it",
        "Path": "the ARN has it",
        "DefaultVersionId": "the version says itself that it is the default",
        "AttachmentCount": BOOKKEEPING,
        "PermissionsBoundaryUsageCount": BOOKKEEPING,
        "IsAttachable": BOOKKEEPING,
        "CreateDate": BOOKKEEPING,
        "UpdateDate": BOOKKEEPING,
    },
    "InstanceProfile": {
        "InstanceProfileId": IDENTITY,
        "Arn": "made of account, path and name",
        "CreateDate": BOOKKEEPING,
        "Tags": "read in bulk, beside the list",
    },
    "GetOpenIDConnectProviderResponse": {
        "Url": "the ARN ends with it",
        "CreateDate": BOOKKEEPING,
        "IdentityStoreArn": "AWS finds it from the Identity Center instance",
    },
    "GetSAMLProviderResponse": {
        "SAMLProviderUUID": IDENTITY,
        "CreateDate": BOOKKEEPING,
        "ValidUntil": "the metadata has it",
        "IdentityStoreArn": "AWS finds it from the Identity Center instance",
        "SAMLKeyHashes": "made of the metadata",
        "AssertionEncryptionMode": "it needs the private key, which is a secret: an undo says that neither comes back",
        "PrivateKeyList": "private keys are secrets: an undo says that they do not come back",
    },
    "ServerCertificate": {},
    "ServerCertificateMetadata": {
        "ServerCertificateId": IDENTITY,
        "Arn": "made of account, path and name",
        "UploadDate": BOOKKEEPING,
        "Expiration": "the certificate has it; kept apart, for what plans report of it",
    },
    "PasswordPolicy": {"ExpirePasswords": "MaxPasswordAge says it"},
    "LoginProfile": {
        "UserName": "the user's",
        "CreateDate": BOOKKEEPING,
        "PasswordResetRequired": "it belongs to a password, which is a secret and never comes back",
        "MaxSigninSessionDuration": "it belongs to a password, which is a secret and never comes back",
    },
}

CERTIFICATES = "ServerCertificateMetadataList"
CERTIFICATE = {
    "ServerCertificateMetadata": {"ServerCertificateName": "c", "Path": "/"},
    "CertificateBody": "body",
}
PARTS = {
    "ServerCertificate": ("ServerCertificate",),
    "ServerCertificateMetadata": ("ServerCertificate", "ServerCertificateMetadata"),
}
"""Shape → where it stands in an item, if it is not the item itself."""

ITEMS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "RoleDetail": (
        "role",
        "RoleDetailList",
        {"RoleName": "r", "Path": "/", "AssumeRolePolicyDocument": DOCUMENT, "Arn": "arn:aws:iam::1:role/r"},
    ),
    "Role": ("role", "Roles", {"RoleName": "r"}),
    "UserDetail": ("user", "UserDetailList", {"UserName": "u", "Path": "/"}),
    "GroupDetail": ("group", "GroupDetailList", {"GroupName": "g", "Path": "/"}),
    "ManagedPolicyDetail": (
        "policy",
        "Policies",
        {
            "Arn": "arn:aws:iam::1:policy/p",
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": DOCUMENT}],
        },
    ),
    "InstanceProfile": (
        "instance-profile",
        "InstanceProfiles",
        {"InstanceProfileName": "i", "Path": "/", "Arn": "arn:aws:iam::1:instance-profile/i"},
    ),
    "GetOpenIDConnectProviderResponse": (
        "oidc-provider",
        "OpenIDConnectProviderList",
        {"Arn": "arn:aws:iam::1:oidc-provider/a.example.com"},
    ),
    "GetSAMLProviderResponse": ("saml-provider", "SAMLProviderList", {"Arn": "arn:aws:iam::1:saml-provider/okta"}),
    "ServerCertificate": ("server-certificate", CERTIFICATES, {"ServerCertificate": CERTIFICATE}),
    "ServerCertificateMetadata": ("server-certificate", CERTIFICATES, {"ServerCertificate": CERTIFICATE}),
    "PasswordPolicy": ("account", "PasswordPolicy", {"MinimumPasswordLength": 6}),
}
"""Shape → the kind that reads it, the list it stands in, and the least of one."""

TAGS = [{"Key": "a", "Value": "b"}]
POLICIES = [{"PolicyName": "p", "PolicyArn": "arn:aws:iam::aws:policy/p"}]
INLINE = [{"PolicyName": "i", "PolicyDocument": DOCUMENT}]
BOUNDARY = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/p"}
OTHER: Mapping[str, Any] = {
    "Path": "/x/",
    "RoleName": "other",
    "UserName": "other",
    "GroupName": "other",
    "InstanceProfileName": "other",
    "AssumeRolePolicyDocument": TRUST,
    "Description": "text",
    "MaxSessionDuration": 7200,
    "MaxSigninSessionDuration": 43200,
    "RolePolicyList": INLINE,
    "UserPolicyList": INLINE,
    "GroupPolicyList": INLINE,
    "AttachedManagedPolicies": POLICIES,
    "PermissionsBoundary": BOUNDARY,
    "Tags": TAGS,
    "GroupList": ["g"],
    "Arn": "arn:aws:iam::1:policy/x/other",
    "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": OTHER_DOCUMENT}],
    "Roles": [{"RoleName": "r"}],
    "ClientIDList": ["c"],
    "ThumbprintList": ["a" * 40],
    "SAMLMetadataDocument": "<a/>",
    "ServerCertificateMetadata": {"ServerCertificateName": "other", "Path": "/"},
    "ServerCertificateName": "other",
    "CertificateBody": "other",
    "CertificateChain": "other",
    "ContextProvider": {"SubjectSourceKey": "sub"},
    "IdentityCenterInstanceArn": "arn:aws:sso:::instance/ssoins-1",
    "MinimumPasswordLength": 20,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 5,
}
"""Another value of each member than that of the least item; True for the others."""


def put_members(item: Mapping[str, Any], where: tuple[str, ...], members: Mapping[str, Any]) -> dict[str, Any]:
    """The item with other members, in the part of it that they are of."""
    if not where:
        return {**item, **members}
    return {**item, where[0]: put_members(item[where[0]], where[1:], members)}


def read(shape: str, **members: Any) -> list[Entity]:
    kind, key, least = ITEMS[shape]
    item = put_members(least, PARTS.get(shape, ()), members)
    lists: dict[str, list[Any]] = {key: [item]}
    if shape == "Role":
        lists["RoleDetailList"] = [ITEMS["RoleDetail"][2]]
    return list(KINDS_BY_NAME[kind].read(RawAccount("1", "aws", lists, {str(item.get("Arn")): TagsAndDescription({})})))


MEMBERS = [(shape, member) for shape in ITEMS for member in MODEL.shape_for(shape).members]


@pytest.mark.parametrize(("shape", "member"), MEMBERS)
def test_a_member_is_read_or_named_with_its_reason(shape: str, member: str) -> None:
    changed = read(shape, **{member: OTHER.get(member, True)}) != read(shape)
    reason = NOT_READ[shape].get(member, "")
    assert changed or reason, f"{shape}.{member} is lost: read it, or say why not"
    assert not (changed and reason), f"{shape}.{member} is read: it has no place among what is not"


@pytest.mark.parametrize("shape", NOT_READ)
def test_the_table_names_only_members_that_there_are(shape: str) -> None:
    assert set(NOT_READ[shape]) <= set(MODEL.shape_for(shape).members)


@pytest.mark.parametrize("shape", sorted(set(NOT_READ) - set(ITEMS)))
def test_a_shape_that_no_kind_reads_is_named_whole(shape: str) -> None:
    assert set(NOT_READ[shape]) == set(MODEL.shape_for(shape).members)
