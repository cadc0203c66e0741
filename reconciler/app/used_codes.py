"""MFA codes that were sent: AWS takes each once, and a second run must not send it again."""

from __future__ import annotations

import time
from collections.abc import Mapping

from reconciler.assume.cache import CODES, Cache, key_of

CODE_KEPT = 120
"""Seconds that a sent code is remembered: longer than any device shows it and AWS takes it."""


def make_device_key(endpoint: str, serial: str) -> str:
    """Return the name of a device in the cache. `endpoint`: the endpoint that its codes are sent to."""
    return key_of("device", endpoint, serial)


class UsedCodes:
    """The codes of one device that were sent in the last minutes, by any run; as digests."""

    def __init__(self, cache: Cache, key: str) -> None:
        """`key`: a `make_device_key`."""
        self._cache, self._key = cache, key
        self._sent: set[str] = set()

    def __contains__(self, code: object) -> bool:
        return code in self._sent or key_of(self._key, code) in self._read_recent()

    def add(self, code: str) -> None:
        self._sent.add(code)
        self._cache.put(CODES, self._key, {**self._read_recent(), key_of(self._key, code): time.time()})

    def _read_recent(self) -> Mapping[str, object]:
        found = self._cache.get(CODES, self._key) or {}
        now = time.time()
        return {key: at for key, at in found.items() if isinstance(at, int | float) and 0 <= now - at < CODE_KEPT}
