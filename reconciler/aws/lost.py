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
from reconciler.kinds.raw import Item, Raw, boundary_arn, tags_of
from reconciler.model.plan import Call
from reconciler.model.xml import xml_of
from reconciler.policy.canonical import canonical

Look = Callable[[Connection, Mapping[str, Any]], bool]


class Seen(StrEnum):
    """What live IAM shows of a call: that it was made, something else in its place, or nothing of it (yet)."""

    MADE = "made"
    OTHER = "other"
    NOTHING = "nothing"


def look(connection: Connection, call: Call) -> Seen:
    """Look at what a call makes; NOTHING, too, for calls that may be sent again. Raises what reading raises."""
    asked = _LOOKS.get(call.operation)
    if asked is None:
        return Seen.NOTHING
    try:
        return Seen.MADE if asked(connection, call.parameters) else Seen.OTHER
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return Seen.NOTHING
        raise


def _is_as_asked(live: Item, asked: Mapping[str, Any]) -> bool:
    """Path, description, lengths of sessions, tags and boundary, as far as the kind of entity has them."""
    return (
        live["Path"] == asked.get("Path", "/")
        and (live.get("Description") or "") == asked.get("Description", "")
        and live.get("MaxSessionDuration", 3600) == asked.get("MaxSessionDuration", 3600)
        and live.get("MaxSigninSessionDuration") == asked.get("MaxSigninSessionDuration")
        and boundary_arn(live) == asked.get("PermissionsBoundary")
        and tags_of(live.get("Tags")) == tags_of(asked.get("Tags"))
    )


def _same_document(connection: Connection, live: Any, asked: str) -> bool:
    found = Raw(connection.account, connection.partition, {}).document(live)
    return found == canonical(json.loads(asked), connection.partition)


def _user(connection: Connection, asked: Mapping[str, Any]) -> bool:
    return _is_as_asked(connection.iam.get_user(UserName=asked["UserName"])["User"], asked)


def _group(connection: Connection, asked: Mapping[str, Any]) -> bool:
    return _is_as_asked(connection.iam.get_group(GroupName=asked["GroupName"])["Group"], asked)


def _role(connection: Connection, asked: Mapping[str, Any]) -> bool:
    live = connection.iam.get_role(RoleName=asked["RoleName"])["Role"]
    document = live["AssumeRolePolicyDocument"]
    return _is_as_asked(live, asked) and _same_document(connection, document, asked["AssumeRolePolicyDocument"])


def _policy(connection: Connection, asked: Mapping[str, Any]) -> bool:
    arn = _arn(connection, f"policy{asked.get('Path', '/')}{asked['PolicyName']}")
    live = connection.iam.get_policy(PolicyArn=arn)["Policy"]
    return _is_as_asked(live, asked) and _has_document(connection, live, asked["PolicyDocument"])


def _policy_version(connection: Connection, asked: Mapping[str, Any]) -> bool:
    live = connection.iam.get_policy(PolicyArn=asked["PolicyArn"])["Policy"]
    return _has_document(connection, live, asked["PolicyDocument"])


def _has_document(connection: Connection, policy: Item, asked: str) -> bool:
    version = connection.iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
    return _same_document(connection, version["PolicyVersion"]["Document"], asked)


def _instance_profile(connection: Connection, asked: Mapping[str, Any]) -> bool:
    name = asked["InstanceProfileName"]
    return _is_as_asked(connection.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"], asked)


def _role_in_profile(connection: Connection, asked: Mapping[str, Any]) -> bool:
    profile = connection.iam.get_instance_profile(InstanceProfileName=asked["InstanceProfileName"])
    return any(role["RoleName"] == asked["RoleName"] for role in profile["InstanceProfile"]["Roles"])


def _oidc_provider(connection: Connection, asked: Mapping[str, Any]) -> bool:
    arn = _arn(connection, f"oidc-provider/{asked['Url'].removeprefix('https://')}")
    live = connection.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    return (
        set(live.get("ClientIDList") or ()) == set(asked.get("ClientIDList") or ())
        and tags_of(live.get("Tags")) == tags_of(asked.get("Tags"))
        and read_propagation(live) == read_propagation(asked)
    )


def _saml_provider(connection: Connection, asked: Mapping[str, Any]) -> bool:
    arn = _arn(connection, f"saml-provider/{asked['Name']}")
    live = connection.iam.get_saml_provider(SAMLProviderArn=arn)
    same = xml_of(live["SAMLMetadataDocument"]) == xml_of(asked["SAMLMetadataDocument"])
    same_tags = tags_of(live.get("Tags")) == tags_of(asked.get("Tags"))
    return same and same_tags and read_propagation(live) == read_propagation(asked)


def _account_alias(connection: Connection, asked: Mapping[str, Any]) -> bool:
    return asked["AccountAlias"] in connection.iam.list_account_aliases()["AccountAliases"]


def _renamed_user(connection: Connection, asked: Mapping[str, Any]) -> bool:
    def id_of(name: str) -> str:
        return str(connection.iam.get_user(UserName=name)["User"]["UserId"])

    return "NewUserName" in asked and _is_renamed(id_of, asked["UserName"], asked["NewUserName"])


def _renamed_group(connection: Connection, asked: Mapping[str, Any]) -> bool:
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


def _arn(connection: Connection, resource: str) -> str:
    return f"arn:{connection.partition}:iam::{connection.account}:{resource}"


_LOOKS: Mapping[str, Look] = {
    "CreateUser": _user,
    "CreateGroup": _group,
    "CreateRole": _role,
    "CreatePolicy": _policy,
    "CreatePolicyVersion": _policy_version,
    "CreateInstanceProfile": _instance_profile,
    "AddRoleToInstanceProfile": _role_in_profile,
    "CreateOpenIDConnectProvider": _oidc_provider,
    "CreateSAMLProvider": _saml_provider,
    "CreateAccountAlias": _account_alias,
    "UpdateUser": _renamed_user,
    "UpdateGroup": _renamed_group,
}
