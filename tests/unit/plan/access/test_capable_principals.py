"""Everybody who can do something: the same people whom single questions find, and how each can."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.access import evaluate
from reconciler.model.access_answers import AccessSide, AccessSource, Outcome, RoleChain, WhoCan
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.guardrails import GuardrailPolicy, Guardrails
from reconciler.plan.access.capable_principals import find_capable_principals
from reconciler.plan.access.side_principals import principals_of_side
from reconciler.render.access_who_can import render_capable_text
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
    """eve can without MFA only, carol also from the office, dave not at once after the code."""
    old_mfa = {"Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "60"}}}
    no_mfa = {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    people = [
        User("bob", **inline({**allow("s3:GetObject"), **MFA})),
        User("carol", **inline({**allow("s3:GetObject"), **MFA}, {**allow("s3:GetObject"), **OFFICE})),
        User("dave", **inline({**allow("s3:GetObject"), **old_mfa})),
        User("eve", **inline({**allow("s3:GetObject"), **no_mfa})),
        Role("door", document(trust("user/eve", OTHER_ROOT, **MFA))),
    ]
    side = AccessSide("file", state([*people]))

    def find(action: str, resource: str) -> dict[str, bool]:
        found = find_capable_principals(side, principals_of_side(side), action, resource).direct
        return {name: one.mfa for one in found for name in one.principals}

    assert find("s3:GetObject", DATA) == {
        "user/bob": True,
        "user/carol": False,
        "user/dave": True,
        "user/eve": False,
    }
    assert find("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/door") == {"user/eve": True, OTHER_ROOT: True}


ENDS = "2031-01-01T00:00:00Z"
UNTIL = {"Condition": {"DateLessThan": {"aws:CurrentTime": ENDS}}}
NOT_FROM = {"Condition": {"DateGreaterThanEquals": {"aws:CurrentTime": ENDS}}}

ENDINGS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "an Allow until a time": ([{**allow("s3:GetObject"), **UNTIL}], f", until {ENDS}"),
    "a Deny from a time on": ([allow("s3:*"), deny("s3:*", **NOT_FROM)], f", until {ENDS}"),
    "another way without end": (
        [{**allow("s3:GetObject"), **UNTIL}, {**allow("s3:GetObject"), **OFFICE}],
        ", depending on aws:CurrentTime, aws:SourceIp",
    ),
    "until a time, from a place": (
        [{**allow("s3:GetObject"), "Condition": {**UNTIL["Condition"], **OFFICE["Condition"]}}],
        f", until {ENDS}, depending on aws:SourceIp",
    ),
    "from a time on": (
        [{**allow("s3:GetObject"), **NOT_FROM}],
        ", depending on aws:CurrentTime",
    ),
}


def tell(action: str, resource: str, *entities: Entity) -> list[str]:
    """Return the first line about each group of principals."""
    side = AccessSide("file", state([*entities]))
    found = find_capable_principals(side, principals_of_side(side), action, resource)
    lines = render_capable_text(AccessSource((side,), ACCOUNT), [found]).splitlines()[1:]
    return [line.strip() for line in lines if not line.startswith("    ")]


@pytest.mark.parametrize(("statements", "said"), ENDINGS.values(), ids=list(ENDINGS))
def test_an_access_that_ends_is_told_with_its_end(statements: list[dict[str, Any]], said: str) -> None:
    assert tell("s3:GetObject", DATA, User("bob", **inline(*statements))) == [f"user/bob{said}"]


def test_callers_of_a_role_that_a_trust_lets_in_until_a_time_are_told_with_it() -> None:
    people = [User("bob"), User("carol")]
    ends = document(trust("user/bob", OTHER_ROOT, **UNTIL))
    assert tell("sts:AssumeRole", ADMIN_ARN, *people, Role("admin", ends)) == [
        f"{OTHER_ROOT}, until {ENDS}",
        f"user/bob, until {ENDS}",
    ]
    others = trust("user/bob", OTHER_ROOT, **OFFICE)
    either = document(trust("user/bob", OTHER_ROOT, **UNTIL), others)
    assert tell("sts:AssumeRole", ADMIN_ARN, *people, Role("admin", either)) == [
        OTHER_ROOT,
        "user/bob, depending on aws:CurrentTime, aws:SourceIp",
    ]
