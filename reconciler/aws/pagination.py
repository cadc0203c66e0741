"""IAM's list calls, every page of them, and what they leave out of each item (`kinds/raw_account.py:Source`).

GetAccountAuthorizationDetails is one stream of pages, or one for each of its filters at the same time. Each filter is a
call more, and saves nothing where one page holds the account. So: one call for all; where its answer is cut short, or
where so much is expected that it will be, one stream for each filter. What the first page held is read again then: IAM
promises no order, so nothing in it is known to be whole.
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
"""Of one list. IAM's quotas are some ten thousand entities of a kind; pages may be short, and these are enough."""

Lists = dict[str, list[Item]]
"""Key of an answer → the items of its list."""

_FILTERS = {
    "User": "UserDetailList",
    "Group": "GroupDetailList",
    "Role": "RoleDetailList",
    "LocalManagedPolicy": "Policies",
}
"""Without a filter, every policy of AWS comes too."""

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
    """Every page of a list call; pages may be short or lack a list, so only the marker ends them.

    Raises PaginationError where it leads nowhere, or on and on: what was read is then not the whole list.
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
    """The list `key` of every page. Raises what the calls raise."""
    return [item for page in read_pages(iam, ReadCall(operation, (key,), parameters)) for item in page.get(key) or ()]


def check_marker(marker: str | None, previous: str | None, operation: str) -> str:
    """The marker of the next page, where it is one: without this an answer that repeats itself is read for ever."""
    if not marker or marker == previous:
        raise PaginationError(message=f"{operation} says that there is more, and not where")
    return marker


def read_lists(connection: Connection, source: ReadCall) -> Lists:
    """The lists of every page, joined; a single thing is a list of one, and none where the account has none."""
    found: Lists = {key: [] for key in source.keys}
    try:
        for page in read_pages(connection.iam, source):
            _gather_page(found, page, source)
    except ClientError as error:
        if code_of(error) != "NoSuchEntity":
            raise
    return found


def read_account_details(connection: Connection, expected: int, pool: Executor) -> Lists:
    """The lists of DETAILS. expected: how many entities there may be, as far as anybody knows."""
    if expected <= PAGE_SIZE:
        first = next(read_pages(connection.iam, ACCOUNT_DETAILS))
        if not first.get("IsTruncated"):
            found: Lists = {key: [] for key in ACCOUNT_DETAILS.keys}
            _gather_page(found, first, ACCOUNT_DETAILS)
            return found
        del first
    return {
        key: items
        for lists in pool.map(partial(read_lists, connection), DETAILS_BY_FILTER)
        for key, items in lists.items()
    }


def _gather_page(found: Lists, page: Item, source: ReadCall) -> None:
    """Add what is kept of a page, so that the page itself can go."""
    for key, items in found.items():
        told = page.get(key) or ()
        items += [_select_fields(item, source.fields) for item in ([told] if isinstance(told, Mapping) else told)]


def _select_fields(item: Item, fields: Sequence[str]) -> Item:
    """The fields, all where none is named; of a policy's versions, the document of the default one alone."""
    kept = {name: item[name] for name in fields if name in item} if fields else item
    for version in kept.get("PolicyVersionList", ()) if fields else ():
        if not version["IsDefaultVersion"]:
            version.pop("Document", None)
    return kept


def complete_items(connection: Connection, each: ItemCall, lists: Lists, pool: Executor) -> Lists:
    """The lists with what each item is asked for; what is gone meanwhile is in them no longer."""

    def complete_item(item: Item) -> Item | None:
        try:
            return {**item, **_call_operation(connection.iam, each.operation, **{each.parameter: item[each.key]})}
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            raise

    return {key: [item for item in pool.map(complete_item, items) if item is not None] for key, items in lists.items()}
