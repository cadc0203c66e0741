"""Elements that single statements lack, and the verdict of each side alone; both agree with the evaluator."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.access import (
    WITHOUT_MFA,
    Context,
    Decision,
    PolicySource,
    Principal,
    PrincipalMatch,
    Target,
    VerdictReason,
    can_assume,
    evaluate_assumption,
    evaluate_caller,
    evaluate_trust,
    make_mfa_context,
    match_statements,
    match_trust_statements,
)
from reconciler.policy.canonical import canonical

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/a"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
ASSUME = "sts:AssumeRole"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
IP = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}


def trust(*statements: dict[str, Any]) -> Target:
    listed = [{"Effect": "Allow", "Action": ASSUME, **item} for item in statements]
    return Target(ROLE, canonical({"Version": "2012-10-17", "Statement": listed}), {})


def user(*statements: dict[str, Any]) -> Principal:
    listed = [{"Effect": "Allow", "Action": ASSUME, "Resource": "*", **item} for item in statements]
    document = canonical({"Version": "2012-10-17", "Statement": listed})
    return Principal(USER, "user", ACCOUNT, (PolicySource("p", document),), tags={})


def list_matches(who: Principal, role: Target, context: Context) -> Any:
    full = who.request_context.with_fallbacks(role.resource_context, context)
    return [
        (item.source.statement.sid if item.source.statement else "", item)
        for item in match_trust_statements(role.compiled_trust, who, ASSUME, role.arn, full)
    ]


def test_a_condition_fails_holds_or_is_open() -> None:
    role = trust({"Sid": "A", "Principal": {"AWS": USER}, "Condition": {**MFA, **IP}})
    ((_, without),) = list_matches(user(), role, WITHOUT_MFA)
    assert [item.key for item in without.failing_conditions] == ["aws:multifactorauthpresent"]
    assert [item.key for item in without.undecided_conditions] == ["aws:sourceip"]
    assert without.holds.value is False
    ((_, having),) = list_matches(user(), role, make_mfa_context())
    assert (having.failing_conditions, having.holds.value) == ((), None)
    ((_, all_known),) = list_matches(
        user(), role, make_mfa_context().with_fallbacks(Context.of({"aws:SourceIp": "10.1.2.3"}))
    )
    assert (all_known.failing_conditions, all_known.undecided_conditions, all_known.holds.value) == ((), (), True)


def test_a_statement_shows_how_it_names_the_principal_or_that_it_does_not() -> None:
    root = f"arn:aws:iam::{ACCOUNT}:root"
    role = trust(
        {"Sid": "A", "Principal": {"AWS": [USER, root]}},
        {"Sid": "B", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/b"}},
        {"Sid": "C", "Principal": {"AWS": USER}, "Action": "sts:TagSession"},
    )
    found = dict(list_matches(user(), role, WITHOUT_MFA))
    assert found["A"].principal_matches == {PrincipalMatch.DIRECT, PrincipalMatch.ACCOUNT}
    assert (found["B"].principal_matches, found["B"].matches_principal.value) == (frozenset(), False)
    assert "C" not in found


def test_statements_on_other_resources_are_left_out() -> None:
    who = user({"Sid": "A", "Resource": ROLE}, {"Sid": "B", "Resource": f"{ROLE}2"}, {"Sid": "C", "Effect": "Deny"})
    found = match_statements(who.compiled_policies, ASSUME, ROLE, who.request_context)
    assert {(item.source.statement.sid, item.effect) for item in found if item.source.statement} == {
        ("A", "Allow"),
        ("C", "Deny"),
    }


ROOT = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
SELF = {"Principal": {"AWS": USER}}
SIDES = [
    ("both allow", user({}), trust(ROOT), PrincipalMatch.ACCOUNT, Decision.ALLOW, Decision.ALLOW),
    ("only the trust", user({"Resource": "arn:x"}), trust(ROOT), PrincipalMatch.ACCOUNT, Decision.ALLOW, Decision.DENY),
    ("named, it needs no policy", user({"Action": "s3:*"}), trust(SELF), PrincipalMatch.DIRECT, Decision.ALLOW,
     Decision.ALLOW),
    ("only the caller", user({}), trust({"Principal": {"AWS": "*"}, "Condition": MFA}), PrincipalMatch.EVERYONE,
     Decision.DENY, Decision.ALLOW),
    ("a deny of the caller", user({"Effect": "Deny"}), trust(SELF), PrincipalMatch.DIRECT, Decision.ALLOW,
     Decision.DENY),
    ("a deny of the trust", user({}), trust(SELF, {**SELF, "Effect": "Deny"}), PrincipalMatch.DIRECT,
     Decision.DENY, Decision.ALLOW),
    ("an open condition", user({"Condition": IP}), trust(ROOT), PrincipalMatch.ACCOUNT, Decision.ALLOW,
     Decision.DEPENDS),
]  # fmt: skip


@pytest.mark.parametrize(("who", "role", "naming", "ours", "theirs"), [row[1:] for row in SIDES],
                         ids=[row[0] for row in SIDES])  # fmt: skip
def test_each_side_speaks_for_itself(
    who: Principal, role: Target, naming: PrincipalMatch, ours: Decision, theirs: Decision
) -> None:
    found = evaluate_assumption(
        who, role, ASSUME, who.request_context.with_fallbacks(role.resource_context, WITHOUT_MFA)
    )
    assert evaluate_trust(found).decision is ours
    assert evaluate_caller(who, role, found, naming).decision is theirs
    assert found.verdict == can_assume(who, role, WITHOUT_MFA)
    together = {ours, theirs}
    expected = Decision.DENY if Decision.DENY in together else Decision.DEPENDS if len(together) > 1 else Decision.ALLOW
    assert found.verdict.decision is expected


def test_a_side_says_why() -> None:
    who, role = user({"Effect": "Deny"}), trust(SELF)
    found = evaluate_assumption(who, role, ASSUME, who.request_context.with_fallbacks(role.resource_context))
    assert evaluate_caller(who, role, found, PrincipalMatch.DIRECT).reason is VerdictReason.EXPLICIT
    unnamed = trust({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/b"}})
    assert (
        evaluate_trust(
            evaluate_assumption(who, unnamed, ASSUME, who.request_context.with_fallbacks(unnamed.resource_context))
        ).reason
        is VerdictReason.TRUST
    )
