"""Check the names of new entities, and record creations and deletions in the ledger.

Names are unique for each kind, ignoring letter case.
Sources: IAM API Reference, CreateUser, CreateGroup, CreateRole, CreatePolicy, CreateInstanceProfile: "Names
are not distinguished by case. For example, you cannot create resources named both MyResource and myresource."
The same pages give the lengths and characters of names and paths.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from urllib.parse import unquote

from reconciler.sandbox.query_protocol import AwsError, Reply, read_child_text
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, Check, Edit
from reconciler.sandbox.strict.ledger import CERTIFICATE, GROUP, MFA, OIDC, POLICY, PROFILE, ROLE, SAML, USER, IamEntity
from reconciler.sandbox.strict.reply_encoding import unique_id_of

TAKEN_MESSAGES = {
    USER: "User with name {} already exists.",
    GROUP: "Group with name {} already exists.",
    ROLE: "Role with name {} already exists.",
    POLICY: "A policy called {} already exists. Duplicate names are not allowed.",
    PROFILE: "Instance Profile {} already exists.",
    CERTIFICATE: "The Server Certificate with name {} already exists.",
}
MAX_NAME_LENGTHS = {USER: 64, GROUP: 128, ROLE: 64, POLICY: 128, PROFILE: 128, CERTIFICATE: 128}
NAME = re.compile(r"[A-Za-z0-9_+=,.@-]+")
PATH = re.compile(r"/|/[\x21-\x7e]+/")
POLICY_PATH = re.compile(r"(/[A-Za-z0-9.,+@=_-]+)*/")
CREATE_ACTIONS = {
    "CreateUser": (USER, "User"),
    "CreateGroup": (GROUP, "Group"),
    "CreateRole": (ROLE, "Role"),
    "CreateServiceLinkedRole": (ROLE, "Role"),
    "CreatePolicy": (POLICY, "Policy"),
    "CreateInstanceProfile": (PROFILE, "InstanceProfile"),
}
CREATE_ARN_ACTIONS = {
    "CreateOpenIDConnectProvider": (OIDC, "OpenIDConnectProviderArn"),
    "CreateSAMLProvider": (SAML, "SAMLProviderArn"),
    "CreateVirtualMFADevice": (MFA, "VirtualMFADevice/SerialNumber"),
}
DELETE_ACTIONS = {
    "DeleteUser": USER,
    "DeleteGroup": GROUP,
    "DeleteRole": ROLE,
    "DeleteServiceLinkedRole": ROLE,
    "DeletePolicy": POLICY,
    "DeleteInstanceProfile": PROFILE,
    "DeleteOpenIDConnectProvider": OIDC,
    "DeleteSAMLProvider": SAML,
    "DeleteVirtualMFADevice": MFA,
}


def refuse_taken_name(call: ApiCall, kind: str, name: str, ignored: IamEntity | None = None) -> None:
    """Refuse a name that another entity of the kind has. ignored: an entity that may have it."""
    holder = call.ledger.find_same_name(kind, name)
    if holder is not None and holder is not ignored:
        raise AwsError("EntityAlreadyExists", TAKEN_MESSAGES[kind].format(name), status=409)


def refuse_bad_name(kind: str, parameter: str, name: str) -> None:
    if not NAME.fullmatch(name):
        raise AwsError(
            "ValidationError",
            f"The specified value for {_to_camel_case(parameter)} is invalid. It must contain only alphanumeric "
            "characters and/or the following: +=,.@_-",
        )
    if len(name) > MAX_NAME_LENGTHS[kind]:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at '{_to_camel_case(parameter)}' failed to satisfy "
            f"constraint: Member must have length less than or equal to {MAX_NAME_LENGTHS[kind]}",
        )


def refuse_bad_path(kind: str, path: str) -> None:
    pattern = POLICY_PATH if kind == POLICY else PATH
    if len(path) > 512 or not pattern.fullmatch(path):
        raise AwsError(
            "ValidationError",
            "The specified value for path is invalid. It must begin and end with / and contain only "
            "alphanumeric characters and/or / characters.",
        )


def _to_camel_case(parameter: str) -> str:
    return parameter[0].lower() + parameter[1:]


def _check_creation(kind: str, element: str) -> Check:
    parameter = f"{element}Name"

    def check(call: ApiCall) -> None:
        refuse_bad_name(kind, parameter, call.get(parameter))
        if call.has("Path"):
            refuse_bad_path(kind, call.get("Path"))
        refuse_taken_name(call, kind, call.get(parameter))

    return check


def entity_of(kind: str, element: str, described: ET.Element) -> IamEntity:
    """Return the entity that a reply describes. element: the element's name, such as `User`."""
    trust = read_child_text(described, "AssumeRolePolicyDocument")
    return IamEntity(
        kind,
        read_child_text(described, f"{element}Name"),
        read_child_text(described, "Arn"),
        unique_id_of(element, read_child_text(described, f"{element}Id")),
        read_child_text(described, "Path") or "/",
        trust=unquote(trust) if trust.startswith("%") else trust,
    )


def _record_entity(kind: str, element: str) -> Edit:
    def edit(call: ApiCall, reply: Reply) -> None:
        described = reply.result.find(element)
        if described is not None:
            call.ledger.add(entity_of(kind, element, described))

    return edit


def _record_arn(kind: str, path: str) -> Edit:
    def edit(call: ApiCall, reply: Reply) -> None:
        arn = reply.result.findtext(path) or ""
        call.ledger.add(IamEntity(kind, arn, arn))

    return edit


def _remove_entity(kind: str) -> Edit:
    def edit(call: ApiCall, reply: Reply) -> None:
        entity = call.find_entity(kind)
        if entity is not None:
            call.ledger.remove(entity)

    return edit


CREATE_EDITS: Mapping[str, Edit] = {
    **{action: _record_entity(kind, element) for action, (kind, element) in CREATE_ACTIONS.items()},
    **{action: _record_arn(kind, where) for action, (kind, where) in CREATE_ARN_ACTIONS.items()},
}

RULES = ActionRules(
    checks={
        action: _check_creation(kind, element)
        for action, (kind, element) in CREATE_ACTIONS.items()
        if action != "CreateServiceLinkedRole"
    },
    edits={**CREATE_EDITS, **{action: _remove_entity(kind) for action, kind in DELETE_ACTIONS.items()}},
)
