"""Steps → the order of an apply: needs before makers, phases before later phases, then addresses.

Every step waits for the steps of this plan that make what it needs; what nobody makes is taken as true. Among
the steps that are free to go, the earliest phase goes first, so a need that crosses a phase is still honoured.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence

from reconciler.model.plan import Fact, Step


class Cycle(Exception):
    """Steps that wait for each other: a mistake of a kind's, never of a file's."""

    def __init__(self, stuck: Sequence[Step]) -> None:
        listed = ", ".join(f"{step.address} {step.call.operation}" for step in stuck[:6])
        super().__init__(f"steps wait for each other: {listed}")


def ordered(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Raises Cycle."""
    makers: defaultdict[Fact, list[int]] = defaultdict(list)
    for index, step in enumerate(steps):
        for fact in step.makes:
            makers[fact].append(index)
    waits: list[set[int]] = [set() for _ in steps]
    frees: defaultdict[int, list[int]] = defaultdict(list)
    for index, step in enumerate(steps):
        for fact in step.needs:
            for maker in makers.get(fact, ()):
                if maker != index and maker not in waits[index]:
                    waits[index].add(maker)
                    frees[maker].append(index)
    ready = [(steps[index].phase, steps[index].address, index) for index in range(len(steps)) if not waits[index]]
    heapq.heapify(ready)
    found: list[Step] = []
    while ready:
        _, _, index = heapq.heappop(ready)
        found.append(steps[index])
        for freed in frees[index]:
            waits[freed].discard(index)
            if not waits[freed]:
                heapq.heappush(ready, (steps[freed].phase, steps[freed].address, freed))
    if len(found) < len(steps):
        raise Cycle([steps[index] for index in range(len(steps)) if waits[index]])
    return tuple(found)
