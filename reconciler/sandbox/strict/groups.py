"""Add users to groups and remove them, with the quota of ten groups for a user.

Sources: IAM User Guide, "IAM and AWS STS quotas": "An IAM user can be a member of 10 groups". Recorded by LocalStack's
verified tests (test_iam_users, test_iam_groups): removing a user who is not a member succeeds; if neither user nor
group exists, RemoveUserFromGroup names the user.
"""

from __future__ import annotations

from reconciler.model.quotas import GROUPS_PER_USER
from reconciler.sandbox.query_protocol import Reply, build_reply
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, quota_error
from reconciler.sandbox.strict.ledger import GROUP, USER


def add_member(call: ApiCall) -> Reply:
    group, user = call.require_entity(GROUP), call.require_entity(USER)
    if group in user.groups:
        return build_reply(call.action)
    if len(user.groups) >= GROUPS_PER_USER.default:
        raise quota_error(GROUPS_PER_USER)
    reply = call.forward()
    if reply.ok:
        user.groups.append(group)
    return reply


def remove_member(call: ApiCall) -> Reply:
    user, group = call.require_entity(USER), call.require_entity(GROUP)
    if group not in user.groups:
        return build_reply(call.action)
    reply = call.forward()
    if reply.ok:
        user.groups.remove(group)
    return reply


RULES = ActionRules(answers={"AddUserToGroup": add_member, "RemoveUserFromGroup": remove_member})
