"""Entities as the calls of a plan leave them, as far as these decide what users and roles may do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.address import Address
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.plan import Call, Step
from reconciler.policy.canonical import canonical

Holder = User | Group | Role
Parameters = Mapping[str, Any]


def replay_steps(
    before: Mapping[Address, Entity], steps: Iterable[Step], after: Mapping[Address, Entity]
) -> Mapping[Address, Entity]:
    """`before` once the calls are made, in this order. after: what is created looks like, in the end."""
    found = dict(before)
    for step in steps:
        address, (verb, parameters) = step.address, _verb_of(step.call)
        now = found.get(address)
        if verb == "Create" and address in after:
            found[address] = _create_entity(after[address], parameters)
        elif verb == "Delete":
            found.pop(address, None)
        elif now is not None and verb in _EDITS:
            found[address] = _EDITS[verb](now, parameters)
    return found


def _verb_of(call: Call) -> tuple[str, Parameters]:
    """What a call does, whatever the kind: `AttachUserPolicy` → `AttachPolicy`, `CreateRole` → `Create`."""
    name = call.operation
    noun = next((noun for noun in ("User", "Group", "Role") if f"{noun}Name" in call.parameters), "Policy")
    if name in ("AddUserToGroup", "RemoveUserFromGroup", "CreatePolicyVersion"):
        return name, call.parameters
    return name.replace(noun, "", 1), call.parameters


def _create_entity(after: Entity, parameters: Parameters) -> Entity:
    if isinstance(after, Policy):
        return replace(after, document=canonical(json.loads(parameters["PolicyDocument"])))
    if isinstance(after, Group):
        return replace(after, policies=frozenset(), inline_policies={})
    if isinstance(after, Role):
        boundary = parameters.get("PermissionsBoundary")
        return replace(after, policies=frozenset(), inline_policies={}, permissions_boundary=boundary)
    if isinstance(after, User):
        boundary = parameters.get("PermissionsBoundary")
        return replace(
            after, groups=frozenset(), policies=frozenset(), inline_policies={}, permissions_boundary=boundary
        )
    return after


def _set_document(now: Entity, parameters: Parameters) -> Entity:
    document = canonical(json.loads(parameters["PolicyDocument"]))
    return replace(now, document=document) if isinstance(now, Policy) else now


def _attach_policy(now: Entity, parameters: Parameters) -> Entity:
    return replace(now, policies=now.policies | {parameters["PolicyArn"]}) if isinstance(now, Holder) else now


def _detach_policy(now: Entity, parameters: Parameters) -> Entity:
    return replace(now, policies=now.policies - {parameters["PolicyArn"]}) if isinstance(now, Holder) else now


def _put_inline_policy(now: Entity, parameters: Parameters) -> Entity:
    document = canonical(json.loads(parameters["PolicyDocument"]))
    documents = {parameters["PolicyName"]: document}
    return replace(now, inline_policies={**now.inline_policies, **documents}) if isinstance(now, Holder) else now


def _delete_inline_policy(now: Entity, parameters: Parameters) -> Entity:
    if not isinstance(now, Holder):
        return now
    return replace(
        now,
        inline_policies={
            name: document for name, document in now.inline_policies.items() if name != parameters["PolicyName"]
        },
    )


def _join_group(now: Entity, parameters: Parameters) -> Entity:
    group = Address("group", parameters["GroupName"])
    return replace(now, groups=now.groups | {group}) if isinstance(now, User) else now


def _leave_group(now: Entity, parameters: Parameters) -> Entity:
    group = Address("group", parameters["GroupName"])
    return replace(now, groups=now.groups - {group}) if isinstance(now, User) else now


def _set_boundary(now: Entity, parameters: Parameters) -> Entity:
    boundary = parameters.get("PermissionsBoundary")
    return replace(now, permissions_boundary=boundary) if isinstance(now, User | Role) else now


_EDITS: Mapping[str, Callable[[Entity, Parameters], Entity]] = {
    "CreatePolicyVersion": _set_document,
    "AttachPolicy": _attach_policy,
    "DetachPolicy": _detach_policy,
    "PutPolicy": _put_inline_policy,
    "DeletePolicy": _delete_inline_policy,
    "AddUserToGroup": _join_group,
    "RemoveUserFromGroup": _leave_group,
    "PutPermissionsBoundary": _set_boundary,
    "DeletePermissionsBoundary": _set_boundary,
}
