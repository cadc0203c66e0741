"""Service-linked roles: names, suffixes, protection and deletion (API Reference; LocalStack's verified tests)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from strict_account import EC2, EntityMaker, refusal

from reconciler.sandbox.strict.linked_role_names import LINKED_ROLES


@pytest.mark.parametrize(
    ("service", "role"),
    [
        ("ecs.amazonaws.com", "AWSServiceRoleForECS"),
        ("spot.amazonaws.com", "AWSServiceRoleForEC2Spot"),
        ("docdb-elastic.amazonaws.com", "AWSServiceRoleForDocDB-Elastic"),
        ("ecs.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_ECSService"),
    ],
)
def test_a_role_has_its_services_name_and_path(fresh: Any, service: str, role: str) -> None:
    made = fresh.create_service_linked_role(AWSServiceName=service, Description="d")["Role"]
    path = f"/aws-service-role/{service}/"
    assert (made["RoleName"], made["Path"]) == (role, path)
    assert made["Arn"] == f"arn:aws:iam::123456789012:role{path}{role}"
    assert made["RoleId"].startswith("AROA")
    assert not {"MaxSessionDuration", "RoleLastUsed", "Description"} & made.keys()
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    got = fresh.get_role(RoleName=role)["Role"]
    assert got["AssumeRolePolicyDocument"] == {"Version": "2012-10-17", "Statement": [statement]}
    assert made["AssumeRolePolicyDocument"] == got["AssumeRolePolicyDocument"]
    assert (got["Description"], got["MaxSessionDuration"]) == ("d", 3600)
    details = fresh.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    assert [detail["Arn"] for detail in details] == [made["Arn"]]


def test_a_role_that_is_there_is_taken(fresh: Any) -> None:
    fresh.create_service_linked_role(AWSServiceName="batch.amazonaws.com")
    message = "Service role name AWSServiceRoleForBatch has been taken in this account, please try a different suffix."
    taken = (400, "InvalidInput", message)
    assert refusal(fresh.create_service_linked_role, AWSServiceName="batch.amazonaws.com") == taken


def test_a_suffix_makes_another_role_if_the_service_takes_one(fresh: Any) -> None:
    create = fresh.create_service_linked_role
    create(AWSServiceName="autoscaling.amazonaws.com")
    second = create(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="blue")["Role"]["RoleName"]
    assert second == "AWSServiceRoleForAutoScaling_blue"
    refused = refusal(create, AWSServiceName="batch.amazonaws.com", CustomSuffix="testsuffix")
    assert refused == (400, "InvalidInput", "Custom suffix is not allowed for batch.amazonaws.com")
    long = refusal(create, AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="x" * 64)
    assert long[:2] == (400, "ValidationError")


@pytest.mark.parametrize("service", ["account.amazonaws.com", "logs.amazonaws.com", "nonsense"])
def test_a_service_without_a_template_is_refused(iam: Any, service: str) -> None:
    refused = refusal(iam.create_service_linked_role, AWSServiceName=service)
    assert refused == (403, "AccessDenied", f"Cannot find Service Linked Role template for {service}")


def test_a_role_goes_by_a_deletion_task_alone(fresh: Any) -> None:
    role = fresh.create_service_linked_role(AWSServiceName="batch.amazonaws.com")["Role"]["RoleName"]
    task = fresh.delete_service_linked_role(RoleName=role)["DeletionTaskId"]
    uuid = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.fullmatch(rf"task/aws-service-role/batch\.amazonaws\.com/{role}/{uuid}", task)
    assert fresh.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    gone = (404, "NoSuchEntity", f"The role with name {role} cannot be found.")
    assert refusal(fresh.get_role, RoleName=role) == gone
    assert refusal(fresh.delete_service_linked_role, RoleName=role) == gone
    assert refusal(fresh.get_service_linked_role_deletion_status, DeletionTaskId="task/x")[:2] == (404, "NoSuchEntity")
    fresh.create_service_linked_role(AWSServiceName="batch.amazonaws.com")


def test_a_role_of_ones_own_is_no_service_linked_role(iam: Any, maker: EntityMaker) -> None:
    role = maker.role()
    assert refusal(iam.delete_service_linked_role, RoleName=role)[:2] == (404, "NoSuchEntity")
    iam.delete_role(RoleName=role)


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("attach_role_policy", {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("detach_role_policy", {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("put_role_policy", {"PolicyName": "p", "PolicyDocument": "{}"}),
        ("delete_role_policy", {"PolicyName": "p"}),
        ("put_role_permissions_boundary", {"PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("delete_role_permissions_boundary", {}),
        ("update_assume_role_policy", {"PolicyDocument": EC2}),
        ("update_role", {"MaxSessionDuration": 7200}),
        ("add_role_to_instance_profile", {"InstanceProfileName": "x"}),
        ("delete_role", {}),
    ],
)
def test_a_service_linked_role_is_its_services_own(fresh: Any, operation: str, more: dict[str, Any]) -> None:
    role = fresh.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]["RoleName"]
    message = f"Cannot perform the operation on the protected role '{role}' - this role is only modifiable by AWS"
    refused = refusal(getattr(fresh, operation), RoleName=role, **more)
    assert refused == (400, "UnmodifiableEntity", message)


def test_the_description_of_a_service_linked_role_can_be_edited(fresh: Any) -> None:
    role = fresh.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]["RoleName"]
    fresh.update_role(RoleName=role, Description="new")
    assert fresh.get_role(RoleName=role)["Role"]["Description"] == "new"


def test_names_are_of_services_and_unique() -> None:
    assert len(set(LINKED_ROLES.values())) == len(LINKED_ROLES) > 140
    for service, role in LINKED_ROLES.items():
        assert re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com", service)
        assert re.fullmatch(r"AWSServiceRoleFor[\w-]{2,47}", role)
