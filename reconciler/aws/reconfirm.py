"""Whether a write whose answer was lost has been made, by a look at live IAM.

Only for writes that must not be sent twice: most of IAM's may be, and then nothing is asked. What is live must be
what the call would have made, to the last parameter: a namesake that somebody else made meanwhile is not ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from reconciler.aws.faults import code_of
from reconciler.aws.session import Connection
from reconciler.kinds.facets.context_provider import read_propagation
from reconciler.kinds.raw_account import Item, RawAccount, boundary_arn_of, tags_of
from reconciler.model.plan import Call
from reconciler.model.xml_document import parse_xml_or_opaque
from reconciler.policy.canonical import canonical

Check = Callable[[Connection, Mapping[str, Any]], bool]


class WriteStatus(StrEnum):
    """What live IAM shows of a call: that it was made, something else in its place, or nothing of it (yet)."""

    MADE = "made"
    OTHER = "other"
    NOTHING = "nothing"


def confirm_write(connection: Connection, call: Call) -> WriteStatus:
    """Look at what a call makes; NOTHING, too, for calls that may be sent again. Raises what reading raises."""
    asked = _CHECKS.get(call.operation)
    if asked is None:
        return WriteStatus.NOTHING
    try:
        return WriteStatus.MADE if asked(connection, call.parameters) else WriteStatus.OTHER
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return WriteStatus.NOTHING
        raise


def _matches_request(live: Item, asked: Mapping[str, Any]) -> bool:
    """Path, description, lengths of sessions, tags and boundary, as far as the kind of entity has them."""
    return (
        live["Path"] == asked.get("Path", "/")
        and (live.get("Description") or "") == asked.get("Description", "")
        and live.get("MaxSessionDuration", 3600) == asked.get("MaxSessionDuration", 3600)
        and live.get("MaxSigninSessionDuration") == asked.get("MaxSigninSessionDuration")
        and boundary_arn_of(live) == asked.get("PermissionsBoundary")
        and tags_of(live.get("Tags")) == tags_of(asked.get("Tags"))
    )


def _is_same_document(connection: Connection, live: Any, asked: str) -> bool:
    found = RawAccount(connection.account, connection.partition, {}).parse_document(live)
    return found == canonical(json.loads(asked), connection.partition)


def _confirm_user(connection: Connection, asked: Mapping[str, Any]) -> bool:
    return _matches_request(connection.iam.get_user(UserName=asked["UserName"])["User"], asked)


def _confirm_group(connection: Connection, asked: Mapping[str, Any]) -> bool:
    return _matches_request(connection.iam.get_group(GroupName=asked["GroupName"])["Group"], asked)


def _confirm_role(connection: Connection, asked: Mapping[str, Any]) -> bool:
    live = connection.iam.get_role(RoleName=asked["RoleName"])["Role"]
    document = live["AssumeRolePolicyDocument"]
    return _matches_request(live, asked) and _is_same_document(connection, document, asked["AssumeRolePolicyDocument"])


def _confirm_policy(connection: Connection, asked: Mapping[str, Any]) -> bool:
    arn = _make_arn(connection, f"policy{asked.get('Path', '/')}{asked['PolicyName']}")
    live = connection.iam.get_policy(PolicyArn=arn)["Policy"]
    return _matches_request(live, asked) and _has_document(connection, live, asked["PolicyDocument"])


def _confirm_policy_version(connection: Connection, asked: Mapping[str, Any]) -> bool:
    live = connection.iam.get_policy(PolicyArn=asked["PolicyArn"])["Policy"]
    return _has_document(connection, live, asked["PolicyDocument"])


def _has_document(connection: Connection, policy: Item, asked: str) -> bool:
    version = connection.iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
    return _is_same_document(connection, version["PolicyVersion"]["Document"], asked)


def _confirm_instance_profile(connection: Connection, asked: Mapping[str, Any]) -> bool:
    name = asked["InstanceProfileName"]
    return _matches_request(connection.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"], asked)


def _confirm_role_in_profile(connection: Connection, asked: Mapping[str, Any]) -> bool:
    profile = connection.iam.get_instance_profile(InstanceProfileName=asked["InstanceProfileName"])
    return any(role["RoleName"] == asked["RoleName"] for role in profile["InstanceProfile"]["Roles"])


def _confirm_oidc_provider(connection: Connection, asked: Mapping[str, Any]) -> bool:
    arn = _make_arn(connection, f"oidc-provider/{asked['Url'].removeprefix('https://')}")
    live = connection.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    return (
        set(live.get("ClientIDList") or ()) == set(asked.get("ClientIDList") or ())
        and tags_of(live.get("Tags")) == tags_of(asked.get("Tags"))
        and read_propagation(live) == read_propagation(asked)
    )


def _confirm_saml_provider(connection: Connection, asked: Mapping[str, Any]) -> bool:
    arn = _make_arn(connection, f"saml-provider/{asked['Name']}")
    live = connection.iam.get_saml_provider(SAMLProviderArn=arn)
    same = parse_xml_or_opaque(live["SAMLMetadataDocument"]) == parse_xml_or_opaque(asked["SAMLMetadataDocument"])
    same_tags = tags_of(live.get("Tags")) == tags_of(asked.get("Tags"))
    return same and same_tags and read_propagation(live) == read_propagation(asked)


def _confirm_account_alias(connection: Connection, asked: Mapping[str, Any]) -> bool:
    return asked["AccountAlias"] in connection.iam.list_account_aliases()["AccountAliases"]


def _confirm_user_rename(connection: Connection, asked: Mapping[str, Any]) -> bool:
    def id_of(name: str) -> str:
        return str(connection.iam.get_user(UserName=name)["User"]["UserId"])

    return "NewUserName" in asked and _is_renamed(id_of, asked["UserName"], asked["NewUserName"])


def _confirm_group_rename(connection: Connection, asked: Mapping[str, Any]) -> bool:
    def id_of(name: str) -> str:
        return str(connection.iam.get_group(GroupName=name)["Group"]["GroupId"])

    return "NewGroupName" in asked and _is_renamed(id_of, asked["GroupName"], asked["NewGroupName"])


def _is_renamed(id_of: Callable[[str], str], old: str, new: str) -> bool:
    """The id stays. Where both names are there, they are one entity's, of which IAM still shows the old one, or two."""
    renamed = id_of(new)
    try:
        return id_of(old) == renamed
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return True
        raise


def _make_arn(connection: Connection, resource: str) -> str:
    return f"arn:{connection.partition}:iam::{connection.account}:{resource}"


_CHECKS: Mapping[str, Check] = {
    "CreateUser": _confirm_user,
    "CreateGroup": _confirm_group,
    "CreateRole": _confirm_role,
    "CreatePolicy": _confirm_policy,
    "CreatePolicyVersion": _confirm_policy_version,
    "CreateInstanceProfile": _confirm_instance_profile,
    "AddRoleToInstanceProfile": _confirm_role_in_profile,
    "CreateOpenIDConnectProvider": _confirm_oidc_provider,
    "CreateSAMLProvider": _confirm_saml_provider,
    "CreateAccountAlias": _confirm_account_alias,
    "UpdateUser": _confirm_user_rename,
    "UpdateGroup": _confirm_group_rename,
}
