"""What a principal may do by its own policies, within its boundary and session policy.

IAM User Guide, "Policy evaluation logic" and "Permissions boundaries for IAM entities": an explicit deny anywhere
wins; else an identity policy must allow, and the boundary and the session policy, where there are any, as well.
Service and resource control policies of an organisation are not evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.access.context import NOTHING_KNOWN, Context
from reconciler.access.principal import Principal
from reconciler.access.verdicts import YES, Answer, Decision, Verdict, VerdictReason, reach_verdict

_NO_LIMIT = Answer(YES)


@dataclass(frozen=True, slots=True)
class PrincipalAnswers:
    """What the policies of a principal say to one request. Without a boundary, `boundary` is yes; so `session`."""

    denies: tuple[Answer, ...]
    identity: Answer
    boundary: Answer
    session: Answer


def collect_answers(principal: Principal, action: str, resource: str, context: Context) -> PrincipalAnswers:
    """`context` has what the principal's own requests carry (`Principal.own`) in it."""
    identity = principal.compiled_policies.statements_for(action)
    denies = [identity.evaluate_denies(resource, context)]
    limits = []
    for limit, why in (
        (principal.compiled_boundary, VerdictReason.BOUNDARY),
        (principal.compiled_session, VerdictReason.SESSION),
    ):
        if limit is None:
            limits.append(_NO_LIMIT)
            continue
        part = limit.statements_for(action)
        denies.append(part.evaluate_denies(resource, context))
        limits.append(part.evaluate_allows(resource, context, why))
    return PrincipalAnswers(tuple(denies), identity.evaluate_allows(resource, context), limits[0], limits[1])


def evaluate_without_denies(
    principal: Principal, action: str, resource: str, context: Context = NOTHING_KNOWN
) -> Verdict:
    """As `evaluate`, if no statement denied anything: what the Allows of identity, boundary and session leave."""
    if principal.kind == "root":
        return Verdict(Decision.ALLOW, reason=VerdictReason.ALLOWED)
    found = collect_answers(principal, action, resource, principal.request_context.with_fallbacks(context))
    return reach_verdict((), [(found.identity, found.boundary, found.session)])


def evaluate(principal: Principal, action: str, resource: str, context: Context = NOTHING_KNOWN) -> Verdict:
    """May the principal do this, as far as its own policies say?

    What follows from the principal itself (its ARN, its tags, no MFA for a role) goes before `context`.
    A root user has no policies and may do everything in its account.
    """
    if principal.kind == "root":
        return Verdict(Decision.ALLOW, reason=VerdictReason.ALLOWED)
    found = collect_answers(principal, action, resource, principal.request_context.with_fallbacks(context))
    return reach_verdict(found.denies, [(found.identity, found.boundary, found.session)])
