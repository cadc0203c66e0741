"""Slots of accounts that are done at once: never more than there are, and who waited goes on first."""

from __future__ import annotations

from threading import Event

from reconciler.aws.concurrency import start_call
from reconciler.aws.slots import Slot, Slots

LONGEST = 60
"""Seconds after which a test fails because nobody gets a slot."""


def test_a_slot_that_is_given_up_is_the_next_account_s_and_comes_back_once_it_is_free() -> None:
    slots = Slots(1)
    first = slots.take()
    first.give_up()
    second = slots.take()
    assert (first.try_to_return(), first.is_held) == (False, False)
    second.give_up()
    assert (first.try_to_return(), first.try_to_return(), first.is_held) == (True, True, True)


def test_a_slot_can_be_asked_for_without_waiting() -> None:
    slots = Slots(1)
    first = slots.try_to_take()
    assert first
    assert slots.try_to_take() is None
    first.give_up()
    assert slots.try_to_take()


def test_giving_up_twice_makes_no_second_slot() -> None:
    slots = Slots(1)
    first = slots.take()
    first.give_up()
    first.give_up()
    second = slots.take()
    assert not first.try_to_return()
    second.give_up()
    assert first.try_to_return()


def test_an_account_that_can_go_on_comes_before_one_that_has_not_begun() -> None:
    slots, waiting = Slots(1), Event()
    first = slots.take()
    first.give_up()
    second = slots.take()
    assert not first.try_to_return()

    def take_third() -> Slot:
        waiting.set()
        return slots.take()

    third = start_call(take_third)
    assert waiting.wait(LONGEST)
    second.give_up()
    assert first.try_to_return()
    assert not third.done()
    first.give_up()
    assert third.result(LONGEST).is_held


def test_an_account_that_ends_without_its_slot_keeps_nobody_waiting() -> None:
    slots = Slots(1)
    first = slots.take()
    first.give_up()
    second = slots.take()
    assert not first.try_to_return()
    first.give_up()
    second.give_up()
    assert start_call(slots.take).result(LONGEST).is_held
