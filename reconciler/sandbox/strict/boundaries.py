"""Keep the permissions boundaries of users, which emulators lack, and check that a boundary is an existing policy.

Sources: IAM API Reference, PutUserPermissionsBoundary, PutRolePermissionsBoundary and their deletion
(NoSuchEntity); User Guide, "Permissions boundaries": one managed policy, of the customer or of AWS. LocalStack's
verified test_iam_roles recorded the texts, and InvalidInput for an ARN that is not one of a policy.
"""

from __future__ import annotations

from reconciler.sandbox.query_protocol import AwsError, Reply, build_reply
from reconciler.sandbox.strict.api_call import NAME_PARAMETERS, ActionRules, ApiCall, Edit
from reconciler.sandbox.strict.attachments import check_policy_arn, require_policy
from reconciler.sandbox.strict.ledger import ROLE, USER

PARAMETER = "PermissionsBoundary"


def _check_policy_exists(call: ApiCall) -> None:
    arn = call.get(PARAMETER)
    if not arn:
        return
    check_policy_arn(arn)
    for kind in (USER, ROLE) if call.action.startswith("Put") else ():
        if call.has(NAME_PARAMETERS[kind]):
            call.require_entity(kind)
    try:
        require_policy(call, arn)
    except AwsError as error:
        raise AwsError(error.code, error.message.replace("Policy", "Scope ARN:", 1), error.status) from None


def put_user_boundary(call: ApiCall) -> Reply:
    call.require_entity(USER).boundary = call.get(PARAMETER)
    return build_reply(call.action)


def delete_user_boundary(call: ApiCall) -> Reply:
    user = call.require_entity(USER)
    if not user.boundary:
        raise AwsError("NoSuchEntity", f"User {user.name} does not have a permission boundary attached.", status=404)
    user.boundary = ""
    return build_reply(call.action)


def _record_boundary(kind: str) -> Edit:
    def edit(call: ApiCall, reply: Reply) -> None:
        entity = call.find_entity(kind)
        if entity is not None:
            entity.boundary = call.get(PARAMETER)

    return edit


RULES = ActionRules(
    checks={
        "CreateUser": _check_policy_exists,
        "CreateRole": _check_policy_exists,
        "PutUserPermissionsBoundary": _check_policy_exists,
        "PutRolePermissionsBoundary": _check_policy_exists,
    },
    answers={"PutUserPermissionsBoundary": put_user_boundary, "DeleteUserPermissionsBoundary": delete_user_boundary},
    edits={
        "CreateUser": _record_boundary(USER),
        "CreateRole": _record_boundary(ROLE),
        "PutRolePermissionsBoundary": _record_boundary(ROLE),
        "DeleteRolePermissionsBoundary": _record_boundary(ROLE),
    },
)
