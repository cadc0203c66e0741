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
The trust of roles takes no part: each has one document, changed by one call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from enum import IntEnum
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from reconciler.model.address import Address
from reconciler.model.plan import ORDER, Fact, Phase, Step
from reconciler.plan.circles import components
from reconciler.plan.effects import Effect, Effects, Link, allows
from reconciler.policy.grants import NOTHING, Statements, uncovered
from reconciler.policy.overlap import known, meet

GAP = "it takes what another call, which must come later, gives: for a moment that is missing"
EXCESS = "it opens what another call, which must come later, closes: for a moment more is allowed than before or after"
UNSURE = "policies of AWS, whose content is not known here, decide whether for a moment more or less is allowed"


class Broken(IntEnum):
    """What happens for a moment where a pair of calls comes the other way round; the worse one is the greater."""

    NOTHING = 0
    UNSURE = 1
    GAP = 2
    EXCESS = 3


NOTES = {Broken.UNSURE: UNSURE, Broken.GAP: GAP, Broken.EXCESS: EXCESS}

Pair = tuple[int, int]
"""Indices of two steps, the one that must come first and the one that must wait."""

Found = tuple[int, int, Broken]

Open = Callable[[int, int], bool]
"""Whether it is to be asked what happens where the first step is not before the second."""

Documents = frozenset[tuple[Address, str]]

Late = Callable[[Step, Phase], bool]


def arranged(
    steps: Sequence[Step], effects: Effects, staged: Documents, late: Late
) -> tuple[tuple[Step, ...], Documents]:
    """The steps, each waiting for those that must come before it, and the documents to write in stages as well.

    late: whether a step in a phase is kept for the end, after all others. Where documents are returned, the steps are
    to be made again with them among `staged`; there are none once the steps are final.
    """
    found = _Arrangement(steps, effects, staged, late)
    while found.look():
        found.settle()
    return found.waiting(), frozenset(found.apart)


class _Arrangement:
    """`phases` is where each step stands by now; `pairs` what must be kept apart beside the needs.

    moved: the steps whose place has changed since the last look; None before the first one.
    """

    def __init__(self, steps: Sequence[Step], effects: Effects, staged: Documents, late: Late) -> None:
        self.apart: set[tuple[Address, str]] = set()
        self._steps, self._staged, self._late = steps, staged, late
        self._phases = [step.phase for step in steps]
        self._ranks = self._ranked()
        self._moved: set[int] | None = None
        self._pairs: dict[Pair, Broken] = {}
        self._dropped: dict[Pair, Broken] = {}
        self._needs = _needs(steps)
        self._effects = effects
        self._touched = [(one, found) for one in effects.principals if len(found := effects.of(one)) > 1]

    def _ranked(self) -> list[tuple[bool, Phase]]:
        return [(self._late(step, phase), phase) for step, phase in zip(self._steps, self._phases, strict=True)]

    def _apart(self, first: int, then: int) -> bool:
        """True where the phases see to it already."""
        return self._ranks[first] < self._ranks[then]

    def _open(self, first: int, then: int) -> bool:
        news = self._moved is None or first in self._moved or then in self._moved
        return news and not self._apart(first, then) and not self._steps[then].note

    def look(self) -> bool:
        """Whether there are pairs that the phases, as they are now, do not keep apart."""
        known = len(self._pairs)
        among = (
            pair
            for one, found in self._touched
            if self._moved is None or any(effect.index in self._moved for effect in found)
            for pair in _among(self._effects, one, found, self._open)
        )
        for first, then, broken in (*_through(self._effects, self._open), *among):
            if (first, then) not in self._dropped:
                self._pairs[first, then] = max(broken, self._pairs.get((first, then), broken))
        return len(self._pairs) > known

    def settle(self) -> None:
        """No more circles, and each step in the phase of the last one that it waits for."""
        circles = self._circles(range(len(self._steps)))
        while circles:
            circle = circles.pop()
            cycle = self._cycle(circle)
            if cycle:
                self._break(cycle)
                circles += self._circles(circle)
        before = self._ranks
        self._delay()
        self._ranks = self._ranked()
        self._moved = {index for index, rank in enumerate(self._ranks) if rank != before[index]}

    def _break(self, cycle: Sequence[int]) -> None:
        document = next((one for index in sorted(cycle) if (one := self._divisible(self._steps[index]))), None)
        if document:
            self.apart.add(document)
            among = [pair for pair in self._pairs if any(self._steps[index].document == document for index in pair)]
        else:
            around = (pair for pair in pairwise(cycle) if pair in self._pairs)
            among = [min(around, key=lambda pair: (self._pairs[pair], pair))]
        self._dropped |= {pair: self._pairs.pop(pair) for pair in among}

    def _divisible(self, step: Step) -> tuple[Address, str] | None:
        if step.document is None or step.document in self._staged or step.document in self.apart:
            return None
        parts = sum(map(bool, (step.gives, step.takes, step.denies, step.lifts)))
        return step.document if parts > 1 else None

    def _graph(self) -> dict[int, set[int]]:
        """Step → those that it waits for."""
        found = {then: set(firsts) for then, firsts in self._needs.items()}
        for first, then in self._pairs:
            found.setdefault(then, set()).add(first)
        return found

    def _circles(self, among: Collection[int]) -> list[list[int]]:
        """Among these steps, those that wait for each other, each group for itself and in order."""
        return [sorted(circle) for circle in components(self._graph_of(among)) if len(circle) > 1]

    def _graph_of(self, among: Collection[int]) -> dict[int, list[int]]:
        wanted = set(among)
        graph = self._graph()
        return {index: sorted(graph.get(index, set()) & wanted) for index in sorted(wanted)}

    def _cycle(self, among: Collection[int]) -> list[int]:
        try:
            TopologicalSorter(self._graph_of(among)).prepare()
        except CycleError as error:
            cycle: list[int] = error.args[1]
            return cycle if any(pair in self._pairs for pair in pairwise(cycle)) else []
        return []

    def _delay(self) -> None:
        self._phases = [step.phase for step in self._steps]
        graph = self._graph()
        for then in TopologicalSorter(graph).static_order():
            for first in graph.get(then, ()):
                moved = self._phases[first] != self._steps[first].phase
                if moved or (first, then) in self._pairs:
                    self._phases[then] = max(self._phases[then], self._phases[first])

    def waiting(self) -> tuple[Step, ...]:
        needs: defaultdict[int, set[Fact]] = defaultdict(set)
        makes: defaultdict[int, set[Fact]] = defaultdict(set)
        notes: defaultdict[int, Broken] = defaultdict(lambda: Broken.NOTHING)
        for first, then in self._pairs:
            if not self._apart(first, then):
                fact = (ORDER, str(first))
                makes[first].add(fact)
                needs[then].add(fact)
        for (_, then), broken in self._dropped.items():
            notes[then] = max(notes[then], broken)
        return tuple(
            replace(
                step,
                phase=self._phases[index],
                needs=step.needs | needs[index],
                makes=step.makes | makes[index],
                note=NOTES.get(notes[index], step.note),
            )
            for index, step in enumerate(self._steps)
        )


