"""Manage roles: trust, policies, boundary, tags, description and the lengths of sessions.

IAM refuses a trust policy that names an entity which does not exist. So roles that name each other and are created
together start closed (nobody may assume them), and get their trust once all of them exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from reconciler.kinds import limits
from reconciler.kinds.base import DeclaredEntity, Kind, MoveMethod
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.export_context import (
    Entry,
    ExportContext,
    export_duration,
    export_inline_policies,
    export_path,
    export_tags,
    is_protected,
    make_entry,
)
from reconciler.kinds.facets import signin_session
from reconciler.kinds.facets.boundary import BoundaryFacet, needs_of_boundary
from reconciler.kinds.facets.identity_reads import read_identity
from reconciler.kinds.facets.inline_policies import InlineFacet
from reconciler.kinds.facets.links import make_policy_facet, make_policy_links
from reconciler.kinds.facets.tags import TagFacet, to_tag_list
from reconciler.kinds.instance_profile import declare_profile, export_profile, make_role_removal
from reconciler.kinds.live_reader import LiveReader, RawEntry
from reconciler.kinds.lost_writes import is_same_document, matches_request
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.raw_account import RawAccount, ReadCall, attached_arns_of, boundary_arn_of, principal_tags_of
from reconciler.kinds.role_schema import SCHEMA
from reconciler.kinds.steps import (
    link_removal_of,
    make_create_step,
    make_step,
    needs_of_trust,
    plan_deletion,
    presence_elsewhere_of,
    presence_of,
    set_fields,
)
from reconciler.kinds.trust_export import export_trust_rules
from reconciler.kinds.trust_rules import read_trust
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.durations import parse_duration
from reconciler.model.effects import NO_STATEMENTS, WriteDocument
from reconciler.model.entity import Entity, Role
from reconciler.model.node import Map, get_text
from reconciler.model.plan import Call, Phase, Step
from reconciler.model.problem import Place, Problem
from reconciler.model.quotas import Quota
from reconciler.policy.grammar import PolicyType
from reconciler.policy.permission_delta import diff_statements, phase_of_delta
from reconciler.policy.readable_form import to_readable
from reconciler.policy.trust import CLOSED_DOCUMENT, CLOSED_TRUST, find_trusted_entities, unique_ids_of

_ATTACHED = make_policy_facet("Role")
_INLINE = InlineFacet("Role")
_TAGS = TagFacet("Role", folds_keys=Role.folds_tag_keys)
_BOUNDARY = BoundaryFacet("Role")
_DEFAULT_SESSION = 3600
_UPDATE_TRUST = "UpdateAssumeRolePolicy"


class RoleKind(Kind):
    name: ClassVar[str] = "role"
    noun: ClassVar[str] = "Role"
    entity: ClassVar[type[Entity]] = Role
    section: ClassVar[str | None] = "roles"
    move_method: ClassVar[MoveMethod] = MoveMethod.REPLACE
    quota: ClassVar[Quota | None] = Quota("RolesQuota", "RolesPerAccount", 1000, 10000, usage_key="Roles")
    lost_by_recreation: ClassVar[str] = (
        "A role that is created again has another unique id: its sessions end, and trust policies that named the old "
        "one do not know it until they are written again."
    )
    in_account_details: ClassVar[bool] = True
    list_call: ClassVar[ReadCall | None] = ReadCall("ListRoles", ("Roles",))
    calls_to_read_one: ClassVar[int] = 3
    immutable: ClassVar[Mapping[str, str]] = {"path": "IAM never changes a role's path"}
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreateRole UpdateRole DeleteRole UpdateAssumeRolePolicy AttachRolePolicy DetachRolePolicy "
        "PutRolePolicy DeleteRolePolicy PutRolePermissionsBoundary DeleteRolePermissionsBoundary TagRole "
        "UntagRole RemoveRoleFromInstanceProfile".split()
    )
    schema: ClassVar[Mapping[str, Any]] = SCHEMA

    read_calls: ClassVar[tuple[ReadCall, ...]] = (
        ReadCall(
            "ListRoles",
            ("Roles",),
            fields=tuple("RoleName Description MaxSessionDuration MaxSigninSessionDuration SourceRoleTemplate".split()),
            lists_kind=True,
        ),
    )

    def read(self, raw: RawAccount) -> Iterable[Role]:
        """Yield every role. Description and session lengths are from ListRoles: no other list has them."""
        listed = {item["RoleName"]: item for item in raw.items_of("Roles")}
        for item in raw.items_of("RoleDetailList"):
            more = listed.get(item["RoleName"], {})
            yield Role(
                name=item["RoleName"],
                trust_policy=raw.parse_document(item["AssumeRolePolicyDocument"]),
                path=item["Path"],
                description=more.get("Description") or "",
                max_session_duration=more.get("MaxSessionDuration") or _DEFAULT_SESSION,
                policies=attached_arns_of(item),
                inline_policies=raw.parse_inline_policies(item, "RolePolicyList"),
                permissions_boundary=boundary_arn_of(item),
                tags=principal_tags_of(item),
                max_signin_session_duration=more.get("MaxSigninSessionDuration") or signin_session.NOT_SET,
            )

    def read_one(self, address: Address, reader: LiveReader) -> Iterator[RawEntry]:
        item = read_identity("Role", address.name, reader)
        yield "RoleDetailList", item
        yield "Roles", item

    def find_created(self, call: Call, reader: LiveReader) -> bool | None:
        if call.operation != "CreateRole":
            return None
        request: Mapping[str, Any] = call.parameters
        live = reader.call_operation("GetRole", RoleName=request["RoleName"])["Role"]
        trust = live["AssumeRolePolicyDocument"]
        return matches_request(live, request) and is_same_document(reader, trust, request["AssumeRolePolicyDocument"])

    def dependents_of(self, address: Address, context: PlanContext) -> tuple[Address, ...]:
        return context.instance_profiles.get(address, ())

    def check_name(self, name: str, place: Place) -> Iterable[Problem]:
        return limits.check_name("role", name, 64, place)

    def declare(self, name: str, node: Map, context: DeclareContext) -> Iterable[DeclaredEntity]:
        address = Address("role", name)
        path = context.paths[address]
        inline = context.read_inline_policies(node)
        policies = context.resolve_policies(node)
        boundary = get_text(node, "permissions_boundary")
        arn = context.resolve_policy(boundary, node.place_of("permissions_boundary")) if boundary else None
        description = get_text(node, "description") or ""
        context.problems.extend(
            [
                *(limits.check_path(path, node.place_of("path")) if "path" in node else ()),
                *limits.check_description(description, node.place_of("description")),
                *limits.check_inline_size("Role", inline, node),
                *limits.check_attachments("Role", name, policies, node),
                *limits.check_tag_case(node.get_map("tags")),
            ]
        )
        tags = context.read_tags(node)
        session, signin = self._read_session_length(node, context), signin_session.declare_signin_session(node, context)
        profile = declare_profile(address, node, context)
        if profile:
            yield profile
        trust = self._read_trust(node, context)
        if trust is None:
            return
        context.problems.extend(limits.check_trust_size(trust, _trust_place_of(node)))
        role = Role(name, trust, path, description, session, policies, inline, arn, tags, signin)
        yield DeclaredEntity(role, context.read_declaration(node))

    def _read_session_length(self, node: Map, context: DeclareContext) -> int:
        if "max_session_duration" not in node:
            return _DEFAULT_SESSION
        length = parse_duration(node["max_session_duration"])
        low, high = limits.SESSION
        if length is None or not low <= length <= high:
            context.add_problem(
                "bad-duration",
                f"max_session_duration {node['max_session_duration']!r} is not between 1h and 12h.",
                node.place_of("max_session_duration"),
            )
        return length or _DEFAULT_SESSION

    def _read_trust(self, node: Map, context: DeclareContext) -> Document | None:
        compiled = read_trust(node, context) if "trust" in node else None
        written = context.document_reader.read(node, "trust_policy", PolicyType.TRUST)
        if node.has("trust") == node.has("trust_policy"):
            both = "both `trust` and `trust_policy`" if node.has("trust") else "no `trust`"
            hint = "Write who may assume it under `trust:`, or a whole document under `trust_policy:`."
            context.add_problem("trust-missing", f"The role has {both}.", node.place_of(), hint)
            return None
        return compiled or written

    def export(self, entity: Role, context: ExportContext) -> Entry:
        session, rules = entity.max_session_duration, export_trust_rules(entity.trust_policy, context)
        deleted_ids = sorted(unique_ids_of(entity.trust_policy))
        template = context.live.details.role_templates.get(entity.address)
        if template:
            context.add_comment(entity.address, f"AWS made it from the role template {template}: no plan prunes it.")
        if deleted_ids:
            ids = ", ".join(deleted_ids)
            context.add_comment(entity.address, f"The trust names a deleted principal by its unique id: {ids}.")
        return make_entry(
            path=export_path(entity),
            description=entity.description,
            max_session_duration=export_duration(session) if session != _DEFAULT_SESSION else None,
            max_signin_session_duration=export_duration(entity.max_signin_session_duration or signin_session.NOT_SET),
            trust=rules,
            trust_policy=to_readable(entity.trust_policy) if rules is None else None,
            policies=context.policy_references_of(entity.policies),
            inline_policies=export_inline_policies(entity.inline_policies, context.live),
            permissions_boundary=context.boundary_reference_of(entity.permissions_boundary),
            instance_profile=export_profile(entity, context),
            tags=export_tags(entity.tags),
            protect=is_protected(entity.tags),
        )

    def references(self, entity: Role, context: PlanContext) -> frozenset[Address]:
        own_policies = context.filter_own_policies(entity.policies, [entity.permissions_boundary])
        return own_policies | find_trusted_entities(entity.trust_policy, context.baseline.account)

    def create(self, entity: Role, context: PlanContext) -> list[Step]:
        closed = entity.address in context.cyclic_roles
        bare = replace(entity, policies=frozenset(), inline_policies={})
        created = replace(bare, trust_policy=CLOSED_DOCUMENT) if closed else bare
        parameters: dict[str, object] = {"RoleName": entity.name, "Path": entity.path}
        parameters["AssumeRolePolicyDocument"] = CLOSED_TRUST if closed else entity.trust_policy.text
        if entity.description:
            parameters["Description"] = entity.description
        if entity.max_session_duration != _DEFAULT_SESSION:
            parameters["MaxSessionDuration"] = entity.max_session_duration
        parameters |= signin_session.make_create_parameters(entity)
        if entity.permissions_boundary:
            parameters["PermissionsBoundary"] = entity.permissions_boundary
        if entity.tags:
            parameters["Tags"] = to_tag_list(entity.tags)
        needs = needs_of_boundary(entity.permissions_boundary, context)
        if not closed:
            needs += needs_of_trust(entity.trust_policy, context.baseline.account)
        makes = (presence_elsewhere_of(context.arn_of(entity.address)),)
        first = make_create_step(created, self.noun, parameters, needs, makes)
        opening = [self._make_trust_step(None, entity, context)] if closed else []
        return [first, *opening, *self.update(bare, entity, context)]

    def _make_trust_step(self, old: Document | None, after: Role, context: PlanContext) -> Step:
        """Return the step that writes the trust policy. old: None for a role that this plan creates closed."""
        delta = diff_statements(old.statements if old else NO_STATEMENTS, after.trust_policy.statements)
        effect = WriteDocument(after.address, _UPDATE_TRUST, _UPDATE_TRUST, "", old, after.trust_policy, delta)
        parameters: dict[str, object] = {"RoleName": after.name, "PolicyDocument": after.trust_policy.text}
        needs = (presence_of(after.address), *needs_of_trust(after.trust_policy, context.baseline.account))
        return make_step(after.address, phase_of_delta(delta), effect, parameters, needs)

    def update(self, before: Role, after: Role, context: PlanContext) -> list[Step]:
        address, target, steps = before.address, {"RoleName": before.name}, []
        signin = signin_session.make_update_parameters(before, after)
        scalars = ("description", "max_session_duration")
        if signin or any(getattr(before, name) != getattr(after, name) for name in scalars):
            parameters: dict[str, object] = {**target, "Description": after.description}
            parameters["MaxSessionDuration"] = after.max_session_duration
            parameters |= signin
            effect = set_fields(before, after, "UpdateRole", *scalars, "max_signin_session_duration")
            steps.append(make_step(address, Phase.WIDEN, effect, parameters, (presence_of(address),)))
        if before.trust_policy != after.trust_policy:
            steps.append(self._make_trust_step(before.trust_policy, after, context))
        old = make_policy_links(address, before.policies, context)
        new = make_policy_links(address, after.policies, context)
        return [
            *steps,
            *_BOUNDARY.plan_changes(address, before.permissions_boundary, after.permissions_boundary, context),
            *_ATTACHED.plan_changes(address, old, new, context),
            *_INLINE.plan_changes(address, before.inline_policies, after.inline_policies, context.staged_documents),
            *_TAGS.plan_changes(address, dict(target), before.tags, after.tags),
        ]

    def delete(self, entity: Role, context: PlanContext) -> list[Step]:
        address, profiles = entity.address, context.instance_profiles.get(entity.address, ())
        steps = [
            make_role_removal(address, profile, address, Phase.DELETE)
            for profile in profiles
            if not context.is_planned(profile)
        ]
        steps += _ATTACHED.plan_removal(address, make_policy_links(address, entity.policies, context))
        steps += _INLINE.plan_removal(address, entity.inline_policies)
        needs = tuple(link_removal_of(profile, address) for profile in profiles)
        return plan_deletion(entity, self.noun, steps, {"RoleName": entity.name}, needs)


def read_role_templates(raw: RawAccount) -> dict[Address, str]:
    """Map each role that AcquireRole made to its template (IAM API Reference, Role.SourceRoleTemplate)."""
    return {
        Address("role", item["RoleName"]): str(template.get("TemplateArn", ""))
        for item in raw.items_of("Roles")
        if (template := item.get("SourceRoleTemplate"))
    }


def _trust_place_of(node: Map) -> Place:
    return node.place_of("trust" if "trust" in node else "trust_policy", of_key=True)
