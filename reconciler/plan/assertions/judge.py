"""Find the breaches of one assertion about what principals can do, and what they cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from reconciler.access import Context, Decision, Principal, Target, Verdict, group_equivalent_pairs
from reconciler.access.request_scope import ROLE_ACTIONS, RequestScope
from reconciler.access.scoped_requests import ScopedPolicies, ScopedRequest, is_free_key
from reconciler.model.access_answers import RoleChain
from reconciler.model.address import Address
from reconciler.model.assertions import Assertion, AssertionForm
from reconciler.model.globs import compile_glob
from reconciler.plan.access.answer import decide_request
from reconciler.plan.assertions.account import (
    JudgedAccount,
    describe_facts,
    describe_terms,
    list_terms,
)
from reconciler.plan.assertions.breach import Breach
from reconciler.plan.assertions.policy_sets import narrow_sets
from reconciler.plan.assertions.role_requests import decide_entry, decide_plain_entry
from reconciler.policy.global_keys import MFA_PRESENT

Breaches = dict[Address, Breach]
"""Maps a principal to its breach."""


def decide_alone(principal: Principal, action: str, resource: str, context: Context) -> Verdict:
    """Return the verdict of a principal's own policies. The trust of a role elsewhere is not known."""
    return decide_request(principal, action, resource, context, None)


