"""One applied account for many tests: each leaves it as it was, and one that fails does not spoil the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.sandbox.server import Sandbox
from tests.support.account import Account


class SharedAccount:
    """`prepare` fills a fresh account; it is called again after a test that failed. `start` makes its sandbox."""

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
        """The prepared account, which the block must give back unchanged."""
        account = self._account or self._create_account()
        self._account = None
        yield account
        self._account = account

    def _create_account(self) -> Account:
        self.close()
        self._sandbox = self._start().__enter__()
        account = Account(self._sandbox, self._folder)
        self._prepare(account)
        return account

    def close(self) -> None:
        if self._sandbox is not None:
            self._sandbox.__exit__(None, None, None)
        self._sandbox = self._account = None
