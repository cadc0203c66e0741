"""Users: tags, groups, policies, boundary; all that they own is taken away before they are deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from reconciler.kinds import limits
from reconciler.kinds import schema_parts as parts
from reconciler.kinds.base import Declared
from reconciler.kinds.declaring import Declaring
from reconciler.kinds.endings import END_OF_USER
from reconciler.kinds.facets.boundary import Boundary, boundary_needs
from reconciler.kinds.facets.inline import Inline
from reconciler.kinds.facets.links import MEMBERSHIPS, attached, group_links, policy_links
from reconciler.kinds.facets.placement import placed
from reconciler.kinds.facets.tags import Tagged, tag_list
from reconciler.kinds.facts import deletion, emptied, present, step
from reconciler.kinds.mfa_guard import guarded
from reconciler.kinds.planning import Planning
from reconciler.kinds.raw import Raw, Source, attached_arns, boundary_arn, folding_tags_of
from reconciler.kinds.writing import Entry, Writing, documents, end_of_user, entry, path, protected, tags
from reconciler.model.address import Address
from reconciler.model.desired import KeyRule
from reconciler.model.document import Document
from reconciler.model.durations import parse_duration
from reconciler.model.entity import Entity, User
from reconciler.model.live import Belongings
from reconciler.model.node import Map, text
from reconciler.model.plan import Fact, Phase, Step
from reconciler.model.problem import Place, Problem
from reconciler.policy.endings import denial

_ATTACHED = attached("User")
_INLINE = Inline("User")
_TAGS = Tagged("User", folds_keys=User.folds_tag_keys)
_BOUNDARY = Boundary("User")


_ACCESS_KEYS: parts.Schema = {
    "title": "Access keys",
    "description": "What every plan checks of the user's access keys, inactive ones included, and reports; keys are "
    "never made or deleted for it.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "max_age": {**parts.ref("duration"), "description": "Older keys are reported.", "examples": ["90d"]},
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
    schema: ClassVar[Mapping[str, Any]] = parts.entry(
        "User",
        "An IAM user. Passwords and access keys are secrets and never come from a file.",
        {
            "groups": {
                **parts.texts("Groups of this file that the user is in; the whole list.", [["engineers"]]),
                "items": parts.ref("membership"),
            },
            "policies": parts.POLICIES,
            "inline_policies": parts.ref("inline_policies"),
            "permissions_boundary": parts.BOUNDARY,
            "mfa": parts.MFA_REQUIRED,
            "console": {
                "type": "boolean",
                "description": "false: a password to sign in with is taken away. true: a plan reports where there is "
                "none. Absent: either way.",
            },
            "access_keys": _ACCESS_KEYS,
            "expires": {
                **parts.ref("moment"),
                "description": "From then on AWS denies the user everything; nothing of it is deleted.",
            },
            "path": parts.PATH,
            "tags": parts.ref("tags"),
            "protect": parts.PROTECT,
            "ignore_changes": parts.IGNORE_CHANGES,
        },
    )

    sources: ClassVar[tuple[Source, ...]] = (Source("ListVirtualMFADevices", ("VirtualMFADevices",), optional=True),)

    def read(self, raw: Raw) -> Iterable[User]:
        for item in raw.items("UserDetailList"):
            yield User(
                name=item["UserName"],
                path=item["Path"],
                groups=frozenset(Address("group", name) for name in item.get("GroupList") or ()),
                policies=attached_arns(item),
                inline_policies=raw.inline(item, "UserPolicyList"),
                permissions_boundary=boundary_arn(item),
                tags=folding_tags_of(item),
            )

    def name_problems(self, name: str, place: Place) -> Iterable[Problem]:
        return limits.name_problems("user", name, 64, place)

    def declare(self, name: str, node: Map, context: Declaring) -> Iterable[Declared]:
        path = context.paths[Address("user", name)]
        mfa = text(node, "mfa") == "required"
        inline = context.inline_documents(node) | self._end(node, context)
        policies = guarded(context.policy_arns(node), context, mfa)
        groups, over = context.group_addresses(node)
        boundary = text(node, "permissions_boundary")
        arn = context.policy_arn(boundary, node.place("permissions_boundary")) if boundary else None
        context.problems.extend(
            [
                *(limits.path_problems(path, node.place("path")) if "path" in node else ()),
                *limits.inline_size_problems("User", inline, node),
                *limits.attachment_problems("User", policies, node),
                *limits.membership_problems(groups, node),
                *limits.same_tag_problems(node.child("tags")),
            ]
        )
        entity = User(
            name,
            path,
            frozenset(groups) - over,
            policies,
            inline,
            arn,
            context.tags(node),
            False if node.get("console") is False else None,
        )
        rules = replace(context.declaration(node, mfa=mfa), console=node.get("console") is True)
        yield Declared(entity, replace(rules, access_keys=_key_rule(node.child("access_keys"))))

    def _end(self, node: Map, context: Declaring) -> dict[str, Document]:
        """The inline policy that ends the user: AWS compares the date, until an apply after it denies everything."""
        at = context.expires(node)
        if at is None:
            return {}
        if END_OF_USER in node.child("inline_policies"):
            place = node.child("inline_policies").place(END_OF_USER, of_key=True)
            summary = f"{END_OF_USER!r} is the inline policy that `expires` makes."
            context.problem("conflict", summary, place, "Give it another name.")
        return {END_OF_USER: denial(None if context.over(at) else at, context.partition)}

    def written(self, entity: User, writing: Writing) -> Entry:
        mfa = writing.requires_mfa(entity)
        ending = entity.inline_policies.get(END_OF_USER)
        expires = end_of_user(ending, writing.live) if ending else None
        lasting = {key: one for key, one in entity.inline_policies.items() if expires is None or key != END_OF_USER}
        return entry(
            path=path(entity),
            groups=writing.groups(entity.groups),
            mfa="required" if mfa else None,
            policies=writing.policies(entity.policies, guarded=mfa),
            inline_policies=documents(lasting, writing.live),
            permissions_boundary=writing.boundary(entity.permissions_boundary),
            expires=expires,
            tags=tags(entity.tags),
            protect=protected(entity.tags),
        )

    def refers(self, entity: User, planning: Planning) -> frozenset[Address]:
        return entity.groups | planning.own_policies(entity.policies, [entity.permissions_boundary])

    def create(self, entity: User, planning: Planning) -> list[Step]:
        address = entity.address
        parameters: dict[str, object] = {"UserName": entity.name, "Path": entity.path}
        if entity.permissions_boundary:
            parameters["PermissionsBoundary"] = entity.permissions_boundary
        if entity.tags:
            parameters["Tags"] = tag_list(entity.tags)
        needs = boundary_needs(entity.permissions_boundary, planning)
        first = step(address, Phase.CREATE, "CreateUser", parameters, needs, (present(address),))
        bare = User(entity.name, entity.path, permissions_boundary=entity.permissions_boundary, tags=entity.tags)
        return [first, *self.update(bare, entity, planning)]

    def update(self, before: User, after: User, planning: Planning) -> list[Step]:
        address, target = before.address, {"UserName": before.name}
        old = policy_links(address, before.policies, planning)
        new = policy_links(address, after.policies, planning)
        groups = group_links(address, before.groups), group_links(address, after.groups)
        return [
            *placed("User", before, after, planning),
            *_BOUNDARY.steps(address, before.permissions_boundary, after.permissions_boundary, planning),
            *_ATTACHED.steps(address, old, new, planning),
            *_INLINE.steps(address, before.inline_policies, after.inline_policies, planning.staged),
            *MEMBERSHIPS.steps(address, *groups, planning),
            *_TAGS.steps(address, dict(target), before.tags, after.tags),
            *([_gone(before, "DeleteLoginProfile")] if before.console and after.console is False else []),
        ]

    def delete(self, entity: User, planning: Planning) -> list[Step]:
        address = entity.address
        belongings = planning.live.facts.belongings.get(address, Belongings())
        steps = [
            *_belongings(entity, belongings),
            *_left_behind(entity, planning.live.facts.unassigned_devices),
            *_ATTACHED.emptying(address, policy_links(address, entity.policies, planning), planning),
            *_INLINE.emptying(address, entity.inline_policies),
            *MEMBERSHIPS.emptying(address, group_links(address, entity.groups), planning),
        ]
        return deletion(address, steps, "DeleteUser", {"UserName": entity.name})


def _key_rule(node: Map) -> KeyRule | None:
    """None where the file has no rule; what the schema found fault with counts as absent."""
    age, count = parse_duration(node.get("max_age")), node.get("max_count")
    rule = KeyRule(age, count if type(count) is int else None)
    return rule if rule != KeyRule() else None


def _gone(user: User, operation: str, **parameters: object) -> Step:
    """The step that takes one thing that a user owns."""
    made = emptied(user.address, f"{operation}/{'/'.join(map(str, parameters.values()))}")
    return step(user.address, Phase.NARROW, operation, {"UserName": user.name, **parameters}, (), (made,))


def _belongings(user: User, owned: Belongings) -> list[Step]:
    """What must go before DeleteUser is taken (IAM API, DeleteUser)."""
    gone = partial(_gone, user)
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
            steps.append(_no_device(user, device.serial, tuple(deactivated.makes)))
    return steps


def _left_behind(user: User, unassigned: frozenset[str]) -> list[Step]:
    """The device of the user's name that a deletion had deactivated when it broke off; it would keep its name."""
    return [_no_device(user, serial) for serial in sorted(unassigned) if serial.rpartition("/")[2] == user.name]


def _no_device(user: User, serial: str, needs: tuple[Fact, ...] = ()) -> Step:
    made = emptied(user.address, f"device/{serial}")
    return step(user.address, Phase.NARROW, "DeleteVirtualMFADevice", {"SerialNumber": serial}, needs, (made,))
