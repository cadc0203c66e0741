"""Manage groups. AWS gives them neither tags nor a boundary, so only their path shows an owner (`/OWNER/`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from reconciler.kinds import limits
from reconciler.kinds import schema_parts as parts
from reconciler.kinds.base import DeclaredEntity, Kind, MoveMethod
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.export_context import Entry, ExportContext, export_inline_policies, export_path, make_entry
from reconciler.kinds.facets.identity_reads import read_identity
from reconciler.kinds.facets.inline_policies import InlineFacet
from reconciler.kinds.facets.links import (
    MEMBERSHIPS,
    make_group_links,
    make_policy_facet,
    make_policy_links,
    make_release_step,
)
from reconciler.kinds.facets.placement import plan_placement
from reconciler.kinds.live_reader import LiveReader, RawEntry
from reconciler.kinds.lost_writes import is_renamed, matches_request
from reconciler.kinds.mfa_guard import add_guard
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.raw_account import RawAccount, ReadCall, attached_arns_of
from reconciler.kinds.steps import link_removal_of, make_create_step, plan_deletion
from reconciler.model.address import Address
from reconciler.model.entity import Entity, Group
from reconciler.model.node import Map, get_text
from reconciler.model.plan import Call, Step
from reconciler.model.problem import Place, Problem
from reconciler.model.quotas import Quota

_ATTACHED = make_policy_facet("Group")
_INLINE = InlineFacet("Group")


class GroupKind(Kind):
    name: ClassVar[str] = "group"
    noun: ClassVar[str] = "Group"
    entity: ClassVar[type[Entity]] = Group
    section: ClassVar[str | None] = "groups"
    move_method: ClassVar[MoveMethod] = MoveMethod.RENAME
    quota: ClassVar[Quota | None] = Quota("GroupsQuota", "GroupsPerAccount", 300, 500, usage_key="Groups")
    in_account_details: ClassVar[bool] = True
    list_call: ClassVar[ReadCall | None] = ReadCall("ListGroups", ("Groups",))
    calls_to_read_one: ClassVar[int] = 3
    taggable: ClassVar[bool] = False
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreateGroup UpdateGroup DeleteGroup AttachGroupPolicy DetachGroupPolicy PutGroupPolicy "
        "DeleteGroupPolicy RemoveUserFromGroup".split()
    )
    schema: ClassVar[Mapping[str, Any]] = parts.make_entry_schema(
        "Group",
        "A group; its members are named by the users. AWS has no tags for groups.",
        {
            "policies": parts.POLICIES,
            "inline_policies": parts.make_ref("inline_policies"),
            "mfa": parts.MFA_REQUIRED,
            "path": parts.PATH,
            "ignore_changes": parts.IGNORE_CHANGES,
        },
    )

    def read(self, raw: RawAccount) -> Iterable[Group]:
        for item in raw.items_of("GroupDetailList"):
            inline = raw.parse_inline_policies(item, "GroupPolicyList")
            yield Group(item["GroupName"], item["Path"], attached_arns_of(item), inline)

    def read_one(self, address: Address, reader: LiveReader) -> Iterator[RawEntry]:
        """Read one group. GetGroup also lists members, which nobody needs here: MaxItems is 1, its lowest value."""
        yield "GroupDetailList", read_identity("Group", address.name, reader, MaxItems=1)

    def find_created(self, call: Call, reader: LiveReader) -> bool | None:
        request: Mapping[str, Any] = call.parameters
        if call.operation == "CreateGroup":
            return matches_request(reader.call_operation("GetGroup", GroupName=request["GroupName"])["Group"], request)
        if call.operation != "UpdateGroup":
            return None

        def find_id(name: str) -> str:
            return str(reader.call_operation("GetGroup", GroupName=name)["Group"]["GroupId"])

        return "NewGroupName" in request and is_renamed(find_id, request["GroupName"], request["NewGroupName"])

    def dependents_of(self, address: Address, context: PlanContext) -> tuple[Address, ...]:
        return context.members.get(address, ())

    def check_name(self, name: str, place: Place) -> Iterable[Problem]:
        return limits.check_name("group", name, 128, place)

    def declare(self, name: str, node: Map, context: DeclareContext) -> Iterable[DeclaredEntity]:
        path = context.paths[Address("group", name)]
        mfa = get_text(node, "mfa") == "required"
        inline = context.read_inline_policies(node)
        policies = add_guard(context.resolve_policies(node), context, mfa)
        context.problems.extend(
            [
                *(limits.check_path(path, node.place_of("path")) if "path" in node else ()),
                *limits.check_inline_size("Group", inline, node),
                *limits.check_attachments("Group", name, policies, node),
            ]
        )
        yield DeclaredEntity(Group(name, path, policies, inline), context.read_declaration(node, mfa=mfa))

    def export(self, entity: Group, context: ExportContext) -> Entry:
        mfa = context.requires_mfa(entity)
        return make_entry(
            path=export_path(entity),
            mfa="required" if mfa else None,
            policies=context.policy_references_of(entity.policies, without_guard=mfa),
            inline_policies=export_inline_policies(entity.inline_policies, context.live),
        )

    def references(self, entity: Group, context: PlanContext) -> frozenset[Address]:
        return context.filter_own_policies(entity.policies)

    def create(self, entity: Group, context: PlanContext) -> list[Step]:
        bare = Group(entity.name, entity.path)
        first = make_create_step(bare, self.noun, {"GroupName": entity.name, "Path": entity.path})
        return [first, *self.update(bare, entity, context)]

    def update(self, before: Group, after: Group, context: PlanContext) -> list[Step]:
        address = before.address
        old = make_policy_links(address, before.policies, context)
        new = make_policy_links(address, after.policies, context)
        return [
            *plan_placement("Group", before, after, context),
            *_ATTACHED.plan_changes(address, old, new, context),
            *_INLINE.plan_changes(address, before.inline_policies, after.inline_policies, context.staged_documents),
        ]

    def delete(self, entity: Group, context: PlanContext) -> list[Step]:
        address = entity.address
        members = context.members.get(address, ())
        foreign = [
            make_release_step(address, member, MEMBERSHIPS, link)
            for member in members
            if not context.is_planned(member)
            for link in make_group_links(member, frozenset([address]))
        ]
        steps = [
            *foreign,
            *_ATTACHED.plan_removal(address, make_policy_links(address, entity.policies, context)),
            *_INLINE.plan_removal(address, entity.inline_policies),
        ]
        needs = tuple(link_removal_of(member, address) for member in members)
        return plan_deletion(entity, self.noun, steps, {"GroupName": entity.name}, needs)
