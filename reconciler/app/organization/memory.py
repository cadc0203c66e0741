"""Free the memory of accounts that are done, so that a run over thousands of them needs that of a few."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from typing import TypeVar

from reconciler.model.account_caches import empty_account_caches

Item = TypeVar("Item")

_FREE_EVERY = 8
"""The number of accounts after which memory is freed: one account leaves a few MiB."""


def free_memory_between(items: Iterable[Item]) -> Iterator[Item]:
    """Yield items that each stand for the work of one account, and free what this left after every few of them.

    Freed are cycles, which the command line collects nowhere else, and what was computed for the accounts.
    """
    gc.freeze()  # the parsed files, which stay, are not walked again and again
    for number, item in enumerate(items, start=1):
        yield item
        if number % _FREE_EVERY == 0:
            empty_account_caches()
            gc.collect()
