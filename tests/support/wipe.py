"""Emptying an account through boto3: cheaper than a fresh sandbox, which reads AWS's own policies anew (a second)."""

from __future__ import annotations

import contextlib
from typing import Any

_OWN = ["User", "Group", "Role", "LocalManagedPolicy"]  # with AWS's own the answer has 1,300 policies
_OWNED = (
    ("list_access_keys", "AccessKeyMetadata", "AccessKeyId", "delete_access_key", "AccessKeyId"),
    ("list_signing_certificates", "Certificates", "CertificateId", "delete_signing_certificate", "CertificateId"),
    ("list_ssh_public_keys", "SSHPublicKeys", "SSHPublicKeyId", "delete_ssh_public_key", "SSHPublicKeyId"),
    ("list_mfa_devices", "MFADevices", "SerialNumber", "deactivate_mfa_device", "SerialNumber"),
)


def wipe(iam: Any) -> None:
    """Delete every user, group, role, instance profile, policy, provider and virtual device; reset the account."""
    details = iam.get_account_authorization_details(Filter=_OWN, MaxItems=1000)
    assert not details["IsTruncated"]
    for user in details["UserDetailList"]:
        _wipe_user(iam, user)
    for profile in iam.list_instance_profiles()["InstanceProfiles"]:
        name = profile["InstanceProfileName"]
        for role in profile["Roles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role["RoleName"])
        iam.delete_instance_profile(InstanceProfileName=name)
    for kind in ("Group", "Role"):
        for item in details[f"{kind}DetailList"]:
            _strip(iam, kind, item, f"{kind}PolicyList")
            getattr(iam, f"delete_{kind.lower()}")(**{f"{kind}Name": item[f"{kind}Name"]})
    for policy in details["Policies"]:
        for version in policy["PolicyVersionList"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=policy["Arn"], VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=policy["Arn"])
    for provider in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider["Arn"])
    for provider in iam.list_saml_providers()["SAMLProviderList"]:
        iam.delete_saml_provider(SAMLProviderArn=provider["Arn"])
    for device in iam.list_virtual_mfa_devices()["VirtualMFADevices"]:
        iam.delete_virtual_mfa_device(SerialNumber=device["SerialNumber"])
    _reset_account(iam)


def _reset_account(iam: Any) -> None:
    for alias in iam.list_account_aliases()["AccountAliases"]:
        iam.delete_account_alias(AccountAlias=alias)
    with contextlib.suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_account_password_policy()


def _wipe_user(iam: Any, user: Any) -> None:
    name = user["UserName"]
    for group in user.get("GroupList") or ():
        iam.remove_user_from_group(GroupName=group, UserName=name)
    _strip(iam, "User", user, "UserPolicyList")
    try:
        iam.delete_user(UserName=name)
    except iam.exceptions.DeleteConflictException:
        _empty_user(iam, name)
        iam.delete_user(UserName=name)


def _empty_user(iam: Any, name: str) -> None:
    for listing, key, item, deletion, parameter in _OWNED:
        for owned in getattr(iam, listing)(UserName=name)[key]:
            getattr(iam, deletion)(UserName=name, **{parameter: owned[item]})
    with contextlib.suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_login_profile(UserName=name)


def _strip(iam: Any, kind: str, item: Any, inline: str) -> None:
    target = {f"{kind}Name": item[f"{kind}Name"]}
    for attached in item.get("AttachedManagedPolicies") or ():
        getattr(iam, f"detach_{kind.lower()}_policy")(**target, PolicyArn=attached["PolicyArn"])
    for policy in item.get(inline) or ():
        getattr(iam, f"delete_{kind.lower()}_policy")(**target, PolicyName=policy["PolicyName"])
