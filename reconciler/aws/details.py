"""What IAM's list calls leave out of policies and instance profiles: tags, and perhaps a description.

Tags in bulk by the Resource Groups Tagging API (100 a page; it lags behind writes, so what decides something is
confirmed one by one). Where that is denied, not answered, or empty although there are entities: one call each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor

from botocore.exceptions import ClientError, PaginationError

from reconciler.aws.faults import AWS_ERRORS, THROTTLED, code_of
from reconciler.aws.pagination import MAX_PAGES, check_marker
from reconciler.aws.session import Connection
from reconciler.kinds.raw_account import Detail, Item, tags_of
from reconciler.model.partitions import home_region_of
from reconciler.model.quotas import TAG_PAGE_SIZE

_SERVICE = "resourcegroupstaggingapi"
_RESOURCE_TYPES = ["iam:policy", "iam:instance-profile"]


def read_bulk_tags(connection: Connection) -> Mapping[str, Detail] | None:
    """ARN → tags of everything tagged; None where the bulk read is no use here."""
    region = home_region_of(connection.partition)
    if region is None:
        return None
    found: dict[str, Detail] = {}
    try:
        for page in _read_tag_pages(connection, region):
            for item in page.get("ResourceTagMappingList") or ():
                found[item["ResourceARN"]] = Detail(tags_of(item["Tags"]))
    except AWS_ERRORS:
        return None
    return found or None


def _read_tag_pages(connection: Connection, region: str) -> Iterator[Item]:
    """Every page. Whether the service can be reached is found out at once; who is told to wait has reached it."""
    client = connection.make_client(_SERVICE, region, trial=True)
    patient = None
    token, read = "", 0
    while read < MAX_PAGES:
        parameters = {
            "ResourceTypeFilters": _RESOURCE_TYPES,
            "ResourcesPerPage": TAG_PAGE_SIZE,
            "PaginationToken": token,
        }
        try:
            page: Item = (patient or client).get_resources(**parameters)
        except ClientError as error:
            if patient or code_of(error) not in THROTTLED:
                raise
            patient = connection.make_client(_SERVICE, region)
            continue
        yield page
        read += 1
        before, token = token, page.get("PaginationToken") or ""
        if not token:
            return
        check_marker(token, before, "GetResources")
        patient = patient or connection.make_client(_SERVICE, region)
    raise PaginationError(message=f"GetResources has more than {MAX_PAGES} pages")


def read_details(connection: Connection, arns: Iterable[str], pool: Executor) -> Mapping[str, Detail]:
    """ARN → detail, each asked of IAM itself; what is gone meanwhile has none of its own."""
    listed = list(arns)
    return dict(zip(listed, pool.map(lambda arn: _read_detail(connection, arn), listed), strict=True))


def _read_detail(connection: Connection, arn: str) -> Detail:
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
