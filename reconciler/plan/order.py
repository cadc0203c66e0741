"""Steps → the order of an apply: needs before makers, phases before later phases, then addresses.

Every step waits for the steps of this plan that make what it needs; what nobody makes is taken as true. Among
the steps that are free to go, the earliest phase goes first, so a need that crosses a phase is still honoured.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.plan import Fact, Phase, Step
from reconciler.policy.grants import covered

Ready = tuple[bool, Phase, Address, int]
"""A step that waits for nothing: whether it is the caller's own, where it stands, and its index."""


class Cycle(Exception):
    """Steps that wait for each other: a mistake of a kind's, never of a file's."""

    def __init__(self, stuck: Sequence[Step]) -> None:
        listed = ", ".join(f"{step.address} {step.call.operation}" for step in stuck[:6])
        super().__init__(f"steps wait for each other: {listed}")


def ordered(
    steps: Sequence[Step], last: frozenset[Address] = frozenset(), *, locks_out: bool = False
) -> tuple[Step, ...]:
    """`last`: what the caller's own rights hang on; whatever may take from those comes at the end. Raises Cycle.

    A Deny or boundary there goes on early all the same, before new Allows, unless the plan `locks_out` the caller:
    then it would end the apply in the middle.
    """
    early = (Phase.CREATE, Phase.WIDEN) if locks_out else (Phase.CREATE, Phase.RESTRICT, Phase.GUARDED, Phase.WIDEN)
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

    steps = [replace(step, own=True) if step.address in last and step.phase not in early else step for step in steps]

    def place(index: int) -> Ready:
        step = steps[index]
        return step.own, step.phase, step.address, index

    ready = [place(index) for index in range(len(steps)) if not waits[index]]
    heapq.heapify(ready)
    found: list[Step] = []
    swaps = {index for index, step in enumerate(steps) if step.phase is Phase.SWAP and step.takes}
    while ready:
        index, step = _next(ready, steps, swaps)
        swaps.discard(index)
        found.append(step)
        for freed in frees[index]:
            waits[freed].discard(index)
            if not waits[freed]:
                heapq.heappush(ready, place(freed))
    if len(found) < len(steps):
        raise Cycle([steps[index] for index in range(len(steps)) if waits[index]])
    return tuple(found)


def _next(ready: list[Ready], steps: Sequence[Step], swaps: set[int]) -> tuple[int, Step]:
    """The first free step; among edits that give and take at once, one that takes nothing another still gives."""
    first = heapq.heappop(ready)
    passed = [first]
    note = ""
    while passed[-1][-1] in swaps and _too_early(passed[-1][-1], steps, swaps):
        if not ready or ready[0][1] is not Phase.SWAP:
            passed.append(passed.pop(0))
            note = "it takes what another edit gives, and the other way round: for a moment both lack it"
            break
        passed.append(heapq.heappop(ready))
    *_, index = passed.pop()
    for item in passed:
        heapq.heappush(ready, item)
    return index, replace(steps[index], note=note) if note else steps[index]


def _too_early(index: int, steps: Sequence[Step], swaps: set[int]) -> bool:
    others = (steps[other] for other in swaps if other != index)
    return any(covered(taken, other.gives) for other in others for taken in steps[index].takes)
