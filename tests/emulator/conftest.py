"""Fixtures of the emulator tier."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import botocore.loaders
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from reconciler.sandbox.server import Sandbox
from tests.support.account import Account
from tests.support.emulators import Start
from tests.support.wipe import wipe


@pytest.fixture(autouse=True)
def _one_look_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox is consistent at once: an apply that does not match at the first look never will."""
    monkeypatch.setattr("reconciler.app.apply.GRACE", (0.0,), raising=False)


@pytest.fixture(autouse=True, scope="session")
def _models_of_aws_are_read_once() -> Iterator[None]:
    """botocore lists and parses its models again for every session: half of the time of a plan."""
    files, loader = botocore.loaders.JSONFileLoader, botocore.loaders.Loader
    with pytest.MonkeyPatch.context() as patch:
        for kind in (files, loader):
            patch.setattr(kind, "__hash__", lambda self: 0)
            patch.setattr(kind, "__eq__", lambda self, other: type(self) is type(other))
        patch.setattr(files, "_load_file", lru_cache(maxsize=None)(files._load_file))
        patch.setattr(loader, "list_available_services", lru_cache(maxsize=None)(loader.list_available_services))
        yield


class _Accounts:
    """One sandbox per worker and emulator, emptied after each test; another one where that fails."""

    def __init__(self) -> None:
        self._running: dict[Start, Sandbox] = {}

    def account(self, start: Start, folder: Path) -> Account:
        if start not in self._running:
            self._running[start] = start().__enter__()
        return Account(self._running[start], folder)

    def take_back(self, start: Start, account: Account) -> None:
        """Some things cannot be taken away, such as the role of a service."""
        try:
            wipe(account.iam)
        except ClientError:
            self._running.pop(start).__exit__(None, None, None)

    def close(self) -> None:
        for running in self._running.values():
            running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def _accounts() -> Iterator[_Accounts]:
    accounts = _Accounts()
    yield accounts
    accounts.close()


@pytest.fixture
def account(_accounts: _Accounts, start: Start, tmp_path: Path) -> Iterator[Account]:
    """An empty account of the test's own, which need not tidy up."""
    lent = _accounts.account(start, tmp_path)
    yield lent
    _accounts.take_back(start, lent)


@pytest.fixture
def denied(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Operations that the caller may not call, to be filled by the test."""
    operations_denied: set[str] = set()
    made = BaseClient._make_api_call

    def call(client: Any, operation: str, parameters: Any) -> Any:
        if operation in operations_denied:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
        return made(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return operations_denied
