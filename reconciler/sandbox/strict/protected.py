"""Service-linked roles belong to their service.

Source: IAM API Reference, UnmodifiableEntity: "only the service that created the service-linked role can
modify or delete the resource on your behalf".
"""

from __future__ import annotations

from reconciler.sandbox.strict.call import Call, Rules
from reconciler.sandbox.strict.ledger import ROLE
from reconciler.sandbox.wire import Refusal

WRITES = (
    "AttachRolePolicy",
    "DeleteRole",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "UpdateAssumeRolePolicy",
)


def refuse(call: Call) -> None:
    role = call.subject(ROLE)
    if role is not None and role.path.startswith("/aws-service-role/"):
        raise Refusal(
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{role.name}' - this role is only modifiable by AWS",
        )


RULES = Rules(checks=dict.fromkeys(WRITES, refuse))
