"""Roles: trust, policies, boundary, tags, description and the lengths of sessions.

Roles whose trust names each other and that are created together start closed (nobody may assume them), and
get their trust once all of them exist: IAM refuses a trust that names what is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from reconciler.kinds import limits
from reconciler.kinds import schema_parts as parts
from reconciler.kinds.base import Declared
from reconciler.kinds.declaring import Declaring
from reconciler.kinds.facets import signin_session
from reconciler.kinds.facets.boundary import Boundary, boundary_needs
from reconciler.kinds.facets.inline import Inline
from reconciler.kinds.facets.links import attached, policy_links
from reconciler.kinds.facets.tags import Tagged, tag_list
from reconciler.kinds.facts import deletion, edit, present, step, unlinked
from reconciler.kinds.instance_profile import profile_of_role, written_profile
from reconciler.kinds.planning import Planning
from reconciler.kinds.raw import Raw, Source, attached_arns, boundary_arn, folding_tags_of
from reconciler.kinds.trust_reading import trust_rules
from reconciler.kinds.trust_rules import trust_document
from reconciler.kinds.writing import Entry, Writing, documents, duration, entry, path, protected, tags
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.durations import parse_duration
from reconciler.model.entity import Entity, Role
from reconciler.model.node import Map, text
from reconciler.model.plan import Fact, Phase, Step
from reconciler.model.problem import Place, Problem
from reconciler.policy.grammar import Use
from reconciler.policy.grants import NOTHING, Shift, shift_of
from reconciler.policy.readable import readable
from reconciler.policy.trust import CLOSED, trusted, unread_ids

_ATTACHED = attached("Role")
_INLINE = Inline("Role")
_TAGS = Tagged("Role", folds_keys=Role.folds_tag_keys)
_BOUNDARY = Boundary("Role")
_DEFAULT_SESSION = 3600


class RoleKind:
    name: ClassVar[str] = "role"
    noun: ClassVar[str] = "Role"
    entity: ClassVar[type[Entity]] = Role
    section: ClassVar[str | None] = "roles"
    taggable: ClassVar[bool] = True
    immutable: ClassVar[Mapping[str, str]] = {"path": "IAM never changes a role's path"}
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreateRole UpdateRole DeleteRole UpdateAssumeRolePolicy AttachRolePolicy DetachRolePolicy "
        "PutRolePolicy DeleteRolePolicy PutRolePermissionsBoundary DeleteRolePermissionsBoundary TagRole "
        "UntagRole RemoveRoleFromInstanceProfile".split()
    )
    schema: ClassVar[Mapping[str, Any]] = parts.entry(
        "Role",
        "A role, and who may assume it: exactly one of `trust` and `trust_policy`.",
        {
            "trust": {
                "type": "array",
                "minItems": 1,
                "description": "Who may assume the role: a list of trust rules, one statement each.",
                "items": parts.ref("trust_rule"),
            },
            "trust_policy": parts.ref("document"),
            "policies": parts.POLICIES,
            "inline_policies": parts.ref("inline_policies"),
            "permissions_boundary": parts.BOUNDARY,
            "description": {"type": "string", "description": "Absent: none."},
            "max_session_duration": {
                **parts.ref("duration"),
                "description": "Longest session, 1h to 12h. Absent: 1h.",
            },
            "max_signin_session_duration": signin_session.SCHEMA,
            "instance_profile": {
                "type": ["boolean", "string"],
                "minLength": 1,
                "description": "true: an instance profile of the role's name; or a name of its own.",
            },
            "path": parts.PATH,
            "tags": parts.ref("tags"),
            "protect": parts.PROTECT,
            "ignore_changes": parts.IGNORE_CHANGES,
        },
    )

    sources: ClassVar[tuple[Source, ...]] = (
        Source(
            "ListRoles",
            ("Roles",),
            fields=tuple("RoleName Description MaxSessionDuration MaxSigninSessionDuration SourceRoleTemplate".split()),
        ),
    )

    def read(self, raw: Raw) -> Iterable[Role]:
        """GetAccountAuthorizationDetails lacks description and the lengths of sessions; ListRoles has them."""
        listed = {item["RoleName"]: item for item in raw.items("Roles")}
        for item in raw.items("RoleDetailList"):
            more = listed.get(item["RoleName"], {})
            yield Role(
                name=item["RoleName"],
                trust_policy=raw.document(item["AssumeRolePolicyDocument"]),
                path=item["Path"],
                description=more.get("Description") or "",
                max_session_duration=more.get("MaxSessionDuration") or _DEFAULT_SESSION,
                policies=attached_arns(item),
                inline_policies=raw.inline(item, "RolePolicyList"),
                permissions_boundary=boundary_arn(item),
                tags=folding_tags_of(item),
                max_signin_session_duration=more.get("MaxSigninSessionDuration") or signin_session.NOT_SET,
            )

    def name_problems(self, name: str, place: Place) -> Iterable[Problem]:
        return limits.name_problems("role", name, 64, place)

    def declare(self, name: str, node: Map, context: Declaring) -> Iterable[Declared]:
        address = Address("role", name)
        path = context.paths[address]
        inline = context.inline_documents(node)
        policies = context.policy_arns(node)
        boundary = text(node, "permissions_boundary")
        arn = context.policy_arn(boundary, node.place("permissions_boundary")) if boundary else None
        description = text(node, "description") or ""
        context.problems.extend(
            [
                *(limits.path_problems(path, node.place("path")) if "path" in node else ()),
                *limits.description_problems(description, node.place("description")),
                *limits.inline_size_problems("Role", inline, node),
                *limits.attachment_problems("Role", policies, node),
                *limits.same_tag_problems(node.child("tags")),
            ]
        )
        tags = context.tags(node)
        session, signin = self._session(node, context), signin_session.declare_signin_session(node, context)
        profile = profile_of_role(address, node, context)
        if profile:
            yield profile
        trust = self._trust(node, context)
        if trust is None:
            return
        context.problems.extend(limits.trust_size_problems(trust, _trust_place(node)))
        role = Role(name, trust, path, description, session, policies, inline, arn, tags, signin)
        yield Declared(role, context.declaration(node))

    def _session(self, node: Map, context: Declaring) -> int:
        if "max_session_duration" not in node:
            return _DEFAULT_SESSION
        length = parse_duration(node["max_session_duration"])
        low, high = limits.SESSION
        if length is None or not low <= length <= high:
            context.problem(
                "bad-duration",
                f"max_session_duration {node['max_session_duration']!r} is not between 1h and 12h.",
                node.place("max_session_duration"),
            )
        return length or _DEFAULT_SESSION

    def _trust(self, node: Map, context: Declaring) -> Document | None:
        compiled = trust_document(node, context) if "trust" in node else None
        written = context.documents.read(node, "trust_policy", Use.TRUST)
        if node.has("trust") == node.has("trust_policy"):
            both = "both `trust` and `trust_policy`" if node.has("trust") else "no `trust`"
            hint = "Write who may assume it under `trust:`, or a whole document under `trust_policy:`."
            context.problem("trust-missing", f"The role has {both}.", node.place(), hint)
            return None
        return compiled or written

    def written(self, entity: Role, writing: Writing) -> Entry:
        session, rules = entity.max_session_duration, trust_rules(entity.trust_policy, writing)
        gone = sorted(unread_ids(entity.trust_policy))
        template = writing.live.facts.templates.get(entity.address)
        if template:
            writing.comment(entity.address, f"AWS made it from the role template {template}: no plan prunes it.")
        if gone:
            writing.comment(entity.address, f"The trust names {', '.join(gone)}: what is left of a deleted principal.")
        return entry(
            path=path(entity),
            description=entity.description,
            max_session_duration=duration(session) if session != _DEFAULT_SESSION else None,
            max_signin_session_duration=duration(entity.max_signin_session_duration or signin_session.NOT_SET),
            trust=rules,
            trust_policy=readable(entity.trust_policy) if rules is None else None,
            policies=writing.policies(entity.policies),
            inline_policies=documents(entity.inline_policies, writing.live),
            permissions_boundary=writing.boundary(entity.permissions_boundary),
            instance_profile=written_profile(entity, writing),
            tags=tags(entity.tags),
            protect=protected(entity.tags),
        )

    def refers(self, entity: Role, planning: Planning) -> frozenset[Address]:
        named = planning.own_policies(entity.policies, [entity.permissions_boundary])
        return named | trusted(entity.trust_policy, planning.live.account)

    def create(self, entity: Role, planning: Planning) -> list[Step]:
        address, closed = entity.address, entity.address in planning.circular
        parameters: dict[str, object] = {"RoleName": entity.name, "Path": entity.path}
        parameters["AssumeRolePolicyDocument"] = CLOSED if closed else entity.trust_policy.text
        if entity.description:
            parameters["Description"] = entity.description
        if entity.max_session_duration != _DEFAULT_SESSION:
            parameters["MaxSessionDuration"] = entity.max_session_duration
        parameters |= signin_session.create_parameters(entity)
        if entity.permissions_boundary:
            parameters["PermissionsBoundary"] = entity.permissions_boundary
        if entity.tags:
            parameters["Tags"] = tag_list(entity.tags)
        needs = boundary_needs(entity.permissions_boundary, planning)
        if not closed:
            needs += _trust_needs(entity, planning)
        first = step(address, Phase.CREATE, "CreateRole", parameters, needs, (present(address),))
        opened = [self._open(entity, planning, shift_of(NOTHING, entity.trust_policy.statements))] if closed else []
        bare = Role(
            entity.name,
            entity.trust_policy,
            entity.path,
            entity.description,
            entity.max_session_duration,
            permissions_boundary=entity.permissions_boundary,
            tags=entity.tags,
            max_signin_session_duration=entity.max_signin_session_duration,
        )
        return [first, *opened, *self.update(bare, entity, planning)]

    def _open(self, role: Role, planning: Planning, shift: Shift) -> Step:
        parameters: dict[str, object] = {"RoleName": role.name, "PolicyDocument": role.trust_policy.text}
        needs = (present(role.address), *_trust_needs(role, planning))
        return edit(role.address, shift, "UpdateAssumeRolePolicy", parameters, needs)

    def update(self, before: Role, after: Role, planning: Planning) -> list[Step]:
        address, target, steps = before.address, {"RoleName": before.name}, []
        signin = signin_session.update_parameters(before, after)
        scalars = ("description", "max_session_duration")
        if signin or any(getattr(before, name) != getattr(after, name) for name in scalars):
            parameters: dict[str, object] = {**target, "Description": after.description}
            parameters["MaxSessionDuration"] = after.max_session_duration
            parameters |= signin
            steps.append(step(address, Phase.WIDEN, "UpdateRole", parameters, (present(address),)))
        if before.trust_policy != after.trust_policy:
            shift = shift_of(before.trust_policy.statements, after.trust_policy.statements)
            steps.append(self._open(after, planning, shift))
        old = policy_links(address, before.policies, planning)
        new = policy_links(address, after.policies, planning)
        return [
            *steps,
            *_BOUNDARY.steps(address, before.permissions_boundary, after.permissions_boundary, planning),
            *_ATTACHED.steps(address, old, new, planning),
            *_INLINE.steps(address, before.inline_policies, after.inline_policies, planning.staged),
            *_TAGS.steps(address, dict(target), before.tags, after.tags),
        ]

    def delete(self, entity: Role, planning: Planning) -> list[Step]:
        address, profiles = entity.address, planning.profiles.get(entity.address, ())
        steps = [
            step(
                address,
                Phase.DELETE,
                "RemoveRoleFromInstanceProfile",
                {"InstanceProfileName": profile.name, "RoleName": entity.name},
                (),
                (unlinked(profile, address),),
            )
            for profile in profiles
            if not planning.settled(profile)
        ]
        steps += _ATTACHED.emptying(address, policy_links(address, entity.policies, planning), planning)
        steps += _INLINE.emptying(address, entity.inline_policies)
        left = tuple(unlinked(profile, address) for profile in profiles)
        return deletion(address, steps, "DeleteRole", {"RoleName": entity.name}, left)


def role_templates(raw: Raw) -> dict[Address, str]:
    """Map each role that AcquireRole made to its template (IAM API Reference, Role.SourceRoleTemplate)."""
    return {
        Address("role", item["RoleName"]): str(template.get("TemplateArn", ""))
        for item in raw.items("Roles")
        if (template := item.get("SourceRoleTemplate"))
    }


def _trust_needs(role: Role, planning: Planning) -> tuple[Fact, ...]:
    named = trusted(role.trust_policy, planning.live.account)
    return tuple(present(address) for address in sorted(named))


def _trust_place(node: Map) -> Place:
    return node.place("trust" if "trust" in node else "trust_policy", of_key=True)
