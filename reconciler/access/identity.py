"""What a principal may do by its own policies, within its boundary and session policy.

IAM User Guide, "Policy evaluation logic" and "Permissions boundaries for IAM entities": an explicit deny anywhere
wins; else an identity policy must allow, and the boundary and the session policy, where there are any, as well.
Service and resource control policies of an organisation are not evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.access.context import NOTHING_KNOWN, Context
from reconciler.access.principal import Principal
from reconciler.access.values import YES, Answer, Decision, Verdict, Why, verdict

_NO_LIMIT = Answer(YES)


@dataclass(frozen=True, slots=True)
class Sides:
    """What the policies of a principal say to one request. Without a boundary, `boundary` is yes; so `session`."""

    denies: tuple[Answer, ...]
    identity: Answer
    boundary: Answer
    session: Answer


def sides(principal: Principal, action: str, resource: str, context: Context) -> Sides:
    """`context` has what the principal's own requests carry (`Principal.own`) in it."""
    identity = principal.identity.slice(action)
    denies = [identity.denied(resource, context)]
    limits = []
    for limit, why in ((principal.limit, Why.BOUNDARY), (principal.session_limit, Why.SESSION)):
        if limit is None:
            limits.append(_NO_LIMIT)
            continue
        part = limit.slice(action)
        denies.append(part.denied(resource, context))
        limits.append(part.allowed(resource, context, why))
    return Sides(tuple(denies), identity.allowed(resource, context), limits[0], limits[1])


def allowance(principal: Principal, action: str, resource: str, context: Context = NOTHING_KNOWN) -> Verdict:
    """As `evaluate`, if no statement denied anything: what the Allows of identity, boundary and session leave."""
    if principal.kind == "root":
        return Verdict(Decision.ALLOW, why=Why.ALLOWED)
    found = sides(principal, action, resource, principal.own.over(context))
    return verdict((), [(found.identity, found.boundary, found.session)])


def evaluate(principal: Principal, action: str, resource: str, context: Context = NOTHING_KNOWN) -> Verdict:
    """May the principal do this, as far as its own policies say?

    What follows from the principal itself (its ARN, its tags, no MFA for a role) goes before `context`.
    A root user has no policies and may do everything in its account.
    """
    if principal.kind == "root":
        return Verdict(Decision.ALLOW, why=Why.ALLOWED)
    found = sides(principal, action, resource, principal.own.over(context))
    return verdict(found.denies, [(found.identity, found.boundary, found.session)])
