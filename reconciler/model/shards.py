"""Divide the accounts of a run among machines, so that each is done by one of them.

The division depends only on the accounts and their sizes. So machines that see the same accounts need not talk to each
other.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.member_account import MemberAccount

MAX_SHARDS = 10_000
_WRITTEN = re.compile(r"(\d{1,5})/(\d{1,5})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Shard:
    """One of `total` parts of a run. index: from 1."""

    index: int
    total: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard that `I/N` names. Raises ValueError with a sentence."""
        match = _WRITTEN.fullmatch(text)
        if not match:
            raise ValueError(f"{text!r} is not I/N, such as 1/4")
        return cls.of(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, index: int, total: int) -> Shard:
        """Return a shard. Raises ValueError with a sentence if there is none of this index."""
        if not 1 <= total <= MAX_SHARDS:
            raise ValueError(f"the number of shards is {total}, and must be 1 to {MAX_SHARDS}")
        if not 1 <= index <= total:
            raise ValueError(f"there is no shard {index} of {total}: they count from 1")
        return cls(index, total)

    def __str__(self) -> str:
        return f"{self.index}/{self.total}"


def select_shard(
    accounts: Sequence[MemberAccount], shard: Shard, sizes: Mapping[str, float]
) -> tuple[MemberAccount, ...]:
    """Return the accounts of one shard, in the order in which they were given.

    sizes: the work of an account by its name or id; 1 for one that is not named. The largest accounts are dealt out
    first, each to the shard with the least work.
    """
    by_size = sorted(accounts, key=lambda account: (-_size_of(account, sizes), account.id))
    loads = [(0.0, index) for index in range(1, shard.total + 1)]
    chosen: set[str] = set()
    for account in by_size:
        load, index = heapq.heappop(loads)
        if index == shard.index:
            chosen.add(account.id)
        heapq.heappush(loads, (load + _size_of(account, sizes), index))
    return tuple(account for account in accounts if account.id in chosen)


def _size_of(account: MemberAccount, sizes: Mapping[str, float]) -> float:
    return sizes.get(account.name, sizes.get(account.id, 1.0))
