"""Decide who may assume which role, by the caller's policies and the role's trust policy together.

IAM User Guide: "Policy evaluation logic" (same account, cross-account), "AWS JSON policy elements: Principal", and
for the policies that must also allow, depending on how the trust names the caller, "Determining whether a request is
allowed or denied within an account". In four cases AWS's documents are silent, or contradict each other:

- A trust that names a user, while the boundary of that user does not allow sts:AssumeRole. "Permissions boundaries
  for IAM entities" says that the boundary does not limit it, "Update a role trust policy" that it does. The verdict
  depends on `boundary:LABEL`.
- A trust that names everyone (`*`). With a condition on aws:PrincipalArn neither boundary nor session policy limits
  the caller, except by an explicit Deny ("AWS JSON policy elements: Principal", "IAM role principals"). Without such a
  condition AWS says nothing: the verdict depends on `boundary:LABEL` and `session:policy`.
- A trust that names a role lets its sessions in without a policy of their own. This does not apply to
  sts:SetSourceIdentity: "When you assume a role with another role, permissions for sts:SetSourceIdentity are required
  in both the permissions policy of the principal who is assuming the role and in the role trust policy of the target
  role" ("Monitor and control actions taken with assumed roles").
- A role does not trust itself implicitly ("Announcing an update to IAM role trust policy behavior"). The trust must
  name its ARN or its account ("Update a role trust policy"), so this case needs no rule of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from reconciler.access.compiled_policies import ActionStatements, CompiledPolicies, compile_policies
from reconciler.access.context import NOTHING_KNOWN, Context, make_tag_context
from reconciler.access.grant_limits import dispute_boundary, list_grant_limits
from reconciler.access.principal import Principal, PrincipalMatch
from reconciler.access.principal_answers import PrincipalAnswers, collect_answers
from reconciler.access.principal_matching import TrustAnswers, collect_trust_answers
from reconciler.access.verdicts import (
    NO,
    YES,
    Answer,
    Decision,
    PolicySource,
    Route,
    Verdict,
    VerdictReason,
    reach_verdict,
    require_all,
)
from reconciler.model.document import Document

ASSUME_ACTIONS = {"oidc": "sts:AssumeRoleWithWebIdentity", "saml": "sts:AssumeRoleWithSAML"}
"""Maps a kind of principal to the action by which it assumes a role, if that is not sts:AssumeRole."""

SET_SOURCE_IDENTITY = "sts:SetSourceIdentity"

ROLE_KEY_PREFIXES = ("aws:resource", "iam:resource")
"""The prefixes of the keys of a request that describe the role."""


@dataclass(frozen=True)
class Target:
    """A role to assume.

    tags: None if they are not known. resource_controls: the resource control policies (RCPs) over its account.
    """

    arn: str
    trust: Document
    tags: Mapping[str, str] | None = field(default=None, hash=False)
    resource_controls: tuple[PolicySource, ...] = ()

    @property
    def account(self) -> str:
        return self.arn.split(":", 5)[4]

    @property
    def label(self) -> str:
        return f"trust of {self.arn.split(':', 5)[5]}"

    @cached_property
    def compiled_trust(self) -> CompiledPolicies:
        return compile_policies([PolicySource(self.label, self.trust)])

    @cached_property
    def compiled_controls(self) -> CompiledPolicies:
        return compile_policies(self.resource_controls)

    @cached_property
    def without_guardrails(self) -> Target:
        """Return the same role without resource control policies."""
        return replace(self, resource_controls=()) if self.resource_controls else self

    def deciding_parts(self, action: str) -> tuple[ActionStatements, ...]:
        """Return the statements on an action that decide besides the caller's own: of the trust, and of the RCPs."""
        return self.compiled_trust.statements_for(action), self.compiled_controls.statements_for(action)

    @cached_property
    def resource_context(self) -> Context:
        """Return the known keys of ROLE_KEY_PREFIXES (Service Authorization Reference, "AWS STS")."""
        context = Context.of({"aws:ResourceAccount": self.account})
        return context if self.tags is None else context.with_fallbacks(make_tag_context(self.tags))


