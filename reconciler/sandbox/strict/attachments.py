"""Managed policies on users, groups and roles: they must exist, as many as the quota, attaching twice is once. A role
in a profile.

Sources: IAM API Reference, Attach*Policy, Detach*Policy, ListEntitiesForPolicy, RemoveRoleFromInstanceProfile; User
Guide, "IAM and AWS STS quotas" (by default 20 managed policies attached to a role, 10 to a user or group). The
refusals of what is no ARN, and of a role that is not in the profile, as LocalStack's verified tests recorded them.
"""

from __future__ import annotations

import re

from reconciler.model.quotas import ATTACHED
from reconciler.sandbox.strict.call import NAMED_BY, Answer, Call, Edit, Rules, no_such, past
from reconciler.sandbox.strict.ledger import GROUP, POLICY, ROLE, USER, Entity
from reconciler.sandbox.strict.paging import page_of
from reconciler.sandbox.wire import Refusal, Reply, answer

ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.+")
NOUN = {USER: "User", GROUP: "Group", ROLE: "Role"}


def refuse_no_arn(arn: str) -> None:
    """Refuse what is no ARN at all, and the ARN of something that is no policy."""
    if not ARN.fullmatch(arn):
        raise Refusal("ValidationError", "Invalid ARN:  Could not be parsed!")
    if not arn.split(":", 5)[5].startswith("policy/"):
        raise Refusal("InvalidInput", f"ARN {arn} is not valid.")


def require_policy(call: Call, arn: str) -> None:
    if call.ledger.by_arn(arn) is not None or arn in call.known_policies:
        return
    if ":iam::aws:policy/" in arn and call.ask("GetPolicy", PolicyArn=arn).ok:
        call.known_policies.add(arn)
        return
    raise Refusal("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", status=404)


def _attach(kind: str) -> Answer:
    def reply(call: Call) -> Reply:
        arn = call.given("PolicyArn")
        refuse_no_arn(arn)
        entity = call.need(kind)
        require_policy(call, arn)
        if arn in entity.attached:
            return answer(call.action)
        if len(entity.attached) >= ATTACHED[NOUN[kind]].default:
            raise past(ATTACHED[NOUN[kind]])
        told = call.forward()
        if told.ok:
            entity.attached.append(arn)
        return told

    return reply


def _detached(kind: str) -> Edit:
    def edit(call: Call, reply: Reply) -> None:
        entity, arn = call.subject(kind), call.given("PolicyArn")
        if entity is not None and arn in entity.attached:
            entity.attached.remove(arn)

    return edit


def entities_for_policy(call: Call) -> Reply:
    arn = call.given("PolicyArn")
    if call.subject(POLICY) is None and not call.ask("GetPolicy", PolicyArn=arn).ok:
        raise no_such(POLICY, arn)
    usage, only = call.given("PolicyUsageFilter"), call.given("EntityFilter")
    found: list[Entity] = []
    if usage in ("", "PermissionsPolicy"):
        found += call.ledger.holders(arn)
    if usage in ("", "PermissionsBoundary"):
        found += [entity for entity in call.ledger.bounded(arn) if entity not in found]
    under = call.given("PathPrefix") or "/"
    lists = {
        f"Policy{noun}s": [
            {NAMED_BY[kind]: entity.name, f"{noun}Id": entity.id}
            for entity in found
            if entity.kind == kind and only in ("", noun) and entity.path.startswith(under)
        ]
        for kind, noun in NOUN.items()
    }
    return page_of(call, lists)


def in_profile(call: Call) -> None:
    """Only a role that is in the profile can be taken out of it."""
    role, profile = call.given("RoleName"), call.given("InstanceProfileName")
    if call.subject(ROLE) is None:
        return
    told = call.ask("GetInstanceProfile", InstanceProfileName=profile)
    if told.ok and role not in {element.text for element in told.result.iter("RoleName")}:
        raise Refusal("NoSuchEntity", f"Role {role} in Instance Profile {profile} cannot be found.", status=404)


RULES = Rules(
    checks={"RemoveRoleFromInstanceProfile": in_profile},
    answers={
        **{f"Attach{noun}Policy": _attach(kind) for kind, noun in NOUN.items()},
        "ListEntitiesForPolicy": entities_for_policy,
    },
    edits={f"Detach{noun}Policy": _detached(kind) for kind, noun in NOUN.items()},
)
