"""Keep the facts of each account about trusts in a temporary file, so that memory does not grow with the accounts."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from functools import lru_cache
from tempfile import TemporaryFile
from threading import Lock
from types import TracebackType
from typing import Self

from reconciler.plan.cross_account.facts import CrossAccountFacts

LOADED_AT_ONCE = 4
"""Many trusts name the same few accounts, such as that of the pipeline, so the facts read last stay in memory."""


class FactsStore(Mapping[str, CrossAccountFacts]):
    """The facts of accounts, by the id of the account. Threads may add facts; reading one gives a value of its own.

    Nobody else can open the file: it has no name (on Windows, it belongs to this process alone). It is gone with the
    process, however that ends.
    """

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by `__exit__`
        self._spans: dict[str, tuple[int, int]] = {}
        self._lock = Lock()
        self._load = lru_cache(maxsize=LOADED_AT_ONCE)(self._read)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, facts: CrossAccountFacts) -> None:
        """Add the facts of an account that has none yet. Raises OSError if the disk is full."""
        packed = pickle.dumps(facts, pickle.HIGHEST_PROTOCOL)
        with self._lock:
            start = self._file.seek(0, 2)
            self._file.write(packed)
            self._spans[facts.account] = start, len(packed)

    def __getitem__(self, account: str) -> CrossAccountFacts:
        return self._load(account)

    def __contains__(self, account: object) -> bool:
        return account in self._spans

    def __iter__(self) -> Iterator[str]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)

    def _read(self, account: str) -> CrossAccountFacts:
        start, length = self._spans[account]
        with self._lock:
            self._file.seek(start)
            packed = self._file.read(length)
        facts: CrossAccountFacts = pickle.loads(packed)
        return facts
