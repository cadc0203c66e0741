"""AWS's partitions: their ids, regions and hosts. This is the only table of them.

Credentials, ARNs and endpoints of one partition mean nothing in another (AWS Fault Isolation Boundaries, "Partitions").
Source: botocore's `partitions.json`, and for the home region the one that botocore signs calls of IAM for;
`tests/unit/model/test_partitions.py` compares both with the botocore on disk. Console hosts: AWS CLI User Guide and the
AWS European Sovereign Cloud User Guide, "Endpoints". A warm `assume` imports this module, so it imports little itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

DEFAULT_PARTITION = "aws"

ARN_PARTITION = "[a-z0-9-]+"
"""A pattern of the second part of an ARN, for a regex: that of a partition that this version does not know included."""

PARTITION_NAME = "aws(?:-[a-z0-9]+)*"
"""A pattern of the names that AWS gives to its partitions, for a regex."""


class Partition:
    """One partition. It is not a dataclass, because importing `dataclasses` takes as long as a warm `assume`.

    id: its name, such as "aws". dns_suffix: the end of its hosts. regions: the ids of its regions.
    home_region: the region of its IAM; STS is called there if no region is configured.
    region_pattern: a regular expression for the ids of its regions, including future ones.
    console: the hosts of the console, with {} in place of `signin` or `console`; "" if AWS publishes none.
    """

    __slots__ = ("console", "dns_suffix", "home_region", "id", "region_pattern", "regions")

    def __init__(
        self, name: str, dns_suffix: str, home_region: str, region_pattern: str, regions: str, console: str = ""
    ) -> None:
        self.id = name
        self.dns_suffix = dns_suffix
        self.home_region = home_region
        self.region_pattern = region_pattern
        self.regions = tuple(regions.split())
        self.console = console


_ALL = (
    Partition(
        "aws",
        "amazonaws.com",
        "us-east-1",
        r"^(us|eu|ap|sa|ca|me|af|il|mx)\-\w+\-\d+$",
        """af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
        ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
        aws-global ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1
        eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1 us-east-1
        us-east-2 us-west-1 us-west-2""",
        "{}.aws.amazon.com",
    ),
    Partition(
        "aws-cn",
        "amazonaws.com.cn",
        "cn-north-1",
        r"^cn\-\w+\-\d+$",
        "aws-cn-global cn-north-1 cn-northwest-1",
        "{}.amazonaws.cn",
    ),
    Partition(
        "aws-eusc",
        "amazonaws.eu",
        "eusc-de-east-1",
        r"^eusc\-(de)\-\w+\-\d+$",
        "eusc-de-east-1",
        "eusc-de-east-1.{}.amazonaws-eusc.eu",
    ),
    Partition(
        "aws-iso",
        "c2s.ic.gov",
        "us-iso-east-1",
        r"^us\-iso\-\w+\-\d+$",
        "aws-iso-global us-iso-east-1 us-iso-west-1",
    ),
    Partition(
        "aws-iso-b",
        "sc2s.sgov.gov",
        "us-isob-east-1",
        r"^us\-isob\-\w+\-\d+$",
        "aws-iso-b-global us-isob-east-1 us-isob-west-1",
    ),
    Partition(
        "aws-iso-e",
        "cloud.adc-e.uk",
        "eu-isoe-west-1",
        r"^eu\-isoe\-\w+\-\d+$",
        "aws-iso-e-global eu-isoe-west-1",
    ),
    Partition(
        "aws-iso-f",
        "csp.hci.ic.gov",
        "us-isof-south-1",
        r"^us\-isof\-\w+\-\d+$",
        "aws-iso-f-global us-isof-east-1 us-isof-south-1",
    ),
    Partition(
        "aws-us-gov",
        "amazonaws.com",
        "us-gov-west-1",
        r"^us\-gov\-\w+\-\d+$",
        "aws-us-gov-global us-gov-east-1 us-gov-west-1",
        "{}.amazonaws-us-gov.com",
    ),
)
PARTITIONS: Mapping[str, Partition] = {partition.id: partition for partition in _ALL}
"""The partitions by id."""

DNS_SUFFIXES = tuple(sorted({partition.dns_suffix for partition in _ALL}, key=len, reverse=True))
"""The suffixes of the hosts of all partitions, the longest first."""

_PARTITION_OF_REGION = {region: partition.id for partition in _ALL for region in partition.regions}


def partition_of_region(region: str) -> str | None:
    """Return the partition of a region, by the list, else by the form of its id; None if neither tells."""
    listed_partition = _PARTITION_OF_REGION.get(region)
    if listed_partition is not None:
        return listed_partition
    return next((partition.id for partition in _ALL if re.fullmatch(partition.region_pattern, region)), None)


def is_in_other_partition(region: str, partition: str) -> bool:
    """Return whether the region is known to belong to another partition."""
    return partition_of_region(region) not in (None, partition)


def home_region_of(partition: str) -> str | None:
    """Return the region of the partition's IAM; None for a partition that this version does not know."""
    known_partition = PARTITIONS.get(partition)
    return known_partition.home_region if known_partition else None


def partition_of_arn(arn: str) -> str:
    """Return the second part of an ARN; "" for a text that is not an ARN."""
    head, _, tail = arn.partition(":")
    return tail.partition(":")[0] if head == "arn" else ""
