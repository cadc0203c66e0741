"""Find out what each step of a plan gives to and takes from each user and role. The order of the steps depends on it.

A step reaches a principal through the principal's own documents and links, through those of its groups, and through the
content of its policies and its boundary.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from reconciler.kinds.plan_context import PlanContext
from reconciler.model.account_caches import cache_for_account
from reconciler.model.address import Address
from reconciler.model.document import Statement
from reconciler.model.effects import (
    NO_STATEMENTS,
    Link,
    PermissionDelta,
    SetBoundary,
    Statements,
    Unlink,
    WriteDocument,
)
from reconciler.model.entity import Entity, User
from reconciler.model.held_policies import Holder, boundary_of
from reconciler.model.plan import Step
from reconciler.policy.overlap import statements_overlap
from reconciler.policy.permission_delta import find_uncovered, split_statements

Entities = Mapping[Address, Entity]

ANYTHING = frozenset([Statement("Deny", actions=frozenset("*"), resources=frozenset("*"))])
"""The statements that a boundary holds back if there was none before: everything."""


@dataclass(frozen=True, slots=True)
class PrincipalEffect:
    """The effect of one call on the permissions of one principal. index: of the step.

    For a boundary, `delta` denies what it holds back, and lifts what it lets through.
    """

    index: int
    delta: PermissionDelta


LinkStep = tuple[int, Link | Unlink]
"""A step (index) that attaches or detaches a policy, or joins or leaves a group, with its effect."""


class PlanEffects:
    """The steps of one plan, by the entities that they touch.

    before, after: the entities of the whole account before and after the plan. inline: the edits of inline policies, by
    holder. content: the edits of managed policies, by ARN. links, boundaries: the steps that change them, by holder.
    """

    def __init__(self, steps: Sequence[Step], before: Entities, after: Entities, context: PlanContext) -> None:
        self.steps, self.before, self.after, self._context = steps, before, after, context
        self.inline: defaultdict[Address, list[PrincipalEffect]] = defaultdict(list)
        self.content: defaultdict[str, list[PrincipalEffect]] = defaultdict(list)
        self.links: defaultdict[Address, list[LinkStep]] = defaultdict(list)
        self.boundaries: dict[Address, tuple[int, SetBoundary]] = {}
        self._holder_statements: dict[tuple[Address, bool], Statements] = {}
        self._constant_statements: dict[Address, Statements] = {}
        self._link_deltas: dict[tuple[Address | str, bool], PermissionDelta] = {}
        self._group_effects: dict[Address, list[PrincipalEffect]] = {}
        for index, step in enumerate(steps):
            self._record_step(index, step)

    def _record_step(self, index: int, step: Step) -> None:
        effect = step.effect
        match effect:
            case WriteDocument() if effect.target.kind == "policy":
                self.content[self._context.arn_of(effect.target)].append(PrincipalEffect(index, effect.delta))
            case WriteDocument() if not effect.is_trust:
                self.inline[effect.target].append(PrincipalEffect(index, effect.delta))
            case SetBoundary():
                self.boundaries[effect.target] = index, effect
            case Link() | Unlink() if effect.target.kind in ("user", "group", "role"):
                self.links[effect.target].append((index, effect))

    def entities_at(self, new: bool) -> Entities:
        return self.after if new else self.before

    def statements_from(self, held: Address | str, new: bool) -> Statements:
        """Return all statements that a policy or a group gives its holders, before the plan or after it (`new`)."""
        if isinstance(held, Address):
            return self.statements_of(held, new)
        return self._context.statements_of_policy(held, self.entities_at(new).get)

    def statements_of(self, holder: Address, new: bool) -> Statements:
        """Return all statements that a user, group or role has, before the plan or after it (`new`)."""
        if (holder, new) not in self._holder_statements:
            self._holder_statements[holder, new] = self._collect_statements(self.entities_at(new).get(holder), new)
        return self._holder_statements[holder, new]

    def _collect_statements(self, entity: Entity | None, new: bool) -> Statements:
        if not isinstance(entity, Holder):
            return NO_STATEMENTS
        links = (*entity.policies, *getattr(entity, "groups", ()))
        inline = (document.statements for document in entity.inline_policies.values())
        return NO_STATEMENTS.union(*inline, *(self.statements_from(held, new) for held in links))

    def constant_statements_of(self, principal: Address) -> Statements:
        """Return the statements, split by action and resource, that no call takes from a user or role."""
        if principal not in self._constant_statements:
            takes = NO_STATEMENTS.union(*(effect.delta.takes for effect in self.effects_on(principal)))
            before = self.statements_of(principal, False)
            self._constant_statements[principal] = split_statements(before) - split_statements(takes)
        return self._constant_statements[principal]

    def find_uncovered(self, holder: Address, some: Statements, *, new: bool) -> Statements:
        """Return those of `some` that no statement of the holder covers, before the plan or after it (`new`).

        If the holder's boundary changes, none counts as covered. An Allow that overlaps with a Deny of the holder does
        not count as covered either: the Deny may have held it back.
        """
        if not some or holder in self._changed_boundary_holders:
            return some
        held = self.statements_of(holder, new)
        denies = held - allows_of(held)
        return find_uncovered(some, held) | {
            one for one in allows_of(some) if denies and statements_overlap(frozenset([one]), denies)
        }

    @cached_property
    def _changed_boundary_holders(self) -> frozenset[Address]:
        """The users and roles whose boundary the plan replaces or edits, and their groups."""
        entities = {*self.before, *self.after} if self.content else ()
        holders = {*self.boundaries, *filter(self._has_edited_boundary, entities)}
        versions = (side.get(one) for one in holders for side in (self.before, self.after))
        return frozenset(holders).union(*(one.groups for one in versions if isinstance(one, User)))

    @cached_property
    def principals(self) -> tuple[Address, ...]:
        """The users and roles that a call reaches, directly or not, and as which somebody can act during the apply."""
        addresses = {*self.before, *self.after}
        changed: set[Address | str] = {*self.links, *self.inline, *self.boundaries, *self.content}
        if self.content:
            changed |= {
                address
                for address in addresses
                if self._has_edited_boundary(address) or not changed.isdisjoint(self._links_of(address))
            }
        return tuple(
            sorted(
                address
                for address in addresses
                if self._can_be_used(address)
                and (address in changed or not changed.isdisjoint(self._links_of(address)))
            )
        )

    def _can_be_used(self, address: Address) -> bool:
        """Return whether somebody can act as a user or role while the plan runs.

        A new user has no credentials yet, and a role that is created closed lets nobody in.
        """
        if address.kind == "user":
            return address in self.before
        return address.kind == "role" and address not in self._context.cyclic_roles

    def _links_of(self, address: Address) -> frozenset[Address | str]:
        links: frozenset[Address | str] = frozenset()
        for entity in (self.before.get(address), self.after.get(address)):
            if isinstance(entity, Holder):
                links = links.union(entity.policies, getattr(entity, "groups", ()))
        return links

    def _has_edited_boundary(self, address: Address) -> bool:
        entities = (self.before.get(address), self.after.get(address))
        return any(boundary_of(entity) in self.content for entity in entities)

    def find_reached_principals(self, holder: Address) -> tuple[Address, ...]:
        """Return the users and roles that a holder's link affects: a group's members before or after the plan."""
        if holder.kind == "group":
            return self._members.get(holder, ())
        return (holder,) if self._can_be_used(holder) else ()

    @cached_property
    def _members(self) -> Mapping[Address, tuple[Address, ...]]:
        members: defaultdict[Address, set[Address]] = defaultdict(set)
        for address, user in (*self.before.items(), *self.after.items()):
            if isinstance(user, User) and address in self.before:
                for group in user.groups:
                    members[group].add(address)
        return {group: tuple(sorted(users)) for group, users in members.items()}

    def effects_on(self, principal: Address) -> list[PrincipalEffect]:
        """Return all effects of the plan on a user or role."""
        effects = [*self._effects_through(principal, True, True), *self._boundary_effects(principal)]
        old, new = (
            entity.groups if isinstance(entity := side.get(principal), User) else frozenset[Address]()
            for side in (self.before, self.after)
        )
        for group in old | new:
            effects += self._effects_through(group, group in old, group in new)
        return [effect for effect in effects if effect.delta]

    def find_steps_about(self, role: Address) -> set[int]:
        """Return the steps that change a role's permissions, or the content of a policy that it has or gets.

        An edit that only takes something from those who have the policy already is among them.
        """
        effects = (*self._effects_through(role, True, True), *self._boundary_effects(role))
        return {effect.index for effect in effects}

    def _effects_through(self, holder: Address, reached_before: bool, reached_after: bool) -> Iterator[PrincipalEffect]:
        """Yield the effects that the calls about a holder, such as a group, have on one principal.

        reached_before, reached_after: the holder's permissions count for the principal before and after the plan.
        """
        for effect in self.inline.get(holder, ()):
            yield _limit_effect(effect, reached_before, reached_after)
        for index, link in self.links.get(holder, ()):
            if reached_after if isinstance(link, Link) else reached_before:
                yield PrincipalEffect(index, self._delta_of(link))
        for arn in self._links_of(holder) if self.content else ():
            for effect in self.content.get(str(arn), ()):
                had, has = (arn in getattr(side.get(holder), "policies", ()) for side in (self.before, self.after))
                yield _limit_effect(effect, reached_before and had, reached_after and has)

    def _delta_of(self, link: Link | Unlink) -> PermissionDelta:
        """Return what a link gives to its holder, or takes from it. Many holders link to the same policies."""
        joins = isinstance(link, Link)
        if (link.held, joins) not in self._link_deltas:
            statements = self.statements_from(link.held, joins)
            allows, denies = allows_of(statements), statements - allows_of(statements)
            self._link_deltas[link.held, joins] = (
                PermissionDelta(gives=allows, denies=denies) if joins else PermissionDelta(takes=allows, lifts=denies)
            )
        return self._link_deltas[link.held, joins]

    def _boundary_effects(self, principal: Address) -> Iterator[PrincipalEffect]:
        old, new = (boundary_of(side.get(principal)) for side in (self.before, self.after))
        if principal in self.boundaries:
            denies = self._compare_boundaries(old, False, new, True)
            lifts = self._compare_boundaries(new, True, old, False)
            yield PrincipalEffect(self.boundaries[principal][0], PermissionDelta(denies=denies, lifts=lifts))
        for arn in {old, new} - {None} if self.content else ():
            for effect in self.content.get(str(arn), ()):
                content = effect.delta
                delta = PermissionDelta(denies=content.takes | content.denies, lifts=content.gives | content.lifts)
                yield _limit_effect(PrincipalEffect(effect.index, delta), arn == old, arn == new)

    def _compare_boundaries(
        self, boundary: str | None, new: bool, other_boundary: str | None, other_new: bool
    ) -> Statements:
        """Return the statements that one boundary lets through and the other does not, with the Denies of the other.

        None as a boundary lets everything through.
        """
        if other_boundary is None:
            return NO_STATEMENTS
        if boundary is None:
            return ANYTHING
        ours, theirs = self.statements_from(boundary, new), self.statements_from(other_boundary, other_new)
        return find_uncovered(allows_of(ours), theirs) | (theirs - ours - allows_of(theirs))

    def effects_on_content(self, link: Link | Unlink) -> list[PrincipalEffect]:
        """Return the effects of the plan on the content of the policy or group that a link is about."""
        if not isinstance(link.held, Address):
            return self.content.get(link.held, [])
        if link.held not in self._group_effects:
            self._group_effects[link.held] = list(self._effects_through(link.held, True, True))
        return self._group_effects[link.held]


def _limit_effect(effect: PrincipalEffect, reached_before: bool, reached_after: bool) -> PrincipalEffect:
    """Limit an edit to the ends of the plan at which it reaches a principal.

    It takes and lifts only if it reaches the principal before the plan; it gives and denies only if it does after it.
    """
    delta = effect.delta
    if not reached_before:
        delta = replace(delta, takes=NO_STATEMENTS, lifts=NO_STATEMENTS)
    if not reached_after:
        delta = replace(delta, gives=NO_STATEMENTS, denies=NO_STATEMENTS)
    return effect if reached_before and reached_after else PrincipalEffect(effect.index, delta)


@cache_for_account(maxsize=16384)
def allows_of(statements: Statements) -> Statements:
    return frozenset(one for one in statements if one.effect == "Allow")
