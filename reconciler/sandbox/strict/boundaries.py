"""Permissions boundaries of users, which emulators lack; those of roles must name a policy that exists.

Sources: IAM API Reference, PutUserPermissionsBoundary, PutRolePermissionsBoundary and their deletion
(NoSuchEntity); User Guide, "Permissions boundaries": one managed policy, customer or AWS.
"""

from __future__ import annotations

from reconciler.sandbox.strict.attachments import require_policy
from reconciler.sandbox.strict.call import Call, Edit, Rules
from reconciler.sandbox.strict.ledger import ROLE, USER
from reconciler.sandbox.wire import Refusal, Reply, answer

GIVEN = "PermissionsBoundary"


def _must_exist(call: Call) -> None:
    arn = call.given(GIVEN)
    if not arn:
        return
    if not arn.startswith("arn:") or ":policy/" not in arn:
        raise Refusal("ValidationError", f"Value '{arn}' at 'permissionsBoundary' is not the ARN of a policy.")
    require_policy(call, arn)


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
