"""Everybody who can do something: the same people whom single questions find, and how each can."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.access import evaluate
from reconciler.model.access_answers import AccessSide, Outcome, RoleChain, WhoCan
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.guardrails import GuardrailPolicy, Guardrails
from reconciler.plan.access.capable_principals import find_capable_principals
from reconciler.plan.access.side_principals import principals_of_side
from tests.support.strategies import ACCOUNT, policy_arn
from tests.unit.plan.access.test_delta import ADMINISTRATOR, MFA, OFFICE, service, trust
from tests.unit.render.plans import allow, document, state

DATA, PAYROLL = "arn:aws:s3:::data/key", "arn:aws:s3:::data/payroll/key"
ADMIN_ARN = f"arn:aws:iam::{ACCOUNT}:role/admin"
CREW = Group("crew", policies=frozenset([policy_arn("read")]))
WITH_MFA = frozenset(["Bool aws:multifactorauthpresent true"])
READ = frozenset([policy_arn("read")])


def inline(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"inline_policies": {"own": document(*statements)}}


WORLD: list[Entity] = [
    CREW,
    Policy(
        "read",
        document(
            {**allow("s3:Get*"), "Resource": "arn:aws:s3:::data/*"},
            {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::data/payroll/*"},
        ),
    ),
    Policy("limit", document({**allow("s3:*"), "Resource": DATA})),
    User("alice", groups=frozenset([CREW.address])),
    User("bea", groups=frozenset([CREW.address]), policies=READ),
    User("bob", **inline({**allow("s3:GetObject"), **OFFICE})),
    User("carol", **inline(allow("ec2:*"))),
    User("dave", policies=frozenset(["arn:aws:iam::aws:policy/job-function/Billing"])),
    User("eve", permissions_boundary=policy_arn("limit"), **inline(allow("*"))),
    Role("app", document(trust("user/carol", **MFA)), policies=READ),
    Role("admin", document(trust("role/app"), service("ec2.amazonaws.com")), policies=frozenset([ADMINISTRATOR])),
]


def ask(action: str, resource: str | None) -> WhoCan:
    side = AccessSide("file", state(WORLD))
    return find_capable_principals(side, principals_of_side(side), action, resource)


@pytest.mark.parametrize("resource", [DATA, PAYROLL, "arn:aws:s3:::logs/x"])
@pytest.mark.parametrize("action", ["s3:GetObject", "S3:GETOBJECT", "ec2:RunInstances", "iam:CreateUser"])
def test_the_same_principals_are_found_as_by_single_questions(action: str, resource: str) -> None:
    found = {(name, str(one.outcome)) for one in ask(action, resource).direct for name in one.principals}
    single = {
        (str(address), {"allow": "allowed", "depends": "depends"}[verdict.decision])
        for address, principal in principals_of_side(AccessSide("file", state(WORLD))).items()
        if not (verdict := evaluate(principal, action, resource)).denied
    }
    assert found == single


def test_who_holds_a_policy_in_another_way_has_a_line_of_its_own() -> None:
    ways = {one.principals: [item.policy for item in one.statements] for one in ask("s3:GetObject", DATA).direct}
    assert ways["user/alice",] == ["group/crew policy/read"]
    assert ways["role/app", "user/bea"] == ["policy/read"]
    assert ways["user/bob",] == ["user/bob inline policy own"]
    assert ways["user/eve",] == ["user/eve inline policy own", "boundary policy/limit"]


def test_without_a_resource_every_pattern_of_a_policy_or_boundary_is_tried() -> None:
    found = {name: one.resources for one in ask("s3:GetObject", None).direct for name in one.principals}
    assert found == {
        "role/admin": ("*",),
        "role/app": ("arn:aws:s3:::data/*",),
        "user/alice": ("arn:aws:s3:::data/*",),
        "user/bea": ("arn:aws:s3:::data/*",),
        "user/bob": ("*",),
        "user/dave": ("*",),
        "user/eve": (DATA,),
    }


def test_a_literal_asterisk_is_tried_and_told_as_the_policy_writes_it() -> None:
    literal = "arn:aws:s3:::data/${*}"
    side = AccessSide("file", state([User("alice", **inline({**allow("s3:GetObject"), "Resource": literal}))]))
    (found,) = find_capable_principals(side, principals_of_side(side), "s3:GetObject", None).direct
    assert (found.principals, found.resources, found.outcome) == (("user/alice",), (literal,), Outcome.ALLOWED)


def test_who_can_by_taking_a_role_stands_apart() -> None:
    found = ask("iam:CreateUser", "*")
    assert {name for one in found.direct for name in one.principals} == {"role/admin", "user/dave"}
    assert [(one.principals, one.chain) for one in found.chains] == [
        (("role/app",), RoleChain(("role/admin",))),
        (("user/carol",), RoleChain(("role/app", "role/admin"), True, (), WITH_MFA)),
    ]


def test_the_callers_of_a_role_are_those_that_its_trust_lets_in() -> None:
    found = ask("sts:AssumeRole", ADMIN_ARN)
    assert [(one.principals, one.outcome) for one in found.direct] == [
        (("role/app",), Outcome.ALLOWED),
        (("service:ec2.amazonaws.com",), Outcome.ALLOWED),
    ]
    assert [(one.principals, one.chain.roles) for one in found.chains] == [(("user/carol",), ("role/app",))]


def scp(name: str, *statements: dict[str, Any]) -> GuardrailPolicy:
    return GuardrailPolicy("SCP", name, document(*statements))


def deny(action: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


EVERYBODY_ELSE = {"Condition": {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/bea"}}}
OTHER_ROOT = "arn:aws:iam::210987654321:root"

STOPPED: dict[str, tuple[str, str | None, Guardrails, list[str], list[tuple[list[str], list[str]]]]] = {
    "a Deny for all": (
        "ec2:RunInstances",
        None,
        Guardrails(scps=((scp("root.json", allow("*"), deny("ec2:*")),),)),
        [],
        [(["role/admin", "user/carol"], ["root.json"])],
    ),
    "a Deny for all but one": (
        "s3:GetObject",
        DATA,
        Guardrails(scps=((scp("root.json", allow("*"), deny("s3:*", **EVERYBODY_ELSE)),),)),
        ["user/bea"],
        [(["role/admin", "role/app", "user/alice", "user/bob", "user/eve"], ["root.json"])],
    ),
    "a level that allows something else": (
        "ec2:RunInstances",
        None,
        Guardrails(
            scps=((scp("root.json", allow("*")),), (scp("a.json", allow("s3:*")), scp("b.json", allow("iam:*"))))
        ),
        [],
        [(["role/admin", "user/carol"], ["a.json", "b.json"])],
    ),
    "nothing that anybody could": (
        "glue:GetTable",
        None,
        Guardrails(scps=((scp("root.json", allow("*"), deny("ec2:*")),),)),
        ["role/admin", "user/dave"],
        [],
    ),
    "the management account": (
        "ec2:RunInstances",
        None,
        Guardrails(scps=((scp("root.json", allow("*"), deny("ec2:*")),),), management=True),
        ["role/admin", "user/carol"],
        [],
    ),
}


@pytest.mark.parametrize(("action", "resource", "guardrails", "able", "stopped"), STOPPED.values(), ids=list(STOPPED))
def test_who_is_stopped_by_a_guardrail_is_named_with_it(
    action: str,
    resource: str | None,
    guardrails: Guardrails,
    able: list[str],
    stopped: list[tuple[list[str], list[str]]],
) -> None:
    known = [one for one in WORLD if one.name != "dave"] if action != "glue:GetTable" else WORLD
    side = AccessSide("file", replace(state(known), guardrails=guardrails))
    found = find_capable_principals(side, principals_of_side(side), action, resource)
    assert sorted(name for one in found.direct for name in one.principals) == sorted(able)
    assert [([*one.principals], [*one.stopped_by]) for one in found.stopped] == stopped


def test_an_account_outside_that_a_guardrail_keeps_out_of_a_role_is_named() -> None:
    role = Role("door", document(trust(OTHER_ROOT), trust("user/carol")))
    rcp = GuardrailPolicy("RCP", "rcp.json", document({**deny("sts:AssumeRole"), "Principal": "*"}))
    side = AccessSide("file", replace(state([*WORLD, role]), guardrails=Guardrails(rcps=((rcp,),))))
    found = find_capable_principals(
        side, principals_of_side(side), "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/door"
    )
    assert found.direct == ()
    assert [(one.principals, one.stopped_by) for one in found.stopped] == [((OTHER_ROOT, "user/carol"), ("rcp.json",))]


def test_who_can_with_mfa_only_is_told_so() -> None:
    """eve can without MFA only, carol also from the office."""
    no_mfa = {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    people = [
        User("bob", **inline({**allow("s3:GetObject"), **MFA})),
        User("carol", **inline({**allow("s3:GetObject"), **MFA}, {**allow("s3:GetObject"), **OFFICE})),
        User("eve", **inline({**allow("s3:GetObject"), **no_mfa})),
        Role("door", document(trust("user/eve", OTHER_ROOT, **MFA))),
    ]
    side = AccessSide("file", state([*people]))

    def find(action: str, resource: str) -> dict[str, bool]:
        found = find_capable_principals(side, principals_of_side(side), action, resource).direct
        return {name: one.mfa for one in found for name in one.principals}

    assert find("s3:GetObject", DATA) == {"user/bob": True, "user/carol": False, "user/eve": False}
    assert find("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/door") == {"user/eve": True, OTHER_ROOT: True}
