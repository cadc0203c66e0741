"""Decides who may assume which role: the caller's policies and the role's trust policy together.

IAM User Guide: "Policy evaluation logic" (same account, cross-account), "AWS JSON policy elements: Principal", and
for what each way of naming a principal needs besides, "Determining whether a request is allowed or denied within
an account". Four places where AWS says less than we would like, or more:

- A trust that names a user, while the boundary of that user does not allow sts:AssumeRole. "Permissions boundaries
  for IAM entities" says that the boundary does not limit it, "Update a role trust policy" that it does. The verdict
  depends on `boundary:LABEL`.
- A trust that names everyone (`*`). With a condition on aws:PrincipalArn neither boundary nor session policy limits
  who is let in, explicit Denies apart ("AWS JSON policy elements: Principal", "IAM role principals"). Without one AWS
  says nothing: the verdict depends on `boundary:LABEL` and `session:policy`.
- A trust that names a role lets its sessions in without a policy of their own. To sts:SetSourceIdentity that does not
  apply: "When you assume a role with another role, permissions for sts:SetSourceIdentity are required in both the
  permissions policy of the principal who is assuming the role and in the role trust policy of the target role"
  ("Monitor and control actions taken with assumed roles").
- A role that assumes itself is not trusted implicitly ("Announcing an update to IAM role trust policy behavior");
  its ARN or its account must stand in the trust ("Update a role trust policy"), so no rule of its own is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from reconciler.access.compiled_policies import CompiledPolicies, compile_policies
from reconciler.access.context import NOTHING_KNOWN, Context, make_tag_context
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
    StatementSource,
    Verdict,
    VerdictReason,
    depends_on,
    reach_verdict,
    require_all,
)
from reconciler.model.document import Document

ASSUME_ACTIONS = {"oidc": "sts:AssumeRoleWithWebIdentity", "saml": "sts:AssumeRoleWithSAML"}
"""Kind of principal → the action by which it assumes, where that is not sts:AssumeRole."""


SET_SOURCE_IDENTITY = "sts:SetSourceIdentity"

ROLE_KEY_PREFIXES = ("aws:resource", "iam:resource")
"""How the keys of a request begin that describe the role."""


@dataclass(frozen=True)
class Target:
    """A role as something to assume. `tags` None: not known."""

    arn: str
    trust: Document
    tags: Mapping[str, str] | None = field(default=None, hash=False)

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
    def resource_context(self) -> Context:
        """The keys of OF_ROLES (Service Authorization Reference, "AWS STS")."""
        found = Context.of({"aws:ResourceAccount": self.account})
        return found if self.tags is None else found.with_fallbacks(make_tag_context(self.tags))


@dataclass(frozen=True, slots=True)
class AssumeEvaluation:
    """One action of a principal on a role: what the trust says, what its own policies say, and the outcome.

    `caller` None: the trust alone decides, as for services.
    """

    action: str
    trust: TrustAnswers
    caller: PrincipalAnswers | None
    verdict: Verdict


def can_assume(
    principal: Principal, role: Target, context: Context = NOTHING_KNOWN, also: Iterable[str] = ()
) -> Verdict:
    """May the principal assume the role? `also`: sts:TagSession, sts:SetSourceIdentity where the call carries them."""
    if principal.kind == "root":
        return Verdict(Decision.DENY, reason=VerdictReason.ROOT)
    full = principal.request_context.with_fallbacks(role.resource_context, context)
    first = _evaluate_action(principal, role, ASSUME_ACTIONS.get(principal.kind, "sts:AssumeRole"), full)
    rest = [_evaluate_action(principal, role, action, full) for action in also]
    return require_all([first, *rest]) if rest else first


def _evaluate_action(principal: Principal, role: Target, action: str, context: Context) -> Verdict:
    return examined(principal, role, action, context).verdict


def examined(principal: Principal, role: Target, action: str, context: Context) -> AssumeEvaluation:
    """`can_assume` for one action, with both sides shown. `context`: as `Principal.own.over(Target.own, …)` is."""
    trust = collect_trust_answers(role.compiled_trust.statements_for(action), principal, role.arn, context)
    if not principal.has_policies:
        alone = reach_verdict([trust.deny], [(answer,) for answer in trust.allows.values()] or _UNTRUSTED)
        return AssumeEvaluation(action, trust, None, alone)
    own = collect_answers(principal, action, role.arn, context)
    both = reach_verdict([*own.denies, trust.deny], _find_routes(principal, role, action, trust, own) or _UNTRUSTED)
    return AssumeEvaluation(action, trust, own, both)


def evaluate_trust(evaluation: AssumeEvaluation) -> Verdict:
    """What the trust says for itself, whatever the caller's own policies say."""
    return reach_verdict(
        [evaluation.trust.deny], [(answer,) for answer in evaluation.trust.allows.values()] or _UNTRUSTED
    )


def evaluate_caller(
    principal: Principal, role: Target, evaluation: AssumeEvaluation, naming: PrincipalMatch
) -> Verdict:
    """What the caller's own policies say, were the trust to let it in by this way of naming it."""
    if evaluation.caller is None:
        return Verdict(Decision.ALLOW, reason=VerdictReason.ALLOWED)
    open_trust = TrustAnswers({naming: Answer(YES)}, Answer(NO))
    return reach_verdict(
        evaluation.caller.denies, _find_routes(principal, role, evaluation.action, open_trust, evaluation.caller)
    )


_UNTRUSTED: list[Route] = [(Answer(NO, (), VerdictReason.TRUST),)]


def _find_routes(
    principal: Principal, role: Target, action: str, trust: TrustAnswers, own: PrincipalAnswers
) -> list[Route]:
    """What each way of being named needs besides the trust."""
    routes: list[Route] = []
    on_both_sides = principal.account != role.account or (principal.is_role and action == SET_SOURCE_IDENTITY)
    for naming, allowed in trust.allows.items():
        if on_both_sides or naming is PrincipalMatch.ACCOUNT:
            routes.append((allowed, own.identity, own.boundary, own.session))
        elif naming is PrincipalMatch.ROLE:
            routes.append((allowed, own.boundary, own.session))
        elif naming is PrincipalMatch.EVERYONE:
            routes.append((allowed, _dispute_boundary(principal, own.boundary), _dispute_session(own.session)))
        elif naming is PrincipalMatch.BY_ARN or principal.is_role:
            routes.append((allowed,))
        else:
            routes.append((allowed, _dispute_boundary(principal, own.boundary)))
    return routes


def _dispute_boundary(principal: Principal, boundary: Answer) -> Answer:
    """A boundary of which AWS's documents do not agree whether it counts here: its no becomes unknown."""
    if boundary.truth.value is not False or principal.boundary is None:
        return boundary
    label = principal.boundary.label
    return Answer(depends_on(f"boundary:{label}"), (StatementSource(label),), VerdictReason.BOUNDARY)


def _dispute_session(session: Answer) -> Answer:
    """A session policy of which AWS's documents do not say whether it counts here: its no becomes unknown."""
    return (
        session if session.truth.value is not False else Answer(depends_on("session:policy"), (), VerdictReason.SESSION)
    )
