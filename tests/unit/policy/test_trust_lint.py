"""Faults of a trust whose grammar is right (IAM User Guide, "Identity-provider controls for shared OIDC
providers"; corrections of the facts pages)."""

from __future__ import annotations

import pytest

from reconciler.model.problem import Level
from reconciler.policy.flaw import Flaw, PolicyType
from reconciler.policy.grammar import check_document
from reconciler.policy.shared_issuers import SHARED_ISSUERS, SharedIssuer
from tests.support.flaws import at_statement

ACCOUNT = "123456789012"
GITHUB = "token.actions.githubusercontent.com"
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"


def trust(principal: object, action: object = "sts:AssumeRole", **more: object) -> list[Flaw]:
    body = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return check_document({"Version": "2012-10-17", "Statement": [body]}, PolicyType.TRUST, ACCOUNT)


def check_provider(url: str, condition: object, action: object = WEB_IDENTITY, **more: object) -> list[Flaw]:
    named = url if url.startswith("cognito") else f"arn:aws:iam::{ACCOUNT}:oidc-provider/{url}"
    return trust({"Federated": named}, action, Condition=condition, **more)


def github(condition: object, provider: str = GITHUB) -> list[Flaw]:
    return check_provider(provider, condition)


def brief(found: list[Flaw]) -> list[tuple[str, str]]:
    return [(flaw.level.value, flaw.code) for flaw in found]


def test_a_bare_asterisk_for_everybody_is_a_warning_in_every_effect() -> None:
    narrowed = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
    for effect in ("Allow", "Deny"):
        (flaw,) = trust("*", Effect=effect, Condition=narrowed)
        assert (flaw.level, flaw.code, flaw.path) == (
            Level.WARNING,
            "bare-principal-in-trust",
            at_statement("Principal"),
        )
        assert flaw.hint == 'Write {"AWS": "*"}.'
    assert trust({"AWS": "*"}, Condition=narrowed) == []


@pytest.mark.parametrize("action", ["*", "sts:*", "sts:Assume*", "STS:*", "sts:TagSessio?"])
def test_a_wildcard_among_the_actions_of_a_trust_is_a_warning(action: str) -> None:
    (flaw,) = trust({"AWS": ACCOUNT}, ["sts:AssumeRole", action])
    assert (flaw.level, flaw.code, flaw.path) == (Level.WARNING, "trust-action-wildcard", at_statement("Action", 1))
    assert flaw.hint == "Write the full names of the actions, as in sts:AssumeRole."


@pytest.mark.parametrize("action", ["sts:GetCallerIdentity", "STS:getsessiontoken", "sts:AssumeRoot"])
def test_an_action_of_sts_that_no_trust_gives_anybody_is_a_warning(action: str) -> None:
    assert brief(trust({"AWS": ACCOUNT}, ["sts:AssumeRole", action])) == [("warning", "trust-action-without-effect")]


OWN = {issuer.url: {"StringLike": {issuer.keys[0]: issuer.example.lower()}} for issuer in SHARED_ISSUERS}


def test_the_list_of_shared_issuers_is_that_of_aws() -> None:
    by_claim: dict[str, set[str]] = {}
    for issuer in SHARED_ISSUERS:
        by_claim.setdefault(issuer.claims[0], set()).add(issuer.url)
    assert len(by_claim["sub"]) == 17  # six of them are IBM Turbonomic's
    assert {GITHUB, "gitlab.com", "app.terraform.io", "studio.datachain.ai/api"} < by_claim["sub"]
    assert by_claim["aud"] == {
        "cognito-identity.amazonaws.com",
        "api.pulumi.com/oidc",
        "sandboxes.cloud",
        "oidc.vercel.com",
    }
    assert by_claim["sts:RoleSessionName"] == {"sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d"}


@pytest.mark.parametrize("issuer", SHARED_ISSUERS, ids=lambda issuer: issuer.url)
def test_a_trust_in_a_shared_issuer_needs_its_claim_since_iam_refuses_it(issuer: SharedIssuer) -> None:
    key = issuer.keys[0]
    other = f"{issuer.url}:{'sub' if key.endswith(':aud') else 'aud'}"
    wrong: list[object] = [
        {},
        {"StringEquals": {other: "mine"}},
        {"Null": {key: "false"}},
        {"StringLike": {key: "*"}},
        {"StringLike": {key: ["**", "?*", ""]}},
        {"StringEquals": {key: []}},
    ]
    for condition in wrong:
        errors = [flaw for flaw in check_provider(issuer.url, condition) if flaw.level is Level.ERROR]
        assert [flaw.path for flaw in errors] == [at_statement("Principal", "Federated")], condition
        assert f'"{key}": "{issuer.example}"' in errors[0].hint
    assert brief(check_provider(issuer.url, OWN[issuer.url])) == []
    assert brief(check_provider(issuer.url, {"StringEquals": {key.upper(): "mine"}})) == []
    lower = check_provider(issuer.url, {}, WEB_IDENTITY.lower())
    assert ("error" in {level for level, _ in brief(lower)}) is True


