"""Which calls of a plan may run side by side. Pure: whoever makes the calls asks what is free, and says what ended.

A stage is a run of calls of one phase in the order of the plan, and a barrier: no call of it starts before all
calls of the stages before have ended. Within a stage a call waits for the calls that make what it needs, and for the
call before it of the same entity, since IAM refuses two writers (ConcurrentModification). What touches the caller's
own rights goes one call at a time, as the plan has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from reconciler.model.address import Address
from reconciler.model.plan import Fact, Step


class Schedule:
    """The calls of one apply, by their index in `steps`. Not safe for threads by itself."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._stages = stages_of(steps)
        self._waits = _find_waits(steps, self._stages)
        self._unblocks: defaultdict[int, list[int]] = defaultdict(list)
        for index, waits in enumerate(self._waits):
            for earlier in waits:
                self._unblocks[earlier].append(index)
        self._unfinished = [0] * (self._stages[-1] + 1 if steps else 0)
        for stage in self._stages:
            self._unfinished[stage] += 1
        self._ready: list[list[int]] = [[] for _ in self._unfinished]
        for index in reversed(range(len(steps))):
            if not self._waits[index]:
                self._ready[self._stages[index]].append(index)
        self._stage = 0

    def start(self) -> int | None:
        """The next call to make, which is then under way; None where nothing may start before something ends."""
        free = self._ready[self._stage] if self._stage < len(self._ready) else []
        return free.pop() if free else None

    def finish(self, index: int) -> None:
        """This call was made: what waited for it may go."""
        for later in self._unblocks[index]:
            self._waits[later].discard(index)
            if not self._waits[later]:
                self._ready[self._stages[later]].append(later)
        self._unfinished[self._stages[index]] -= 1
        while self._stage < len(self._unfinished) and not self._unfinished[self._stage]:
            self._stage += 1

    @property
    def is_finished(self) -> bool:
        return self._stage == len(self._unfinished)


def stages_of(steps: Sequence[Step]) -> list[int]:
    """Step → the number of its stage, in the order of the plan."""
    found: list[int] = []
    for index, step in enumerate(steps):
        before = steps[index - 1] if index else step
        barrier = (step.phase, step.affects_caller) != (before.phase, before.affects_caller)
        found.append((found[-1] if found else 0) + barrier)
    return found


def _find_waits(steps: Sequence[Step], stages: Sequence[int]) -> list[set[int]]:
    """Step → the steps of its own stage that must have ended before it starts."""
    makers: defaultdict[Fact, list[int]] = defaultdict(list)
    latest: dict[Address, int] = {}
    found: list[set[int]] = []
    for index, step in enumerate(steps):
        waits = {maker for fact in step.needs for maker in makers[fact]} if step.needs else set()
        if step.address in latest:
            waits.add(latest[step.address])
        if index and step.affects_caller:
            waits.add(index - 1)
        found.append({earlier for earlier in waits if stages[earlier] == stages[index]})
        for fact in step.makes:
            makers[fact].append(index)
        latest[step.address] = index
    return found
