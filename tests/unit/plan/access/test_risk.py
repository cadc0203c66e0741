"""Pairs of plans that look alike, a dangerous one and a harmless one: the risk tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.kinds.saml_provider import SamlProvider
from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.live import LiveDetails, State
from reconciler.model.plan import Plan
from reconciler.model.risk import RiskCode, RiskLevel
from reconciler.model.xml_document import XmlDocument
from reconciler.plan.build import build_plan
from reconciler.plan.digest.access_lines import list_access_lines
from reconciler.plan.digest.detail import Detail
from reconciler.plan.digest.tones import Tone
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from tests.support.strategies import ACCOUNT, AWS_POLICIES, PLACE, policy_arn

OTHER_ACCOUNT = "210987654321"
ALLOWED = PlanOptions(allow_deletes=True, allow_lockout=True, allow_foreign_detach=True)
Pair = tuple[Sequence[Entity], Sequence[Entity]]


def statement(effect: str, action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    return {
        "Effect": effect,
        "Action": action,
        "Resource": resource,
        **({"Condition": condition} if condition else {}),
    }


def allow(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    return statement("Allow", action, resource, **condition)


def deny(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    return statement("Deny", action, resource, **condition)


def document(*statements: dict[str, Any]) -> Document:
    return canonical({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal: Any, action: str = "sts:AssumeRole", **condition: Any) -> Document:
    one = {"Effect": "Allow", "Principal": principal, "Action": action}
    return document({**one, "Condition": condition} if condition else one)


def aws(*names: str, **condition: Any) -> Document:
    return trust(
        {"AWS": [name if name.startswith(("arn:", "*")) else f"arn:aws:iam::{name}" for name in names]}, **condition
    )


EC2 = trust({"Service": "ec2.amazonaws.com"})
ALICE_ARN = f"arn:aws:iam::{ACCOUNT}:user/alice"
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
WEB = "sts:AssumeRoleWithWebIdentity"
PROVIDER = OidcProvider("token.actions.githubusercontent.com", client_ids=frozenset(["sts.amazonaws.com"]))
OKTA_TRUST = trust({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"}, "sts:AssumeRoleWithSAML")
ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "x"}}
FOR_STS = trust(
    {"Federated": GITHUB},
    WEB,
    StringEquals={
        "token.actions.githubusercontent.com:sub": "repo:acme/a",
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
    },
)
SUBJECT = "token.actions.githubusercontent.com:sub"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def younger_than(seconds: int) -> dict[str, Any]:
    return {"NumericLessThan": {"aws:MultiFactorAuthAge": str(seconds)}}


EU = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
BOUND, WIDE = policy_arn("bound"), policy_arn("wide")
POLICIES: list[Entity] = [
    Policy("bound", document(allow("s3:*"))),
    Policy("wide", document(allow("*"))),
]


def either(*trusts: Document) -> Document:
    """Return a trust with the statements of several."""
    return Document("2012-10-17", frozenset(one for document in trusts for one in document.statements))


def trust_other_account(action: str) -> Document:
    return trust({"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}, action)


def okta(text: str) -> SamlProvider:
    return SamlProvider("okta", XmlDocument(f"sha256:{text}", f"<a>{text}</a>"))


def role(*statements: dict[str, Any], trusts: Document = EC2, **more: Any) -> Role:
    return Role("app", trusts, inline_policies={"p": document(*statements)} if statements else {}, **more)


def group(*statements: dict[str, Any]) -> Group:
    return Group("staff", inline_policies={"p": document(*statements)})


def subject(value: str) -> Document:
    operator = "StringLike" if "*" in value else "StringEquals"
    return trust({"Federated": GITHUB}, WEB, **{operator: {SUBJECT: value}})


STAFF = [User(f"u{number:03}", groups=frozenset([Address("group", "staff")])) for number in range(200)]
ALICE = User("alice", inline_policies={"p": document(allow("s3:GetObject", "arn:aws:s3:::b/*"))})
OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
ASSUMER = replace(ALICE, inline_policies={"p": document(allow("sts:AssumeRole"))})
ASSUMER_AT_OFFICE = replace(ALICE, inline_policies={"p": document(allow("sts:AssumeRole", **OFFICE))})
BUCKET = "arn:aws:s3:::acme/*"

PAIRS: dict[str, tuple[Pair, Pair, RiskLevel]] = {
    # name: (dangerous, harmless, risk of the harmless one)
    "a condition dropped, and one added": (
        ([role(allow("ec2:*", **EU))], [role(allow("ec2:*"))]),
        ([role(allow("ec2:*"))], [role(allow("ec2:*", **EU))]),
        RiskLevel.NONE,
    ),
    "a wildcard widened to secrets, and within a bucket": (
        ([role(allow("secretsmanager:List*"))], [role(allow("secretsmanager:*"))]),
        ([role(allow("s3:GetObject", BUCKET))], [role(allow("s3:GetObject*", BUCKET))]),
        RiskLevel.LOW,
    ),
    "a resource widened to all, and to one more": (
        ([role(allow("s3:GetObject", BUCKET))], [role(allow("s3:GetObject"))]),
        ([role(allow("s3:GetObject", BUCKET))], [role(allow("s3:GetObject", [BUCKET, "arn:aws:s3:::b/*"]))]),
        RiskLevel.LOW,
    ),
    "a boundary taken off, and one put on": (
        ([*POLICIES, role(allow("s3:*"), permissions_boundary=BOUND)], [*POLICIES, role(allow("s3:*"))]),
        ([*POLICIES, role(allow("s3:*"))], [*POLICIES, role(allow("s3:*"), permissions_boundary=BOUND)]),
        RiskLevel.NONE,
    ),
    "a boundary swapped for a wider one, and for a narrower one": (
        (
            [*POLICIES, role(allow("*"), permissions_boundary=BOUND)],
            [*POLICIES, role(allow("*"), permissions_boundary=WIDE)],
        ),
        (
            [*POLICIES, role(allow("*"), permissions_boundary=WIDE)],
            [*POLICIES, role(allow("*"), permissions_boundary=BOUND)],
        ),
        RiskLevel.NONE,
    ),
    "a group with 200 members gains PassRole, and a read": (
        ([*STAFF, group(allow("iam:GetRole"))], [*STAFF, group(allow(["iam:GetRole", "iam:PassRole"]))]),
        ([*STAFF, group(allow("iam:GetRole"))], [*STAFF, group(allow(["iam:GetRole", "iam:GetUser"]))]),
        RiskLevel.LOW,
    ),
    "a trust opened to an account, and to a service": (
        ([role()], [role(trusts=aws(f"{OTHER_ACCOUNT}:root"))]),
        ([role()], [role(trusts=trust({"Service": "lambda.amazonaws.com"}))]),
        RiskLevel.LOW,
    ),
    "a trust opened to everyone, and closed to it": (
        ([role()], [role(trusts=trust("*"))]),
        ([role(trusts=trust("*"))], [role()]),
        RiskLevel.LOW,
    ),
    "a trust opened to the whole account, and to one user": (
        ([ALICE, role()], [ALICE, role(trusts=aws(f"{ACCOUNT}:root"))]),
        ([ALICE, role()], [ALICE, role(trusts=aws(ALICE_ARN))]),
        RiskLevel.LOW,
    ),
    "MFA comes off a trust, and is put on": (
        ([ALICE, role(trusts=aws(ALICE_ARN, **MFA))], [ALICE, role(trusts=aws(ALICE_ARN))]),
        ([ALICE, role(trusts=aws(ALICE_ARN))], [ALICE, role(trusts=aws(ALICE_ARN, **MFA))]),
        RiskLevel.NONE,
    ),
    "an external id comes off a trust, and one of two": (
        (
            [role(trusts=aws(f"{OTHER_ACCOUNT}:root", StringEquals={"sts:ExternalId": "x"}))],
            [role(trusts=aws(f"{OTHER_ACCOUNT}:root"))],
        ),
        (
            [role(trusts=aws(f"{OTHER_ACCOUNT}:root", StringEquals={"sts:ExternalId": ["x", "y"]}))],
            [role(trusts=aws(f"{OTHER_ACCOUNT}:root", StringEquals={"sts:ExternalId": "x"}))],
        ),
        RiskLevel.NONE,
    ),
    "an expiry comes off a trust, and comes earlier": (
        (
            [ALICE, role(trusts=aws(ALICE_ARN, DateLessThan={"aws:CurrentTime": "2030-01-01T00:00:00Z"}))],
            [ALICE, role(trusts=aws(ALICE_ARN))],
        ),
        (
            [ALICE, role(trusts=aws(ALICE_ARN))],
            [ALICE, role(trusts=aws(ALICE_ARN, DateLessThan={"aws:CurrentTime": "2030-01-01T00:00:00Z"}))],
        ),
        RiskLevel.NONE,
    ),
    "a subject becomes a wildcard, and a wildcard a subject": (
        ([role(trusts=subject("repo:acme/app:ref:main"))], [role(trusts=subject("repo:acme/*"))]),
        ([role(trusts=subject("repo:acme/*"))], [role(trusts=subject("repo:acme/app:ref:main"))]),
        RiskLevel.NONE,
    ),
    "a subject may be of any organization, and is of one": (
        ([role()], [role(trusts=subject("*:ref:refs/heads/main"))]),
        ([role()], [role(trusts=subject("repo:acme/*:ref:refs/heads/main"))]),
        RiskLevel.LOW,
    ),
    "an organization's name goes on, and ends": (
        ([role()], [role(trusts=subject("repo:acme*/app:ref:main"))]),
        ([role()], [role(trusts=subject("repo:acme/app*:ref:main"))]),
        RiskLevel.LOW,
    ),
    "all subjects but one, and that one": (
        (
            [role()],
            [role(trusts=trust({"Federated": GITHUB}, WEB, StringNotLike={SUBJECT: "repo:acme/*"}))],
        ),
        ([role()], [role(trusts=trust({"Federated": GITHUB}, WEB, StringLike={SUBJECT: "repo:acme/*"}))]),
        RiskLevel.LOW,
    ),
    "an account beside everybody of an organization, and the account within it": (
        (
            [role(trusts=aws("*", **ORGANIZATION))],
            [role(trusts=either(aws("*", **ORGANIZATION), aws(f"{OTHER_ACCOUNT}:root")))],
        ),
        (
            [role(trusts=aws("*", **ORGANIZATION))],
            [role(trusts=either(aws("*", **ORGANIZATION), aws(f"{OTHER_ACCOUNT}:root", **ORGANIZATION)))],
        ),
        RiskLevel.NONE,
    ),
    "an action that needs an external id no longer does, and one that never did": (
        (
            [role(trusts=either(aws(f"{OTHER_ACCOUNT}:root", **EXTERNAL_ID), trust_other_account("sts:TagSession")))],
            [role(trusts=either(aws(f"{OTHER_ACCOUNT}:root", **EXTERNAL_ID), trust_other_account("sts:*")))],
        ),
        (
            [role(trusts=aws(f"{OTHER_ACCOUNT}:root", **EXTERNAL_ID))],
            [role(trusts=either(aws(f"{OTHER_ACCOUNT}:root", **EXTERNAL_ID), trust_other_account("sts:TagSession")))],
        ),
        RiskLevel.NONE,
    ),
    "a user beside an account with MFA needs none, and needs it too": (
        (
            [ASSUMER, role(trusts=aws(f"{ACCOUNT}:root", **MFA))],
            [ASSUMER, role(trusts=either(aws(f"{ACCOUNT}:root", **MFA), aws(ALICE_ARN)))],
        ),
        (
            [ASSUMER, role(trusts=aws(f"{ACCOUNT}:root", **MFA))],
            [ASSUMER, role(trusts=either(aws(f"{ACCOUNT}:root", **MFA), aws(ALICE_ARN, **MFA)))],
        ),
        RiskLevel.NONE,
    ),
    "secrets by a pattern of their type, and by one of their names": (
        ([role()], [role(allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:sec*"))]),
        ([role()], [role(allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:app?*"))]),
        RiskLevel.LOW,
    ),
    "objects with names of any length, and of one bucket": (
        ([role()], [role(allow("s3:GetObject", "arn:aws:s3:::?*/?*"))]),
        ([role()], [role(allow("s3:GetObject", "arn:aws:s3:::a?*/?*"))]),
        RiskLevel.LOW,
    ),
    "a provider that a role trusts is created, and one that none trusts": (
        ([role(trusts=subject("repo:acme/a"))], [role(trusts=subject("repo:acme/a")), PROVIDER]),
        ([role()], [role(), PROVIDER]),
        RiskLevel.NONE,
    ),
    "a trusted provider gets a thumbprint, and a tag": (
        (
            [role(trusts=subject("repo:acme/a")), replace(PROVIDER, thumbprints=frozenset(["a" * 40]))],
            [role(trusts=subject("repo:acme/a")), replace(PROVIDER, thumbprints=frozenset(["a" * 40, "b" * 40]))],
        ),
        (
            [role(trusts=subject("repo:acme/a")), replace(PROVIDER, tags={"team": "a"})],
            [role(trusts=subject("repo:acme/a")), replace(PROVIDER, tags={"team": "b"})],
        ),
        RiskLevel.NONE,
    ),
    "a trusted provider gets a client, whose tokens the trust accepts, and does not": (
        (
            [role(trusts=subject("repo:acme/a")), PROVIDER],
            [role(trusts=subject("repo:acme/a")), replace(PROVIDER, client_ids=frozenset(["sts.amazonaws.com", "x"]))],
        ),
        (
            [role(trusts=FOR_STS), PROVIDER],
            [role(trusts=FOR_STS), replace(PROVIDER, client_ids=frozenset(["sts.amazonaws.com", "x"]))],
        ),
        RiskLevel.NONE,
    ),
    "the metadata of a trusted provider changes, and its tags": (
        ([role(trusts=OKTA_TRUST), okta("A")], [role(trusts=OKTA_TRUST), okta("B")]),
        ([role(trusts=OKTA_TRUST), okta("A")], [role(trusts=OKTA_TRUST), replace(okta("A"), tags={"team": "a"})]),
        RiskLevel.NONE,
    ),
    "a Deny comes off, and gets another Sid": (
        ([role(allow("s3:*", BUCKET), deny("s3:*", "arn:aws:s3:::acme/secret/*"))], [role(allow("s3:*", BUCKET))]),
        (
            [role(allow("s3:*", BUCKET), deny("s3:*", "arn:aws:s3:::acme/secret/*"))],
            [role(allow("s3:*", BUCKET), {**deny("s3:*", "arn:aws:s3:::acme/secret/*"), "Sid": "Keep"})],
        ),
        RiskLevel.NONE,
    ),
    "a NotAction loses an exception, and gains one": (
        (
            [role({"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"})],
            [role({"Effect": "Allow", "NotAction": ["sts:*"], "Resource": "*"})],
        ),
        (
            [role({"Effect": "Allow", "NotAction": ["sts:*"], "Resource": "*"})],
            [role({"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"})],
        ),
        RiskLevel.NONE,
    ),
    "administrator power is attached, and a policy that changes nothing": (
        ([*POLICIES, role()], [*POLICIES, role(policies=frozenset([WIDE]))]),
        ([*POLICIES, role(allow("s3:*"))], [*POLICIES, role(allow("s3:*"), policies=frozenset([BOUND]))]),
        RiskLevel.NONE,
    ),
    "a tag that a condition asks for, and one that none asks for": (
        (
            [role(allow("s3:GetObject", StringEquals={"aws:PrincipalTag/team": "red"}), tags={"team": "blue"})],
            [role(allow("s3:GetObject", StringEquals={"aws:PrincipalTag/team": "red"}), tags={"team": "red"})],
        ),
        (
            [role(allow("s3:GetObject", BUCKET), tags={"team": "blue"})],
            [role(allow("s3:GetObject", BUCKET), tags={"team": "red"})],
        ),
        RiskLevel.NONE,
    ),
    "a role can be assumed from everywhere, and only from an office": (
        (
            [ASSUMER_AT_OFFICE, role(trusts=aws(f"{ACCOUNT}:root"))],
            [ASSUMER, role(trusts=aws(f"{ACCOUNT}:root"))],
        ),
        (
            [ASSUMER, role(trusts=aws(f"{ACCOUNT}:root"))],
            [ASSUMER_AT_OFFICE, role(trusts=aws(f"{ACCOUNT}:root"))],
        ),
        RiskLevel.NONE,
    ),
    "keys of users can be made, and looked at": (
        ([ALICE], [replace(ALICE, inline_policies={"p": document(allow("iam:CreateAccessKey"))})]),
        ([ALICE], [replace(ALICE, inline_policies={"p": document(allow("iam:ListAccessKeys"))})]),
        RiskLevel.LOW,
    ),
    "a right to decrypt with every key, and with one": (
        ([role()], [role(allow("kms:Decrypt", "arn:aws:kms:*:*:key/*"))]),
        ([role()], [role(allow("kms:Decrypt", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"))]),
        RiskLevel.LOW,
    ),
    "protection comes off, and is put on": (
        ([role(tags={"reconcile:protect": "true"})], [role()]),
        ([role()], [role(tags={"reconcile:protect": "true"})]),
        RiskLevel.NONE,
    ),
}


class Catalogue:
    """Four services, as AWS's list has them."""

    LEVELS: ClassVar = {
        "secretsmanager": {"getsecretvalue": "read", "listsecrets": "list"},
        "s3": {"getobject": "read", "putobject": "write", "putbucketpolicy": "permissions management"},
        "iam": {"passrole": "write", "getuser": "read", "createaccesskey": "write", "listaccesskeys": "list"},
        "kms": {"decrypt": "write"},
        "ec2": {"runinstances": "write", "modifysnapshotattribute": "permissions management"},
    }

    def actions_of(self, service: str) -> dict[str, str] | None:
        return {name: name for name in self.LEVELS[service]} if service in self.LEVELS else None

    def level_of(self, service: str, action: str) -> str:
        return self.LEVELS[service][action]

    def condition_keys_of(self, prefix: str) -> dict[str, str]:
        return {}


