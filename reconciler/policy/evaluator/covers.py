"""Which administrator-like power does a principal have: `*`, `iam:*`, or a known path to it, each by its name.

A path counts where its actions are allowed on things that no statement can have meant by name: the question is put
to the evaluator for a user, a role, a policy… with an unlikely name, so that wildcards and NotAction cover, and
Denies, boundaries and conditions subtract. Power over a few named things is not found by this, unless they are the
principal itself or given as `targets` (say, the administrators of the account).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.policy.evaluator.context import NOTHING_KNOWN, Context
from reconciler.policy.evaluator.identity import evaluate
from reconciler.policy.evaluator.paths import PATHS, EscalationPath, Grade, Step
from reconciler.policy.evaluator.principal import Principal
from reconciler.policy.evaluator.values import Decision, Verdict, conjunction

_UNLIKELY = "zz-8f1c-nobody"
_SORTS = {"user": "user", "role": "role", "group": "group", "policy": "policy", "provider": "oidc-provider"}


@dataclass(frozen=True, slots=True)
class Power:
    """`name` is the path's; `verdict` allows, or depends on keys."""

    name: str
    grade: Grade
    verdict: Verdict


UNSEEN = "policies whose content is not known"
"""The one Power that stands for all paths that depend on nothing but the content of policies."""


def probes(principal: Principal, on: str) -> tuple[str, ...]:
    """Resources that must all be allowed for a power over this sort of thing."""
    iam = f"arn:{principal.partition}:iam::{principal.account}"
    if on == "everything":
        return tuple(f"{iam}:{_SORTS[sort]}/{_UNLIKELY}" for sort in ("user", "role", "group", "policy"))
    if on in _SORTS:
        return (f"{iam}:{_SORTS[on]}/{_UNLIKELY}",)
    return (f"arn:{principal.partition}:zz-any-service:zz-any-region:{principal.account}:{_UNLIKELY}",)


def powers(
    principal: Principal,
    context: Context = NOTHING_KNOWN,
    targets: Mapping[str, Iterable[str]] | None = None,
    grades: Iterable[Grade] = (Grade.ADMINISTRATOR, Grade.ESCALATION),
) -> tuple[Power, ...]:
    """What the principal can make itself an administrator with. `targets`: sort (user, role, …) → ARNs that count

    as much as any. Paths that depend on unknown policies only are one Power, named UNSEEN.
    """
    wanted, given = frozenset(grades), {sort: tuple(arns) for sort, arns in (targets or {}).items()}
    found: list[Power] = []
    unseen: list[Verdict] = []
    for path in PATHS:
        if path.grade not in wanted:
            continue
        answer = _walked(path, principal, context, given)
        if answer.denied:
            continue
        if answer.keys and all(key.startswith("policy:") for key in answer.keys):
            unseen.append(answer)
        else:
            found.append(Power(path.name, path.grade, answer))
    if unseen:
        found.append(Power(UNSEEN, Grade.ESCALATION, conjunction(unseen)))
    return tuple(found)


def _walked(
    path: EscalationPath, principal: Principal, context: Context, targets: Mapping[str, tuple[str, ...]]
) -> Verdict:
    """One path: each step must be allowed. All steps are tried on any thing, then on oneself and the targets."""
    steps = []
    for step in path.steps:
        verdict = _stepped(step, path.own, principal, context, targets.get(step.on, ()))
        if verdict.denied:
            return verdict
        steps.append(verdict)
    return conjunction(steps)


def _stepped(step: Step, own: bool, principal: Principal, context: Context, targets: tuple[str, ...]) -> Verdict:
    choices = [] if step.on == "self" else [probes(principal, step.on)]
    choices += [(arn,) for arn in (_own(principal, step.on) if own else ())] + [(arn,) for arn in targets]
    verdicts = [
        conjunction(evaluate(principal, action, resource, context) for resource in resources)
        for action in step.actions
        for resources in choices
    ]
    order = [Decision.ALLOW, Decision.DEPENDS, Decision.DENY]
    return min(verdicts, key=lambda item: order.index(item.decision), default=Verdict(Decision.DENY))


def _own(principal: Principal, on: str) -> tuple[str, ...]:
    """The principal itself, its groups, or the managed policies that it has."""
    if on == "self":
        return (principal.role_arn or principal.arn,) if principal.is_role else ()
    if on == "group":
        return principal.groups
    if on == "user":
        return (principal.arn,) if principal.kind == "user" else ()
    mark = f":iam::{principal.account}:policy/"
    return tuple(source.label for source in principal.policies if on == "policy" and mark in source.label)
