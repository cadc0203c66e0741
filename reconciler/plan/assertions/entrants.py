"""Find the breaches of `assumable_only_by`: everybody else whom the trust of a role may let in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.access import Context, StatementSource, Target, group_equivalent_pairs
from reconciler.access.request_scope import ASSUME_ROLE
from reconciler.access.scoped_requests import is_free_key
from reconciler.access.trust_entrances import find_unnamed_entrances, list_entrances
from reconciler.model.access_answers import DecidingStatement, RoleChain
from reconciler.model.address import Address
from reconciler.model.assertions import Assertion
from reconciler.model.document import Statement
from reconciler.model.partitions import ARN_PARTITION
from reconciler.model.role_access import RoleAccess
from reconciler.plan.access.statement_sources import describe_statement_source
from reconciler.plan.assertions.account import (
    JudgedAccount,
    describe_facts,
    list_terms,
)
from reconciler.plan.assertions.breach import Breach
from reconciler.plan.assertions.role_requests import decide_entry
from reconciler.plan.assertions.subjects import means_external
from reconciler.policy.trust import unique_ids_of

_SESSION = re.compile(rf"arn:{ARN_PARTITION}:sts::(\d{{12}}):assumed-role/([^/]+)/.+")
_ASSUME = "sts:AssumeRole"


@dataclass(frozen=True)
class EntrantJudge:
    """The check of one assertion with `assumable_only_by` on an account. known: the keys that its requests carry."""

    account: JudgedAccount
    assertion: Assertion
    known: Context

    def find_breaches(self) -> list[Breach]:
        """Return the principals that can assume one of the roles, and may not, each once."""
        subjects = self.account.subjects
        roles = {address: self.account.targets[address] for address in self._find_roles()}
        allowed = subjects.select(self.assertion.outside)
        found: dict[str, Breach] = {}
        counts = Counter[str]()
        self._add_own(roles, allowed, found, counts)
        for breach in self._find_external(roles, allowed):
            found.setdefault(breach.principal, breach)
            counts[breach.principal] += 1
        breaches = {name: _count_roles(breach, counts[name]) for name, breach in found.items()}
        for role in roles if self.assertion.through_roles else ():
            self._follow_chains(role, allowed, breaches)
        return [breaches[name] for name in sorted(breaches)]

    def _find_roles(self) -> list[Address]:
        return sorted(self.account.subjects.select(self.assertion.resources) & self.account.targets.keys())

    def _add_own(
        self,
        roles: Mapping[Address, Target],
        allowed: frozenset[Address],
        found: dict[str, Breach],
        counts: Counter[str],
    ) -> None:
        """Add the users and roles of the account. A role that assumes itself is not a breach.

        counts: the number of roles that each can assume, or may be able to.
        """
        others = {a: principal for a, principal in self.account.principals.items() if a not in allowed}
        addresses = {principal.arn: address for address, principal in others.items()}
        known = self.known
        for group in group_equivalent_pairs(others.values(), roles.values()):
            verdict, context = decide_entry(group.principals[0], group.roles[0], ASSUME_ROLE, known)
            for principal in group.principals if not verdict.denied else ():
                targets = [role for role in group.roles if role.arn != principal.arn]
                address = addresses[principal.arn]
                name = str(address)
                counts[name] += len(targets)
                if targets and _is_stronger(found.get(name), verdict.allowed):
                    found[name] = self.account.describe_entry(address, targets[0], ASSUME_ROLE, known, context)

    def _find_external(self, roles: Mapping[Address, Target], allowed: frozenset[Address]) -> Iterator[Breach]:
        """Yield the principals outside the account that a trust lets in, and everyone whom it does not name."""
        for address, target in roles.items():
            gone = unique_ids_of(target.trust)  # nobody can have the id of a deleted principal
            for access in self.account.external_access.get(address, ()):
                if access.principal not in gone and not self._is_allowed(access.principal, allowed):
                    yield self._describe_external(access)
        for address, target in roles.items():
            if target.trust.opaque:
                yield Breach("somebody", False, _ASSUME, str(address), facts=(f"the trust of {address}",))
            for statement in find_unnamed_entrances(target.trust):
                source = self._describe_source(target, statement, address)
                yield Breach("everyone but those it names", True, _ASSUME, str(address), statements=(source,))

    def _is_allowed(self, principal: str, allowed: frozenset[Address]) -> bool:
        session = _SESSION.fullmatch(principal)
        if session and session[1] == self.account.state.account:
            return Address("role", session[2]) in allowed
        return means_external(self.assertion.outside, principal)

    def _describe_external(self, access: RoleAccess) -> Breach:
        role = Address.parse(access.role)
        target = self.account.targets[role]
        terms = ("with MFA",) if access.mfa else ()
        sources = tuple(
            self._describe_source(target, entrance.statement, role)
            for entrance in list_entrances(target.trust)
            if access.principal in (entrance.value, f"{entrance.kind.lower()}:{entrance.value}")
        )
        return Breach(
            access.principal, True, _ASSUME, access.role, terms=(*terms, *list_terms(access.terms)), statements=sources
        )

    def _describe_source(self, target: Target, statement: Statement, role: Address) -> DecidingStatement:
        return describe_statement_source(StatementSource(target.label, statement), role, self.account.state)

    def _follow_chains(self, role: Address, allowed: frozenset[Address], breaches: dict[str, Breach]) -> None:
        """Add who reaches a role by assuming others before it, also from outside the account.

        A way that surely works counts for more than what is found so far and only may work.
        """
        for is_certain in (True, False):
            ways = self.account.find_chains(sure=is_certain).find_chains_to([role])
            for address, chain in ways.items():
                name = str(address)
                if address not in allowed and address != role and _is_stronger(breaches.get(name), is_certain):
                    first = self.account.describe_step(address, Address.parse(chain.roles[0]))
                    breaches[name] = self._describe_chain(name, chain, is_certain, first)
            for address, chain in ways.items():
                for access in self.account.external_access.get(address, ()):
                    name = access.principal
                    if _is_stronger(breaches.get(name), is_certain) and not self._is_allowed(name, allowed):
                        longer = replace(chain, roles=(access.role, *chain.roles), terms=chain.terms | access.terms)
                        first = self._describe_external(access).statements
                        breaches[name] = self._describe_chain(name, longer, is_certain, first)

    def _describe_chain(
        self, principal: str, chain: RoleChain, is_certain: bool, statements: tuple[DecidingStatement, ...]
    ) -> Breach:
        unknown = frozenset(key for key in chain.conditions if not is_free_key(key))
        return Breach(
            principal,
            is_certain,
            _ASSUME,
            chain.roles[-1],
            chain=chain.roles[:-1],
            terms=(*(["with MFA"] if chain.mfa else []), *list_terms(chain.terms)) if is_certain else (),
            facts=describe_facts(unknown),
            statements=statements,
        )


def _is_stronger(known: Breach | None, is_certain: bool) -> bool:
    """Return whether a breach is the first one known of its principal, or the first certain one."""
    return known is None or (is_certain and not known.is_certain)


def _count_roles(breach: Breach, number: int) -> Breach:
    """Return a breach that names the further roles by their number."""
    if number < 2:
        return breach
    more = "1 more role" if number == 2 else f"{number - 1} more roles"
    return replace(breach, resource=f"{breach.resource} and {more}")
