"""The sandbox's idea of now, in seconds since 1970: sessions end and codes change by it, and tests may move it."""

from __future__ import annotations

import time


def now() -> float:
    return time.time()
