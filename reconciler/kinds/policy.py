"""Customer-managed policies. A new document is a new default version; name, path and description never change.

AWS keeps five versions (IAM User Guide, "Versioning IAM policies"): the oldest that is not the default goes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from reconciler.kinds import limits
from reconciler.kinds import schema_parts as parts
from reconciler.kinds.base import Declared
from reconciler.kinds.declaring import Declaring
from reconciler.kinds.facets.tags import Tagged, tag_list
from reconciler.kinds.facts import absent, deletion, edit, emptied, present, staged, step, unbounded, unlinked
from reconciler.kinds.planning import Planning
from reconciler.kinds.raw import NO_DETAIL, Raw, Source
from reconciler.kinds.writing import Entry, Writing, entry, path, protected, tags
from reconciler.model.address import Address
from reconciler.model.arns import path_of
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Policy
from reconciler.model.live import PolicyVersion
from reconciler.model.node import Map, text
from reconciler.model.plan import Phase, Step
from reconciler.model.problem import Place, Problem
from reconciler.model.quotas import MANAGED_SIZE, VERSIONS
from reconciler.policy.grammar import Use
from reconciler.policy.grants import shift_of
from reconciler.policy.readable import readable
from reconciler.policy.stages import stages

_TAGS = Tagged("Policy")


class PolicyKind:
    name: ClassVar[str] = "policy"
    noun: ClassVar[str] = "Policy"
    entity: ClassVar[type[Entity]] = Policy
    section: ClassVar[str | None] = "policies"
    taggable: ClassVar[bool] = True
    immutable: ClassVar[Mapping[str, str]] = {
        "path": "IAM never changes a policy's path",
        "description": "IAM never changes a policy's description",
    }
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion TagPolicy UntagPolicy "
        "DetachUserPolicy DetachGroupPolicy DetachRolePolicy".split()
    )
    schema: ClassVar[Mapping[str, Any]] = parts.entry(
        "Managed policy",
        "A customer-managed policy of this account.",
        {
            "document": parts.ref("document"),
            "description": {
                "type": "string",
                "description": "Set at creation; AWS never changes it. Absent: left as it is live.",
            },
            "path": parts.PATH,
            "tags": parts.ref("tags"),
            "protect": parts.PROTECT,
            "ignore_changes": parts.IGNORE_CHANGES,
        },
        ["document"],
    )

    sources: ClassVar[tuple[Source, ...]] = ()

    def read(self, raw: Raw) -> Iterable[Policy]:
        for item in raw.items("Policies"):
            default = next(v for v in item["PolicyVersionList"] if v["IsDefaultVersion"])
            arn: str = item["Arn"]
            name = arn.rpartition("/")[2]
            document = raw.document(default["Document"])
            detail = raw.details.get(arn, NO_DETAIL)
            description = item.get("Description", detail.description)
            yield Policy(name, document, path_of(arn), description, detail.tags)

    def name_problems(self, name: str, place: Place) -> Iterable[Problem]:
        return limits.name_problems("policy", name, 128, place)

    def declare(self, name: str, node: Map, context: Declaring) -> Iterable[Declared]:
        address = Address("policy", name)
        path = context.paths[address]
        report = context.problems.extend
        if "path" in node:
            report(limits.path_problems(path, node.place("path"), policy=True))
        description = text(node, "description")
        if description is not None:
            report(limits.description_problems(description, node.place("description")))
        tags, declaration = context.tags(node), context.declaration(node)
        document = context.documents.read(node, "document", Use.MANAGED)
        if document is None:
            return
        report(limits.document_size_problems(document, MANAGED_SIZE.default, node.place("document")))
        yield Declared(Policy(name, document, path, description, tags), declaration)

    def written(self, entity: Policy, writing: Writing) -> Entry | None:
        if entity.address == writing.guard:
            return None
        return entry(
            path=path(entity),
            description=entity.description,
            document=readable(entity.document),
            tags=tags(entity.tags),
            protect=protected(entity.tags),
        )

    def refers(self, entity: Policy, planning: Planning) -> frozenset[Address]:
        return frozenset()

    def create(self, entity: Policy, planning: Planning) -> list[Step]:
        parameters: dict[str, object] = {"PolicyName": entity.name, "Path": entity.path}
        parameters["PolicyDocument"] = entity.document.text
        if entity.description:
            parameters["Description"] = entity.description
        if entity.tags:
            parameters["Tags"] = tag_list(entity.tags)
        return [step(entity.address, Phase.CREATE, "CreatePolicy", parameters, (), (present(entity.address),))]

    def update(self, before: Policy, after: Policy, planning: Planning) -> list[Step]:
        address, target = before.address, self._target(before, planning)
        written = self._versions(before, after.document, planning) if before.document != after.document else []
        return [*written, *_TAGS.steps(address, target, before.tags, after.tags)]

    def _versions(self, before: Policy, document: Document, planning: Planning) -> list[Step]:
        """One new version; where one call cannot do it in time, one for each stage. Each makes its own room."""
        address, target = before.address, self._target(before, planning)
        apart = (address, "") in planning.staged
        written = stages(before.document, document, MANAGED_SIZE.default) if apart else (document,)
        spare = self._oldest(before, planning, len(written))
        removals: list[Step] = []
        versions: list[Step] = []
        for old, new in zip((before.document, *written[:-1]), written, strict=True):
            shift = shift_of(old.statements, new.statements)
            number = len(versions) + len(spare) - len(written)
            room = [self._delete_version(before, spare[number].id, planning, shift.phase)] if number >= 0 else []
            needs = (present(address), *(fact for removal in room for fact in removal.makes))
            parameters = {**target, "PolicyDocument": new.text, "SetAsDefault": True}
            removals += room
            versions.append(edit(address, shift, "CreatePolicyVersion", parameters, needs))
        return [*removals, *staged(versions, (address, ""))]

    def _oldest(self, policy: Policy, planning: Planning, wanted: int) -> list[PolicyVersion]:
        """The oldest versions that are not in force, as many as must go for so many new ones."""
        versions = planning.live.facts.versions.get(policy.address, ())
        spare = sorted((v for v in versions if not v.default), key=lambda v: (v.created, v.number))
        return spare[: max(0, len(versions) + wanted - VERSIONS.default)]

    def _delete_version(self, policy: Policy, version: str, planning: Planning, phase: Phase) -> Step:
        parameters = {**self._target(policy, planning), "VersionId": version}
        made = emptied(policy.address, f"version/{version}")
        return step(policy.address, phase, "DeletePolicyVersion", parameters, (), (made,))

    def delete(self, entity: Policy, planning: Planning) -> list[Step]:
        address, target = entity.address, self._target(entity, planning)
        arn = str(target["PolicyArn"])
        holders = planning.holders.get(arn, ())
        steps = [
            step(
                address,
                Phase.DELETE,
                f"Detach{holder.kind.capitalize()}Policy",
                {f"{holder.kind.capitalize()}Name": holder.name, **target},
                (),
                (unlinked(holder, arn),),
            )
            for holder in holders
            if not planning.settled(holder)
        ]
        versions = planning.live.facts.versions.get(address, ())
        steps += [
            self._delete_version(entity, version.id, planning, Phase.DELETE)
            for version in versions
            if not version.default
        ]
        bounded = [holder for holder in planning.bounded.get(arn, ()) if planning.settled(holder)]
        freed = [absent(h) if h in planning.doomed else unbounded(h, arn) for h in bounded]
        detached = [unlinked(holder, arn) for holder in holders]
        return deletion(address, steps, "DeletePolicy", target, (*freed, *detached))

    def _target(self, policy: Policy, planning: Planning) -> dict[str, object]:
        return {"PolicyArn": planning.arn(policy.address)}


def policy_versions(raw: Raw) -> dict[Address, tuple[PolicyVersion, ...]]:
    """Map every live policy to its versions, oldest first.

    In one order, whichever operation told them: a saved plan is made from GetAccountAuthorizationDetails and read again
    by ListPolicyVersions, which tells the newest first.
    """
    return {
        Address("policy", item["Arn"].rpartition("/")[2]): tuple(
            sorted(
                (
                    PolicyVersion(version["VersionId"], str(version.get("CreateDate", "")), version["IsDefaultVersion"])
                    for version in item["PolicyVersionList"]
                ),
                key=lambda version: version.number,
            )
        )
        for item in raw.items("Policies")
    }
