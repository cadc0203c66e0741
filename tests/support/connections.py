"""Close the connections of boto3 clients that tests make in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.garbage import keep_survivors


@pytest.fixture(autouse=True, scope="module")
def close_connections() -> Iterator[None]:
    """Close the connections after a test module: boto3 clients keep their sockets until a full garbage collection."""
    yield
    keep_survivors()
