"""What IAM's list calls leave out of policies and instance profiles: tags, and perhaps a description.

Tags in bulk by the Resource Groups Tagging API (100 a page; it lags behind writes, so what decides something is
confirmed one by one). Where that is denied, not answered, or empty although there are entities: one call each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError

from reconciler.aws.faults import AWS_ERRORS, code_of
from reconciler.aws.session import HOME_REGIONS, Connection, client_in
from reconciler.kinds.raw import Detail, tags_of

_TYPES = ["iam:policy", "iam:instance-profile"]


def bulk_tags(connection: Connection) -> Mapping[str, Detail] | None:
    """ARN → tags of everything tagged; None where the bulk read is no use here."""
    region = HOME_REGIONS.get(connection.partition)
    if region is None:
        return None
    found: dict[str, Detail] = {}
    token = ""
    try:
        tagging = client_in(connection, "resourcegroupstaggingapi", region)
        while True:
            page = tagging.get_resources(ResourceTypeFilters=_TYPES, ResourcesPerPage=100, PaginationToken=token)
            for item in page["ResourceTagMappingList"]:
                found[item["ResourceARN"]] = Detail(tags_of(item["Tags"]))
            token = page.get("PaginationToken") or ""
            if not token:
                return found or None
    except AWS_ERRORS:
        return None


def details(connection: Connection, arns: Iterable[str], pool: ThreadPoolExecutor) -> Mapping[str, Detail]:
    """ARN → detail, each asked of IAM itself; what is gone meanwhile has none of its own."""
    listed = list(arns)
    return dict(zip(listed, pool.map(lambda arn: _detail(connection, arn), listed), strict=True))


def _detail(connection: Connection, arn: str) -> Detail:
    """GetPolicy and GetInstanceProfile answer with all tags (at most 50) in one page."""
    try:
        if ":policy/" in arn:
            policy = connection.iam.get_policy(PolicyArn=arn)["Policy"]
            return Detail(tags_of(policy.get("Tags")), policy.get("Description") or "")
        name = arn.rpartition("/")[2]
        profile = connection.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        return Detail(tags_of(profile.get("Tags")))
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return Detail({})
        raise
