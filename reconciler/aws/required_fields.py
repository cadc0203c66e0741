"""The fields of AWS's answers that the code relies on. `aws/answers.py` refuses an answer without one of them.

They differ from botocore's `required`: AWS leaves out some of those (the root user's `UserName`), and the model does
not require some that the code needs. A list is named here if the model says that it is always there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.partitions import ARN_PARTITION

REQUIRED: Mapping[str, tuple[str, ...]] = {
    # STS
    "GetCallerIdentityResponse": ("Account", "Arn"),
    "AssumeRoleResponse": ("Credentials",),
    "GetSessionTokenResponse": ("Credentials",),
    "Credentials": ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"),
    # IAM, pages of the account
    "GetAccountAuthorizationDetailsResponse": ("IsTruncated",),
    "UserDetail": ("UserName", "UserId", "Path"),
    "GroupDetail": ("GroupName", "Path"),
    "RoleDetail": ("RoleName", "RoleId", "Path", "AssumeRolePolicyDocument"),
    "ManagedPolicyDetail": ("Arn", "PolicyVersionList"),
    "PolicyVersion": ("VersionId", "IsDefaultVersion"),
    "PolicyDetail": ("PolicyName", "PolicyDocument"),
    "AttachedPolicy": ("PolicyArn",),
    "Tag": ("Key", "Value"),
    # IAM, one by one
    "GetUserResponse": ("User.UserName", "User.UserId", "User.Path"),
    "GetGroupResponse": ("Group",),
    "Group": ("GroupName", "GroupId", "Path"),
    "GetRoleResponse": ("Role.AssumeRolePolicyDocument",),
    "Role": ("RoleName", "RoleId", "Path"),
    "GetPolicyResponse": ("Policy",),
    "Policy": ("Arn", "Path", "DefaultVersionId"),
    "GetPolicyVersionResponse": ("PolicyVersion.Document",),
    "GetUserPolicyResponse": ("PolicyName", "PolicyDocument"),
    "GetGroupPolicyResponse": ("PolicyName", "PolicyDocument"),
    "GetRolePolicyResponse": ("PolicyName", "PolicyDocument"),
    "GetInstanceProfileResponse": ("InstanceProfile",),
    "InstanceProfile": ("InstanceProfileName", "Path", "Arn", "Roles"),
    "GetSAMLProviderResponse": ("SAMLMetadataDocument",),
    "GetServerCertificateResponse": ("ServerCertificate",),
    "ServerCertificate": ("ServerCertificateMetadata", "CertificateBody"),
    "ServerCertificateMetadata": ("ServerCertificateName", "Path", "ServerCertificateId", "Arn"),
    "ListServerCertificatesResponse": ("ServerCertificateMetadataList",),
    "GetAccountSummaryResponse": ("SummaryMap",),
    "GetAccountPasswordPolicyResponse": ("PasswordPolicy",),
    "GetLoginProfileResponse": ("LoginProfile",),
    # IAM, lists
    "ListUsersResponse": ("Users", "Users.UserName", "Users.Path", "Users.Arn"),
    "ListGroupsResponse": ("Groups", "Groups.Arn"),
    "ListRolesResponse": ("Roles", "Roles.Arn"),
    "ListInstanceProfilesResponse": ("InstanceProfiles",),
    "ListGroupsForUserResponse": ("Groups",),
    "ListUserPoliciesResponse": ("PolicyNames",),
    "ListGroupPoliciesResponse": ("PolicyNames",),
    "ListRolePoliciesResponse": ("PolicyNames",),
    "ListAccountAliasesResponse": ("AccountAliases",),
    "OpenIDConnectProviderListEntry": ("Arn",),
    "SAMLProviderListEntry": ("Arn",),
    # Credentials
    "CreateAccessKeyResponse": ("AccessKey",),
    "AccessKey": ("AccessKeyId", "SecretAccessKey"),
    "ListAccessKeysResponse": ("AccessKeyMetadata",),
    "AccessKeyMetadata": ("AccessKeyId", "Status", "CreateDate"),
    "CreateVirtualMFADeviceResponse": ("VirtualMFADevice.Base32StringSeed",),
    "ListVirtualMFADevicesResponse": ("VirtualMFADevices",),
    "VirtualMFADevice": ("SerialNumber",),
    "ListMFADevicesResponse": ("MFADevices",),
    "MFADevice": ("SerialNumber",),
    "ListSigningCertificatesResponse": ("Certificates",),
    "SigningCertificate": ("CertificateId",),
    "SSHPublicKeyMetadata": ("SSHPublicKeyId",),
    "ServiceSpecificCredentialMetadata": ("ServiceSpecificCredentialId",),
}
"""Shape of botocore's models of IAM and STS → members. `A.B` is B within A, or within each item of the list A."""

