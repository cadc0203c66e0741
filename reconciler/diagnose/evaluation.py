"""Evaluate both sides of an AssumeRole call: which side refuses, by which statements, and for which cause.

The evaluator (`access/`) decides; this module sorts its answer. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.access import (
    Context,
    Decision,
    Principal,
    PrincipalMatch,
    StatementMatch,
    Target,
    Verdict,
    VerdictReason,
    evaluate_assumption,
    evaluate_caller,
    evaluate_trust,
    match_statements,
    match_trust_statements,
)
from reconciler.access.compiled_policies import CompiledPolicies
from reconciler.diagnose.request_context import EXTERNAL_ID
from reconciler.model.explanation import Evidence
from reconciler.policy.global_keys import MFA_AGE, MFA_KEYS

NON_CONDITION_PREFIXES = ("policy:", "boundary:", "session:")
"""Prefixes of a verdict's keys that are not condition keys. No call can carry a value for them."""

_DECISION_ORDER = (Decision.ALLOW, Decision.DEPENDS, Decision.DENY)


@dataclass(frozen=True, slots=True)
class CallerAndRole:
    """A caller and a role, either as they are live or as the file has them, with the evidence for each."""

    principal: Principal
    target: Target
    caller_evidence: Evidence
    trust_evidence: Evidence


class Cause(StrEnum):
    """The reason of a refusing side.

    UNNAMED: no statement of the trust names the principal, or no policy of the caller names the role.
    """

    MFA = "MFA"
    AGE = "a more recent MFA"
    EXTERNAL_ID = "an external id"
    CONDITION = "a condition"
    DENY = "an explicit deny"
    LIMIT = "a permissions boundary or session policy"
    GUARDRAIL = "a guardrail of the organization"
    UNNAMED = "a statement"


_CAUSES_WITHOUT_STATEMENT = {
    VerdictReason.BOUNDARY: Cause.LIMIT,
    VerdictReason.SESSION: Cause.LIMIT,
    VerdictReason.SERVICE_CONTROL: Cause.GUARDRAIL,
}


@dataclass(frozen=True, slots=True)
class ActionVerdict:
    """The verdict on one action.

    verdict: of both sides together. trust, caller: of each side alone. naming: how the trust names the caller.
    is_named: False if no statement of the trust names it, or if nobody can read the trust.
    trust_reasons, caller_reasons: the statements that decide. Those of a refusing side are the matching Denies, or
    else the closest Allows. trust_cause, caller_cause: why a side refuses, None if it does not.
    """

    action: str
    verdict: Verdict
    trust: Verdict
    caller: Verdict
    naming: PrincipalMatch
    is_named: bool = True
    trust_reasons: tuple[StatementMatch, ...] = ()
    caller_reasons: tuple[StatementMatch, ...] = ()
    trust_cause: Cause | None = None
    caller_cause: Cause | None = None

    @property
    def causes(self) -> frozenset[Cause]:
        return frozenset(cause for cause in (self.trust_cause, self.caller_cause) if cause)


def keys_of(verdicts: Iterable[ActionVerdict]) -> frozenset[str]:
    """Return the keys that the verdicts depend on."""
    return frozenset[str]().union(*(item.verdict.keys for item in verdicts))


