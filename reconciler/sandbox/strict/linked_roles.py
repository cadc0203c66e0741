"""Create and delete service-linked roles: their names, paths and suffixes, and the deletion task.

Sources: IAM API Reference, CreateServiceLinkedRole, DeleteServiceLinkedRole and GetServiceLinkedRoleDeletionStatus (a
task is `task/aws-service-role/SERVICE/ROLE/UUID`); the role, the refusals and the deletion as LocalStack's verified
test_iam.py (TestIAMServiceRoles) and public issue threads recorded them: "Service role name … has been taken in this
account, please try a different suffix." and "Cannot find Service Linked Role template for …". A deletion task succeeds
at once: the sandbox has no resources of services that could still need the role.
"""

from __future__ import annotations

import json
import uuid

from reconciler.sandbox.query_protocol import AwsError, Reply, build_reply
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, access_denied_error, no_such_entity_error
from reconciler.sandbox.strict.entity_names import refuse_bad_name
from reconciler.sandbox.strict.ledger import ROLE
from reconciler.sandbox.strict.linked_role_names import LINKED_ROLES, WITH_SUFFIX
from reconciler.sandbox.strict.parameters import require_parameters

PATH = "/aws-service-role/"


def create_linked_role(call: ApiCall) -> Reply:
    require_parameters(call, "AWSServiceName")
    service, suffix = call.get("AWSServiceName"), call.get("CustomSuffix")
    name = LINKED_ROLES.get(service)
    if name is None:
        raise access_denied_error(f"Cannot find Service Linked Role template for {service}")
    if suffix and service.removesuffix(".amazonaws.com") not in WITH_SUFFIX:
        raise AwsError("InvalidInput", f"Custom suffix is not allowed for {service}")
    name = f"{name}_{suffix}" if suffix else name
    refuse_bad_name(ROLE, "RoleName", name)
    if call.ledger.find_same_name(ROLE, name) is not None:
        message = f"Service role name {name} has been taken in this account, please try a different suffix."
        raise AwsError("InvalidInput", message)
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    optional = {"Description": call.get("Description")} if call.has("Description") else {}
    path = f"{PATH}{service}/"
    created = call.invoke("CreateRole", RoleName=name, Path=path, AssumeRolePolicyDocument=trust, **optional)
    role = created.result.find("Role")
    if not created.ok or role is None:
        return created
    reply = build_reply(call.action, {})
    reply.result.append(role)
    return reply


def delete_linked_role(call: ApiCall) -> Reply:
    role = call.require_entity(ROLE)
    if not role.path.startswith(PATH):
        raise no_such_entity_error(ROLE, role.name)
    deletion = call.invoke("DeleteRole", RoleName=role.name)
    if not deletion.ok:
        return deletion
    task = f"task{role.path}{role.name}/{uuid.uuid4()}"
    call.ledger.deletion_tasks.add(task)
    return build_reply(call.action, {"DeletionTaskId": task})


def get_deletion_status(call: ApiCall) -> Reply:
    require_parameters(call, "DeletionTaskId")
    task = call.get("DeletionTaskId")
    if task not in call.ledger.deletion_tasks:
        raise AwsError("NoSuchEntity", f"The deletion task {task} cannot be found.", status=404)
    return build_reply(call.action, {"Status": "SUCCEEDED"})


RULES = ActionRules(
    answers={
        "CreateServiceLinkedRole": create_linked_role,
        "DeleteServiceLinkedRole": delete_linked_role,
        "GetServiceLinkedRoleDeletionStatus": get_deletion_status,
    }
)
