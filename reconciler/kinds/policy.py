"""Manage customer-managed policies. A new document is a new default version; name, path and description never change.

AWS keeps at most five versions (IAM User Guide, "Versioning IAM policies"). So a plan first deletes the oldest version
that is not the default.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from reconciler.kinds import limits
from reconciler.kinds import schema_parts as parts
from reconciler.kinds.base import DeclaredEntity, Kind, MoveMethod
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.export_context import Entry, ExportContext, export_path, export_tags, is_protected, make_entry
from reconciler.kinds.facets.links import make_policy_facet, make_policy_links, make_release_step
from reconciler.kinds.facets.tags import TagFacet, to_tag_list
from reconciler.kinds.live_reader import LiveReader, RawEntry
from reconciler.kinds.lost_writes import is_same_document, matches_request
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.raw_account import NO_TAGS, Item, RawAccount, ReadCall
from reconciler.kinds.steps import (
    absence_of,
    boundary_removal_of,
    chain_stages,
    link_removal_of,
    make_create_step,
    make_step,
    plan_deletion,
    presence_of,
    removal_of,
)
from reconciler.model.address import Address
from reconciler.model.arns import arn_of, path_of
from reconciler.model.document import Document
from reconciler.model.effects import Discard, WriteDocument
from reconciler.model.entity import Entity, Policy
from reconciler.model.live import PolicyVersion
from reconciler.model.node import Map, get_text
from reconciler.model.plan import Call, Phase, Step
from reconciler.model.problem import Place, Problem
from reconciler.model.quotas import MANAGED_SIZE, VERSIONS, Quota
from reconciler.policy.grammar import PolicyType
from reconciler.policy.permission_delta import diff_statements, phase_of_delta
from reconciler.policy.readable_form import to_readable
from reconciler.policy.stages import split_into_stages

_TAGS = TagFacet("Policy")
_CREATE_VERSION = "CreatePolicyVersion"


class PolicyKind(Kind):
    name: ClassVar[str] = "policy"
    noun: ClassVar[str] = "Policy"
    entity: ClassVar[type[Entity]] = Policy
    section: ClassVar[str | None] = "policies"
    move_method: ClassVar[MoveMethod] = MoveMethod.REPLACE
    quota: ClassVar[Quota | None] = Quota("PoliciesQuota", "PoliciesPerAccount", 1500, 10000, usage_key="Policies")
    in_account_details: ClassVar[bool] = True
    has_separate_tags: ClassVar[bool] = True
    list_call: ClassVar[ReadCall | None] = ReadCall("ListPolicies", ("Policies",), {"Scope": "Local"})
    is_read_by_arn: ClassVar[bool] = True
    calls_to_read_one: ClassVar[int] = 3
    immutable: ClassVar[Mapping[str, str]] = {
        "path": "IAM never changes a policy's path",
        "description": "IAM never changes a policy's description",
    }
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion TagPolicy UntagPolicy "
        "DetachUserPolicy DetachGroupPolicy DetachRolePolicy".split()
    )
    schema: ClassVar[Mapping[str, Any]] = parts.make_entry_schema(
        "Managed policy",
        "A customer-managed policy of this account.",
        {
            "document": parts.make_ref("document"),
            "description": {
                "type": "string",
                "description": "Set at creation; AWS never changes it. Absent: left as it is live.",
            },
            "path": parts.PATH,
            "tags": parts.make_ref("tags"),
            "protect": parts.PROTECT,
            "ignore_changes": parts.IGNORE_CHANGES,
        },
        ["document"],
    )

    def read(self, raw: RawAccount) -> Iterable[Policy]:
        for item in raw.items_of("Policies"):
            default = next(v for v in item["PolicyVersionList"] if v["IsDefaultVersion"])
            arn: str = item["Arn"]
            name = arn.rpartition("/")[2]
            document = raw.parse_document(default["Document"])
            detail = raw.details.get(arn, NO_TAGS)
            description = item.get("Description", detail.description)
            yield Policy(name, document, path_of(arn), description, detail.tags)

    def read_one(self, address: Address, reader: LiveReader) -> Iterator[RawEntry]:
        arn = reader.find_arn(address)
        if arn is None:
            return
        policy = reader.call_operation("GetPolicy", PolicyArn=arn)["Policy"]
        versions = reader.list_items(ReadCall("ListPolicyVersions", ("Versions",), {"PolicyArn": arn}))
        default = policy["DefaultVersionId"]
        version = reader.call_operation("GetPolicyVersion", PolicyArn=arn, VersionId=default)["PolicyVersion"]
        # Another version may have become the default between these calls: we yield the one whose document we have.
        others = [{**other, "IsDefaultVersion": False} for other in versions if other["VersionId"] != default]
        in_force = {**version, "IsDefaultVersion": True}
        yield "Policies", {"Description": "", **policy, "PolicyVersionList": [*others, in_force]}

    def find_created(self, call: Call, reader: LiveReader) -> bool | None:
        request: Mapping[str, Any] = call.parameters
        if call.operation == "CreatePolicyVersion":
            live = reader.call_operation("GetPolicy", PolicyArn=request["PolicyArn"])["Policy"]
            return self._has_document(live, request["PolicyDocument"], reader)
        if call.operation != "CreatePolicy":
            return None
        address = Address(self.name, request["PolicyName"])
        arn = arn_of(address, request.get("Path", "/"), reader.account, reader.partition)
        live = reader.call_operation("GetPolicy", PolicyArn=arn)["Policy"]
        return matches_request(live, request) and self._has_document(live, request["PolicyDocument"], reader)

    def _has_document(self, live: Item, request: str, reader: LiveReader) -> bool:
        target = {"PolicyArn": live["Arn"], "VersionId": live["DefaultVersionId"]}
        version = reader.call_operation("GetPolicyVersion", **target)["PolicyVersion"]
        return is_same_document(reader, version["Document"], request)

    def dependents_of(self, address: Address, context: PlanContext) -> tuple[Address, ...]:
        return context.policy_holders.get(context.arn_of(address), ())

    def check_name(self, name: str, place: Place) -> Iterable[Problem]:
        return limits.check_name("policy", name, 128, place)

    def declare(self, name: str, node: Map, context: DeclareContext) -> Iterable[DeclaredEntity]:
        address = Address("policy", name)
        path = context.paths[address]
        report = context.problems.extend
        if "path" in node:
            report(limits.check_path(path, node.place_of("path"), policy=True))
        description = get_text(node, "description")
        if description is not None:
            report(limits.check_description(description, node.place_of("description")))
        tags, declaration = context.read_tags(node), context.read_declaration(node)
        document = context.document_reader.read(node, "document", PolicyType.MANAGED)
        if document is None:
            return
        report(limits.check_document_size(document, MANAGED_SIZE.default, node.place_of("document")))
        yield DeclaredEntity(Policy(name, document, path, description, tags), declaration)

    def export(self, entity: Policy, context: ExportContext) -> Entry | None:
        if entity.address == context.mfa_guard:
            return None
        return make_entry(
            path=export_path(entity),
            description=entity.description,
            document=to_readable(entity.document),
            tags=export_tags(entity.tags),
            protect=is_protected(entity.tags),
        )

    def create(self, entity: Policy, context: PlanContext) -> list[Step]:
        parameters: dict[str, object] = {"PolicyName": entity.name, "Path": entity.path}
        parameters["PolicyDocument"] = entity.document.text
        if entity.description:
            parameters["Description"] = entity.description
        if entity.tags:
            parameters["Tags"] = to_tag_list(entity.tags)
        return [make_create_step(entity, self.noun, parameters)]

    def update(self, before: Policy, after: Policy, context: PlanContext) -> list[Step]:
        address, target = before.address, self._target_of(before, context)
        written = self._plan_versions(before, after.document, context) if before.document != after.document else []
        return [*written, *_TAGS.plan_changes(address, target, before.tags, after.tags)]

    def _plan_versions(self, before: Policy, document: Document, context: PlanContext) -> list[Step]:
        """Return the steps that write the document: one new version, or one for each stage of a staged document.

        If there is no room for a version, a step of its own deletes an old one first.
        """
        address, target = before.address, self._target_of(before, context)
        in_stages = (address, "") in context.staged_documents
        stages = split_into_stages(before.document, document, MANAGED_SIZE.default) if in_stages else (document,)
        spare = self._find_oldest_versions(before, context, len(stages))
        removals: list[Step] = []
        versions: list[Step] = []
        for old, new in zip((before.document, *stages[:-1]), stages, strict=True):
            delta = diff_statements(old.statements, new.statements)
            phase = phase_of_delta(delta)
            number = len(versions) + len(spare) - len(stages)
            room = [self._make_version_removal(before, spare[number].id, context, phase)] if number >= 0 else []
            needs = (presence_of(address), *(fact for removal in room for fact in removal.makes))
            parameters = {**target, "PolicyDocument": new.text, "SetAsDefault": True}
            removals += room
            effect = WriteDocument(address, _CREATE_VERSION, _CREATE_VERSION, "", old, new, delta)
            versions.append(make_step(address, phase, effect, parameters, needs))
        return [*removals, *chain_stages(versions, (address, ""))]

    def _find_oldest_versions(self, policy: Policy, context: PlanContext, new_count: int) -> list[PolicyVersion]:
        """Return the oldest versions that are not the default: those that must go to make room for the new ones."""
        versions = context.baseline.details.versions.get(policy.address, ())
        spare = sorted((v for v in versions if not v.default), key=lambda v: (v.created, v.number))
        return spare[: max(0, len(versions) + new_count - VERSIONS.default)]

    def _make_version_removal(self, policy: Policy, version: str, context: PlanContext, phase: Phase) -> Step:
        parameters = {**self._target_of(policy, context), "VersionId": version}
        removal_fact = removal_of(policy.address, f"version/{version}")
        effect = Discard(policy.address, "DeletePolicyVersion", version)
        return make_step(policy.address, phase, effect, parameters, (), (removal_fact,))

    def delete(self, entity: Policy, context: PlanContext) -> list[Step]:
        address, target = entity.address, self._target_of(entity, context)
        arn = str(target["PolicyArn"])
        holders = context.policy_holders.get(arn, ())
        steps = [
            make_release_step(address, holder, make_policy_facet(holder.kind.capitalize()), link)
            for holder in holders
            if not context.is_planned(holder)
            for link in make_policy_links(holder, frozenset([arn]), context)
        ]
        versions = context.baseline.details.versions.get(address, ())
        steps += [
            self._make_version_removal(entity, version.id, context, Phase.DELETE)
            for version in versions
            if not version.default
        ]
        bounded = [holder for holder in context.boundary_holders.get(arn, ()) if context.is_planned(holder)]
        needs = [absence_of(h) if h in context.deletions else boundary_removal_of(h, arn) for h in bounded]
        needs += [link_removal_of(holder, arn) for holder in holders]
        return plan_deletion(entity, self.noun, steps, target, tuple(needs))

    def _target_of(self, policy: Policy, context: PlanContext) -> dict[str, object]:
        return {"PolicyArn": context.arn_of(policy.address)}


def read_policy_versions(raw: RawAccount) -> dict[Address, tuple[PolicyVersion, ...]]:
    """Map every live policy to its versions, oldest first.

    The order does not depend on the operation: a saved plan is made from GetAccountAuthorizationDetails and read again
    by ListPolicyVersions, which lists the newest first.
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
        for item in raw.items_of("Policies")
    }
