"""Entities come and go: names are unique per kind ignoring case, and the ledger follows.

Sources: IAM API Reference, CreateUser, CreateGroup, CreateRole, CreatePolicy, CreateInstanceProfile: "Names
are not distinguished by case. For example, you cannot create resources named both MyResource and myresource."
The lengths and characters of names and paths are those of the same pages.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from urllib.parse import unquote

from reconciler.sandbox.strict.call import Call, Check, Edit, Rules
from reconciler.sandbox.strict.ledger import GROUP, MFA, OIDC, POLICY, PROFILE, ROLE, SAML, USER, Entity
from reconciler.sandbox.strict.spelling import unique_id
from reconciler.sandbox.wire import Refusal, Reply, text

TAKEN = {
    USER: "User with name {} already exists.",
    GROUP: "Group with name {} already exists.",
    ROLE: "Role with name {} already exists.",
    POLICY: "A policy called {} already exists. Duplicate names are not allowed.",
    PROFILE: "Instance Profile {} already exists.",
}
LONGEST = {USER: 64, GROUP: 128, ROLE: 64, POLICY: 128, PROFILE: 128}
NAME = re.compile(r"[A-Za-z0-9_+=,.@-]+")
PATH = re.compile(r"/|/[\x21-\x7e]+/")
POLICY_PATH = re.compile(r"(/[A-Za-z0-9.,+@=_-]+)*/")
MADE = {
    "CreateUser": (USER, "User"),
    "CreateGroup": (GROUP, "Group"),
    "CreateRole": (ROLE, "Role"),
    "CreateServiceLinkedRole": (ROLE, "Role"),
    "CreatePolicy": (POLICY, "Policy"),
    "CreateInstanceProfile": (PROFILE, "InstanceProfile"),
}
MADE_WITH_ARN = {
    "CreateOpenIDConnectProvider": (OIDC, "OpenIDConnectProviderArn"),
    "CreateSAMLProvider": (SAML, "SAMLProviderArn"),
    "CreateVirtualMFADevice": (MFA, "VirtualMFADevice/SerialNumber"),
}
DELETED = {
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


def refuse_taken(call: Call, kind: str, name: str, but: Entity | None = None) -> None:
    rival = call.ledger.rival(kind, name)
    if rival is not None and rival is not but:
        raise Refusal("EntityAlreadyExists", TAKEN[kind].format(name), status=409)


def refuse_bad_name(kind: str, parameter: str, name: str) -> None:
    if not NAME.fullmatch(name):
        raise Refusal(
            "ValidationError",
            f"The specified value for {_camel(parameter)} is invalid. It must contain only alphanumeric "
            "characters and/or the following: +=,.@_-",
        )
    if len(name) > LONGEST[kind]:
        raise Refusal(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at '{_camel(parameter)}' failed to satisfy "
            f"constraint: Member must have length less than or equal to {LONGEST[kind]}",
        )


def refuse_bad_path(kind: str, path: str) -> None:
    pattern = POLICY_PATH if kind == POLICY else PATH
    if len(path) > 512 or not pattern.fullmatch(path):
        raise Refusal(
            "ValidationError",
            "The specified value for path is invalid. It must begin and end with / and contain only "
            "alphanumeric characters and/or / characters.",
        )


def _camel(parameter: str) -> str:
    return parameter[0].lower() + parameter[1:]


def _may_enter(kind: str, element: str) -> Check:
    parameter = f"{element}Name"

    def check(call: Call) -> None:
        refuse_bad_name(kind, parameter, call.given(parameter))
        if call.has("Path"):
            refuse_bad_path(kind, call.given("Path"))
        refuse_taken(call, kind, call.given(parameter))

    return check


def entity_of(kind: str, element: str, told: ET.Element) -> Entity:
    trust = text(told, "AssumeRolePolicyDocument")
    return Entity(
        kind,
        text(told, f"{element}Name"),
        text(told, "Arn"),
        unique_id(element, text(told, f"{element}Id")),
        text(told, "Path") or "/",
        trust=unquote(trust) if trust.startswith("%") else trust,
    )


def _enter(kind: str, element: str) -> Edit:
    def edit(call: Call, reply: Reply) -> None:
        told = reply.result.find(element)
        if told is not None:
            call.ledger.add(entity_of(kind, element, told))

    return edit


def _enter_arn(kind: str, where: str) -> Edit:
    def edit(call: Call, reply: Reply) -> None:
        arn = reply.result.findtext(where) or ""
        call.ledger.add(Entity(kind, arn, arn))

    return edit


def _leave(kind: str) -> Edit:
    def edit(call: Call, reply: Reply) -> None:
        entity = call.subject(kind)
        if entity is not None:
            call.ledger.remove(entity)

    return edit


ENTERED: Mapping[str, Edit] = {
    **{action: _enter(kind, element) for action, (kind, element) in MADE.items()},
    **{action: _enter_arn(kind, where) for action, (kind, where) in MADE_WITH_ARN.items()},
}

RULES = Rules(
    checks={
        action: _may_enter(kind, element)
        for action, (kind, element) in MADE.items()
        if action != "CreateServiceLinkedRole"
    },
    edits={**ENTERED, **{action: _leave(kind) for action, kind in DELETED.items()}},
)
