"""Find the role chains that a plan closes: it is a lockout if one worked before and none works after.

A chain begins at a user who can sign in, at an identity provider or at another account, and goes through any number of
roles (`assume_graph.py`). It still works after the plan under two conditions. Every edge is allowed on conditions no
stricter than those of an edge before (`strictness.py`). And its first caller is unchanged: the user can sign in
(`sign_in.py`), or the provider accepts the same callers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from reconciler.access import VerdictReason, evaluate_trust
from reconciler.access.role_assumption import AssumeEvaluation
from reconciler.access.trust_entrances import find_trusted_providers
from reconciler.model.address import Address
from reconciler.model.entity import Role
from reconciler.model.live import State
from reconciler.plan.access.assume_words import describe_dependency, shorten_policy
from reconciler.plan.compare.diff import Difference
from reconciler.plan.guards.assume_graph import (
    AssumeEdge,
    AssumeGraph,
    AuthMethod,
    EntryChain,
    EntryPoint,
    rename_entry_point,
)
from reconciler.plan.guards.sign_in import SignIn
from reconciler.plan.guards.strictness import is_no_stricter


@dataclass(frozen=True, slots=True)
class ClosedChain:
    """A chain that worked before the plan and does not after it.

    via_roles: the roles between the first caller and the last role. reason: why it closes, in words.
    """

    entry_point: EntryPoint
    via_roles: tuple[Address, ...]
    reason: str


@dataclass(frozen=True)
class GuardedChains:
    """The chains into guarded roles, before and after a plan.

    live: the account as it is. baseline: the account after the plan's renames. planned: the account after the plan.
    predecessors: the entities that the plan renames or replaces, new address → old.
    now: the time of the plan; None to ignore conditions on the time.
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
        """Return the means by which users sign in, by the names after the plan's renames."""
        return SignIn(self.baseline, self.differences)

    @cached_property
    def _graph_before(self) -> AssumeGraph:
        return AssumeGraph(self.live, (self._old_address_of(role) for role in self.roles), self.now)

    @cached_property
    def _graph_after(self) -> AssumeGraph:
        return AssumeGraph(self.planned, self.roles, self.now, self._graph_before.external_principals)

    def find_chains_before(self, role: Address) -> list[EntryChain]:
        """Return the chains that worked, or may have worked, before the plan; users have their new names."""
        return [way for ways in self._chains_before[role].values() for way in ways]

    def find_closed_chains(self, role: Address) -> list[ClosedChain]:
        """Return the chains that worked before and do not after, even if others are left."""
        return self._closed_chains[role]

    def is_surely_open(self, role: Address) -> bool:
        """Return whether a chain surely works after the plan."""
        return any(self._works_surely(role, way) for ways in self._chains_after[role].values() for way in ways)

    def find_uncertain_users(self, role: Address) -> list[Address]:
        """Return the users whose unknown means to sign in decide if the role stays open, the likeliest first."""
        if not self.find_closed_chains(role) or self.is_surely_open(role):
            return []
        users = (start.user for start in (*self._chains_after[role], *self._chains_before[role]))
        entities = self.baseline.entities
        return [user for user in dict.fromkeys(users) if user and user in entities and self.sign_in.needs_lookup(user)]

    @cached_property
    def _chains_before(self) -> dict[Address, dict[EntryPoint, list[EntryChain]]]:
        names = {old: new for new, old in self.predecessors.items()}
        chains: dict[Address, dict[EntryPoint, list[EntryChain]]] = {}
        for role in self.roles:
            renamed = (_rename_chain(way, names) for way in self._graph_before.find_chains(self._old_address_of(role)))
            began = (way for way in renamed if self._may_have_started(way))
            chains[role] = _group_by_entry_point(
                sorted(began, key=lambda way: (way.entry_point.label, way.auth_method.name))
            )
        return chains

    @cached_property
    def _chains_after(self) -> dict[Address, dict[EntryPoint, list[EntryChain]]]:
        """Return the chains of each role after the plan, even if their first caller cannot sign in."""
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

    def _may_have_started(self, way: EntryChain) -> bool:
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
        """Return the cache of `_is_usable`."""
        return {}

    def _was_met_before(self, hop: AssumeEdge) -> bool:
        """Return whether an edge before the plan was no less strict; of the same principal, if it had one."""
        matching_edges = [one for one in self._graph_before.edges if one.shares_ends(hop)]
        return any(
            is_no_stricter(one.question, hop.question, self.now) for one in matching_edges or self._graph_before.edges
        )

    def _explain_closed(self, start: EntryPoint, before: list[EntryChain], after: list[EntryChain]) -> str:
        user = start.user
        if user is not None and user not in self.planned.entities:
            return "the plan deletes it"
        if start.provider is not None and (why := self._explain_provider_loss(start.provider, before[0].roles[0])):
            return why
        if not after:
            return self._explain_refusal(start, before[0])
        return "" if user is None else self._explain_sign_in_loss(user, before, after)

    def _explain_sign_in_loss(self, user: Address, before: list[EntryChain], after: list[EntryChain]) -> str:
        """Return why a user with an open chain cannot sign in any more; "" if it can, or never surely could."""
        proofs = {way.auth_method for way in after}
        if any(self.sign_in.works_after(user, proof) is True for proof in proofs):
            return ""
        if loss := self.sign_in.explain_password_loss(user):
            return f"{loss}, and it {self.sign_in.describe_missing_key(user)}"
        if AuthMethod.MFA in proofs and self.sign_in.has_device(user) is True:
            return ""  # a key or password was not known before the plan either
        if all(way.auth_method in proofs for way in before):
            return ""
        return f"afterwards it needs {' or '.join(sorted(proof.value for proof in proofs))}, and has none"

    def _explain_provider_loss(self, provider: Address, entered: Address) -> str:
        """Return why callers of a provider can no longer assume a role; "" if the plan does not change that."""
        before, after = self.baseline.entities.get(provider), self.planned.entities.get(provider)
        if before is None or before == after:
            return ""
        if after is None:
            return "the plan deletes it"
        role = self.baseline.entities.get(entered)
        trust = role.trust_policy if isinstance(role, Role) else None
        statements = find_trusted_providers(trust, self.baseline.account).get(provider, ()) if trust else ()
        return next((why for one in statements if (why := before.revokes_access(after, one))), "")

    def _explain_refusal(self, start: EntryPoint, way: EntryChain) -> str:
        """Return the reason at the first edge of a chain that is missing after the plan, or is stricter."""
        hops = self._graph_after.edges
        caller: EntryPoint | Address = start
        for role in way.roles:
            edges = [
                hop
                for hop in hops
                if role in hop.target_roles and (caller in hop.entry_points or caller in hop.source_roles)
            ]
            if not any(map(self._is_usable, edges)):
                name = caller.label if isinstance(caller, EntryPoint) else str(caller)
                if role not in self.planned.entities:
                    return f"the plan deletes {role}"
                facts = sorted({describe_dependency(key) for hop in edges for key in hop.verdict.keys})
                if facts:
                    return f"whether {name} may still assume {role} depends on {', '.join(facts)}"
                evaluation = self._graph_after.evaluate_edge(caller, role, way.auth_method)
                return _describe_denying_side(evaluation, name, role)
            caller = role
        return "no chain of roles is left"

    def _works_surely(self, role: Address, way: EntryChain) -> bool:
        """Return whether a chain surely works; an external principal counts only if it had a chain before the plan."""
        user = way.entry_point.user
        if user is None:
            provider = way.entry_point.provider
            is_shut = provider is not None and bool(self._explain_provider_loss(provider, way.roles[0]))
            return way.entry_point in self._chains_before[role] and not is_shut
        return self.sign_in.works_after(user, way.auth_method) is True


def _describe_denying_side(evaluation: AssumeEvaluation | None, caller: str, role: Address) -> str:
    """Say which side refuses a role: a Deny, the caller's own policies, or else the role's trust policy."""
    if evaluation is None or not evaluation.verdict.denied or evaluation.trust.deny.truth.value:
        return f"{role} refuses {caller}"
    verdict = evaluation.verdict
    if verdict.reason is VerdictReason.EXPLICIT:
        denying = sorted({shorten_policy(source.label) for source in verdict.deciding_statements})
        return f"a Deny of {' and '.join(denying)} keeps {caller} out of {role}"
    if evaluate_trust(evaluation).denied:
        return f"{role} refuses {caller}"
    return f"{caller} may not assume {role}: {verdict.reason}"


def _rename_chain(way: EntryChain, names: Mapping[Address, Address]) -> EntryChain:
    return EntryChain(
        rename_entry_point(way.entry_point, names), tuple(names.get(role, role) for role in way.roles), way.auth_method
    )


def _group_by_entry_point(ways: Iterable[EntryChain]) -> dict[EntryPoint, list[EntryChain]]:
    groups: dict[EntryPoint, list[EntryChain]] = {}
    for way in ways:
        groups.setdefault(way.entry_point, []).append(way)
    return groups
