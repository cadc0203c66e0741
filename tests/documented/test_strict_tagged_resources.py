"""Tags of IAM's resources in bulk (Resource Groups Tagging API Reference, GetResources)."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from strict_account import EntityMaker, client, refusal

from reconciler.sandbox.query_protocol import HttpRequest
from reconciler.sandbox.server import Sandbox
from reconciler.sandbox.strict.tagged_resources import TARGET, asks_for_iam_tags

RED, BLUE = {"Key": "team", "Value": "red"}, {"Key": "team", "Value": "blue"}


@pytest.fixture(scope="module")
def tagging_client(sandbox: Sandbox) -> Any:
    return client(sandbox.url, "resourcegroupstaggingapi")


def arns_of(answer: Any) -> list[str]:
    return [one["ResourceARN"] for one in answer["ResourceTagMappingList"]]


def test_tagged_policies_and_profiles_are_listed_with_all_their_tags(
    fresh: Any, maker: EntityMaker, tagging_client: Any
) -> None:
    policy = maker.policy(Tags=[RED, {"Key": "cost", "Value": "1"}])
    profile = maker.profile(Tags=[BLUE])
    maker.policy()
    told = tagging_client.get_resources(ResourceTypeFilters=["iam:policy", "iam:instance-profile"])
    assert told["ResourceTagMappingList"] == [
        {"ResourceARN": policy, "Tags": [RED, {"Key": "cost", "Value": "1"}]},
        {"ResourceARN": f"arn:aws:iam::123456789012:instance-profile/{profile}", "Tags": [BLUE]},
    ]
    assert told["PaginationToken"] == ""
    fresh.untag_policy(PolicyArn=policy, TagKeys=["team", "cost"])
    assert arns_of(tagging_client.get_resources(ResourceTypeFilters=["iam:policy"])) == []


def test_users_and_roles_are_not_among_them(fresh: Any, maker: EntityMaker, tagging_client: Any) -> None:
    maker.user(Tags=[RED])
    maker.role(Tags=[RED])
    policy = maker.policy(Tags=[RED])
    assert arns_of(tagging_client.get_resources(ResourceTypeFilters=["iam"])) == [policy]


def test_every_filter_must_match_by_one_of_its_values(fresh: Any, maker: EntityMaker, tagging_client: Any) -> None:
    red = maker.policy(Tags=[RED, {"Key": "stage", "Value": "live"}])
    blue = maker.policy(Tags=[BLUE])

    def find(*filters: tuple[str, list[str]]) -> list[str]:
        given = [{"Key": key, "Values": values} for key, values in filters]
        return arns_of(tagging_client.get_resources(ResourceTypeFilters=["iam:policy"], TagFilters=given))

    assert find(("team", [])) == [red, blue]
    assert find(("team", ["red", "green"])) == [red]
    assert find(("team", ["red", "blue"]), ("stage", [])) == [red]
    assert find(("team", ["green"])) == []


def test_pages_have_fifty_by_default_and_a_hundred_at_most(fresh: Any, maker: EntityMaker, tagging_client: Any) -> None:
    policies = [maker.policy(Tags=[RED]) for _ in range(51)]
    first = tagging_client.get_resources(ResourceTypeFilters=["iam:policy"])
    assert arns_of(first) == policies[:50]
    rest = tagging_client.get_resources(ResourceTypeFilters=["iam:policy"], PaginationToken=first["PaginationToken"])
    assert (arns_of(rest), rest["PaginationToken"]) == (policies[50:], "")
    assert len(arns_of(tagging_client.get_resources(ResourceTypeFilters=["iam:policy"], ResourcesPerPage=100))) == 51


@pytest.mark.parametrize(
    "parameters",
    [
        {"ResourcesPerPage": 0},
        {"ResourcesPerPage": 101},
        {"PaginationToken": "somewhere"},
        {"TagFilters": [{"Values": ["x"]}]},
    ],
    ids=str,
)
def test_parameters_out_of_range_are_refused(tagging_client: Any, parameters: dict[str, Any]) -> None:
    given = {"ResourceTypeFilters": ["iam:policy"], **parameters}
    assert refusal(tagging_client.get_resources, **given)[:2] == (400, "InvalidParameterException")


def test_resources_of_iam_are_in_its_home_region_only(fresh: Any, maker: EntityMaker, sandbox: Sandbox) -> None:
    maker.policy(Tags=[RED])
    elsewhere = boto3.client(
        "resourcegroupstaggingapi",
        endpoint_url=sandbox.url,
        region_name="eu-west-1",
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="secret",
    )
    assert arns_of(elsewhere.get_resources(ResourceTypeFilters=["iam:policy"])) == []


def test_an_unknown_key_is_refused_as_json_protocols_do(sandbox: Sandbox) -> None:
    stranger = client(sandbox.url, "resourcegroupstaggingapi", "AKIA" + "Z" * 16)
    with pytest.raises(ClientError) as caught:
        stranger.get_resources(ResourceTypeFilters=["iam:policy"])
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_another_account_has_its_own_tags(
    fresh: Any, maker: EntityMaker, sandbox: Sandbox, tagging_client: Any
) -> None:
    maker.policy(Tags=[RED])
    role = "arn:aws:iam::111111111111:role/elsewhere"
    issued = client(sandbox.url, "sts").assume_role(RoleArn=role, RoleSessionName="elsewhere")["Credentials"]
    other = client(sandbox.url, "resourcegroupstaggingapi", issued["AccessKeyId"], issued["SessionToken"])
    assert arns_of(other.get_resources(ResourceTypeFilters=["iam:policy"])) == []


@pytest.mark.parametrize("types", [[], ["iam:policy", "s3"]], ids=["all", "of two services"])
def test_a_request_for_other_services_goes_to_the_emulator(
    fresh: Any, maker: EntityMaker, tagging_client: Any, types: list[str]
) -> None:
    maker.policy(Tags=[RED])
    assert arns_of(tagging_client.get_resources(ResourceTypeFilters=types)) == []


@pytest.mark.parametrize("body", [b"", b"[]", b'{"ResourceTypeFilters": [{}]}', b"[" * 100_000, b"\xff"], ids=range(5))
def test_a_body_that_is_not_of_the_api_is_not_answered_here(body: bytes) -> None:
    assert not asks_for_iam_tags(HttpRequest("POST", "/", (("X-Amz-Target", TARGET),), body))
