"""Groups: no tags and no boundary in AWS, so they are managed while declared and owned only by path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from reconciler.kinds import limits
from reconciler.kinds import schema_parts as parts
from reconciler.kinds.base import Declared
from reconciler.kinds.declaring import Declaring
from reconciler.kinds.facets.inline import Inline
from reconciler.kinds.facets.links import attached, policy_links
from reconciler.kinds.facets.placement import placed
from reconciler.kinds.facts import deletion, present, step, unlinked
from reconciler.kinds.mfa_guard import guarded
from reconciler.kinds.planning import Planning
from reconciler.kinds.raw import Raw, Source, attached_arns
from reconciler.kinds.writing import Entry, Writing, documents, entry, path
from reconciler.model.address import Address
from reconciler.model.entity import Entity, Group
from reconciler.model.node import Map, text
from reconciler.model.plan import Phase, Step
from reconciler.model.problem import Place, Problem

_ATTACHED = attached("Group")
_INLINE = Inline("Group")


class GroupKind:
    name: ClassVar[str] = "group"
    noun: ClassVar[str] = "Group"
    entity: ClassVar[type[Entity]] = Group
    section: ClassVar[str | None] = "groups"
    taggable: ClassVar[bool] = False
    immutable: ClassVar[Mapping[str, str]] = {}
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreateGroup UpdateGroup DeleteGroup AttachGroupPolicy DetachGroupPolicy PutGroupPolicy "
        "DeleteGroupPolicy RemoveUserFromGroup".split()
    )
    schema: ClassVar[Mapping[str, Any]] = parts.entry(
        "Group",
        "A group; its members are named by the users. AWS has no tags for groups.",
        {
            "policies": parts.POLICIES,
            "inline_policies": parts.ref("inline_policies"),
            "mfa": parts.MFA_REQUIRED,
            "path": parts.PATH,
            "ignore_changes": parts.IGNORE_CHANGES,
        },
    )

    sources: ClassVar[tuple[Source, ...]] = ()

    def read(self, raw: Raw) -> Iterable[Group]:
        for item in raw.items("GroupDetailList"):
            inline = raw.inline(item, "GroupPolicyList")
            yield Group(item["GroupName"], item["Path"], attached_arns(item), inline)

    def name_problems(self, name: str, place: Place) -> Iterable[Problem]:
        return limits.name_problems("group", name, 128, place)

    def declare(self, name: str, node: Map, context: Declaring) -> Iterable[Declared]:
        path = context.paths[Address("group", name)]
        mfa = text(node, "mfa") == "required"
        inline = context.inline_documents(node)
        policies = guarded(context.policy_arns(node), context, mfa)
        context.problems.extend(
            [
                *(limits.path_problems(path, node.place("path")) if "path" in node else ()),
                *limits.inline_size_problems("Group", inline, node),
                *limits.attachment_problems("Group", policies, node),
            ]
        )
        yield Declared(Group(name, path, policies, inline), context.declaration(node, mfa=mfa))

    def written(self, entity: Group, writing: Writing) -> Entry:
        mfa = writing.requires_mfa(entity)
        return entry(
            path=path(entity),
            mfa="required" if mfa else None,
            policies=writing.policies(entity.policies, guarded=mfa),
            inline_policies=documents(entity.inline_policies, writing.live),
        )

    def refers(self, entity: Group, planning: Planning) -> frozenset[Address]:
        return planning.own_policies(entity.policies)

    def create(self, entity: Group, planning: Planning) -> list[Step]:
        address = entity.address
        parameters: dict[str, object] = {"GroupName": entity.name, "Path": entity.path}
        first = step(address, Phase.CREATE, "CreateGroup", parameters, (), (present(address),))
        return [first, *self.update(Group(entity.name, entity.path), entity, planning)]

    def update(self, before: Group, after: Group, planning: Planning) -> list[Step]:
        address = before.address
        old = policy_links(address, before.policies, planning)
        new = policy_links(address, after.policies, planning)
        return [
            *placed("Group", before, after, planning),
            *_ATTACHED.steps(address, old, new, planning),
            *_INLINE.steps(address, before.inline_policies, after.inline_policies, planning.staged),
        ]

    def delete(self, entity: Group, planning: Planning) -> list[Step]:
        address = entity.address
        members = planning.members.get(address, ())
        foreign = [
            step(
                address,
                Phase.DELETE,
                "RemoveUserFromGroup",
                {"GroupName": entity.name, "UserName": member.name},
                (),
                (unlinked(member, address),),
            )
            for member in members
            if not planning.settled(member)
        ]
        steps = [
            *foreign,
            *_ATTACHED.emptying(address, policy_links(address, entity.policies, planning), planning),
            *_INLINE.emptying(address, entity.inline_policies),
        ]
        left = tuple(unlinked(member, address) for member in members)
        return deletion(address, steps, "DeleteGroup", {"GroupName": entity.name}, left)