@pytest.mark.parametrize(
    ("action", "effect", "refused"),
    [
        (WEB_IDENTITY, "Allow", True),
        (["sts:TagSession", WEB_IDENTITY], "Allow", True),
        ("sts:*", "Allow", True),
        ("sts:TagSession", "Allow", False),
        (WEB_IDENTITY, "Deny", False),
    ],
)
def test_only_what_lets_tokens_in_needs_the_claim(action: object, effect: str, refused: bool) -> None:
    found = check_provider("gitlab.com", {}, action, Effect=effect)
    assert (("error", "oidc-without-subject") in brief(found)) is refused


@pytest.mark.parametrize(
    ("operator", "found"),
    [
        ("StringEquals", []),
        ("StringLike", []),
        ("StringEqualsIgnoreCase", []),
        ("StringLikeIfExists", []),  # a token always has the claim
        ("ForAnyValue:StringEquals", []),
        ("ForAllValues:StringEquals", ["for-all-values-on-single-value"]),
        ("StringNotEquals", ["oidc-claim-not-narrowed"]),
        ("StringNotLike", ["oidc-claim-not-narrowed"]),
    ],
)
def test_an_operator_that_says_who_may_not_come_in_is_a_warning(operator: str, found: list[str]) -> None:
    assert brief(check_provider("gitlab.com", {operator: {"gitlab.com:sub": "a"}})) == [
        ("warning", code) for code in found
    ]


def test_a_wildcard_beside_what_is_ones_own_is_a_warning() -> None:
    (flaw,) = check_provider("gitlab.com", {"StringLike": {"gitlab.com:sub": ["project_path:a/b:*", "*"]}})
    assert (flaw.level, flaw.code) == (Level.WARNING, "oidc-subject-too-wide")
    assert flaw.path == at_statement("Condition", "StringLike", "gitlab.com:sub", 1)


@pytest.mark.parametrize(
    "url", ["gitlab.com/acme", "oidc.vercel.com/acme", "sts.windows.net/another", "GITLAB.example"]
)
def test_an_issuer_of_ones_own_needs_no_claim(url: str) -> None:
    assert check_provider(url, {}) == []


@pytest.mark.parametrize("kind", ["oidc-provider/idp.example.com", "saml-provider/okta"])
def test_a_provider_of_another_account_never_works(kind: str) -> None:
    action = WEB_IDENTITY if kind.startswith("oidc") else "sts:AssumeRoleWithSAML"
    (flaw,) = trust({"Federated": f"arn:aws:iam::210987654321:{kind}"}, action)
    assert (flaw.level, flaw.code, flaw.path) == (
        Level.WARNING,
        "foreign-provider",
        at_statement("Principal", "Federated"),
    )
    assert f"arn:aws:iam::{ACCOUNT}:{kind}" in flaw.hint
    assert trust({"Federated": f"arn:aws:iam::{ACCOUNT}:{kind}"}, action) == []


def test_the_provider_of_a_role_whose_account_is_not_known_may_be_its_own() -> None:
    body = {"Effect": "Allow", "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"}}
    body |= {"Action": "sts:AssumeRoleWithSAML"}  # type: ignore[dict-item]
    assert check_document({"Version": "2012-10-17", "Statement": [body]}, PolicyType.TRUST) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ecs-task.amazonaws.com", "Did you mean ecs-tasks.amazonaws.com?"),
        ("ec2.amazon.com", "Did you mean ec2.amazonaws.com?"),
        ("amazonaws.com", "as in ec2.amazonaws.com."),
        ("tagging.amazonaws.com", "Did you mean resource-groups.amazonaws.com?"),
    ],
)
def test_a_service_that_aws_does_not_have_is_a_warning(name: str, hint: str) -> None:
    (flaw,) = trust({"Service": ["ec2.amazonaws.com", name]})
    assert (flaw.level, flaw.code) == (Level.WARNING, "unknown-service-principal")
    assert flaw.path == at_statement("Principal", "Service", 1)
    assert hint in flaw.hint


@pytest.mark.parametrize(
    ("service", "action", "missing"),
    [
        ("rolesanywhere.amazonaws.com", "sts:AssumeRole", "sts:TagSession and sts:SetSourceIdentity"),
        ("rolesanywhere.amazonaws.com", ["sts:AssumeRole", "sts:TagSession"], "sts:SetSourceIdentity"),
        ("account-access.amazonaws.com", ["sts:AssumeRole"], "sts:SetContext"),
        ("account-access.amazonaws.com", ["sts:AssumeRole", "sts:SETCONTEXT"], ""),
        ("ec2.amazonaws.com", ["sts:AssumeRole"], ""),
    ],
)
def test_services_that_need_more_than_assume_role_are_told(service: str, action: object, missing: str) -> None:
    found = trust({"Service": service}, action)
    assert [flaw.code for flaw in found] == (["service-needs-action"] if missing else [])
    assert all(missing in flaw.summary for flaw in found)


