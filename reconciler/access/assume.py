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

from reconciler.access.compiled import Compiled, compiled
from reconciler.access.context import NOTHING_KNOWN, Context, tagged
from reconciler.access.identity import Sides, sides
from reconciler.access.naming import TrustAnswers, trust_answers
from reconciler.access.principal import Naming, Principal
from reconciler.access.values import (
    NO,
    YES,
    Answer,
    Decision,
    PolicySource,
    Route,
    Source,
    Verdict,
    Why,
    conjunction,
    unknown,
    verdict,
)
from reconciler.model.document import Document

ASSUME = {"oidc": "sts:AssumeRoleWithWebIdentity", "saml": "sts:AssumeRoleWithSAML"}
"""Kind of principal → the action by which it assumes, where that is not sts:AssumeRole."""


SET_SOURCE_IDENTITY = "sts:SetSourceIdentity"

OF_ROLES = ("aws:resource", "iam:resource")
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
    def compiled_trust(self) -> Compiled:
        return compiled([PolicySource(self.label, self.trust)])

    @cached_property
    def own(self) -> Context:
        """The keys of OF_ROLES (Service Authorization Reference, "AWS STS")."""
        found = Context.of({"aws:ResourceAccount": self.account})
        return found if self.tags is None else found.over(tagged(self.tags))


@dataclass(frozen=True, slots=True)
class Examined:
    """One action of a principal on a role: what the trust says, what its own policies say, and the outcome.

    `own` None: the trust alone decides, as for services.
    """

    action: str
    trust: TrustAnswers
    own: Sides | None
    verdict: Verdict


def can_assume(
    principal: Principal, role: Target, context: Context = NOTHING_KNOWN, also: Iterable[str] = ()
) -> Verdict:
    """May the principal assume the role? `also`: sts:TagSession, sts:SetSourceIdentity where the call carries them."""
    if principal.kind == "root":
        return Verdict(Decision.DENY, why=Why.ROOT)
    full = principal.own.over(role.own, context)
    first = _one(principal, role, ASSUME.get(principal.kind, "sts:AssumeRole"), full)
    rest = [_one(principal, role, action, full) for action in also]
    return conjunction([first, *rest]) if rest else first


def _one(principal: Principal, role: Target, action: str, context: Context) -> Verdict:
    return examined(principal, role, action, context).verdict


def examined(principal: Principal, role: Target, action: str, context: Context) -> Examined:
    """`can_assume` for one action, with both sides shown. `context`: as `Principal.own.over(Target.own, …)` is."""
    trust = trust_answers(role.compiled_trust.slice(action), principal, role.arn, context)
    if not principal.has_policies:
        alone = verdict([trust.denied], [(answer,) for answer in trust.allowed.values()] or _UNTRUSTED)
        return Examined(action, trust, None, alone)
    own = sides(principal, action, role.arn, context)
    both = verdict([*own.denies, trust.denied], _routes(principal, role, action, trust, own) or _UNTRUSTED)
    return Examined(action, trust, own, both)


def trust_side(found: Examined) -> Verdict:
    """What the trust says for itself, whatever the caller's own policies say."""
    return verdict([found.trust.denied], [(answer,) for answer in found.trust.allowed.values()] or _UNTRUSTED)


def caller_side(principal: Principal, role: Target, found: Examined, naming: Naming) -> Verdict:
    """What the caller's own policies say, were the trust to let it in by this way of naming it."""
    if found.own is None:
        return Verdict(Decision.ALLOW, why=Why.ALLOWED)
    open_trust = TrustAnswers({naming: Answer(YES)}, Answer(NO))
    return verdict(found.own.denies, _routes(principal, role, found.action, open_trust, found.own))


_UNTRUSTED: list[Route] = [(Answer(NO, (), Why.TRUST),)]


def _routes(principal: Principal, role: Target, action: str, trust: TrustAnswers, own: Sides) -> list[Route]:
    """What each way of being named needs besides the trust."""
    routes: list[Route] = []
    on_both_sides = principal.account != role.account or (principal.is_role and action == SET_SOURCE_IDENTITY)
    for naming, allowed in trust.allowed.items():
        if on_both_sides or naming is Naming.ACCOUNT:
            routes.append((allowed, own.identity, own.boundary, own.session))
        elif naming is Naming.ROLE:
            routes.append((allowed, own.boundary, own.session))
        elif naming is Naming.EVERYONE:
            routes.append((allowed, _disputed_boundary(principal, own.boundary), _disputed_session(own.session)))
        elif naming is Naming.BY_ARN or principal.is_role:
            routes.append((allowed,))
        else:
            routes.append((allowed, _disputed_boundary(principal, own.boundary)))
    return routes


def _disputed_boundary(principal: Principal, boundary: Answer) -> Answer:
    """A boundary of which AWS's documents do not agree whether it counts here: its no becomes unknown."""
    if boundary.truth.value is not False or principal.boundary is None:
        return boundary
    label = principal.boundary.label
    return Answer(unknown(f"boundary:{label}"), (Source(label),), Why.BOUNDARY)


def _disputed_session(session: Answer) -> Answer:
    """A session policy of which AWS's documents do not say whether it counts here: its no becomes unknown."""
    return session if session.truth.value is not False else Answer(unknown("session:policy"), (), Why.SESSION)
