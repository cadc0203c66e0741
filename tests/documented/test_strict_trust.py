"""Trust policies: grammar, principals that must exist, ids behind names (User Guide, Principal element)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from strict_account import EC2, EntityMaker, client, refusal, trust

from reconciler.model.problem import Level
from reconciler.policy.grammar import PolicyType, check_document
from reconciler.sandbox.server import Sandbox

ACCOUNT = "123456789012"
WEB = "sts:AssumeRoleWithWebIdentity"
PROVIDERS = f"arn:aws:iam::{ACCOUNT}:oidc-provider/"
SOLELY_A_STAR: dict[str, object] = {"Condition": {"StringLike": {"gitlab.com:sub": "*"}}}


def twice(document: str) -> str:
    """The document with each statement twice."""
    body = json.loads(document)
    return json.dumps({**body, "Statement": body["Statement"] * 2})


def principal(iam: Any, role: str) -> Any:
    """The AWS principal of a role's trust, which GetRole, ListRoles and the details must tell alike."""
    got = iam.get_role(RoleName=role)["Role"]
    listed = iam.get_paginator("list_roles").paginate().build_full_result()["Roles"]
    details = iam.get_account_authorization_details(Filter=["Role"], MaxItems=1000)["RoleDetailList"]
    told = [got, *(one for one in [*listed, *details] if one["RoleName"] == role)]
    assert len(told) == 3
    documents = [one["AssumeRolePolicyDocument"] for one in told]
    assert documents[0] == documents[1] == documents[2]
    return documents[0]["Statement"][0]["Principal"]["AWS"]


@pytest.mark.parametrize(
    "missing",
    [
        f"arn:aws:iam::{ACCOUNT}:user/nobody",
        f"arn:aws:iam::{ACCOUNT}:role/nobody",
        f"arn:aws:iam::{ACCOUNT}:group/admins",
        f"arn:aws:iam::{ACCOUNT}:user/*",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/nobody/session",
        "AIDAAAAAAAAAAAAAAAAAA",
        "nobody",
    ],
)
def test_a_principal_that_does_not_exist_is_refused(iam: Any, maker: EntityMaker, name: Any, missing: str) -> None:
    refused = (400, "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{missing}"')
    document = trust({"AWS": [f"arn:aws:iam::{ACCOUNT}:root", missing]})
    assert refusal(iam.create_role, RoleName=name("role"), AssumeRolePolicyDocument=document) == refused
    role = maker.role()
    assert refusal(iam.update_assume_role_policy, RoleName=role, PolicyDocument=document) == refused
    assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == json.loads(EC2)


def test_a_user_in_another_case_or_path_is_not_that_user(iam: Any, maker: EntityMaker, name: Any) -> None:
    user = maker.user(Path="/ops/")
    for spelled in (f"ops/{user.upper()}", user):
        document = trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/{spelled}"})
        refused = refusal(iam.create_role, RoleName=name("role"), AssumeRolePolicyDocument=document)
        assert refused[2].startswith("Invalid principal")


def test_principals_come_back_as_they_were_given(iam: Any, maker: EntityMaker) -> None:
    user, role = maker.user(Path="/ops/"), maker.role()
    given = [
        f"arn:aws:iam::{ACCOUNT}:user/ops/{user}",
        f"arn:aws:iam::{ACCOUNT}:role/{role}",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session",
        "arn:aws:iam::210987654321:user/someone-of-another-account",
        "arn:aws:iam::210987654321:root",
    ]
    assert principal(iam, maker.role(trust({"AWS": given}))) == given
    assert principal(iam, maker.role(trust({"AWS": "*"}))) == "*"


def test_an_account_id_comes_back_as_its_root(iam: Any, maker: EntityMaker) -> None:
    role = maker.role(trust({"AWS": ACCOUNT}))
    assert principal(iam, role) == f"arn:aws:iam::{ACCOUNT}:root"


def test_a_trust_follows_a_user_that_is_renamed_and_moved(iam: Any, maker: EntityMaker) -> None:
    user = maker.user()
    role = maker.role(trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/{user}"}))
    iam.update_user(UserName=user, NewUserName=f"{user}-new", NewPath="/ops/")
    assert principal(iam, role) == f"arn:aws:iam::{ACCOUNT}:user/ops/{user}-new"


def test_a_deleted_principal_leaves_its_id_even_if_the_name_comes_back(iam: Any, maker: EntityMaker) -> None:
    user, trusted = maker.user(), maker.role()
    ids = [iam.get_user(UserName=user)["User"]["UserId"], iam.get_role(RoleName=trusted)["Role"]["RoleId"]]
    arns = [f"arn:aws:iam::{ACCOUNT}:user/{user}", f"arn:aws:iam::{ACCOUNT}:role/{trusted}"]
    role = maker.role(trust({"AWS": arns}))
    iam.delete_user(UserName=user)
    iam.delete_role(RoleName=trusted)
    assert principal(iam, role) == ids
    iam.create_user(UserName=user)
    assert principal(iam, role) == ids
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust({"AWS": arns[0]}))
    assert principal(iam, role) == arns[0]
    refused = refusal(iam.update_assume_role_policy, RoleName=role, PolicyDocument=trust({"AWS": ids[1]}))
    assert refused[2] == f'Invalid principal in policy: "AWS":"{ids[1]}"'


def test_a_role_cannot_trust_itself_before_it_exists_but_may_after(iam: Any, maker: EntityMaker, name: Any) -> None:
    role = name("role")
    itself = trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/{role}"})
    refused = refusal(iam.create_role, RoleName=role, AssumeRolePolicyDocument=itself)
    assert refused[2].startswith("Invalid principal")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=EC2)
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=itself)
    assert principal(iam, role) == f"arn:aws:iam::{ACCOUNT}:role/{role}"


