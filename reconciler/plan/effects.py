"""What each call of a plan does to what each user and role may do: the ground for the order of calls.

A call reaches a principal by its own documents and links, by those of its groups, and by the content of policies
that it holds or is bounded by. A statement is looked at as a whole: whether another one stands in for it, or may
speak of the same request, is all that is asked of it (`policy/overlap.py`), so nothing here needs a request.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from reconciler.kinds.planning import Planning
from reconciler.model.address import Address
from reconciler.model.document import Statement
from reconciler.model.entity import Entity, Group, Role, User
from reconciler.model.plan import Step
from reconciler.policy.grants import NOTHING, Statements, uncovered
from reconciler.policy.overlap import meet

Holder = User | Group | Role
Entities = Mapping[Address, Entity]

ANYTHING = frozenset([Statement("Deny", actions=frozenset("*"), resources=frozenset("*"))])
"""What a boundary holds back where there was none."""

_NOUNS = ("User", "Group", "Role")


@dataclass(frozen=True, slots=True)
class Effect:
    """What the call with this index does for one principal: Allows given and taken, Denies added and lifted.

    A boundary is told as what it holds back (`denies`) and lets go (`lifts`), by the Allows that it is about.
    """

    index: int
    gives: Statements = NOTHING
    takes: Statements = NOTHING
    denies: Statements = NOTHING
    lifts: Statements = NOTHING


@dataclass(frozen=True, slots=True)
class Link:
    """A call that attaches a policy (by ARN) or joins a group, or undoes that."""

    index: int
    held: Address | str
    on: bool


@dataclass(frozen=True, slots=True)
class Swap:
    """A call that puts, replaces or removes a boundary."""

    index: int
    old: str | None
    new: str | None


class Effects:
    """The calls of one plan by what they touch. `before` and `after`: the whole account at both ends."""

    def __init__(self, steps: Sequence[Step], before: Entities, after: Entities, planning: Planning) -> None:
        self.steps, self.before, self.after, self._planning = steps, before, after, planning
        self.inline: defaultdict[Address, list[Effect]] = defaultdict(list)
        self.content: defaultdict[str, list[Effect]] = defaultdict(list)
        self.links: defaultdict[Address, list[Link]] = defaultdict(list)
        self.swaps: dict[Address, Swap] = {}
        self._said: dict[tuple[str, bool], Statements] = {}
        self._held: dict[tuple[Address, bool], Statements] = {}
        self._of_group: dict[Address, list[Effect]] = {}
        for index, step in enumerate(steps):
            self._sort(index, step)

    def _sort(self, index: int, step: Step) -> None:
        name, given = step.call.operation, step.call.parameters
        noun = next((noun for noun in _NOUNS if f"{noun}Name" in given), "-")
        if name == "CreatePolicyVersion":
            self.content[str(given["PolicyArn"])].append(_of(index, step))
        elif name in ("AddUserToGroup", "RemoveUserFromGroup"):
            group, user = Address("group", str(given["GroupName"])), Address("user", str(given["UserName"]))
            self.links[user].append(Link(index, group, name.startswith("Add")))
        elif name in (f"Put{noun}PermissionsBoundary", f"Delete{noun}PermissionsBoundary"):
            holder = Address(noun.lower(), str(given[f"{noun}Name"]))
            old, new = (getattr(side.get(holder), "permissions_boundary", None) for side in (self.before, self.after))
            self.swaps[holder] = Swap(index, old, new)
        elif name in (f"Put{noun}Policy", f"Delete{noun}Policy"):
            self.inline[Address(noun.lower(), str(given[f"{noun}Name"]))].append(_of(index, step))
        elif name in (f"Attach{noun}Policy", f"Detach{noun}Policy"):
            holder = Address(noun.lower(), str(given[f"{noun}Name"]))
            self.links[holder].append(Link(index, str(given["PolicyArn"]), name.startswith("Attach")))

    # What documents say

    def side(self, new: bool) -> Entities:
        return self.after if new else self.before

    def said(self, held: Address | str, new: bool) -> Statements:
        """All statements that a policy or a group brings, at one end."""
        key = (str(held), new)
        if key not in self._said:
            planning, side = self._planning, self.side(new)
            if isinstance(held, Address):
                self._said[key] = planning.group_statements(held, side.get)
            else:
                self._said[key] = planning.policy_statements(held, side.get)
        return self._said[key]

    def held(self, holder: Address, new: bool) -> Statements:
        """All statements that a user, group or role has at one end."""
        if (holder, new) not in self._held:
            self._held[holder, new] = self._all_of(self.side(new).get(holder), new)
        return self._held[holder, new]

    def _all_of(self, entity: Entity | None, new: bool) -> Statements:
        if not isinstance(entity, Holder):
            return NOTHING
        links = (*entity.policies, *getattr(entity, "groups", ()))
        inline = (document.statements for document in entity.inline_policies.values())
        return NOTHING.union(*inline, *(self.said(held, new) for held in links))

    def beyond(self, holder: Address, some: Statements, *, new: bool) -> Statements:
        """The statements among some that nothing stands in for which the holder has at one end.

        All of them where a boundary changes, and those Allows that a Deny of that end speaks of, too: what the holder
        had may have been held back then.
        """
        if not some or holder in self._refenced:
            return some
        held = self.held(holder, new)
        denies = held - allows(held)
        return uncovered(some, held) | {one for one in allows(some) if denies and meet(frozenset([one]), denies)}

    @cached_property
    def _refenced(self) -> frozenset[Address]:
        """The users and roles whose boundary the plan replaces or edits, and their groups."""
        found = {*self.swaps, *filter(self._bounded, {*self.before, *self.after})} if self.content else {*self.swaps}
        users = (side.get(one) for one in found for side in (self.before, self.after))
        return frozenset(found).union(*(one.groups for one in users if isinstance(one, User)))

    # Who is touched

    @cached_property
    def principals(self) -> tuple[Address, ...]:
        """The users and roles that a call reaches, directly or not. A new user has no credentials: nobody is it yet."""
        policies = set(self.content)
        groups = {
            address
            for address in {*self.before, *self.after}
            if address.kind == "group" and (self._named(address) or self._holds(address, policies))
        }
        return tuple(
            sorted(
                address
                for address in {*self.before, *self.after}
                if (address.kind == "role" or (address.kind == "user" and address in self.before))
                and (self._named(address) or self._holds(address, policies | groups) or self._bounded(address))
            )
        )

    def _named(self, address: Address) -> bool:
        return address in self.links or address in self.inline or address in self.swaps

    def _holds(self, address: Address, changed: Iterable[Address | str]) -> bool:
        return bool(changed) and not self._links_of(address).isdisjoint(changed)

    def _links_of(self, address: Address) -> frozenset[Address | str]:
        found: frozenset[Address | str] = frozenset()
        for entity in (self.before.get(address), self.after.get(address)):
            if isinstance(entity, Holder):
                found = found.union(entity.policies, getattr(entity, "groups", ()))
        return found

    def _bounded(self, address: Address) -> bool:
        entities = (self.before.get(address), self.after.get(address))
        return any(getattr(entity, "permissions_boundary", None) in self.content for entity in entities if entity)

    def reached(self, holder: Address) -> tuple[Address, ...]:
        """The users and roles that a link of a user, group or role is for: of a group, who is in it at either end."""
        if holder.kind == "group":
            return self._members.get(holder, ())
        return () if holder.kind == "user" and holder not in self.before else (holder,)

    @cached_property
    def _members(self) -> Mapping[Address, tuple[Address, ...]]:
        found: defaultdict[Address, set[Address]] = defaultdict(set)
        for address, user in (*self.before.items(), *self.after.items()):
            if isinstance(user, User) and address in self.before:
                for group in user.groups:
                    found[group].add(address)
        return {group: tuple(sorted(users)) for group, users in found.items()}

    # What they are touched by

    def of(self, principal: Address) -> list[Effect]:
        """All that the plan does to what a user or role may do."""
        found = [*self._through(principal, True, True), *self._fences(principal)]
        for group in self._links_of(principal):
            if isinstance(group, Address):
                was, will = (group in getattr(side.get(principal), "groups", ()) for side in (self.before, self.after))
                found += self._through(group, was, will)
        return [effect for effect in found if effect.gives or effect.takes or effect.denies or effect.lifts]

    def _through(self, holder: Address, was: bool, will: bool) -> Iterator[Effect]:
        """What the calls about one holder do to whom it reaches at the old end (`was`), at the new one (`will`)."""
        for effect in self.inline.get(holder, ()):
            yield _limited(effect, was, will)
        for link in self.links.get(holder, ()):
            said = self.said(link.held, link.on)
            if link.on and will:
                yield Effect(link.index, gives=allows(said), denies=said - allows(said))
            elif was and not link.on:
                yield Effect(link.index, takes=allows(said), lifts=said - allows(said))
        for arn in self._links_of(holder) if self.content else ():
            for effect in self.content.get(str(arn), ()):
                had, has = (arn in getattr(side.get(holder), "policies", ()) for side in (self.before, self.after))
                yield _limited(effect, was and had, will and has)

    def _fences(self, principal: Address) -> Iterator[Effect]:
        swap = self.swaps.get(principal)
        old, new = (getattr(side.get(principal), "permissions_boundary", None) for side in (self.before, self.after))
        if swap:
            yield Effect(
                swap.index, denies=self._beyond(old, False, new, True), lifts=self._beyond(new, True, old, False)
            )
        for arn in {old, new} - {None} if self.content else ():
            for effect in self.content.get(str(arn), ()):
                inner = Effect(effect.index, denies=effect.takes | effect.denies, lifts=effect.gives | effect.lifts)
                yield _limited(inner, arn == old, arn == new)

    def _beyond(self, this: str | None, new: bool, other: str | None, other_new: bool) -> Statements:
        """What one boundary lets through and the other does not; ANYTHING where there is no boundary."""
        if other is None:
            return NOTHING
        if this is None:
            return ANYTHING
        ours, theirs = self.said(this, new), self.said(other, other_new)
        return uncovered(allows(ours), theirs) | (theirs - ours - allows(theirs))

    def under(self, link: Link) -> list[Effect]:
        """What the plan does to the content of what a link is about."""
        if not isinstance(link.held, Address):
            return self.content.get(link.held, [])
        if link.held not in self._of_group:
            self._of_group[link.held] = list(self._through(link.held, True, True))
        return self._of_group[link.held]


def _of(index: int, step: Step) -> Effect:
    return Effect(index, step.gives, step.takes, step.denies, step.lifts)


def _limited(effect: Effect, was: bool, will: bool) -> Effect:
    """An edit gives and denies to whom it reaches at the new end; it takes and lifts from those of the old one."""
    if was and will:
        return effect
    if will:
        return replace(effect, takes=NOTHING, lifts=NOTHING)
    return replace(effect, gives=NOTHING, denies=NOTHING) if was else Effect(effect.index)


def allows(statements: Statements) -> Statements:
    return frozenset(one for one in statements if one.effect == "Allow")
