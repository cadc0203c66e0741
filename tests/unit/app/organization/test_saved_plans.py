"""Parts of a run that left nothing are named; results of two runs are never taken for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest

from reconciler.app.organization.results_section import RunResults
from reconciler.app.organization.saved_plans import find_missing_parts
from reconciler.model.account_results import AccountResult, AccountStatus
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import ReconcileError
from reconciler.model.shards import Shard
from tests.support.account_results import RUN

ACCOUNTS = tuple(MemberAccount(f"a{number}", f"{number:012}", wave=1 + number % 2) for number in range(6))
"""Three in each wave, and none of them is done yet."""

Part = tuple[int | None, str | None]
"""A wave and a shard."""


def make_runs(parts: Sequence[Part], waves: tuple[int, ...] = (1, 2)) -> list[RunResults]:
    return [
        replace(RUN, wave=wave, shard=Shard.parse(shard) if shard else None, waves=waves, selected=ACCOUNTS, results=())
        for wave, shard in parts
    ]


@pytest.mark.parametrize(
    ("parts", "missing"),
    [
        ([(None, None)], ()),
        ([(None, "1/1")], ()),
        ([(None, "1/3"), (None, "3/3")], ("2/3",)),
        ([(None, "2/2")], ("1/2",)),
        ([(1, None)], ("wave 2",)),
        ([(2, None)], ("wave 1",)),
        ([(1, None), (2, None)], ()),
        ([(1, "1/2"), (1, "2/2"), (2, None)], ()),
        ([(1, "1/2"), (2, "1/1")], ("wave 1, 2/2",)),
        ([(1, "1/2")], ("wave 2", "wave 1, 2/2")),
    ],
)
def test_a_part_without_results_is_named(parts: list[Part], missing: tuple[str, ...]) -> None:
    assert find_missing_parts(make_runs(parts)) == missing


@pytest.mark.parametrize(
    "parts",
    [
        [(None, None), (None, "1/2")],
        [(None, "1/2"), (None, "2/3")],
        [(None, None), (1, None)],
        [(None, "1/2"), (1, "1/2")],
        [(1, None), (1, "1/2")],
    ],
)
def test_parts_that_do_not_divide_one_run_are_refused(parts: list[Part]) -> None:
    with pytest.raises(ReconcileError) as failed:
        find_missing_parts(make_runs(parts))
    assert [problem.code for problem in failed.value.problems] == ["results-mixed"]


def test_shards_that_saw_other_accounts_are_refused() -> None:
    """Each would have left out other accounts."""
    one, two = make_runs([(None, "1/2"), (None, "2/2")])
    for changed in (replace(two, selected=two.selected[1:]), replace(two, waves=(1, 2, 3))):
        with pytest.raises(ReconcileError) as failed:
            find_missing_parts([one, changed])
        assert [problem.code for problem in failed.value.problems] == ["results-mixed"]


def test_an_account_that_two_shards_have_done_is_named() -> None:
    """They got different --sizes, so another account may be in none."""
    done = tuple(AccountResult(account, AccountStatus.IN_STEP) for account in ACCOUNTS)
    one, two = make_runs([(None, "1/2"), (None, "2/2")])
    assert find_missing_parts([replace(one, results=done[:3]), replace(two, results=done[3:])]) == ()
    two_shards = [replace(one, results=done[:3]), replace(two, results=done[2:])]
    an_edited_file = [replace(one, results=(*done, done[2]))]
    for runs in (two_shards, an_edited_file):
        with pytest.raises(ReconcileError) as failed:
            find_missing_parts(runs)
        (problem,) = failed.value.problems
        assert (problem.code, done[2].account.id in problem.summary) == ("results-mixed", True)


def test_every_missing_shard_of_every_wave_is_named() -> None:
    everything = list(product((1, 2), ("1/3", "2/3", "3/3")))
    for left_out in everything:
        parts = [part for part in everything if part != left_out]
        assert find_missing_parts(make_runs(parts)) == (f"wave {left_out[0]}, {left_out[1]}",)
