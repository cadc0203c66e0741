"""Share one prepared account between many tests. Each must leave it unchanged; after a failure it is prepared anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.sandbox.server import Sandbox
from tests.support.account import Account


class SharedAccount:
    """An account for several tests. prepare: fills a new account, also after a failure. start: makes the sandbox."""

    def __init__(
        self, folder: Path, prepare: Callable[[Account], object], start: Callable[[], Sandbox] = Sandbox
    ) -> None:
        self._start = start
        self._folder = folder
        self._prepare = prepare
        self._sandbox: Sandbox | None = None
        self._account: Account | None = None

    @contextmanager
    def lend(self) -> Iterator[Account]:
        """Yield the prepared account. The block must leave it unchanged."""
        account = self._account or self._create_account()
        self._account = None
        yield account
        self._account = account

    def _create_account(self) -> Account:
        if self._sandbox is None:
            self._sandbox = self._start().__enter__()
        account = Account(self._sandbox, self._folder)
        account.reset()  # of what a failed test left
        self._prepare(account)
        return account

    def close(self) -> None:
        if self._sandbox is not None:
            self._sandbox.__exit__(None, None, None)
        self._sandbox = self._account = None
