"""3,000 random requests get the answer of an independent evaluator, or a document of AWS says why not.

`tests/support/oracle_differences.py` lists the kinds of disagreement, with AWS's document for each. Our evaluator may
also answer "depends", if AWS's documents do not say what holds; `OPEN` lists on what. Two kinds of disagreement cannot be settled by AWS's documents:

- An ARN of fewer than six parts in a condition, such as `ArnLike: arn:aws:sns:*`. We complete it if it ends in `*`.
- `ForAnyValue:…IfExists` with a missing key. We follow "IfExists".

Not asked: KMS keys (`tests/support/oracle_worlds.py`), services and federated callers, BinaryEquals (no key is binary), and keys with several
values without a set operator, which AWS does not define.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest

from reconciler.access import (
    Context,
    Decision,
    PolicySource,
    Principal,
    ResourcePolicy,
    Target,
    Verdict,
    VerdictReason,
    can_assume,
    compile_policies,
    evaluate,
    evaluate_resource,
)
from reconciler.policy.canonical import canonical
from tests.support.examples import EXPLORING
from tests.support.iam_simulate import ask_evaluator, install_evaluator
from tests.support.oracle_differences import DIFFERENCES, list_rewritings
from tests.support.oracle_worlds import HOME, ORGANIZATION, Case, Raw, draw_cases

NUMBER = 15_000 if EXPLORING else 3_000
OPEN = ("boundary:", "session:", "not-principal:")
"""Grants to everyone within an account, grants to a user with a boundary in a trust, and NotPrincipal with some names."""


def _to_sources(policies: list[Raw]) -> tuple[PolicySource, ...]:
    return tuple(PolicySource(f"policy {number}", canonical(policy)) for number, policy in enumerate(policies))


def _evaluate(case: Case) -> Verdict:
    caller = case.caller
    principal = Principal(
        caller.arn,
        "user" if caller.kind == "user" else "session",
        caller.account,
        _to_sources(case.identity),
        boundary=None if case.boundary is None else PolicySource("boundary", canonical(case.boundary)),
        session=None if case.session is None else _to_sources([case.session]),
        unique_id=caller.unique_id,
        tags=caller.tags,
        role_arn="" if caller.kind == "user" else caller.iam_arn,
        service_controls=tuple(map(_to_sources, case.service_controls)),
        organization=case.keys.get("aws:PrincipalOrgID", ""),
    )
    context = Context.of(case.keys, absent=["*"])
    if case.resource_policy is None:
        return evaluate(principal, case.action, case.resource, context)
    document = canonical(case.resource_policy)
    if case.form == "trust":
        controls = _to_sources([policy for level in case.resource_controls for policy in level])
        return can_assume(principal, Target(case.resource, document, resource_controls=controls), context)
    policy = ResourcePolicy(compile_policies([PolicySource("resource", document)]), HOME)
    return evaluate_resource(principal, case.action, case.resource, context, policy).verdict


def _to_simulation(case: Case) -> dict[str, Any]:
    """Return the case as the evaluator reads it."""

    def name_all(policies: list[Raw]) -> list[Raw]:
        return [{"name": f"p{number}", "policy": policy} for number, policy in enumerate(policies)]

    def name_levels(levels: list[list[Raw]]) -> list[Raw]:
        return [{"orgIdentifier": f"ou-{number}", "policies": name_all(level)} for number, level in enumerate(levels)]

    optional = {
        "permissionBoundaryPolicies": None if case.boundary is None else name_all([case.boundary]),
        "sessionPolicy": case.session,
        "resourcePolicy": case.resource_policy,
    }
    return {
        "request": {
            "principal": case.caller.arn,
            "action": case.action,
            "resource": {"resource": case.resource, "accountId": HOME},
            "contextVariables": case.keys,
        },
        "identityPolicies": name_all(case.identity),
        "serviceControlPolicies": name_levels(case.service_controls),
        "resourceControlPolicies": name_levels(case.resource_controls),
        **{name: value for name, value in optional.items() if value is not None},
    }


def _is_open(verdict: Verdict) -> bool:
    return verdict.decision is Decision.DEPENDS and all(key.startswith(OPEN) for key in verdict.keys)
