"""Find pairs of calls that must not come the other way round, and what somebody would then have too much or too little.

The four rules are on the page of the package (`plan/order/__init__.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import NamedTuple

from reconciler.model.address import Address
from reconciler.model.effects import NO_STATEMENTS, Link, PermissionDelta, SetBoundary, Statements, Unlink
from reconciler.model.exposure import Severity
from reconciler.model.plan import Step
from reconciler.plan.order.effects import PlanEffects, PrincipalEffect, allows_of
from reconciler.policy.overlap import (
    drop_unread,
    intersect_statements,
    is_surely_covered,
    statements_overlap,
    unread_policies_of,
)
from reconciler.policy.permission_delta import find_uncovered, split_statements


class Hazard(NamedTuple):
    """The step `first` must come before the step `then` (indices), or `principal`, a user or role, is exposed.

    some: the Allows that are then too much (severity EXCESS) or too little (GAP), as far as they overlap with `others`.
    """

    first: int
    then: int
    principal: Address
    severity: Severity
    some: Statements
    others: Statements

    @property
    def effective_severity(self) -> Severity:
        """UNSURE if the content of one side is not read."""
        return (
            self.severity if statements_overlap(drop_unread(self.some), drop_unread(self.others)) else Severity.UNSURE
        )

    @property
    def statements(self) -> Statements:
        return intersect_statements(self.some, self.others)

    @property
    def unread_policies(self) -> frozenset[str]:
        """The ARNs of the policies that are not read, if the answer depends on them."""
        return (
            unread_policies_of(self.some | self.others) if self.effective_severity is Severity.UNSURE else frozenset()
        )


class HazardFinder:
    """Find the hazards of a plan, also when some of its steps are made again.

    _known: principal → the steps that reach it, with the hazards between them. All else that decides about these
    hazards is the same however the steps of a plan are made: the account before and after it, and the boundaries and
    policies that it writes.
    """

    def __init__(self) -> None:
        self._known: dict[Address, tuple[list[Step], list[Hazard]]] = {}

    def find_hazards(self, effects: PlanEffects) -> Iterator[Hazard]:
        """Yield every pair of calls of a plan that must not come the other way round."""
        yield from _find_link_hazards(effects)
        for principal in effects.principals:
            own = effects.effects_on(principal)
            if len(own) < 2:
                continue
            steps, known = [effects.steps[effect.index] for effect in own], self._known.get(principal)
            if known is None or known[0] != steps:
                known = self._known[principal] = steps, list(_find_pair_hazards(effects, principal, own))
            for hazard in known[1]:
                yield hazard._replace(first=own[hazard.first].index, then=own[hazard.then].index)


def _find_pair_hazards(effects: PlanEffects, principal: Address, own: Sequence[PrincipalEffect]) -> Iterator[Hazard]:
    """Yield the hazards between the calls that reach a principal, with positions in `own` in place of indices."""
    for (place, first), (later_place, then) in permutations(enumerate(own), 2):
        if first.index != then.index and _may_conflict(first.delta, then.delta):
            sides = (*_find_excesses(effects, principal, first, then), *_find_gaps(effects, principal, first, then))
            for severity, some, others in sides:
                if statements_overlap(some, others):
                    yield Hazard(place, later_place, principal, severity, some, others)


def _may_conflict(first: PermissionDelta, then: PermissionDelta) -> bool:
    """Return whether a pair can be a hazard at all. This cheap test rules out most pairs."""
    if then.takes and first.gives:
        return True
    return bool((first.denies and (then.gives or then.lifts)) or (first.takes and then.lifts))


HazardSides = tuple[Severity, Statements, Statements]


def _find_gaps(
    effects: PlanEffects, principal: Address, first: PrincipalEffect, then: PrincipalEffect
) -> Iterator[HazardSides]:
    """Yield the Allows that are too little for a moment if `then` comes first.

    An Allow leaves no gap if a statement covers it that the principal has all the time.
    """
    if statements_overlap(then.delta.takes, first.delta.gives):
        constant = effects.constant_statements_of(principal)
        takes = (one for one in split_statements(then.delta.takes) if not is_surely_covered(one, constant, "Allow"))
        yield Severity.GAP, frozenset(takes), first.delta.gives


def _find_excesses(
    effects: PlanEffects, principal: Address, first: PrincipalEffect, then: PrincipalEffect
) -> Iterator[HazardSides]:
    """Yield the statements that are too much for a moment if `then` comes first.

    Statements that are allowed, or denied, anyway at the nearer end of the plan are no excess; nor are those that the
    other of the two calls denies as well.
    """
    if statements_overlap(first.delta.denies, then.delta.gives):
        denies = find_uncovered(effects.find_uncovered(principal, first.delta.denies, new=False), then.delta.denies)
        yield Severity.EXCESS, effects.find_uncovered(principal, then.delta.gives, new=False), denies
    if statements_overlap(first.delta.takes, then.delta.lifts):
        lifts = find_uncovered(effects.find_uncovered(principal, then.delta.lifts, new=True), first.delta.lifts)
        yield Severity.EXCESS, effects.find_uncovered(principal, first.delta.takes, new=True), lifts
    if statements_overlap(first.delta.denies, then.delta.lifts):
        ends = allows_of(effects.statements_of(principal, False) | effects.statements_of(principal, True))
        both = (frozenset([one]) for one in ends)
        shared = NO_STATEMENTS.union(
            *(
                one
                for one in both
                if statements_overlap(one, first.delta.denies) and statements_overlap(one, then.delta.lifts)
            )
        )
        yield Severity.EXCESS, shared, then.delta.lifts


def _find_link_hazards(effects: PlanEffects) -> Iterator[Hazard]:
    """Yield the pairs of a link, or a boundary, and an edit of what it links to."""
    for holder, links in effects.links.items():
        for index, link in links:
            joins = isinstance(link, Link)
            for edit in effects.effects_on_content(link):
                first, then = (edit.index, index) if joins else (index, edit.index)
                for principal in effects.find_reached_principals(holder):
                    sides = (
                        _find_join_hazards(effects, principal, link, edit)
                        if joins
                        else _find_leave_hazards(effects, principal, edit)
                    )
                    for severity, some, others in sides:
                        if statements_overlap(some, others):
                            yield Hazard(first, then, principal, severity, some, others)
    for holder, (index, change) in effects.boundaries.items():
        yield from _find_boundary_hazards(effects, holder, index, change)


def _find_join_hazards(
    effects: PlanEffects, holder: Address, link: Link | Unlink, edit: PrincipalEffect
) -> Iterator[HazardSides]:
    """Yield what a principal that joins would get of the old content. It never had that: the edit must come first."""
    new = effects.find_uncovered(holder, effects.find_uncovered(holder, edit.delta.takes, new=True), new=False)
    yield Severity.EXCESS, new, new
    given = allows_of(effects.statements_from(link.held, True))
    if statements_overlap(edit.delta.denies, given):
        yield Severity.EXCESS, effects.find_uncovered(holder, given, new=False), edit.delta.denies
    if edit.delta.lifts:
        yield Severity.GAP, allows_of(effects.statements_of(holder, False)), edit.delta.lifts


def _find_leave_hazards(effects: PlanEffects, holder: Address, edit: PrincipalEffect) -> Iterator[HazardSides]:
    """Yield what a principal that leaves would get of the new content. It never gets that: the edit must come last."""
    new = effects.find_uncovered(holder, effects.find_uncovered(holder, edit.delta.gives, new=False), new=True)
    yield Severity.EXCESS, new, new
    had = allows_of(effects.statements_of(holder, False)) if edit.delta.lifts else NO_STATEMENTS
    if statements_overlap(edit.delta.lifts, had):
        yield Severity.EXCESS, effects.find_uncovered(holder, had, new=True), edit.delta.lifts
    if edit.delta.denies:
        yield Severity.GAP, allows_of(effects.statements_of(holder, True)), edit.delta.denies


def _find_boundary_hazards(effects: PlanEffects, holder: Address, index: int, change: SetBoundary) -> Iterator[Hazard]:
    """Yield the pairs of a boundary and an edit of its policy: edit, then set it; or remove it, then edit."""
    had = allows_of(effects.statements_of(holder, False) | effects.statements_of(holder, True))
    for arn, comes in ((change.after, True), (change.before, False)):
        for edit in effects.content.get(arn or "", ()):
            first, then = (edit.index, index) if comes else (index, edit.index)
            less, more = edit.delta.takes | edit.delta.denies, edit.delta.gives | edit.delta.lifts
            over, under = (less, more) if comes else (more, less)
            if over:
                yield Hazard(first, then, holder, Severity.EXCESS, had, over)
            if under or not over:
                yield Hazard(first, then, holder, Severity.GAP, had, under)
