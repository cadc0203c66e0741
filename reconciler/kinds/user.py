"""Users: tags, groups, policies, boundary; all that they own is taken away before they are deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from reconciler.kinds import limits
from reconciler.kinds import schema_parts as parts
from reconciler.kinds.base import DeclaredEntity
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.expiries import USER_EXPIRY_POLICY
from reconciler.kinds.export_context import (
    Entry,
    ExportContext,
    export_inline_policies,
    export_path,
    export_tags,
    export_user_expiry,
    is_protected,
    make_entry,
)
from reconciler.kinds.facets.boundary import BoundaryFacet, needs_of_boundary
from reconciler.kinds.facets.inline_policies import InlineFacet
from reconciler.kinds.facets.links import MEMBERSHIPS, make_group_links, make_policy_facet, make_policy_links
from reconciler.kinds.facets.placement import plan_placement
from reconciler.kinds.facets.tags import TagFacet, to_tag_list
from reconciler.kinds.mfa_guard import add_guard
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.raw_account import RawAccount, ReadCall, attached_arns_of, boundary_arn_of, principal_tags_of
from reconciler.kinds.steps import make_create_step, make_step, plan_deletion, removal_of
from reconciler.model.address import Address
from reconciler.model.desired import KeyRule
from reconciler.model.document import Document
from reconciler.model.durations import parse_duration
from reconciler.model.effects import Discard
from reconciler.model.entity import Entity, User
from reconciler.model.live import OwnedCredentials
from reconciler.model.node import Map, get_text
from reconciler.model.plan import Fact, Phase, Step
from reconciler.model.problem import Place, Problem
from reconciler.policy.document_expiry import build_denial

_ATTACHED = make_policy_facet("User")
_INLINE = InlineFacet("User")
_TAGS = TagFacet("User", folds_keys=User.folds_tag_keys)
_BOUNDARY = BoundaryFacet("User")


_ACCESS_KEYS: parts.Schema = {
    "title": "Access keys",
    "description": "What every plan checks of the user's access keys, inactive ones included, and reports; keys are "
    "never made or deleted for it.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "max_age": {**parts.make_ref("duration"), "description": "Older keys are reported.", "examples": ["90d"]},
        "max_count": {"type": "integer", "minimum": 0, "maximum": 2, "description": "So are more keys than this."},
    },
}


class UserKind:
    name: ClassVar[str] = "user"
    noun: ClassVar[str] = "User"
    entity: ClassVar[type[Entity]] = User
    section: ClassVar[str | None] = "users"
    taggable: ClassVar[bool] = True
    immutable: ClassVar[Mapping[str, str]] = {}
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreateUser UpdateUser DeleteUser AttachUserPolicy DetachUserPolicy PutUserPolicy DeleteUserPolicy "
        "AddUserToGroup RemoveUserFromGroup PutUserPermissionsBoundary DeleteUserPermissionsBoundary TagUser "
        "UntagUser DeleteLoginProfile DeleteAccessKey DeleteSigningCertificate DeleteSSHPublicKey "
        "DeleteServiceSpecificCredential DeactivateMFADevice DeleteVirtualMFADevice".split()
    )
    schema: ClassVar[Mapping[str, Any]] = parts.make_entry_schema(
        "User",
        "An IAM user. Passwords and access keys are secrets and never come from a file.",
        {
            "groups": {
                **parts.make_text_list("Groups of this file that the user is in; the whole list.", [["engineers"]]),
                "items": parts.make_ref("membership"),
            },
            "policies": parts.POLICIES,
            "inline_policies": parts.make_ref("inline_policies"),
            "permissions_boundary": parts.BOUNDARY,
            "mfa": parts.MFA_REQUIRED,
            "console": {
                "type": "boolean",
                "description": "false: a password to sign in with is taken away. true: a plan reports where there is "
                "none. Absent: either way.",
            },
            "access_keys": _ACCESS_KEYS,
            "expires": {
                **parts.make_ref("moment"),
                "description": "From then on AWS denies the user everything; nothing of it is deleted.",
            },
            "path": parts.PATH,
            "tags": parts.make_ref("tags"),
            "protect": parts.PROTECT,
            "ignore_changes": parts.IGNORE_CHANGES,
        },
    )

    read_calls: ClassVar[tuple[ReadCall, ...]] = (
        ReadCall("ListVirtualMFADevices", ("VirtualMFADevices",), optional=True),
    )

    def read(self, raw: RawAccount) -> Iterable[User]:
        for item in raw.items_of("UserDetailList"):
            yield User(
                name=item["UserName"],
                path=item["Path"],
                groups=frozenset(Address("group", name) for name in item.get("GroupList") or ()),
                policies=attached_arns_of(item),
                inline_policies=raw.parse_inline_policies(item, "UserPolicyList"),
                permissions_boundary=boundary_arn_of(item),
                tags=principal_tags_of(item),
            )

    def check_name(self, name: str, place: Place) -> Iterable[Problem]:
        return limits.check_name("user", name, 64, place)

    def declare(self, name: str, node: Map, context: DeclareContext) -> Iterable[DeclaredEntity]:
        path = context.paths[Address("user", name)]
        mfa = get_text(node, "mfa") == "required"
        inline = context.read_inline_policies(node) | self._make_expiry_policy(node, context)
        policies = add_guard(context.resolve_policies(node), context, mfa)
        groups, over = context.resolve_groups(node)
        boundary = get_text(node, "permissions_boundary")
        arn = context.resolve_policy(boundary, node.place_of("permissions_boundary")) if boundary else None
        context.problems.extend(
            [
                *(limits.check_path(path, node.place_of("path")) if "path" in node else ()),
                *limits.check_inline_size("User", inline, node),
                *limits.check_attachments("User", policies, node),
                *limits.check_memberships(groups, node),
                *limits.check_tag_case(node.get_map("tags")),
            ]
        )
        entity = User(
            name,
            path,
            frozenset(groups) - over,
            policies,
            inline,
            arn,
            context.read_tags(node),
            False if node.get("console") is False else None,
        )
        rules = replace(context.read_declaration(node, mfa=mfa), console=node.get("console") is True)
        yield DeclaredEntity(entity, replace(rules, access_keys=_read_key_rule(node.get_map("access_keys"))))

    def _make_expiry_policy(self, node: Map, context: DeclareContext) -> dict[str, Document]:
        """The inline policy that ends the user: AWS compares the date, until an apply after it denies everything."""
        at = context.read_expiry(node)
        if at is None:
            return {}
        if USER_EXPIRY_POLICY in node.get_map("inline_policies"):
            place = node.get_map("inline_policies").place_of(USER_EXPIRY_POLICY, of_key=True)
            summary = f"{USER_EXPIRY_POLICY!r} is the inline policy that `expires` makes."
            context.add_problem("conflict", summary, place, "Give it another name.")
        return {USER_EXPIRY_POLICY: build_denial(None if context.is_over(at) else at, context.partition)}

    def export(self, entity: User, context: ExportContext) -> Entry:
        mfa = context.requires_mfa(entity)
        ending = entity.inline_policies.get(USER_EXPIRY_POLICY)
        expires = export_user_expiry(ending, context.live) if ending else None
        lasting = {
            key: one for key, one in entity.inline_policies.items() if expires is None or key != USER_EXPIRY_POLICY
        }
        return make_entry(
            path=export_path(entity),
            groups=context.group_names_of(entity.groups),
            mfa="required" if mfa else None,
            policies=context.policy_references_of(entity.policies, without_guard=mfa),
            inline_policies=export_inline_policies(lasting, context.live),
            permissions_boundary=context.boundary_reference_of(entity.permissions_boundary),
            expires=expires,
            tags=export_tags(entity.tags),
            protect=is_protected(entity.tags),
        )

    def references(self, entity: User, context: PlanContext) -> frozenset[Address]:
        return entity.groups | context.filter_own_policies(entity.policies, [entity.permissions_boundary])

    def create(self, entity: User, context: PlanContext) -> list[Step]:
        parameters: dict[str, object] = {"UserName": entity.name, "Path": entity.path}
        if entity.permissions_boundary:
            parameters["PermissionsBoundary"] = entity.permissions_boundary
        if entity.tags:
            parameters["Tags"] = to_tag_list(entity.tags)
        needs = needs_of_boundary(entity.permissions_boundary, context)
        bare = User(entity.name, entity.path, permissions_boundary=entity.permissions_boundary, tags=entity.tags)
        return [make_create_step(bare, self.noun, parameters, needs), *self.update(bare, entity, context)]

    def update(self, before: User, after: User, context: PlanContext) -> list[Step]:
        address, target = before.address, {"UserName": before.name}
        old = make_policy_links(address, before.policies, context)
        new = make_policy_links(address, after.policies, context)
        groups = make_group_links(address, before.groups), make_group_links(address, after.groups)
        return [
            *plan_placement("User", before, after, context),
            *_BOUNDARY.plan_changes(address, before.permissions_boundary, after.permissions_boundary, context),
            *_ATTACHED.plan_changes(address, old, new, context),
            *_INLINE.plan_changes(address, before.inline_policies, after.inline_policies, context.staged_documents),
            *MEMBERSHIPS.plan_changes(address, *groups, context),
            *_TAGS.plan_changes(address, dict(target), before.tags, after.tags),
            *([_make_removal_step(before, "DeleteLoginProfile")] if before.console and after.console is False else []),
        ]

    def delete(self, entity: User, context: PlanContext) -> list[Step]:
        address = entity.address
        belongings = context.baseline.details.owned_credentials.get(address, OwnedCredentials())
        steps = [
            *_plan_credential_removal(entity, belongings),
            *_plan_leftover_devices(entity, context.baseline.details.unassigned_devices),
            *_ATTACHED.plan_removal(address, make_policy_links(address, entity.policies, context), context),
            *_INLINE.plan_removal(address, entity.inline_policies),
            *MEMBERSHIPS.plan_removal(address, make_group_links(address, entity.groups), context),
        ]
        return plan_deletion(entity, self.noun, steps, {"UserName": entity.name})


def _read_key_rule(node: Map) -> KeyRule | None:
    """None where the file has no rule; what the schema found fault with counts as absent."""
    age, count = parse_duration(node.get("max_age")), node.get("max_count")
    rule = KeyRule(age, count if type(count) is int else None)
    return rule if rule != KeyRule() else None


def _make_removal_step(user: User, operation: str, **parameters: object) -> Step:
    """The step that takes one thing that a user owns."""
    what = "/".join(map(str, parameters.values()))
    effect = Discard(user.address, operation, what)
    made = removal_of(user.address, f"{operation}/{what}")
    return make_step(user.address, Phase.NARROW, effect, {"UserName": user.name, **parameters}, (), (made,))


def _plan_credential_removal(user: User, owned: OwnedCredentials) -> list[Step]:
    """What must go before DeleteUser is taken (IAM API, DeleteUser)."""
    gone = partial(_make_removal_step, user)
    steps = [gone("DeleteAccessKey", AccessKeyId=key) for key in owned.access_keys]
    if owned.login_profile:
        steps.append(gone("DeleteLoginProfile"))
    steps += [gone("DeleteSigningCertificate", CertificateId=item) for item in owned.signing_certificates]
    steps += [gone("DeleteSSHPublicKey", SSHPublicKeyId=item) for item in owned.ssh_public_keys]
    steps += [
        gone("DeleteServiceSpecificCredential", ServiceSpecificCredentialId=item) for item in owned.service_credentials
    ]
    for device in owned.mfa_devices:
        deactivated = gone("DeactivateMFADevice", SerialNumber=device.serial)
        steps.append(deactivated)
        if device.virtual:
            steps.append(_make_device_removal(user, device.serial, tuple(deactivated.makes)))
    return steps


def _plan_leftover_devices(user: User, unassigned: frozenset[str]) -> list[Step]:
    """The device of the user's name that a deletion had deactivated when it broke off; it would keep its name."""
    return [
        _make_device_removal(user, serial) for serial in sorted(unassigned) if serial.rpartition("/")[2] == user.name
    ]


def _make_device_removal(user: User, serial: str, needs: tuple[Fact, ...] = ()) -> Step:
    made = removal_of(user.address, f"device/{serial}")
    effect = Discard(user.address, "DeleteVirtualMFADevice", serial)
    return make_step(user.address, Phase.NARROW, effect, {"SerialNumber": serial}, needs, (made,))
