"""Entities come and go: names are unique per kind ignoring case, and the ledger follows.

Sources: IAM API Reference, CreateUser, CreateGroup, CreateRole, CreatePolicy, CreateInstanceProfile: "Names
are not distinguished by case. For example, you cannot create resources named both MyResource and myresource."
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping

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


def _free(kind: str, element: str) -> Check:
    return lambda call: refuse_taken(call, kind, call.given(f"{element}Name"))


def entity_of(kind: str, element: str, told: ET.Element) -> Entity:
    return Entity(
        kind,
        text(told, f"{element}Name"),
        text(told, "Arn"),
        unique_id(element, text(told, f"{element}Id")),
        text(told, "Path") or "/",
        trust=text(told, "AssumeRolePolicyDocument"),
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
        action: _free(kind, element)
        for action, (kind, element) in MADE.items()
        if action != "CreateServiceLinkedRole"
    },
    edits={**ENTERED, **{action: _leave(kind) for action, kind in DELETED.items()}},
)
