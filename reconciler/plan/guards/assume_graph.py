"""Find who can assume a role, directly or through other roles, before or after a plan.

An edge of the graph says that a principal may assume a role, by its own policies and the role's trust (policy
evaluator). Principals and roles with the same answer share one `AssumeEdge`. The search goes backwards from a role: the
principals that may assume it, then those that may assume the roles among them. It ends at users, at identity providers
and at other accounts. Services are left out, because no person comes in through a service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import partial
from typing import cast

from reconciler.access import (
    NOTHING_KNOWN,
    SESSION_WITHOUT_MFA,
    WITHOUT_MFA,
    Context,
    Principal,
    Target,
    Verdict,
    can_assume,
    evaluate_assumption,
    group_equivalent_pairs,
    make_external_principal,
    make_mfa_context,
    principals_of,
    targets_of,
)
from reconciler.access.role_assumption import ASSUME_ACTIONS, AssumeEvaluation
from reconciler.access.trust_entrances import list_entrances
from reconciler.model.address import Address
from reconciler.model.document import Document, Statement
from reconciler.model.entity import Role
from reconciler.model.live import State
from reconciler.plan.guards.strictness import AccessQuestion, may_be_allowed
from reconciler.policy.trust import entity_of

_EVERYONE = "arn:aws:iam::000000000000:root"
"""Stands for any principal of any account, if a trust lets in everyone."""


class AuthMethod(Enum):
    """The way in which the first caller of a chain proves who it is.

    A console session without MFA carries aws:MultiFactorAuthPresent "false"; a request with an access key lacks the key
    (IAM User Guide, "AWS global condition context keys").
    """

    KEY = "an access key"
    PASSWORD = "a password"
    MFA = "an MFA device"
    NONE = "nothing of this account"


CONTEXT_OF_METHOD = {
    AuthMethod.KEY: WITHOUT_MFA,
    AuthMethod.PASSWORD: SESSION_WITHOUT_MFA,
    AuthMethod.MFA: make_mfa_context(),
}


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """The first caller of a role chain.

    label: the name to show.
    user: a user of this account, or None.
    provider: an identity provider of this account, or None.
    statement: the trust's statement that lets in a caller that is not a user of this account.
    """

    label: str
    user: Address | None = None
    provider: Address | None = None
    statement: Statement | None = None


@dataclass(frozen=True, eq=False, slots=True)
class AssumeEdge:
    """Principals that may assume some roles, all on the same conditions.

    entry_points: the users and external principals among them.
    source_roles: the roles among them, from which the search goes on.
    target_roles: the roles that they may assume.
    auth_method: the way in which the caller proves who it is.
    question: evaluates one of these pairs for a given context.
    verdict: the answer if nothing is known of the request.
    """

    entry_points: frozenset[EntryPoint]
    source_roles: frozenset[Address]
    target_roles: frozenset[Address]
    auth_method: AuthMethod
    question: AccessQuestion
    verdict: Verdict

    def shares_ends(self, other: AssumeEdge) -> bool:
        """Return whether both edges have a target role in common, and a principal of the same name."""
        names = {start.label for start in self.entry_points} & {start.label for start in other.entry_points}
        return bool(self.target_roles & other.target_roles) and bool(names or self.source_roles & other.source_roles)


@dataclass(frozen=True, slots=True)
class EntryChain:
    """The roles that a caller assumes one after the other; the last one is the role that it reaches."""

    entry_point: EntryPoint
    roles: tuple[Address, ...]
    auth_method: AuthMethod


ExternalPrincipals = Mapping[EntryPoint, Principal]


class AssumeGraph:
    """The edges that lead to some roles of a State.

    roles: the roles to reach.
    now: the time at which conditions on the time are evaluated; None to ignore them.
    external_principals: the callers from outside the account; None for everybody whom a trust's statement lets in.
    """

    def __init__(
        self,
        state: State,
        roles: Iterable[Address],
        now: datetime | None = None,
        external_principals: ExternalPrincipals | None = None,
    ) -> None:
        self.state = state
        self._now = now
        self._targets = targets_of(state)
        self._principals = principals_of(state)
        self._addresses = {principal.arn: address for address, principal in self._principals.items()}
        self._edges_into: dict[Address, list[AssumeEdge]] = {}
        self._given_externals = external_principals
        self.external_principals: dict[EntryPoint, Principal] = {}
        frontier = [role for role in roles if role in self._targets]
        while frontier:
            edges = list(self._find_edges(frontier))
            self._edges_into |= {role: [] for role in frontier}
            for hop in edges:
                for role in hop.target_roles:
                    self._edges_into[role].append(hop)
            behind = {role for hop in edges for role in hop.source_roles}
            frontier = sorted(behind - self._edges_into.keys())

    @property
    def edges(self) -> list[AssumeEdge]:
        """Return every edge that leads to one of the roles, directly or through others."""
        return list(dict.fromkeys(hop for hops in self._edges_into.values() for hop in hops))

    def find_chains(self, role: Address, usable: Callable[[AssumeEdge], bool] = lambda hop: True) -> list[EntryChain]:
        """Return the shortest chain into `role` over usable edges, for each first caller and each way to prove it."""
        chains: dict[tuple[EntryPoint, AuthMethod], EntryChain] = {}
        paths: dict[Address, tuple[Address, ...]] = {role: (role,)}
        queue, seen = [role], set[int]()
        for current in queue:
            for hop in self._edges_into.get(current, ()):
                if id(hop) in seen or not usable(hop):
                    continue
                seen.add(id(hop))
                for start in hop.entry_points:
                    chains.setdefault((start, hop.auth_method), EntryChain(start, paths[current], hop.auth_method))
                for before in sorted(hop.source_roles - paths.keys()):
                    paths[before] = (before, *paths[current])
                    queue.append(before)
        return list(chains.values())

    def evaluate_edge(
        self, caller: EntryPoint | Address, role: Address, auth_method: AuthMethod
    ) -> AssumeEvaluation | None:
        """Return the answers of both sides to a caller that assumes a role; None if there is no such caller.

        auth_method: of the first caller; it does not count for a role.
        """
        user = caller.user if isinstance(caller, EntryPoint) else caller
        principal = (
            self._principals.get(user) if user else (self._given_externals or {}).get(cast("EntryPoint", caller))
        )
        if principal is None:
            return None
        target = self._targets[role]
        known = CONTEXT_OF_METHOD.get(auth_method, NOTHING_KNOWN) if principal.kind == "user" else NOTHING_KNOWN
        context = principal.request_context.with_fallbacks(target.resource_context, known)
        return evaluate_assumption(principal, target, ASSUME_ACTIONS.get(principal.kind, "sts:AssumeRole"), context)

    def _find_edges(self, roles: Iterable[Address]) -> Iterator[AssumeEdge]:
        targets = {self._targets[role].arn: role for role in roles}
        for group in group_equivalent_pairs(
            self._principals.values(), [self._targets[role] for role in targets.values()]
        ):
            into = frozenset(targets[target.arn] for target in group.roles)
            people = [self._addresses[one.arn] for one in group.principals if one.kind == "user"]
            via = frozenset(self._addresses[one.arn] for one in group.principals if one.kind == "role")
            starts = frozenset(EntryPoint(str(address), user=address) for address in people)
            if starts or via:
                yield from self._build_edges(group.principals[0], group.roles[0], starts, via, into)
        for role in targets.values():
            yield from self._find_external_edges(role)

    def _find_external_edges(self, role: Address) -> Iterator[AssumeEdge]:
        into, target = frozenset([role]), self._targets[role]
        if self._given_externals is not None:
            for start, principal in self._given_externals.items():
                if start.provider is None or self._has_provider(start.provider):
                    yield from self._build_edges(principal, target, frozenset([start]), frozenset(), into)
            return
        for start, principal in self._find_externals(role):
            self.external_principals[start] = principal
            narrowed_target = replace(target, trust=_keep_one_allow(target.trust, start.statement))
            yield from self._build_edges(principal, narrowed_target, frozenset([start]), frozenset(), into)

    def _build_edges(
        self,
        principal: Principal,
        target: Target,
        entry_points: frozenset[EntryPoint],
        source_roles: frozenset[Address],
        target_roles: frozenset[Address],
    ) -> Iterator[AssumeEdge]:
        """Yield an edge for each way in which a user may prove who it is, or one for others, if it may be allowed."""
        plain: AccessQuestion = partial(can_assume, principal, target)
        terms = {AuthMethod.NONE: plain}
        if principal.kind == "user":
            terms = {proof: _bind_context(context, plain) for proof, context in CONTEXT_OF_METHOD.items()}
        for proof, question in terms.items():
            if may_be_allowed(question, self._now):
                yield AssumeEdge(entry_points, source_roles, target_roles, proof, question, question(NOTHING_KNOWN))

    def _find_externals(self, address: Address) -> Iterator[tuple[EntryPoint, Principal]]:
        """Yield the external principals that a trust lets in, except services."""
        role = self.state.entities[address]
        for entrance in list_entrances(role.trust_policy) if isinstance(role, Role) else ():
            kind, value, statement = entrance.kind, entrance.value, entrance.statement
            if kind == "Federated":
                provider = entity_of(value, self.state.account, kind)
                if provider is None or self._has_provider(provider):
                    way = "saml" if ":saml-provider/" in value else "oidc"
                    start = EntryPoint(f"federated:{value}", provider=provider, statement=statement)
                    yield start, Principal(value, way, "")
            elif "*" in (kind, value):
                yield EntryPoint("*", statement=statement), make_external_principal(_EVERYONE)
            elif kind == "AWS" and value.startswith("arn:") and value.split(":")[4:5] != [self.state.account]:
                yield EntryPoint(value, statement=statement), make_external_principal(value)

    def _has_provider(self, provider: Address) -> bool:
        """Return whether a provider exists; yes, if its kind may not be read."""
        return provider.kind in self.state.details.unread or provider in self.state.entities


def _bind_context(fixed_context: Context, question: AccessQuestion) -> AccessQuestion:
    return lambda context: question(fixed_context.with_fallbacks(context))


def _keep_one_allow(trust: Document, allow: Statement | None) -> Document:
    statements = frozenset(one for one in trust.statements if one == allow or one.effect != "Allow")
    return replace(trust, statements=statements)


def rename_entry_point(entry_point: EntryPoint, names: Mapping[Address, Address]) -> EntryPoint:
    """Return the first caller with the name that its user has after the plan. names: old address → new."""
    new = names.get(entry_point.user, entry_point.user) if entry_point.user else None
    return EntryPoint(str(new), user=new) if new else entry_point
