"""Evaluate a request to a resource that may have a policy of its own.

IAM User Guide, "Policy evaluation logic" and "Determining whether a request is allowed or denied within an account":
within one account the principal's policies or the resource's policy may allow (`grant_limits.py`), across accounts both
must. "Service control policies": every level of the organization must allow.
Trust policies of roles follow other rules (`role_assumption.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.access.compiled_policies import CompiledPolicies
from reconciler.access.context import Context
from reconciler.access.grant_limits import list_grant_limits
from reconciler.access.principal import Principal, PrincipalMatch
from reconciler.access.principal_answers import PrincipalAnswers, collect_answers
from reconciler.access.principal_matching import TrustAnswers, collect_trust_answers
from reconciler.access.verdicts import NO, Answer, Route, Verdict, VerdictReason, all_of, any_of, negate, reach_verdict


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The policy of a resource, and the account that owns the resource."""

    policy: CompiledPolicies
    account: str


@dataclass(frozen=True, slots=True)
class ResourceEvaluation:
    """The outcome of one request, and the answer of each side.

    verdict: the outcome. identity: the answer of the principal's own policies.
    resource: the answer of the resource's policy; None if it has none.
    boundary, organization: True if the request is within that limit; None if there is no limit, or it depends.
    """

    verdict: Verdict
    identity: Verdict
    resource: Verdict | None
    boundary: bool | None
    organization: bool | None


def evaluate_resource(
    principal: Principal,
    action: str,
    resource: str,
    context: Context,
    policy: ResourcePolicy | None = None,
) -> ResourceEvaluation:
    """Return the outcome of one request under every policy that counts.

    context: everything that is known of the request. Keys that follow from the principal itself are not added.
    policy: the resource's policy; None if it has none.
    """
    own = collect_answers(principal, action, resource, context)
    granted = _collect_resource_answers(principal, action, resource, context, policy)
    denies = (*own.denies, *([granted.deny] if granted is not None else []))
    routes = [(*route, *own.service_controls) for route in _find_routes(principal, own, granted, policy)]
    limited = principal.compiled_boundary is not None
    control_denies = own.denies[len(own.denies) - len(own.service_controls) :]
    return ResourceEvaluation(
        reach_verdict(denies, routes),
        reach_verdict(own.denies[:1], [(own.identity,)]),
        None if granted is None else reach_verdict([granted.deny], [(answer,) for answer in granted.allows.values()]),
        _is_within((own.boundary,), own.denies[1:2]) if limited else None,
        _is_within(own.service_controls, control_denies) if own.service_controls else None,
    )


def _collect_resource_answers(
    principal: Principal, action: str, resource: str, context: Context, policy: ResourcePolicy | None
) -> TrustAnswers | None:
    if policy is None:
        return None
    return collect_trust_answers(policy.policy.statements_for(action), principal, resource, context)


def _find_routes(
    principal: Principal, own: PrincipalAnswers, granted: TrustAnswers | None, policy: ResourcePolicy | None
) -> Iterator[Route]:
    by_identity: Route = (own.identity, own.boundary, own.session)
    if granted is None or policy is None:
        yield by_identity
        return
    if principal.account != policy.account:
        routes = [(allowed, *by_identity) for allowed in granted.allows.values()]
        yield from routes or [(Answer(NO, (), VerdictReason.IMPLICIT),)]
        return
    yield by_identity
    for naming, allowed in granted.allows.items():
        if naming is not PrincipalMatch.ACCOUNT:  # naming the account leaves the decision to the account's policies
            yield (allowed, *list_grant_limits(principal, naming, own))


def _is_within(allowed: Sequence[Answer], denied: Sequence[Answer]) -> bool | None:
    truths = [answer.truth for answer in allowed]
    return all_of([*truths, negate(any_of(answer.truth for answer in denied))]).value
