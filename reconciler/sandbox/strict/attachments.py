"""Managed policies on users, groups and roles: they must exist, as many as the quota, attaching twice is once. A role
in a profile.

Sources: IAM API Reference, Attach*Policy, Detach*Policy, ListEntitiesForPolicy, RemoveRoleFromInstanceProfile; User
Guide, "IAM and AWS STS quotas" (by default 20 managed policies attached to a role, 10 to a user or group). The
refusals of what is no ARN, and of a role that is not in the profile, as LocalStack's verified tests recorded them.
"""

from __future__ import annotations

import re

from reconciler.model.quotas import ATTACHED_POLICIES
from reconciler.sandbox.query_protocol import Refusal, Reply, build_reply
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
    """Refuse what is no ARN at all, and the ARN of something that is no policy."""
    if not ARN.fullmatch(arn):
        raise Refusal("ValidationError", "Invalid ARN:  Could not be parsed!")
    if not arn.split(":", 5)[5].startswith("policy/"):
        raise Refusal("InvalidInput", f"ARN {arn} is not valid.")


def require_policy(call: ApiCall, arn: str) -> None:
    if call.ledger.find_by_arn(arn) is not None or arn in call.known_policies:
        return
    if ":iam::aws:policy/" in arn and call.invoke("GetPolicy", PolicyArn=arn).ok:
        call.known_policies.add(arn)
        return
    raise Refusal("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", status=404)


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
        told = call.forward()
        if told.ok:
            entity.attached_policies.append(arn)
        return told

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
    found: list[IamEntity] = []
    if usage in ("", "PermissionsPolicy"):
        found += call.ledger.find_attached(arn)
    if usage in ("", "PermissionsBoundary"):
        found += [entity for entity in call.ledger.find_bounded(arn) if entity not in found]
    under = call.get("PathPrefix") or "/"
    lists = {
        f"Policy{noun}s": [
            {NAME_PARAMETERS[kind]: entity.name, f"{noun}Id": entity.id}
            for entity in found
            if entity.kind == kind and only in ("", noun) and entity.path.startswith(under)
        ]
        for kind, noun in NOUN.items()
    }
    return build_page(call, lists)


def check_role_in_profile(call: ApiCall) -> None:
    """Only a role that is in the profile can be taken out of it."""
    role, profile = call.get("RoleName"), call.get("InstanceProfileName")
    if call.find_entity(ROLE) is None:
        return
    told = call.invoke("GetInstanceProfile", InstanceProfileName=profile)
    if told.ok and role not in {element.text for element in told.result.iter("RoleName")}:
        raise Refusal("NoSuchEntity", f"Role {role} in Instance Profile {profile} cannot be found.", status=404)


RULES = ActionRules(
    checks={"RemoveRoleFromInstanceProfile": check_role_in_profile},
    answers={
        **{f"Attach{noun}Policy": _attach_policy(kind) for kind, noun in NOUN.items()},
        "ListEntitiesForPolicy": list_entities_for_policy,
    },
    edits={f"Detach{noun}Policy": _record_detachment(kind) for kind, noun in NOUN.items()},
)
