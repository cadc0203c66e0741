"""Instance profiles: derived from a role's `instance_profile`. One role each, so a swap takes the old one off first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from reconciler.kinds import limits
from reconciler.kinds.base import Declared
from reconciler.kinds.declaring import Declaring
from reconciler.kinds.facets.tags import OWNER, Tagged, tag_list
from reconciler.kinds.facts import deletion, linked, present, step, unlinked
from reconciler.kinds.planning import Planning
from reconciler.kinds.raw import NO_DETAIL, Raw, Source
from reconciler.kinds.writing import Entry, Writing
from reconciler.model.address import Address
from reconciler.model.desired import Declaration
from reconciler.model.entity import Entity, InstanceProfile, Role
from reconciler.model.node import Map, items
from reconciler.model.plan import Fact, Phase, Step
from reconciler.model.problem import Place, Problem

_TAGS = Tagged("InstanceProfile")


def profile_address(role: Address, node: Map) -> Address | None:
    """The instance profile that a role's node asks for."""
    wanted = node.get("instance_profile")
    if isinstance(wanted, str):
        return Address("instance-profile", wanted)
    return Address("instance-profile", role.name) if wanted is True else None


def profile_of_role(role: Address, node: Map, context: Declaring) -> Declared | None:
    address = profile_address(role, node)
    if address is None or "instance_profile" in (value for value, _ in items(node, "ignore_changes")):
        return None
    place = node.place("instance_profile")
    context.problems.extend(limits.name_problems("instance profile", address.name, 128, place))
    tags = {OWNER: context.owner} if context.owner else {}
    profile = InstanceProfile(address.name, context.paths.get(address, "/"), role, tags)
    return Declared(profile, Declaration(place, derived_from=role))


def written_profile(role: Role, writing: Writing) -> bool | str | None:
    """The `instance_profile` of a role's entry."""
    profile = writing.profiles.get(role.address)
    if profile is None:
        return None
    if profile.path != "/":
        writing.comment(role.address, f"Its instance profile has the path {profile.path}, which only live IAM keeps.")
    return True if profile.name == role.name else profile.name


class InstanceProfileKind:
    name: ClassVar[str] = "instance-profile"
    noun: ClassVar[str] = "InstanceProfile"
    entity: ClassVar[type[Entity]] = InstanceProfile
    section: ClassVar[str | None] = None
    taggable: ClassVar[bool] = True
    immutable: ClassVar[Mapping[str, str]] = {"path": "IAM never changes an instance profile's path"}
    schema: ClassVar[Mapping[str, Any]] = {}
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreateInstanceProfile DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile "
        "TagInstanceProfile UntagInstanceProfile".split()
    )

    sources: ClassVar[tuple[Source, ...]] = (
        Source("ListInstanceProfiles", ("InstanceProfiles",), fields=("InstanceProfileName", "Path", "Arn", "Roles")),
    )

    def read(self, raw: Raw) -> Iterable[InstanceProfile]:
        for item in raw.items("InstanceProfiles"):
            role = next((Address("role", role["RoleName"]) for role in item.get("Roles") or ()), None)
            tags = raw.details.get(item["Arn"], NO_DETAIL).tags
            yield InstanceProfile(item["InstanceProfileName"], item["Path"], role, tags)

    def name_problems(self, name: str, place: Place) -> Iterable[Problem]:
        return limits.name_problems("instance profile", name, 128, place)

    def declare(self, name: str, node: Map, context: Declaring) -> Iterable[Declared]:
        return ()

    def written(self, entity: InstanceProfile, writing: Writing) -> Entry | None:
        taken = writing.profiles.get(entity.role) if entity.role else None
        if entity.role is None:
            writing.left_out[entity.address] = "it holds no role"
        elif taken is None:
            writing.left_out[entity.address] = "its role is left out"
        elif taken != entity:
            writing.left_out[entity.address] = f"{entity.role} has another one in this file"
        return None

    def refers(self, entity: InstanceProfile, planning: Planning) -> frozenset[Address]:
        return frozenset([entity.role] if entity.role else [])

    def create(self, entity: InstanceProfile, planning: Planning) -> list[Step]:
        address = entity.address
        parameters: dict[str, object] = {"InstanceProfileName": entity.name, "Path": entity.path}
        if entity.tags:
            parameters["Tags"] = tag_list(entity.tags)
        first = step(address, Phase.CREATE, "CreateInstanceProfile", parameters, (), (present(address),))
        return [first, *self._swap(address, None, entity.role)]

    def update(self, before: InstanceProfile, after: InstanceProfile, planning: Planning) -> list[Step]:
        target: dict[str, object] = {"InstanceProfileName": before.name}
        return [
            *self._swap(before.address, before.role, after.role),
            *_TAGS.steps(before.address, target, before.tags, after.tags),
        ]

    def _swap(self, address: Address, before: Address | None, after: Address | None) -> list[Step]:
        if before == after:
            return []
        steps: list[Step] = []
        needs: tuple[Fact, ...] = ()
        if before:
            note = "the quota of one role per instance profile"
            steps.append(self._remove(address, before, Phase.SWAP if after else Phase.NARROW, note if after else ""))
            needs = (unlinked(address, before),)
        if after:
            steps.append(
                step(
                    address,
                    Phase.SWAP if before else Phase.WIDEN,
                    "AddRoleToInstanceProfile",
                    {"InstanceProfileName": address.name, "RoleName": after.name},
                    (present(address), present(after), *needs),
                    (linked(address, after),),
                )
            )
        return steps

    def _remove(self, address: Address, role: Address, phase: Phase, note: str = "") -> Step:
        parameters: dict[str, object] = {"InstanceProfileName": address.name, "RoleName": role.name}
        made = (unlinked(address, role),)
        return step(address, phase, "RemoveRoleFromInstanceProfile", parameters, (), made, note)

    def delete(self, entity: InstanceProfile, planning: Planning) -> list[Step]:
        address = entity.address
        steps = [self._remove(address, entity.role, Phase.DELETE)] if entity.role else []
        return deletion(address, steps, "DeleteInstanceProfile", {"InstanceProfileName": entity.name})
