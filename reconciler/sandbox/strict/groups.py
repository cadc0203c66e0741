"""Membership: ten groups a user.

Sources: IAM User Guide, "IAM and AWS STS quotas": "An IAM user can be a member of 10 groups". Recorded by LocalStack's
verified tests (test_iam_users, test_iam_groups): a user who is no member is removed without an error, and of a user
and a group that both do not exist, RemoveUserFromGroup names the user.
"""

from __future__ import annotations

from reconciler.model.quotas import GROUPS_PER_USER
from reconciler.sandbox.strict.call import Call, Rules, past
from reconciler.sandbox.strict.ledger import GROUP, USER
from reconciler.sandbox.wire import Reply, answer


def add(call: Call) -> Reply:
    group, user = call.need(GROUP), call.need(USER)
    if group in user.groups:
        return answer(call.action)
    if len(user.groups) >= GROUPS_PER_USER.default:
        raise past(GROUPS_PER_USER)
    told = call.forward()
    if told.ok:
        user.groups.append(group)
    return told


def remove(call: Call) -> Reply:
    user, group = call.need(USER), call.need(GROUP)
    if group not in user.groups:
        return answer(call.action)
    told = call.forward()
    if told.ok:
        user.groups.remove(group)
    return told


RULES = Rules(answers={"AddUserToGroup": add, "RemoveUserFromGroup": remove})
