"""Close the connections of boto3 clients that tests make in this process."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def close_connections() -> Iterator[None]:
    """Close the connections after a test module: boto3 clients keep their sockets until a full garbage collection."""
    yield
    gc.collect()
