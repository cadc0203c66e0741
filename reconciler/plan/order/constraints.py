"""Which call must come before which, so that no moment of an apply is worse than both of its ends.

Two promises, for every user and role: what it may do before and after a plan, it may do all the time (no gap);
what it may do neither before nor after, it may do at no time (no excess). The phases keep both for calls that do
one thing. This module looks for the pairs of calls that they do not keep apart: calls that do two things at once,
policies and groups that are edited while others get or lose them, boundaries that are replaced or edited. It lets
the later one wait: in its phase where it can, else in the phase of the one before. Where calls would wait for each
other in a circle, the edit of a document among them is made in stages (`policy/stages.py`). Where nothing can be
taken apart, one of the two promises is broken and the step says so: a gap rather than an excess.

Content of policies of AWS is not known here: it is taken to overlap with everything and to replace nothing, so calls
wait for it where they can, and where they cannot the step says that nothing is known.
What of all that comes to pass, and when, is looked at once the order is final (`plan/order/exposure.py`).
The trust of roles takes no part: each has one document, changed by one call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from reconciler.model.address import Address
from reconciler.model.plan import ORDER_FACT, Exposure, Fact, Phase, Severity, Step
from reconciler.plan.order.cycles import find_components
from reconciler.plan.order.effects import PlanEffects
from reconciler.plan.order.hazards import Hazard, find_link_hazards, find_principal_hazards
from reconciler.plan.order.schedule import stages_of

Constraint = tuple[int, int]
"""Indices of two steps, the one that must come first and the one that must wait."""

StepCycle = tuple[int, ...]
"""The steps that would have to wait for each other, where a pair was given up."""

Documents = frozenset[tuple[Address, str]]

Deferral = Callable[[Step, Phase], bool]


def add_constraints(
    steps: Sequence[Step], effects: PlanEffects, staged: Documents, is_deferred: Deferral
) -> tuple[tuple[Step, ...], Documents]:
    """The steps, each waiting for those that must come before it, and the documents to write in stages as well.

    is_deferred: whether a step in a phase is kept for the end, after all others. Where documents are returned, the
    steps are to be made again with them among `staged`; there are none once the steps are final.
    """
    found = _ConstraintSolver(steps, effects, staged, is_deferred)
    while found.collect_constraints():
        found.resolve_cycles()
    return found.apply_constraints(), frozenset(found.to_stage)


def drop_avoided_exposure(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Ordered steps, each without the lapses that their order happens to avoid: what it avoids is then waited for."""
    if not any(step.exposures for step in steps):
        return tuple(steps)
    places = {fact: index for index, step in enumerate(steps) for fact in step.makes if fact[0] == ORDER_FACT}
    stages = stages_of(steps)
    found = []
    for index, step in enumerate(steps):
        lapses = tuple(lapse for lapse in step.exposures if places[lapse.until] > index)
        avoided = {lapse.until for lapse in step.exposures if stages[places[lapse.until]] == stages[index]}
        needs = step.needs | (avoided - {lapse.until for lapse in lapses})
        found.append(replace(step, exposures=lapses, needs=needs))
    return tuple(found)