def evaluate_action(view: CallerAndRole, action: str, context: Context) -> ActionVerdict:
    """Evaluate one action. context: the keys that the call carries."""
    principal, role = view.principal, view.target
    full = principal.request_context.with_fallbacks(role.resource_context, context)
    examination = evaluate_assumption(principal, role, action, full)
    trust = evaluate_trust(examination)
    trust_matches = (
        *match_trust_statements(role.compiled_trust, principal, action, role.arn, full),
        *_match_denies([role.compiled_controls], action, role.arn, full),
    )
    named = _namings_of(examination.trust.allows, trust_matches)
    namings = named or frozenset([PrincipalMatch.ROLE if principal.is_role else PrincipalMatch.DIRECT])
    verdicts = {naming: evaluate_caller(principal, role, examination, naming) for naming in namings}
    naming, caller = min(verdicts.items(), key=lambda item: (_DECISION_ORDER.index(item[1].decision), item[0].value))
    caller_matches = _match_caller_statements(principal, caller, action, role.arn, full)
    trust_reasons, caller_reasons = _select_closest(trust_matches, trust), _select_closest(caller_matches, caller)
    return ActionVerdict(
        action,
        examination.verdict,
        trust,
        caller,
        naming,
        bool(named) and view.trust_evidence is not Evidence.UNSEEN,
        trust_reasons,
        caller_reasons,
        _find_cause(trust_reasons, trust) if trust.denied else None,
        _find_cause(caller_reasons, caller) if caller.denied else None,
    )


def _namings_of(allowed: Iterable[PrincipalMatch], relevant: tuple[StatementMatch, ...]) -> frozenset[PrincipalMatch]:
    """Return how the trust names the caller: in a matching statement, else the closest one; empty if in none."""
    closest = frozenset(naming for item in relevant if item.effect == "Allow" for naming in item.principal_matches)
    return frozenset(allowed) or closest


def _match_caller_statements(
    principal: Principal, caller: Verdict, action: str, arn: str, context: Context
) -> tuple[StatementMatch, ...]:
    """Return the statements of the caller's policies that match, or those of the limit that refuses."""
    if caller.reason is VerdictReason.BOUNDARY and principal.compiled_boundary is not None:
        return match_statements(principal.compiled_boundary, action, arn, context)
    if caller.reason is VerdictReason.SERVICE_CONTROL:
        return ()
    if caller.reason is VerdictReason.SESSION and principal.compiled_session is not None:
        return match_statements(principal.compiled_session, action, arn, context)
    own = match_statements(principal.compiled_policies, action, arn, context)
    return (*own, *_match_denies(principal.policy_sets[1:], action, arn, context))


def _match_denies(
    limits: Iterable[CompiledPolicies | None], action: str, arn: str, context: Context
) -> tuple[StatementMatch, ...]:
    matches = (one for limit in limits if limit is not None for one in match_statements(limit, action, arn, context))
    return tuple(one for one in matches if one.effect == "Deny")


def _select_closest(relevant: tuple[StatementMatch, ...], verdict: Verdict) -> tuple[StatementMatch, ...]:
    """Return the statements that decided. If no Deny refuses, return the Allows with the fewest failing conditions."""
    if verdict.reason is VerdictReason.EXPLICIT:
        return tuple(item for item in relevant if item.effect == "Deny" and item.holds.value)
    if not verdict.denied:
        sources = set(verdict.deciding_statements)
        return tuple(item for item in relevant if item.source in sources)
    allows = [item for item in relevant if item.effect == "Allow" and item.matches_principal.value is not False]
    least = min((len(item.failing_conditions) for item in allows), default=0)
    return tuple(item for item in allows if len(item.failing_conditions) == least)


def _find_cause(reasons: tuple[StatementMatch, ...], verdict: Verdict) -> Cause:
    if verdict.reason is VerdictReason.EXPLICIT:
        denying = [item.source.statement.conditions for item in reasons if item.source.statement]
        keys = {frozenset(one.key for one in conditions) for conditions in denying}
        return Cause.MFA if keys and all(item and item <= MFA_KEYS for item in keys) else Cause.DENY
    if not reasons:
        return _CAUSES_WITHOUT_STATEMENT.get(verdict.reason, Cause.UNNAMED)
    keys = {frozenset(one.key for one in item.failing_conditions) for item in reasons}
    if all(item == {MFA_AGE} for item in keys):
        return Cause.AGE
    if any(item and item <= MFA_KEYS for item in keys):
        return Cause.MFA
    return Cause.EXTERNAL_ID if frozenset([EXTERNAL_ID]) in keys else Cause.CONDITION
