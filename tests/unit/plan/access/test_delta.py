"""The access delta: who gains and who loses the ability to assume a role, and who gains or loses what power."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import pytest

from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.permissions import NO_PERMISSIONS
from reconciler.model.plan import AccessDelta
from reconciler.model.role_access import RoleAccess
from reconciler.plan.access import delta as access_delta
from tests.support.strategies import ACCOUNT, policy_arn
from tests.unit.render.plans import MINE, allow, document, plan

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
ROOT, OTHER_ROOT = f"arn:aws:iam::{ACCOUNT}:root", "arn:aws:iam::210987654321:root"
STRANGER = "arn:aws:iam::210987654321:role/ci"
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"
MFA = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
WITHOUT_MFA = {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
OFFICE = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"

Statement = dict[str, Any]


def trust(*names: str, effect: str = "Allow", **more: Any) -> Statement:
    """`user/…` and `role/…` are of this account."""
    named = [f"arn:aws:iam::{ACCOUNT}:{name}" if name.startswith(("user/", "role/")) else name for name in names]
    return {"Effect": effect, "Principal": {"AWS": named}, "Action": "sts:AssumeRole", **more}


def service(*hosts: str) -> Statement:
    return {"Effect": "Allow", "Principal": {"Service": list(hosts)}, "Action": "sts:AssumeRole"}


def trust_provider(provider: str, action: str, **condition: Any) -> Statement:
    return {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": action, "Condition": condition}


def app(*statements: Statement, **more: Any) -> Role:
    return Role("app", document(*statements), **{"tags": MINE, **more})


def user(*statements: Statement, name: str = "alice", **more: Any) -> User:
    inline = {"inline_policies": {"own": document(*statements)}} if statements else {}
    return User(name, **{"tags": MINE, **inline, **more})


def policy(content: Document, name: str = "p") -> Policy:
    return Policy(name, content, description="", tags=MINE)


NO_KEYS = {"Condition": {"StringEquals": {}}}
DENY_ALL = {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}
ASSUME = allow("sts:AssumeRole")
ASSUME_APP = {**ASSUME, "Resource": ROLE}
ASSUME_OTHER = {**ASSUME, "Resource": f"{ROLE}-other"}
ALICE, BOB = user(), user(name="bob")
EC2 = app(service("ec2.amazonaws.com"))
CLOSED = app(trust("user/alice", effect="Deny"))
TO_ALICE, TO_ACCOUNT = app(trust("user/alice")), app(trust(ROOT))
CREW = frozenset([Address("group", "crew")])
P = frozenset([policy_arn("p")])
TEAM_A = {**MINE, "team": "a"}
TEAM = {"StringEquals": {"aws:PrincipalTag/team": "a"}}
OWN_TEAM = {"StringEquals": {"aws:ResourceTag/team": "a"}}
BY_TEAM = {**ASSUME, "Resource": f"arn:aws:iam::{ACCOUNT}:role/${{aws:PrincipalTag/team}}"}
TAGGED_CREW = Group("crew", "/me/", inline_policies={"a": document(BY_TEAM)})


def can(principal: str, *conditions: str, mfa: bool = False, role: str = "role/app") -> RoleAccess:
    return RoleAccess(principal, role, mfa, conditions)


@dataclass(frozen=True)
class Case:
    live: list[Entity]
    wanted: list[Entity]
    gained: tuple[RoleAccess, ...] = ()
    lost: tuple[RoleAccess, ...] = ()


def delta(live: list[Entity], wanted: list[Entity]) -> AccessDelta:
    """The access to roles, and powers; `test_permissions.py` has what else a plan gives and takes."""
    return replace(plan(live, wanted).access, permissions=NO_PERMISSIONS)


TRUSTS: dict[str, Case] = {
    "a trust names a user": Case([ALICE, CLOSED], [ALICE, TO_ALICE], (can("user/alice"),)),
    "a trust names a user no more": Case([ALICE, TO_ALICE], [ALICE, CLOSED], (), (can("user/alice"),)),
    "a trust names another user": Case(
        [ALICE, BOB, TO_ALICE], [ALICE, BOB, app(trust("user/bob"))], (can("user/bob"),), (can("user/alice"),)
    ),
    "one of two users goes": Case(
        [ALICE, BOB, app(trust("user/alice", "user/bob"))], [ALICE, BOB, TO_ALICE], (), (can("user/bob"),)
    ),
    "a user below a path": Case(
        [replace(ALICE, path="/x/"), EC2],
        [replace(ALICE, path="/x/"), app(service("ec2.amazonaws.com"), trust("user/x/alice"))],
        (can("user/alice"),),
    ),
    "a role is created with its trust": Case([ALICE], [ALICE, TO_ALICE], (can("user/alice"),)),
    "a role is deleted": Case([ALICE, TO_ALICE], [ALICE], (), (can("user/alice"),)),
    "a user is created into a trust": Case([], [ALICE, TO_ALICE], (can("user/alice"),)),
    "a user and the trust's name of it go": Case([ALICE, TO_ALICE], [CLOSED], (), (can("user/alice"),)),
    "the trust gets a Deny": Case(
        [ALICE, TO_ALICE],
        [ALICE, app(trust("user/alice"), trust("user/alice", effect="Deny"))],
        (),
        (can("user/alice"),),
    ),
    "another role may": Case(
        [Role("ci", EC2.trust_policy, tags=MINE), EC2],
        [Role("ci", EC2.trust_policy, tags=MINE), app(service("ec2.amazonaws.com"), trust("role/ci"))],
        (can("role/ci"),),
    ),
    "a trust is rewritten with the same meaning": Case(
        [ALICE, BOB, app(trust("user/alice", "user/bob"))],
        [ALICE, BOB, app(trust("user/bob"), trust("user/alice"))],
    ),
}

CONDITIONS: dict[str, Case] = {
    "only with MFA": Case([ALICE, CLOSED], [ALICE, app(trust("user/alice", **MFA))], (can("user/alice", mfa=True),)),
    "the key of MFA has to be there, as in a session without MFA": Case(
        [ALICE, CLOSED],
        [ALICE, app(trust("user/alice", Condition={"Null": {"aws:MultiFactorAuthPresent": "false"}}))],
        (can("user/alice"),),
    ),
    "MFA is asked for from now on": Case(
        [ALICE, TO_ALICE], [ALICE, app(trust("user/alice", **MFA))], (can("user/alice", mfa=True),)
    ),
    "MFA is asked for no more": Case([ALICE, app(trust("user/alice", **MFA))], [ALICE, TO_ALICE], (can("user/alice"),)),
    "MFA younger than an hour": Case(
        [ALICE, CLOSED],
        [ALICE, app(trust("user/alice", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}))],
        (can("user/alice", mfa=True),),
    ),
    "MFA by the user's own policy": Case(
        [ALICE, TO_ACCOUNT], [user({**ASSUME, **MFA}), TO_ACCOUNT], (can("user/alice", mfa=True),)
    ),
    "MFA asked of a role, which has none": Case(
        [Role("ci", EC2.trust_policy, tags=MINE), EC2],
        [Role("ci", EC2.trust_policy, tags=MINE), app(service("ec2.amazonaws.com"), trust("role/ci", **MFA))],
    ),
    "an external id": Case(
        [ALICE, CLOSED],
        [ALICE, app(trust("user/alice", Condition={"StringEquals": {"sts:ExternalId": "x"}}))],
        (can("user/alice", "sts:externalid"),),
    ),
    "an address": Case(
        [ALICE, TO_ALICE], [ALICE, app(trust("user/alice", **OFFICE))], (can("user/alice", "aws:sourceip"),)
    ),
    "an address and MFA": Case(
        [ALICE, CLOSED],
        [ALICE, app(trust("user/alice", Condition={**MFA["Condition"], **OFFICE["Condition"]}))],
        (can("user/alice", "aws:sourceip", mfa=True),),
    ),
    "a tag that the user has": Case(
        [replace(ALICE, tags={**MINE, "team": "a"}), CLOSED],
        [
            replace(ALICE, tags={**MINE, "team": "a"}),
            app(trust("user/alice", Condition={"StringEquals": {"aws:PrincipalTag/team": "a"}})),
        ],
        (can("user/alice"),),
    ),
    "a tag that the user gets": Case(
        [ALICE, app(trust("user/alice", Condition={"StringEquals": {"aws:PrincipalTag/team": "a"}}))],
        [
            replace(ALICE, tags={**MINE, "team": "a"}),
            app(trust("user/alice", Condition={"StringEquals": {"aws:PrincipalTag/team": "a"}})),
        ],
        (can("user/alice"),),
    ),
    "a tag that the role gets, and its trust asks for": Case(
        [user(ASSUME), app(trust(ROOT, Condition=OWN_TEAM))],
        [user(ASSUME), app(trust(ROOT, Condition=OWN_TEAM), tags=TEAM_A)],
        (can("user/alice"),),
    ),
    "a tag that the role gets, and the user's policy asks for": Case(
        [user({**ASSUME, "Condition": OWN_TEAM}), TO_ACCOUNT],
        [user({**ASSUME, "Condition": OWN_TEAM}), app(trust(ROOT), tags=TEAM_A)],
        (can("user/alice"),),
    ),
    "a tag that the user gets, and its own policy asks for": Case(
        [user({**ASSUME, "Condition": TEAM}), TO_ACCOUNT],
        [user({**ASSUME, "Condition": TEAM}, tags=TEAM_A), TO_ACCOUNT],
        (can("user/alice"),),
    ),
    "a tag that the user gets, and the policy of its group asks for by a variable": Case(
        [TAGGED_CREW, user(groups=CREW), TO_ACCOUNT],
        [TAGGED_CREW, user(groups=CREW, tags={**MINE, "team": "app"}), TO_ACCOUNT],
        (can("user/alice"),),
    ),
    "a tag that the user gets, and a new trust asks for": Case(
        [ALICE, CLOSED],
        [user(tags=TEAM_A), app(trust("user/alice", Condition=TEAM))],
        (can("user/alice"),),
    ),
    "a tag that the role gets, and a new policy asks for": Case(
        [ALICE, TO_ACCOUNT],
        [user({**ASSUME, "Condition": OWN_TEAM}), app(trust(ROOT), tags=TEAM_A)],
        (can("user/alice"),),
    ),
}

OUTSIDERS: dict[str, Case] = {
    "a service": Case([], [EC2], (can("service:ec2.amazonaws.com"),)),
    "a second service": Case(
        [EC2],
        [app(service("ec2.amazonaws.com", "lambda.amazonaws.com"))],
        (can("service:lambda.amazonaws.com"),),
    ),
    "a service no more": Case(
        [app(service("ec2.amazonaws.com", "lambda.amazonaws.com"))],
        [EC2],
        (),
        (can("service:lambda.amazonaws.com"),),
    ),
    "an OIDC provider, by subject": Case(
        [],
        [app(trust_provider(GITHUB, "sts:AssumeRoleWithWebIdentity", StringEquals={"t:sub": "a"}))],
        (can(f"federated:{GITHUB}", "t:sub"),),
    ),
    "a SAML provider": Case(
        [],
        [app(trust_provider(SAML, "sts:AssumeRoleWithSAML", StringEquals={"SAML:aud": "x"}))],
        (can(f"federated:{SAML}", "saml:aud"),),
    ),
    "another account": Case([], [app(trust("210987654321"))], (can(OTHER_ROOT),)),
    "another account, with an external id": Case(
        [],
        [app(trust(OTHER_ROOT, Condition={"StringEquals": {"sts:ExternalId": "x"}}))],
        (can(OTHER_ROOT, "sts:externalid"),),
    ),
    "another account, by an operator without keys": Case([], [app(trust(OTHER_ROOT, **NO_KEYS))], (can(OTHER_ROOT),)),
    "a Deny by an operator without keys": Case([], [app(trust(STRANGER), {**DENY_ALL, **NO_KEYS})]),
    "a role of another account": Case(
        [app(trust(STRANGER))], [EC2], (can("service:ec2.amazonaws.com"),), (can(STRANGER),)
    ),
    "MFA of some age": Case(
        [ALICE, CLOSED],
        [ALICE, app(trust("user/alice", Condition={"NumericEquals": {"aws:MultiFactorAuthAge": "5"}}))],
        (can("user/alice", mfa=True),),
    ),
    "a stranger with MFA": Case([], [app(trust(OTHER_ROOT, **MFA))], (can(OTHER_ROOT, mfa=True),)),
    "a stranger whose keys carry no MFA anyway": Case(
        [],
        [app(trust(OTHER_ROOT, Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}))],
        (can(OTHER_ROOT),),
    ),
    "a stranger whom a Deny shuts out without MFA": Case(
        [], [app(trust(OTHER_ROOT), trust("*", effect="Deny", **WITHOUT_MFA))], (can(OTHER_ROOT, mfa=True),)
    ),
    "a stranger with a code that is not old": Case(
        [],
        [app(trust(OTHER_ROOT, Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}))],
        (can(OTHER_ROOT, mfa=True),),
    ),
    "everyone, and the role itself": Case([], [app(trust("*"))], (can("*"), can("role/app"))),
    "the own account says nothing of outsiders": Case([], [TO_ACCOUNT]),
    "a Deny that means everyone shuts outsiders out": Case(
        [app(trust(STRANGER), service("ec2.amazonaws.com"))],
        [app(trust(STRANGER), service("ec2.amazonaws.com"), DENY_ALL)],
        (),
        (can(STRANGER), can("service:ec2.amazonaws.com")),
    ),
    "so does one that means the account of an outsider": Case(
        [app(trust(STRANGER))], [app(trust(STRANGER), trust(OTHER_ROOT, effect="Deny"))], (), (can(STRANGER),)
    ),
    "one that means everyone of AWS is none of services": Case(
        [app(trust(STRANGER), service("ec2.amazonaws.com"))],
        [app(trust(STRANGER), service("ec2.amazonaws.com"), trust("*", effect="Deny"))],
        (),
        (can(STRANGER),),
    ),
    "one that means another is none": Case(
        [], [app(trust(OTHER_ROOT), trust(STRANGER, effect="Deny"))], (can(OTHER_ROOT),)
    ),
    "a Deny of another action is none": Case(
        [], [app(trust(STRANGER), {**DENY_ALL, "Action": "sts:TagSession"})], (can(STRANGER),)
    ),
    "what is no way to assume lets nobody in": Case([], [app(trust(STRANGER, Action="sts:TagSession"))]),
    "a Deny that depends makes it depend": Case(
        [], [app(trust(STRANGER), {**DENY_ALL, **OFFICE})], (can(STRANGER, "aws:sourceip"),)
    ),
    "a Deny without MFA asks for it": Case(
        [],
        [app(trust(STRANGER), {**DENY_ALL, "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}})],
        (can(STRANGER, mfa=True),),
    ),
    "everyone but one is not nobody": Case(
        [], [app(trust("*"), {"Effect": "Deny", "NotPrincipal": {"AWS": STRANGER}, "Action": "sts:*"})], (can("*"),)
    ),
}

BOTH_SIDES: dict[str, Case] = {
    "a trust of the account alone lets nobody in": Case(
        [ALICE, EC2], [ALICE, TO_ACCOUNT], (), (can("service:ec2.amazonaws.com"),)
    ),
    "the user's policy, where the trust names the account": Case(
        [ALICE, TO_ACCOUNT], [user(ASSUME_APP), TO_ACCOUNT], (can("user/alice"),)
    ),
    "the trust, where the user has the policy": Case(
        [user(ASSUME_APP), CLOSED], [user(ASSUME_APP), TO_ACCOUNT], (can("user/alice"),)
    ),
    "both at once": Case([], [user(ASSUME_APP), TO_ACCOUNT], (can("user/alice"),)),
    "a policy for another role": Case([ALICE, TO_ACCOUNT], [user(ASSUME_OTHER), TO_ACCOUNT]),
    "the user's policy goes": Case([user(ASSUME), TO_ACCOUNT], [ALICE, TO_ACCOUNT], (), (can("user/alice"),)),
    "by a managed policy": Case(
        [policy(document(ASSUME)), ALICE, TO_ACCOUNT],
        [policy(document(ASSUME)), replace(ALICE, policies=P), TO_ACCOUNT],
        (can("user/alice"),),
    ),
    "by the document of a managed policy": Case(
        [policy(document(ASSUME_OTHER)), replace(ALICE, policies=P), TO_ACCOUNT],
        [policy(document(ASSUME_APP)), replace(ALICE, policies=P), TO_ACCOUNT],
        (can("user/alice"),),
    ),
    "by joining a group": Case(
        [Group("crew", "/me/", inline_policies={"a": document(ASSUME)}), ALICE, TO_ACCOUNT],
        [Group("crew", "/me/", inline_policies={"a": document(ASSUME)}), replace(ALICE, groups=CREW), TO_ACCOUNT],
        (can("user/alice"),),
    ),
    "by the group's policy": Case(
        [Group("crew", "/me/"), replace(ALICE, groups=CREW), TO_ACCOUNT],
        [Group("crew", "/me/", inline_policies={"a": document(ASSUME)}), replace(ALICE, groups=CREW), TO_ACCOUNT],
        (can("user/alice"),),
    ),
    "by the document of the group's policy": Case(
        [policy(document(ASSUME)), Group("crew", "/me/", P), replace(ALICE, groups=CREW), TO_ACCOUNT],
        [policy(document(ASSUME_OTHER)), Group("crew", "/me/", P), replace(ALICE, groups=CREW), TO_ACCOUNT],
        (),
        (can("user/alice"),),
    ),
    "a boundary without sts:AssumeRole": Case(
        [policy(document(allow("s3:*"))), user(ASSUME), TO_ACCOUNT],
        [policy(document(allow("s3:*"))), user(ASSUME, permissions_boundary=policy_arn("p")), TO_ACCOUNT],
        (),
        (can("user/alice"),),
    ),
    "the document of the boundary": Case(
        [policy(document(allow("*"))), user(ASSUME, permissions_boundary=policy_arn("p")), TO_ACCOUNT],
        [policy(document(allow("s3:*"))), user(ASSUME, permissions_boundary=policy_arn("p")), TO_ACCOUNT],
        (),
        (can("user/alice"),),
    ),
    "a Deny of the user's": Case(
        [user(ASSUME), TO_ACCOUNT],
        [user(ASSUME, {**ASSUME_APP, "Effect": "Deny"}), TO_ACCOUNT],
        (),
        (can("user/alice"),),
    ),
    "a Deny where the trust names the user": Case(
        [ALICE, TO_ALICE], [user({**ASSUME, "Effect": "Deny"}), TO_ALICE], (), (can("user/alice"),)
    ),
    "moved from the user to its group": Case(
        [Group("crew", "/me/"), user(ASSUME, groups=CREW), TO_ACCOUNT],
        [Group("crew", "/me/", inline_policies={"a": document(ASSUME)}), replace(ALICE, groups=CREW), TO_ACCOUNT],
    ),
    "one user of many": Case(
        [user(name="u1"), user(name="u2"), user(name="u3"), TO_ACCOUNT],
        [user(name="u1"), user(ASSUME, name="u2"), user(name="u3"), TO_ACCOUNT],
        (can("user/u2"),),
    ),
    "one policy, many roles": Case(
        [ALICE, TO_ACCOUNT, Role("b", TO_ACCOUNT.trust_policy, tags=MINE)],
        [user(ASSUME), TO_ACCOUNT, Role("b", TO_ACCOUNT.trust_policy, tags=MINE)],
        (can("user/alice"), can("user/alice", role="role/b")),
    ),
}

SILENT: dict[str, Case] = {
    "no change": Case([ALICE, TO_ALICE], [ALICE, TO_ALICE]),
    "tags of a role": Case([ALICE, TO_ALICE], [ALICE, replace(TO_ALICE, tags={**MINE, "a": "b"})]),
    "tags of a user": Case([ALICE, TO_ALICE], [replace(ALICE, tags={**MINE, "a": "b"}), TO_ALICE]),
    "tags of an administrator": Case([user(allow("*"))], [user(allow("*"), tags={**MINE, "a": "b"})]),
    "an adoption": Case([replace(ALICE, tags={}), TO_ALICE], [ALICE, TO_ALICE]),
    "an operator without keys": Case([ALICE, TO_ALICE], [ALICE, app(trust("user/alice", **NO_KEYS))]),
    "a longer session": Case([ALICE, TO_ALICE], [ALICE, replace(TO_ALICE, max_session_duration=7200)]),
    "a description": Case([ALICE, TO_ALICE], [ALICE, replace(TO_ALICE, description="x")]),
    "the user's path": Case(
        [replace(ALICE, path="/a/"), app(trust("user/a/alice"))],
        [replace(ALICE, path="/b/"), app(trust("user/b/alice"))],
    ),
    "an instance profile": Case([EC2], [EC2, InstanceProfile("app", role=Address("role", "app"), tags=MINE)]),
    "rights of no power": Case([ALICE], [user(allow("s3:GetObject"))]),
    "a policy that nobody has": Case([], [policy(document(allow("*")))]),
    "a group without members": Case([], [Group("crew", "/me/", inline_policies={"a": document(allow("*"))})]),
    "an administrator gets one more way": Case([user(allow("*"))], [user(allow("*"), allow("iam:PutUserPolicy"))]),
}

CASES = {**TRUSTS, **CONDITIONS, **OUTSIDERS, **BOTH_SIDES, **SILENT}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_plan_says_who_gains_and_who_loses_which_role(case: Case) -> None:
    made = delta(case.live, case.wanted)
    assert ((*made.gained, *(after for _, after in made.changed)), made.lost) == (case.gained, case.lost)


@pytest.mark.parametrize("before", ["reader", "abc", "203.0.113.0/24"])
def test_another_value_of_a_condition_is_a_change_of_access(before: str) -> None:
    """The keys are the same, and yet others may come."""

    def under(value: str) -> Role:
        return app(trust("user/alice", Condition={"StringEquals": {"sts:ExternalId": value}}))

    made = delta([ALICE, under(before)], [ALICE, under("other")])
    assert (made.gained, made.lost) == ((), ())
    ((old, new),) = made.changed
    assert old.terms == {f"StringEquals sts:externalid {before}"}
    assert new.terms == {"StringEquals sts:externalid other"}


def test_a_provider_s_other_subject_is_a_change_of_access() -> None:
    def under(subject: str) -> Role:
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/gitlab.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringLike": {"gitlab.com:sub": subject}},
        }
        return app(statement)

    made = delta([under("us/app:*")], [under("them/app:*")])
    assert (made.gained, made.lost) == ((), ())
    assert len(made.changed) == 1


@pytest.mark.parametrize("case", SILENT.values(), ids=SILENT.keys())
def test_what_changes_no_access_says_nothing(case: Case) -> None:
    assert delta(case.live, case.wanted) == AccessDelta()


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.gained and not case.lost])
def test_taking_it_back_loses_what_was_gained(name: str) -> None:
    case = CASES[name]
    back = delta(case.wanted, case.live)
    pairs = {(access.principal, access.role) for access in case.gained}
    other = [after for _, after in back.changed]
    assert {(access.principal, access.role) for access in (*back.lost, *back.gained, *other)} == pairs


# Power

Powers = set[tuple[str, str, str]]


def admin(principal: str, *powers: str) -> Powers:
    return {(principal, power, "administrator") for power in powers or ("* on *", "iam:* on *")}


def way(principal: str, *powers: str) -> Powers:
    return {(principal, power, "escalation") for power in powers}


def with_p(content: Document) -> list[Entity]:
    return [policy(content), replace(ALICE, policies=P)]


POWERS: dict[str, tuple[list[Entity], list[Entity], Powers]] = {
    "AdministratorAccess is attached": (
        [ALICE],
        [replace(ALICE, policies=frozenset([ADMINISTRATOR]))],
        admin("user/alice"),
    ),
    "everything, inline": ([ALICE], [user(allow("*"))], admin("user/alice")),
    "everything but S3": (
        [ALICE],
        [user({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"})],
        admin("user/alice"),
    ),
    "iam:*": ([ALICE], [user(allow("iam:*"))], admin("user/alice", "iam:* on *")),
    "iam:*, by the document of a policy": (
        with_p(document(allow("s3:*"))),
        with_p(document(allow("iam:*"))),
        admin("user/alice", "iam:* on *"),
    ),
    "a group's member": (
        [Group("crew", "/me/"), replace(ALICE, groups=CREW)],
        [Group("crew", "/me/", frozenset([ADMINISTRATOR])), replace(ALICE, groups=CREW)],
        admin("user/alice"),
    ),
    "a role": ([EC2], [replace(EC2, policies=frozenset([ADMINISTRATOR]))], admin("role/app")),
    "a boundary is taken off": (
        [policy(document(allow("s3:*"))), user(allow("*"), permissions_boundary=policy_arn("p"))],
        [policy(document(allow("s3:*"))), user(allow("*"))],
        admin("user/alice"),
    ),
    "attaching policies to users": (
        [ALICE],
        [user(allow("iam:AttachUserPolicy"))],
        way("user/alice", "iam:AttachUserPolicy"),
    ),
    "writing policies of one's own": (
        [ALICE],
        [user({**allow("iam:PutUserPolicy"), "Resource": f"arn:aws:iam::{ACCOUNT}:user/alice"})],
        way("user/alice", "iam:PutUserPolicy"),
    ),
    "a new version of one's own policy": (
        with_p(document(allow("s3:*"))),
        with_p(document({**allow("iam:CreatePolicyVersion"), "Resource": policy_arn("p")})),
        way("user/alice", "iam:CreatePolicyVersion"),
    ),
    "keys for anybody": ([ALICE], [user(allow("iam:CreateAccessKey"))], way("user/alice", "iam:CreateAccessKey")),
    "the trust of any role": (
        [ALICE],
        [user(allow("iam:UpdateAssumeRolePolicy"))],
        way("user/alice", "iam:UpdateAssumeRolePolicy"),
    ),
    "PassRole to a new instance": (
        [ALICE],
        [user(allow("iam:PassRole", "ec2:RunInstances"))],
        way("user/alice", "iam:PassRole with ec2:RunInstances"),
    ),
    "PassRole to a new function": (
        [ALICE],
        [user(allow("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"))],
        way("user/alice", "iam:PassRole with lambda:CreateFunction and lambda:InvokeFunction"),
    ),
    "PassRole to a stack": (
        [ALICE],
        [user(allow("iam:PassRole", "cloudformation:CreateStack"))],
        way("user/alice", "iam:PassRole with cloudformation:CreateStack"),
    ),
    "PassRole joins what was there": (
        [user(allow("ec2:RunInstances"))],
        [user(allow("ec2:RunInstances"), allow("iam:PassRole"))],
        way("user/alice", "iam:PassRole with ec2:RunInstances"),
    ),
    "PassRole alone": ([ALICE], [user(allow("iam:PassRole"))], set()),
    "PassRole of one role": (
        [ALICE],
        [user({**allow("iam:PassRole"), "Resource": ROLE}, allow("ec2:RunInstances"))],
        set(),
    ),
    "keys of one other user": (
        [ALICE],
        [user({**allow("iam:CreateAccessKey"), "Resource": f"arn:aws:iam::{ACCOUNT}:user/bob"})],
        set(),
    ),
    "everything but IAM": ([ALICE], [user(allow("*"), {**allow("iam:*"), "Effect": "Deny"})], set()),
    "reading": ([ALICE], [user(allow("iam:Get*", "iam:List*"))], set()),
}
EXACT = {name for name in POWERS if name != "everything but IAM"}
"""Services bring ways of their own, which are not the point of that one."""


@pytest.mark.parametrize("name", POWERS)
def test_a_plan_says_who_gains_administrator_power_or_a_way_to_it(name: str) -> None:
    live, wanted, expected = POWERS[name]
    found = {(one.principal, one.power, one.grade) for one in delta(live, wanted).powers_gained}
    assert {item for item in found if name in EXACT or "iam:" in item[1]} == expected
    assert delta(live, wanted).powers_lost == ()


@pytest.mark.parametrize("name", POWERS)
def test_a_plan_says_who_loses_what_was_gained(name: str) -> None:
    live, wanted, expected = POWERS[name]
    made = delta(wanted, live)
    found = {(one.principal, one.power, one.grade) for one in made.powers_lost}
    assert {item for item in found if name in EXACT or "iam:" in item[1]} == expected
    assert made.powers_gained == ()


def test_a_new_administrator_s_other_ways_are_not_listed() -> None:
    made = delta([user(allow("iam:PutUserPolicy"))], [user(allow("*"))])
    assert {one.grade for one in made.powers_gained} == {"administrator"}


def test_who_is_no_administrator_any_more_still_has_the_ways_that_are_left() -> None:
    made = delta([user(allow("*"))], [user(allow("iam:PutUserPolicy"))])
    assert {one.power for one in made.powers_lost} == {"* on *", "iam:* on *"}
    assert {(one.power, one.grade) for one in made.powers_gained} <= {("iam:PutUserPolicy", "escalation")}


def test_the_order_of_what_is_said_does_not_hang_on_the_order_of_a_file() -> None:
    users: list[Entity] = [user(ASSUME, name=f"u{index}") for index in range(5)]
    bare: list[Entity] = [user(name=f"u{index}") for index in range(5)]
    one = delta([*bare, TO_ACCOUNT], [*users, TO_ACCOUNT])
    other = delta([TO_ACCOUNT, *reversed(bare)], [TO_ACCOUNT, *reversed(users)])
    assert one == other
    assert [access.principal for access in one.gained] == [f"user/u{index}" for index in range(5)]


# What is asked

MANY: list[Entity] = [user(ASSUME, name=f"u{index}") for index in range(20)]
TRUSTING: list[Entity] = [Role(f"r{index}", TO_ACCOUNT.trust_policy, tags=MINE) for index in range(20)]
ASKED: dict[str, tuple[list[Entity], list[Entity], int]] = {
    "a description": ([*MANY, *TRUSTING], [*MANY, *(replace(role, description="x") for role in TRUSTING)], 0),
    "tags that nobody asks for": (
        [*MANY, *TRUSTING],
        [*MANY, *(replace(role, tags=TEAM_A) for role in TRUSTING)],
        0,
    ),
    "another action of a policy": (
        [user(ASSUME), *TRUSTING],
        [user({**ASSUME, "Action": ["sts:AssumeRole", "s3:GetObject"]}), *TRUSTING],
        0,
    ),
    "a tag that the trust of one role asks for": (
        [ALICE, app(trust("user/alice", Condition=TEAM)), *TRUSTING],
        [user(tags=TEAM_A), app(trust("user/alice", Condition=TEAM)), *TRUSTING],
        4,
    ),
    "one trust": ([*MANY, CLOSED, *TRUSTING], [*MANY, TO_ACCOUNT, *TRUSTING], 1),
    "everything, of users and roles that are alike": ([], [*MANY, *TRUSTING], 1),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_plan_asks_of_no_more_than_what_it_can_change(name: str) -> None:
    live, wanted, most = ASKED[name]
    with patch.object(access_delta, "can_assume", wraps=access_delta.can_assume) as asked:
        delta(live, wanted)
    assert asked.call_count <= most
