"""Principals that may assume a role: IAM User Guide, "Policy evaluation logic" and "Principal"; facts of AssumeRole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.access import (
    NOTHING_KNOWN,
    WITHOUT_MFA,
    Context,
    PolicySource,
    Principal,
    Target,
    can_assume,
    group_equivalent_pairs,
    make_external_principal,
    make_mfa_context,
)
from reconciler.policy.canonical import canonical

A, B = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{A}:role/app"
USER = f"arn:aws:iam::{A}:user/alice"
CALLER = f"arn:aws:iam::{A}:role/ci/deployer"
SESSION = f"arn:aws:sts::{A}:assumed-role/deployer/run-1"
ROOT = f"arn:aws:iam::{A}:root"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def source(label: str, *statements: Mapping[str, Any]) -> PolicySource:
    return PolicySource(label, canonical({"Version": "2012-10-17", "Statement": [dict(item) for item in statements]}))


def says(effect: str, resource: Any = "*", action: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def trust(principal: Any, *others: Mapping[str, Any], action: Any = "sts:AssumeRole", **more: Any) -> Target:
    first = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return Target(ROLE, source("trust", first, *others).document, {})  # type: ignore[arg-type]


NOTHING = source("nothing")
ASSUMES = source("assumes", says("Allow", ROLE))
OTHERS = source("others", says("Allow", f"arn:aws:iam::{A}:role/other"))
S3_ONLY = source("s3-only", says("Allow", action="s3:*"))
ALL = source("all", says("Allow", action="*"))
DENIES = source("denies", says("Deny"))


def user(*policies: PolicySource, boundary: PolicySource | None = None) -> Principal:
    return Principal(USER, "user", A, policies, boundary, unique_id="AIDAALICE", tags={"team": "red"})


def role(*policies: PolicySource, boundary: PolicySource | None = None) -> Principal:
    return Principal(CALLER, "role", A, policies, boundary, unique_id="AROADEPLOYER")


def session(*policies: PolicySource, boundary: PolicySource | None = None) -> Principal:
    return Principal(SESSION, "session", A, policies, boundary, role_arn=CALLER)


def narrow_session(*session_policy: PolicySource) -> Principal:
    return Principal(SESSION, "session", A, (ASSUMES,), session=session_policy, role_arn=CALLER)


@pytest.mark.parametrize(
    ("principal", "named", "decision"),
    [
        (user(), USER, "allow"),
        (user(boundary=ALL), USER, "allow"),
        (user(boundary=S3_ONLY), USER, "depends"),  # two AWS documents disagree
        (user(DENIES), USER, "deny"),
        (user(boundary=DENIES), USER, "deny"),
        (user(), ROOT, "deny"),
        (user(), A, "deny"),
        (user(ASSUMES), ROOT, "allow"),
        (user(ASSUMES), A, "allow"),
        (user(OTHERS), ROOT, "deny"),
        (user(ASSUMES, boundary=S3_ONLY), ROOT, "deny"),
        (user(ASSUMES, boundary=ALL), ROOT, "allow"),
        (user(ASSUMES, DENIES), ROOT, "deny"),
        (user(), "*", "allow"),
        (user(boundary=S3_ONLY), "*", "depends"),
        (user(ASSUMES), f"arn:aws:iam::{A}:user/Alice", "deny"),  # letter case counts
        (user(ASSUMES), f"arn:aws:iam::{A}:user/bob", "deny"),
        (user(ASSUMES), f"arn:aws:iam::{B}:root", "deny"),
        (user(), "AIDAALICE", "allow"),
        (user(ASSUMES), "AIDAGONE", "deny"),
        (role(), CALLER, "allow"),
        (role(boundary=S3_ONLY), CALLER, "deny"),
        (role(boundary=ALL), CALLER, "allow"),
        (role(), "AROADEPLOYER", "allow"),
        (role(boundary=S3_ONLY), "AROADEPLOYER", "deny"),
        (role(), f"arn:aws:iam::{A}:role/deployer", "deny"),  # the path is part of the name
        (role(), SESSION, "depends"),
        (session(), SESSION, "allow"),
        (session(boundary=S3_ONLY), SESSION, "allow"),
        (session(boundary=S3_ONLY), CALLER, "deny"),
        (session(), f"{SESSION}0", "deny"),
        (narrow_session(S3_ONLY), CALLER, "deny"),
        (narrow_session(S3_ONLY), ROOT, "deny"),
        (narrow_session(S3_ONLY), SESSION, "allow"),
        (narrow_session(ALL), ROOT, "allow"),
        (session(ASSUMES), ROOT, "allow"),
        (Principal(ROOT, "root", A), ROOT, "deny"),
    ],
)
def test_in_one_account_it_matters_how_the_trust_names_the_caller(
    principal: Principal, named: str, decision: str
) -> None:
    assert can_assume(principal, trust({"AWS": named})).decision == decision


def match_arns(operator: str, *arns: str, key: str = "aws:PrincipalArn") -> dict[str, Any]:
    return {operator: {key: list(arns)}}


@pytest.mark.parametrize(
    ("principal", "condition", "decision"),
    [
        (session(boundary=S3_ONLY), match_arns("ArnLike", CALLER), "allow"),
        (narrow_session(S3_ONLY), match_arns("ArnEquals", CALLER), "allow"),
        (narrow_session(S3_ONLY), match_arns("StringLike", f"arn:aws:iam::{A}:role/ci/*"), "allow"),
        (narrow_session(S3_ONLY), match_arns("StringEqualsIfExists", CALLER), "allow"),
        (role(boundary=S3_ONLY), match_arns("StringEquals", CALLER, key="AWS:principalarn"), "allow"),
        (user(boundary=S3_ONLY), match_arns("ArnLike", USER), "allow"),
        (user(boundary=S3_ONLY), match_arns("ArnLike", CALLER), "deny"),
        # An explicit Deny counts, wherever it stands.
        (session(boundary=DENIES), match_arns("ArnLike", CALLER), "deny"),
        (narrow_session(ALL, DENIES), match_arns("ArnLike", CALLER), "deny"),
        (session(DENIES), match_arns("ArnLike", CALLER), "deny"),
        # AWS says so of this key only, and of ARNs that are meant.
        (user(boundary=S3_ONLY), match_arns("ArnNotLike", CALLER), "depends"),
        (narrow_session(S3_ONLY), match_arns("StringEquals", A, key="aws:PrincipalAccount"), "depends"),
        (narrow_session(S3_ONLY), {}, "depends"),
        (session(boundary=S3_ONLY), {}, "depends"),
        (narrow_session(ALL), {}, "allow"),
        (narrow_session(S3_ONLY, DENIES), {}, "deny"),
    ],
)
def test_neither_boundary_nor_session_policy_limits_who_is_picked_by_arn_among_everyone(
    principal: Principal, condition: dict[str, Any], decision: str
) -> None:
    for everyone in ("*", {"AWS": "*"}):
        assert can_assume(principal, trust(everyone, Condition=condition)).decision == decision


def test_across_accounts_one_picked_by_arn_needs_its_own_policy_all_the_same() -> None:
    far = Principal(FAR, "user", B)
    assert can_assume(far, trust({"AWS": "*"}, Condition=match_arns("ArnLike", FAR))).denied


FAR = f"arn:aws:iam::{B}:user/eve"


@pytest.mark.parametrize("named", [FAR, f"arn:aws:iam::{B}:root", "*"])
@pytest.mark.parametrize(
    ("policies", "boundary", "decision"),
    [((), None, "deny"), ((ASSUMES,), None, "allow"), ((ASSUMES,), S3_ONLY, "deny"), ((ASSUMES, DENIES), None, "deny")],
)
def test_across_accounts_both_sides_must_allow(
    named: str, policies: tuple[PolicySource, ...], boundary: PolicySource | None, decision: str
) -> None:
    assert can_assume(Principal(FAR, "user", B, policies, boundary), trust({"AWS": named})).decision == decision


def test_of_an_outsider_the_policies_are_not_known() -> None:
    assert can_assume(make_external_principal(FAR), trust({"AWS": FAR})).keys == {f"policy:{FAR}"}
    assert can_assume(make_external_principal(FAR), trust({"AWS": ROOT})).denied
    anyone = make_external_principal(f"arn:aws:iam::{B}:root")
    assert f"principal:{FAR}" in can_assume(anyone, trust({"AWS": FAR})).keys


def test_a_role_does_not_trust_itself_unless_the_trust_says_so() -> None:
    itself = Principal(ROLE, "role", A, (ALL,))
    assert can_assume(itself, trust({"AWS": CALLER})).denied
    assert can_assume(itself, trust({"AWS": ROLE})).allowed
    assert can_assume(itself, trust({"AWS": ROOT})).allowed


@pytest.mark.parametrize(
    ("principal", "context", "decision"),
    [
        (user(), WITHOUT_MFA, "deny"),
        (user(), make_mfa_context(), "allow"),
        (user(), NOTHING_KNOWN, "depends"),
        (role(), NOTHING_KNOWN, "deny"),  # no MFA context reaches a role session
        (session(), NOTHING_KNOWN, "deny"),
        (role(), make_mfa_context(), "deny"),  # whatever the context claims
    ],
)
def test_a_trust_that_demands_mfa(principal: Principal, context: Context, decision: str) -> None:
    target = trust({"AWS": [USER, CALLER]}, Condition=MFA)
    assert can_assume(principal, target, context).decision == decision


def test_mfa_may_not_be_too_old() -> None:
    target = trust({"AWS": USER}, Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}})
    assert can_assume(user(), target, make_mfa_context(3599)).allowed
    assert can_assume(user(), target, make_mfa_context(3600)).denied
    assert can_assume(user(), target, WITHOUT_MFA).denied


def test_the_confused_deputy_needs_the_external_id() -> None:
    target = trust({"AWS": f"arn:aws:iam::{B}:root"}, Condition={"StringEquals": {"sts:ExternalId": "Unique-1"}})
    vendor = Principal(FAR, "user", B, (ASSUMES,))
    assert can_assume(vendor, target, Context.of(absent=["sts:ExternalId"])).denied
    assert can_assume(vendor, target, Context.of({"sts:ExternalId": "unique-1"})).denied
    assert can_assume(vendor, target, Context.of({"sts:ExternalId": "Unique-1"})).allowed
    assert can_assume(vendor, target).keys == {"sts:externalid"}


def test_services_and_providers_are_let_in_by_the_trust_alone() -> None:
    service = Principal("lambda.amazonaws.com", "service", "")
    assert can_assume(service, trust({"Service": "lambda.amazonaws.com"})).allowed
    assert can_assume(service, trust({"Service": "ec2.amazonaws.com"})).denied
    assert can_assume(service, trust({"AWS": "*"})).denied
    guarded = trust({"Service": "lambda.amazonaws.com"}, Condition={"StringEquals": {"aws:SourceAccount": A}})
    assert can_assume(service, guarded).keys == {"aws:sourceaccount"}
    provider = f"arn:aws:iam::{A}:oidc-provider/token.actions.githubusercontent.com"
    sub = "token.actions.githubusercontent.com:sub"
    target = trust(
        {"Federated": provider},
        action="sts:AssumeRoleWithWebIdentity",
        Condition={"StringLike": {sub: "repo:acme/*:ref:refs/heads/main"}},
    )
    caller = Principal(provider, "oidc", A)
    assert can_assume(caller, target, Context.of({sub: "repo:acme/app:ref:refs/heads/main"})).allowed
    assert can_assume(caller, target, Context.of({sub: "repo:evil/app:ref:refs/heads/main"})).denied
    assert can_assume(user(ALL), target).denied


@pytest.mark.parametrize(
    ("principal", "action", "may"),
    [
        (user(), "sts:SetSourceIdentity", True),
        (role(), "sts:SetSourceIdentity", False),
        (role(ALL), "sts:SetSourceIdentity", True),
        (role(), "sts:TagSession", True),
    ],
)
def test_a_role_needs_a_policy_to_pass_a_source_identity_on_even_if_the_trust_names_it(
    principal: Principal, action: str, may: bool
) -> None:
    target = trust({"AWS": principal.arn}, action=["sts:AssumeRole", action])
    assert can_assume(principal, target).allowed
    assert can_assume(principal, target, also=[action]).allowed is may


def test_session_tags_and_source_identity_are_further_actions() -> None:
    target = trust({"AWS": ROOT}, action=["sts:AssumeRole", "sts:TagSession"])
    assert can_assume(user(ALL), target, also=["sts:TagSession"]).allowed
    assert can_assume(user(ASSUMES), target, also=["sts:TagSession"]).denied
    assert can_assume(user(ALL), target, also=["sts:SetSourceIdentity"]).denied


@pytest.mark.parametrize(
    ("principal", "denied", "decision"),
    [
        (user(), {"Principal": {"AWS": USER}}, "deny"),
        (user(), {"Principal": {"AWS": ROOT}}, "deny"),
        (user(), {"Principal": {"AWS": CALLER}}, "allow"),
        (role(), {"Principal": {"AWS": SESSION}}, "depends"),
        (user(), {"NotPrincipal": {"AWS": [USER, ROOT]}}, "allow"),
        (user(), {"NotPrincipal": {"AWS": USER}}, "depends"),  # "might" be denied, says AWS
        (user(), {"NotPrincipal": {"AWS": CALLER}}, "deny"),
        (user(), {"Principal": "*", "Condition": MFA}, "depends"),
    ],
)
def test_an_explicit_deny_of_the_trust_wins(principal: Principal, denied: Any, decision: str) -> None:
    target = trust({"AWS": [USER, CALLER]}, {"Effect": "Deny", "Action": "sts:AssumeRole", **denied})
    assert can_assume(principal, target).decision == decision


def test_the_verdict_names_the_statements_that_decided() -> None:
    guard = source("guard", says("Deny", Sid="NoMfa", Condition={"BoolIfExists": MFA["Bool"]}))
    found = can_assume(user(ASSUMES, guard), trust({"AWS": ROOT}, Sid="Account"))
    assert [str(item) for item in found.deciding_statements] == ["guard statement NoMfa"]
    found = can_assume(user(ASSUMES), trust({"AWS": ROOT}, Sid="Account"))
    assert [str(item) for item in found.deciding_statements] == ["trust of role/app statement Account", "assumes"]


def test_tags_of_caller_and_role_are_known() -> None:
    same = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    abac = source("abac", says("Allow", Condition=same))
    open_trust = trust({"AWS": ROOT})
    red = Target(ROLE, open_trust.trust, {"Team": "red"})
    assert can_assume(user(abac), red).allowed
    assert can_assume(user(abac), Target(ROLE, open_trust.trust, {"team": "blue"})).denied
    assert can_assume(role(abac), red).keys == {"aws:principaltag/team"}


def test_a_trust_that_is_not_json_is_not_guessed_at() -> None:
    assert can_assume(user(ALL), Target(ROLE, canonical("{broken"))).decision == "depends"


def test_the_matrix_says_what_each_pair_says() -> None:
    principals = [
        user(ASSUMES),
        user(),
        role(ASSUMES),
        role(boundary=S3_ONLY),
        session(),
        narrow_session(S3_ONLY),
        Principal(FAR, "user", B, (ASSUMES,)),
        Principal(f"arn:aws:iam::{A}:user/bob", "user", A, (ASSUMES,), tags={"team": "blue"}),
        Principal(
            f"arn:aws:iam::{A}:user/app", "user", A, (source("own", says("Allow", ROLE[:-3] + "${aws:username}")),)
        ),
        Principal("lambda.amazonaws.com", "service", ""),
        make_external_principal(f"arn:aws:iam::{B}:root"),
    ]
    everyone = {"Effect": "Deny", "NotPrincipal": {"AWS": [USER, ROOT]}, "Action": "*"}
    roles = [
        trust({"AWS": ROOT}),
        trust({"AWS": [USER, FAR, CALLER]}, Condition=MFA),
        trust({"AWS": SESSION}),
        trust("*"),
        trust({"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}),
        trust({"AWS": "*"}, Condition=match_arns("ArnLike", USER, CALLER)),
        trust({"AWS": ROOT}, everyone),
        trust({"AWS": "*"}, {"Effect": "Deny", "Principal": {"AWS": CALLER}, "Action": "sts:AssumeRole"}),
        trust({"Service": "lambda.amazonaws.com"}),
    ]
    for target in roles:
        asked = [(item, can_assume(item, target)) for item in principals]
        expected = {(id(item), found.decision, found.keys) for item, found in asked if not found.denied}
        answers = [(one, can_assume(one.principals[0], target)) for one in group_equivalent_pairs(principals, [target])]
        listed = [
            (id(principal), answer.decision, answer.keys)
            for one, answer in answers
            for principal in one.principals
            if not answer.denied
        ]
        assert set(listed) == expected
        assert len(listed) == len(expected)