def make_plan(live: Sequence[Entity], wanted: Sequence[Entity], options: PlanOptions = ALLOWED) -> Plan:
    entities = {entity.address: entity for entity in wanted}
    declarations = dict.fromkeys(entities, Declaration(PLACE, protect=False))
    desired = Desired(State(ACCOUNT, "aws", entities), None, Settings(prune="none"), declarations, {})
    details = LiveDetails(external_policies=dict.fromkeys(AWS_POLICIES, True), quotas={})
    before = State(ACCOUNT, "aws", {entity.address: entity for entity in live}, details)
    return build_plan(desired, before, options, Catalogue())


@pytest.mark.parametrize(("dangerous", "harmless", "level"), PAIRS.values(), ids=PAIRS.keys())
def test_a_dangerous_plan_is_told_from_a_harmless_look_alike(dangerous: Pair, harmless: Pair, level: RiskLevel) -> None:
    assert make_plan(*dangerous).risk.level is RiskLevel.HIGH
    assert make_plan(*harmless).risk.level is level


def test_a_plan_that_widens_is_refused_on_demand_with_its_gravest_reason() -> None:
    live, wanted = PAIRS["a trust opened to an account, and to a service"][0]
    plan = make_plan(live, wanted, replace(ALLOWED, refuse_widening=True))
    (refusal,) = [finding for finding in plan.findings if finding.code == "widens-access"]
    assert not plan.is_safe
    assert refusal.summary == (
        f"The plan widens access: role/app can now be assumed by account {OTHER_ACCOUNT}, without MFA."
    )


