"""Evaluate a request by the principal's own policies, boundary, session policy and service control policies.

IAM User Guide, "Policy evaluation logic" and "Permissions boundaries for IAM entities": an explicit deny anywhere
wins; else an identity policy must allow, and the boundary and the session policy too, if there are any. AWS
Organizations User Guide, "SCP evaluation": so must each level of the organization, from the root to the account.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.access.context import NOTHING_KNOWN, Context
from reconciler.access.principal import Principal
from reconciler.access.verdicts import YES, Answer, Decision, Route, Verdict, VerdictReason, reach_verdict

_NO_LIMIT = Answer(YES)


@dataclass(frozen=True, slots=True)
class PrincipalAnswers:
    """The answers of a principal's own policies to one request.

    denies: those of the identity policies, of the boundary and the session policy, and of the service control policies.
    identity: do the identity policies allow it?
    boundary, session: does this limit allow it? Yes if there is no such limit.
    service_controls: does each level of the organization allow it?
    """

    denies: tuple[Answer, ...]
    identity: Answer
    boundary: Answer
    session: Answer
    service_controls: tuple[Answer, ...] = ()

    @property
    def limits(self) -> Route:
        return (self.boundary, self.session, *self.service_controls)


def collect_answers(principal: Principal, action: str, resource: str, context: Context) -> PrincipalAnswers:
    """Return the answers of a principal's own policies.

    context: the keys of the request, including those of `Principal.request_context`.
    """
    identity = principal.compiled_policies.statements_for(action)
    denies = [identity.evaluate_denies(resource, context)]
    limits = []
    for limit, reason in (
        (principal.compiled_boundary, VerdictReason.BOUNDARY),
        (principal.compiled_session, VerdictReason.SESSION),
    ):
        if limit is None:
            limits.append(_NO_LIMIT)
            continue
        part = limit.statements_for(action)
        denies.append(part.evaluate_denies(resource, context))
        limits.append(part.evaluate_allows(resource, context, reason))
    levels = [level.statements_for(action) for level in principal.compiled_service_controls]
    return PrincipalAnswers(
        (*denies, *(level.evaluate_denies(resource, context) for level in levels)),
        identity.evaluate_allows(resource, context),
        limits[0],
        limits[1],
        tuple(level.evaluate_allows(resource, context, VerdictReason.SERVICE_CONTROL) for level in levels),
    )


def evaluate_without_denies(
    principal: Principal, action: str, resource: str, context: Context = NOTHING_KNOWN
) -> Verdict:
    """Return the verdict of `evaluate` as if there were no Deny statements."""
    if principal.kind == "root":
        return Verdict(Decision.ALLOW, reason=VerdictReason.ALLOWED)
    answers = collect_answers(principal, action, resource, principal.request_context.with_fallbacks(context))
    return reach_verdict((), [(answers.identity, *answers.limits)])


def evaluate(principal: Principal, action: str, resource: str, context: Context = NOTHING_KNOWN) -> Verdict:
    """Return the verdict of a principal's own policies on a request.

    The keys of the principal itself (its ARN, its tags, no MFA for a role) win over those of `context`. A root user has
    no policies and may do everything in its account.
    """
    if principal.kind == "root":
        return Verdict(Decision.ALLOW, reason=VerdictReason.ALLOWED)
    answers = collect_answers(principal, action, resource, principal.request_context.with_fallbacks(context))
    return reach_verdict(answers.denies, [(answers.identity, *answers.limits)])
