"""IAM's list calls, every page of them, and what they leave out of each item (`kinds/raw.py:Source`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from reconciler.aws.faults import code_of
from reconciler.aws.session import Connection
from reconciler.kinds.raw import Each, Item, Source

PAGE = 1000

Lists = dict[str, list[Item]]
"""Key of an answer → the items of its list."""


def _called(connection: Connection, operation: str, **parameters: Any) -> Item:
    answer: Item = getattr(connection.iam, xform_name(operation))(**parameters)
    return answer


def pages(connection: Connection, source: Source) -> Iterator[Item]:
    """Every page of a list call; pages may be short or lack a list, so only the marker ends them."""
    marker: dict[str, Any] = {"MaxItems": PAGE} if source.paged else {}
    while True:
        page = _called(connection, source.operation, **source.parameters, **marker)
        yield page
        if not page.get("IsTruncated"):
            return
        marker["Marker"] = page["Marker"]


def listed(connection: Connection, source: Source) -> Lists:
    """The lists of every page, joined; a single thing is a list of one, and none where the account has none."""
    found: Lists = {key: [] for key in source.keys}
    try:
        for page in pages(connection, source):
            for key, items in found.items():
                told = page.get(key) or ()
                items += [told] if isinstance(told, Mapping) else told
    except ClientError as error:
        if code_of(error) != "NoSuchEntity":
            raise
    return found


def completed(connection: Connection, each: Each, lists: Lists, pool: Executor) -> Lists:
    """The lists with what each item is asked for; what is gone meanwhile is in them no longer."""

    def whole(item: Item) -> Item | None:
        try:
            return {**item, **_called(connection, each.operation, **{each.parameter: item[each.key]})}
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            raise

    return {key: [item for item in pool.map(whole, items) if item is not None] for key, items in lists.items()}