def _needs(steps: Sequence[Step]) -> dict[int, set[int]]:
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


def _among(effects: Effects, principal: Address, found: Sequence[Effect], asked: Open) -> Iterator[Found]:
    """The pairs of what happens to one principal: given before taken, denied before given, taken before freed."""
    for first in found:
        for then in found:
            if first.index == then.index or not asked(first.index, then.index):
                continue
            broken = max(_excess(effects, principal, first, then), _overlap(Broken.GAP, first.gives, then.takes))
            if broken:
                yield first.index, then.index, broken


def _excess(effects: Effects, principal: Address, first: Effect, then: Effect) -> Broken:
    """What is more for a moment where `then` comes first.

    What is allowed, or denied, anyway at the end that an early or late moment resembles is not; nor is what the
    other of the two calls denies as well.
    """
    found = Broken.NOTHING
    if meet(first.denies, then.gives):
        denies = uncovered(effects.beyond(principal, first.denies, new=False), then.denies)
        found = max(found, _overlap(Broken.EXCESS, denies, effects.beyond(principal, then.gives, new=False)))
    if meet(first.takes, then.lifts):
        lifts = uncovered(effects.beyond(principal, then.lifts, new=True), first.lifts)
        found = max(found, _overlap(Broken.EXCESS, effects.beyond(principal, first.takes, new=True), lifts))
    if meet(first.denies, then.lifts):
        ends = allows(effects.held(principal, False) | effects.held(principal, True))
        both = (frozenset([one]) for one in ends)
        common = NOTHING.union(*(one for one in both if meet(one, first.denies) and meet(one, then.lifts)))
        found = max(found, _overlap(Broken.EXCESS, common, then.lifts))
    return found


def _overlap(broken: Broken, some: Statements, others: Statements) -> Broken:
    """`broken` where statements of both sides have something in common; UNSURE where one of them is not read."""
    if not meet(some, others):
        return Broken.NOTHING
    return broken if meet(known(some), known(others)) else Broken.UNSURE


def _through(effects: Effects, asked: Open) -> Iterator[Found]:
    """The pairs of a link, or a boundary, and an edit of what it is about."""
    for holder, links in effects.links.items():
        if holder.kind == "user" and holder not in effects.before:
            continue
        for link in links:
            for edit in effects.under(link):
                if link.on and asked(edit.index, link.index):
                    yield from _joined(effects, holder, link, edit)
                elif not link.on and asked(link.index, edit.index):
                    yield from _left(effects, holder, link, edit)
    for swap in effects.swaps.values():
        for edit in effects.content.get(swap.new or "", ()):
            if asked(edit.index, swap.index):
                yield edit.index, swap.index, Broken.EXCESS if edit.takes or edit.denies else Broken.GAP
        for edit in effects.content.get(swap.old or "", ()):
            if asked(swap.index, edit.index):
                yield swap.index, edit.index, Broken.EXCESS if edit.gives or edit.lifts else Broken.GAP


def _joined(effects: Effects, holder: Address, link: Link, edit: Effect) -> Iterator[Found]:
    """Who comes never had the old content: what goes is gone, and what is denied is denied, before he has it."""
    new = effects.beyond(holder, effects.beyond(holder, edit.takes, new=True), new=False)
    broken = _overlap(Broken.EXCESS, new, new)
    given = allows(effects.said(link.held, True))
    if meet(edit.denies, given):
        broken = max(broken, _overlap(Broken.EXCESS, edit.denies, effects.beyond(holder, given, new=False)))
    if edit.lifts:
        broken = max(broken, _overlap(Broken.GAP, edit.lifts, allows(effects.held(holder, False))))
    if broken:
        yield edit.index, link.index, broken


def _left(effects: Effects, holder: Address, link: Link, edit: Effect) -> Iterator[Found]:
    """Who leaves is never to have the new content."""
    new = effects.beyond(holder, effects.beyond(holder, edit.gives, new=False), new=True)
    broken = _overlap(Broken.EXCESS, new, new)
    had = allows(effects.held(holder, False)) if edit.lifts else NOTHING
    if meet(edit.lifts, had):
        broken = max(broken, _overlap(Broken.EXCESS, edit.lifts, effects.beyond(holder, had, new=True)))
    if edit.denies:
        broken = max(broken, _overlap(Broken.GAP, edit.denies, allows(effects.held(holder, True))))
    if broken:
        yield link.index, edit.index, broken
