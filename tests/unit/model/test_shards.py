"""Shards: together they are the run, apart they share nothing, and each finds its own part by itself."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.member_account import MemberAccount
from reconciler.model.shards import MAX_SHARDS, Shard, select_shard
from tests.support.examples import examples

numbers = st.lists(st.integers(0, 10**12 - 1), unique=True, max_size=40)
sizes_of_accounts = st.dictionaries(
    st.integers(0, 39), st.floats(0, 1e9, allow_nan=False) | st.sampled_from([0.0, 1.0, 2.0]), max_size=40
)


def make_accounts(ids: list[int]) -> list[MemberAccount]:
    return [MemberAccount(f"a{index}", f"{number:012}") for index, number in enumerate(ids)]


def names_of(accounts: list[MemberAccount], shard: Shard, sizes: dict[str, float]) -> list[str]:
    return [account.name for account in select_shard(accounts, shard, sizes)]


@examples(80)
@given(numbers, st.integers(1, 12), sizes_of_accounts, st.integers())
def test_no_account_is_lost_or_done_twice_whoever_looks_and_in_whatever_order(
    ids: list[int], total: int, works: dict[int, float], seed: int
) -> None:
    accounts, sizes = make_accounts(ids), {f"a{index}": work for index, work in works.items()}
    parts = [names_of(accounts, Shard(index, total), sizes) for index in range(1, total + 1)]
    assert sorted(name for part in parts for name in part) == sorted(account.name for account in accounts)
    order = [account.name for account in accounts]
    assert all(part == sorted(part, key=order.index) for part in parts)
    mixed = list(accounts)
    Random(seed).shuffle(mixed)
    for index in range(total, 0, -1):
        assert sorted(names_of(mixed, Shard(index, total), sizes)) == sorted(parts[index - 1])


@examples(40)
@given(numbers, st.integers(1, 12), sizes_of_accounts)
def test_no_shard_has_more_than_its_share_and_one_account(ids: list[int], total: int, works: dict[int, float]) -> None:
    """The bound of dealing out to the least loaded (Graham, "Bounds on multiprocessing timing anomalies")."""
    accounts, sizes = make_accounts(ids), {f"a{index}": work for index, work in works.items()}
    work_of = {account.name: sizes.get(account.name, 1.0) for account in accounts}
    for index in range(1, total + 1):
        load = sum(work_of[name] for name in names_of(accounts, Shard(index, total), sizes))
        assert load <= sum(work_of.values()) / total + max(work_of.values(), default=0) + 1e-3


def test_a_size_may_be_given_by_name_or_by_id_and_the_name_counts_more() -> None:
    accounts = make_accounts([1, 2, 3, 4])
    sizes = {"a0": 3.0, "000000000001": 0.0, "000000000002": 0.5}
    assert names_of(accounts, Shard(1, 2), sizes) == ["a0"]
    assert names_of(accounts, Shard(2, 2), sizes) == ["a1", "a2", "a3"]


@pytest.mark.parametrize("text", ["1/1", "1/4", "4/4", f"{MAX_SHARDS}/{MAX_SHARDS}"])
def test_a_shard_is_written_as_it_is_read(text: str) -> None:
    assert str(Shard.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *((text, "is not I/N") for text in ("", "1", "1/", "/2", "1/2/3", "-1/2", "1 /2", "a/b", "1.5/2")),
        *((text, "is not I/N") for text in ("１/２", "1/2\n", "1\n/2")),
        ("0/2", "there is no shard 0 of 2"),
        ("3/2", "there is no shard 3 of 2"),
        ("1/0", "the number of shards is 0"),
        ("1/10001", "the number of shards is 10001"),
        ("1/999999", "is not I/N"),
    ],
)
def test_anything_else_is_no_shard(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        Shard.parse(text)
