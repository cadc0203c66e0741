"""Limit how many accounts of a run are done at once. One that only waits for another account gives its slot up.

So accounts that wait never keep out the account that they wait for, however few slots there are. An account that can go
on again has the next free slot, before one that has not begun. Standard library only.
"""

from __future__ import annotations

from threading import Condition


class Slots:
    """The slots of a run, as many as accounts may be done at once. Many threads may use them."""

    def __init__(self, count: int) -> None:
        self._condition = Condition()
        self._free = count
        self._returning: set[Slot] = set()

    def take(self) -> Slot:
        """Wait until a slot is free that no account wants back, and take it."""
        with self._condition:
            self._condition.wait_for(self._has_room)
            self._free -= 1
            return Slot(self)

    def try_to_take(self) -> Slot | None:
        """Take a slot if one is free that no account wants back; else return None."""
        with self._condition:
            has_room = self._has_room()
            self._free -= has_room
            return Slot(self) if has_room else None

    def _has_room(self) -> bool:
        return self._free > len(self._returning)

    def release(self, slot: Slot) -> None:
        """Free a slot if it is held, and forget that its account wants one back."""
        with self._condition:
            self._free += slot.is_held
            slot.is_held = False
            self._returning.discard(slot)
            self._condition.notify_all()

    def retake(self, slot: Slot) -> bool:
        """Take a slot again if one is free, else put the account first in the queue. Return whether it has one."""
        with self._condition:
            if not slot.is_held and self._free:
                self._free -= 1
                slot.is_held = True
                self._returning.discard(slot)
            elif not slot.is_held:
                self._returning.add(slot)
            return slot.is_held


class Slot:
    """The slot of one account. is_held: False while the account has given it up."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self.is_held = True

    def give_up(self) -> None:
        """Let another account have the slot: while this one waits, and when it has ended."""
        self._slots.release(self)

    def try_to_return(self) -> bool:
        """Take a slot again if one is free, and return whether the account has one."""
        return self._slots.retake(self)
