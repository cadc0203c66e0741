"""What this machine applied in the last two minutes: AWS may not know it everywhere yet. Standard library only.

A hint and nothing more: one small file in the cache folder with addresses, account and time, no secret. What cannot
be written is not noted, what cannot be read was not noted.
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
"""Seconds that an entry counts: twice the minute within which IAM is seen to converge. AWS names no limit."""

_FILE = "applied.json"


def note_applied(environ: Mapping[str, str], account: str, addresses: Iterable[Address], now: float) -> None:
    """Remember that these were created or changed in `account` at `now` (seconds since 1970)."""
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
    """How many seconds ago this machine applied it; None where that is long ago or never was."""
    folder = find_cache_folder(environ)
    if folder is None:
        return None
    noted = _read_recent(Path(folder, _FILE), now).get(_key_of(account, address))
    return None if noted is None else now - noted


def _key_of(account: str, address: Address) -> str:
    return "/".join((account, *address.key))


def _read_recent(path: Path, now: float) -> dict[str, float]:
    """The entries that still count; none where the file is missing or is not what we wrote."""
    try:
        found = json.loads(read_regular(path, MEGABYTE)) if is_private_file(str(path)) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {
        key: float(noted) for key, noted in entries if isinstance(noted, int | float) and 0 <= now - noted <= HINT_TTL
    }