class _ConstraintSolver:
    """`phases` is where each step stands by now; `pairs` what must be kept apart beside the needs.

    moved: the steps whose place has changed since the last look; None before the first one.
    """

    def __init__(self, steps: Sequence[Step], effects: PlanEffects, staged: Documents, is_deferred: Deferral) -> None:
        self.to_stage: set[tuple[Address, str]] = set()
        self._steps, self._staged, self._is_deferred = steps, staged, is_deferred
        self._phases = [step.phase for step in steps]
        self._needs = _find_needed_steps(steps)
        self._ranks = self._rank_steps()
        self._latest_ranks = self._find_latest_ranks()
        self._moved_steps: set[int] | None = None
        self._constraints: dict[Constraint, Severity] = {}
        self._dropped_constraints: dict[Constraint, StepCycle] = {}
        self._effects = effects
        self._effects_by_principal = [
            (one, found) for one in effects.principals if len(found := effects.effects_on(one)) > 1
        ]

    def _rank_steps(self) -> list[tuple[bool, Phase]]:
        return [(self._is_deferred(step, phase), phase) for step, phase in zip(self._steps, self._phases, strict=True)]

    def _find_latest_ranks(self) -> list[tuple[bool, Phase]]:
        """Step → where it stands, or what it needs does: a quota can have it wait for a step of a later phase."""
        found = list(self._ranks)
        for index in TopologicalSorter(self._needs).static_order():
            for needed in self._needs.get(index, ()):
                found[index] = max(found[index], found[needed])
        return found

    def _is_ordered_by_phase(self, first: int, then: int) -> bool:
        """True where the phases see to it already."""
        return self._latest_ranks[first] < self._ranks[then]

    def _needs_check(self, first: int, then: int) -> bool:
        news = self._moved_steps is None or first in self._moved_steps or then in self._moved_steps
        return news and not self._is_ordered_by_phase(first, then) and not self._steps[then].note

    def collect_constraints(self) -> bool:
        """Whether there are pairs that the phases, as they are now, do not keep apart."""
        known = len(self._constraints)
        for one in self._find_hazards(self._moved_steps, self._needs_check):
            pair = one.first, one.then
            if pair not in self._dropped_constraints:
                self._constraints[pair] = max(
                    one.effective_severity, self._constraints.get(pair, one.effective_severity)
                )
        return len(self._constraints) > known

    def _find_hazards(
        self, involved: Collection[int] | None, needs_check: Callable[[int, int], bool]
    ) -> Iterator[Hazard]:
        """involved: the steps of whose pairs at least one is; None for all."""
        yield from find_link_hazards(self._effects, needs_check)
        for one, found in self._effects_by_principal:
            if involved is None or any(effect.index in involved for effect in found):
                yield from find_principal_hazards(self._effects, one, found, needs_check)

    def resolve_cycles(self) -> None:
        """No more circles, and each step in the phase of the last one that it waits for."""
        circles = self._find_cyclic_groups(range(len(self._steps)))
        while circles:
            circle = circles.pop()
            cycle = self._find_cycle(circle)
            if cycle:
                self._break_cycle(cycle)
                circles += self._find_cyclic_groups(circle)
        before = self._ranks, self._latest_ranks
        self._delay_phases()
        self._ranks = self._rank_steps()
        self._latest_ranks = self._find_latest_ranks()
        now = zip(zip(*before, strict=True), zip(self._ranks, self._latest_ranks, strict=True), strict=True)
        self._moved_steps = {index for index, (was, is_now) in enumerate(now) if was != is_now}

    def _break_cycle(self, cycle: Sequence[int]) -> None:
        document = next(
            (one for index in sorted(cycle) if (one := self._find_divisible_document(self._steps[index]))), None
        )
        if document:
            self.to_stage.add(document)
            given_up = [
                pair for pair in self._constraints if any(self._steps[index].document == document for index in pair)
            ]
        else:
            around = (pair for pair in pairwise(cycle) if pair in self._constraints)
            given_up = [min(around, key=lambda pair: (self._constraints[pair], pair))]
        for pair in given_up:
            del self._constraints[pair]
            self._dropped_constraints[pair] = tuple(sorted(set(cycle)))

    def _find_divisible_document(self, step: Step) -> tuple[Address, str] | None:
        if step.document is None or step.document in self._staged or step.document in self.to_stage:
            return None
        parts = sum(map(bool, (step.gives, step.takes, step.denies, step.lifts)))
        return step.document if parts > 1 else None

    def _build_graph(self) -> dict[int, set[int]]:
        """Step → those that it waits for."""
        found = {then: set(firsts) for then, firsts in self._needs.items()}
        for first, then in self._constraints:
            found.setdefault(then, set()).add(first)
        return found

    def _find_cyclic_groups(self, indices: Collection[int]) -> list[list[int]]:
        """Among these steps, those that wait for each other, each group for itself and in order."""
        return [sorted(circle) for circle in find_components(self._build_subgraph(indices)) if len(circle) > 1]

    def _build_subgraph(self, indices: Collection[int]) -> dict[int, list[int]]:
        wanted = set(indices)
        graph = self._build_graph()
        return {index: sorted(graph.get(index, set()) & wanted) for index in sorted(wanted)}

    def _find_cycle(self, indices: Collection[int]) -> list[int]:
        try:
            TopologicalSorter(self._build_subgraph(indices)).prepare()
        except CycleError as error:
            cycle: list[int] = error.args[1]
            return cycle if any(pair in self._constraints for pair in pairwise(cycle)) else []
        return []

    def _delay_phases(self) -> None:
        self._phases = [step.phase for step in self._steps]
        graph = self._build_graph()
        for then in TopologicalSorter(graph).static_order():
            for first in graph.get(then, ()):
                moved = self._phases[first] != self._steps[first].phase
                if moved or (first, then) in self._constraints:
                    self._phases[then] = max(self._phases[then], self._phases[first])

    def apply_constraints(self) -> tuple[Step, ...]:
        needs: defaultdict[int, set[Fact]] = defaultdict(set)
        makes: defaultdict[int, set[Fact]] = defaultdict(set)
        for first, then in self._constraints:
            if not self._is_ordered_by_phase(first, then):
                makes[first].add(_order_fact(first))
                needs[then].add(_order_fact(first))
        lapses: defaultdict[int, dict[Exposure, None]] = defaultdict(dict)
        for one in self._find_unresolved():
            circle = self._dropped_constraints.get((one.first, one.then), ())
            for index in (one.first, *circle):
                makes[index].add(_order_fact(index))
            made = Exposure(
                one.severity,
                one.principal,
                one.statements,
                _order_fact(one.first),
                frozenset(map(_order_fact, circle)),
                one.unread_policies,
            )
            lapses[one.then][made] = None
        return tuple(
            replace(
                step,
                phase=self._phases[index],
                needs=step.needs | needs[index],
                makes=step.makes | makes[index],
                exposures=tuple(lapses[index]),
            )
            for index, step in enumerate(self._steps)
        )

    def _find_unresolved(self) -> Iterator[Hazard]:
        """What the pairs are about that could not be kept apart, or that a quota keeps from being so."""
        about = {index for index, step in enumerate(self._steps) if step.note}.union(*self._dropped_constraints)
        if about and not self.to_stage:
            yield from self._find_hazards(about, self._is_unresolved)

    def _is_unresolved(self, first: int, then: int) -> bool:
        return (first, then) in self._dropped_constraints or (
            bool(self._steps[then].note) and not self._is_ordered_by_phase(first, then)
        )


def _order_fact(index: int) -> Fact:
    return (ORDER_FACT, str(index))


def _find_needed_steps(steps: Sequence[Step]) -> dict[int, set[int]]:
    """Step → the steps that make what it needs."""
    makers: defaultdict[Fact, set[int]] = defaultdict(set)
    for index, step in enumerate(steps):
        for fact in step.makes:
            makers[fact].add(index)
    found = {}
    for index, step in enumerate(steps):
        waits = {maker for fact in step.needs for maker in makers.get(fact, ())} - {index}
        if waits:
            found[index] = waits
    return found
