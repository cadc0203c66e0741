"""A sandbox for the whole session, with one account that the tests share: `name` makes names up afresh."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.server import Sandbox

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode leaves helper modules to us

from strict_account import EntityMaker, client, fetch

COUNTER = itertools.count(1)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="session")
def iam(sandbox: Sandbox) -> Any:
    return client(sandbox.url)


@pytest.fixture
def fresh(sandbox: Sandbox, iam: Any) -> Any:
    """The client, on an account that is empty again."""
    fetch(f"{sandbox.url}/moto-api/reset", "POST")
    return iam


@pytest.fixture
def name() -> Callable[[str], str]:
    """`name("user")` → a name that nobody has had yet."""
    return lambda stem: f"{stem}-{next(COUNTER)}"


@pytest.fixture
def maker(iam: Any, name: Callable[[str], str]) -> EntityMaker:
    return EntityMaker(iam, name)