def test_the_actions_of_a_service_may_stand_in_several_statements() -> None:
    both = [
        {"Effect": "Allow", "Principal": {"Service": "account-access.amazonaws.com"}, "Action": action}
        for action in ("sts:AssumeRole", "sts:SetContext")
    ]
    assert check_document({"Version": "2012-10-17", "Statement": both}, PolicyType.TRUST) == []


@pytest.mark.parametrize("principal", [{"AWS": "*"}, {"AWS": [ACCOUNT, "*"]}])
def test_a_trust_in_everybody_without_a_condition_is_a_warning(principal: object) -> None:
    assert brief(trust(principal)) == [("warning", "trust-to-anyone")]
    assert brief(trust(principal, Condition={})) == [("warning", "trust-to-anyone")]
    assert trust(principal, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}) == []


def test_a_trust_in_everybody_on_conditions_that_strangers_meet_is_a_warning() -> None:
    (flaw,) = trust({"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalTag/team": "x"}})
    assert (flaw.level, flaw.code) == (Level.WARNING, "trust-to-anyone")
    assert flaw.summary.endswith("from any AWS account: strangers can meet its conditions, too.")


@pytest.mark.parametrize(
    ("issuer", "operator", "claim"),
    [
        (GITHUB, "StringEquals", "sub"),
        (GITHUB, "StringLikeIfExists", "SUB"),
        (f"{GITHUB}/acme", "StringEquals", "sub"),
        ("gitlab.com", "StringLike", "sub"),
        ("gitlab.example.com", "StringEquals", "sub"),
    ],
)
def test_a_claim_that_is_compared_with_itself_is_a_warning(issuer: str, operator: str, claim: str) -> None:
    (flaw,) = github({operator: {f"{issuer}:{claim}": f"${{{issuer}:sub}}"}}, issuer)
    assert (flaw.level, flaw.code) == (Level.WARNING, "oidc-subject-too-wide")


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}},
        {"Null": {f"{GITHUB}:sub": "false"}},
        {"StringLike": {"aws:sub": "repo:acme/app:*"}},
    ],
)
def test_github_without_a_subject_is_an_error_since_aws_refuses_it(condition: object) -> None:
    assert ("error", "oidc-without-subject") in brief(github(condition))


def test_an_enterprises_own_issuer_needs_the_subject_of_that_issuer() -> None:
    own = f"{GITHUB}/acme"
    assert github({"StringLike": {f"{own}:sub": "repo:acme/app:*"}}, own) == []
    assert brief(github({"StringLike": {f"{GITHUB}:sub": "repo:acme/app:*"}}, own)) == [
        ("warning", "oidc-without-subject")  # AWS does not say that it refuses this one
    ]


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {f"{GITHUB}:sub": "repo:acme/app:ref:refs/heads/main"}},
        {"StringLike": {f"{GITHUB}:SUB": "repo:acme/*"}},
        {"StringLike": {f"{GITHUB}:sub": "repo:acme@*/app@*:ref:refs/heads/main"}},
        {"ForAnyValue:StringLike": {f"{GITHUB}:sub": ["repo:acme/app:*", "repo:acme@1/app@2:*"]}},
        {"StringEquals": {f"{GITHUB}:job_workflow_ref": "acme/app/.github/workflows/a.yml@refs/heads/main"}},
    ],
)
def test_github_narrowed_to_an_organization_is_left_alone(condition: object) -> None:
    assert github(condition) == []


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("*", "oidc-subject-too-wide"),
        ("repo:*", "oidc-subject-too-wide"),
        ("repo:*/*", "oidc-subject-too-wide"),
        ("repo:*:ref:refs/heads/main", "oidc-subject-too-wide"),
        ("repo:*/app:*", "oidc-subject-too-wide"),
        ("repo:acme*/app:*", "oidc-subject-look-alike"),
        ("repo:acme*", "oidc-subject-look-alike"),
    ],
)
def test_a_subject_that_lets_strangers_in_is_a_warning(subject: str, code: str) -> None:
    (flaw,) = github({"StringLike": {f"{GITHUB}:sub": ["repo:acme/app:*", subject]}})
    assert (flaw.level, flaw.code) == (Level.WARNING, code)
    assert flaw.path == at_statement("Condition", "StringLike", f"{GITHUB}:sub", 1)


def test_other_providers_need_no_subject_here() -> None:
    assert github({}, "gitlab.example.com") == []