@dataclass(frozen=True)
class PermissionJudge:
    """The check of one assertion with `can` or `cannot` on an account. known: the keys that its requests carry."""

    account: JudgedAccount
    assertion: Assertion
    known: Context

    def find_breaches(self) -> list[Breach]:
        """Return the principals for which the assertion fails or cannot be decided, each once."""
        subjects, assertion = self.account.subjects, self.assertion
        selected = subjects.select(assertion.who) - subjects.select(assertion.outside)
        roles = frozenset(self.account.targets) if assertion.through_roles else frozenset[Address]()
        forbids = assertion.form is AssertionForm.CANNOT
        breaches = self._find_allowed(selected | roles) if forbids else self._find_refused(selected | roles)
        if assertion.through_roles:
            followed = self._follow_chains(breaches, selected) if forbids else self._drop_able(breaches, selected)
            breaches = {**breaches, **followed} if forbids else followed
        return [breaches[address] for address in sorted(breaches.keys() & selected)]

    def has_requests(self) -> bool:
        """Return whether there is a request that the assertion is about."""
        return bool(self._targets) or self._scope.has_requests()

    @cached_property
    def _patterns(self) -> frozenset[str] | None:
        """The patterns of ARNs that the assertion is about; None for every resource."""
        found = self.account.subjects.find_resources(self.assertion.resources).values()
        if any(arns is None for arns in found):
            return None
        return frozenset(arn for arns in found for arn in arns or ())

    @cached_property
    def _scope(self) -> RequestScope:
        state = self.account.state
        return RequestScope(
            frozenset(self.assertion.actions),
            self._patterns,
            state.partition,
            state.account,
            self.assertion.form is AssertionForm.CANNOT,
            self.known,
            self.account.catalogue,
        )

    @cached_property
    def _role_actions(self) -> tuple[str, ...]:
        return tuple(filter(self._scope.has_action, ROLE_ACTIONS))

    @cached_property
    def _targets(self) -> Mapping[Address, Target]:
        """The roles of the account that the assertion is about, if it is about assuming them."""
        if not self._role_actions:
            return {}
        patterns, targets = self._patterns, self.account.targets
        if patterns is None:
            return targets
        tests = [compile_glob(pattern) for pattern in patterns]
        return {address: target for address, target in targets.items() if any(test(target.arn) for test in tests)}

    def _ask_sets(self, population: frozenset[Address]) -> Iterator[tuple[ScopedPolicies, list[Address]]]:
        """Yield each set of policies once, with the principals that have it."""
        for one in narrow_sets(self.account.policy_sets, population, self._scope.overlaps):
            yield ScopedPolicies(one.first, one.statements, self._scope, decide_alone), one.members

    def _find_allowed(self, population: frozenset[Address]) -> Breaches:
        """Return who can do something that the assertion forbids, or may be able to."""
        breaches: Breaches = {}
        for policies, members in self._ask_sets(population):
            found = policies.find_allowed()
            for address in members if found else ():
                breaches[address] = self._describe_grants(found, address)
        self._add_entries(population, breaches)
        return breaches

    def _describe_grants(self, found: list[ScopedRequest], address: Address) -> Breach:
        """Return the breach by some requests that the policies of one member of a set allow, or may allow."""
        principal, first = self.account.principals[address], found[0]
        if not first.verdict.allowed:
            own = decide_alone(principal, first.action, first.resource, first.context)
            return self._make_breach(address, first, own if own.decision is Decision.DEPENDS else first.verdict)
        verdicts = [decide_alone(principal, one.action, one.resource, one.context) for one in found]
        others = {source: None for verdict in verdicts for source in verdict.deciding_statements}
        return self._make_breach(address, first, replace(verdicts[0], deciding_statements=tuple(others)))

    def _make_breach(self, address: Address, request: ScopedRequest, verdict: Verdict) -> Breach:
        terms: tuple[str, ...] = ()
        if verdict.allowed:
            plain = decide_alone(self.account.principals[address], request.action, request.resource, self.known)
            terms = describe_terms(plain.keys, request.context)
        return Breach(
            str(address),
            verdict.decision is not Decision.DEPENDS,
            request.action_name,
            request.resource_name,
            terms=terms,
            facts=_describe_open_facts(verdict, request),
            reason=self._describe_refusal(verdict, address, request),
            statements=self.account.describe_statements(verdict, address),
        )

    def _describe_refusal(self, verdict: Verdict, address: Address, request: ScopedRequest) -> str:
        if not verdict.denied:
            return ""
        return self.account.describe_refusal(verdict, address, request.action, request.resource)

    def _add_entries(self, population: frozenset[Address], breaches: Breaches) -> None:
        """Add who can assume a role of the assertion, or may be able to."""
        for principals, roles in self._pair(population):
            for action in self._role_actions:
                verdict, context = decide_entry(principals[0], roles[0], action, self.known)
                for principal in principals if not verdict.denied else ():
                    address = self._addresses[principal.arn]
                    own = breaches.get(address)
                    if own is None or (verdict.allowed and not own.is_certain):
                        breaches[address] = self.account.describe_entry(address, roles[0], action, self.known, context)

    def _pair(self, population: frozenset[Address]) -> Iterator[tuple[list[Principal], list[Target]]]:
        """Yield principals and roles whose pairs all get the same answer, and are not surely denied."""
        principals = [self.account.principals[address] for address in sorted(population)]
        for group in group_equivalent_pairs(principals if self._targets else (), self._targets.values()):
            yield list(group.principals), list(group.roles)

    @cached_property
    def _addresses(self) -> Mapping[str, Address]:
        return {principal.arn: address for address, principal in self.account.principals.items()}

    def _find_refused(self, population: frozenset[Address]) -> Breaches:
        """Return who cannot do something that the assertion demands, or only under conditions."""
        breaches: Breaches = {}
        for policies, members in self._ask_sets(population):
            found = policies.find_refused()
            if found is None:
                continue
            for address in members:
                principal = self.account.principals[address]
                own = decide_alone(principal, found.action, found.resource, found.context)
                verdict = own if own.decision is found.verdict.decision else found.verdict
                breaches[address] = self._make_breach(address, found, verdict)
        for address, breach in self._find_closed_roles(population):
            if address not in breaches or (breach.is_certain and not breaches[address].is_certain):
                breaches[address] = breach
        return breaches

    def _find_closed_roles(self, population: frozenset[Address]) -> Iterator[tuple[Address, Breach]]:
        """Yield who cannot assume one of the roles, or only under conditions."""
        targets = list(self._targets.values())
        bits = {target.arn: 1 << number for number, target in enumerate(targets)}
        opened = dict.fromkeys(population if targets else (), 0)
        for principals, roles in self._pair(population):
            answers = [self._decide_role(principals[0], roles[0], action) for action in self._role_actions]
            if any(possible.denied for _, possible in answers):
                continue
            open_roles = sum(bits[role.arn] for role in roles)
            unsure = [name for name, (plain, _) in zip(self._role_actions, answers, strict=True) if not plain.allowed]
            for principal in principals:
                address = self._addresses[principal.arn]
                opened[address] |= open_roles
                if unsure:
                    yield address, self._describe_closed(address, roles[0], unsure[0], is_certain=False)
        every = (1 << len(targets)) - 1
        for address, open_roles in opened.items():
            if closed := every & ~open_roles:
                first = targets[(closed & -closed).bit_length() - 1]
                yield address, self._describe_closed(address, first, self._role_actions[0], is_certain=True)

    def _decide_role(self, principal: Principal, role: Target, action: str) -> tuple[Verdict, Verdict]:
        """Return the verdict on a request without further keys, and on the best one that the principal can make."""
        plain = decide_plain_entry(principal, role, action, self.known)
        return plain, plain if plain.allowed else decide_entry(principal, role, action, self.known)[0]

    def _describe_closed(self, address: Address, role: Target, action: str, is_certain: bool) -> Breach:
        principal = self.account.principals[address]
        verdict = decide_request(principal, action, role.arn, self.known, role)
        breach = self.account.describe_entry(address, role, action, self.known, self.known)
        reason = self.account.describe_refusal(verdict, address, action, role.arn) if is_certain else ""
        reason = reason if verdict.denied or not is_certain else "no request meets all conditions"
        facts = () if is_certain else describe_facts(verdict.keys)
        return replace(breach, is_certain=is_certain, terms=(), facts=facts, reason=reason)

    def _follow_chains(self, breaches: Breaches, selected: frozenset[Address]) -> Breaches:
        """Return who reaches a role that can do it, by assuming roles one after the other."""
        may_use_mfa = self.assertion.with_mfa is not False
        followed: Breaches = {}
        certain = {address for address, breach in breaches.items() if breach.is_certain and address.kind == "role"}
        possible = {address for address in breaches if address.kind == "role"}
        for goals, is_certain in ((certain, True), (possible, False)):
            chains = self.account.find_chains(sure=is_certain, with_mfa=may_use_mfa)
            for address, chain in chains.find_chains_to(goals).items() if goals else ():
                own = followed.get(address) or breaches.get(address)
                if address in selected and (own is None or (is_certain and not own.is_certain)):
                    end = breaches[Address.parse(chain.roles[-1])]
                    followed[address] = self._extend(end, str(address), chain, is_certain)
        return followed

    def _drop_able(self, breaches: Breaches, selected: frozenset[Address]) -> Breaches:
        """Return the breaches of those who reach no role that can do it all."""
        able = {role for role in self.account.targets if role not in breaches}
        with_mfa = self.assertion.with_mfa is True
        sure = self.account.find_chains(sure=True, with_mfa=with_mfa).find_chains_to(able)
        possible = self.account.find_chains(sure=False, with_mfa=self.assertion.with_mfa is not False).find_chains_to(
            able
        )
        left: Breaches = {}
        for address in breaches.keys() & selected:
            chain = sure.get(address) or possible.get(address)
            if chain is None:
                left[address] = breaches[address]
                continue
            keys = {*chain.conditions, *([MFA_PRESENT] if chain.mfa and not with_mfa else [])}
            if keys:
                facts = describe_facts(frozenset(keys))
                left[address] = replace(breaches[address], is_certain=False, facts=facts, chain=chain.roles)
        return left

    def _extend(self, end: Breach, principal: str, chain: RoleChain, is_certain: bool) -> Breach:
        """Return the breach of a principal that takes the roles of a chain. end: that of the last role."""
        unknown = frozenset(key for key in chain.conditions if not is_free_key(key))
        mfa = ("with MFA",) if chain.mfa and self.assertion.with_mfa is None else ()
        terms = list_terms(chain.terms) if is_certain else ()
        first = self.account.describe_step(Address.parse(principal), Address.parse(chain.roles[0]))
        place = self.account.places.get(Address.parse(chain.roles[-1]))
        last = (replace(one, place=one.place or place) for one in end.statements)
        return replace(
            end,
            principal=principal,
            is_certain=is_certain,
            chain=chain.roles,
            terms=tuple(dict.fromkeys((*mfa, *terms, *end.terms))),
            facts=tuple(dict.fromkeys((*describe_facts(unknown), *end.facts))),
            statements=tuple(dict.fromkeys((*first, *last))),
        )


def _describe_open_facts(verdict: Verdict, request: ScopedRequest) -> tuple[str, ...]:
    """Return the facts on which a verdict depends. An example of a role elsewhere stands for all of them."""
    keys = frozenset(key for key in verdict.keys if not is_free_key(key)) or verdict.keys
    if request.resource == request.resource_name:
        return describe_facts(keys)
    facts = describe_facts(frozenset(key for key in keys if not key.startswith("trust:")))
    return facts if len(facts) == len(keys) else (*facts, "the trust of roles in other accounts")
