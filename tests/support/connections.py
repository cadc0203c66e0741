"""Connections of the clients that tests make in this process."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def close_connections() -> Iterator[None]:
    """Close them module by module: clients of boto3 hold each other and their sockets until a full collection."""
    yield
    gc.collect()
