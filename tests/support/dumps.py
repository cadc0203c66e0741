"""Dump a whole account, without values that differ from run to run: ids, dates, numbers of policy versions."""

from __future__ import annotations

import contextlib
import json
from typing import Any

_OWN_FILTERS = ["User", "Group", "Role", "LocalManagedPolicy"]
_OWNED_LISTS = {
    "access keys": ("list_access_keys", "AccessKeyMetadata", "Status"),
    "certificates": ("list_signing_certificates", "Certificates", "CertificateBody"),
    "ssh keys": ("list_ssh_public_keys", "SSHPublicKeys", "Status"),
    "devices": ("list_mfa_devices", "MFADevices", "SerialNumber"),
}


def dump_account(iam: Any) -> dict[str, Any]:
    """Return address → everything that can be read of the entity. Equal dumps mean equal accounts."""
    details = iam.get_account_authorization_details(Filter=_OWN_FILTERS, MaxItems=1000)
    assert not details["IsTruncated"]
    entries: dict[str, Any] = {"account": _dump_settings(iam)}
    for item in details["UserDetailList"]:
        entries[f"user/{item['UserName']}"] = _dump_holder(item, "User") | _dump_owned(iam, item["UserName"])
    for item in details["GroupDetailList"]:
        entries[f"group/{item['GroupName']}"] = _dump_holder(item, "Group")
    roles = {item["RoleName"]: item for item in iam.list_roles()["Roles"]}
    assert len(roles) == len(details["RoleDetailList"])
    for item in details["RoleDetailList"]:
        role = roles[item["RoleName"]]
        entries[f"role/{item['RoleName']}"] = _dump_holder(item, "Role") | {
            "trust": item["AssumeRolePolicyDocument"],
            "description": role.get("Description", ""),
            "session": role["MaxSessionDuration"],
        }
    for item in details["Policies"]:
        entries[f"policy/{item['Arn']}"] = _dump_policy(iam, item)
    return entries | _dump_profiles(iam) | _dump_providers(iam) | _dump_certificates(iam)


def _tags_of(tags: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def _dump_holder(item: Any, kind: str) -> dict[str, Any]:
    return {
        "path": item["Path"],
        "tags": _tags_of(item.get("Tags")),
        "groups": sorted(item.get("GroupList") or ()),
        "attached": sorted(policy["PolicyArn"] for policy in item["AttachedManagedPolicies"]),
        "inline": {policy["PolicyName"]: policy["PolicyDocument"] for policy in item.get(f"{kind}PolicyList") or ()},
        "boundary": (item.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
    }


def _dump_owned(iam: Any, name: str) -> dict[str, Any]:
    owned: dict[str, Any] = {
        what: sorted(item[key] for item in getattr(iam, method)(UserName=name)[items])
        for what, (method, items, key) in _OWNED_LISTS.items()
    }
    owned["password"] = False
    with contextlib.suppress(iam.exceptions.NoSuchEntityException):
        owned["password"] = bool(iam.get_login_profile(UserName=name))
    return owned


def _dump_policy(iam: Any, item: Any) -> dict[str, Any]:
    versions = [(version["IsDefaultVersion"], json.dumps(version["Document"])) for version in item["PolicyVersionList"]]
    details = iam.get_policy(PolicyArn=item["Arn"])["Policy"]
    return {
        "versions": sorted(versions),
        "description": details.get("Description", ""),
        "tags": _tags_of(details.get("Tags")),
        "attached to": details["AttachmentCount"],
    }


def _dump_profiles(iam: Any) -> dict[str, Any]:
    entries = {}
    for item in iam.list_instance_profiles()["InstanceProfiles"]:
        name = item["InstanceProfileName"]
        tags = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"].get("Tags")
        roles = [role["RoleName"] for role in item["Roles"]]
        entries[f"instance-profile/{name}"] = {"path": item["Path"], "roles": roles, "tags": _tags_of(tags)}
    return entries


def _dump_providers(iam: Any) -> dict[str, Any]:
    entries = {}
    for item in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        oidc = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=item["Arn"])
        entries[item["Arn"]] = {
            "clients": sorted(oidc["ClientIDList"]),
            "thumbprints": sorted(oidc["ThumbprintList"]),
            "tags": _tags_of(oidc.get("Tags")),
        }
    for item in iam.list_saml_providers()["SAMLProviderList"]:
        saml = iam.get_saml_provider(SAMLProviderArn=item["Arn"])
        entries[item["Arn"]] = {"metadata": saml["SAMLMetadataDocument"], "tags": _tags_of(saml.get("Tags"))}
    return entries


def _dump_certificates(iam: Any) -> dict[str, Any]:
    entries = {}
    for item in iam.list_server_certificates()["ServerCertificateMetadataList"]:
        name = item["ServerCertificateName"]
        certificate = iam.get_server_certificate(ServerCertificateName=name)["ServerCertificate"]
        entries[f"server-certificate/{name}"] = {
            "path": item["Path"],
            "body": certificate["CertificateBody"],
            "chain": certificate.get("CertificateChain", ""),
            "tags": _tags_of(certificate.get("Tags")),
        }
    return entries


def _dump_settings(iam: Any) -> dict[str, Any]:
    password: Any = None
    with contextlib.suppress(iam.exceptions.NoSuchEntityException):
        password = iam.get_account_password_policy()["PasswordPolicy"]
    return {
        "alias": iam.list_account_aliases()["AccountAliases"],
        "password policy": password,
        "virtual devices": sorted(d["SerialNumber"] for d in iam.list_virtual_mfa_devices()["VirtualMFADevices"]),
    }
