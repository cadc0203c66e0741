"""Describe the steps of a way to administrator power: on which terms each is open, and which statements allow it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from reconciler.access import (
    ASSUME_PATH,
    AccountResources,
    EscalationPath,
    NamedPower,
    Power,
    PowerGraph,
    Principal,
    StatementSource,
    Verdict,
    paths_by_id,
)
from reconciler.model.access_answers import DecidingStatement
from reconciler.model.address import Address
from reconciler.model.admin_ways import WayHop
from reconciler.model.arns import address_of
from reconciler.model.document import Statement
from reconciler.model.live import State
from reconciler.model.role_access import AccessTerms
from reconciler.plan.access.delta import evaluate_with_mfa, terms_of
from reconciler.plan.access.power_mfa import demands_mfa
from reconciler.plan.access.power_rows import NameOf, describe_broad_way
from reconciler.plan.access.statement_sources import describe_statement_source
from reconciler.policy.global_keys import MFA_KEYS

MAX_STEPS = 50
"""The number of steps of a way that are described. Its words name the end of a longer one, too."""


@dataclass(frozen=True, slots=True)
class LaterSteps:
    """The steps of a way from its second one on. hops: the first 50. terms: those of all."""

    hops: tuple[WayHop, ...] = ()
    terms: AccessTerms = field(default_factory=AccessTerms)


def join_terms(listed: Iterable[AccessTerms]) -> AccessTerms:
    """Return the terms of steps that must all be taken."""
    terms = list(listed)
    return AccessTerms(
        any(one.mfa for one in terms),
        tuple(sorted({key for one in terms for key in one.conditions})),
        frozenset(term for one in terms for term in one.terms),
    )


@dataclass(frozen=True)
class WayHops:
    """Makes the steps of ways through one account. name_of: returns the name to show for an ARN."""

    state: State
    graph: PowerGraph
    name_of: NameOf

    def describe_assumption(self, caller: str, role: str) -> WayHop:
        """Return the step by which a user or role assumes a role. Both are ARNs of the account."""
        principal = self._account.principals[caller]
        mfa, verdict = evaluate_with_mfa(principal, self._account.targets[role])
        return self._build_hop(principal, paths_by_id()[ASSUME_PATH], role, verdict, mfa=mfa)

    def describe_named(self, principal: Principal, power: NamedPower) -> WayHop:
        """Return the step by which a principal takes over one resource."""
        if power.path.id == ASSUME_PATH:
            return self.describe_assumption(principal.arn, power.target)
        mfa = demands_mfa(principal, power.path, power.verdict, power.target)
        return self._build_hop(principal, power.path, power.target, power.verdict, mfa=mfa)

    def terms_of_power(self, principal: Principal, power: NamedPower) -> AccessTerms:
        """Return the terms of a way over one resource besides assuming a role. Principals share equal powers."""
        known = self._terms.get(id(power))
        if known is None:
            mfa = demands_mfa(principal, power.path, power.verdict, power.target)
            known = self._terms[id(power)] = power, _build_terms(power.verdict, mfa=mfa)
        return known[1]

    def describe_broad(self, principal: Principal, power: Power, path: EscalationPath) -> WayHop:
        """Return the step by which a principal uses a right over all resources of a type, or over its own."""
        own = tuple(map(self.name_of, power.own_targets))
        name = self.name_of(principal.arn)
        mfa = demands_mfa(principal, path, power.verdict, power.own_targets[0] if power.own_targets else "")
        hop = self._build_hop(principal, path, "", power.verdict, mfa=mfa)
        return replace(hop, reason=describe_broad_way(name, path, own))

    def follow(self, arn: str) -> LaterSteps:
        """Return the steps from one that leads to administrator power to the end of its chain. arn: a key of the leads.

        Chains share their ends, so each end is described once.
        """
        chain, _ = self.graph.chain_of(arn)
        known = next((at for at, one in enumerate(chain) if one in self._later_steps), len(chain))
        later = self._later_steps[chain[known]] if known < len(chain) else LaterSteps()
        for one in reversed(chain[:known]):
            hop = self._describe_lead(one)
            if hop is not None:
                later = LaterSteps((hop, *later.hops[: MAX_STEPS - 1]), join_terms([hop.terms, later.terms]))
            self._later_steps[one] = later
        return later

    def _describe_lead(self, arn: str) -> WayHop | None:
        """Return the next step of one that leads to the power; None for an administrator."""
        lead = self.graph.leads[arn]
        holder = self._account.principals.get(arn) or self._account.groups.get(arn)
        if holder is None or not lead.path:
            return None
        if lead.path == ASSUME_PATH and lead.next:
            return self.describe_assumption(arn, lead.next)
        named = self._find_named(arn, lead.path, lead.next)
        if named is not None:
            return self.describe_named(holder, named)
        powers = (power for power in self.graph.finder.find(holder) if power.path and power.path.id == lead.path)
        broad = next(powers, None)
        return self.describe_broad(holder, broad, broad.path) if broad and broad.path else None

    def _find_named(self, arn: str, path: str, target: str) -> NamedPower | None:
        """Return a power over a resource. target: its ARN; "" for any."""
        listed = self.graph.named.get(arn, ())
        return next((one for one in listed if one.path.id == path and target in ("", one.target)), None)

    @property
    def _account(self) -> AccountResources:
        return self.graph.account

    def _build_hop(
        self, principal: Principal, path: EscalationPath, target: str, verdict: Verdict, *, mfa: bool = False
    ) -> WayHop:
        name = self.name_of(target) if target else ""
        return WayHop(
            self.name_of(principal.arn),
            name,
            path.id,
            path.reason.replace("{target}", name),
            _build_terms(verdict, mfa=mfa),
            tuple(self._describe_statements(principal, verdict.deciding_statements)),
        )

    def _describe_statements(
        self, principal: Principal, sources: Iterable[StatementSource]
    ) -> Iterator[DecidingStatement]:
        """Yield the statements that give a way, and those that may hold it back; a guardrail's Allow does neither."""
        address = address_of(principal.arn, self.state.account) or Address(principal.kind, principal.arn)
        guardrails = self.state.guardrails
        for source in sources:
            is_grant = source.statement is None or source.statement.effect == "Allow"
            if is_grant and guardrails and guardrails.find(source.label):
                continue
            own = _find_own_source(source, principal)
            key = (own, address)
            found = self._descriptions.get(key)
            if found is None:
                found = self._descriptions[key] = describe_statement_source(own, address, self.state)
            yield found

    @cached_property
    def _terms(self) -> dict[int, tuple[NamedPower, AccessTerms]]:
        return {}

    @cached_property
    def _later_steps(self) -> dict[str, LaterSteps]:
        return {}

    @cached_property
    def _descriptions(self) -> dict[tuple[StatementSource, Address], DecidingStatement]:
        return {}


def _build_terms(verdict: Verdict, *, mfa: bool) -> AccessTerms:
    """Return the terms of a step. mfa: it is open with MFA only."""
    keys = verdict.keys - MFA_KEYS if mfa else verdict.keys
    return AccessTerms(mfa, tuple(sorted(keys)), terms_of(verdict))


def _find_own_source(source: StatementSource, principal: Principal) -> StatementSource:
    """Return a statement by the principal's own policy.

    Principals with equal statements are evaluated once, so a verdict may name the policy of another one.
    """
    policies = [*principal.policies, *([principal.boundary] if principal.boundary else [])]
    if source.statement is None or any(policy.label == source.label for policy in policies):
        return source
    wanted = _without_sid(source.statement)
    for policy in policies:
        for statement in policy.document.statements if policy.document else ():
            if _without_sid(statement) == wanted:
                return StatementSource(policy.label, statement)
    return source


def _without_sid(statement: Statement) -> Statement:
    return replace(statement, sid="")