def test_a_plan_that_only_takes_is_let_through_on_demand() -> None:
    plan = make_plan([role(allow("s3:*"))], [role(allow("s3:GetObject"))], replace(ALLOWED, refuse_widening=True))
    assert plan.is_safe and plan.risk.level is RiskLevel.NONE


def test_losing_access_is_no_risk_and_changes_nothing_about_reversal() -> None:
    plan = make_plan([role(allow("s3:*"))], [role(allow("s3:GetObject"))])
    assert plan.risk.reasons == () and plan.is_reversible


def test_two_hundred_members_of_a_group_are_one_row() -> None:
    (row,) = make_plan(*PAIRS["a group with 200 members gains PassRole, and a read"][0]).access.permissions.gained
    assert (row.group, len(row.principals), row.actions) == ("group/staff", 200, ("iam:passrole",))


def bound_roles(number: int, boundary: str) -> list[Entity]:
    """Return roles that share a boundary, each with a bucket of its own."""
    grants = [document(allow("s3:GetObject", f"arn:aws:s3:::b{index}/*")) for index in range(number)]
    roles = [
        Role(f"r{index}", EC2, inline_policies={"p": grant}, permissions_boundary=boundary)
        for index, grant in enumerate(grants)
    ]
    return [*POLICIES, Policy("narrow", document(allow("ec2:*"))), *roles]


