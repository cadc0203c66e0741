"""Compare a live entity with the request of a write whose outcome is unknown.

AWS has made the write only if the live entity matches every parameter. `Kind.find_created` uses these functions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.kinds.live_reader import EntityNotFoundError, LiveReader
from reconciler.kinds.raw_account import Item, RawAccount, boundary_arn_of, tags_of
from reconciler.policy.canonical import canonical


def matches_request(live: Item, request: Mapping[str, Any]) -> bool:
    """Return whether path, description, session lengths, tags and boundary match, if the kind of entity has them."""
    return (
        live["Path"] == request.get("Path", "/")
        and (live.get("Description") or "") == request.get("Description", "")
        and live.get("MaxSessionDuration", 3600) == request.get("MaxSessionDuration", 3600)
        and live.get("MaxSigninSessionDuration") == request.get("MaxSigninSessionDuration")
        and boundary_arn_of(live) == request.get("PermissionsBoundary")
        and has_same_tags(live, request)
    )


def has_same_tags(live: Item, request: Mapping[str, Any]) -> bool:
    return tags_of(live.get("Tags")) == tags_of(request.get("Tags"))


def is_same_document(reader: LiveReader, live: Any, request: str) -> bool:
    """Return whether a document as IAM sends it means the same as the text that was sent to IAM."""
    live_document = RawAccount(reader.account, reader.partition, {}).parse_document(live)
    return live_document == canonical(json.loads(request), reader.partition)


def is_renamed(find_id: Callable[[str], str], old: str, new: str) -> bool:
    """Return whether the entity of the name `old` now has the name `new`. A rename keeps its unique id.

    If IAM shows both names with one id, it still shows the old name of the renamed entity. Two ids are two entities.
    find_id: name → unique id; raises EntityNotFoundError. Raises the same if IAM does not show `new`.
    """
    renamed = find_id(new)
    try:
        return find_id(old) == renamed
    except EntityNotFoundError:
        return True
