"""Which service principals AWS has, as far as anybody knows, and which one was meant."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest

from reconciler.policy.service_principals import NEEDED_ACTIONS, date_of_list, find_nearest_service, is_known_service
from tests.support.managed_policies import read_managed_policies

KNOWN = """
ec2.amazonaws.com lambda.amazonaws.com edgelambda.amazonaws.com replicator.lambda.amazonaws.com
autoscaling.amazonaws.com
ops.apigateway.amazonaws.com ssmmessages.amazonaws.com states.us-east-1.amazonaws.com logs.us-gov-west-1.amazonaws.com
ec2.amazonaws.com.cn s3.cn-north-1.amazonaws.com.cn codedeploy.us-iso-east-1.c2s.ic.gov ec2.eusc-de-east-1.amazonaws.eu
alexa-appkit.amazon.com monitoring.rds.amazonaws.com vpc-flow-logs.amazonaws.com build.apprunner.amazonaws.com
scheduler.redshift.amazonaws.com maintenance.s3tables.amazonaws.com delivery.logs.amazonaws.com
eu-west-1.elasticache-snapshot.amazonaws.com rolesanywhere.amazonaws.com account-access.amazonaws.com
something-new.lambda.amazonaws.com
""".split()


@pytest.mark.parametrize("name", KNOWN)
def test_a_principal_that_aws_has_is_known_in_every_region_and_partition(name: str) -> None:
    assert is_known_service(name)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("amazonaws.com", ""),
        ("a.b", ""),
        ("ec2.amazon.com", "ec2.amazonaws.com"),
        ("tagging.amazonaws.com", "resource-groups.amazonaws.com"),
        ("ecs-task.amazonaws.com", "ecs-tasks.amazonaws.com"),
        ("EC2.amazonaws.com", "ec2.amazonaws.com"),
        ("efs.amazonaws.com", "elasticfilesystem.amazonaws.com"),
        ("step-functions.eu-west-1.amazonaws.com", "states.amazonaws.com"),
        ("replicater.lambda.amazonaws.com", "replicator.lambda.amazonaws.com"),
        ("lamda.amazonaws.com", "lambda.amazonaws.com"),
        ("a-service-of-next-year.amazonaws.com", ""),
    ],
)
def test_of_one_that_aws_has_not_the_nearest_is_named(name: str, near: str) -> None:
    assert not is_known_service(name)
    assert find_nearest_service(name) == near


def test_every_service_of_awss_own_policies_is_known() -> None:
    text = json.dumps(read_managed_policies())
    held = set(re.findall(r"aws-service-role/([a-z0-9.-]+\.amazonaws\.com)/", text))
    for key in ("iam:PassedToService", "iam:AWSServiceName"):
        for values in re.findall(rf'"{key}": (\[[^\]]*\]|"[^"]*")', text):
            held |= {name for name in re.findall(r'"([^"]+)"', values) if "*" not in name}
    assert len(held) > 120
    assert sorted(name for name in held if not is_known_service(name)) == []


def test_the_list_says_where_it_is_from_and_holds_nothing_twice() -> None:
    body = json.loads(files("reconciler.policy").joinpath("service_principals.json").read_text())
    assert body["sources"]
    assert re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", date_of_list())
    names = [*body["principals"], *body["prefixes"]]
    assert len(names) == len(set(names)) > 600
    assert set(body["called"].values()) <= set(body["principals"])
    assert set(body["called"]).isdisjoint(names)
    assert set(NEEDED_ACTIONS) <= set(body["principals"])
