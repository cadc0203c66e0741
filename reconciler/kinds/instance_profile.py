"""Manage instance profiles, which a role's `instance_profile` derives.

A profile holds one role, so a swap removes the old role first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from reconciler.kinds import limits
from reconciler.kinds.base import DeclaredEntity, Kind
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.export_context import Entry, ExportContext
from reconciler.kinds.facets.tags import OWNER, TagFacet, to_tag_list
from reconciler.kinds.live_reader import LiveReader, RawEntry
from reconciler.kinds.lost_writes import matches_request
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.raw_account import NO_TAGS, Item, RawAccount, ReadCall
from reconciler.kinds.steps import link_of, link_removal_of, make_create_step, make_step, plan_deletion, presence_of
from reconciler.model.address import Address
from reconciler.model.desired import Declaration
from reconciler.model.effects import Link, Unlink
from reconciler.model.entity import Entity, InstanceProfile, Role
from reconciler.model.node import Map, get_texts
from reconciler.model.plan import Call, Fact, Phase, Step
from reconciler.model.problem import Place, Problem
from reconciler.model.quotas import ROLES_PER_PROFILE, Quota

_TAGS = TagFacet("InstanceProfile")
_ADD_ROLE, _REMOVE_ROLE = "AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"


def profile_address_of(role: Address, node: Map) -> Address | None:
    """Return the address of the instance profile that a role's node asks for; None if it asks for none."""
    setting = node.get("instance_profile")
    if isinstance(setting, str):
        return Address("instance-profile", setting)
    return Address("instance-profile", role.name) if setting is True else None


def declare_profile(role: Address, node: Map, context: DeclareContext) -> DeclaredEntity | None:
    address = profile_address_of(role, node)
    if address is None or "instance_profile" in (value for value, _ in get_texts(node, "ignore_changes")):
        return None
    place = node.place_of("instance_profile")
    context.problems.extend(limits.check_name("instance profile", address.name, 128, place))
    tags = {OWNER: context.owner} if context.owner else {}
    profile = InstanceProfile(address.name, context.paths.get(address, "/"), role, tags)
    return DeclaredEntity(profile, Declaration(place, derived_from=role))


def export_profile(role: Role, context: ExportContext) -> bool | str | None:
    """Return the `instance_profile` of a role's entry; None if it has none in the file."""
    profile = context.instance_profiles.get(role.address)
    if profile is None:
        return None
    if profile.path != "/":
        context.add_comment(
            role.address, f"Its instance profile has the path {profile.path}, which a file cannot declare."
        )
    return True if profile.name == role.name else profile.name


