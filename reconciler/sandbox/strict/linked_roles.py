"""Service-linked roles: their names, paths and suffixes, and the task that deletes one.

Sources: IAM API Reference, CreateServiceLinkedRole, DeleteServiceLinkedRole and GetServiceLinkedRoleDeletionStatus (a
task is `task/aws-service-role/SERVICE/ROLE/UUID`); the role, the refusals and the deletion as LocalStack's verified
test_iam.py (TestIAMServiceRoles) and public issue threads recorded them: "Service role name … has been taken in this
account, please try a different suffix." and "Cannot find Service Linked Role template for …". No resource of a service
exists here that could keep its role from being deleted, so a task succeeds at once.
"""

from __future__ import annotations

import json
import uuid

from reconciler.sandbox.strict.call import Call, Rules, denied, no_such
from reconciler.sandbox.strict.ledger import ROLE
from reconciler.sandbox.strict.linked_role_names import LINKED_ROLES, WITH_SUFFIX
from reconciler.sandbox.strict.names import refuse_bad_name
from reconciler.sandbox.strict.parameters import required
from reconciler.sandbox.wire import Refusal, Reply, answer

PATH = "/aws-service-role/"


def create(call: Call) -> Reply:
    required(call, "AWSServiceName")
    service, suffix = call.given("AWSServiceName"), call.given("CustomSuffix")
    name = LINKED_ROLES.get(service)
    if name is None:
        raise denied(f"Cannot find Service Linked Role template for {service}")
    if suffix and service.removesuffix(".amazonaws.com") not in WITH_SUFFIX:
        raise Refusal("InvalidInput", f"Custom suffix is not allowed for {service}")
    name = f"{name}_{suffix}" if suffix else name
    refuse_bad_name(ROLE, "RoleName", name)
    if call.ledger.rival(ROLE, name) is not None:
        message = f"Service role name {name} has been taken in this account, please try a different suffix."
        raise Refusal("InvalidInput", message)
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    given = {"Description": call.given("Description")} if call.has("Description") else {}
    made = call.ask("CreateRole", RoleName=name, Path=f"{PATH}{service}/", AssumeRolePolicyDocument=trust, **given)
    role = made.result.find("Role")
    if not made.ok or role is None:
        return made
    reply = answer(call.action, {})
    reply.result.append(role)
    return reply


def delete(call: Call) -> Reply:
    role = call.need(ROLE)
    if not role.path.startswith(PATH):
        raise no_such(ROLE, role.name)
    made = call.ask("DeleteRole", RoleName=role.name)
    if not made.ok:
        return made
    task = f"task{role.path}{role.name}/{uuid.uuid4()}"
    call.ledger.deletion_tasks.add(task)
    return answer(call.action, {"DeletionTaskId": task})


def deletion_status(call: Call) -> Reply:
    required(call, "DeletionTaskId")
    task = call.given("DeletionTaskId")
    if task not in call.ledger.deletion_tasks:
        raise Refusal("NoSuchEntity", f"The deletion task {task} cannot be found.", status=404)
    return answer(call.action, {"Status": "SUCCEEDED"})


RULES = Rules(
    answers={
        "CreateServiceLinkedRole": create,
        "DeleteServiceLinkedRole": delete,
        "GetServiceLinkedRoleDeletionStatus": deletion_status,
    }
)
