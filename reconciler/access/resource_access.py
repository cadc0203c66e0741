"""May a principal do this to a resource, which may have a policy of its own and be under those of an organisation?

IAM User Guide, "Policy evaluation logic" and "Determining whether a request is allowed or denied within an account":
within one account the principal's policies or the resource's may allow, across accounts both must; "Permissions
boundaries for IAM entities": what a resource's policy grants to a user or a session by its ARN, no boundary or session
policy limits unless it denies; "Service control policies": every level of the organisation must allow. Trust policies
of roles follow rules of their own (`assume.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.access.compiled_policies import CompiledPolicies
from reconciler.access.context import Context
from reconciler.access.principal import Principal, PrincipalMatch
from reconciler.access.principal_answers import PrincipalAnswers, collect_answers
from reconciler.access.principal_matching import TrustAnswers, collect_trust_answers
from reconciler.access.verdicts import NO, Answer, Route, Verdict, VerdictReason, all_of, any_of, negate, reach_verdict


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The policy of a resource; `account` owns both."""

    policy: CompiledPolicies
    account: str


@dataclass(frozen=True, slots=True)
class ResourceEvaluation:
    """The sides of one request and its outcome. `resource` None: without a policy of the resource.

    `boundary` and `organization`: whether it is within that limit, None where there is none or it depends.
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
    scp_levels: Sequence[CompiledPolicies] = (),
) -> ResourceEvaluation:
    """Weigh one request against every policy that counts.

    context: all that is known of the request; what follows from the principal itself is not added.
    scp_levels: the service control policies of the organisation, one `Compiled` for each level from its root down.
    """
    own = collect_answers(principal, action, resource, context)
    named = _collect_resource_answers(principal, action, resource, context, policy)
    slices = [level.statements_for(action) for level in scp_levels]
    within = tuple(part.evaluate_allows(resource, context) for part in slices)
    outside = tuple(part.evaluate_denies(resource, context) for part in slices)
    denies = (*own.denies, *outside, *([named.deny] if named is not None else []))
    routes = [(*route, *within) for route in _find_routes(principal, own, named, policy)]
    limited = principal.compiled_boundary is not None
    return ResourceEvaluation(
        reach_verdict(denies, routes),
        reach_verdict(own.denies[:1], [(own.identity,)]),
        None if named is None else reach_verdict([named.deny], [(one,) for one in named.allows.values()]),
        _is_within((own.boundary,), own.denies[1:2]) if limited else None,
        _is_within(within, outside) if scp_levels else None,
    )


def _collect_resource_answers(
    principal: Principal, action: str, resource: str, context: Context, policy: ResourcePolicy | None
) -> TrustAnswers | None:
    if policy is None:
        return None
    return collect_trust_answers(policy.policy.statements_for(action), principal, resource, context)


def _find_routes(
    principal: Principal, own: PrincipalAnswers, named: TrustAnswers | None, policy: ResourcePolicy | None
) -> Iterator[Route]:
    by_itself: Route = (own.identity, own.boundary, own.session)
    if named is None or policy is None:
        yield by_itself
        return
    if principal.account != policy.account:
        found = [(allowed, *by_itself) for allowed in named.allows.values()]
        yield from found or [(Answer(NO, (), VerdictReason.IMPLICIT),)]
        return
    yield by_itself
    for naming, allowed in named.allows.items():
        if naming is PrincipalMatch.DIRECT:
            yield (allowed,)
        elif naming is not PrincipalMatch.ACCOUNT:  # a policy that names the account leaves it to the account's own
            yield (allowed, own.boundary, own.session)


def _is_within(allowed: Sequence[Answer], denied: Sequence[Answer]) -> bool | None:
    truths = [answer.truth for answer in allowed]
    return all_of([*truths, negate(any_of(answer.truth for answer in denied))]).value
