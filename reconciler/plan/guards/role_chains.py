"""Ways into a role that a plan closes: a lockout if one worked before and none works after.

A way begins at a user who can sign in, or at an identity provider or another account, and goes over any number of
roles (`entrances.py`). It still works afterwards if every hop of it is allowed on terms that are no stricter than those
of a hop before (`stricter.py`), and if its begin still stands: the user can sign in (`sign_in.py`), and the provider
vouches for as many.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from reconciler.access.trust_entrances import find_trusted_providers
from reconciler.model.address import Address
from reconciler.model.entity import Role
from reconciler.model.live import State
from reconciler.plan.compare.diff import Difference
from reconciler.plan.guards.assume_graph import (
    AssumeEdge,
    AssumeGraph,
    AuthMethod,
    EntryPoint,
    RoleChain,
    rename_entry_point,
)
from reconciler.plan.guards.sign_in import SignIn
from reconciler.plan.guards.strictness import is_no_stricter


@dataclass(frozen=True, slots=True)
class ClosedChain:
    """A way that worked before the plan and does not after it. `reason` in words."""

    entry_point: EntryPoint
    via_roles: tuple[Address, ...]
    reason: str


@dataclass(frozen=True)
class RoleChains:
    """The ways into guarded roles on both sides of a plan.

    live: the account as it is. baseline: as it is once the plan's renames are made. planned: after the plan.
    predecessors: new → old of what the plan renames or replaces. now: when the plan is made; None: conditions on the
    time are not judged.
    """

    roles: tuple[Address, ...]
    live: State
    baseline: State
    planned: State
    differences: tuple[Difference, ...]
    predecessors: Mapping[Address, Address]
    now: datetime | None = None

    @cached_property
    def sign_in(self) -> SignIn:
        """Who can sign in, by the names that users have after the plan's renames."""
        return SignIn(self.baseline, self.differences)

    @cached_property
    def _graph_before(self) -> AssumeGraph:
        return AssumeGraph(self.live, (self._old_address_of(role) for role in self.roles), self.now)

    @cached_property
    def _graph_after(self) -> AssumeGraph:
        return AssumeGraph(self.planned, self.roles, self.now, self._graph_before.external_principals)

    def find_chains_before(self, role: Address) -> list[RoleChain]:
        """Return the ways that worked before, or may have: no more is known of them. Starts have their new names."""
        return [way for ways in self._chains_before[role].values() for way in ways]

    def find_closed_chains(self, role: Address) -> list[ClosedChain]:
        """Return the ways that worked before and do not after, whether or not others are left."""
        return self._closed_chains[role]

    def is_surely_open(self, role: Address) -> bool:
        """Return whether a way works after the plan for certain."""
        return any(self._works_surely(role, way) for ways in self._chains_after[role].values() for way in ways)

    def find_uncertain_users(self, role: Address) -> list[Address]:
        """Return the users of whom it counts whether they can sign in, those who still have a way first."""
        if not self.find_closed_chains(role) or self.is_surely_open(role):
            return []
        users = (start.user for start in (*self._chains_after[role], *self._chains_before[role]))
        known = self.baseline.entities
        return [user for user in dict.fromkeys(users) if user and user in known and self.sign_in.needs_lookup(user)]

    @cached_property
    def _chains_before(self) -> dict[Address, dict[EntryPoint, list[RoleChain]]]:
        names = {old: new for new, old in self.predecessors.items()}
        found: dict[Address, dict[EntryPoint, list[RoleChain]]] = {}
        for role in self.roles:
            renamed = (_rename_chain(way, names) for way in self._graph_before.find_chains(self._old_address_of(role)))
            began = (way for way in renamed if self._may_have_started(way))
            found[role] = _group_by_entry_point(
                sorted(began, key=lambda way: (way.entry_point.label, way.auth_method.name))
            )
        return found

    @cached_property
    def _chains_after(self) -> dict[Address, dict[EntryPoint, list[RoleChain]]]:
        """Map each role to its ways after the plan, whether or not anybody can begin them."""
        return {
            role: _group_by_entry_point(self._graph_after.find_chains(role, self._is_usable)) for role in self.roles
        }

    @cached_property
    def _closed_chains(self) -> dict[Address, list[ClosedChain]]:
        return {
            role: [
                ClosedChain(start, ways[0].roles[:-1], why)
                for start, ways in self._chains_before[role].items()
                if (why := self._explain_closed(start, ways, self._chains_after[role].get(start, [])))
            ]
            for role in self.roles
        }

    def _may_have_started(self, way: RoleChain) -> bool:
        return (
            way.entry_point.user is None
            or self.sign_in.worked_before(way.entry_point.user, way.auth_method) is not False
        )

    def _old_address_of(self, address: Address) -> Address:
        return self.predecessors.get(address, address)

    def _is_usable(self, hop: AssumeEdge) -> bool:
        if hop not in self._usable_edges:
            self._usable_edges[hop] = hop.verdict.allowed or self._was_met_before(hop)
        return self._usable_edges[hop]

    @cached_property
    def _usable_edges(self) -> dict[AssumeEdge, bool]:
        """Holds what `_is_usable` has found so far."""
        return {}

    def _was_met_before(self, hop: AssumeEdge) -> bool:
        """Return whether somebody met the terms of this hop before: the same principal, if it had the same hop."""
        same = [one for one in self._graph_before.edges if one.shares_ends(hop)]
        return any(is_no_stricter(one.question, hop.question, self.now) for one in same or self._graph_before.edges)

    def _explain_closed(self, start: EntryPoint, before: list[RoleChain], after: list[RoleChain]) -> str:
        user = start.user
        if user is not None and user not in self.planned.entities:
            return "the plan deletes it"
        if start.provider is not None and (why := self._explain_provider_loss(start.provider, before[0].roles[0])):
            return why
        if not after:
            return self._explain_refusal(start, before[0])
        return "" if user is None else self._explain_sign_in_loss(user, before, after)

    def _explain_sign_in_loss(self, user: Address, before: list[RoleChain], after: list[RoleChain]) -> str:
        """Return why a user whom the hops let in cannot begin any more; "" if it can, or as far as it was known to."""
        proofs = {way.auth_method for way in after}
        if any(self.sign_in.works_after(user, proof) is True for proof in proofs):
            return ""
        if taken := self.sign_in.explain_password_loss(user):
            return f"{taken}, and it {self.sign_in.describe_missing_key(user)}"
        if AuthMethod.MFA in proofs and self.sign_in.has_device(user) is True:
            return ""  # nobody knows of a key or password: neither did they before
        if all(way.auth_method in proofs for way in before):
            return ""
        return f"it needs {' or '.join(sorted(proof.value for proof in proofs))} for that afterwards, and has none"

    def _explain_provider_loss(self, provider: Address, entered: Address) -> str:
        """Return how the plan takes from a provider that by which a role may have been entered; "" if it does not."""
        before, after = self.baseline.entities.get(provider), self.planned.entities.get(provider)
        if before is None or before == after:
            return ""
        if after is None:
            return "the plan deletes it"
        role = self.baseline.entities.get(entered)
        trust = role.trust_policy if isinstance(role, Role) else None
        statements = find_trusted_providers(trust, self.baseline.account).get(provider, ()) if trust else ()
        return next((why for one in statements if (why := before.revokes_access(after, one))), "")

    def _explain_refusal(self, start: EntryPoint, way: RoleChain) -> str:
        """Name the first hop of a way that is not there afterwards, or is on stricter terms."""
        hops = self._graph_after.edges
        who: EntryPoint | Address = start
        for role in way.roles:
            there = [
                hop for hop in hops if role in hop.target_roles and (who in hop.entry_points or who in hop.source_roles)
            ]
            if not any(map(self._is_usable, there)):
                name = who.label if isinstance(who, EntryPoint) else str(who)
                if role not in self.planned.entities:
                    return f"the plan deletes {role}"
                keys = sorted({key for hop in there for key in hop.verdict.keys})
                return f"{name} may assume {role} only if {', '.join(keys)} fits" if keys else f"{role} refuses {name}"
            who = role
        return "no way over roles is left"

    def _works_surely(self, role: Address, way: RoleChain) -> bool:
        """An outsider counts only if it had a way before: of a new one nobody knows whether it is there."""
        user = way.entry_point.user
        if user is None:
            provider = way.entry_point.provider
            is_shut = provider is not None and bool(self._explain_provider_loss(provider, way.roles[0]))
            return way.entry_point in self._chains_before[role] and not is_shut
        return self.sign_in.works_after(user, way.auth_method) is True


def _rename_chain(way: RoleChain, names: Mapping[Address, Address]) -> RoleChain:
    return RoleChain(
        rename_entry_point(way.entry_point, names), tuple(names.get(role, role) for role in way.roles), way.auth_method
    )


def _group_by_entry_point(ways: Iterable[RoleChain]) -> dict[EntryPoint, list[RoleChain]]:
    found: dict[EntryPoint, list[RoleChain]] = {}
    for way in ways:
        found.setdefault(way.entry_point, []).append(way)
    return found
