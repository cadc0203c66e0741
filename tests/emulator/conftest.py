"""Fixtures of the emulator tier."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import botocore.loaders
import pytest


@pytest.fixture(autouse=True)
def _one_look_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox is consistent at once: an apply that does not match at the first look never will."""
    monkeypatch.setattr("reconciler.app.apply.GRACE", (0.0,), raising=False)


@pytest.fixture(autouse=True, scope="session")
def _models_of_aws_are_read_once() -> Iterator[None]:
    """botocore parses its models again for every session: a third of the time of a plan."""
    with pytest.MonkeyPatch.context() as patch:
        loader = botocore.loaders.JSONFileLoader
        patch.setattr(loader, "_load_file", lru_cache(maxsize=None)(loader._load_file))
        patch.setattr(loader, "__hash__", lambda self: 0)
        patch.setattr(loader, "__eq__", lambda self, other: type(self) is type(other))
        yield