@dataclass(frozen=True, slots=True)
class AssumeEvaluation:
    """The evaluation of one action of a principal on a role.

    trust: the answers of the trust policy. controls: does a resource control policy deny it?
    caller: the answers of the principal's own policies; None if the trust alone decides, as for services.
    verdict: the outcome.
    """

    action: str
    trust: TrustAnswers
    caller: PrincipalAnswers | None
    verdict: Verdict
    controls: Answer


def can_assume(
    principal: Principal, role: Target, context: Context = NOTHING_KNOWN, also: Iterable[str] = ()
) -> Verdict:
    """Return whether the principal may assume the role.

    context: the known keys of the call, besides those of the principal and the role.
    also: further actions of the call, if it carries tags or a source identity: sts:TagSession, sts:SetSourceIdentity.
    """
    if principal.kind == "root":
        return Verdict(Decision.DENY, reason=VerdictReason.ROOT)
    full = principal.request_context.with_fallbacks(role.resource_context, context)
    first = _evaluate_action(principal, role, ASSUME_ACTIONS.get(principal.kind, "sts:AssumeRole"), full)
    other_verdicts = [_evaluate_action(principal, role, action, full) for action in also]
    return require_all([first, *other_verdicts]) if other_verdicts else first


def _evaluate_action(principal: Principal, role: Target, action: str, context: Context) -> Verdict:
    return evaluate_assumption(principal, role, action, context).verdict


def evaluate_assumption(principal: Principal, role: Target, action: str, context: Context) -> AssumeEvaluation:
    """Return the evaluation of one action of `can_assume`, with the answers of both sides.

    context: all known keys of the call, including `Principal.request_context` and `Target.resource_context`.
    """
    trust = collect_trust_answers(role.compiled_trust.statements_for(action), principal, role.arn, context)
    controls = role.compiled_controls.statements_for(action).evaluate_denies(role.arn, context)
    denies = [trust.deny, controls]
    if not principal.has_policies:
        verdict = reach_verdict(denies, [(answer,) for answer in trust.allows.values()] or _UNTRUSTED)
        return AssumeEvaluation(action, trust, None, verdict, controls)
    caller = collect_answers(principal, action, role.arn, context)
    routes = _find_routes(principal, role, action, trust, caller) or _UNTRUSTED
    return AssumeEvaluation(action, trust, caller, reach_verdict([*caller.denies, *denies], routes), controls)


def evaluate_trust(evaluation: AssumeEvaluation) -> Verdict:
    """Return the verdict of the trust and the resource control policies, without the caller's own policies."""
    routes = [(answer,) for answer in evaluation.trust.allows.values()]
    return reach_verdict([evaluation.trust.deny, evaluation.controls], routes or _UNTRUSTED)


def evaluate_caller(
    principal: Principal, role: Target, evaluation: AssumeEvaluation, naming: PrincipalMatch
) -> Verdict:
    """Return the verdict of the caller's own policies, as if the trust named the caller in this way."""
    if evaluation.caller is None:
        return Verdict(Decision.ALLOW, reason=VerdictReason.ALLOWED)
    open_trust = TrustAnswers({naming: Answer(YES)}, Answer(NO))
    return reach_verdict(
        evaluation.caller.denies, _find_routes(principal, role, evaluation.action, open_trust, evaluation.caller)
    )


_UNTRUSTED: list[Route] = [(Answer(NO, (), VerdictReason.TRUST),)]


def _find_routes(
    principal: Principal, role: Target, action: str, trust: TrustAnswers, caller: PrincipalAnswers
) -> list[Route]:
    """Return a route for each way in which the trust names the caller: the answers that must all be yes."""
    routes: list[Route] = []
    both_sides_needed = principal.account != role.account or (principal.is_role and action == SET_SOURCE_IDENTITY)
    for naming, allowed in trust.allows.items():
        if both_sides_needed or naming is PrincipalMatch.ACCOUNT:
            routes.append((allowed, caller.identity, caller.boundary, caller.session))
        elif naming is PrincipalMatch.DIRECT and not principal.is_role:
            routes.append((allowed, dispute_boundary(principal, caller.boundary)))
        else:
            routes.append((allowed, *list_grant_limits(principal, naming, caller)))
    return [(*route, *caller.service_controls) for route in routes]