def test_a_boundary_lets_through_what_the_policies_behind_it_allow() -> None:
    plan = make_plan(bound_roles(1, policy_arn("narrow")), bound_roles(1, WIDE))
    (row,) = plan.access.permissions.gained
    assert (row.actions, row.resources, row.decided) == (("s3:getobject",), ("arn:aws:s3:::b0/*",), True)
    assert plan.risk.level is RiskLevel.LOW


def test_the_boundary_of_many_roles_is_told_as_one_row_that_is_not_decided() -> None:
    plan = make_plan(bound_roles(30, policy_arn("narrow")), bound_roles(30, WIDE))
    (row,) = plan.access.permissions.gained
    assert (len(row.principals), row.resources, row.decided) == (30, ("*",), False)
    assert [(one.pattern, one.exceptions) for one in row.patterns] == [("*", ("ec2:*",))]


SECRET, PART = "arn:aws:s3:::acme/secret/*", "arn:aws:s3:::acme/secret/a*"
SOME = allow("s3:*", BUCKET)

DENIES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]] = {
    "it is gone": ([deny("s3:*", SECRET)], [], [f"a Deny comes off role/app inline policy p: s3:* on {SECRET}"]),
    "of fewer actions": (
        [deny("s3:*", SECRET)],
        [deny("s3:Put*", SECRET)],
        [f"a Deny of role/app inline policy p is narrowed: s3:Put* on {SECRET} (before: s3:* on {SECRET})"],
    ),
    "of fewer resources": (
        [deny("s3:*", SECRET)],
        [deny("s3:*", PART)],
        [f"a Deny of role/app inline policy p is narrowed: s3:* on {PART} (before: s3:* on {SECRET})"],
    ),
    "on another condition": (
        [deny("s3:*", SECRET, **EU)],
        [deny("s3:*", SECRET, **MFA)],
        [f"a Deny of role/app inline policy p applies on other conditions: s3:* on {SECRET} (under conditions)"],
    ),
    "another Deny takes its place": (
        [deny("s3:*", SECRET)],
        [deny("ec2:*")],
        [f"a Deny comes off role/app inline policy p: s3:* on {SECRET}"],
    ),
    "of more actions": ([deny("s3:Put*", SECRET)], [deny("s3:*", SECRET)], []),
    "of more resources": ([deny("s3:*", PART)], [deny("s3:*", SECRET)], []),
    "without its condition": ([deny("s3:*", SECRET, **EU)], [deny("s3:*", SECRET)], []),
    "two become one": ([deny("s3:Put*", SECRET), deny("s3:Get*", SECRET)], [deny(["s3:*"], SECRET)], []),
}


