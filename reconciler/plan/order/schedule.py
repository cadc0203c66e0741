"""Choose which calls of a plan may run side by side. Pure: the executor asks for calls, and reports those that ended.

A stage is a run of calls of one phase in the order of the plan, and a barrier: no call of it starts before all
calls of the stages before have ended. Within a stage a call waits for the calls that make what it needs, and for the
call before it of the same entity, since IAM refuses two writers (ConcurrentModification). Calls that affect the
caller's own rights go one at a time, in the order of the plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from reconciler.model.address import Address
from reconciler.model.plan import Step
from reconciler.plan.order.sort import find_needed_steps


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
        """Return the next call to make, which counts as running from now on; None if a running call must end first."""
        free = self._ready[self._stage] if self._stage < len(self._ready) else []
        return free.pop() if free else None

    def finish(self, index: int) -> None:
        """Record that a call has ended, and free the calls that waited for it."""
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
    """Return the number of each step's stage, in the order of the plan."""
    stages: list[int] = []
    for index, step in enumerate(steps):
        before = steps[index - 1] if index else step
        barrier = (step.phase, step.affects_caller) != (before.phase, before.affects_caller)
        stages.append((stages[-1] if stages else 0) + barrier)
    return stages


def _find_waits(steps: Sequence[Step], stages: Sequence[int]) -> list[set[int]]:
    """Return for each step the steps of its own stage that must have ended before it starts."""
    needed_steps = find_needed_steps(steps)
    latest: dict[Address, int] = {}
    all_waits: list[set[int]] = []
    for index, step in enumerate(steps):
        waits = {*needed_steps.get(index, ()), latest.get(step.address, index)} - {index}
        if index and step.affects_caller:
            waits.add(index - 1)
        all_waits.append({earlier for earlier in waits if stages[earlier] == stages[index]})
        latest[step.address] = index
    return all_waits
