"""Find out if a principal can lift its own permissions boundary, and so take a way that the boundary holds back.

It can if the boundary allows it to remove or replace the boundary, or to write the policy that is the boundary (IAM
User Guide, "Permissions boundaries for IAM entities").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from reconciler.access.compiled_policies import CompiledPolicies
from reconciler.access.context import Context
from reconciler.access.escalation_paths import EscalationPath, load_paths
from reconciler.access.power_keys import find_allowed_actions
from reconciler.access.principal import Principal
from reconciler.access.principal_answers import evaluate
from reconciler.access.probes import best_of, make_probe
from reconciler.access.verdicts import Verdict, require_all


def _may_escape_boundary(principal: Principal) -> bool:
    """Return whether the policies and the boundary may allow an action that lifts the boundary, on something."""
    boundary = principal.compiled_boundary
    return boundary is not None and bool(_find_escaping_actions(principal.compiled_policies, boundary))


def find_boundary_escapes(
    principal: Principal, context: Context, find_ways_without: Callable[[Principal], Sequence[Verdict]]
) -> Iterator[tuple[EscalationPath, str, Verdict]]:
    """Yield each path by which a principal can lift its boundary, with the ARN that it is about.

    find_ways_without: returns the verdicts of the ways that a principal without the boundary has besides.
    """
    boundary = principal.boundary
    if boundary is None or not _may_escape_boundary(principal):
        return
    escapes = list(_list_escapes(principal, boundary.label, context))
    ways = find_ways_without(replace(principal, boundary=None)) if escapes else ()
    if ways:
        further = best_of(iter(ways))
        for path, target, verdict in escapes:
            yield path, target, require_all([verdict, further])


def _list_escapes(
    principal: Principal, boundary: str, context: Context
) -> Iterator[tuple[EscalationPath, str, Verdict]]:
    """Yield the paths that the principal may take. A boundary that replaces the old one is one that nobody named."""
    chosen = Context.of({"iam:PermissionsBoundary": make_probe(principal, "policy")})
    for path in _load_escapes():
        (step,) = path.steps
        is_own_policy = f":iam::{principal.account}:policy/" in boundary
        target = boundary if step.resource_type == "policy" else principal.role_arn or principal.arn
        if path.may_belong_to(principal.kind) and (is_own_policy or target != boundary):
            known = chosen.with_fallbacks(context) if ":Put" in step.action else context
            verdict = evaluate(principal, step.action, target, known)
            if not verdict.denied:
                yield path, target, verdict


@lru_cache(maxsize=1)
def _load_escapes() -> tuple[EscalationPath, ...]:
    return tuple(path for path in load_paths() if path.escapes_boundary)


def _find_escaping_actions(policies: CompiledPolicies, boundary: CompiledPolicies) -> frozenset[str]:
    actions = frozenset(action.lower() for path in _load_escapes() for action in path.actions)
    sides = (find_allowed_actions(side.documents).somewhere for side in (policies, boundary))
    return actions.intersection(*sides)
