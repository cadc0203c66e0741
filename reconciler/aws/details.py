"""Read the tags and descriptions of policies and instance profiles, which IAM's list calls leave out.

The Resource Groups Tagging API gives tags in pages of 100. It lags behind writes, so tags that a decision depends on
are read again one by one. If it is denied, does not answer or is empty, all of them are read one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor

from botocore.exceptions import ClientError, PaginationError

from reconciler.aws.faults import AWS_ERRORS, THROTTLED, code_of
from reconciler.aws.pagination import MAX_PAGES, check_marker
from reconciler.aws.session import Connection
from reconciler.kinds.raw_account import Item, TagsAndDescription, tags_of
from reconciler.model.partitions import home_region_of
from reconciler.model.quotas import TAG_PAGE_SIZE

_SERVICE = "resourcegroupstaggingapi"
_RESOURCE_TYPES = ["iam:policy", "iam:instance-profile"]


def read_bulk_tags(connection: Connection) -> Mapping[str, TagsAndDescription] | None:
    """Return ARN → tags of all tagged entities; None if the bulk read fails or finds nothing."""
    region = home_region_of(connection.partition)
    if region is None:
        return None
    details: dict[str, TagsAndDescription] = {}
    try:
        for page in _read_tag_pages(connection, region):
            for item in page.get("ResourceTagMappingList") or ():
                details[item["ResourceARN"]] = TagsAndDescription(tags_of(item["Tags"]))
    except AWS_ERRORS:
        return None
    return details or None


def _read_tag_pages(connection: Connection, region: str) -> Iterator[Item]:
    """Yield every page. The first call fails fast, to find out if the service can be reached; throttling shows that."""
    client = connection.make_client(_SERVICE, region, trial=True)
    patient = None
    token, page_count = "", 0
    while page_count < MAX_PAGES:
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
        page_count += 1
        before, token = token, page.get("PaginationToken") or ""
        if not token:
            return
        check_marker(token, before, "GetResources")
        patient = patient or connection.make_client(_SERVICE, region)
    raise PaginationError(message=f"GetResources has more than {MAX_PAGES} pages")


def read_details(connection: Connection, arns: Iterable[str], pool: Executor) -> Mapping[str, TagsAndDescription]:
    """Return ARN → detail, read from IAM one by one. An entity that was deleted since has an empty detail."""
    listed = list(arns)
    return dict(zip(listed, pool.map(lambda arn: _read_detail(connection, arn), listed), strict=True))


def _read_detail(connection: Connection, arn: str) -> TagsAndDescription:
    """Read one detail. GetPolicy and GetInstanceProfile return all tags (at most 50) in one page."""
    try:
        if ":policy/" in arn:
            policy = connection.iam.get_policy(PolicyArn=arn)["Policy"]
            return TagsAndDescription(tags_of(policy.get("Tags")), policy.get("Description") or "")
        name = arn.rpartition("/")[2]
        profile = connection.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        return TagsAndDescription(tags_of(profile.get("Tags")))
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return TagsAndDescription({})
        raise
