"""Membership: ten groups a user.

Source: IAM User Guide, "IAM and AWS STS quotas": "An IAM user can be a member of 10 groups".
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


def removed(call: Call, reply: Reply) -> None:
    group, user = call.subject(GROUP), call.subject(USER)
    if user is not None and group in user.groups:
        user.groups.remove(group)


RULES = Rules(answers={"AddUserToGroup": add}, edits={"RemoveUserFromGroup": removed})
