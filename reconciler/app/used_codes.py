"""Remember the MFA codes that were sent, so that no later run sends one again. AWS accepts each code once."""

from __future__ import annotations

import time
from collections.abc import Mapping

from reconciler.assume.cache import CODES, Cache, key_of

CODE_TTL = 120
"""Seconds that a sent code is remembered: longer than a device shows it and AWS accepts it."""


def make_device_key(endpoint: str, serial: str) -> str:
    """Return the cache key of a device. endpoint: the endpoint to which its codes are sent."""
    return key_of("device", endpoint, serial)


class UsedCodes:
    """The codes of one device that any run sent in the last minutes, stored as digests."""

    def __init__(self, cache: Cache, key: str) -> None:
        """Use the entry `key`, which `make_device_key` made."""
        self._cache, self._key = cache, key
        self._sent: set[str] = set()

    def __contains__(self, code: object) -> bool:
        return code in self._sent or key_of(self._key, code) in self._read_recent()

    def add(self, code: str) -> None:
        """Remember a code that is about to be sent."""
        self._sent.add(code)
        self._cache.put(CODES, self._key, {**self._read_recent(), key_of(self._key, code): time.time()})

    def _read_recent(self) -> Mapping[str, object]:
        entry = self._cache.get(CODES, self._key) or {}
        now = time.time()
        return {key: at for key, at in entry.items() if isinstance(at, int | float) and 0 <= now - at < CODE_TTL}
