"""What accounts leave is freed while a run goes on, although the command line collects no cycles."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from reconciler.app.organization.memory import free_memory_between
from reconciler.model.account_caches import cache_for_account


class Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _collector_off() -> Iterator[None]:
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


def test_cycles_and_results_of_accounts_that_are_done_do_not_pile_up() -> None:
    kept: list[weakref.ref[Cycle]] = []
    computed: list[int] = []

    @cache_for_account(maxsize=4096)
    def compute(number: int) -> Cycle:
        computed.append(number)
        return Cycle()

    most = 0
    for number in free_memory_between(range(100)):
        kept.append(weakref.ref(compute(number)))
        most = max(most, sum(1 for one in kept if one() is not None))
        assert compute(0 if number < 8 else number) is not None
    assert most <= 8
    assert computed == list(range(100))


def test_every_item_is_yielded_in_turn() -> None:
    assert list(free_memory_between("abcdefghijklmnopqrstuvwxyz")) == list("abcdefghijklmnopqrstuvwxyz")
    assert list(free_memory_between([])) == []
