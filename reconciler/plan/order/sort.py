"""Sort steps: makers before those that need them, earlier phases before later ones, then by address.

A fact that no step of the plan makes is taken as true.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from reconciler.model.address import Address
from reconciler.model.effects import Effect, Link, SetBoundary, WriteDocument
from reconciler.model.plan import Fact, Phase, Step

Deferral = Callable[[Step, Phase], bool]
"""A function that tells if a step, in the given phase, is kept for the end, after all others."""


class StepCycleError(Exception):
    """The error that steps wait for each other: a mistake in the code of a kind, never in a file."""

    def __init__(self, stuck: Sequence[Step]) -> None:
        listed = ", ".join(f"{step.address} {step.call.operation}" for step in stuck[:6])
        super().__init__(f"steps wait for each other: {listed}")


def build_deferral(caller_rights: frozenset[Address], *, locks_out: bool) -> Deferral:
    """Return a function that tells which steps are kept for the end: those that may reduce the caller's own rights.

    New Denies and boundaries of the caller still come early. If the plan locks out the caller, they wait as well,
    because they would end the apply in the middle. caller_rights: the caller, its groups and its policies.
    """
    return lambda step, phase: (
        step.address in caller_rights and (phase > Phase.WIDEN or (locks_out and _may_deny(step.effect)))
    )


def _may_deny(effect: Effect) -> bool:
    """Return whether a call can add a Deny or a boundary. The content of a policy that it attaches is not looked at."""
    return isinstance(effect, Link | SetBoundary) or (isinstance(effect, WriteDocument) and bool(effect.delta.denies))


def find_needed_steps(steps: Sequence[Step]) -> Mapping[int, set[int]]:
    """Map each step that waits for others to the steps that make what it needs (indices)."""
    makers: defaultdict[Fact, set[int]] = defaultdict(set)
    for index, step in enumerate(steps):
        for fact in step.makes:
            makers[fact].add(index)
    needed_steps = {}
    for index, step in enumerate(steps):
        awaited = {maker for fact in step.needs for maker in makers.get(fact, ())} - {index}
        if awaited:
            needed_steps[index] = awaited
    return needed_steps


def find_order(steps: Sequence[Step]) -> list[int]:
    """Return the indices of the steps in the order of an apply. Raises StepCycleError."""
    needed_steps = find_needed_steps(steps)
    sorter = TopologicalSorter({index: needed_steps.get(index, set()) for index in range(len(steps))})
    try:
        sorter.prepare()
    except CycleError as error:
        raise StepCycleError([steps[index] for index in error.args[1]]) from None
    ready: list[tuple[bool, Phase, tuple[str, str], int]] = []
    order: list[int] = []
    while sorter.is_active():
        for index in sorter.get_ready():
            step = steps[index]
            heapq.heappush(ready, (step.affects_caller, step.phase, step.address.key, index))
        order.append(heapq.heappop(ready)[-1])
        sorter.done(order[-1])
    return order


def mark_deferred(steps: Sequence[Step], is_deferred: Deferral) -> list[Step]:
    """Mark the steps that are kept for the end. is_deferred: see `build_deferral`."""
    return [replace(step, affects_caller=True) if is_deferred(step, step.phase) else step for step in steps]
