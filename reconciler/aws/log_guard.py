"""Calls with a secret in them, kept from every log: botocore's at level DEBUG shows whole requests and answers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pause_logging() -> Iterator[None]:
    """Whoever has turned logging on: nothing is logged meanwhile, by any thread."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
