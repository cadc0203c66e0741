"""3,000 random requests get the answer of an independent evaluator, or a document of AWS says why not.

`tests/support/oracle_differences.py` lists the kinds of disagreement, each with AWS's document, and with a rewriting of
the case that the evaluator reads as AWS documents it. Our evaluator may also answer "depends" if AWS's documents do not
say what holds (`OPEN`).

AWS's documents do not settle four kinds of disagreement:

- An ARN of fewer than six parts in a condition, such as `ArnLike: arn:aws:sns:*`. We complete it if it ends in `*`.
- `ForAnyValue:…IfExists` with a missing key. We follow IfExists: the condition holds.
- A wildcard in the type of a resource, such as `arn:aws:iam::123456789012:u*/alice`. We read it.
- A number with an exponent, such as `1e1`. We read it.

The requests leave out KMS keys (`tests/support/oracle_vocabulary.py`), services and federated callers, BinaryEquals (no
key here is binary), and conditions without a set operator on keys with several values (AWS does not define them).
Resource control policies take part only for sts:AssumeRole: elsewhere we do not count them.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

from reconciler.access import (
    Context,
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
from tests.support.oracle_vocabulary import HOME
from tests.support.oracle_worlds import Case, Raw, draw_cases

NUMBER, SEED = (15_000, random.randrange(10**6)) if EXPLORING else (3_000, 11)
OPEN = ("boundary:", "session:", "not-principal:")
"""What an answer may depend on (`Verdict.keys`): limits of a grant to everyone or to a user, names in NotPrincipal."""


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


def _outcome_of(verdict: Verdict) -> str:
    """Return the outcome in the evaluator's words; "" if it depends on what AWS's documents leave open."""
    if verdict.allowed:
        return "Allowed"
    if verdict.denied:
        return "ExplicitlyDenied" if verdict.reason is VerdictReason.EXPLICIT else "ImplicitlyDenied"
    assert all(key.startswith(OPEN) for key in verdict.keys), verdict.keys
    return ""


def _ask(folder: Path, cases: list[Case]) -> list[str]:
    """Return the evaluator's outcomes. It must accept every case, and use every key."""
    answers = ask_evaluator(folder, [_to_simulation(case) for case in cases])
    for case, answer in zip(cases, answers, strict=True):
        assert "errors" not in answer, (answer, case)
        assert not answer["ignored"], (answer, case)
    return [answer["result"] for answer in answers]


def _explain(folder: Path, cases: list[Case], outcomes: list[str]) -> list[str]:
    """Return the difference that explains each disagreement; "" if none does. outcomes: ours."""
    rewritings = [list_rewritings(case) for case in cases]
    answers = iter(_ask(folder, [case for listed in rewritings for _, case in listed]))
    explanations = []
    for outcome, listed in zip(outcomes, rewritings, strict=True):
        agreeing = [name for name, _ in listed if next(answers) == outcome]
        explanations.append(agreeing[0] if agreeing else "")
    return explanations


def test_an_independent_evaluator_gives_the_same_answers_but_for_known_differences() -> None:
    folder = install_evaluator()
    cases = draw_cases(NUMBER, SEED)
    ours, theirs = [_outcome_of(_evaluate(case)) for case in cases], _ask(folder, cases)
    settled = Counter((case.form, outcome) for case, outcome in zip(cases, ours, strict=True))
    for form in ("identity", "resource", "trust"):
        for outcome in ("Allowed", "ExplicitlyDenied", "ImplicitlyDenied"):
            assert settled[form, outcome] > NUMBER / 20, settled
        assert settled[form, ""] < NUMBER / 100, settled
    differing = [number for number, outcome in enumerate(ours) if outcome not in ("", theirs[number])]
    explanations = _explain(folder, [cases[number] for number in differing], [ours[number] for number in differing])
    unexplained = [number for number, name in zip(differing, explanations, strict=True) if not name]
    shown = [
        f"{ours[number]}, not {theirs[number]}: {json.dumps(_to_simulation(cases[number]))}" for number in unexplained
    ]
    assert not shown, f"{len(shown)} unexplained disagreements (seed {SEED}):\n" + "\n".join(shown[:5])
    unseen = {item.name for item in DIFFERENCES} - set(explanations)
    assert EXPLORING or not unseen, f"These differences are gone, or the cases no longer show them: {unseen}"
    assert len(differing) < NUMBER / 20
