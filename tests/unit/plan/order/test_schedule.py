"""Steps that may run side by side: never across a phase, never against a need, one writer per entity."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds.steps import presence_elsewhere_of, presence_of
from reconciler.model.address import Address
from reconciler.model.plan import Phase, Step
from reconciler.plan.order.schedule import Schedule
from reconciler.plan.order.sort import build_deferral
from tests.support.steps import bare_step, in_order

NAMES = [Address("role", name) for name in "abcd"]


@st.composite
def plans(draw: st.DrawFn) -> tuple[Step, ...]:
    """Steps in the order of a plan: any of them may need what one before it in the list makes."""
    steps: list[Step] = []
    for number in range(draw(st.integers(1, 12))):
        needed = draw(st.sets(st.integers(0, number - 1), max_size=2)) if number else set()
        steps.append(
            bare_step(
                draw(st.sampled_from(NAMES)),
                draw(st.sampled_from(Phase)),
                f"Call{number}",
                {},
                tuple(presence_of(Address("user", str(one))) for one in needed),
                (presence_of(Address("user", str(number))),),
            )
        )
    own = frozenset(draw(st.sets(st.sampled_from(NAMES), max_size=1)))
    return in_order(steps, build_deferral(own, locks_out=False))


def all_orders_seen(steps: tuple[Step, ...], seed: int) -> tuple[list[int], int]:
    """One run in which calls end in any order: the order of their starts, and the most at once."""
    chance = random.Random(seed)
    schedule, under_way, started, most = Schedule(steps), [], [], 0
    ended: set[int] = set()
    while not schedule.is_finished:
        ready = schedule.count_ready()
        for left in reversed(range(ready)):
            index = schedule.start()
            assert index is not None and schedule.count_ready() == left
            check_start(steps, index, ended, under_way)
            under_way.append(index)
            started.append(index)
        assert schedule.start() is None
        most = max(most, len(under_way))
        assert under_way, "nothing under way, and nothing may start"
        done = under_way.pop(chance.randrange(len(under_way)))
        ended.add(done)
        schedule.finish(done)
    return started, most


def check_start(steps: tuple[Step, ...], index: int, ended: set[int], under_way: list[int]) -> None:
    starting = steps[index]
    for earlier in range(index):
        other = steps[earlier]
        waited_for = (
            other.makes & starting.needs
            or other.address == starting.address
            or any(
                steps[i].phase != starting.phase or steps[i].affects_caller != starting.affects_caller
                for i in range(earlier, index)
            )
        )
        assert not waited_for or earlier in ended
    for other in under_way:
        assert steps[other].phase is starting.phase
        assert not starting.affects_caller


@given(plans(), st.integers(0, 3))
def test_every_run_makes_every_call_once_and_none_before_what_it_waits_for(steps: tuple[Step, ...], seed: int) -> None:
    started, _ = all_orders_seen(steps, seed)
    assert sorted(started) == list(range(len(steps)))


@pytest.mark.parametrize(
    ("phase", "own", "most"),
    [(Phase.CREATE, False, 4), (Phase.NARROW, False, 4), (Phase.NARROW, True, 1)],
    ids=["creations", "removals", "the caller's own"],
)
def test_independent_calls_go_side_by_side_if_their_order_decides_nothing(phase: Phase, own: bool, most: int) -> None:
    steps = tuple(replace(bare_step(name, phase, "Call", {}), affects_caller=own) for name in NAMES)
    assert all_orders_seen(steps, 1)[1] == most


def test_a_plan_without_calls_is_over_at_once() -> None:
    assert Schedule(()).is_finished
    assert Schedule(()).start() is None
    assert Schedule(()).count_ready() == 0


CI, OTHER = (presence_elsewhere_of(f"arn:aws:iam::222222222222:role/{name}") for name in ("ci", "other"))


def test_a_call_waits_for_facts_of_other_accounts_and_the_others_of_its_stage_do_not() -> None:
    trusting = bare_step(NAMES[0], Phase.CREATE, "CreateRole", needs=(CI, OTHER))
    other, later = (bare_step(NAMES[1], phase, "Call") for phase in (Phase.CREATE, Phase.WIDEN))
    schedule = Schedule([trusting, other, later], {CI, OTHER})
    assert (schedule.start(), schedule.start()) == (1, None)
    assert schedule.find_blocked() == [], "a call is under way"
    schedule.finish(1)
    assert schedule.find_blocked() == [(0, CI), (0, OTHER)]
    schedule.learn(CI)
    assert (schedule.start(), schedule.awaited_facts) == (None, {OTHER})
    schedule.learn(OTHER)
    assert (schedule.start(), schedule.start(), schedule.find_blocked()) == (0, None, [])
    schedule.finish(0)
    assert schedule.start() == 2, "a phase still ends only when its calls have ended"


def test_a_call_of_a_later_stage_holds_nothing_up_yet() -> None:
    steps = [bare_step(NAMES[0], Phase.CREATE, "Call"), bare_step(NAMES[1], Phase.WIDEN, "Call", needs=(CI,))]
    schedule = Schedule(steps, {CI})
    assert schedule.find_blocked() == []
    schedule.finish(cast(int, schedule.start()))
    assert schedule.find_blocked() == [(1, CI)]


def test_a_fact_that_no_account_of_the_run_makes_is_taken_as_true() -> None:
    assert Schedule([bare_step(NAMES[0], Phase.CREATE, "Call", needs=(CI,))]).start() == 0
