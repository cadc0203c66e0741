"""The clock of the sandbox, in seconds since 1970. Sessions and MFA codes depend on it; tests may change it."""

from __future__ import annotations

import time


def now() -> float:
    return time.time()
