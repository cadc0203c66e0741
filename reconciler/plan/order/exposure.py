"""Find the exposures of the final order of a plan: who has too much or too little, from which call until which.

Calls of one stage may be made side by side (`schedule.py`), but those of one entity never are. So two accounts are
compared: one with the calls that are surely made when a stretch begins, and one with the calls that may be made before
it ends. Only the documents and links of one principal count. A permission that the same document allows at both ends is
allowed throughout. A permission that no statement of either end allows is not. Nothing is evaluated as a request. In
doubt there is an exposure: conditions count as fulfilled if that causes one, and as not fulfilled if that does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reconciler.kinds.plan_context import PlanContext
from reconciler.model.address import Address
from reconciler.model.document import Statement
from reconciler.model.effects import NO_STATEMENTS, Create, Statements
from reconciler.model.entity import Entity
from reconciler.model.held_policies import Hold, boundary_of, list_held_policies, own_policies_of, walk_held_policies
from reconciler.model.live import State
from reconciler.model.plan import Exposure, Severity, Step
from reconciler.plan.order.constraints import UnresolvedHazard
from reconciler.plan.order.effects import allows_of
from reconciler.plan.order.hazards import Hazard
from reconciler.plan.order.schedule import stages_of
from reconciler.policy.overlap import is_surely_covered, statements_overlap
from reconciler.policy.permission_delta import find_uncovered

GrantSource = tuple[Address, Hold, str]
"""The holder of a policy, how it is held, and its ARN or its inline name."""


@dataclass(frozen=True, slots=True)
class _Rights:
    """The rights of a user or role at one moment.

    sources: the statements of each document or link. boundaries: the statements, at this moment, of the policies that
    are its boundary before or after the plan, by ARN. boundary: the ARN of its boundary at this moment.
    """

    sources: Mapping[GrantSource, Statements]
    boundaries: Mapping[str, Statements]
    boundary: str | None


def find_exposures(
    steps: Sequence[Step], unresolved: Iterable[UnresolvedHazard], before: State, after: State
) -> list[Exposure]:
    """Return the exposures that the unresolved hazards cause.

    steps: all of the plan, in their final order. The hazards name them by their index there. before: the account after
    the plan's renames.
    """
    hazards = [one for one in unresolved if one.hazard.then < one.hazard.first]
    return list(_ExposureFinder(steps, before, after).find_exposures(hazards)) if hazards else []


class _ExposureFinder:
    def __init__(self, steps: Sequence[Step], before: State, after: State) -> None:
        self._steps, self._before, self._after = steps, before.entities, after.entities
        self._context = PlanContext(before, after)
        self._stages = stages_of(steps)
        self._steps_by_entity: defaultdict[Address, list[int]] = defaultdict(list)
        for index, step in enumerate(steps):
            self._steps_by_entity[step.address].append(index)
        self._end_rights: dict[Address, tuple[_Rights, _Rights]] = {}
        self._rights_cache: dict[tuple[Address, int, Address, int, bool], _Rights] = {}
        self._safety_cache: dict[tuple[Severity, Address, Statement, int, int], bool] = {}

    def find_exposures(self, hazards: Iterable[UnresolvedHazard]) -> Iterator[Exposure]:
        for unresolved in sorted(hazards, key=lambda one: one.hazard.then):
            yield from self._find_exposures_of(unresolved.hazard, unresolved.cycle)

    def _find_exposures_of(self, hazard: Hazard, cycle: tuple[int, ...]) -> Iterator[Exposure]:
        """Yield the exposures between `then`, which comes too early, and `first`. Adjoining stretches become one."""
        principal, start, end = hazard.principal, hazard.then, hazard.first
        open_since: dict[Statement, int] = {}
        stretches: defaultdict[tuple[int, int], set[Statement]] = defaultdict(set)
        parts = find_uncovered(hazard.statements, NO_STATEMENTS)
        for begin, until in pairwise(self._find_cuts(principal, start, end)):
            for part in parts:
                if not self._is_safe(hazard.severity, principal, part, begin, until):
                    open_since.setdefault(part, begin)
                elif part in open_since:
                    stretches[open_since.pop(part), begin].add(part)
        for part, begin in open_since.items():
            stretches[begin, end].add(part)
        for (begin, until), statements in sorted(stretches.items(), key=lambda item: item[0]):
            yield Exposure(
                begin, until, hazard.severity, principal, frozenset(statements), start, cycle, hazard.unread_policies
            )

    def _find_cuts(self, principal: Address, start: int, end: int) -> list[int]:
        """Return `start`, `end` and calls between them that touch `principal`, each surely made before the next."""
        cuts = [start]
        for index in sorted(
            index
            for address in self._find_deciding_entities(principal)
            for index in self._steps_by_entity.get(address, ())
        ):
            if start < index < end and self._is_surely_before(cuts[-1], index) and self._is_surely_before(index, end):
                cuts.append(index)
        return [*cuts, end]

    def _is_surely_before(self, first: int, then: int) -> bool:
        """Return whether the one call is surely made before the other."""
        if self._stages[first] != self._stages[then] or self._steps[first].address == self._steps[then].address:
            return first < then
        return False

    def _is_safe(self, severity: Severity, principal: Address, part: Statement, begin: int, end: int) -> bool:
        """Return whether `part` is surely not exposed between two calls, or one end of the plan is no better."""
        key = severity, principal, part, begin, end
        if key not in self._safety_cache:
            begins, ends = self._rights_at_start(principal, begin), self._rights_at_end(principal, begin, end)
            first, last = self._rights_at_ends(principal)
            always, anyway = (
                (_is_always_allowed, _is_always_denied)
                if severity is Severity.GAP
                else (_is_always_denied, _is_always_allowed)
            )
            self._safety_cache[key] = (
                always(part, begins, ends) or anyway(part, first, first) or anyway(part, last, last)
            )
        return self._safety_cache[key]

    def _rights_at_ends(self, principal: Address) -> tuple[_Rights, _Rights]:
        if principal not in self._end_rights:
            self._end_rights[principal] = (
                self._collect_rights(principal, self._before),
                self._collect_rights(principal, self._after),
            )
        return self._end_rights[principal]

    def _rights_at_start(self, principal: Address, start: int) -> _Rights:
        """Return the rights when the call `start` is made. Of its stage, only calls of its own entity count as made."""
        return self._rights_at(principal, self._stages[start], start, False)

    def _rights_at_end(self, principal: Address, start: int, end: int) -> _Rights:
        """Return the rights before the call `end` is made. Calls of its stage that may precede it count as made."""
        return self._rights_at(principal, max(self._stages[start], self._stages[end]), end, True)

    def _rights_at(self, principal: Address, stage: int, at: int, ended: bool) -> _Rights:
        address = self._steps[at].address
        key = principal, stage, address, at, ended
        if key not in self._rights_cache:
            self._rights_cache[key] = self._collect_rights(
                principal,
                self._replay_calls(
                    principal,
                    lambda index: (
                        self._may_be_made(index, stage, at) if ended else self._is_surely_made(index, stage, at)
                    ),
                ),
            )
        return self._rights_cache[key]

    def _is_surely_made(self, index: int, stage: int, at: int) -> bool:
        return self._stages[index] < stage or (index <= at and self._steps[index].address == self._steps[at].address)

    def _may_be_made(self, index: int, stage: int, before: int) -> bool:
        same_entity = self._steps[index].address == self._steps[before].address
        return self._stages[index] <= stage and not (index >= before and same_entity)

    def _replay_calls(self, principal: Address, made: Callable[[int], bool]) -> Mapping[Address, Entity]:
        """Return the entities that decide what `principal` may do, once the calls are made for which `made` is true."""
        deciding = self._find_deciding_entities(principal)
        entities = {address: self._before[address] for address in deciding if address in self._before}
        indices = sorted(
            index for address in deciding for index in self._steps_by_entity.get(address, ()) if made(index)
        )
        return _replay_steps(entities, (self._steps[index] for index in indices))

    def _find_deciding_entities(self, principal: Address) -> set[Address]:
        """Return a user or role, its groups, and the policies of this account that it can have, also as a boundary."""
        sides = self._before, self._after
        groups = {group for side in sides for group in getattr(side.get(principal), "groups", ())}
        holders = (side.get(address) for side in sides for address in (principal, *groups))
        held = (policy for holder in holders for policy in list_held_policies(holder))
        return {principal, *groups, *own_policies_of(held, self._context.baseline.account)}

    def _collect_rights(self, principal: Address, entities: Mapping[Address, Entity]) -> _Rights:
        entity = entities.get(principal)
        sources: dict[GrantSource, Statements] = {
            (policy.holder, policy.hold, policy.name): (
                policy.document.statements
                if policy.document
                else self._context.statements_of_policy(policy.name, entities.get)
            )
            for policy in walk_held_policies(entity, entities.get)
            if policy.hold is not Hold.BOUNDARY
        }
        arns = (boundary_of(side.get(principal)) for side in (self._before, self._after))
        boundaries = {arn: self._context.statements_of_policy(arn, entities.get) for arn in arns if arn}
        return _Rights(sources, boundaries, boundary_of(entity))


def _is_always_allowed(part: Statement, begins: _Rights, ends: _Rights) -> bool:
    """Return whether the same document or link allows `part` at both moments, and so all the time between."""
    alone = frozenset([part])
    every = [*begins.sources.values(), *ends.sources.values(), *_boundary_statements(begins, ends)]
    return (
        any(
            is_surely_covered(part, statements, "Allow")
            and is_surely_covered(part, ends.sources.get(source, NO_STATEMENTS), "Allow")
            for source, statements in begins.sources.items()
        )
        and not any(statements_overlap(alone, statements - allows_of(statements)) for statements in every)
        and all(is_surely_covered(part, boundary, "Allow") for boundary in _boundary_statements(begins, ends))
    )


def _is_always_denied(part: Statement, begins: _Rights, ends: _Rights) -> bool:
    """Return whether `part` is allowed at no moment between the two."""
    alone = frozenset([part])
    boundaries = _boundary_statements(begins, ends)
    bounded = None not in (begins.boundary, ends.boundary)
    return (
        not any(
            statements_overlap(alone, allows_of(statements))
            for statements in (*begins.sources.values(), *ends.sources.values())
        )
        or any(
            is_surely_covered(part, statements, "Deny")
            and is_surely_covered(part, ends.sources.get(source, NO_STATEMENTS), "Deny")
            for source, statements in begins.sources.items()
        )
        or (
            bounded
            and all(
                not statements_overlap(alone, allows_of(boundary)) or is_surely_covered(part, boundary, "Deny")
                for boundary in boundaries
            )
        )
    )


def _boundary_statements(begins: _Rights, ends: _Rights) -> list[Statements]:
    """Return the statements of the boundaries of two moments, at both: one may be edited, and replaced, between."""
    arns = {begins.boundary, ends.boundary} - {None}
    return [rights.boundaries[arn] for rights in (begins, ends) for arn in arns if arn]


def _replay_steps(entities: dict[Address, Entity], steps: Iterable[Step]) -> Mapping[Address, Entity]:
    """Return the entities once the calls are made, in this order."""
    for step in steps:
        effect = step.effect
        entity = effect.apply(entities.get(effect.target))
        if entity is None:
            entities.pop(effect.target, None)
        elif effect.target in entities or isinstance(effect, Create):
            entities[effect.target] = entity
    return entities