class InstanceProfileKind(Kind):
    name: ClassVar[str] = "instance-profile"
    noun: ClassVar[str] = "InstanceProfile"
    entity: ClassVar[type[Entity]] = InstanceProfile
    quota: ClassVar[Quota | None] = Quota(
        "InstanceProfilesQuota", "InstanceProfilesPerAccount", 1000, 10000, usage_key="InstanceProfiles"
    )
    immutable: ClassVar[Mapping[str, str]] = {"path": "IAM never changes an instance profile's path"}
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreateInstanceProfile DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile "
        "TagInstanceProfile UntagInstanceProfile".split()
    )

    read_calls: ClassVar[tuple[ReadCall, ...]] = (
        ReadCall(
            "ListInstanceProfiles",
            ("InstanceProfiles",),
            fields=("InstanceProfileName", "Path", "Arn", "Roles"),
            lists_kind=True,
        ),
    )
    has_separate_tags: ClassVar[bool] = True
    list_call: ClassVar[ReadCall | None] = ReadCall("ListInstanceProfiles", ("InstanceProfiles",))

    def read(self, raw: RawAccount) -> Iterable[InstanceProfile]:
        for item in raw.items_of("InstanceProfiles"):
            role = next((Address("role", role["RoleName"]) for role in item.get("Roles") or ()), None)
            tags = raw.details.get(item["Arn"], NO_TAGS).tags
            yield InstanceProfile(item["InstanceProfileName"], item["Path"], role, tags)

    def read_one(self, address: Address, reader: LiveReader) -> Iterator[RawEntry]:
        yield "InstanceProfiles", self._get_profile(address.name, reader)

    def find_created(self, call: Call, reader: LiveReader) -> bool | None:
        if call.operation not in ("CreateInstanceProfile", "AddRoleToInstanceProfile"):
            return None
        request: Mapping[str, Any] = call.parameters
        live = self._get_profile(request["InstanceProfileName"], reader)
        if call.operation == "CreateInstanceProfile":
            return matches_request(live, request)
        return any(role["RoleName"] == request["RoleName"] for role in live["Roles"])

    def _get_profile(self, name: str, reader: LiveReader) -> Item:
        profile: Item = reader.call_operation("GetInstanceProfile", InstanceProfileName=name)["InstanceProfile"]
        return profile

    def dependents_of(self, address: Address, context: PlanContext) -> tuple[Address, ...]:
        profile = context.baseline.entities.get(address)
        return (profile.role,) if isinstance(profile, InstanceProfile) and profile.role else ()

    def check_name(self, name: str, place: Place) -> Iterable[Problem]:
        return limits.check_name("instance profile", name, 128, place)

    def export(self, entity: InstanceProfile, context: ExportContext) -> Entry | None:
        declared = context.instance_profiles.get(entity.role) if entity.role else None
        if entity.role is None:
            context.omissions[entity.address] = "it holds no role"
        elif declared is None:
            context.omissions[entity.address] = "its role is left out"
        elif declared != entity:
            context.omissions[entity.address] = f"{entity.role} has another instance profile in this file"
        return None

    def references(self, entity: InstanceProfile, context: PlanContext) -> frozenset[Address]:
        return frozenset([entity.role] if entity.role else [])

    def create(self, entity: InstanceProfile, context: PlanContext) -> list[Step]:
        address = entity.address
        parameters: dict[str, object] = {"InstanceProfileName": entity.name, "Path": entity.path}
        if entity.tags:
            parameters["Tags"] = to_tag_list(entity.tags)
        first = make_create_step(replace(entity, role=None), self.noun, parameters)
        return [first, *self._plan_role_change(address, None, entity.role)]

    def update(self, before: InstanceProfile, after: InstanceProfile, context: PlanContext) -> list[Step]:
        target: dict[str, object] = {"InstanceProfileName": before.name}
        return [
            *self._plan_role_change(before.address, before.role, after.role),
            *_TAGS.plan_changes(before.address, target, before.tags, after.tags),
        ]

    def _plan_role_change(self, address: Address, before: Address | None, after: Address | None) -> list[Step]:
        if before == after:
            return []
        steps: list[Step] = []
        needs: tuple[Fact, ...] = ()
        if before:
            phase, forced_by = (Phase.SWAP, ROLES_PER_PROFILE) if after else (Phase.NARROW, None)
            steps.append(make_role_removal(address, address, before, phase, forced_by))
            needs = (link_removal_of(address, before),)
        if after:
            steps.append(
                make_step(
                    address,
                    Phase.SWAP if before else Phase.WIDEN,
                    Link(address, _ADD_ROLE, _REMOVE_ROLE, after),
                    {"InstanceProfileName": address.name, "RoleName": after.name},
                    (presence_of(address), presence_of(after), *needs),
                    (link_of(address, after),),
                )
            )
        return steps

    def delete(self, entity: InstanceProfile, context: PlanContext) -> list[Step]:
        address = entity.address
        steps = [make_role_removal(address, address, entity.role, Phase.DELETE)] if entity.role else []
        return plan_deletion(entity, self.noun, steps, {"InstanceProfileName": entity.name})


def make_role_removal(
    address: Address, profile: Address, role: Address, phase: Phase, forced_by: Quota | None = None
) -> Step:
    """Return the step that removes a role from an instance profile. address: the entity whose change needs it."""
    parameters: dict[str, object] = {"InstanceProfileName": profile.name, "RoleName": role.name}
    effect = Unlink(profile, _REMOVE_ROLE, _ADD_ROLE, role)
    return make_step(address, phase, effect, parameters, (), (link_removal_of(profile, role),), forced_by)
