"""The table of partitions is botocore's: a partition that AWS adds fails here until the table has it, too."""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest
from botocore.loaders import create_loader

from reconciler.model.partitions import (
    PARTITIONS,
    home_region_of,
    is_in_other_partition,
    partition_of_arn,
    partition_of_region,
)

OF_BOTOCORE: dict[str, Any] = {one["id"]: one for one in create_loader().load_data("partitions")["partitions"]}


def test_every_partition_of_botocore_is_in_the_table_and_no_other() -> None:
    assert set(PARTITIONS) == set(OF_BOTOCORE)


@pytest.mark.parametrize("name", sorted(OF_BOTOCORE))
def test_regions_their_form_and_the_dns_suffix_are_those_of_botocore(name: str) -> None:
    ours, theirs = PARTITIONS[name], OF_BOTOCORE[name]
    assert ours.region_pattern == theirs["regionRegex"]
    new = set(theirs["regions"]) - set(ours.regions)
    assert set(ours.regions) <= set(theirs["regions"])
    assert all(partition_of_region(region) == name for region in new), (
        "a newer botocore's regions are told by their form"
    )
    assert ours.dns_suffix == theirs["outputs"]["dnsSuffix"]


@pytest.mark.parametrize("name", sorted(OF_BOTOCORE))
def test_the_home_region_is_the_one_that_botocore_signs_calls_of_iam_for(name: str) -> None:
    core = botocore.session.Session()
    core.set_credentials("AKIA", "x")
    any_region = next(region for region in OF_BOTOCORE[name]["regions"] if not region.endswith("-global"))
    iam: Any = core.create_client("iam", region_name=any_region)
    operation = iam.meta.service_model.operation_model("GetUser")
    schemes = iam._ruleset_resolver.construct_endpoint(operation, {}, {}).properties["authSchemes"]
    assert PARTITIONS[name].home_region == schemes[0]["signingRegion"]


@pytest.mark.parametrize("name", sorted(PARTITIONS))
def test_sts_and_the_tagging_api_of_a_home_region_stand_in_their_own_partition(name: str) -> None:
    core = botocore.session.Session()
    core.set_credentials("AKIA", "x")
    for service, prefix in (("sts", "sts"), ("resourcegroupstaggingapi", "tagging")):
        client: Any = core.create_client(service, region_name=home_region_of(name))
        suffix = PARTITIONS[name].dns_suffix
        assert client.meta.endpoint_url == f"https://{prefix}.{PARTITIONS[name].home_region}.{suffix}"


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("aws-global", "aws"),
        ("us-east-9", "aws"),  # not in the list: by its form
        ("cn-south-4", "aws-cn"),
        ("us-gov-central-1", "aws-us-gov"),
        ("eusc-de-west-2", "aws-eusc"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-9", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("local", None),
        ("eu-west-1\n", None),
        ("", None),
    ],
)
def test_a_region_belongs_to_one_partition_whether_it_is_listed_or_new(region: str, partition: str | None) -> None:
    assert partition_of_region(region) == partition
    assert sum(bool(re.fullmatch(one.region_pattern, region)) for one in PARTITIONS.values()) <= 1


def test_only_a_region_that_is_known_to_be_of_another_partition_is_elsewhere() -> None:
    assert is_in_other_partition("us-east-1", "aws-cn")
    assert not is_in_other_partition("cn-north-1", "aws-cn")
    assert not is_in_other_partition("local", "aws-cn")


@pytest.mark.parametrize(
    ("arn", "partition"), [("arn:aws-cn:iam::1:user/a", "aws-cn"), ("arn:aws", "aws"), ("aws:x", ""), ("", "")]
)
def test_the_partition_of_an_arn(arn: str, partition: str) -> None:
    assert partition_of_arn(arn) == partition


def test_a_partition_that_is_not_known_has_no_home_that_could_be_guessed() -> None:
    assert home_region_of("aws-new") is None
