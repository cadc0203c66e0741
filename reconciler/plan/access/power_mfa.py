"""Tell whether MFA opens a way to administrator power: it is closed without, and open with it. Pure."""

from __future__ import annotations

from reconciler.access import EscalationPath, MfaRequirement, Principal, Target, Verdict, evaluate, evaluate_path
from reconciler.access.context import MFA_OF_ANY_AGE, NO_MFA_POSSIBLE, Context
from reconciler.policy.global_keys import MFA_KEYS


def demands_mfa(principal: Principal, path: EscalationPath, verdict: Verdict, target: str | Target = "") -> bool:
    """Return whether a way is open with MFA only.

    verdict: on the way, while nothing is known of MFA. target: the ARN of what it takes over, or the role that it
    assumes; "" for all resources of a type.
    """
    if MFA_KEYS.isdisjoint(verdict.keys):
        return False
    if isinstance(target, Target):
        return principal.kind == "user" and MfaRequirement(principal, target).is_required_always
    if target:
        return any(_opens_action(principal, action, target) for action in path.actions)
    without, with_mfa = (_evaluate_broad(path, principal, known) for known in (NO_MFA_POSSIBLE, MFA_OF_ANY_AGE))
    return without.denied and not with_mfa.denied


def _opens_action(principal: Principal, action: str, target: str) -> bool:
    """Return whether MFA opens one action. An action of a way that works on other resources shows nothing."""
    without = evaluate(principal, action, target, NO_MFA_POSSIBLE)
    return without.denied and not evaluate(principal, action, target, MFA_OF_ANY_AGE).denied


def _evaluate_broad(path: EscalationPath, principal: Principal, known: Context) -> Verdict:
    return evaluate_path(path, principal.known_part, known)
