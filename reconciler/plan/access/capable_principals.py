"""Find every user and role that can do something, and how; and those who can by taking a role.

Principals with the same statements on the action, and the same values for the keys that these test, are evaluated once.
Without a resource, every pattern that a policy or a boundary of the principal names is tried.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from reconciler.access import NOTHING_KNOWN, Principal, Target, Verdict, evaluate
from reconciler.access.compiled_policies import ActionStatements, CompiledPolicies
from reconciler.access.context import MFA_OF_ANY_AGE, NO_MFA_POSSIBLE, Context
from reconciler.access.guardrail_stops import ServiceControls, find_assume_stops
from reconciler.access.policy_statements import IDENTITY, PolicyStatement
from reconciler.access.resource_tags import ResourceTags
from reconciler.access.templates import to_plain_text, to_policy_text
from reconciler.model.access_answers import (
    AccessSide,
    CapableChains,
    CapablePrincipals,
    DecidingStatement,
    Outcome,
    RoleChain,
    StoppedPrincipals,
    WhoCan,
)
from reconciler.model.address import Address
from reconciler.model.role_access import AccessTerms
from reconciler.plan.access.answer import OUTCOMES, decide_request, find_assumed_role
from reconciler.plan.access.assume_words import find_end
from reconciler.plan.access.delta import terms_of
from reconciler.plan.access.external_principals import find_external_access
from reconciler.plan.access.role_chains import RoleChains
from reconciler.plan.access.statement_sources import describe_policy, describe_statement_source
from reconciler.policy.global_keys import MFA_KEYS

Principals = Mapping[Address, Principal]


def find_capable_principals(side: AccessSide, everybody: Principals, action: str, resource: str | None) -> WhoCan:
    """Return who can do an action. resource: None for any."""
    finder = _Finder(side, action, resource)
    target = find_assumed_role(side, action, resource) if resource else None
    direct = list(finder.find_role_callers(everybody, target) if target else finder.find_all(everybody))
    able = {name for one in direct if one.outcome is Outcome.ALLOWED for name in one.principals}
    goals = {Address.parse(name) for one in direct for name in one.principals if name.startswith("role/")}
    by_chain: defaultdict[RoleChain, list[Address]] = defaultdict(list)
    for address, chain in RoleChains(side, everybody).find_chains_to(goals).items() if goals else ():
        if str(address) not in able:
            by_chain[chain].append(address)
    chains = (CapableChains(_to_names(addresses), chain) for chain, addresses in by_chain.items())
    return WhoCan(
        action,
        resource,
        tuple(sorted(direct, key=lambda one: (one.principals, one.resources))),
        tuple(sorted(chains, key=lambda one: (one.principals, one.chain.roles))),
        finder.find_stopped(everybody, target, {name for one in direct for name in one.principals}),
    )


@dataclass(frozen=True)
class _Finder:
    side: AccessSide
    action: str
    resource: str | None

    @cached_property
    def _tags(self) -> ResourceTags:
        return ResourceTags.of(self.side.state)

    def find_all(self, everybody: Principals) -> Iterator[CapablePrincipals]:
        """Yield the principals that can by their own policies."""
        for members in _group_by_statements(everybody, self.action):
            first = everybody[members[0]]
            for verdict, resources in self._decide(first):
                terms = self._find_terms(first, verdict, next(iter(resources.values())))
                yield from self._describe(members, verdict, tuple(resources), terms)

    def find_role_callers(self, everybody: Principals, target: Target) -> Iterator[CapablePrincipals]:
        """Yield the principals that can assume a role, also those outside the account that its trust names."""
        by_verdict: defaultdict[Verdict, list[Address]] = defaultdict(list)
        for address, principal in everybody.items():
            verdict = decide_request(principal, self.action, target.arn, NOTHING_KNOWN, target)
            if not verdict.denied:
                by_verdict[verdict].append(address)
        for verdict, members in by_verdict.items():
            terms = self._find_terms(everybody[members[0]], verdict, target.arn, target)
            yield from self._describe(members, verdict, (target.arn,), terms)
        role = Address("role", target.arn.rpartition("/")[2])
        for access in find_external_access(self.side.state, [role], frozenset()).values():
            keys = (*(["aws:multifactorauthpresent"] if access.mfa else []), *access.conditions)
            outcome = Outcome.DEPENDS if keys else Outcome.ALLOWED
            yield CapablePrincipals((access.principal,), outcome, (target.arn,), keys, (), access.mfa, access.terms)

    def find_stopped(
        self, everybody: Principals, target: Target | None, found: set[str]
    ) -> tuple[StoppedPrincipals, ...]:
        """Return those who could if there were no guardrails. found: those who can, or may be able to."""
        if self.side.state.guardrails is None:
            return ()
        by_files: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        alike = [[address] for address in everybody] if target else _group_by_statements(everybody, self.action)
        for members in alike:
            names = [str(address) for address in members if str(address) not in found]
            if names and (files := self._find_stops(everybody[members[0]], target)):
                by_files[files] += names
        if target is not None:
            roles = [Address("role", target.arn.rpartition("/")[2])]
            for access in find_external_access(self.side.state, roles, frozenset(), includes_stopped=True).values():
                if access.stopped_by:
                    by_files[access.stopped_by].append(access.principal)
        stopped = (StoppedPrincipals(tuple(sorted(names)), files) for files, names in by_files.items())
        return tuple(sorted(stopped, key=lambda one: one.principals))

    def _find_stops(self, principal: Principal, target: Target | None) -> tuple[str, ...]:
        """Return the guardrails that stop a principal; none if its own policies do not allow the action."""
        free = principal.without_guardrails
        if target is not None:
            open_role = target.without_guardrails
            verdict = decide_request(free, self.action, target.arn, NOTHING_KNOWN, open_role)
            return () if verdict.denied else find_assume_stops(principal, target)
        if not any(self._decide(free)):
            return ()
        resources = None if self.resource is None else frozenset([self.resource])
        effect = ServiceControls.of(principal).judge(
            [PolicyStatement(IDENTITY, True, frozenset([self.action.lower()]), resources=resources)]
        )
        return effect.stopped_by or effect.limited_by

    def _decide(self, principal: Principal) -> Iterator[tuple[Verdict, dict[str, str]]]:
        """Yield each verdict that is not a denial, with the resources for which it holds.

        A resource is a pattern as a policy writes it, with the resource of the request that stands for it.
        """
        if self.resource is not None:
            candidates = {self.resource: self.resource}
        else:
            filled = _list_patterns(principal, self.action)
            candidates = {"*": "*", **{to_policy_text(text): to_plain_text(text) for text in sorted(filled)}}
        by_verdict: defaultdict[Verdict, dict[str, str]] = defaultdict(dict)
        for pattern, resource in candidates.items():
            verdict = evaluate(principal, self.action, resource, self._tags.find_keys(self.action, resource))
            if not verdict.denied:
                by_verdict[verdict][pattern] = resource
            if verdict.allowed and resource == "*":
                break
        yield from by_verdict.items()

    def _describe(
        self, members: Iterable[Address], verdict: Verdict, resources: tuple[str, ...], terms: AccessTerms
    ) -> Iterator[CapablePrincipals]:
        """Yield the members of a group by the way in which they have the policies that decide."""
        by_policies: defaultdict[tuple[str, ...], list[Address]] = defaultdict(list)
        for address in members:
            sources = verdict.deciding_statements
            by_policies[tuple(describe_policy(one.label, address, self.side.state) for one in sources)].append(address)
        for policies, addresses in by_policies.items():
            statements = self._describe_statements(verdict, addresses[0])
            named = tuple(replace(one, policy=policy) for one, policy in zip(statements, policies, strict=True))
            names, keys = _to_names(addresses), tuple(sorted(verdict.keys))
            outcome = OUTCOMES[verdict.decision]
            yield CapablePrincipals(names, outcome, resources, keys, named, terms.mfa, terms.terms)

    def _find_terms(
        self, principal: Principal, verdict: Verdict, resource: str, target: Target | None = None
    ) -> AccessTerms:
        """Return the terms of a verdict; without a time at which one way ends and another one stays open."""
        mfa, terms = self._demands_mfa(principal, verdict, resource, target), terms_of(verdict)
        if end := find_end(terms):
            known = Context.of({"aws:CurrentTime": end})
            if not decide_request(principal, self.action, resource, known, target).denied:
                terms = frozenset(term for term in terms if find_end([term]) != end)
        return AccessTerms(mfa, terms=terms)

    def _demands_mfa(self, principal: Principal, verdict: Verdict, resource: str, target: Target | None) -> bool:
        """Return whether a request is refused without MFA, and may be allowed with it."""
        if MFA_KEYS.isdisjoint(verdict.keys):
            return False
        without, with_mfa = (
            decide_request(principal, self.action, resource, known, target)
            for known in (NO_MFA_POSSIBLE, MFA_OF_ANY_AGE)
        )
        return without.denied and not with_mfa.denied

    def _describe_statements(self, verdict: Verdict, address: Address) -> tuple[DecidingStatement, ...]:
        return tuple(describe_statement_source(one, address, self.side.state) for one in verdict.deciding_statements)


def _group_by_statements(everybody: Principals, action: str) -> list[list[Address]]:
    """Return the principals that may be allowed the action, in groups with the same answers by the same policies."""
    groups: defaultdict[object, list[Address]] = defaultdict(list)
    for address, principal in everybody.items():
        own = principal.compiled_policies.statements_for(action)
        if not own.may_allow:
            continue
        limits = [None if limit is None else limit.statements_for(action) for limit in principal.policy_sets[1:]]
        keys = _keys_of(own).union(*map(_keys_of, limits))
        known = frozenset((key, principal.request_context.find(key)) for key in keys)
        groups[_identify(own), tuple(map(_identify, limits)), known].append(address)
    return list(groups.values())


def _identify(part: ActionStatements | None) -> object:
    """Return a key that is equal for the same statements of the same policies. Each is compiled once."""
    if part is None:
        return None
    return frozenset(map(id, part.statements)), frozenset(part.unknown_allows), frozenset(part.unknown_denies)


def _keys_of(part: ActionStatements | None) -> frozenset[str]:
    return frozenset[str]().union(*(one.keys for one in part.statements)) if part is not None else frozenset()


def _list_patterns(principal: Principal, action: str) -> set[str]:
    return {text for policies in principal.policy_sets for text in _list_allowed(policies, principal, action)}


def _list_allowed(policies: CompiledPolicies | None, principal: Principal, action: str) -> Iterator[str]:
    for statement in policies.statements_for(action).allows if policies is not None else ():
        for patterns, _ in statement.resources.list_patterns(principal.request_context):
            if not statement.resources.negated:
                yield from patterns or ()


def _to_names(addresses: Iterable[Address]) -> tuple[str, ...]:
    return tuple(map(str, sorted(addresses)))
