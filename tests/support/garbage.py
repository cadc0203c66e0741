"""Garbage collection between tests."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Have the collector come seldom, and not walk what is there already. There is memory."""
    keep_survivors()
    gc.set_threshold(50_000, 20, 50)


def keep_survivors() -> None:
    """Collect what nothing refers to any more. Later collections do not walk what is left: it is in use for long."""
    gc.collect()
    gc.freeze()
