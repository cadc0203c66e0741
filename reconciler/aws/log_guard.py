"""Keep calls with secrets out of every log: at level DEBUG, botocore logs whole requests and answers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pause_logging() -> Iterator[None]:
    """Log nothing during the block, on any thread, whatever the logging settings are."""
    previous_level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(previous_level)
