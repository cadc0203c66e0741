"""Sort steps: makers before those that need them, earlier phases before later ones, then by address.

A fact that no step of the plan makes is taken as true.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.plan import Fact, Phase, Step

SortKey = tuple[bool, Phase, Address, int]
"""The values that sort a step: `affects_caller`, its phase, its address, its index."""


class StepCycleError(Exception):
    """The error that steps wait for each other: a mistake in the code of a kind, never in a file."""

    def __init__(self, stuck: Sequence[Step]) -> None:
        listed = ", ".join(f"{step.address} {step.call.operation}" for step in stuck[:6])
        super().__init__(f"steps wait for each other: {listed}")


def build_deferral(caller_rights: frozenset[Address], *, locks_out: bool) -> Callable[[Step, Phase], bool]:
    """Return a function that tells which steps are kept for the end: those that may reduce the caller's own rights.

    New Denies and boundaries of the caller still come early, before new Allows. If the plan locks out the caller, they
    wait as well, because they would end the apply in the middle. caller_rights: the caller, its groups and its
    policies.
    """
    early = (Phase.CREATE, Phase.WIDEN) if locks_out else (Phase.CREATE, Phase.RESTRICT, Phase.GUARDED, Phase.WIDEN)
    return lambda step, phase: step.address in caller_rights and phase not in early


def find_order(steps: Sequence[Step]) -> list[int]:
    """Return the indices of the steps in the order of an apply. Raises StepCycleError."""
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

    def sort_key_of(index: int) -> SortKey:
        step = steps[index]
        return step.affects_caller, step.phase, step.address, index

    ready = [sort_key_of(index) for index in range(len(steps)) if not waits[index]]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        index = heapq.heappop(ready)[-1]
        order.append(index)
        for freed in frees[index]:
            waits[freed].discard(index)
            if not waits[freed]:
                heapq.heappush(ready, sort_key_of(freed))
    if len(order) < len(steps):
        raise StepCycleError([steps[index] for index in range(len(steps)) if waits[index]])
    return order


def mark_deferred(steps: Sequence[Step], is_deferred: Callable[[Step, Phase], bool]) -> list[Step]:
    """Mark the steps that are kept for the end. is_deferred: see `build_deferral`."""
    return [replace(step, affects_caller=is_deferred(step, step.phase)) for step in steps]
