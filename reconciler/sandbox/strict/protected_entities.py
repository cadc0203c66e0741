"""Refuse changes of service-linked roles, which belong to their service, and of policies of AWS.

Sources: IAM API Reference, UnmodifiableEntity: "only the service that created the service-linked role can modify or
delete the resource on your behalf"; IAM User Guide, "Edit a service-linked role" (its description alone can be
edited), "AWS managed policies" ("You cannot change the permissions defined in AWS managed policies").
"""

from __future__ import annotations

from reconciler.sandbox.query_protocol import AwsError
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, access_denied_error
from reconciler.sandbox.strict.ledger import ROLE
from reconciler.sandbox.strict.sessions import identity_of

WRITES = (
    "AddRoleToInstanceProfile",
    "AttachRolePolicy",
    "DeleteRole",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "RemoveRoleFromInstanceProfile",
    "UpdateAssumeRolePolicy",
)
POLICY_WRITES = (
    "CreatePolicyVersion",
    "DeletePolicy",
    "DeletePolicyVersion",
    "SetDefaultPolicyVersion",
    "TagPolicy",
    "UntagPolicy",
)


def refuse_linked_role(call: ApiCall) -> None:
    """Refuse a call that changes a service-linked role."""
    role = call.find_entity(ROLE)
    if role is not None and role.path.startswith("/aws-service-role/"):
        raise AwsError(
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{role.name}' - this role is only modifiable by AWS",
        )


def refuse_all_but_description(call: ApiCall) -> None:
    if call.has("MaxSessionDuration"):
        refuse_linked_role(call)


def refuse_managed_policy(call: ApiCall) -> None:
    arn = call.get("PolicyArn")
    if ":iam::aws:policy/" in arn:
        caller_arn = identity_of(call)[0]
        raise access_denied_error(
            f"User: {caller_arn} is not authorized to perform: iam:{call.action} on resource: policy {arn}"
        )


RULES = ActionRules(
    checks={
        **dict.fromkeys(WRITES, refuse_linked_role),
        "UpdateRole": refuse_all_but_description,
        **dict.fromkeys(POLICY_WRITES, refuse_managed_policy),
    }
)