@pytest.mark.parametrize(("before", "after", "said"), DENIES.values(), ids=list(DENIES))
def test_a_deny_that_comes_off_is_told_from_one_that_is_narrowed_or_widened(
    before: list[dict[str, Any]], after: list[dict[str, Any]], said: list[str]
) -> None:
    risk = make_plan([role(SOME, *before)], [role(SOME, *after)]).risk
    assert [reason.message for reason in risk.reasons if reason.code is RiskCode.DENY_REMOVED] == said
    assert risk.level is (RiskLevel.HIGH if said else RiskLevel.NONE)


GUARD = Policy("guard", document(deny("s3:*", BUCKET)))
GUARD_ARN, QUARANTINE = policy_arn("guard"), "arn:aws:iam::aws:policy/AWSDenyAll"
GUARDED = Group("guarded", policies=frozenset([GUARD_ARN]), inline_policies={"g": document(deny("ec2:*"))})
BOUNDS: list[Entity] = [
    Policy("old", document(allow("*"), deny("s3:*", BUCKET))),
    Policy("new", document(allow("*"))),
]
MEMBERS = [User(name, groups=frozenset([GUARDED.address])) for name in ("amy", "bob")]
LEAVERS = [User(name) for name in ("amy", "bob")]

LOST_DENIES: dict[str, tuple[Sequence[Entity], Sequence[Entity], list[str]]] = {
    "a policy is detached": (
        [GUARD, role(SOME, policies=frozenset([GUARD_ARN]))],
        [GUARD, role(SOME)],
        [f"a Deny of policy/guard no longer holds for role/app: s3:* on {BUCKET}"],
    ),
    "a policy is detached from a group": (
        [GUARD, GUARDED],
        [GUARD, replace(GUARDED, policies=frozenset())],
        [f"a Deny of policy/guard no longer holds for group/guarded: s3:* on {BUCKET}"],
    ),
    "users leave a group": (
        [GUARD, GUARDED, *MEMBERS],
        [GUARD, GUARDED, *LEAVERS],
        [
            f"a Deny of group/guarded (policy/guard) no longer holds for 2 users (amy, bob): s3:* on {BUCKET}",
            "a Deny of group/guarded inline policy g no longer holds for 2 users (amy, bob): ec2:* on *",
        ],
    ),
    "a policy of AWS is detached": (
        [replace(ALICE, policies=frozenset([QUARANTINE]))],
        [ALICE],
        ["a Deny of aws:AWSDenyAll no longer holds for user/alice: * on *"],
    ),
    "another boundary": (
        [*BOUNDS, role(SOME, permissions_boundary=policy_arn("old"))],
        [*BOUNDS, role(SOME, permissions_boundary=policy_arn("new"))],
        [f"a Deny of the boundary policy/old no longer holds for role/app: s3:* on {BUCKET}"],
    ),
    "a Deny moves from an inline policy to an attached one": (
        [GUARD, role(SOME, deny("s3:*", BUCKET))],
        [GUARD, role(SOME, policies=frozenset([GUARD_ARN]))],
        [],
    ),
    "a user moves to a group with the same Deny": (
        [GUARD, GUARDED, *MEMBERS],
        [
            GUARD,
            GUARDED,
            replace(GUARDED, name="others"),
            *(replace(one, groups=frozenset([Address("group", "others")])) for one in MEMBERS),
        ],
        [],
    ),
    "the policy of a group is narrowed": (
        [GUARD, GUARDED, *MEMBERS],
        [replace(GUARD, document=document(deny("s3:*", BUCKET + "a"))), GUARDED, *MEMBERS],
        [f"a Deny of policy/guard is narrowed: s3:* on {BUCKET}a (before: s3:* on {BUCKET})"],
    ),
}


@pytest.mark.parametrize(("before", "after", "said"), LOST_DENIES.values(), ids=list(LOST_DENIES))
def test_a_deny_that_a_principal_no_longer_holds_is_a_high_risk(
    before: Sequence[Entity], after: Sequence[Entity], said: list[str]
) -> None:
    risk = make_plan(before, after).risk
    assert [reason.message for reason in risk.reasons if reason.code is RiskCode.DENY_REMOVED] == said
    assert not said or risk.level is RiskLevel.HIGH


