"""Fixtures that every tier shares."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sandbox.server import Sandbox
from tests.support import second_emulator
from tests.support.account import Account
from tests.support.aws_models import cache_aws_models
from tests.support.disk_waits import skip_disk_waits
from tests.support.emulators import StartSandbox
from tests.support.examples import load_profile
from tests.support.garbage import collect_seldom
from tests.support.open_files import raise_file_limit
from tests.support.pinned_worker import pin_worker
from tests.support.quick_http import parse_headers_quickly
from tests.support.warm_python import fork_warm_processes

SLOW = (
    "test_terraform.py",
    "test_interrupts.py",
    "test_pages.py",
    "test_undo.py",
    "test_limits.py",
    "test_reads.py",
    "test_federation.py",
    "test_observability.py",
    "test_executor_other_accounts.py",
)
"""Files of tests that take ten seconds or more, or mostly wait."""

gc.disable()  # until all tests are collected
pin_worker()
raise_file_limit()
load_profile()
parse_headers_quickly()


@pytest.fixture(autouse=True, scope="session")
def _hide_developer_aws() -> Iterator[None]:
    """No test sees the credentials or the files of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "RECONCILE_")):
                patch.delenv(name)
        yield


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    second_emulator.parametrize_emulators(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    second_emulator.drop_irrelevant(items)
    second_emulator.mark_gaps(items, whole=not any("::" in argument for argument in config.args))
    _place_slow_tests(items)


def _place_slow_tests(items: list[pytest.Item]) -> None:
    """Begin the share of the last worker with them: while it waits, another works on its core (`pinned_worker.py`).

    xdist counts the workers as they get ready. One that has a core of its own is among the first.
    """
    slow = [item for item in items if item.path.name in SLOW]
    others = [item for item in items if item.path.name not in SLOW]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    start = len(items) * (workers - 1) // workers
    items[:] = [*others[:start], *slow, *others[start:]]


def pytest_collection_finish() -> None:
    """The collector need not walk tests and modules again and again: they stay."""
    collect_seldom()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _cache_aws_models() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        cache_aws_models(patch.setattr)
        yield


@pytest.fixture(autouse=True, scope="session")
def _skip_disk_waits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        skip_disk_waits(patch.setattr)
        yield


@pytest.fixture(autouse=True, scope="session")
def _fork_warm_processes() -> Iterator[None]:
    with fork_warm_processes():
        yield


@pytest.fixture(scope="module")
def start(request: pytest.FixtureRequest) -> StartSandbox:
    """Starts the sandbox of a test: with moto behind it, or with the emulator that the test is parametrized with."""
    given: StartSandbox = getattr(request, "param", Sandbox)
    return given


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests of a worker that do not mind each other."""
    with Sandbox() as running:
        yield running


class _AccountPool:
    """One sandbox per worker and emulator, emptied after each test: a fresh one reads AWS's own policies anew."""

    def __init__(self) -> None:
        self._running: dict[StartSandbox, Sandbox] = {}

    def lend_account(self, start: StartSandbox, folder: Path) -> Account:
        if start not in self._running:
            self._running[start] = start().__enter__()
        return Account(self._running[start], folder)

    def close(self) -> None:
        for running in self._running.values():
            running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def _accounts() -> Iterator[_AccountPool]:
    accounts = _AccountPool()
    yield accounts
    accounts.close()


@pytest.fixture
def account(_accounts: _AccountPool, start: StartSandbox, tmp_path: Path) -> Iterator[Account]:
    """An empty account of the test's own, which need not tidy up."""
    lent = _accounts.lend_account(start, tmp_path)
    yield lent
    lent.reset()
