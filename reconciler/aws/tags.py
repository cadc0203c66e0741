"""Tags of policies and instance profiles, which IAM's list calls leave out.

In bulk by the Resource Groups Tagging API (100 a page; it lags behind writes, so what decides something is
confirmed one by one). Where that is denied, not answered, or empty although there are entities: one call each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError

from reconciler.aws.faults import code_of
from reconciler.aws.session import Connection, client_in
from reconciler.kinds.raw import tags_of

Tags = Mapping[str, Mapping[str, str]]

_HOME_REGION = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_TYPES = ["iam:policy", "iam:instance-profile"]


def bulk_tags(connection: Connection) -> Tags | None:
    """ARN → tags of everything tagged; None where the bulk read is no use here."""
    region = _HOME_REGION.get(connection.partition)
    if region is None:
        return None
    found: dict[str, Mapping[str, str]] = {}
    token = ""
    try:
        tagging = client_in(connection, "resourcegroupstaggingapi", region)
        while True:
            page = tagging.get_resources(ResourceTypeFilters=_TYPES, ResourcesPerPage=100, PaginationToken=token)
            for item in page["ResourceTagMappingList"]:
                found[item["ResourceARN"]] = tags_of(item["Tags"])
            token = page.get("PaginationToken") or ""
            if not token:
                return found or None
    except (BotoCoreError, ClientError):
        return None


def tags_one_by_one(connection: Connection, arns: Iterable[str], pool: ThreadPoolExecutor) -> Tags:
    """ARN → tags, each asked of IAM itself; what is gone meanwhile has none."""
    listed = list(arns)
    return dict(zip(listed, pool.map(lambda arn: _tags(connection, arn), listed), strict=True))


def _tags(connection: Connection, arn: str) -> Mapping[str, str]:
    """GetPolicy and GetInstanceProfile answer with all tags (at most 50) in one page."""
    try:
        if ":policy/" in arn:
            return tags_of(connection.iam.get_policy(PolicyArn=arn)["Policy"].get("Tags"))
        name = arn.rpartition("/")[2]
        answer = connection.iam.get_instance_profile(InstanceProfileName=name)
        return tags_of(answer["InstanceProfile"].get("Tags"))
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return {}
        raise
