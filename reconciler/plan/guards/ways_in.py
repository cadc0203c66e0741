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
from reconciler.model.state import State
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

    def worked(self, role: Address) -> list[Way]:
        """Return the ways that worked before, or may have: no more is known of them. Starts have their new names."""
        names = {old: new for new, old in self.renamed.items()}
        found = []
        for way in self._before.ways(self._was(role)):
            start = renamed_start(way.start, names)
            if start.user is None or self.sign_in.before(start.user, way.proof) is not False:
                found.append(Way(start, tuple(names.get(one, one) for one in way.roles), way.proof))
        return sorted(found, key=lambda way: (way.start.label, way.proof.name))

    def closed(self, role: Address) -> list[ClosedWay]:
        """Return the ways that worked before and do not after, whether or not others are left."""
        works: dict[Start, list[Way]] = {}
        for way in self.worked(role):
            works.setdefault(way.start, []).append(way)
        found = []
        for start, ways in works.items():
            why = self._why_closed(role, start, ways)
            if why:
                found.append(ClosedWay(start, ways[0].roles[:-1], why))
        return found

    def surely_open(self, role: Address) -> bool:
        """Return whether a way works after the plan for certain."""
        before = {way.start for way in self.worked(role)}
        return any(self._works_surely(role, way, before) for way in self._ways_after(role))

    def users_in_doubt(self, role: Address) -> list[Address]:
        """Return the users of whom it counts whether they can sign in, those who still have a way first."""
        if not self.closed(role) or self.surely_open(role):
            return []
        after = [way.start.user for way in self._ways_after(role)]
        users = [user for user in (*after, *(way.start.user for way in self.worked(role))) if user is not None]
        known = self.live.entities
        return [user for user in dict.fromkeys(users) if user in known and self.sign_in.is_open(user)]

    def _was(self, address: Address) -> Address:
        return self.renamed.get(address, address)

    def _ways_after(self, role: Address) -> list[Way]:
        return self._after.ways(role, self._is_usable)

    def _is_usable(self, hop: Hop) -> bool:
        return self._usable.setdefault(hop, hop.verdict.allowed or self._is_known(hop))

    @cached_property
    def _usable(self) -> dict[Hop, bool]:
        return {}

    def _is_known(self, hop: Hop) -> bool:
        """Return whether somebody met the terms of this hop before: the same principal, if it had the same hop."""
        if hop in self._usable:
            return self._usable[hop]
        same = [one for one in self._before.hops if one.shares(hop)]
        return any(is_no_stricter(one.asked, hop.asked, self.now) for one in same or self._before.hops)

    def _why_closed(self, role: Address, start: Start, before: list[Way]) -> str:
        after = [way for way in self._ways_after(role) if way.start == start]
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
        if any(self.sign_in.after(user, proof) is True for proof in proofs):
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

    def _works_surely(self, role: Address, way: Way, before: Iterable[Start]) -> bool:
        """An outsider counts only if it had a way before: of a new one nobody knows whether it is there."""
        user = way.start.user
        if user is None:
            provider = way.start.provider
            return way.start in before and not (provider and self._why_shut(provider, way.roles[0]))
        return self.sign_in.after(user, way.proof) is True
