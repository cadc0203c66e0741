"""Steps → the order of an apply: needs before makers, phases before later phases, then addresses.

Every step waits for the steps of this plan that make what it needs; what nobody makes is taken as true. Among
the steps that are free to go, the earliest phase goes first, so a need that crosses a phase is still honoured.
What must be kept apart beyond phases is worked out before, and told in needs (`plan/precedence.py`).
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.plan import Fact, Phase, Step

Ready = tuple[bool, Phase, Address, int]
"""A step that waits for nothing: whether it is the caller's own, where it stands, and its index."""


class Cycle(Exception):
    """Steps that wait for each other: a mistake of a kind's, never of a file's."""

    def __init__(self, stuck: Sequence[Step]) -> None:
        listed = ", ".join(f"{step.address} {step.call.operation}" for step in stuck[:6])
        super().__init__(f"steps wait for each other: {listed}")


def lateness(last: frozenset[Address], *, locks_out: bool) -> Callable[[Step, Phase], bool]:
    """Whether a step in a phase is kept for the end. `last`: what the caller's own rights hang on; whatever may take
    from those comes at the end.

    A Deny or boundary there goes on early all the same, before new Allows, unless the plan `locks_out` the caller:
    then it would end the apply in the middle.
    """
    early = (Phase.CREATE, Phase.WIDEN) if locks_out else (Phase.CREATE, Phase.RESTRICT, Phase.GUARDED, Phase.WIDEN)
    return lambda step, phase: step.address in last and phase not in early


def ordered(steps: Sequence[Step], late: Callable[[Step, Phase], bool] = lambda step, phase: False) -> tuple[Step, ...]:
    """`late`: see `lateness`. Raises Cycle."""
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

    steps = [replace(step, own=True) if late(step, step.phase) else step for step in steps]

    def place(index: int) -> Ready:
        step = steps[index]
        return step.own, step.phase, step.address, index

    ready = [place(index) for index in range(len(steps)) if not waits[index]]
    heapq.heapify(ready)
    found: list[Step] = []
    while ready:
        index = heapq.heappop(ready)[-1]
        found.append(steps[index])
        for freed in frees[index]:
            waits[freed].discard(index)
            if not waits[freed]:
                heapq.heappush(ready, place(freed))
    if len(found) < len(steps):
        raise Cycle([steps[index] for index in range(len(steps)) if waits[index]])
    return tuple(found)
