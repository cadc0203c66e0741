"""Limit how many accounts of a run are done at once. One that only waits for another account gives its slot up.

So accounts that wait never keep out the account that they wait for, however few slots there are. Standard library only.
"""

from __future__ import annotations

from threading import Semaphore


class Slots:
    """The slots of a run, as many as accounts may be done at once. Many threads may use them."""

    def __init__(self, count: int) -> None:
        self._free = Semaphore(count)

    def take(self) -> Slot:
        """Wait until a slot is free, and take it."""
        self._free.acquire()
        return Slot(self._free)


class Slot:
    """The slot of one account. One thread uses it at a time.

    is_held: False while the account has given it up.
    """

    def __init__(self, free: Semaphore) -> None:
        self._free = free
        self.is_held = True

    def give_up(self) -> None:
        """Let another account have the slot. A slot that is not held stays as it is."""
        if self.is_held:
            self.is_held = False
            self._free.release()

    def try_to_return(self) -> bool:
        """Take a slot again if one is free, and return whether the account has one."""
        if not self.is_held:
            self.is_held = self._free.acquire(blocking=False)
        return self.is_held