def test_a_deny_that_a_deleted_group_held_is_a_high_risk_for_members_outside_the_file() -> None:
    live = {one.address: one for one in (GUARD, GUARDED, *MEMBERS)}
    settings = Settings(prune="all", ignore=("user/*", "policy/*"))
    desired = Desired(State(ACCOUNT, "aws", {}), None, settings, {}, {})
    plan = build_plan(desired, State(ACCOUNT, "aws", live, LiveDetails(quotas={})), ALLOWED, Catalogue())
    told = [reason.message for reason in plan.risk.reasons if reason.code is RiskCode.DENY_REMOVED]
    assert [message.partition(":")[0] for message in told] == [
        "a Deny of group/guarded (policy/guard) no longer holds for 2 users (amy, bob)",
        "a Deny of group/guarded inline policy g no longer holds for 2 users (amy, bob)",
    ]


ANYONE = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
EVE = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/eve"}


def deny_principal(principal: Any, action: str = "sts:*", key: str = "Principal") -> Document:
    return either(EC2, canonical({"Statement": {"Effect": "Deny", key: principal, "Action": action}}))


def deny_others(*users: str) -> Document:
    return deny_principal({"AWS": [f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in users]}, key="NotPrincipal")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (deny_principal("*"), EC2, "a Deny comes off the trust of role/app"),
        (deny_principal("*"), deny_principal(EVE), "a Deny of the trust of role/app is narrowed"),
        (deny_principal(EVE), deny_principal(EVE, "sts:AssumeRole"), "a Deny of the trust of role/app is narrowed"),
        (deny_principal(EVE), deny_principal(ANYONE), None),
        (deny_principal(EVE), deny_principal("*"), None),
        (deny_others("alice"), deny_others("alice", "eve"), "a Deny of the trust of role/app is narrowed"),
        (deny_others("alice", "eve"), deny_others("alice"), None),
        (deny_principal("*", "sts:AssumeRole"), deny_principal("*"), None),
        (deny_principal("*"), deny_principal(ANYONE), "a Deny of the trust of role/app is narrowed"),
        (deny_principal(EVE), deny_principal({"AWS": [*EVE.values(), *ANYONE.values()]}), None),
    ],
)
def test_a_deny_of_a_trust_is_told_as_narrowed_if_a_part_of_it_stays(
    before: Document, after: Document, said: str | None
) -> None:
    reasons = make_plan([role(trusts=before)], [role(trusts=after)]).risk.reasons
    told = [reason.message for reason in reasons if reason.code is RiskCode.TRUST_DENY_REMOVED]
    assert told == ([said] if said else [])


def test_a_trust_that_ends_later_says_when() -> None:
    def until(time: str) -> list[Entity]:
        return [ALICE, role(trusts=trust({"AWS": ALICE_ARN}, DateLessThan={"aws:CurrentTime": time}))]

    early, late = "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"
    plan = make_plan(until(early), until(late))
    messages = [one.message for one in plan.risk.reasons if one.code is RiskCode.TRUST_CONDITION_REMOVED]
    assert messages == [f"role/app now ends at {late} for user/alice (before: {early})"]
    (line,) = list_access_lines(plan, Detail.FULL).roles
    assert line.text == (
        f"user/alice may assume role/app: now if DateLessThan aws:CurrentTime {late} "
        f"(before: if DateLessThan aws:CurrentTime {early})"
    )
    assert make_plan(until(late), until(early)).risk.level is RiskLevel.NONE


PRESENT = MFA["Bool"]


@pytest.mark.parametrize(
    ("before", "after", "reason", "line"),
    [
        (
            {"Bool": PRESENT, **younger_than(3600)},
            {"Bool": PRESENT},
            "no longer demands MFA at most 1h old of user/alice",
            "user/alice may assume role/app: no longer only if NumericLessThan aws:MultiFactorAuthAge 3600 (1h)",
        ),
        (
            {"Bool": PRESENT, **younger_than(3600)},
            {"Bool": PRESENT, **younger_than(7200)},
            "accepts MFA up to 2h old of user/alice (before: 1h)",
            "user/alice may assume role/app: now if NumericLessThan aws:MultiFactorAuthAge 7200 (2h) "
            "(before: if NumericLessThan aws:MultiFactorAuthAge 3600 (1h))",
        ),
        (
            {"Bool": PRESENT},
            {"BoolIfExists": PRESENT},
            "now demands BoolIfExists aws:MultiFactorAuthPresent true of user/alice (before: Bool true)",
            None,
        ),
        (
            {"Bool": PRESENT, **younger_than(3600)},
            younger_than(3600),
            "no longer demands aws:MultiFactorAuthPresent true for user/alice",
            None,
        ),
        ({"Bool": PRESENT, **younger_than(3600)}, {}, "no longer demands MFA of user/alice", None),
    ],
    ids=["any MFA", "older MFA", "keys without MFA", "MFA by its age alone", "no MFA"],
)
def test_a_trust_that_demands_other_mfa_says_what_it_no_longer_demands(
    before: dict[str, Any], after: dict[str, Any], reason: str, line: str | None
) -> None:
    plan = make_plan(*([ALICE, role(trusts=trust({"AWS": ALICE_ARN}, **one))] for one in (before, after)))
    messages = [one.message for one in plan.risk.reasons if one.code is RiskCode.TRUST_CONDITION_REMOVED]
    assert messages == [f"role/app {reason}"]
    if line is not None:
        assert [one.text for one in list_access_lines(plan, Detail.FULL).roles] == [line]


