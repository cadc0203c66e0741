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

from reconciler.model.address import Address
from reconciler.model.entity import Role
from reconciler.model.live import State
from reconciler.plan.diff import Difference
from reconciler.plan.guards.entrances import Entrances, Hop, Proof, Start, Way, renamed_start
from reconciler.plan.guards.sign_in import SignIn
from reconciler.plan.guards.stricter import is_no_stricter
from reconciler.policy.trust import trusted_providers


@dataclass(frozen=True, slots=True)
class ClosedWay:
    """A way that worked before the plan and does not after it. `why` in words."""

    start: Start
    over: tuple[Address, ...]
    why: str


@dataclass(frozen=True)
class WaysIn:
    """The ways into guarded roles on both sides of a plan.

    actual: the account as it is. live: as it is once the plan's renames are made. planned: after the plan.
    renamed: new → old of what the plan renames or replaces. now: when the plan is made; None: conditions on the time
    are not judged.
    """

    roles: tuple[Address, ...]
    actual: State
    live: State
    planned: State
    differences: tuple[Difference, ...]
    renamed: Mapping[Address, Address]
    now: datetime | None = None

    @cached_property
    def sign_in(self) -> SignIn:
        """Who can sign in, by the names that users have after the plan's renames."""
        return SignIn(self.live, self.differences)

    @cached_property
    def _before(self) -> Entrances:
        return Entrances(self.actual, (self._was(role) for role in self.roles), self.now)

    @cached_property
    def _after(self) -> Entrances:
        return Entrances(self.planned, self.roles, self.now, self._before.outsiders)

    def ways_before(self, role: Address) -> list[Way]:
        """Return the ways that worked before, or may have: no more is known of them. Starts have their new names."""
        return [way for ways in self._before_by_start[role].values() for way in ways]

    def closed_ways(self, role: Address) -> list[ClosedWay]:
        """Return the ways that worked before and do not after, whether or not others are left."""
        return self._closed_by_role[role]

    def is_surely_open(self, role: Address) -> bool:
        """Return whether a way works after the plan for certain."""
        return any(self._works_surely(role, way) for ways in self._after_by_start[role].values() for way in ways)

    def users_in_doubt(self, role: Address) -> list[Address]:
        """Return the users of whom it counts whether they can sign in, those who still have a way first."""
        if not self.closed_ways(role) or self.is_surely_open(role):
            return []
        users = (start.user for start in (*self._after_by_start[role], *self._before_by_start[role]))
        known = self.live.entities
        return [user for user in dict.fromkeys(users) if user and user in known and self.sign_in.is_open(user)]

    @cached_property
    def _before_by_start(self) -> dict[Address, dict[Start, list[Way]]]:
        names = {old: new for new, old in self.renamed.items()}
        found: dict[Address, dict[Start, list[Way]]] = {}
        for role in self.roles:
            renamed = (_with_new_names(way, names) for way in self._before.ways(self._was(role)))
            began = (way for way in renamed if self._may_have_begun(way))
            found[role] = _by_start(sorted(began, key=lambda way: (way.start.label, way.proof.name)))
        return found

    @cached_property
    def _after_by_start(self) -> dict[Address, dict[Start, list[Way]]]:
        """Map each role to its ways after the plan, whether or not anybody can begin them."""
        return {role: _by_start(self._after.ways(role, self._is_usable)) for role in self.roles}

    @cached_property
    def _closed_by_role(self) -> dict[Address, list[ClosedWay]]:
        return {
            role: [
                ClosedWay(start, ways[0].roles[:-1], why)
                for start, ways in self._before_by_start[role].items()
                if (why := self._why_closed(start, ways, self._after_by_start[role].get(start, [])))
            ]
            for role in self.roles
        }

    def _may_have_begun(self, way: Way) -> bool:
        return way.start.user is None or self.sign_in.worked_before(way.start.user, way.proof) is not False

    def _was(self, address: Address) -> Address:
        return self.renamed.get(address, address)

    def _is_usable(self, hop: Hop) -> bool:
        if hop not in self._usable:
            self._usable[hop] = hop.verdict.allowed or self._is_known(hop)
        return self._usable[hop]

    @cached_property
    def _usable(self) -> dict[Hop, bool]:
        """Holds what `_is_usable` has found so far."""
        return {}

    def _is_known(self, hop: Hop) -> bool:
        """Return whether somebody met the terms of this hop before: the same principal, if it had the same hop."""
        same = [one for one in self._before.hops if one.shares(hop)]
        return any(is_no_stricter(one.asked, hop.asked, self.now) for one in same or self._before.hops)

    def _why_closed(self, start: Start, before: list[Way], after: list[Way]) -> str:
        user = start.user
        if user is not None and user not in self.planned.entities:
            return "the plan deletes it"
        if start.provider is not None and (why := self._why_shut(start.provider, before[0].roles[0])):
            return why
        if not after:
            return self._why_refused(start, before[0])
        return "" if user is None else self._why_no_sign_in(user, before, after)

    def _why_no_sign_in(self, user: Address, before: list[Way], after: list[Way]) -> str:
        """Return why a user whom the hops let in cannot begin any more; "" if it can, or as far as it was known to."""
        proofs = {way.proof for way in after}
        if any(self.sign_in.works_after(user, proof) is True for proof in proofs):
            return ""
        if taken := self.sign_in.loses_password(user):
            return f"{taken}, and it {self.sign_in.lacks_key(user)}"
        if Proof.MFA in proofs and self.sign_in.has_device(user) is True:
            return ""  # nobody knows of a key or password: neither did they before
        if all(way.proof in proofs for way in before):
            return ""
        return f"it needs {' or '.join(sorted(proof.value for proof in proofs))} for that afterwards, and has none"

    def _why_shut(self, provider: Address, entered: Address) -> str:
        """Return how the plan takes from a provider that by which a role may have been entered; "" if it does not."""
        before, after = self.live.entities.get(provider), self.planned.entities.get(provider)
        if before is None or before == after:
            return ""
        if after is None:
            return "the plan deletes it"
        role = self.live.entities.get(entered)
        trust = role.trust_policy if isinstance(role, Role) else None
        statements = trusted_providers(trust, self.live.account).get(provider, ()) if trust else ()
        return next((why for one in statements if (why := before.shuts_out(after, one))), "")

    def _why_refused(self, start: Start, way: Way) -> str:
        """Name the first hop of a way that is not there afterwards, or is on stricter terms."""
        hops = self._after.hops
        who: Start | Address = start
        for role in way.roles:
            there = [hop for hop in hops if role in hop.roles and (who in hop.starts or who in hop.via)]
            if not any(map(self._is_usable, there)):
                name = who.label if isinstance(who, Start) else str(who)
                if role not in self.planned.entities:
                    return f"the plan deletes {role}"
                keys = sorted({key for hop in there for key in hop.verdict.keys})
                return f"{name} may assume {role} only if {', '.join(keys)} fits" if keys else f"{role} refuses {name}"
            who = role
        return "no way over roles is left"

    def _works_surely(self, role: Address, way: Way) -> bool:
        """An outsider counts only if it had a way before: of a new one nobody knows whether it is there."""
        user = way.start.user
        if user is None:
            provider = way.start.provider
            is_shut = provider is not None and bool(self._why_shut(provider, way.roles[0]))
            return way.start in self._before_by_start[role] and not is_shut
        return self.sign_in.works_after(user, way.proof) is True


def _with_new_names(way: Way, names: Mapping[Address, Address]) -> Way:
    return Way(renamed_start(way.start, names), tuple(names.get(role, role) for role in way.roles), way.proof)


def _by_start(ways: Iterable[Way]) -> dict[Start, list[Way]]:
    found: dict[Start, list[Way]] = {}
    for way in ways:
        found.setdefault(way.start, []).append(way)
    return found