REQUIRED_IN_JSON: Mapping[str, tuple[str, ...]] = {
    # Resource Groups Tagging API
    "ResourceTagMapping": ("ResourceARN", "Tags"),
    "Tag": ("Key", "Value"),
    # Organizations
    "DescribeOrganizationResponse": ("Organization.Id", "Organization.MasterAccountId"),
    "Account": ("Id", "Name"),
    "Parent": ("Id", "Type"),
    "OrganizationalUnit": ("Id",),
    "DescribeOrganizationalUnitResponse": ("OrganizationalUnit.Name",),
    "PolicySummary": ("Id", "Name"),
    "DescribePolicyResponse": ("Policy.Content",),
}
"""The same for the services that answer in JSON: some of their shapes have the name of one of IAM's."""

MAY_BE_EMPTY = frozenset({"Value"})
"""Members that may be empty texts."""

VALUE_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "Account": re.compile(r"[0-9]{12}"),
    "Arn": re.compile(rf"arn:{ARN_PARTITION}:[a-z0-9-]+:[a-z0-9-]*:[0-9a-z]*:[^\s\x00-\x1f\x7f]+"),
    "AccessKeyId": re.compile(r"[A-Za-z0-9_]{16,128}"),
    "SecretAccessKey": re.compile(r"[!-~]+"),
    "SessionToken": re.compile(r"[!-~]+"),
    "SerialNumber": re.compile(r"[!-~]+"),
    "Id": re.compile(r"[0-9]{12}|[a-z]{1,2}-[0-9A-Za-z_-]{4,128}"),
    "MasterAccountId": re.compile(r"[0-9]{12}"),
    "Base32StringSeed": re.compile(r"[A-Z2-7]+=*"),
}
"""Member → its format as AWS documents it, for values that are parsed or go into files, variables and commands."""

RequiredPaths = Mapping[str, Sequence[tuple[str, str, str]]]
"""Shape → its required paths, each whole, and as its first part and the rest."""


def _split_paths(required: Mapping[str, tuple[str, ...]]) -> RequiredPaths:
    return {
        name: [(path, first, rest) for path in paths for first, _, rest in [path.partition(".")]]
        for name, paths in required.items()
    }


PATHS, PATHS_IN_JSON = _split_paths(REQUIRED), _split_paths(REQUIRED_IN_JSON)


def find_missing_field(shape: str, parsed: Mapping[str, Any], required: RequiredPaths) -> str | None:
    """Return the path of a required member that is missing or malformed; None if all are there.

    shape: its name. required: PATHS or PATHS_IN_JSON.
    """
    for path, first, subfield in required.get(shape, ()):
        value: Any = parsed.get(first)
        if value and not subfield and first not in VALUE_PATTERNS:
            continue
        values = (
            [value]
            if not subfield
            else [item.get(subfield) for item in (value if isinstance(value, list) else [value])]
        )
        if not all(_is_present(subfield or first, one) for one in values):
            return path
    if shape == "ManagedPolicyDetail":
        versions = parsed["PolicyVersionList"]
        if not any(version["IsDefaultVersion"] and version.get("Document") for version in versions):
            return "PolicyVersionList"
    return None


def _is_present(name: str, value: Any) -> bool:
    if value is None or (value == "" and name not in MAY_BE_EMPTY):
        return False
    form = VALUE_PATTERNS.get(name)
    return form is None or bool(form.fullmatch(value if isinstance(value, str) else value.decode("latin-1")))