def trust_by_date(operator: str, value: object) -> str:
    return trust({"AWS": "*"}, Condition={operator: {"aws:CurrentTime": value}})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("garbage", "This policy contains invalid Json"),
        ("[]", "This policy contains invalid Json"),
        (trust({"AWS": "*"}, Resource="*"), "Has prohibited field Resource"),
        (trust({}), "Missing required field Principal"),
        (trust({"AWS": "*"}, action="s3:GetObject"), "AssumeRole policy may only specify STS AssumeRole"),
        (trust({"AWS": "*"}, Actions="sts:AssumeRole"), "Unknown field Actions"),
        (trust({"AWS": "*"}, Effect="allow"), "Syntax error in policy."),
        ('{"Version":"2012-10-17","Statement":[]}', "Syntax error in policy."),
        (trust({"AWS": "*"}).replace("2012-10-17", "2012-10-18"), "Syntax error in policy."),
        (trust({"AWS": "*"}, action="sts:TagSessions"), "AssumeRole policy may only specify STS AssumeRole"),
        (trust({"AWS": "*"}, action="sts:Assumes*"), "AssumeRole policy may only specify STS AssumeRole"),
        (trust({"AWS": "*"}, NotAction="sts:TagSession"), "Syntax error in policy."),
        (trust({"AWS": "*"}, Sid="a b"), "Statement IDs (SID) must be alpha-numeric."),
        (twice(trust({"AWS": "*"}, Sid="A")), "Statement IDs (SID) in a single policy must be unique."),
        (trust({"AWS": "*"}, Condition={"StringEqual": {"sts:ExternalId": "a"}}), "Syntax error in policy."),
        (
            trust({"AWS": "*"}, Condition={"DateLessThan": {"aws:CurrentTime": "soon"}}),
            "The policy failed legacy parsing",
        ),
        (trust_by_date("NullIfExists", "true"), "Syntax error in policy."),
        (
            trust_by_date("DateGreaterThanIfExists", ["2026-01-01T00:00:00Z", "2026-13-01"]),
            "The policy failed legacy parsing",
        ),
        (trust({"AWS": "*"}, Condition=["StringEquals"]), "Syntax error in policy."),
        (trust({"AWS": "*"}, Condition={"StringEquals": "x"}), "Syntax error in policy."),
        (trust({"Domain": "example.com"}), 'Invalid principal in policy: "DOMAIN":"example.com"'),
        (trust({"CanonicalUser": "0f"}), 'Invalid principal in policy: "CANONICALUSER":"0f"'),
        (trust({"Aws": ACCOUNT}), 'Invalid principal in policy: "AWS":"123456789012"'),
        (trust({"AWS": []}), "Missing required field Principal cannot be empty!"),
        (trust({"Service": "ec2"}), 'Invalid principal in policy: "SERVICE":"ec2"'),
        (trust({"Federated": "arn:aws:iam:123456789012:oidc-provider/a.b"}, WEB), "Federated principals must be valid"),
        (trust({"Federated": f"{PROVIDERS}gitlab.com"}, WEB), "The trust of a shared OIDC provider must evaluate"),
        (trust({"Federated": f"{PROVIDERS}gitlab.com"}, WEB, **SOLELY_A_STAR), "The trust of a shared OIDC provider"),
        (trust({"Federated": "cognito-identity.amazonaws.com"}, WEB), "A condition block must be present for the"),
    ],
)
def test_a_trust_that_breaks_the_grammar_is_refused(
    iam: Any, maker: EntityMaker, name: Any, document: str, message: str
) -> None:
    created = refusal(iam.create_role, RoleName=name("role"), AssumeRolePolicyDocument=document)
    updated = refusal(iam.update_assume_role_policy, RoleName=maker.role(), PolicyDocument=document)
    assert created == updated
    assert created[:2] == (400, "MalformedPolicyDocument")
    assert created[2].startswith(message)
    if document.startswith("{"):
        assert "error" in {flaw.level.value for flaw in check_document(json.loads(document), PolicyType.TRUST, ACCOUNT)}


