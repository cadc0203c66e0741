"""The two sides of an AssumeRole weighed: which refuses, by which statements, and for want of what.

Pure: the evaluator decides, this sorts its answer. One `CallerAndRole` is what counts in one world, live or the file's.
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
    evaluate_caller,
    evaluate_trust,
    examined,
    match_statements,
    match_trust_statements,
)
from reconciler.diagnose.request_context import EXTERNAL_ID
from reconciler.model.explanation import Evidence
from reconciler.policy.global_keys import MFA_AGE, MFA_KEYS

NON_CONDITION_PREFIXES = ("policy:", "boundary:", "session:")
"""How the keys of a verdict begin that are no condition keys: nothing that a call brings decides them."""

_DECISION_ORDER = (Decision.ALLOW, Decision.DEPENDS, Decision.DENY)


@dataclass(frozen=True, slots=True)
class CallerAndRole:
    """A caller and a role as one world has them, and what each rests on."""

    principal: Principal
    target: Target
    caller_evidence: Evidence
    trust_evidence: Evidence


class Cause(StrEnum):
    """What a refusing side lacks. UNNAMED: no statement lets the principal in, or speaks of the role at all."""

    MFA = "MFA"
    AGE = "a younger MFA"
    EXTERNAL_ID = "an external id"
    CONDITION = "a condition"
    DENY = "an explicit deny"
    LIMIT = "a permissions boundary or session policy"
    UNNAMED = "a statement"


@dataclass(frozen=True, slots=True)
class ActionVerdict:
    """One action. `trust` and `caller`: what each side says for itself; `…_reasons`: the statements that matter.

    Those of a refusing side are the Denies that hold, or the Allows that come nearest; `cause` says which.
    """

    action: str
    verdict: Verdict
    trust: Verdict
    caller: Verdict
    naming: PrincipalMatch
    trust_reasons: tuple[StatementMatch, ...] = ()
    caller_reasons: tuple[StatementMatch, ...] = ()
    trust_cause: Cause | None = None
    caller_cause: Cause | None = None

    @property
    def causes(self) -> frozenset[Cause]:
        return frozenset(cause for cause in (self.trust_cause, self.caller_cause) if cause)


def evaluate_action(view: CallerAndRole, action: str, context: Context) -> ActionVerdict:
    """`context`: what the call carries."""
    principal, role = view.principal, view.target
    full = principal.request_context.with_fallbacks(role.resource_context, context)
    found = examined(principal, role, action, full)
    trust = evaluate_trust(found)
    speaking = match_trust_statements(role.compiled_trust, principal, action, role.arn, full)
    named = _namings_of(found.trust.allows, speaking, principal)
    ways = {naming: evaluate_caller(principal, role, found, naming) for naming in named}
    naming, caller = min(ways.items(), key=lambda item: (_DECISION_ORDER.index(item[1].decision), item[0].value))
    own = _find_own_reasons(principal, caller, action, role.arn, full)
    near_trust, near_own = _select_nearest(speaking, trust), _select_nearest(own, caller)
    return ActionVerdict(
        action,
        found.verdict,
        trust,
        caller,
        naming,
        near_trust,
        near_own,
        _find_cause(near_trust, trust) if trust.denied else None,
        _find_cause(near_own, caller) if caller.denied else None,
    )


def _namings_of(
    allowed: Iterable[PrincipalMatch], relevant: tuple[StatementMatch, ...], principal: Principal
) -> frozenset[PrincipalMatch]:
    """How the trust names the caller: by what holds, else by what comes near, else as one would write it."""
    near = frozenset(naming for item in relevant if item.effect == "Allow" for naming in item.principal_matches)
    return (
        frozenset(allowed) or near or frozenset([PrincipalMatch.ROLE if principal.is_role else PrincipalMatch.DIRECT])
    )


def _find_own_reasons(
    principal: Principal, caller: Verdict, action: str, arn: str, context: Context
) -> tuple[StatementMatch, ...]:
    """Statements of the caller's own policies; of the limit that refuses, where one does."""
    if caller.reason is VerdictReason.BOUNDARY and principal.compiled_boundary is not None:
        return match_statements(principal.compiled_boundary, action, arn, context)
    if caller.reason is VerdictReason.SESSION and principal.compiled_session is not None:
        return match_statements(principal.compiled_session, action, arn, context)
    limits = [item for item in (principal.compiled_boundary, principal.compiled_session) if item is not None]
    denies = [
        item for limit in limits for item in match_statements(limit, action, arn, context) if item.effect == "Deny"
    ]
    return (*match_statements(principal.compiled_policies, action, arn, context), *denies)


def _select_nearest(relevant: tuple[StatementMatch, ...], verdict: Verdict) -> tuple[StatementMatch, ...]:
    """The statements that decided; of an implicit refusal, the Allows that lack least."""
    if verdict.reason is VerdictReason.EXPLICIT:
        return tuple(item for item in relevant if item.effect == "Deny" and item.holds.value)
    if not verdict.denied:
        sources = set(verdict.deciding_statements)
        return tuple(item for item in relevant if item.source in sources)
    near = [item for item in relevant if item.effect == "Allow" and item.matches_principal.value is not False]
    least = min((len(item.failing_conditions) for item in near), default=0)
    return tuple(item for item in near if len(item.failing_conditions) == least)


def _find_cause(near: tuple[StatementMatch, ...], verdict: Verdict) -> Cause:
    if verdict.reason is VerdictReason.EXPLICIT:
        found = [item.source.statement.conditions for item in near if item.source.statement]
        keys = {frozenset(one.key for one in conditions) for conditions in found}
        return Cause.MFA if keys and all(item and item <= MFA_KEYS for item in keys) else Cause.DENY
    if not near:
        return Cause.LIMIT if verdict.reason in (VerdictReason.BOUNDARY, VerdictReason.SESSION) else Cause.UNNAMED
    keys = {frozenset(one.key for one in item.failing_conditions) for item in near}
    if all(item == {MFA_AGE} for item in keys):
        return Cause.AGE
    if any(item and item <= MFA_KEYS for item in keys):
        return Cause.MFA
    return Cause.EXTERNAL_ID if frozenset([EXTERNAL_ID]) in keys else Cause.CONDITION
