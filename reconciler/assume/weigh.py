"""The two sides of an AssumeRole weighed: which refuses, by which statements, and for want of what.

Pure: the evaluator decides, this sorts its answer. One `View` is what counts in one world, live or the file's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.access import (
    Context,
    Decision,
    Naming,
    Principal,
    Reason,
    Target,
    Verdict,
    Why,
    caller_side,
    examined,
    reasons,
    trust_reasons,
    trust_side,
)
from reconciler.assume.asked import EXTERNAL_ID
from reconciler.model.explanation import Evidence
from reconciler.policy.global_keys import MFA_AGE, MFA_KEYS

OF_NO_CALL = ("policy:", "boundary:", "session:")
"""How the keys of a verdict begin that are no condition keys: nothing that a call brings decides them."""

_ORDER = (Decision.ALLOW, Decision.DEPENDS, Decision.DENY)


@dataclass(frozen=True, slots=True)
class View:
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
class Weighed:
    """One action. `trust` and `caller`: what each side says for itself; `…_reasons`: the statements that matter.

    Those of a refusing side are the Denies that hold, or the Allows that come nearest; `cause` says which.
    """

    action: str
    verdict: Verdict
    trust: Verdict
    caller: Verdict
    naming: Naming
    trust_reasons: tuple[Reason, ...] = ()
    caller_reasons: tuple[Reason, ...] = ()
    trust_cause: Cause | None = None
    caller_cause: Cause | None = None

    @property
    def causes(self) -> frozenset[Cause]:
        return frozenset(cause for cause in (self.trust_cause, self.caller_cause) if cause)


def weighed(view: View, action: str, context: Context) -> Weighed:
    """`context`: what the call carries."""
    principal, role = view.principal, view.target
    full = principal.own.over(role.own, context)
    found = examined(principal, role, action, full)
    trust = trust_side(found)
    speaking = trust_reasons(role.compiled_trust, principal, action, role.arn, full)
    named = _ways(found.trust.allowed, speaking, principal)
    ways = {naming: caller_side(principal, role, found, naming) for naming in named}
    naming, caller = min(ways.items(), key=lambda item: (_ORDER.index(item[1].decision), item[0].value))
    own = _own_reasons(principal, caller, action, role.arn, full)
    near_trust, near_own = _nearest(speaking, trust), _nearest(own, caller)
    return Weighed(
        action,
        found.verdict,
        trust,
        caller,
        naming,
        near_trust,
        near_own,
        _cause(near_trust, trust) if trust.denied else None,
        _cause(near_own, caller) if caller.denied else None,
    )


def _ways(holding: Iterable[Naming], speaking: tuple[Reason, ...], principal: Principal) -> frozenset[Naming]:
    """How the trust names the caller: by what holds, else by what comes near, else as one would write it."""
    near = frozenset(naming for item in speaking if item.effect == "Allow" for naming in item.namings)
    return frozenset(holding) or near or frozenset([Naming.ROLE if principal.is_role else Naming.DIRECT])


def _own_reasons(principal: Principal, caller: Verdict, action: str, arn: str, context: Context) -> tuple[Reason, ...]:
    """Statements of the caller's own policies; of the limit that refuses, where one does."""
    if caller.why is Why.BOUNDARY and principal.limit is not None:
        return reasons(principal.limit, action, arn, context)
    if caller.why is Why.SESSION and principal.session_limit is not None:
        return reasons(principal.session_limit, action, arn, context)
    limits = [item for item in (principal.limit, principal.session_limit) if item is not None]
    denies = [item for limit in limits for item in reasons(limit, action, arn, context) if item.effect == "Deny"]
    return (*reasons(principal.identity, action, arn, context), *denies)


def _nearest(speaking: tuple[Reason, ...], verdict: Verdict) -> tuple[Reason, ...]:
    """The statements that decided; of an implicit refusal, the Allows that lack least."""
    if verdict.why is Why.EXPLICIT:
        return tuple(item for item in speaking if item.effect == "Deny" and item.holds.value)
    if not verdict.denied:
        sources = set(verdict.deciding)
        return tuple(item for item in speaking if item.source in sources)
    near = [item for item in speaking if item.effect == "Allow" and item.named.value is not False]
    least = min((len(item.failing) for item in near), default=0)
    return tuple(item for item in near if len(item.failing) == least)


def _cause(near: tuple[Reason, ...], verdict: Verdict) -> Cause:
    if verdict.why is Why.EXPLICIT:
        found = [item.source.statement.conditions for item in near if item.source.statement]
        keys = {frozenset(one.key for one in conditions) for conditions in found}
        return Cause.MFA if keys and all(item and item <= MFA_KEYS for item in keys) else Cause.DENY
    if not near:
        return Cause.LIMIT if verdict.why in (Why.BOUNDARY, Why.SESSION) else Cause.UNNAMED
    keys = {frozenset(one.key for one in item.failing) for item in near}
    if all(item == {MFA_AGE} for item in keys):
        return Cause.AGE
    if any(item and item <= MFA_KEYS for item in keys):
        return Cause.MFA
    return Cause.EXTERNAL_ID if frozenset([EXTERNAL_ID]) in keys else Cause.CONDITION
