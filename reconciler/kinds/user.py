"""Manage users: tags, groups, policies and boundary. A plan removes all that a user owns before the user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from reconciler.kinds import limits
from reconciler.kinds.base import DeclaredEntity, Kind, MoveMethod
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
from reconciler.kinds.facets.identity_reads import read_identity
from reconciler.kinds.facets.inline_policies import InlineFacet
from reconciler.kinds.facets.links import MEMBERSHIPS, make_group_links, make_policy_facet, make_policy_links
from reconciler.kinds.facets.placement import plan_placement
from reconciler.kinds.facets.tags import TagFacet, to_tag_list
from reconciler.kinds.live_reader import LiveReader, RawEntry
from reconciler.kinds.lost_writes import is_renamed, matches_request
from reconciler.kinds.mfa_guard import add_guard
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.raw_account import RawAccount, ReadCall, attached_arns_of, boundary_arn_of, principal_tags_of
from reconciler.kinds.steps import make_create_step, make_step, plan_deletion, presence_elsewhere_of, removal_of
from reconciler.kinds.user_schema import SCHEMA
from reconciler.model.address import Address
from reconciler.model.desired import KeyRule
from reconciler.model.document import Document
from reconciler.model.durations import parse_duration
from reconciler.model.effects import Discard
from reconciler.model.entity import Entity, User
from reconciler.model.live import OwnedCredentials
from reconciler.model.node import Map, get_text
from reconciler.model.plan import Call, Fact, Phase, Step
from reconciler.model.problem import Place, Problem
from reconciler.model.quotas import Quota
from reconciler.policy.document_expiry import build_denial

_ATTACHED = make_policy_facet("User")
_INLINE = InlineFacet("User")
_TAGS = TagFacet("User", folds_keys=User.folds_tag_keys)
_BOUNDARY = BoundaryFacet("User")


class UserKind(Kind):
    name: ClassVar[str] = "user"
    noun: ClassVar[str] = "User"
    entity: ClassVar[type[Entity]] = User
    section: ClassVar[str | None] = "users"
    move_method: ClassVar[MoveMethod] = MoveMethod.RENAME
    quota: ClassVar[Quota | None] = Quota("UsersQuota", "UsersPerAccount", 5000, usage_key="Users")
    lost_by_recreation: ClassVar[str] = (
        "A user that is created again has no password, access key or MFA device, and another unique id: trust policies "
        "that named the old one do not know it until they are written again."
    )
    in_account_details: ClassVar[bool] = True
    list_call: ClassVar[ReadCall | None] = ReadCall("ListUsers", ("Users",))
    calls_to_read_one: ClassVar[int] = 4
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreateUser UpdateUser DeleteUser AttachUserPolicy DetachUserPolicy PutUserPolicy DeleteUserPolicy "
        "AddUserToGroup RemoveUserFromGroup PutUserPermissionsBoundary DeleteUserPermissionsBoundary TagUser "
        "UntagUser DeleteLoginProfile DeleteAccessKey DeleteSigningCertificate DeleteSSHPublicKey "
        "DeleteServiceSpecificCredential DeactivateMFADevice DeleteVirtualMFADevice".split()
    )
    schema: ClassVar[Mapping[str, Any]] = SCHEMA

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

    def read_one(self, address: Address, reader: LiveReader) -> Iterator[RawEntry]:
        item = read_identity("User", address.name, reader)
        groups = reader.list_items(ReadCall("ListGroupsForUser", ("Groups",), {"UserName": item["UserName"]}))
        yield "UserDetailList", {**item, "GroupList": [group["GroupName"] for group in groups]}

    def find_created(self, call: Call, reader: LiveReader) -> bool | None:
        request: Mapping[str, Any] = call.parameters
        if call.operation == "CreateUser":
            return matches_request(reader.call_operation("GetUser", UserName=request["UserName"])["User"], request)
        if call.operation != "UpdateUser":
            return None

        def find_id(name: str) -> str:
            return str(reader.call_operation("GetUser", UserName=name)["User"]["UserId"])

        return "NewUserName" in request and is_renamed(find_id, request["UserName"], request["NewUserName"])

    def check_name(self, name: str, place: Place) -> Iterable[Problem]:
        return limits.check_name("user", name, 64, place)

    def declare(self, name: str, node: Map, context: DeclareContext) -> Iterable[DeclaredEntity]:
        path = context.paths[Address("user", name)]
        mfa = get_text(node, "mfa") == "required"
        inline = context.read_inline_policies(node) | self._make_expiry_policy(node, context)
        policies = add_guard(context.resolve_policies(node), context, mfa)
        groups, expired = context.resolve_groups(node)
        boundary = get_text(node, "permissions_boundary")
        arn = context.resolve_policy(boundary, node.place_of("permissions_boundary")) if boundary else None
        context.problems.extend(
            [
                *(limits.check_path(path, node.place_of("path")) if "path" in node else ()),
                *limits.check_inline_size("User", inline, node),
                *limits.check_attachments("User", name, policies, node),
                *limits.check_memberships(name, groups, node),
                *limits.check_tag_case(node.get_map("tags")),
            ]
        )
        entity = User(
            name,
            path,
            frozenset(groups) - expired,
            policies,
            inline,
            arn,
            context.read_tags(node),
            False if node.get("console") is False else None,
        )
        declaration = replace(context.read_declaration(node, mfa=mfa), console=node.get("console") is True)
        rule = _read_key_rule(node.get_map("access_keys"))
        yield DeclaredEntity(entity, replace(declaration, access_keys=rule))

    def _make_expiry_policy(self, node: Map, context: DeclareContext) -> dict[str, Document]:
        """Return the inline policy that ends the user: it denies everything from `expires` on, or at once."""
        at = context.read_expiry(node)
        if at is None:
            return {}
        if USER_EXPIRY_POLICY in node.get_map("inline_policies"):
            place = node.get_map("inline_policies").place_of(USER_EXPIRY_POLICY, of_key=True)
            summary = f"The inline policy name {USER_EXPIRY_POLICY!r} is reserved for the policy that `expires` makes."
            context.add_problem("conflict", summary, place, "Give this inline policy another name.")
        return {USER_EXPIRY_POLICY: build_denial(None if context.is_over(at) else at, context.partition)}

    def export(self, entity: User, context: ExportContext) -> Entry:
        mfa = context.requires_mfa(entity)
        expiry_policy = entity.inline_policies.get(USER_EXPIRY_POLICY)
        expires = export_user_expiry(expiry_policy, context.live) if expiry_policy else None
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
        makes = (presence_elsewhere_of(context.arn_of(entity.address)),)
        bare = User(entity.name, entity.path, permissions_boundary=entity.permissions_boundary, tags=entity.tags)
        return [make_create_step(bare, self.noun, parameters, needs, makes), *self.update(bare, entity, context)]

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
        owned = context.baseline.details.owned_credentials.get(address, OwnedCredentials())
        steps = [
            *_plan_credential_removal(entity, owned),
            *_plan_leftover_devices(entity, context.baseline.details.unassigned_devices),
            *_ATTACHED.plan_removal(address, make_policy_links(address, entity.policies, context)),
            *_INLINE.plan_removal(address, entity.inline_policies),
            *MEMBERSHIPS.plan_removal(address, make_group_links(address, entity.groups)),
        ]
        return plan_deletion(entity, self.noun, steps, {"UserName": entity.name})


def _read_key_rule(node: Map) -> KeyRule | None:
    """Return the rule of `access_keys`; None if there is none. Values that the schema refuses count as absent."""
    age, count = parse_duration(node.get("max_age")), node.get("max_count")
    rule = KeyRule(age, count if type(count) is int else None)
    return rule if rule != KeyRule() else None


def _make_removal_step(user: User, operation: str, **parameters: object) -> Step:
    """Return the step that removes one item that a user owns. parameters: those of the call that name the item."""
    item = "/".join(map(str, parameters.values()))
    effect = Discard(user.address, operation, item)
    removal_fact = removal_of(user.address, f"{operation}/{item}")
    return make_step(user.address, Phase.NARROW, effect, {"UserName": user.name, **parameters}, (), (removal_fact,))


def _plan_credential_removal(user: User, owned: OwnedCredentials) -> list[Step]:
    """Return the steps that must come before DeleteUser (IAM API, DeleteUser)."""
    remove = partial(_make_removal_step, user)
    steps = [remove("DeleteAccessKey", AccessKeyId=key) for key in owned.access_keys]
    if owned.login_profile:
        steps.append(remove("DeleteLoginProfile"))
    steps += [remove("DeleteSigningCertificate", CertificateId=item) for item in owned.signing_certificates]
    steps += [remove("DeleteSSHPublicKey", SSHPublicKeyId=item) for item in owned.ssh_public_keys]
    steps += [
        remove("DeleteServiceSpecificCredential", ServiceSpecificCredentialId=item)
        for item in owned.service_credentials
    ]
    for device in owned.mfa_devices:
        deactivation = remove("DeactivateMFADevice", SerialNumber=device.serial)
        steps.append(deactivation)
        if device.virtual:
            steps.append(_make_device_removal(user, device.serial, tuple(deactivation.makes)))
    return steps


def _plan_leftover_devices(user: User, unassigned: frozenset[str]) -> list[Step]:
    """Return the steps that delete unassigned devices of the user's name.

    An interrupted deletion of the user leaves one behind, deactivated, and its name stays taken.
    """
    return [
        _make_device_removal(user, serial) for serial in sorted(unassigned) if serial.rpartition("/")[2] == user.name
    ]


def _make_device_removal(user: User, serial: str, needs: tuple[Fact, ...] = ()) -> Step:
    removal_fact = removal_of(user.address, f"device/{serial}")
    effect = Discard(user.address, "DeleteVirtualMFADevice", serial)
    return make_step(user.address, Phase.NARROW, effect, {"SerialNumber": serial}, needs, (removal_fact,))
