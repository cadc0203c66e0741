"""Note which entities this machine applied in the last two minutes, because AWS may not know them everywhere yet.

The note only improves explanations. It is one small file in the cache folder with addresses, accounts and times, and
no secret. Errors of reading and writing it are ignored. Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from reconciler.files.atomic import PRIVATE_FILE, replace_file
from reconciler.files.bounded_reads import MEGABYTE, read_regular
from reconciler.files.user_dirs import ensure_private_folder, find_cache_folder, is_private_file
from reconciler.model.address import Address

HINT_TTL = 120.0
"""Seconds that an entry counts: twice the minute in which IAM usually converges. AWS names no limit."""

_FILE = "applied.json"


def note_applied(environ: Mapping[str, str], account: str, addresses: Iterable[Address], now: float) -> None:
    """Note that these entities were created or changed in `account` at `now` (seconds since 1970)."""
    folder = find_cache_folder(environ)
    fresh = {_key_of(account, address): now for address in addresses}
    if folder is None or not fresh:
        return
    try:
        path = Path(ensure_private_folder(folder), _FILE)
        replace_file(path, json.dumps({**_read_recent(path, now), **fresh}).encode(), PRIVATE_FILE)
    except OSError:
        return


def seconds_since_applied(environ: Mapping[str, str], account: str, address: Address, now: float) -> float | None:
    """Return how many seconds ago this machine applied an entity; None if it did not in the last two minutes."""
    folder = find_cache_folder(environ)
    if folder is None:
        return None
    applied_at = _read_recent(Path(folder, _FILE), now).get(_key_of(account, address))
    return None if applied_at is None else now - applied_at


def _key_of(account: str, address: Address) -> str:
    return "/".join((account, *address.key))


def _read_recent(path: Path, now: float) -> dict[str, float]:
    """Return the entries that still count; none if the file is missing or is not one that reconcile wrote."""
    try:
        content = json.loads(read_regular(path, MEGABYTE)) if is_private_file(str(path)) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    entries = content.items() if isinstance(content, dict) else ()
    return {
        key: float(applied_at)
        for key, applied_at in entries
        if isinstance(applied_at, int | float) and 0 <= now - applied_at <= HINT_TTL
    }
