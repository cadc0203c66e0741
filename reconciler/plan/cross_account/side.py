"""Decide whether the side of a principal refuses a role of another account whose trust names it.

Both sides must allow the call (IAM User Guide, "Cross-account policy evaluation logic"). The evaluator decides
(`access/role_assumption.py`); if its answer depends on what is not known here, nothing is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.access import (
    Principal,
    PrincipalMatch,
    Target,
    Verdict,
    VerdictReason,
    evaluate_assumption,
    evaluate_caller,
)
from reconciler.access.statement_scope import covers_action
from reconciler.access.trust_entrances import list_entrances
from reconciler.model.document import Document
from reconciler.model.guardrails import name_of_guardrail

ASSUME_ROLE = "sts:AssumeRole"
_FURTHER_ACTIONS = ("sts:TagSession", "sts:SetSourceIdentity")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An action that a trust allows a principal, and that something else refuses. reason: a part of a sentence.

    is_of_role: a resource control policy of the role's account refuses it, not the principal's side.
    """

    action: str
    reason: str
    is_of_role: bool = False


def find_refusal(principal: Principal, target: Target) -> Refusal | None:
    """Return the first action that the trust allows the principal by its ARN and that AWS surely refuses."""
    return next(
        (
            refusal
            for action in _list_actions(target.trust, principal.arn)
            if (refusal := _refuse_action(principal, target, action))
        ),
        None,
    )


def _list_actions(trust: Document, arn: str) -> Iterator[str]:
    """Yield the actions that the trust allows the principal. Further ones count only if the trust writes them out."""
    allows = [entrance.statement for entrance in list_entrances(trust) if entrance.value == arn]
    if any(covers_action(one, ASSUME_ROLE.lower()) for one in allows):
        yield ASSUME_ROLE
    for action in _FURTHER_ACTIONS:
        if any(action.lower() in one.actions and not one.not_action for one in allows):
            yield action


def _refuse_action(principal: Principal, target: Target, action: str) -> Refusal | None:
    context = principal.request_context.with_fallbacks(target.resource_context)
    evaluation = evaluate_assumption(principal, target, action, context)
    naming = PrincipalMatch.ROLE if principal.is_role else PrincipalMatch.DIRECT
    verdict = evaluate_caller(principal, target, evaluation, naming)
    if verdict.denied:
        return Refusal(action, _describe_reason(verdict))
    if evaluation.controls.truth.value:
        files = sorted({name_of_guardrail(source.label) for source in evaluation.controls.sources})
        return Refusal(action, f"the resource control policy {', '.join(files)} denies it", is_of_role=True)
    return None


def _describe_reason(verdict: Verdict) -> str:
    if verdict.reason is VerdictReason.EXPLICIT:
        return f"{', '.join(sorted({str(source) for source in verdict.deciding_statements}))} denies it"
    if verdict.reason is VerdictReason.IMPLICIT:
        return "none of its own policies allows it"
    return verdict.reason.value
