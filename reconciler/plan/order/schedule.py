"""Choose which calls of a plan may run side by side. Pure: the executor asks for calls, and reports those that ended.

A stage is a run of calls of one phase in the order of the plan, and a barrier: no call of it starts before all
calls of the stages before have ended. Within a stage a call waits for the calls that make what it needs, and for the
call before it of the same entity, since IAM refuses two writers (ConcurrentModification). Calls that affect the
caller's own rights go one at a time, in the order of the plan. In a run over many accounts a call also waits for the
principals that its trust names and another account creates; the other calls of its stage go on meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from reconciler.model.address import Address
from reconciler.model.plan import Fact, Step
from reconciler.plan.order.sort import find_needed_steps


class Schedule:
    """The calls of one apply, by their index in `steps`. Not safe for threads by itself.

    awaited: the facts that other accounts of the run have yet to make true.
    """

    def __init__(self, steps: Sequence[Step], awaited: Collection[Fact] = ()) -> None:
        self._stages = stages_of(steps)
        self._waits = find_waits(steps, self._stages)
        facts = frozenset(awaited)
        self._awaited = {index: set(step.needs & facts) for index, step in enumerate(steps) if step.needs & facts}
        self._running = 0
        self._unblocks: defaultdict[int, list[int]] = defaultdict(list)
        for index, waits in enumerate(self._waits):
            for earlier in waits:
                self._unblocks[earlier].append(index)
        self._unfinished = [0] * (self._stages[-1] + 1 if steps else 0)
        for stage in self._stages:
            self._unfinished[stage] += 1
        self._ready: list[list[int]] = [[] for _ in self._unfinished]
        for index in reversed(range(len(steps))):
            self._free_if_ready(index)
        self._stage = 0

    def start(self) -> int | None:
        """Return the next call to make, which counts as running from now on; None if a running call must end first."""
        free = self._startable
        self._running += bool(free)
        return free.pop() if free else None

    def count_ready(self) -> int:
        """Return the number of calls that may start now."""
        return len(self._startable)

    @property
    def _startable(self) -> list[int]:
        return self._ready[self._stage] if self._stage < len(self._ready) else []

    def finish(self, index: int) -> None:
        """Record that a call has ended, and free the calls that waited for it."""
        self._running -= 1
        for later in self._unblocks[index]:
            self._waits[later].discard(index)
            self._free_if_ready(later)
        self._unfinished[self._stages[index]] -= 1
        while self._stage < len(self._unfinished) and not self._unfinished[self._stage]:
            self._stage += 1

    def learn(self, fact: Fact) -> None:
        """Record that another account has made a fact true, and free the calls that waited for it."""
        for index in [index for index, facts in self._awaited.items() if fact in facts]:
            self._awaited[index].discard(fact)
            if not self._awaited[index]:
                del self._awaited[index]
                self._free_if_ready(index)

    def _free_if_ready(self, index: int) -> None:
        if not self._waits[index] and index not in self._awaited:
            self._ready[self._stages[index]].append(index)

    @property
    def is_finished(self) -> bool:
        return self._stage == len(self._unfinished)

    @property
    def awaited_facts(self) -> frozenset[Fact]:
        """The facts that other accounts have yet to make true."""
        return frozenset[Fact]().union(*self._awaited.values())

    def find_blocked(self) -> list[tuple[int, Fact]]:
        """Return the calls that hold up the run, each with a fact that it waits for; none if a call runs or may start.

        All other calls of the stage have ended, or wait for these.
        """
        if self.is_finished or self._running or self._startable:
            return []
        return [
            (index, fact)
            for index, facts in sorted(self._awaited.items())
            if self._stages[index] == self._stage and not self._waits[index]
            for fact in sorted(facts)
        ]


def stages_of(steps: Sequence[Step]) -> list[int]:
    """Return the number of each step's stage, in the order of the plan."""
    stages: list[int] = []
    for index, step in enumerate(steps):
        before = steps[index - 1] if index else step
        barrier = (step.phase, step.affects_caller) != (before.phase, before.affects_caller)
        stages.append((stages[-1] if stages else 0) + barrier)
    return stages


def find_waits(steps: Sequence[Step], stages: Sequence[int]) -> list[set[int]]:
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
