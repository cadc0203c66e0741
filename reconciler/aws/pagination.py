"""Read every page of IAM's list calls, and the details of each item (`kinds/raw_account.py:ReadCall`).

GetAccountAuthorizationDetails can be read as one stream of pages, or as one stream per filter in parallel. A small
account fits one page of the single stream. If that page is truncated, or more entities are expected than fit it, each
filter is read as a stream of its own. The first page is then read again, because IAM promises no order of the items.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, PaginationError

from reconciler.aws.faults import code_of
from reconciler.aws.session import Connection
from reconciler.kinds.raw_account import Item, ItemCall, ReadCall
from reconciler.model.quotas import PAGE_SIZE

MAX_PAGES = 1000
"""Pages of one list, at most. IAM's quotas are some ten thousand entities of a kind, and pages may be short."""

Lists = dict[str, list[Item]]
"""Key of a list in an answer → its items."""

_FILTERS = {
    "User": "UserDetailList",
    "Group": "GroupDetailList",
    "Role": "RoleDetailList",
    "LocalManagedPolicy": "Policies",
}
"""Filter → key of its list. Without filters, the answer would hold every policy of AWS."""

ACCOUNT_DETAILS = ReadCall(
    "GetAccountAuthorizationDetails",
    tuple(_FILTERS.values()),
    {"Filter": list(_FILTERS)},
    fields=(
        *("UserName", "GroupName", "RoleName", "UserId", "RoleId", "Arn", "Path", "Description", "Tags", "GroupList"),
        *("UserPolicyList", "GroupPolicyList", "RolePolicyList", "AssumeRolePolicyDocument", "PolicyVersionList"),
        *("AttachedManagedPolicies", "PermissionsBoundary"),
    ),
)
DETAILS_BY_FILTER = tuple(
    replace(ACCOUNT_DETAILS, keys=(key,), parameters={"Filter": [name]}) for name, key in _FILTERS.items()
)


def _call_operation(iam: Any, operation: str, **parameters: Any) -> Item:
    answer: Item = getattr(iam, xform_name(operation))(**parameters)
    return answer


def read_pages(iam: Any, source: ReadCall) -> Iterator[Item]:
    """Yield every page of a list call. A page may be short or lack a list; only IsTruncated marks the last one.

    Raises PaginationError if the marker is missing or repeated, or there are more than MAX_PAGES pages: the list would
    be incomplete.
    """
    marker: dict[str, Any] = {"MaxItems": PAGE_SIZE} if source.paged else {}
    for _ in range(MAX_PAGES):
        page = _call_operation(iam, source.operation, **source.parameters, **marker)
        yield page
        if not page.get("IsTruncated"):
            return
        marker["Marker"] = check_marker(page.get("Marker"), marker.get("Marker"), source.operation)
    raise PaginationError(message=f"{source.operation} has more than {MAX_PAGES} pages")


def list_items(iam: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
    """Return the items of the list `key` on every page. Raises botocore's errors."""
    return [item for page in read_pages(iam, ReadCall(operation, (key,), parameters)) for item in page.get(key) or ()]


def check_marker(marker: str | None, previous: str | None, operation: str) -> str:
    """Return the marker of the next page. Raises PaginationError if it is missing or repeated, which would not end."""
    if not marker or marker == previous:
        raise PaginationError(message=f"{operation} has more pages, but gives no new marker")
    return marker


def read_lists(connection: Connection, source: ReadCall) -> Lists:
    """Return the joined lists of every page. A single item is a list of one; a missing one is an empty list."""
    lists: Lists = {key: [] for key in source.keys}
    try:
        for page in read_pages(connection.iam, source):
            _gather_page(lists, page, source)
    except ClientError as error:
        if code_of(error) != "NoSuchEntity":
            raise
    return lists


def read_account_details(connection: Connection, expected: int, pool: Executor) -> Lists:
    """Return the lists of ACCOUNT_DETAILS. expected: the likely number of entities."""
    if expected <= PAGE_SIZE:
        first = next(read_pages(connection.iam, ACCOUNT_DETAILS))
        if not first.get("IsTruncated"):
            lists: Lists = {key: [] for key in ACCOUNT_DETAILS.keys}
            _gather_page(lists, first, ACCOUNT_DETAILS)
            return lists
        del first
    return {
        key: items
        for by_filter in pool.map(partial(read_lists, connection), DETAILS_BY_FILTER)
        for key, items in by_filter.items()
    }


def _gather_page(lists: Lists, page: Item, source: ReadCall) -> None:
    """Add the needed fields of a page to the lists, so that the memory of the page can be freed."""
    for key, items in lists.items():
        value = page.get(key) or ()
        items += [_select_fields(item, source.fields) for item in ([value] if isinstance(value, Mapping) else value)]


def _select_fields(item: Item, fields: Sequence[str]) -> Item:
    """Return these fields of an item, or all if none is named. Of a policy's documents, keep the default version's."""
    selected = {name: item[name] for name in fields if name in item} if fields else item
    for version in selected.get("PolicyVersionList", ()) if fields else ():
        if not version["IsDefaultVersion"]:
            version.pop("Document", None)
    return selected


def complete_items(connection: Connection, each: ItemCall, lists: Lists, pool: Executor) -> Lists:
    """Return the lists with the answer of `each` added to each item. Leave out items that were deleted since."""

    def complete_item(item: Item) -> Item | None:
        try:
            return {**item, **_call_operation(connection.iam, each.operation, **{each.parameter: item[each.key]})}
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            raise

    return {key: [item for item in pool.map(complete_item, items) if item is not None] for key, items in lists.items()}
