"""Fixtures that every tier shares."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from reconciler.sandbox.server import Sandbox
from tests.support.account import Account

settings.register_profile("steady", derandomize=True, database=None)
settings.register_profile("explore", print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(autouse=True)
def _no_aws_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the credentials or the files of whoever runs it."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "RECONCILE_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests of a worker that do not mind each other."""
    with Sandbox() as running:
        yield running


class _Accounts:
    """One sandbox per worker, emptied after each test: a fresh one reads AWS's own policies anew (a second)."""

    def __init__(self) -> None:
        self._running: Sandbox | None = None

    def account(self, folder: Path) -> Account:
        if self._running is None:
            self._running = Sandbox().__enter__()
        return Account(self._running, folder)

    def close(self) -> None:
        if self._running is not None:
            self._running.__exit__(None, None, None)
        self._running = None


@pytest.fixture(scope="session")
def _accounts() -> Iterator[_Accounts]:
    accounts = _Accounts()
    yield accounts
    accounts.close()


@pytest.fixture
def account(_accounts: _Accounts, tmp_path: Path) -> Iterator[Account]:
    """An empty account of the test's own, which need not tidy up."""
    lent = _accounts.account(tmp_path)
    yield lent
    lent.reset()
