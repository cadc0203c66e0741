"""Attach managed policies to users, groups and roles: the policy must exist, and the quota holds.

Attaching a policy twice changes nothing. Also check that a role is in the instance profile that it is removed from.
Sources: IAM API Reference, Attach*Policy, Detach*Policy, ListEntitiesForPolicy, RemoveRoleFromInstanceProfile; User
Guide, "IAM and AWS STS quotas" (by default 20 managed policies attached to a role, 10 to a user or group). The
refusals of invalid ARNs, and of a role that is not in the profile, as LocalStack's verified tests recorded them.
"""

from __future__ import annotations

import re

from reconciler.model.quotas import ATTACHED_POLICIES
from reconciler.sandbox.query_protocol import AwsError, Reply, build_reply
from reconciler.sandbox.strict.api_call import (
    NAME_PARAMETERS,
    ActionRules,
    Answer,
    ApiCall,
    Edit,
    no_such_entity_error,
    quota_error,
)
from reconciler.sandbox.strict.ledger import GROUP, POLICY, ROLE, USER, IamEntity
from reconciler.sandbox.strict.paging import build_page

ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.+")
NOUN = {USER: "User", GROUP: "Group", ROLE: "Role"}


def check_policy_arn(arn: str) -> None:
    """Refuse a text that is not an ARN, and an ARN that is not one of a policy."""
    if not ARN.fullmatch(arn):
        raise AwsError("ValidationError", "Invalid ARN:  Could not be parsed!")
    if not arn.split(":", 5)[5].startswith("policy/"):
        raise AwsError("InvalidInput", f"ARN {arn} is not valid.")


def require_policy(call: ApiCall, arn: str) -> None:
    if call.ledger.find_by_arn(arn) is not None or arn in call.known_policies:
        return
    if ":iam::aws:policy/" in arn and call.invoke("GetPolicy", PolicyArn=arn).ok:
        call.known_policies.add(arn)
        return
    raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", status=404)


def _attach_policy(kind: str) -> Answer:
    def handle(call: ApiCall) -> Reply:
        arn = call.get("PolicyArn")
        check_policy_arn(arn)
        entity = call.require_entity(kind)
        require_policy(call, arn)
        if arn in entity.attached_policies:
            return build_reply(call.action)
        if len(entity.attached_policies) >= ATTACHED_POLICIES[NOUN[kind]].default:
            raise quota_error(ATTACHED_POLICIES[NOUN[kind]])
        reply = call.forward()
        if reply.ok:
            entity.attached_policies.append(arn)
        return reply

    return handle


def _record_detachment(kind: str) -> Edit:
    def edit(call: ApiCall, reply: Reply) -> None:
        entity, arn = call.find_entity(kind), call.get("PolicyArn")
        if entity is not None and arn in entity.attached_policies:
            entity.attached_policies.remove(arn)

    return edit


def list_entities_for_policy(call: ApiCall) -> Reply:
    arn = call.get("PolicyArn")
    if call.find_entity(POLICY) is None and not call.invoke("GetPolicy", PolicyArn=arn).ok:
        raise no_such_entity_error(POLICY, arn)
    usage, only = call.get("PolicyUsageFilter"), call.get("EntityFilter")
    entities: list[IamEntity] = []
    if usage in ("", "PermissionsPolicy"):
        entities += call.ledger.find_attached(arn)
    if usage in ("", "PermissionsBoundary"):
        entities += [entity for entity in call.ledger.find_bounded(arn) if entity not in entities]
    path_prefix = call.get("PathPrefix") or "/"
    lists = {
        f"Policy{noun}s": [
            {NAME_PARAMETERS[kind]: entity.name, f"{noun}Id": entity.id}
            for entity in entities
            if entity.kind == kind and only in ("", noun) and entity.path.startswith(path_prefix)
        ]
        for kind, noun in NOUN.items()
    }
    return build_page(call, lists)


def check_role_in_profile(call: ApiCall) -> None:
    """Refuse to remove a role that is not in the instance profile."""
    role, profile = call.get("RoleName"), call.get("InstanceProfileName")
    if call.find_entity(ROLE) is None:
        return
    reply = call.invoke("GetInstanceProfile", InstanceProfileName=profile)
    if reply.ok and role not in {element.text for element in reply.result.iter("RoleName")}:
        raise AwsError("NoSuchEntity", f"Role {role} in Instance Profile {profile} cannot be found.", status=404)


RULES = ActionRules(
    checks={"RemoveRoleFromInstanceProfile": check_role_in_profile},
    answers={
        **{f"Attach{noun}Policy": _attach_policy(kind) for kind, noun in NOUN.items()},
        "ListEntitiesForPolicy": list_entities_for_policy,
    },
    edits={f"Detach{noun}Policy": _record_detachment(kind) for kind, noun in NOUN.items()},
)
