"""Compare what is live with what a write asked for, when nobody knows whether AWS made it.

What is live must be what the call would have made, to the last parameter. `Kind.find_created` uses these.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.kinds.live_reader import EntityNotFoundError, LiveReader
from reconciler.kinds.raw_account import Item, RawAccount, boundary_arn_of, tags_of
from reconciler.policy.canonical import canonical


def matches_request(live: Item, asked: Mapping[str, Any]) -> bool:
    """Compare path, description, lengths of sessions, tags and boundary, as far as the kind of entity has them."""
    return (
        live["Path"] == asked.get("Path", "/")
        and (live.get("Description") or "") == asked.get("Description", "")
        and live.get("MaxSessionDuration", 3600) == asked.get("MaxSessionDuration", 3600)
        and live.get("MaxSigninSessionDuration") == asked.get("MaxSigninSessionDuration")
        and boundary_arn_of(live) == asked.get("PermissionsBoundary")
        and has_same_tags(live, asked)
    )


def has_same_tags(live: Item, asked: Mapping[str, Any]) -> bool:
    return tags_of(live.get("Tags")) == tags_of(asked.get("Tags"))


def is_same_document(reader: LiveReader, live: Any, asked: str) -> bool:
    """Compare a document as IAM sends it with the text that was sent to IAM, by meaning."""
    found = RawAccount(reader.account, reader.partition, {}).parse_document(live)
    return found == canonical(json.loads(asked), reader.partition)


def is_renamed(find_id: Callable[[str], str], old: str, new: str) -> bool:
    """Return whether the entity that was `old` has the name `new`: its id stays.

    If both names are there, they are one entity's, of which IAM still shows the old name, or two entities'.
    """
    renamed = find_id(new)
    try:
        return find_id(old) == renamed
    except EntityNotFoundError:
        return True
