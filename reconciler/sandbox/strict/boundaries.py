"""Permissions boundaries of users, which emulators lack; those of roles must name a policy that exists.

Sources: IAM API Reference, PutUserPermissionsBoundary, PutRolePermissionsBoundary and their deletion
(NoSuchEntity); User Guide, "Permissions boundaries": one managed policy, customer or AWS. The words, and InvalidInput
for the ARN of another thing, as LocalStack's verified test_iam_roles recorded them.
"""

from __future__ import annotations

from reconciler.sandbox.strict.attachments import refuse_no_arn, require_policy
from reconciler.sandbox.strict.call import NAMED_BY, Call, Edit, Rules
from reconciler.sandbox.strict.ledger import ROLE, USER
from reconciler.sandbox.wire import Refusal, Reply, answer

GIVEN = "PermissionsBoundary"


def _must_exist(call: Call) -> None:
    arn = call.given(GIVEN)
    if not arn:
        return
    refuse_no_arn(arn)
    for kind in (USER, ROLE) if call.action.startswith("Put") else ():
        if call.has(NAMED_BY[kind]):
            call.need(kind)
    try:
        require_policy(call, arn)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.message.replace("Policy", "Scope ARN:", 1), refusal.status) from None


def put_user(call: Call) -> Reply:
    call.need(USER).boundary = call.given(GIVEN)
    return answer(call.action)


def delete_user(call: Call) -> Reply:
    user = call.need(USER)
    if not user.boundary:
        raise Refusal("NoSuchEntity", f"User {user.name} does not have a permission boundary attached.", status=404)
    user.boundary = ""
    return answer(call.action)


def _keep(kind: str) -> Edit:
    def edit(call: Call, reply: Reply) -> None:
        entity = call.subject(kind)
        if entity is not None:
            entity.boundary = call.given(GIVEN)

    return edit


RULES = Rules(
    checks={
        "CreateUser": _must_exist,
        "CreateRole": _must_exist,
        "PutUserPermissionsBoundary": _must_exist,
        "PutRolePermissionsBoundary": _must_exist,
    },
    answers={"PutUserPermissionsBoundary": put_user, "DeleteUserPermissionsBoundary": delete_user},
    edits={
        "CreateUser": _keep(USER),
        "CreateRole": _keep(ROLE),
        "PutRolePermissionsBoundary": _keep(ROLE),
        "DeleteRolePermissionsBoundary": _keep(ROLE),
    },
)