@pytest.mark.parametrize(
    "document",
    [
        trust("*"),
        trust({"AWS": "*"}, action="*"),
        trust({"AWS": "*"}, action="sts:*"),
        trust({"AWS": "*"}, action="sts:GetCallerIdentity"),
        trust({"Service": "ecs-task.amazonaws.com"}),
        trust({"Service": "rolesanywhere.amazonaws.com"}),
        trust({"Federated": f"{PROVIDERS}idp.example.com"}, WEB),
        trust({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/none"}, "sts:AssumeRoleWithSAML"),
        trust({"Federated": "arn:aws:iam::210987654321:oidc-provider/idp.example.com"}, WEB),
        trust({"Federated": f"{PROVIDERS}gitlab.com"}, WEB, Effect="Deny"),
        trust({"Federated": f"{PROVIDERS}gitlab.com"}, WEB, Condition={"StringNotLike": {"gitlab.com:sub": "a"}}),
    ],
)
def test_the_sandbox_takes_what_validate_only_warns_about(iam: Any, maker: EntityMaker, document: str) -> None:
    found = check_document(json.loads(document), PolicyType.TRUST, ACCOUNT)
    assert all(flaw.level is Level.WARNING for flaw in found)
    role = maker.role(document)
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=document)


def test_actions_of_a_trust_may_be_in_lower_case(iam: Any, maker: EntityMaker) -> None:
    role, lower = maker.role(), trust({"Service": "ec2.amazonaws.com"}, action="sts:assumerole")
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=lower)
    assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == json.loads(lower)


def test_a_trust_over_2048_characters_is_too_long(iam: Any, name: Any) -> None:
    long = trust({"AWS": "*"}, Condition={"StringEquals": {"sts:ExternalId": ["x" * 50] * 50}})
    refused = refusal(iam.create_role, RoleName=name("role"), AssumeRolePolicyDocument=long)
    assert refused == (409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048")


def test_accounts_are_worlds_of_their_own(sandbox: Sandbox, iam: Any, maker: EntityMaker) -> None:
    """moto gives every account that a role is assumed in a store of its own; so does the layer."""
    user = maker.user()
    session = client(sandbox.url, "sts").assume_role(
        RoleArn="arn:aws:iam::310987654321:role/any", RoleSessionName="test"
    )["Credentials"]
    other = client(sandbox.url, "iam", session["AccessKeyId"], session["SessionToken"])
    assert other.list_users()["Users"] == []
    other.create_user(UserName=user.upper())
    assert refusal(iam.create_user, UserName=user.upper())[1] == "EntityAlreadyExists"


def test_a_principal_of_another_account_of_the_sandbox_must_exist(sandbox: Sandbox, iam: Any, name: Any) -> None:
    account, role, arn = "410987654321", name("role"), "arn:aws:iam::410987654321:role/build/ci"
    iam.create_role(RoleName=name("before"), AssumeRolePolicyDocument=trust({"AWS": arn}))
    session = client(sandbox.url, "sts").assume_role(RoleArn=f"arn:aws:iam::{account}:role/any", RoleSessionName="test")
    keys = session["Credentials"]
    other = client(sandbox.url, "iam", keys["AccessKeyId"], keys["SessionToken"])
    assert other.list_roles()["Roles"] == []
    refused = refusal(iam.create_role, RoleName=role, AssumeRolePolicyDocument=trust({"AWS": arn}))
    assert refused == (400, "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{arn}"')
    other.create_role(RoleName="ci", Path="/build/", AssumeRolePolicyDocument=EC2)
    without_path = trust({"AWS": arn.replace("build/", "")})
    assert refusal(iam.create_role, RoleName=role, AssumeRolePolicyDocument=without_path)[1] == refused[1]
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust({"AWS": arn}))


@pytest.mark.parametrize(
    ("kind", "arn"),
    [
        ("AWS", "arn:aws-cn:iam::210987654321:root"),
        ("AWS", "arn:aws-us-gov:iam::210987654321:user/x"),
        ("Federated", "arn:aws-cn:iam::210987654321:saml-provider/x"),
    ],
)
def test_a_principal_is_of_the_accounts_partition(iam: Any, name: Any, kind: str, arn: str) -> None:
    action = "sts:AssumeRole" if kind == "AWS" else "sts:AssumeRoleWithSAML"
    refused = refusal(iam.create_role, RoleName=name("role"), AssumeRolePolicyDocument=trust({kind: arn}, action))
    assert refused == (400, "MalformedPolicyDocument", f'Invalid principal in policy: "{kind.upper()}":"{arn}"')