LIMITS: dict[str, tuple[dict[str, Any], dict[str, Any], RiskLevel]] = {
    "an earlier end": (
        {"DateLessThan": {"aws:CurrentTime": "2031-01-01T00:00:00Z"}},
        {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
        RiskLevel.NONE,
    ),
    "a shorter time since MFA": (
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "7200"}},
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
        RiskLevel.NONE,
    ),
    "a longer one": (
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "7200"}},
        RiskLevel.HIGH,
    ),
    "a part of a network": (
        {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        {"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}},
        RiskLevel.NONE,
    ),
    "another network": (
        {"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}},
        {"IpAddress": {"aws:SourceIp": "10.2.0.0/16"}},
        RiskLevel.HIGH,
    ),
    "a text of a pattern": (
        {"StringLike": {"aws:PrincipalTag/Team": "ops, *"}},
        {"StringEquals": {"aws:PrincipalTag/Team": "ops, day"}},
        RiskLevel.NONE,
    ),
    "a part of a text with a comma": (
        {"StringEquals": {"aws:PrincipalTag/Team": "ops, day"}},
        {"StringEquals": {"aws:PrincipalTag/Team": "ops"}},
        RiskLevel.HIGH,
    ),
    "another external id": (
        {"StringEquals": {"sts:ExternalId": "y"}},
        {"StringEquals": {"sts:ExternalId": "x"}},
        RiskLevel.HIGH,
    ),
}


@pytest.mark.parametrize(("before", "after", "level"), LIMITS.values(), ids=list(LIMITS))
def test_a_closer_limit_of_a_trust_is_no_risk(before: dict[str, Any], after: dict[str, Any], level: RiskLevel) -> None:
    sides = [[ALICE, role(trusts=trust({"AWS": ALICE_ARN}, **one))] for one in (before, after)]
    assert make_plan(*sides).risk.level is level


EVE_ELSEWHERE = f"arn:aws:iam::{OTHER_ACCOUNT}:user/eve"
ELSEWHERE = aws(f"{OTHER_ACCOUNT}:root")
WITHOUT_EVE = either(
    ELSEWHERE,
    document({"Effect": "Deny", "Principal": {"AWS": EVE_ELSEWHERE}, "Action": "sts:AssumeRole"}),
)
TRUSTED_NAMES: dict[str, tuple[Document, Document, RiskLevel, list[str]]] = {
    # name: (before, after, risk, lines of access)
    "a user of a trusted account in its place": (
        ELSEWHERE,
        aws(EVE_ELSEWHERE),
        RiskLevel.NONE,
        [f"arn:aws:iam::{OTHER_ACCOUNT}:root may no longer assume role/app"],
    ),
    "a user of a trusted account beside it": (ELSEWHERE, either(ELSEWHERE, aws(EVE_ELSEWHERE)), RiskLevel.NONE, []),
    "a user of a trusted account, now with MFA": (
        ELSEWHERE,
        aws(EVE_ELSEWHERE, **MFA),
        RiskLevel.NONE,
        [
            f"arn:aws:iam::{OTHER_ACCOUNT}:root may no longer assume role/app",
            f"{EVE_ELSEWHERE} may assume role/app now, with MFA (before: without condition)",
        ],
    ),
    "a user of an account trusted with MFA, now without": (
        aws(f"{OTHER_ACCOUNT}:root", **MFA),
        aws(EVE_ELSEWHERE),
        RiskLevel.HIGH,
        [
            f"arn:aws:iam::{OTHER_ACCOUNT}:root may no longer assume role/app",
            f"{EVE_ELSEWHERE} may assume role/app now without condition (before: with MFA)",
        ],
    ),
    "the account of a trusted user in its place": (
        aws(EVE_ELSEWHERE),
        ELSEWHERE,
        RiskLevel.HIGH,
        [f"arn:aws:iam::{OTHER_ACCOUNT}:root may assume role/app"],
    ),
    "a user who was denied in a trusted account": (
        WITHOUT_EVE,
        aws(EVE_ELSEWHERE),
        RiskLevel.HIGH,
        [
            f"{EVE_ELSEWHERE} may assume role/app",
            f"arn:aws:iam::{OTHER_ACCOUNT}:root may no longer assume role/app",
        ],
    ),
    "an account in place of everyone": (
        aws("*"),
        ELSEWHERE,
        RiskLevel.NONE,
        ["everyone may no longer assume role/app", "role/app may no longer assume role/app"],
    ),
    "everyone, written in another way": (trust("*"), aws("*"), RiskLevel.NONE, []),
    "a service in place of everyone": (
        aws("*"),
        EC2,
        RiskLevel.LOW,
        [
            "service:ec2.amazonaws.com may assume role/app",
            "everyone may no longer assume role/app",
            "role/app may no longer assume role/app",
        ],
    ),
}


@pytest.mark.parametrize(("before", "after", "level", "lines"), TRUSTED_NAMES.values(), ids=list(TRUSTED_NAMES))
def test_whoever_is_named_in_place_of_more_gains_nothing(
    before: Document, after: Document, level: RiskLevel, lines: list[str]
) -> None:
    plan = make_plan([role(trusts=before)], [role(trusts=after)])
    shown = list_access_lines(plan, Detail.FULL).roles
    assert [line.text for line in shown] == lines
    assert plan.risk.level is level, plan.risk


DEMANDS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "an account less excluded": (
        {"StringNotEquals": {"aws:PrincipalAccount": [OTHER_ACCOUNT, "1" * 12]}},
        {"StringNotEquals": {"aws:PrincipalAccount": OTHER_ACCOUNT}},
        f"role/app now demands StringNotEquals aws:PrincipalAccount {OTHER_ACCOUNT} of user/alice "
        f"(before: StringNotEquals 111111111111, {OTHER_ACCOUNT})",
    ),
    "a key that may be absent": (
        {"StringEquals": {"sts:ExternalId": "x"}},
        {"StringEqualsIfExists": {"sts:ExternalId": "x"}},
        "role/app now demands StringEqualsIfExists sts:ExternalId x of user/alice (before: StringEquals x)",
    ),
    "another text": (
        {"StringEquals": {"sts:ExternalId": "x"}},
        {"StringEquals": {"sts:ExternalId": "y"}},
        "role/app accepts sts:ExternalId y of user/alice (before: x)",
    ),
}


@pytest.mark.parametrize(("before", "after", "said"), DEMANDS.values(), ids=list(DEMANDS))
def test_a_condition_of_a_trust_is_told_with_its_operator_if_that_one_decides(
    before: dict[str, Any], after: dict[str, Any], said: str
) -> None:
    sides = [[ALICE, role(trusts=trust({"AWS": ALICE_ARN}, **one))] for one in (before, after)]
    assert [one.message for one in make_plan(*sides).risk.reasons] == [said]


AS_USER = "${aws:username}"
NOT_AS_USER = {"StringNotEquals": {"sts:RoleSessionName": AS_USER}}
VERSIONS: dict[str, tuple[Document, list[str], list[str]]] = {
    "a name of a session, which has no $": (
        trust({"AWS": ALICE_ARN}, StringEquals={"sts:RoleSessionName": AS_USER}),
        [f"role/app accepts sts:RoleSessionName {AS_USER} of user/alice (before: this as text, without variables)"],
        [],
    ),
    "another key": (
        trust({"AWS": ALICE_ARN}, StringEquals={"aws:UserAgent": AS_USER}),
        [f"role/app accepts aws:UserAgent {AS_USER} of user/alice (before: this as text, without variables)"],
        [f"role/app accepts aws:UserAgent {AS_USER} of user/alice as text, without variables (before: with variables)"],
    ),
    "a Deny": (
        either(
            aws(ALICE_ARN),
            document({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": NOT_AS_USER}),
        ),
        ["a Deny of the trust of role/app is narrowed"],
        ["a Deny of the trust of role/app is narrowed"],
    ),
}


@pytest.mark.parametrize(("trusts", "with_variables", "without"), VERSIONS.values(), ids=list(VERSIONS))
def test_a_text_of_a_trust_that_becomes_a_variable_is_told(
    trusts: Document, with_variables: list[str], without: list[str]
) -> None:
    sides = [[ALICE, role(trusts=one)] for one in (replace(trusts, version="2008-10-17"), trusts)]
    for pair, said in ((sides, with_variables), (sides[::-1], without)):
        reasons = [one for one in make_plan(*pair).risk.reasons if one.code is not RiskCode.ROLE_ACCESS]
        assert [one.message for one in reasons] == said


def test_a_version_alone_is_no_risk() -> None:
    sides = [
        [ALICE, role(trusts=replace(aws(ALICE_ARN, **EXTERNAL_ID), version=one))]
        for one in ("2008-10-17", "2012-10-17")
    ]
    assert make_plan(*sides).risk.level is RiskLevel.NONE


MFA_TESTS: dict[str, tuple[dict[str, Any], bool]] = {
    "yes": (MFA, True),
    "yes, if it is told": ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, False),
    "yes in each of no values": ({"ForAllValues:Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
    "a time since MFA": ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, True),
    "not a certain time": ({"NumericNotEquals": {"aws:MultiFactorAuthAge": "3600"}}, False),
    "yes as a text": ({"StringEqualsIgnoreCase": {"aws:MultiFactorAuthPresent": "TRUE"}}, True),
    "yes or no": ({"Bool": {"aws:MultiFactorAuthPresent": ["true", "false"]}}, False),
}


@pytest.mark.parametrize(("condition", "demands"), MFA_TESTS.values(), ids=list(MFA_TESTS))
def test_a_trust_that_some_calls_without_mfa_pass_is_told_as_without_mfa(
    condition: dict[str, Any], demands: bool
) -> None:
    (reason,) = make_plan([role()], [role(trusts=either(EC2, aws(f"{OTHER_ACCOUNT}:root", **condition)))]).risk.reasons
    assert reason.message == (
        f"role/app can now be assumed by account {OTHER_ACCOUNT}{'' if demands else ', without MFA'}"
    )


def test_a_deny_of_calls_without_mfa_demands_it_as_well() -> None:
    guard = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    denies = document({"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": guard})
    (reason,) = make_plan([role()], [role(trusts=either(EC2, aws(f"{OTHER_ACCOUNT}:root"), denies))]).risk.reasons
    assert reason.message == f"role/app can now be assumed by account {OTHER_ACCOUNT}"


@pytest.mark.parametrize("operator", ["ForAllValues:StringLike", "StringLikeIfExists"])
def test_a_subject_that_a_token_may_lack_is_not_named(operator: str) -> None:
    trusts = trust({"Federated": GITHUB}, WEB, **{operator: {SUBJECT: "repo:acme/app:ref:refs/heads/main"}})
    assert make_plan([role()], [role(trusts=trusts)]).risk.reasons[0].code is RiskCode.TRUST_WILDCARD


def test_a_session_of_the_account_is_not_every_principal_of_it() -> None:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/run"
    risk = make_plan([role()], [role(trusts=either(EC2, trust({"AWS": session})))]).risk
    assert [(one.code, one.message) for one in risk.reasons] == [
        (RiskCode.ROLE_ACCESS, f"{session} may newly assume role/app")
    ]


def test_a_closer_limit_beside_a_wider_one_is_a_risk() -> None:
    def until(*years: int) -> list[Entity]:
        ends = [{"DateLessThan": {"aws:CurrentTime": f"{year}-01-01T00:00:00Z"}} for year in years]
        return [ALICE, role(trusts=either(*(trust({"AWS": ALICE_ARN}, **one) for one in ends)))]

    plan = make_plan(until(2031), until(2030, 2035))
    assert plan.risk.level is RiskLevel.HIGH
    assert [line.tone for line in list_access_lines(plan, Detail.FULL).roles] == [Tone.DANGER]
