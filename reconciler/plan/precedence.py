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
What of all that comes to pass, and when, is looked at once the order is final (`plan/windows.py`).
The trust of roles takes no part: each has one document, changed by one call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from reconciler.model.address import Address
from reconciler.model.plan import ORDER, Broken, Fact, Lapse, Phase, Step
from reconciler.plan.circles import components
from reconciler.plan.effects import Effects
from reconciler.plan.pairs import Found, among, through
from reconciler.plan.schedule import stages_of

Pair = tuple[int, int]
"""Indices of two steps, the one that must come first and the one that must wait."""

Circle = tuple[int, ...]
"""The steps that would have to wait for each other, where a pair was given up."""

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


def kept(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Ordered steps, each without the lapses that their order happens to avoid: what it avoids is then waited for."""
    if not any(step.lapses for step in steps):
        return tuple(steps)
    places = {fact: index for index, step in enumerate(steps) for fact in step.makes if fact[0] == ORDER}
    stages = stages_of(steps)
    found = []
    for index, step in enumerate(steps):
        lapses = tuple(lapse for lapse in step.lapses if places[lapse.until] > index)
        avoided = {lapse.until for lapse in step.lapses if stages[places[lapse.until]] == stages[index]}
        needs = step.needs | (avoided - {lapse.until for lapse in lapses})
        found.append(replace(step, lapses=lapses, needs=needs))
    return tuple(found)


class _Arrangement:
    """`phases` is where each step stands by now; `pairs` what must be kept apart beside the needs.

    moved: the steps whose place has changed since the last look; None before the first one.
    """

    def __init__(self, steps: Sequence[Step], effects: Effects, staged: Documents, late: Late) -> None:
        self.apart: set[tuple[Address, str]] = set()
        self._steps, self._staged, self._late = steps, staged, late
        self._phases = [step.phase for step in steps]
        self._needs = _needs(steps)
        self._ranks = self._ranked()
        self._made_by = self._latest()
        self._moved: set[int] | None = None
        self._pairs: dict[Pair, Broken] = {}
        self._dropped: dict[Pair, Circle] = {}
        self._effects = effects
        self._touched = [(one, found) for one in effects.principals if len(found := effects.of(one)) > 1]

    def _ranked(self) -> list[tuple[bool, Phase]]:
        return [(self._late(step, phase), phase) for step, phase in zip(self._steps, self._phases, strict=True)]

    def _latest(self) -> list[tuple[bool, Phase]]:
        """Step → where it stands, or what it needs does: a quota can have it wait for a step of a later phase."""
        found = list(self._ranks)
        for index in TopologicalSorter(self._needs).static_order():
            for needed in self._needs.get(index, ()):
                found[index] = max(found[index], found[needed])
        return found

    def _apart(self, first: int, then: int) -> bool:
        """True where the phases see to it already."""
        return self._made_by[first] < self._ranks[then]

    def _open(self, first: int, then: int) -> bool:
        news = self._moved is None or first in self._moved or then in self._moved
        return news and not self._apart(first, then) and not self._steps[then].note

    def look(self) -> bool:
        """Whether there are pairs that the phases, as they are now, do not keep apart."""
        known = len(self._pairs)
        for one in self._found(self._moved, self._open):
            pair = one.first, one.then
            if pair not in self._dropped:
                self._pairs[pair] = max(one.broken, self._pairs.get(pair, one.broken))
        return len(self._pairs) > known

    def _found(self, about: Collection[int] | None, asked: Callable[[int, int], bool]) -> Iterator[Found]:
        """about: the steps of whose pairs at least one is; None for all."""
        yield from through(self._effects, asked)
        for one, found in self._touched:
            if about is None or any(effect.index in about for effect in found):
                yield from among(self._effects, one, found, asked)

    def settle(self) -> None:
        """No more circles, and each step in the phase of the last one that it waits for."""
        circles = self._circles(range(len(self._steps)))
        while circles:
            circle = circles.pop()
            cycle = self._cycle(circle)
            if cycle:
                self._break(cycle)
                circles += self._circles(circle)
        before = self._ranks, self._made_by
        self._delay()
        self._ranks = self._ranked()
        self._made_by = self._latest()
        now = zip(zip(*before, strict=True), zip(self._ranks, self._made_by, strict=True), strict=True)
        self._moved = {index for index, (was, is_now) in enumerate(now) if was != is_now}

    def _break(self, cycle: Sequence[int]) -> None:
        document = next((one for index in sorted(cycle) if (one := self._divisible(self._steps[index]))), None)
        if document:
            self.apart.add(document)
            given_up = [pair for pair in self._pairs if any(self._steps[index].document == document for index in pair)]
        else:
            around = (pair for pair in pairwise(cycle) if pair in self._pairs)
            given_up = [min(around, key=lambda pair: (self._pairs[pair], pair))]
        for pair in given_up:
            del self._pairs[pair]
            self._dropped[pair] = tuple(sorted(set(cycle)))

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
        for first, then in self._pairs:
            if not self._apart(first, then):
                makes[first].add(_made(first))
                needs[then].add(_made(first))
        lapses: defaultdict[int, dict[Lapse, None]] = defaultdict(dict)
        for one in self._given_up():
            circle = self._dropped.get((one.first, one.then), ())
            for index in (one.first, *circle):
                makes[index].add(_made(index))
            made = Lapse(one.kind, one.who, one.what, _made(one.first), frozenset(map(_made, circle)), one.hangs_on)
            lapses[one.then][made] = None
        return tuple(
            replace(
                step,
                phase=self._phases[index],
                needs=step.needs | needs[index],
                makes=step.makes | makes[index],
                lapses=tuple(lapses[index]),
            )
            for index, step in enumerate(self._steps)
        )

    def _given_up(self) -> Iterator[Found]:
        """What the pairs are about that could not be kept apart, or that a quota keeps from being so."""
        about = {index for index, step in enumerate(self._steps) if step.note}.union(*self._dropped)
        if about and not self.apart:
            yield from self._found(about, self._broken)

    def _broken(self, first: int, then: int) -> bool:
        return (first, then) in self._dropped or (bool(self._steps[then].note) and not self._apart(first, then))


def _made(index: int) -> Fact:
    return (ORDER, str(index))


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
