"""May a principal do one thing: the outcome, its reason, and the facts and statements that decide."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from reconciler.model.access_answers import AccessAnswer, AccessSide, Outcome
from reconciler.model.address import Address
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.plan.access.answer import answer_request
from reconciler.plan.access.side_principals import principals_of_side
from tests.support.strategies import ACCOUNT, policy_arn
from tests.unit.plan.access.test_delta import MFA, OFFICE, ROOT, trust
from tests.unit.render.plans import allow, document, state

ALICE, APP = Address("user", "alice"), f"arn:aws:iam::{ACCOUNT}:role/app"
BUCKET, PAYROLL = "arn:aws:s3:::data/key", "arn:aws:s3:::data/payroll/key"
READ = allow("s3:GetObject", Sid="Read")
DENY_PAYROLL = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::data/payroll/*", "Sid": "NoPayroll"}


def alice(*statements: dict[str, Any], **more: Any) -> User:
    return User("alice", inline_policies={"own": document(*statements)} if statements else {}, **more)


def ask(
    entities: list[Entity], action: str, resource: str = "*", is_part: bool = False, **keys: tuple[str, ...]
) -> AccessAnswer:
    side = AccessSide("file", state(entities), is_part)
    named = {key.replace("_", ":"): values for key, values in keys.items()}
    return answer_request(side, principals_of_side(side)[ALICE], ALICE, action, resource, named)


class Case(NamedTuple):
    entities: list[Entity]
    action: str
    resource: str
    outcome: Outcome
    reason: str = ""
    depends_on: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()


CREW = Group("crew", policies=frozenset([policy_arn("read")]))
POLICY = Policy("read", document(READ, DENY_PAYROLL))
MEMBER = User("alice", groups=frozenset([CREW.address]))
BOUND = User("alice", policies=frozenset([policy_arn("read")]), permissions_boundary=policy_arn("limit"))
LIMIT = Policy("limit", document(allow("ec2:*")))
UNKNOWN = User("alice", policies=frozenset(["arn:aws:iam::aws:policy/SecurityAudit"]))
OWN = ("user/alice inline policy own",)
CASES: dict[str, Case] = {
    "an Allow": Case([alice(READ)], "s3:GetObject", BUCKET, Outcome.ALLOWED, "allowed", (), OWN),
    "letter case of the action": Case([alice(READ)], "S3:getobject", BUCKET, Outcome.ALLOWED, "allowed", (), OWN),
    "nothing": Case([alice()], "s3:GetObject", BUCKET, Outcome.DENIED, "no policy allows it"),
    "a Deny": Case(
        [MEMBER, CREW, POLICY], "s3:GetObject", PAYROLL, Outcome.DENIED, "explicitly denied", (),
        ("group/crew policy/read",),
    ),
    "a group": Case(
        [MEMBER, CREW, POLICY], "s3:GetObject", BUCKET, Outcome.ALLOWED, "allowed", (), ("group/crew policy/read",)
    ),
    "a boundary": Case(
        [BOUND, POLICY, LIMIT], "s3:GetObject", BUCKET, Outcome.DENIED,
        "the permissions boundary policy/limit does not allow it",
    ),
    "a condition": Case(
        [alice({**READ, **OFFICE})], "s3:GetObject", BUCKET, Outcome.DEPENDS, "depends on what is not known",
        ("aws:sourceip",), OWN,
    ),
    "a policy of unknown content": Case(
        [UNKNOWN], "s3:GetObject", BUCKET, Outcome.DEPENDS, "depends on what is not known",
        ("policy:arn:aws:iam::aws:policy/SecurityAudit",), ("aws:SecurityAudit",),
    ),
    "a role whose trust names the user": Case(
        [alice(), Role("app", document(trust("user/alice")))], "sts:AssumeRole", APP, Outcome.ALLOWED, "allowed", (),
        ("trust of role/app",),
    ),
    "a role whose trust does not": Case(
        [alice(allow("sts:AssumeRole")), Role("app", document(trust("user/bob")))], "sts:AssumeRole", APP,
        Outcome.DENIED, "the trust policy does not let the principal in",
    ),
    "a role that demands MFA": Case(
        [alice(), Role("app", document(trust("user/alice", **MFA)))], "sts:AssumeRole", APP, Outcome.DEPENDS,
        "depends on what is not known", ("aws:multifactorauthpresent",), ("trust of role/app",),
    ),
    "a role of an unknown trust": Case(
        [alice(allow("sts:AssumeRole"))], "sts:AssumeRole", "arn:aws:iam::210987654321:role/x", Outcome.DEPENDS,
        "depends on what is not known", ("trust:arn:aws:iam::210987654321:role/x",), OWN,
    ),
    "session tags, which the trust must allow, too": Case(
        [alice(allow("sts:*")), Role("app", document(trust(ROOT)))], "sts:TagSession", APP, Outcome.DENIED,
        "the trust policy does not let the principal in",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_answer_names_its_reason_and_the_policies_that_decide(name: str) -> None:
    case = CASES[name]
    answer = ask(case.entities, case.action, case.resource)
    assert (answer.outcome, answer.reason, answer.depends_on) == (case.outcome, case.reason, case.depends_on)
    assert tuple(one.policy for one in answer.statements) == case.policies


@pytest.mark.parametrize(
    ("values", "outcome"),
    [(("203.0.113.7",), Outcome.ALLOWED), (("198.51.100.7",), Outcome.DENIED), ((), Outcome.DENIED)],
)
def test_a_known_key_decides_and_one_without_value_is_absent(values: tuple[str, ...], outcome: Outcome) -> None:
    answer = ask([alice({**READ, **OFFICE})], "s3:GetObject", BUCKET, aws_SourceIp=values)
    assert (answer.outcome, answer.ignored_keys) == (outcome, ())


def test_keys_of_the_principal_itself_cannot_be_changed() -> None:
    only_bob = {**READ, "Condition": {"StringEquals": {"aws:username": "bob"}}}
    answer = ask([alice(only_bob)], "s3:GetObject", BUCKET, aws_username=("bob",))
    assert (answer.outcome, answer.ignored_keys) == (Outcome.DENIED, ("aws:username",))


def test_without_a_resource_those_with_another_answer_are_named() -> None:
    some = {**READ, "Resource": "arn:aws:s3:::data/*"}
    denied = ask([alice(some, DENY_PAYROLL)], "s3:GetObject")
    assert (denied.outcome, denied.allowed_resources) == (Outcome.DENIED, ("arn:aws:s3:::data/*",))
    allowed = ask([alice(READ, DENY_PAYROLL)], "s3:GetObject")
    assert (allowed.outcome, allowed.denied_resources) == (Outcome.ALLOWED, ("arn:aws:s3:::data/payroll/*",))
    literal = ask([alice({**READ, "Resource": "arn:aws:s3:::data/${*}"})], "s3:GetObject")
    assert literal.allowed_resources == ("arn:aws:s3:::data/${*}",)


def test_of_a_plan_a_group_outside_it_may_allow() -> None:
    answer = ask([MEMBER], "s3:GetObject", BUCKET, is_part=True)
    assert (answer.outcome, answer.depends_on) == (Outcome.DEPENDS, ("policy:group/crew",))


TAGGED_ROLE = Role("app", document(trust(ROOT)), tags={"team": "red"})


@pytest.mark.parametrize(("team", "outcome"), [("red", Outcome.ALLOWED), ("blue", Outcome.DENIED)])
def test_the_tags_of_the_entity_that_a_request_to_iam_is_about_are_known(team: str, outcome: Outcome) -> None:
    user = alice({**allow("iam:PutRolePolicy"), "Condition": {"StringEquals": {"aws:ResourceTag/Team": team}}})
    answer = ask([user, TAGGED_ROLE], "iam:PutRolePolicy", APP, **{"aws:ResourceTag/team": ("blue",)})
    assert (answer.outcome, answer.ignored_keys) == (outcome, ("aws:ResourceTag/team",))


def test_a_boundary_whose_effect_aws_leaves_open_is_no_policy_of_unknown_content() -> None:
    named = Role("app", document(trust(f"arn:aws:iam::{ACCOUNT}:user/alice")))
    answer = ask([LIMIT, User("alice", permissions_boundary=policy_arn("limit")), named], "sts:AssumeRole", APP)
    assert (answer.outcome, answer.depends_on) == (Outcome.DEPENDS, (f"boundary:{policy_arn('limit')}",))
    assert answer.statements == ()
