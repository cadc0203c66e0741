"""Answer whether a principal may do one thing, by which statements, and on what it depends.

For the actions by which a role is assumed, its trust counts besides the principal's own policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.access import (
    Context,
    Decision,
    Principal,
    Target,
    Verdict,
    VerdictReason,
    evaluate,
    evaluate_assumption,
    targets_of,
)
from reconciler.access.compiled_policies import CompiledStatement
from reconciler.access.guardrail_stops import ServiceControls
from reconciler.access.policy_statements import IDENTITY, PolicyStatement
from reconciler.access.request_scope import ROLE_ACTIONS
from reconciler.access.resource_tags import ResourceTags
from reconciler.access.templates import to_policy_text
from reconciler.model.access_answers import AccessAnswer, AccessSide, Outcome
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.sentence import format_list
from reconciler.plan.access.assume_words import shorten_policy
from reconciler.plan.access.statement_sources import describe_statement_source

OUTCOMES = {Decision.ALLOW: Outcome.ALLOWED, Decision.DENY: Outcome.DENIED, Decision.DEPENDS: Outcome.DEPENDS}

_MAX_NAMED = 3


def answer_request(
    side: AccessSide,
    principal: Principal,
    address: Address,
    action: str,
    resource: str,
    keys: Mapping[str, tuple[str, ...]],
) -> AccessAnswer:
    """Return the answer to one request. keys: known keys of the request; without values, those that it lacks."""
    target = find_assumed_role(side, action, resource)
    known = find_resource_keys(side, action, resource)
    context = known.with_fallbacks(make_request_context(keys))
    verdict = decide_request(principal, action, resource, context, target)
    allowed, denied = _find_other_resources(principal, action, verdict) if resource == "*" else ((), ())
    fixed = principal.request_context.with_fallbacks(known if target is None else target.resource_context)
    return AccessAnswer(
        str(address),
        action,
        resource,
        OUTCOMES[verdict.decision],
        describe_reason(verdict.reason, principal, action, resource),
        tuple(sorted(verdict.keys)),
        tuple(describe_statement_source(one, address, side.state) for one in verdict.deciding_statements),
        allowed,
        denied,
        tuple(key for key in keys if fixed.find(key.lower())),
    )


def make_request_context(keys: Mapping[str, tuple[str, ...]]) -> Context:
    """Return the known keys of a request. keys: without values, those that it lacks."""
    values = {key: texts for key, texts in keys.items() if texts}
    return Context.of(values, absent=[key for key, texts in keys.items() if not texts])


def find_assumed_role(side: AccessSide, action: str, resource: str) -> Target | None:
    """Return the role that the request assumes; None if it assumes none, or one that is not known."""
    if action.lower() not in ROLE_ACTIONS:
        return None
    address = address_of(resource, side.state.account)
    return targets_of(side.state).get(address) if address else None


def find_resource_keys(side: AccessSide, action: str, resource: str) -> Context:
    """Return the keys of a request to IAM that follow from its resource, if that is an entity of the account."""
    return ResourceTags.of(side.state).find_keys(action, resource)


def decide_request(
    principal: Principal, action: str, resource: str, context: Context, target: Target | None
) -> Verdict:
    """Return the verdict on one request. target: as `find_assumed_role` returns it."""
    if target is not None:
        full = principal.request_context.with_fallbacks(target.resource_context, context)
        return evaluate_assumption(principal, target, action, full).verdict
    verdict = evaluate(principal, action, resource, context)
    if action.lower() in ROLE_ACTIONS and resource != "*" and not verdict.denied:
        keys = verdict.keys | {f"trust:{resource}"}
        return replace(verdict, decision=Decision.DEPENDS, keys=keys, reason=VerdictReason.UNKNOWN)
    return verdict


def describe_reason(reason: VerdictReason, principal: Principal, action: str, resource: str) -> str:
    """Return the reason for a verdict in words, with the name of the boundary or the guardrail."""
    if reason is VerdictReason.SERVICE_CONTROL:
        asked = PolicyStatement(IDENTITY, True, frozenset([action.lower()]), resources=frozenset([resource]))
        files = ServiceControls.of(principal).judge([asked]).stopped_by
        return f"the guardrails do not allow it: {format_list(files, _MAX_NAMED)}" if files else str(reason)
    if reason is VerdictReason.BOUNDARY and principal.boundary is not None:
        return f"the permissions boundary {shorten_policy(principal.boundary.label)} does not allow it"
    return str(reason)


def _find_other_resources(
    principal: Principal, action: str, verdict: Verdict
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return resources on which the action may be allowed although it is not on all, and the reverse."""
    statements = principal.compiled_policies.statements_for(action)
    limits = [limit.statements_for(action) for limit in principal.policy_sets[1:] if limit is not None]
    allows = () if verdict.allowed else statements.allows
    denies = () if verdict.denied else (*statements.denies, *(one for limit in limits for one in limit.denies))
    return _list_resources(allows, principal), _list_resources(denies, principal)


def _list_resources(statements: Iterable[CompiledStatement], principal: Principal) -> tuple[str, ...]:
    return tuple(sorted({text for one in statements for text in _list_patterns(one, principal)}))


def _list_patterns(statement: CompiledStatement, principal: Principal) -> Iterator[str]:
    if not statement.resources.negated:
        for patterns, _ in statement.resources.list_patterns(principal.request_context):
            yield from map(to_policy_text, patterns or ())
