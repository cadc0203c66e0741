"""Who can come into a role, in one hop or over other roles, on one side of a plan.

A hop is a principal that may assume a role: its own policies and the trust both count (policy evaluator). Hops of
principals and roles that get the same answer are one `Hop`. From a role the search goes backwards: who may assume it,
and who may assume those of them that are roles. It ends at users, at identity providers and at other accounts. Services
begin no way: no person comes in through one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import partial

from reconciler.access import (
    NOTHING_KNOWN,
    WITHOUT_MFA,
    Context,
    Principal,
    Target,
    Verdict,
    alike,
    can_assume,
    outsider,
    principals_of,
    targets_of,
    with_mfa,
)
from reconciler.model.address import Address
from reconciler.model.document import Document, Statement
from reconciler.model.entity import Role
from reconciler.model.live import State
from reconciler.plan.guards.stricter import Question, may_be_allowed
from reconciler.policy.global_keys import MFA_AGE, MFA_PRESENT
from reconciler.policy.trust import entity_of

_EVERYONE = "arn:aws:iam::000000000000:root"
"""Stands for any principal of any account, where a trust lets in everyone."""


class Proof(Enum):
    """The proof that a request of a start carries.

    A console session without MFA says so, and a request by an access key says nothing of MFA (IAM User Guide, "AWS
    global condition context keys", aws:MultiFactorAuthPresent).
    """

    KEY = "an access key"
    PASSWORD = "a password"
    MFA = "an MFA device"
    NONE = "nothing of this account"


PROOFS = {
    Proof.KEY: WITHOUT_MFA,
    Proof.PASSWORD: Context.of({MFA_PRESENT: False}, absent=[MFA_AGE]),
    Proof.MFA: with_mfa(),
}


@dataclass(frozen=True, slots=True)
class Start:
    """The begin of a way in. `label` as people know it; `user`: a user of this account.

    provider: an identity provider of this account. statement: the statement of a trust that let in who is no user.
    """

    label: str
    user: Address | None = None
    provider: Address | None = None
    statement: Statement | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Hop:
    """Principals that may assume roles, all of them on the same terms.

    starts: the users and outsiders among them. via: the roles among them, from which the way goes further back.
    """

    starts: frozenset[Start]
    via: frozenset[Address]
    roles: frozenset[Address]
    proof: Proof
    asked: Question
    verdict: Verdict

    def shares(self, other: Hop) -> bool:
        """Return whether both speak of the same role and a principal of the same name."""
        names = {start.label for start in self.starts} & {start.label for start in other.starts}
        return bool(self.roles & other.roles) and bool(names or self.via & other.via)


@dataclass(frozen=True, slots=True)
class Way:
    """How a start reaches a role. `roles`: those it assumes one after the other; the last one is the role."""

    start: Start
    roles: tuple[Address, ...]
    proof: Proof


Outsiders = Mapping[Start, Principal]


class Entrances:
    """The hops that lead to some roles of a State.

    now: hops whose time is over are left out; None: none is. outsiders: who may come from outside the account; None:
    each whom a statement of a trust lets in, by that statement.
    """

    def __init__(
        self,
        state: State,
        roles: Iterable[Address],
        now: datetime | None = None,
        outsiders: Outsiders | None = None,
    ) -> None:
        self.state = state
        self._now = now
        self._targets = targets_of(state)
        self._own = principals_of(state)
        self._addresses = {principal.arn: address for address, principal in self._own.items()}
        self._into: dict[Address, list[Hop]] = {}
        self._given = outsiders
        self.outsiders: dict[Start, Principal] = {}
        frontier = [role for role in roles if role in self._targets]
        while frontier:
            found = list(self._hops(frontier))
            self._into |= {role: [] for role in frontier}
            for hop in found:
                for role in hop.roles:
                    self._into[role].append(hop)
            behind = {role for hop in found for role in hop.via}
            frontier = sorted(behind - self._into.keys())

    @property
    def hops(self) -> list[Hop]:
        """Every hop that leads to one of the roles, directly or over others."""
        return list(dict.fromkeys(hop for hops in self._into.values() for hop in hops))

    def ways(self, role: Address, usable: Callable[[Hop], bool] = lambda hop: True) -> list[Way]:
        """Return a shortest way into `role` over usable hops for each start and what it carries."""
        found: dict[tuple[Start, Proof], Way] = {}
        paths: dict[Address, tuple[Address, ...]] = {role: (role,)}
        queue, seen = [role], set[int]()
        for current in queue:
            for hop in self._into.get(current, ()):
                if id(hop) in seen or not usable(hop):
                    continue
                seen.add(id(hop))
                for start in hop.starts:
                    found.setdefault((start, hop.proof), Way(start, paths[current], hop.proof))
                for before in sorted(hop.via - paths.keys()):
                    paths[before] = (before, *paths[current])
                    queue.append(before)
        return list(found.values())

    def _hops(self, roles: Iterable[Address]) -> Iterator[Hop]:
        targets = {self._targets[role].arn: role for role in roles}
        for group in alike(self._own.values(), [self._targets[role] for role in targets.values()]):
            into = frozenset(targets[target.arn] for target in group.roles)
            people = [self._addresses[one.arn] for one in group.principals if one.kind == "user"]
            via = frozenset(self._addresses[one.arn] for one in group.principals if one.kind == "role")
            starts = frozenset(Start(str(address), user=address) for address in people)
            if starts or via:
                yield from self._of(group.principals[0], group.roles[0], starts, via, into)
        for role in targets.values():
            yield from self._from_outside(role)

    def _from_outside(self, role: Address) -> Iterator[Hop]:
        into, target = frozenset([role]), self._targets[role]
        if self._given is not None:
            for start, principal in self._given.items():
                if start.provider is None or self._is_there(start.provider):
                    yield from self._of(principal, target, frozenset([start]), frozenset(), into)
            return
        for start, principal in self._outsiders(role):
            self.outsiders[start] = principal
            alone = replace(target, trust=_with_one_allow(target.trust, start.statement))
            yield from self._of(principal, alone, frozenset([start]), frozenset(), into)

    def _of(
        self,
        principal: Principal,
        target: Target,
        starts: frozenset[Start],
        via: frozenset[Address],
        roles: frozenset[Address],
    ) -> Iterator[Hop]:
        """Yield a hop for each proof that a user may have, one for anybody else; none that nobody can take."""
        plain: Question = partial(can_assume, principal, target)
        terms = {Proof.NONE: plain}
        if principal.kind == "user":
            terms = {proof: _within(known, plain) for proof, known in PROOFS.items()}
        for proof, asked in terms.items():
            if may_be_allowed(asked, self._now):
                yield Hop(starts, via, roles, proof, asked, asked(NOTHING_KNOWN))

    def _outsiders(self, address: Address) -> Iterator[tuple[Start, Principal]]:
        """Yield whom the trust names beside the principals of this account, and services."""
        role = self.state.entities[address]
        named = _allowed_principals(role.trust_policy.statements) if isinstance(role, Role) else ()
        for kind, value, statement in named:
            if kind == "Federated":
                provider = entity_of(value, self.state.account, kind)
                if provider is None or self._is_there(provider):
                    way = "saml" if ":saml-provider/" in value else "oidc"
                    start = Start(f"federated:{value}", provider=provider, statement=statement)
                    yield start, Principal(value, way, "")
            elif "*" in (kind, value):
                yield Start("*", statement=statement), outsider(_EVERYONE)
            elif kind == "AWS" and value.startswith("arn:") and value.split(":")[4:5] != [self.state.account]:
                yield Start(value, statement=statement), outsider(value)

    def _is_there(self, provider: Address) -> bool:
        """A provider whose kind may not be read is taken to be there."""
        return provider.kind in self.state.facts.unread or provider in self.state.entities


def _within(known: Context, question: Question) -> Question:
    return lambda context: question(known.over(context))


def _allowed_principals(statements: Iterable[Statement]) -> Iterator[tuple[str, str, Statement]]:
    for statement in statements:
        if statement.effect == "Allow" and not statement.not_principal:
            for kind, value in statement.principals or ():
                yield kind, value, statement


def _with_one_allow(trust: Document, kept: Statement | None) -> Document:
    statements = frozenset(one for one in trust.statements if one == kept or one.effect != "Allow")
    return replace(trust, statements=statements)


def renamed_start(start: Start, names: Mapping[Address, Address]) -> Start:
    """Return a start by the name that its user has after the plan. `names`: old → new."""
    new = names.get(start.user, start.user) if start.user else None
    return Start(str(new), user=new) if new else start
